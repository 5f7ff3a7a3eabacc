/* tvf_chunks.c - biobert_chunks() and biobert_highlight(): stretches of a text. */
#include <math.h>

#include "functions/functions.h"

/* Rows are arrays that a session made; its allocator is SQLite's. */
static void close_spans(table_cursor *c) {
  sqlite3_free(c->rows);
}

/* biobert_chunks(text [, max_tokens [, overlap [, model]]]) -------------------------- */

enum chunks_column {
  CHUNK,
  CHUNK_START,
  CHUNK_END,
  CHUNK_TOKENS,
  CHUNK_TEXT,
  CHUNK_SOURCE, /* arguments; `text` is taken by the chunk's own */
  CHUNK_MAX_TOKENS,
  CHUNK_OVERLAP,
  CHUNK_MODEL,
  CHUNK_START_CHAR,
  CHUNK_END_CHAR,
};

static biobert_status open_chunks(table_cursor *c, biobert_error *err) {
  biobert_session *session;
  biobert_chunk *chunks = NULL;
  int64_t max_tokens = 0, overlap = 0;
  biobert_status status = table_session(c, 3, &session, err);
  if (!status) status = arg_text(c->arguments[0], 1, &c->text, err);
  if (!status) status = table_optional_whole(c, 1, "max_tokens", 1, &max_tokens, err);
  if (!status) status = table_optional_whole(c, 2, "overlap", 0, &overlap, err);
  if (!status)
    status = biobert_chunks(session, c->text, (size_t)max_tokens, (size_t)overlap,
                            &chunks, &c->count, err);
  c->rows = chunks;
  return status;
}

static biobert_status column_chunks(table_cursor *c, sqlite3_context *context, int column,
                                    biobert_error *err) {
  (void)err;
  const biobert_chunk *chunk = (const biobert_chunk *)c->rows + c->row;
  switch ((enum chunks_column)column) {
  case CHUNK:
    sqlite3_result_int64(context, (sqlite3_int64)c->row);
    break;
  case CHUNK_START:
    sqlite3_result_int64(context, (sqlite3_int64)chunk->start);
    break;
  case CHUNK_END:
    sqlite3_result_int64(context, (sqlite3_int64)chunk->end);
    break;
  case CHUNK_TOKENS:
    sqlite3_result_int64(context, (sqlite3_int64)chunk->tokens);
    break;
  case CHUNK_TEXT:
    table_span_text(c, context, chunk->start, chunk->end);
    break;
  case CHUNK_START_CHAR:
    table_characters(c, context, chunk->start);
    break;
  case CHUNK_END_CHAR:
    table_characters(c, context, chunk->end);
    break;
  case CHUNK_SOURCE:
  case CHUNK_MAX_TOKENS:
  case CHUNK_OVERLAP:
  case CHUNK_MODEL:
    break;
  }
  return BIOBERT_OK;
}

const table_function table_chunks = {
    .columns =
        "chunk INTEGER, start_byte INTEGER, end_byte INTEGER, tokens INTEGER, text "
        "TEXT, source HIDDEN, max_tokens HIDDEN, overlap HIDDEN, model HIDDEN, "
        "start_char INTEGER HIDDEN, end_char INTEGER HIDDEN",
    .first_argument = CHUNK_SOURCE,
    .arguments = 4,
    .required = 1,
    .open = open_chunks,
    .column = column_chunks,
    .close = close_spans,
};

/* biobert_highlight(query, text [, k [, model]]) ------------------------------------- */

enum highlight_column {
  HIT_RANK,
  HIT_SIMILARITY,
  HIT_START,
  HIT_END,
  HIT_TEXT,
  HIT_QUERY, /* arguments */
  HIT_SOURCE,
  HIT_K,
  HIT_MODEL,
  HIT_START_CHAR,
  HIT_END_CHAR,
};

/* The query's vector: a BLOB as it is, a TEXT embedded by the query's model. */
static biobert_status query_vector(table_cursor *c, const float **vector, float **owned,
                                   biobert_error *err) {
  size_t n = biobert_model_dimension(named_model_model(c->model));
  *owned = sqlite3_malloc64(n * sizeof **owned);
  if (!*owned) return result_fail(err, BIOBERT_NOMEM, "out of memory");
  const void *given;
  biobert_status status;
  if (sqlite3_value_type(c->arguments[0]) == SQLITE_BLOB) {
    status = arg_vector(c->arguments[0], 1, n, &given, &n, err);
  } else {
    biobert_str text;
    named_model *m = c->model;
    const float *embedded = NULL;
    status = arg_text(c->arguments[0], 1, &text, err);
    if (!status && biobert_vector_is_json(text, 8))
      status = result_fail(err, BIOBERT_RANGE,
                           "argument 1: this looks like a vector in JSON: wrap it in "
                           "biobert_vector()");
    if (!status) status = registry_query_model(c->call->registry, m, &m, err);
    if (!status)
      status = named_model_embed(m, BIOBERT_QUERY, text, (biobert_str){NULL, 0},
                                 &embedded, &n, err);
    given = embedded;
  }
  if (status) return status;
  const char *from = given;
  for (size_t i = 0; i < n * sizeof **owned; i++) ((char *)*owned)[i] = from[i];
  *vector = *owned;
  return BIOBERT_OK;
}

static biobert_status open_highlight(table_cursor *c, biobert_error *err) {
  biobert_session *session;
  biobert_highlight *hits = NULL;
  const float *query = NULL;
  float *owned = NULL;
  int64_t k = 1;
  biobert_status status = table_session(c, 3, &session, err);
  if (!status) status = arg_text(c->arguments[1], 2, &c->text, err);
  if (!status) status = table_optional_whole(c, 2, "k", 0, &k, err);
  if (!status) status = query_vector(c, &query, &owned, err);
  if (!status)
    status =
        biobert_highlights(session, query, c->text, (size_t)k, &hits, &c->count, err);
  sqlite3_free(owned);
  c->rows = hits;
  return status;
}

static biobert_status column_highlight(table_cursor *c, sqlite3_context *context,
                                       int column, biobert_error *err) {
  (void)err;
  const biobert_highlight *hit = (const biobert_highlight *)c->rows + c->row;
  switch ((enum highlight_column)column) {
  case HIT_RANK:
    sqlite3_result_int64(context, (sqlite3_int64)c->row + 1);
    break;
  case HIT_SIMILARITY:
    if (!isnan(hit->similarity)) sqlite3_result_double(context, hit->similarity);
    break;
  case HIT_START:
    sqlite3_result_int64(context, (sqlite3_int64)hit->start);
    break;
  case HIT_END:
    sqlite3_result_int64(context, (sqlite3_int64)hit->end);
    break;
  case HIT_TEXT:
    table_span_text(c, context, hit->start, hit->end);
    break;
  case HIT_START_CHAR:
    table_characters(c, context, hit->start);
    break;
  case HIT_END_CHAR:
    table_characters(c, context, hit->end);
    break;
  case HIT_QUERY:
  case HIT_SOURCE:
  case HIT_K:
  case HIT_MODEL:
    break;
  }
  return BIOBERT_OK;
}

const table_function table_highlight = {
    .columns =
        "rank INTEGER, similarity REAL, start_byte INTEGER, end_byte INTEGER, text "
        "TEXT, query HIDDEN, source HIDDEN, k HIDDEN, model HIDDEN, start_char INTEGER "
        "HIDDEN, end_char INTEGER HIDDEN",
    .first_argument = HIT_QUERY,
    .arguments = 4,
    .required = 2,
    .open = open_highlight,
    .column = column_highlight,
    .close = close_spans,
};
