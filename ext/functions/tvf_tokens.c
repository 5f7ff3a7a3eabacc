/* tvf_tokens.c - biobert_tokens(text [, model]): where each token comes from. */
#include "functions/functions.h"

enum column {
  POSITION,
  TOKEN,
  ID,
  START_BYTE,
  END_BYTE,
  WORD,
  TEXT, /* arguments */
  MODEL,
  START_CHAR,
  END_CHAR,
};

typedef struct rows {
  biobert_token *tokens;
  size_t count, capacity;
  bool no_memory;
} rows;

static bool keep_token(void *ctx, const biobert_token *token) {
  rows *r = ctx;
  if (r->count == r->capacity) {
    size_t larger = r->capacity ? r->capacity * 2 : 64;
    biobert_token *grown = sqlite3_realloc64(r->tokens, larger * sizeof *grown);
    if (!grown) {
      r->no_memory = true;
      return false;
    }
    r->tokens = grown;
    r->capacity = larger;
  }
  r->tokens[r->count++] = *token;
  return true;
}

static void close_tokens(table_cursor *c) {
  sqlite3_free(c->rows);
}

static biobert_status open_tokens(table_cursor *c, biobert_error *err) {
  biobert_session *session;
  rows r = {0};
  biobert_status status = table_session(c, 1, &session, err);
  if (!status) status = arg_text(c->arguments[0], 1, &c->text, err);
  if (!status) status = biobert_tokenize(session, c->text, keep_token, &r, err);
  if (!status && r.no_memory) status = result_fail(err, BIOBERT_NOMEM, "out of memory");
  c->rows = r.tokens;
  c->count = r.count;
  return status;
}

static biobert_status column_tokens(table_cursor *c, sqlite3_context *context, int column,
                                    biobert_error *err) {
  (void)err;
  const biobert_token *t = (const biobert_token *)c->rows + c->row;
  biobert_str spelling;
  if (t->added && column != POSITION && column != TOKEN && column != ID)
    return BIOBERT_OK;
  switch ((enum column)column) {
  case POSITION:
    sqlite3_result_int64(context, (sqlite3_int64)c->row);
    break;
  case TOKEN:
    spelling = biobert_token_text(named_model_model(c->model), t->id);
    sqlite3_result_text(context, spelling.data, (int)spelling.len, SQLITE_TRANSIENT);
    break;
  case ID:
    sqlite3_result_int(context, t->id);
    break;
  case START_BYTE:
    sqlite3_result_int64(context, (sqlite3_int64)t->start);
    break;
  case END_BYTE:
    sqlite3_result_int64(context, (sqlite3_int64)t->end);
    break;
  case WORD:
    sqlite3_result_int64(context, (sqlite3_int64)t->word);
    break;
  case START_CHAR:
    table_characters(c, context, t->start);
    break;
  case END_CHAR:
    table_characters(c, context, t->end);
    break;
  case TEXT:
  case MODEL:
    break;
  }
  return BIOBERT_OK;
}

const table_function table_tokens = {
    .columns =
        "position INTEGER, token TEXT, id INTEGER, start_byte INTEGER, end_byte "
        "INTEGER, word INTEGER, text HIDDEN, model HIDDEN, start_char INTEGER HIDDEN, "
        "end_char INTEGER HIDDEN",
    .first_argument = TEXT,
    .arguments = 2,
    .required = 1,
    .open = open_tokens,
    .column = column_tokens,
    .close = close_tokens,
};
