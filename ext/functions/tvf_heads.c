/* tvf_heads.c - biobert_entities(), biobert_answer(), biobert_classify(),
 * biobert_classify_pair(). */
#include "functions/bodies.h"

/* biobert_entities(text [, model]) --------------------------------------------------- */

static biobert_status open_entities(tvf_cursor *c, biobert_error *err) {
  biobert_session *session;
  biobert_entity *entities = NULL;
  biobert_status status = tvf_head_session(c, 1, BIOBERT_HEAD_ENTITIES, &session, err);
  if (!status) status = arg_text(c->arguments[0], 1, &c->text, err);
  if (!status) status = biobert_entities(session, c->text, &entities, &c->count, err);
  c->rows = entities;
  return status;
}

static biobert_status entity_text(const tvf_cell *cell) {
  const biobert_entity *entity = cell->row;
  return tvf_result_span(cell, entity->start, entity->end);
}

#define AT(member) offsetof(biobert_entity, member)

static const tvf_column entity_columns[] = {
    {"entity",     "TEXT", entity_text, 0},
    {"label", "TEXT", tvf_str, AT(label)},
    {"score",            "REAL", tvf_double, AT(score)},
    {"start_byte",      "INTEGER", tvf_size, AT(start)},
    {"end_byte",   "INTEGER", tvf_size, AT(end)},
    {"text",      "HIDDEN", NULL, 0},
    {"model",  "HIDDEN", NULL, 0},
    {"start_char",            "INTEGER HIDDEN", tvf_characters, AT(start)},
    {"end_char","INTEGER HIDDEN", tvf_characters, AT(end)},
    {0  },
};
#undef AT

const tvf tvf_entities = {
    .columns = entity_columns,
    .required = 1,
    .row_bytes = sizeof(biobert_entity),
    .open = open_entities,
};

/* biobert_answer(question, context [, k [, model]]) ---------------------------------- */

static biobert_status open_answers(tvf_cursor *c, biobert_error *err) {
  biobert_session *session;
  biobert_str question;
  biobert_answer_span *answers = NULL;
  int64_t k = 1;
  biobert_status status = tvf_head_session(c, 3, BIOBERT_HEAD_ANSWER, &session, err);
  if (!status) status = arg_text(c->arguments[0], 1, &question, err);
  if (!status) status = arg_text(c->arguments[1], 2, &c->text, err);
  if (!status) status = tvf_optional_integer(c, 2, "k", 0, &k, err);
  if (!status)
    status =
        biobert_answer(session, question, c->text, (size_t)k, &answers, &c->count, err);
  c->rows = answers;
  return status;
}

static biobert_status answer_text(const tvf_cell *cell) {
  const biobert_answer_span *answer = cell->row;
  return tvf_result_span(cell, answer->start, answer->end);
}

#define AT(member) offsetof(biobert_answer_span, member)

static const tvf_column answer_columns[] = {
    {"rank",      "INTEGER", tvf_from_1, 0},
    {"answer", "TEXT", answer_text, 0},
    {"score",           "REAL", tvf_double, AT(score)},
    {"start_byte",     "INTEGER", tvf_size, AT(start)},
    {"end_byte",          "INTEGER", tvf_size, AT(end)},
    {"question",     "HIDDEN", NULL, 0},
    {"context", "HIDDEN", NULL, 0},
    {"k",           "HIDDEN", NULL, 0},
    {"model","HIDDEN", NULL, 0},
    {"start_char",  "INTEGER HIDDEN", tvf_characters, AT(start)},
    {"end_char",  "INTEGER HIDDEN", tvf_characters, AT(end)},
    {0  },
};
#undef AT

const tvf tvf_answer = {
    .columns = answer_columns,
    .required = 2,
    .row_bytes = sizeof(biobert_answer_span),
    .open = open_answers,
};

/* biobert_classify(text [, model]), biobert_classify_pair(a, b [, model]) ------------ */

/* texts: 1 or 2 of them, in front of the argument that names the model. */
static biobert_status open_labels(tvf_cursor *c, int texts, biobert_error *err) {
  biobert_session *session;
  biobert_str text[2] = {
      {NULL, 0},
      {NULL, 0}
  };
  biobert_label_score *labels = NULL;
  biobert_status status =
      tvf_head_session(c, texts, BIOBERT_HEAD_CLASSIFY, &session, err);
  for (int i = 0; i < texts && !status; i++)
    status = arg_text(c->arguments[i], i + 1, &text[i], err);
  if (!status)
    status = biobert_classify(session, text[0], text[1], &labels, &c->count, err);
  c->rows = labels;
  return status;
}

static biobert_status open_label(tvf_cursor *c, biobert_error *err) {
  return open_labels(c, 1, err);
}

static biobert_status open_pair_label(tvf_cursor *c, biobert_error *err) {
  return open_labels(c, 2, err);
}

#define AT(member) offsetof(biobert_label_score, member)

static const tvf_column label_columns[] = {
    {"label", "TEXT",   tvf_str,    AT(label)},
    {"score", "REAL",   tvf_double, AT(score)},
    {"text",  "HIDDEN", NULL,       0        },
    {"model", "HIDDEN", NULL,       0        },
    {NULL,    NULL,     NULL,       0        },
};

const tvf tvf_classify = {
    .columns = label_columns,
    .required = 1,
    .row_bytes = sizeof(biobert_label_score),
    .open = open_label,
};

static const tvf_column pair_label_columns[] = {
    {"label",    "TEXT", tvf_str, AT(label)},
    {"score",   "REAL", tvf_double, AT(score)},
    {"a",          "HIDDEN", NULL, 0},
    {"b",  "HIDDEN", NULL, 0},
    {"model", "HIDDEN", NULL, 0},
    {0       },
};
#undef AT

const tvf tvf_classify_pair = {
    .columns = pair_label_columns,
    .required = 2,
    .row_bytes = sizeof(biobert_label_score),
    .open = open_pair_label,
};
