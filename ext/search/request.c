/* request.c - what a search is asked: the arguments, checked, and the ranking that answers
 * them. */
#include "search/request.h"

#include <string.h>

#include "search/code_cache.h"
#include "search/config_table.h"
#include "search/content.h"
#include "search/kept_rankings.h"
#include "search/model_identity.h"
#include "search/plan.h"
#include "search/question.h"
#include "search/row_ranking.h"
#include "search/table_errors.h"
#include "sql/numbers.h"

enum { JSON_MIN_VALUES = 8 }; /* so many numbers in brackets are no question */

/* Arguments -------------------------------------------------------------------------- */

static int read_mode(index_table *t, sqlite3_value *value, asked *a) {
  const char *name = (const char *)sqlite3_value_text(value);
  if (sqlite3_value_type(value) == SQLITE_NULL) return SQLITE_OK;
  if (!name) return SQLITE_NOMEM;
  for (int i = 0; i < BIOBERT_SEARCH_MODE_COUNT; i++) {
    if (strcmp(name, biobert_search_mode_names[i]) != 0) continue;
    a->mode = (biobert_search_mode)i;
    a->has_mode = true;
    return SQLITE_OK;
  }
  return table_error(t, SQLITE_ERROR,
                     "mode '%.32s' is not one of: hybrid, semantic, lexical", name);
}

static int read_k(index_table *t, sqlite3_value *value, asked *a) {
  if (sqlite3_value_type(value) == SQLITE_NULL) return SQLITE_OK;
  if (sqlite3_value_type(value) == SQLITE_BLOB)
    return table_error(t, SQLITE_ERROR,
                       "k is a BLOB: a whole number from 0 was expected");
  int64_t k;
  if (!number_whole(value, &k) || k < 0)
    return table_error(t, SQLITE_ERROR,
                       "k is '%.32s': a whole number from 0 was expected",
                       (const char *)sqlite3_value_text(value));
  a->k = k;
  return SQLITE_OK;
}

static int add_words(index_table *t, const plan_arg *arg, sqlite3_value *value,
                     asked *a) {
  if (!t->has_fts)
    return table_error(t, SQLITE_ERROR,
                       "words need the lexical half: this index was made with "
                       "search='semantic', or where SQLite has no FTS5");
  if (sqlite3_value_type(value) == SQLITE_BLOB)
    return table_error(t, SQLITE_ERROR, "words are a BLOB: text was expected");
  const char *text = (const char *)sqlite3_value_text(value);
  if (sqlite3_value_type(value) == SQLITE_NULL) {
    /* In the call form an optional argument is left out so; MATCH NULL finds nothing. */
    if (arg->op == SQLITE_INDEX_CONSTRAINT_MATCH) a->nothing = true;
    return SQLITE_OK;
  }
  if (!text) return SQLITE_NOMEM;
  return asked_words_add(t, arg->kind == ARG_COLUMN_WORDS ? arg->column : -1,
                         (biobert_str){text, (size_t)sqlite3_value_bytes(value)},
                         &a->words);
}

static bool same_value(sqlite3_value *a, sqlite3_value *b) {
  int bytes = sqlite3_value_bytes(a);
  return sqlite3_value_type(a) == sqlite3_value_type(b) &&
         bytes == sqlite3_value_bytes(b) &&
         (bytes == 0 ||
          memcmp(sqlite3_value_blob(a), sqlite3_value_blob(b), (size_t)bytes) == 0);
}

/* What takes one value may be there twice: SQLite repeats the arguments of the call form
 * where it takes an OR apart. */
static int check_repeated(index_table *t, const plan *p, sqlite3_value **values, int at) {
  static const char *const names[] = {[ARG_QUERY] = "query",
                                      [ARG_K] = "k",
                                      [ARG_MODE] = "mode",
                                      [ARG_WORDS] = NULL, /* both count */
                                      [ARG_FEEDBACK] = "feedback"};
  plan_arg_kind kind = p->args[at].kind;
  if (kind > ARG_FEEDBACK || !names[kind]) return SQLITE_OK;
  for (int i = 0; i < at; i++)
    if (p->args[i].kind == kind && !same_value(values[i], values[at]))
      return table_error(t, SQLITE_ERROR, "the %s is given twice, with different values",
                         names[kind]);
  return SQLITE_OK;
}

static int read_arg(index_table *t, const plan_arg *arg, sqlite3_value *value, asked *a) {
  switch (arg->kind) {
  case ARG_QUERY:
    a->query = value;
    return SQLITE_OK;
  case ARG_K:
    return read_k(t, value, a);
  case ARG_MODE:
    return read_mode(t, value, a);
  case ARG_FEEDBACK:
    if (sqlite3_value_type(value) != SQLITE_NULL)
      a->feedback = sqlite3_value_int(value) != 0;
    return SQLITE_OK;
  case ARG_WORDS:
  case ARG_COLUMN_WORDS:
    return add_words(t, arg, value, a);
  default:
    return SQLITE_OK; /* a condition: row_filter.c */
  }
}

int request_read(index_table *t, const plan *p, sqlite3_value **values, asked *a) {
  *a = (asked){.mode = t->config.search, .feedback = true, .k = -1};
  int rc = SQLITE_OK;
  for (int i = 0; i < p->count && rc == SQLITE_OK; i++) {
    rc = check_repeated(t, p, values, i);
    if (rc != SQLITE_OK) return rc;
    rc = read_arg(t, &p->args[i], values[i], a);
  }
  if (a->query ? sqlite3_value_type(a->query) == SQLITE_NULL : !a->words.given)
    a->nothing = true;
  if (rc == SQLITE_OK && a->query && sqlite3_value_type(a->query) == SQLITE_BLOB &&
      a->has_mode && a->mode == BIOBERT_LEXICAL)
    rc = table_error(t, SQLITE_ERROR,
                     "mode 'lexical' searches words, and the query is a vector");
  if (a->k == 0) a->nothing = true;
  return rc;
}

/* The search ------------------------------------------------------------------------- */

int request_check_synced(index_table *t) {
  code_cache *cache;
  int rc = code_cache_get(t, &cache);
  if (rc != SQLITE_OK || cache->collection.documents) return rc;
  sqlite3_stmt *s;
  rc = content_prepare(t, &s,
                       "SELECT NOT EXISTS (SELECT 1 FROM @docs) AND EXISTS (SELECT 1 "
                       "FROM @source)");
  if (rc != SQLITE_OK) return rc;
  bool never = table_step(t, s) == SQLITE_ROW && sqlite3_column_int(s, 0);
  rc = sqlite3_finalize(s);
  if (rc != SQLITE_OK) return table_content_error(t, rc);
  sqlite3_int64 synced = 0;
  if (never) rc = schema_get_int(t, "synced", &synced);
  if (rc == SQLITE_OK && never && !synced)
    rc = table_error(t, SQLITE_ERROR,
                     "the index was never filled: SELECT * FROM biobert_sync('%s')",
                     t->name);
  return rc;
}

/* A vector that was given as the query itself. */
static int copy_vector(index_table *t, sqlite3_value *value, float *out, size_t n) {
  biobert_error err;
  const void *blob = sqlite3_value_blob(value);
  size_t bytes = (size_t)sqlite3_value_bytes(value);
  if (bytes && !blob) return SQLITE_NOMEM;
  if (biobert_vector_check(blob, bytes, n, &err)) return table_status(t, &err);
  memcpy(out, blob, bytes);
  return SQLITE_OK;
}

static int embed_query(index_table *t, sqlite3_value *value, float *out,
                       size_t dimension) {
  biobert_error err;
  named_model *m;
  size_t n = dimension;
  const float *vector;
  biobert_str text = {(const char *)sqlite3_value_text(value),
                      (size_t)sqlite3_value_bytes(value)};
  if (!text.data) return SQLITE_NOMEM;
  if (biobert_vector_is_json(text, JSON_MIN_VALUES))
    return table_error(t, SQLITE_ERROR,
                       "this looks like a vector in JSON: wrap it in biobert_vector()");
  if (table_model(t, false, &m, &err) ||
      connection_query_model(t->connection, m, &m, &err) ||
      named_model_embed(m, BIOBERT_QUERY, text, (biobert_str){NULL, 0}, &vector, &n,
                        &err))
    return table_status(t, &err);
  if (n != dimension)
    return table_error(t, SQLITE_ERROR,
                       "the model makes vectors of %d values, the index has %d", (int)n,
                       (int)dimension);
  memcpy(out, vector, n * sizeof *vector);
  return SQLITE_OK;
}

/* *out: allocated, also before an error; NULL where the search needs no vector. */
static int query_vector(index_table *t, const asked *a, biobert_search_mode mode,
                        float **out, size_t *dimension) {
  size_t n = *dimension = t->dimension;
  if (mode == BIOBERT_LEXICAL || !n) return SQLITE_OK;
  *out = sqlite3_malloc64(n * sizeof **out);
  if (!*out) return SQLITE_NOMEM;
  if (sqlite3_value_type(a->query) == SQLITE_BLOB)
    return copy_vector(t, a->query, *out, n);
  return embed_query(t, a->query, *out, n);
}

/* The mode in which a question is searched: a vector has no words, and a table may have
 * none. */
static int choose_mode(index_table *t, const asked *a, biobert_search_mode *mode) {
  bool blob = sqlite3_value_type(a->query) == SQLITE_BLOB;
  *mode = a->mode;
  if (blob || (!t->has_fts && *mode == BIOBERT_HYBRID)) *mode = BIOBERT_SEMANTIC;
  if (*mode != BIOBERT_LEXICAL || t->has_fts) return SQLITE_OK;
  return table_error(t, SQLITE_ERROR,
                     "mode 'lexical' needs the lexical half, which this index has not");
}

/* The question's vector and words, which the caller frees. */
static int read_question(index_table *t, const asked *a, search_request *r,
                         float **vector, char **words) {
  int rc = choose_mode(t, a, &r->mode);
  if (rc == SQLITE_OK) rc = query_vector(t, a, r->mode, vector, &r->dimension);
  r->vector = *vector;
  if (rc != SQLITE_OK || r->mode == BIOBERT_SEMANTIC) return rc;
  const char *text = (const char *)sqlite3_value_text(a->query);
  if (text)
    *words = hybrid_query(text, (size_t)sqlite3_value_bytes(a->query), &r->identifier);
  r->words = *words;
  return *words ? SQLITE_OK : SQLITE_NOMEM;
}

int request_search(search_cursor *c, const asked *a) {
  index_table *t = table_of(c);
  code_cache *cache;
  float *vector = NULL;
  char *words = NULL;
  search_request r = {.mode = a->mode, .feedback = a->feedback};
  int rc = code_cache_get(t, &cache); /* sets t->dimension */
  if (!a->query) {
    r.mode = BIOBERT_LEXICAL;
    r.words = a->words.must;
    r.every = !a->words.must;
  } else if (rc == SQLITE_OK) {
    rc = read_question(t, a, &r, &vector, &words);
  }
  c->mode = r.mode;
  if (rc == SQLITE_OK) rc = kept_search(t, &r, &c->search);
  sqlite3_free(vector);
  sqlite3_free(words);
  return rc;
}
