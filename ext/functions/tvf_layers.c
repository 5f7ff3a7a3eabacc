/* tvf_layers.c - the encoder laid open: biobert_hidden_states() and
 * biobert_attention(). */
#include "functions/functions.h"

/* Tokens that the model got, and numbers about them. */
typedef struct rows {
  int32_t *ids;
  size_t tokens;
  float *numbers; /* hidden states, or attention probabilities */
  size_t first_layer, first_head, heads;
} rows;

static void close_rows(table_cursor *c) {
  rows *r = c->rows;
  sqlite3_free(r->ids);
  sqlite3_free(r->numbers);
  sqlite3_free(r);
}

static biobert_status new_rows(table_cursor *c, rows **out, biobert_error *err) {
  *out = sqlite3_malloc64(sizeof **out);
  if (!*out) return result_fail(err, BIOBERT_NOMEM, "out of memory");
  **out = (rows){0};
  c->rows = *out;
  return BIOBERT_OK;
}

static void result_token(const table_cursor *c, sqlite3_context *context,
                         size_t position) {
  const rows *r = c->rows;
  biobert_str token = biobert_token_text(named_model_model(c->model), r->ids[position]);
  sqlite3_result_text(context, token.data, (int)token.len, SQLITE_TRANSIENT);
}

/* biobert_hidden_states(text [, layer [, model]]) ------------------------------------ */

enum states_column {
  STATE_POSITION,
  STATE_TOKEN,
  STATE_LAYER,
  STATE_VECTOR,
  STATE_TEXT, /* arguments; `layer` is taken by the row's own */
  STATE_OF_LAYER,
  STATE_MODEL,
};

static biobert_status open_states(table_cursor *c, biobert_error *err) {
  biobert_session *session;
  rows *r = NULL;
  int64_t layer = 0;
  biobert_status status = table_session(c, 2, &session, err);
  if (!status) status = arg_text(c->arguments[0], 1, &c->text, err);
  if (status) return status;
  layer = (int64_t)biobert_model_get_info(named_model_model(c->model))->layers;
  status = table_optional_whole(c, 1, "layer", 0, &layer, err);
  if (!status) status = new_rows(c, &r, err);
  if (!status) status = biobert_input_ids(session, c->text, &r->ids, &r->tokens, err);
  if (!status)
    status = biobert_hidden_states(session, c->text, (size_t)layer, &r->numbers,
                                   &r->tokens, err);
  if (status) return status;
  r->first_layer = (size_t)layer;
  c->count = r->tokens;
  return BIOBERT_OK;
}

static biobert_status column_states(table_cursor *c, sqlite3_context *context, int column,
                                    biobert_error *err) {
  (void)err;
  const rows *r = c->rows;
  size_t hidden = biobert_model_get_info(named_model_model(c->model))->hidden;
  switch ((enum states_column)column) {
  case STATE_POSITION:
    sqlite3_result_int64(context, (sqlite3_int64)c->row);
    break;
  case STATE_TOKEN:
    result_token(c, context, c->row);
    break;
  case STATE_LAYER:
    sqlite3_result_int64(context, (sqlite3_int64)r->first_layer);
    break;
  case STATE_VECTOR:
    result_vector(context, r->numbers + c->row * hidden, hidden);
    break;
  case STATE_TEXT:
  case STATE_OF_LAYER:
  case STATE_MODEL:
    break;
  }
  return BIOBERT_OK;
}

const table_function table_hidden_states = {
    .columns = "position INTEGER, token TEXT, layer INTEGER, vector BLOB, text HIDDEN, "
               "of_layer HIDDEN, model HIDDEN",
    .first_argument = STATE_TEXT,
    .arguments = 3,
    .required = 1,
    .open = open_states,
    .column = column_states,
    .close = close_rows,
};

/* biobert_attention(text [, layer [, head [, model]]]) ------------------------------- */

enum attention_column {
  LOOK_LAYER,
  LOOK_HEAD,
  LOOK_FROM_POSITION,
  LOOK_FROM_TOKEN,
  LOOK_TO_POSITION,
  LOOK_TO_TOKEN,
  LOOK_WEIGHT,
  LOOK_TEXT, /* arguments */
  LOOK_OF_LAYER,
  LOOK_OF_HEAD,
  LOOK_MODEL,
};

static biobert_status open_attention(table_cursor *c, biobert_error *err) {
  biobert_session *session;
  rows *r = NULL;
  int64_t layer = BIOBERT_ALL, head = BIOBERT_ALL;
  biobert_status status = table_session(c, 3, &session, err);
  if (!status) status = arg_text(c->arguments[0], 1, &c->text, err);
  if (!status) status = table_optional_whole(c, 1, "layer", 1, &layer, err);
  if (!status) status = table_optional_whole(c, 2, "head", 0, &head, err);
  if (!status) status = new_rows(c, &r, err);
  if (!status) status = biobert_input_ids(session, c->text, &r->ids, &r->tokens, err);
  if (!status)
    status =
        biobert_attention(session, c->text, layer, head, &r->numbers, &r->tokens, err);
  if (status) return status;
  const biobert_model_info *info = biobert_model_get_info(named_model_model(c->model));
  size_t layers = layer == BIOBERT_ALL ? info->layers : 1;
  r->first_layer = layer == BIOBERT_ALL ? 1 : (size_t)layer;
  r->first_head = head == BIOBERT_ALL ? 0 : (size_t)head;
  r->heads = head == BIOBERT_ALL ? info->heads : 1;
  c->count = layers * r->heads * r->tokens * r->tokens;
  return BIOBERT_OK;
}

static biobert_status column_attention(table_cursor *c, sqlite3_context *context,
                                       int column, biobert_error *err) {
  (void)err;
  const rows *r = c->rows;
  size_t to = c->row % r->tokens, from = c->row / r->tokens % r->tokens;
  size_t map = c->row / (r->tokens * r->tokens); /* [layer, head] */
  size_t layer = r->first_layer + map / r->heads, head = r->first_head + map % r->heads;
  switch ((enum attention_column)column) {
  case LOOK_LAYER:
    sqlite3_result_int64(context, (sqlite3_int64)layer);
    break;
  case LOOK_HEAD:
    sqlite3_result_int64(context, (sqlite3_int64)head);
    break;
  case LOOK_FROM_POSITION:
    sqlite3_result_int64(context, (sqlite3_int64)from);
    break;
  case LOOK_FROM_TOKEN:
    result_token(c, context, from);
    break;
  case LOOK_TO_POSITION:
    sqlite3_result_int64(context, (sqlite3_int64)to);
    break;
  case LOOK_TO_TOKEN:
    result_token(c, context, to);
    break;
  case LOOK_WEIGHT:
    sqlite3_result_double(context, (double)r->numbers[c->row]);
    break;
  case LOOK_TEXT:
  case LOOK_OF_LAYER:
  case LOOK_OF_HEAD:
  case LOOK_MODEL:
    break;
  }
  return BIOBERT_OK;
}

const table_function table_attention = {
    .columns = "layer INTEGER, head INTEGER, from_position INTEGER, from_token TEXT, "
               "to_position INTEGER, to_token TEXT, weight REAL, text HIDDEN, of_layer "
               "HIDDEN, of_head HIDDEN, model HIDDEN",
    .first_argument = LOOK_TEXT,
    .arguments = 4,
    .required = 1,
    .open = open_attention,
    .column = column_attention,
    .close = close_rows,
};
