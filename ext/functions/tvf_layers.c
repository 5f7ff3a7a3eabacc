/* tvf_layers.c - the encoder laid open: biobert_hidden_states() and
 * biobert_attention(). */
#include "functions/bodies.h"

/* Tokens that the model got, and numbers about them. */
typedef struct rows {
  int32_t *ids;
  size_t tokens;
  float *numbers; /* hidden states, or attention probabilities */
  size_t first_layer, first_head, heads;
} rows;

static void close_rows(tvf_cursor *c) {
  rows *r = c->rows;
  sqlite3_free(r->ids);
  sqlite3_free(r->numbers);
  sqlite3_free(r);
}

static biobert_status new_rows(tvf_cursor *c, rows **out, biobert_error *err) {
  *out = sqlite3_malloc64(sizeof **out);
  if (!*out) return result_no_memory(err);
  **out = (rows){0};
  c->rows = *out;
  return BIOBERT_OK;
}

static biobert_status token_at(const tvf_cell *cell, size_t position) {
  return tvf_result_token(cell, ((const rows *)cell->cursor->rows)->ids[position]);
}

/* biobert_hidden_states(text [, layer [, model]]) ------------------------------------ */

static biobert_status open_states(tvf_cursor *c, biobert_error *err) {
  biobert_session *session;
  rows *r = NULL;
  biobert_status status = tvf_session(c, 2, &session, err);
  if (!status) status = arg_text(c->arguments[0], 1, &c->text, err);
  if (status) return status;
  int64_t layer = (int64_t)tvf_model_info(c)->layers;
  status = tvf_optional_integer(c, 1, "layer", 0, &layer, err);
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

static biobert_status state_token(const tvf_cell *cell) {
  return token_at(cell, cell->cursor->row);
}

static biobert_status state_layer(const tvf_cell *cell) {
  return tvf_result_integer(cell,
                            (int64_t)((const rows *)cell->cursor->rows)->first_layer);
}

static biobert_status state_vector(const tvf_cell *cell) {
  const rows *r = cell->cursor->rows;
  const size_t hidden = tvf_model_info(cell->cursor)->hidden;
  result_vector(cell->context, r->numbers + cell->cursor->row * hidden, hidden);
  return BIOBERT_OK;
}

/* The argument is `of_layer`: `layer` is the row's own. */
static const tvf_column state_columns[] = {
    {"position",   "INTEGER", tvf_from_0, 0},
    {"token",  "TEXT", state_token, 0},
    {"layer",            "INTEGER", state_layer, 0},
    {"vector",     "BLOB", state_vector, 0},
    {"text",           "HIDDEN", NULL, 0},
    {"of_layer",      "HIDDEN", NULL, 0},
    {"model", "HIDDEN", NULL, 0},
    {0           },
};

const tvf tvf_hidden_states = {
    .columns = state_columns,
    .required = 1,
    .open = open_states,
    .close = close_rows,
};

/* biobert_attention(text [, layer [, head [, model]]]) ------------------------------- */

static biobert_status open_attention(tvf_cursor *c, biobert_error *err) {
  biobert_session *session;
  rows *r = NULL;
  int64_t layer = BIOBERT_ALL, head = BIOBERT_ALL;
  biobert_status status = tvf_session(c, 3, &session, err);
  if (!status) status = arg_text(c->arguments[0], 1, &c->text, err);
  if (!status) status = tvf_optional_integer(c, 1, "layer", 1, &layer, err);
  if (!status) status = tvf_optional_integer(c, 2, "head", 0, &head, err);
  if (!status) status = new_rows(c, &r, err);
  if (!status) status = biobert_input_ids(session, c->text, &r->ids, &r->tokens, err);
  if (!status)
    status =
        biobert_attention(session, c->text, layer, head, &r->numbers, &r->tokens, err);
  if (status) return status;
  const biobert_model_info *info = tvf_model_info(c);
  size_t layers = layer == BIOBERT_ALL ? info->layers : 1;
  r->first_layer = layer == BIOBERT_ALL ? 1 : (size_t)layer;
  r->first_head = head == BIOBERT_ALL ? 0 : (size_t)head;
  r->heads = head == BIOBERT_ALL ? info->heads : 1;
  c->count = layers * r->heads * r->tokens * r->tokens;
  return BIOBERT_OK;
}

/* Where a row lies in [layer, head, from, to]. */
typedef struct attention_place {
  size_t layer, head, from, to;
} attention_place;

static attention_place place_of(const tvf_cell *cell) {
  const rows *r = cell->cursor->rows;
  const size_t row = cell->cursor->row, map = row / (r->tokens * r->tokens);
  return (attention_place){
      .layer = r->first_layer + map / r->heads,
      .head = r->first_head + map % r->heads,
      .from = row / r->tokens % r->tokens,
      .to = row % r->tokens,
  };
}

static biobert_status attention_layer(const tvf_cell *cell) {
  return tvf_result_integer(cell, (int64_t)place_of(cell).layer);
}

static biobert_status attention_head(const tvf_cell *cell) {
  return tvf_result_integer(cell, (int64_t)place_of(cell).head);
}

static biobert_status from_position(const tvf_cell *cell) {
  return tvf_result_integer(cell, (int64_t)place_of(cell).from);
}

static biobert_status from_token(const tvf_cell *cell) {
  return token_at(cell, place_of(cell).from);
}

static biobert_status to_position(const tvf_cell *cell) {
  return tvf_result_integer(cell, (int64_t)place_of(cell).to);
}

static biobert_status to_token(const tvf_cell *cell) {
  return token_at(cell, place_of(cell).to);
}

static biobert_status attention_weight(const tvf_cell *cell) {
  const rows *r = cell->cursor->rows;
  sqlite3_result_double(cell->context, (double)r->numbers[cell->cursor->row]);
  return BIOBERT_OK;
}

static const tvf_column attention_columns[] = {
    {"layer",          "INTEGER", attention_layer, 0},
    {"head", "INTEGER", attention_head, 0},
    {"from_position",                "INTEGER", from_position, 0},
    {"from_token",       "TEXT", from_token, 0},
    {"to_position",               "INTEGER", to_position, 0},
    {"to_token",  "TEXT", to_token, 0},
    {"weight",   "REAL", attention_weight, 0},
    {"text",                "HIDDEN", NULL, 0},
    {"of_layer",    "HIDDEN", NULL, 0},
    {"of_head",               "HIDDEN", NULL, 0},
    {"model",    "HIDDEN", NULL, 0},
    {0    },
};

const tvf tvf_attention = {
    .columns = attention_columns,
    .required = 1,
    .open = open_attention,
    .close = close_rows,
};
