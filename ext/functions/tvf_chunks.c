/* tvf_chunks.c - biobert_chunks() and biobert_highlight(): stretches of a text. */
#include <math.h>
#include <string.h>

#include "functions/bodies.h"

/* biobert_chunks(text [, max_tokens [, overlap [, model]]]) -------------------------- */

static biobert_status open_chunks(tvf_cursor *c, biobert_error *err) {
  biobert_session *session;
  biobert_chunk *chunks = NULL;
  int64_t max_tokens = 0, overlap = 0;
  biobert_status status = tvf_session(c, 3, &session, err);
  if (!status) status = arg_text(c->arguments[0], 1, &c->text, err);
  if (!status) status = tvf_optional_integer(c, 1, "max_tokens", 1, &max_tokens, err);
  if (!status) status = tvf_optional_integer(c, 2, "overlap", 0, &overlap, err);
  if (!status)
    status = biobert_chunks(session, c->text, (size_t)max_tokens, (size_t)overlap,
                            &chunks, &c->count, err);
  c->rows = chunks;
  return status;
}

static biobert_status chunk_text(const tvf_cell *cell) {
  const biobert_chunk *chunk = cell->row;
  return tvf_result_span(cell, chunk->start, chunk->end);
}

#define AT(member) offsetof(biobert_chunk, member)

/* The argument is `source`: `text` is the chunk's own. */
static const tvf_column chunk_columns[] = {
    {"chunk",      "INTEGER",        tvf_from_0,     0         },
    {"start_byte", "INTEGER",        tvf_size,       AT(start) },
    {"end_byte",   "INTEGER",        tvf_size,       AT(end)   },
    {"tokens",     "INTEGER",        tvf_size,       AT(tokens)},
    {"text",       "TEXT",           chunk_text,     0         },
    {"source",     "HIDDEN",         NULL,           0         },
    {"max_tokens", "HIDDEN",         NULL,           0         },
    {"overlap",    "HIDDEN",         NULL,           0         },
    {"model",      "HIDDEN",         NULL,           0         },
    {"start_char", "INTEGER HIDDEN", tvf_characters, AT(start) },
    {"end_char",   "INTEGER HIDDEN", tvf_characters, AT(end)   },
    {NULL,         NULL,             NULL,           0         },
};
#undef AT

const tvf tvf_chunks = {
    .columns = chunk_columns,
    .required = 1,
    .row_bytes = sizeof(biobert_chunk),
    .open = open_chunks,
};

/* biobert_highlight(query, text [, k [, model]]) ------------------------------------- */

/* The query's vector: a BLOB as it is, a TEXT embedded by the query's model. */
static biobert_status find_query(const tvf_cursor *c, const void **vector, size_t *n,
                                 biobert_error *err) {
  if (sqlite3_value_type(c->arguments[0]) == SQLITE_BLOB)
    return arg_vector(c->arguments[0], 1, *n, vector, n, err);
  biobert_str text;
  named_model *m = tvf_named_model(c);
  const float *embedded = NULL;
  biobert_status status = arg_text(c->arguments[0], 1, &text, err);
  if (!status && biobert_vector_is_json(text, 8))
    status = result_fail(err, BIOBERT_RANGE,
                         "argument 1: this looks like a vector in JSON: wrap it in "
                         "biobert_vector()");
  if (!status) status = connection_query_model(c->shared, m, &m, err);
  if (!status)
    status = named_model_embed(m, BIOBERT_QUERY, text, (biobert_str){NULL, 0}, &embedded,
                               n, err);
  *vector = embedded;
  return status;
}

/* A copy of its own, aligned: a BLOB may lie anywhere, and an embedded text's vector is
 * borrowed. */
static biobert_status query_vector(const tvf_cursor *c, float **out, biobert_error *err) {
  size_t n = tvf_model_info(c)->dimension;
  const void *vector;
  *out = NULL;
  biobert_status status = find_query(c, &vector, &n, err);
  if (status) return status;
  *out = sqlite3_malloc64(n * sizeof **out);
  if (!*out) return result_no_memory(err);
  memcpy(*out, vector, n * sizeof **out);
  return BIOBERT_OK;
}

static biobert_status open_highlight(tvf_cursor *c, biobert_error *err) {
  biobert_session *session;
  biobert_highlight *hits = NULL;
  float *query = NULL;
  int64_t k = 1;
  biobert_status status = tvf_session(c, 3, &session, err);
  if (!status) status = arg_text(c->arguments[1], 2, &c->text, err);
  if (!status) status = tvf_optional_integer(c, 2, "k", 0, &k, err);
  if (!status) status = query_vector(c, &query, err);
  if (!status)
    status =
        biobert_highlights(session, query, c->text, (size_t)k, &hits, &c->count, err);
  sqlite3_free(query);
  c->rows = hits;
  return status;
}

static biobert_status hit_similarity(const tvf_cell *cell) {
  const biobert_highlight *hit = cell->row;
  return isnan(hit->similarity) ? BIOBERT_OK : tvf_double(cell);
}

static biobert_status hit_text(const tvf_cell *cell) {
  const biobert_highlight *hit = cell->row;
  return tvf_result_span(cell, hit->start, hit->end);
}

#define AT(member) offsetof(biobert_highlight, member)

static const tvf_column highlight_columns[] = {
    {"rank",          "INTEGER", tvf_from_1, 0},
    {"similarity",     "REAL", hit_similarity, AT(similarity)},
    {"start_byte",               "INTEGER", tvf_size, AT(start)},
    {"end_byte",     "INTEGER", tvf_size, AT(end)},
    {"text", "TEXT", hit_text, 0},
    {"query",    "HIDDEN", NULL, 0},
    {"source",       "HIDDEN", NULL, 0},
    {"k",               "HIDDEN", NULL, 0},
    {"model",  "HIDDEN", NULL, 0},
    {"start_char",        "INTEGER HIDDEN", tvf_characters, AT(start)},
    {"end_char",          "INTEGER HIDDEN", tvf_characters, AT(end)},
    {0      },
};
#undef AT

const tvf tvf_highlight = {
    .columns = highlight_columns,
    .required = 2,
    .row_bytes = sizeof(biobert_highlight),
    .open = open_highlight,
};
