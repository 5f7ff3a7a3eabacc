/* index_rows.c - what an index has, by a SELECT on it. */
#include "analysis/index_rows.h"

#include <string.h>

#include "sql/allocator.h"

biobert_status index_sql_fail(sqlite3 *db, int *code, biobert_error *err) {
  *code = sqlite3_extended_errcode(db);
  return result_fail(err, result_status(*code, BIOBERT_RANGE), "%s", sqlite3_errmsg(db));
}

int index_prepare_named(sqlite3 *db, const char *name, named_prepare *prepare,
                        const void *how, sqlite3_stmt **out) {
  int rc = prepare(db, NULL, name, how, out);
  for (const char *dot = strchr(name, '.'); dot && rc == SQLITE_ERROR;
       dot = strchr(dot + 1, '.')) {
    char *schema = sqlite3_mprintf("%.*s", (int)(dot - name), name);
    rc = schema ? prepare(db, schema, dot + 1, how, out) : SQLITE_NOMEM;
    sqlite3_free(schema);
  }
  return rc;
}

/* A SELECT on an index: what is before FROM, and behind the table. */
typedef struct selection {
  const char *columns, *rest;
} selection;

static int prepare(sqlite3 *db, const selection *what, const char *from,
                   sqlite3_stmt **out) {
  char *sql = sqlite3_mprintf("SELECT %s FROM %s %s", what->columns, from, what->rest);
  int rc = sql ? sqlite3_prepare_v2(db, sql, -1, out, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  return rc;
}

static int prepare_selection(sqlite3 *db, const char *schema, const char *table,
                             const void *how, sqlite3_stmt **out) {
  /* Hidden columns of the search table: what has them is an index. */
  static const selection marks = {"vector, bm25, passage_start", ""};
  char *from = schema ? sqlite3_mprintf("\"%w\".\"%w\"", schema, table)
                      : sqlite3_mprintf("\"%w\"", table);
  sqlite3_stmt *s = NULL;
  int rc = from ? prepare(db, &marks, from, &s) : SQLITE_NOMEM;
  sqlite3_finalize(s);
  if (rc == SQLITE_OK) rc = prepare(db, how, from, out);
  sqlite3_free(from);
  return rc;
}

biobert_status index_select(sqlite3 *db, const char *name, const char *columns,
                            const char *rest, sqlite3_stmt **out, int *code,
                            biobert_error *err) {
  const selection what = {columns, rest};
  int rc = index_prepare_named(db, name, prepare_selection, &what, out);
  if (rc == SQLITE_OK) return BIOBERT_OK;
  rc = interrupt_code(db, rc);
  if (rc == SQLITE_NOMEM) return result_no_memory(err);
  if (rc != SQLITE_ERROR) return index_sql_fail(db, code, err);
  return result_fail(err, BIOBERT_RANGE,
                     "no search index is named '%.64s': CREATE VIRTUAL TABLE name USING "
                     "biobert(title, abstract, content='papers')",
                     name);
}

biobert_status index_step(sqlite3_stmt *s, bool *more, int *code, biobert_error *err) {
  int rc = sqlite3_step(s);
  *more = rc == SQLITE_ROW;
  if (rc == SQLITE_ROW || rc == SQLITE_DONE) return BIOBERT_OK;
  return index_sql_fail(sqlite3_db_handle(s), code, err);
}

/* Vectors ---------------------------------------------------------------------------- */

/* Room for one document more. */
static bool grow(index_vectors *v, size_t n) {
  if (v->points.count < v->capacity) return true;
  const size_t capacity = v->capacity ? 2 * v->capacity : 1024;
  int64_t *id = sqlite3_realloc64(v->id, capacity * sizeof *id);
  if (id) v->id = id;
  float *vectors = sqlite3_realloc64(v->vectors, capacity * n * sizeof *vectors);
  if (vectors) v->vectors = vectors;
  if (!id || !vectors) return false;
  v->capacity = capacity;
  return true;
}

static biobert_status add_vector(index_vectors *v, sqlite3_stmt *s, biobert_error *err) {
  if (sqlite3_column_type(s, 1) == SQLITE_NULL) return BIOBERT_OK;
  const void *vector = sqlite3_column_blob(s, 1);
  if (!vector) return result_no_memory(err);
  const size_t bytes = (size_t)sqlite3_column_bytes(s, 1), n = bytes / sizeof(float);
  if (v->points.count && n != v->points.n)
    return result_fail(err, BIOBERT_FORMAT,
                       "vectors of %zu and of %zu values in one index", v->points.n, n);
  if (!grow(v, n)) return result_no_memory(err);
  v->points.n = n;
  v->id[v->points.count] = sqlite3_column_int64(s, 0);
  memcpy(v->vectors + v->points.count * n, vector, bytes);
  v->points.count++;
  return BIOBERT_OK;
}

biobert_status index_vectors_read(sqlite3 *db, const char *name, index_vectors *out,
                                  int *code, biobert_error *err) {
  sqlite3_stmt *s = NULL;
  index_vectors v = {0};
  bool more = true;
  biobert_status status =
      index_select(db, name, "rowid, vector", "ORDER BY rowid", &s, code, err);
  while (!status && more) {
    status = index_step(s, &more, code, err);
    if (!status && more) status = add_vector(&v, s, err);
  }
  sqlite3_finalize(s);
  v.points.id = v.id;
  v.points.vectors = v.vectors;
  if (status)
    index_vectors_free(&v);
  else
    *out = v;
  return status;
}

void index_vectors_free(index_vectors *v) {
  sqlite3_free(v->id);
  sqlite3_free(v->vectors);
  *v = (index_vectors){0};
}

biobert_analysis_options index_analysis_options(interrupt_poll *poll) {
  return (biobert_analysis_options){
      .allocator = sqlite_allocator, .cancel = poll_interrupt, .cancel_ctx = poll};
}
