/* tvf_tokens.c - biobert_tokens(text [, model]): where each token comes from. */
#include "functions/bodies.h"

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

static biobert_status open_tokens(tvf_cursor *c, biobert_error *err) {
  biobert_session *session;
  rows r = {0};
  biobert_status status = tvf_session(c, 1, &session, err);
  if (!status) status = arg_text(c->arguments[0], 1, &c->text, err);
  if (!status) status = biobert_tokenize(session, c->text, keep_token, &r, err);
  if (!status && r.no_memory) status = result_no_memory(err);
  c->rows = r.tokens;
  c->count = r.count;
  return status;
}

static biobert_status token_text(const tvf_cell *cell) {
  return tvf_result_token(cell, ((const biobert_token *)cell->row)->id);
}

/* [CLS] and [SEP] are not of the text: they have no place in it. */
static biobert_status place(const tvf_cell *cell) {
  return ((const biobert_token *)cell->row)->added ? BIOBERT_OK : tvf_size(cell);
}

static biobert_status place_in_characters(const tvf_cell *cell) {
  return ((const biobert_token *)cell->row)->added ? BIOBERT_OK : tvf_characters(cell);
}

#define AT(member) offsetof(biobert_token, member)

static const tvf_column token_columns[] = {
    {"position",   "INTEGER",        tvf_from_0,          0        },
    {"token",      "TEXT",           token_text,          0        },
    {"id",         "INTEGER",        tvf_int32,           AT(id)   },
    {"start_byte", "INTEGER",        place,               AT(start)},
    {"end_byte",   "INTEGER",        place,               AT(end)  },
    {"word",       "INTEGER",        place,               AT(word) },
    {"text",       "HIDDEN",         NULL,                0        },
    {"model",      "HIDDEN",         NULL,                0        },
    {"start_char", "INTEGER HIDDEN", place_in_characters, AT(start)},
    {"end_char",   "INTEGER HIDDEN", place_in_characters, AT(end)  },
    {NULL,         NULL,             NULL,                0        },
};

const tvf tvf_tokens = {
    .columns = token_columns,
    .required = 1,
    .row_bytes = sizeof(biobert_token),
    .open = open_tokens,
};
