/* tvf_heads.c - biobert_entities(), biobert_answer(), biobert_classify(),
 * biobert_classify_pair(). */
#include "functions/functions.h"

/* Rows are arrays that a session made; its allocator is SQLite's. */
static void close_array(table_cursor *c) {
  sqlite3_free(c->rows);
}

/* biobert_entities(text [, model]) --------------------------------------------------- */

enum entity_column {
  ENTITY,
  ENTITY_LABEL,
  ENTITY_SCORE,
  ENTITY_START,
  ENTITY_END,
  ENTITY_TEXT, /* arguments */
  ENTITY_MODEL,
  ENTITY_START_CHAR,
  ENTITY_END_CHAR,
};

static biobert_status open_entities(table_cursor *c, biobert_error *err) {
  biobert_session *session;
  biobert_entity *entities = NULL;
  biobert_status status = table_head_session(c, 1, BIOBERT_HEAD_ENTITIES, &session, err);
  if (!status) status = arg_text(c->arguments[0], 1, &c->text, err);
  if (!status) status = biobert_entities(session, c->text, &entities, &c->count, err);
  c->rows = entities;
  return status;
}

static biobert_status column_entities(table_cursor *c, sqlite3_context *context,
                                      int column, biobert_error *err) {
  (void)err;
  const biobert_entity *e = (const biobert_entity *)c->rows + c->row;
  switch ((enum entity_column)column) {
  case ENTITY:
    table_span_text(c, context, e->start, e->end);
    break;
  case ENTITY_LABEL:
    sqlite3_result_text(context, e->label.data, (int)e->label.len, SQLITE_TRANSIENT);
    break;
  case ENTITY_SCORE:
    sqlite3_result_double(context, e->score);
    break;
  case ENTITY_START:
    sqlite3_result_int64(context, (sqlite3_int64)e->start);
    break;
  case ENTITY_END:
    sqlite3_result_int64(context, (sqlite3_int64)e->end);
    break;
  case ENTITY_START_CHAR:
    table_characters(c, context, e->start);
    break;
  case ENTITY_END_CHAR:
    table_characters(c, context, e->end);
    break;
  case ENTITY_TEXT:
  case ENTITY_MODEL:
    break;
  }
  return BIOBERT_OK;
}

const table_function table_entities = {
    .columns =
        "entity TEXT, label TEXT, score REAL, start_byte INTEGER, end_byte INTEGER, "
        "text HIDDEN, model HIDDEN, start_char INTEGER HIDDEN, end_char INTEGER HIDDEN",
    .first_argument = ENTITY_TEXT,
    .arguments = 2,
    .required = 1,
    .open = open_entities,
    .column = column_entities,
    .close = close_array,
};

/* biobert_answer(question, context [, k [, model]]) ---------------------------------- */

enum answer_column {
  ANSWER_RANK,
  ANSWER,
  ANSWER_SCORE,
  ANSWER_START,
  ANSWER_END,
  ANSWER_QUESTION, /* arguments */
  ANSWER_CONTEXT,
  ANSWER_K,
  ANSWER_MODEL,
  ANSWER_START_CHAR,
  ANSWER_END_CHAR,
};

static biobert_status open_answers(table_cursor *c, biobert_error *err) {
  biobert_session *session;
  biobert_str question;
  biobert_answer_span *answers = NULL;
  int64_t k = 1;
  biobert_status status = table_head_session(c, 3, BIOBERT_HEAD_ANSWER, &session, err);
  if (!status) status = arg_text(c->arguments[0], 1, &question, err);
  if (!status) status = arg_text(c->arguments[1], 2, &c->text, err);
  if (!status) status = table_optional_whole(c, 2, "k", 0, &k, err);
  if (!status)
    status =
        biobert_answer(session, question, c->text, (size_t)k, &answers, &c->count, err);
  c->rows = answers;
  return status;
}

static biobert_status column_answers(table_cursor *c, sqlite3_context *context,
                                     int column, biobert_error *err) {
  (void)err;
  const biobert_answer_span *a = (const biobert_answer_span *)c->rows + c->row;
  switch ((enum answer_column)column) {
  case ANSWER_RANK:
    sqlite3_result_int64(context, (sqlite3_int64)c->row + 1);
    break;
  case ANSWER:
    table_span_text(c, context, a->start, a->end);
    break;
  case ANSWER_SCORE:
    sqlite3_result_double(context, a->score);
    break;
  case ANSWER_START:
    sqlite3_result_int64(context, (sqlite3_int64)a->start);
    break;
  case ANSWER_END:
    sqlite3_result_int64(context, (sqlite3_int64)a->end);
    break;
  case ANSWER_START_CHAR:
    table_characters(c, context, a->start);
    break;
  case ANSWER_END_CHAR:
    table_characters(c, context, a->end);
    break;
  case ANSWER_QUESTION:
  case ANSWER_CONTEXT:
  case ANSWER_K:
  case ANSWER_MODEL:
    break;
  }
  return BIOBERT_OK;
}

const table_function table_answer = {
    .columns =
        "rank INTEGER, answer TEXT, score REAL, start_byte INTEGER, end_byte INTEGER, "
        "question HIDDEN, context HIDDEN, k HIDDEN, model HIDDEN, start_char INTEGER "
        "HIDDEN, end_char INTEGER HIDDEN",
    .first_argument = ANSWER_QUESTION,
    .arguments = 4,
    .required = 2,
    .open = open_answers,
    .column = column_answers,
    .close = close_array,
};

/* biobert_classify(text [, model]), biobert_classify_pair(a, b [, model]) ------------ */

enum { LABEL, LABEL_SCORE, LABEL_ARGUMENTS };

/* texts: 1 or 2 of them stand before the model. */
static biobert_status open_labels(table_cursor *c, int texts, biobert_error *err) {
  biobert_session *session;
  biobert_str text[2] = {
      {NULL, 0},
      {NULL, 0}
  };
  biobert_label_score *labels = NULL;
  biobert_status status =
      table_head_session(c, texts, BIOBERT_HEAD_CLASSIFY, &session, err);
  for (int i = 0; i < texts && !status; i++)
    status = arg_text(c->arguments[i], i + 1, &text[i], err);
  if (!status)
    status = biobert_classify(session, text[0], text[1], &labels, &c->count, err);
  c->rows = labels;
  return status;
}

static biobert_status open_label(table_cursor *c, biobert_error *err) {
  return open_labels(c, 1, err);
}

static biobert_status open_pair_label(table_cursor *c, biobert_error *err) {
  return open_labels(c, 2, err);
}

static biobert_status column_labels(table_cursor *c, sqlite3_context *context, int column,
                                    biobert_error *err) {
  (void)err;
  const biobert_label_score *l = (const biobert_label_score *)c->rows + c->row;
  if (column == LABEL)
    sqlite3_result_text(context, l->label.data, (int)l->label.len, SQLITE_TRANSIENT);
  else if (column == LABEL_SCORE)
    sqlite3_result_double(context, l->score);
  return BIOBERT_OK;
}

const table_function table_classify = {
    .columns = "label TEXT, score REAL, text HIDDEN, model HIDDEN",
    .first_argument = LABEL_ARGUMENTS,
    .arguments = 2,
    .required = 1,
    .open = open_label,
    .column = column_labels,
    .close = close_array,
};

const table_function table_classify_pair = {
    .columns = "label TEXT, score REAL, a HIDDEN, b HIDDEN, model HIDDEN",
    .first_argument = LABEL_ARGUMENTS,
    .arguments = 3,
    .required = 2,
    .open = open_pair_label,
    .column = column_labels,
    .close = close_array,
};
