/* tvf_masks.c - masked-language models: biobert_fill_mask() and biobert_logits(). */
#include <string.h>

#include "functions/bodies.h"

/* biobert_fill_mask(text [, k [, model]]) -------------------------------------------- */

enum { USUAL_FILLS = 5 }; /* top_k of transformers' pipeline */

static biobert_status open_fills(tvf_cursor *c, biobert_error *err) {
  biobert_session *session;
  biobert_fill *fills = NULL;
  int64_t k = USUAL_FILLS;
  biobert_status status = tvf_head_session(c, 2, BIOBERT_HEAD_FILL_MASK, &session, err);
  if (!status) status = arg_text(c->arguments[0], 1, &c->text, err);
  if (!status) status = tvf_optional_integer(c, 1, "k", 0, &k, err);
  if (!status)
    status = biobert_fill_mask(session, c->text, (size_t)k, &fills, &c->count, err);
  c->rows = fills;
  return status;
}

static biobert_status fill_token(const tvf_cell *cell) {
  return tvf_result_token(cell, ((const biobert_fill *)cell->row)->id);
}

/* The text with the token in place of its [MASK]; a piece from inside a word ("##itis")
 * is put to the word before. */
static biobert_status fill_filled(const tvf_cell *cell) {
  const tvf_cursor *c = cell->cursor;
  const biobert_fill *fill = cell->row;
  biobert_str token = biobert_token_text(named_model_model(tvf_named_model(c)), fill->id);
  if (!token.data) return BIOBERT_OK; /* a row of the matrix that no token has */
  size_t before = fill->start;
  if (token.len > 2 && memcmp(token.data, "##", 2) == 0) {
    token.data += 2;
    token.len -= 2;
    while (before > 0 && strchr(" \t\r\n", c->text.data[before - 1]) &&
           c->text.data[before - 1])
      before--;
  }
  size_t after = c->text.len - fill->end, bytes = before + token.len + after;
  char *filled = sqlite3_malloc64(bytes + 1);
  if (!filled) return result_no_memory(cell->err);
  memcpy(filled, c->text.data, before);
  memcpy(filled + before, token.data, token.len);
  memcpy(filled + before + token.len, c->text.data + fill->end, after);
  sqlite3_result_text64(cell->context, filled, bytes, sqlite3_free, SQLITE_UTF8);
  return BIOBERT_OK;
}

#define AT(member) offsetof(biobert_fill, member)

static const tvf_column fill_columns[] = {
    {"mask",        "INTEGER", tvf_size, AT(mask)},
    {"position",     "INTEGER", tvf_size, AT(position)},
    {"rank",             "INTEGER", tvf_size, AT(rank)},
    {"token","TEXT", fill_token, 0},
    {"id", "INTEGER", tvf_int32, AT(id)},
    {"score",        "REAL", tvf_double, AT(score)},
    {"logit",     "REAL", tvf_double, AT(logit)},
    {"filled",             "TEXT", fill_filled, 0},
    {"text",        "HIDDEN", NULL, 0},
    {"k",            "HIDDEN", NULL, 0},
    {"model",          "HIDDEN", NULL, 0},
    {0   },
};
#undef AT

const tvf tvf_fill_mask = {
    .columns = fill_columns,
    .required = 1,
    .row_bytes = sizeof(biobert_fill),
    .open = open_fills,
};

/* biobert_logits(text, position [, model]) ------------------------------------------- */

static biobert_status open_logits(tvf_cursor *c, biobert_error *err) {
  biobert_session *session;
  float *logits = NULL;
  int64_t position = 0;
  biobert_status status = tvf_head_session(c, 2, BIOBERT_HEAD_FILL_MASK, &session, err);
  if (!status) status = arg_text(c->arguments[0], 1, &c->text, err);
  if (!status) status = tvf_optional_integer(c, 1, "position", 0, &position, err);
  if (!status)
    status = biobert_logits(session, c->text, (size_t)position, &logits, &c->count, err);
  c->rows = logits;
  return status;
}

static biobert_status logit_token(const tvf_cell *cell) {
  return tvf_result_token(cell, (int32_t)cell->cursor->row);
}

static biobert_status logit_value(const tvf_cell *cell) {
  sqlite3_result_double(cell->context, (double)*(const float *)cell->row);
  return BIOBERT_OK;
}

static const tvf_column logit_columns[] = {
    {"id",       "INTEGER", tvf_from_0,  0},
    {"token",    "TEXT",    logit_token, 0},
    {"logit",    "REAL",    logit_value, 0},
    {"text",     "HIDDEN",  NULL,        0},
    {"position", "HIDDEN",  NULL,        0},
    {"model",    "HIDDEN",  NULL,        0},
    {NULL,       NULL,      NULL,        0},
};

const tvf tvf_logits = {
    .columns = logit_columns,
    .required = 2,
    .row_bytes = sizeof(float),
    .open = open_logits,
};
