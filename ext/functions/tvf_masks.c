/* tvf_masks.c - masked-language models: biobert_fill_mask() and biobert_logits(). */
#include <string.h>

#include "functions/functions.h"

static void result_token(const table_cursor *c, sqlite3_context *context, int32_t id) {
  biobert_str token = biobert_token_text(named_model_model(c->model), id);
  sqlite3_result_text(context, token.data, (int)token.len, SQLITE_TRANSIENT);
}

/* biobert_fill_mask(text [, k [, model]]) -------------------------------------------- */

enum { USUAL_FILLS = 5 }; /* top_k of transformers' pipeline */

enum fill_column {
  FILL_MASK,
  FILL_POSITION,
  FILL_RANK,
  FILL_TOKEN,
  FILL_ID,
  FILL_SCORE,
  FILL_LOGIT,
  FILL_FILLED,
  FILL_TEXT, /* arguments */
  FILL_K,
  FILL_MODEL,
};

static void close_fills(table_cursor *c) {
  sqlite3_free(c->rows);
}

static biobert_status open_fills(table_cursor *c, biobert_error *err) {
  biobert_session *session;
  biobert_fill *fills = NULL;
  int64_t k = USUAL_FILLS;
  biobert_status status = table_head_session(c, 2, BIOBERT_HEAD_FILL_MASK, &session, err);
  if (!status) status = arg_text(c->arguments[0], 1, &c->text, err);
  if (!status) status = table_optional_whole(c, 1, "k", 0, &k, err);
  if (!status)
    status = biobert_fill_mask(session, c->text, (size_t)k, &fills, &c->count, err);
  c->rows = fills;
  return status;
}

/* The text with the token in place of its [MASK]; a piece from inside a word ("##itis")
 * is put to the word before. */
static biobert_status result_filled(const table_cursor *c, sqlite3_context *context,
                                    const biobert_fill *fill, biobert_error *err) {
  biobert_str token = biobert_token_text(named_model_model(c->model), fill->id);
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
  if (!filled) return result_fail(err, BIOBERT_NOMEM, "out of memory");
  memcpy(filled, c->text.data, before);
  memcpy(filled + before, token.data, token.len);
  memcpy(filled + before + token.len, c->text.data + fill->end, after);
  sqlite3_result_text64(context, filled, bytes, sqlite3_free, SQLITE_UTF8);
  return BIOBERT_OK;
}

static biobert_status column_fills(table_cursor *c, sqlite3_context *context, int column,
                                   biobert_error *err) {
  const biobert_fill *fill = (const biobert_fill *)c->rows + c->row;
  switch ((enum fill_column)column) {
  case FILL_MASK:
    sqlite3_result_int64(context, (sqlite3_int64)fill->mask);
    break;
  case FILL_POSITION:
    sqlite3_result_int64(context, (sqlite3_int64)fill->position);
    break;
  case FILL_RANK:
    sqlite3_result_int64(context, (sqlite3_int64)fill->rank);
    break;
  case FILL_TOKEN:
    result_token(c, context, fill->id);
    break;
  case FILL_ID:
    sqlite3_result_int(context, fill->id);
    break;
  case FILL_SCORE:
    sqlite3_result_double(context, fill->score);
    break;
  case FILL_LOGIT:
    sqlite3_result_double(context, fill->logit);
    break;
  case FILL_FILLED:
    return result_filled(c, context, fill, err);
  case FILL_TEXT:
  case FILL_K:
  case FILL_MODEL:
    break;
  }
  return BIOBERT_OK;
}

const table_function table_fill_mask = {
    .columns =
        "mask INTEGER, position INTEGER, rank INTEGER, token TEXT, id INTEGER, score "
        "REAL, logit REAL, filled TEXT, text HIDDEN, k HIDDEN, model HIDDEN",
    .first_argument = FILL_TEXT,
    .arguments = 3,
    .required = 1,
    .open = open_fills,
    .column = column_fills,
    .close = close_fills,
};

/* biobert_logits(text, position [, model]) ------------------------------------------- */

enum logits_column {
  LOGITS_ID,
  LOGITS_TOKEN,
  LOGITS_LOGIT,
  LOGITS_TEXT, /* arguments */
  LOGITS_POSITION,
  LOGITS_MODEL,
};

static biobert_status open_logits(table_cursor *c, biobert_error *err) {
  biobert_session *session;
  float *logits = NULL;
  int64_t position = 0;
  biobert_status status = table_head_session(c, 2, BIOBERT_HEAD_FILL_MASK, &session, err);
  if (!status) status = arg_text(c->arguments[0], 1, &c->text, err);
  if (!status) status = table_optional_whole(c, 1, "position", 0, &position, err);
  if (!status)
    status = biobert_logits(session, c->text, (size_t)position, &logits, &c->count, err);
  c->rows = logits;
  return status;
}

static biobert_status column_logits(table_cursor *c, sqlite3_context *context, int column,
                                    biobert_error *err) {
  (void)err;
  const float *logits = c->rows;
  switch ((enum logits_column)column) {
  case LOGITS_ID:
    sqlite3_result_int64(context, (sqlite3_int64)c->row);
    break;
  case LOGITS_TOKEN:
    result_token(c, context, (int32_t)c->row);
    break;
  case LOGITS_LOGIT:
    sqlite3_result_double(context, (double)logits[c->row]);
    break;
  case LOGITS_TEXT:
  case LOGITS_POSITION:
  case LOGITS_MODEL:
    break;
  }
  return BIOBERT_OK;
}

const table_function table_logits = {
    .columns = "id INTEGER, token TEXT, logit REAL, text HIDDEN, position HIDDEN, model "
               "HIDDEN",
    .first_argument = LOGITS_TEXT,
    .arguments = 3,
    .required = 2,
    .open = open_logits,
    .column = column_logits,
    .close = close_fills,
};
