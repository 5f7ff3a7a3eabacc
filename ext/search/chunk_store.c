/* chunk_store.c - documents and their vectors in the chunk tables: put, deleted, read.
 *
 * Putting and deleting go through the writer (chunk_writer.c), which keeps the last chunk
 * in memory. While they run t->storing is set: statements of ours may begin a savepoint,
 * at which SQLite asks for a flush of the writer that is in use. Reading looks into the
 * writer first, since its block may not be on disk yet. */
#include "search/chunk_store.h"

#include <string.h>

#include "search/chunk_blocks.h"
#include "search/chunk_writer.h"
#include "search/damage.h"
#include "search/recorded.h"
#include "search/shadow_sql.h"
#include "search/shadow_tables.h"

/* Writing ---------------------------------------------------------------------------- */

static int put_document(index_table *t, const document *d, const embedded *e) {
  document_row old;
  int rc = writer_begin_change(t); /* even if only words change */
  if (rc == SQLITE_OK) rc = document_row_get(t, d->id, &old);
  if (rc != SQLITE_OK) return rc;
  if (old.address >= 0) rc = writer_clear(t, d->id, old.address, old.vectors);
  document_row_free(&old);
  document_row row = {.hash = d->hash,
                      .address = -1,
                      .vectors = e->count,
                      .spans = e->spans,
                      .lexical = !d->blank};
  for (int i = 0; i < e->count && rc == SQLITE_OK; i++) {
    sqlite3_int64 address;
    rc = writer_append(t, d->id, e->vectors + (size_t)i * t->dimension, &address);
    if (i == 0) row.address = address;
  }
  return rc == SQLITE_OK ? document_row_put(t, d->id, &row, e->error) : rc;
}

int store_put(index_table *t, const document *d, const embedded *e) {
  t->storing = true;
  int rc = put_document(t, d, e);
  t->storing = false;
  return rc;
}

static int delete_document(index_table *t, sqlite3_int64 id) {
  document_row old;
  int rc = writer_begin_change(t);
  if (rc == SQLITE_OK) rc = document_row_get(t, id, &old);
  if (rc != SQLITE_OK) return rc;
  if (old.address >= 0) rc = writer_clear(t, id, old.address, old.vectors);
  document_row_free(&old);
  if (rc != SQLITE_OK || !old.found) return rc;
  return document_row_delete(t, id);
}

int store_delete(index_table *t, sqlite3_int64 id) {
  t->storing = true;
  int rc = delete_document(t, id);
  t->storing = false;
  return rc;
}

int store_check_before_write(index_table *t, sqlite3_int64 id) {
  document_row row;
  int rc = writer_open(t);
  if (rc == SQLITE_OK) rc = document_row_get(t, id, &row);
  if (rc != SQLITE_OK) return rc;
  if (row.address >= 0) rc = writer_check_vectors(t, id, &row);
  document_row_free(&row);
  return rc == SQLITE_OK ? writer_check_next(t) : rc;
}

/* Reads nothing that may be damaged: this is the way out. */
int store_reset(index_table *t) {
  uint64_t counter;
  int rc = recorded_new_epoch(t, &counter);
  if (rc == SQLITE_OK) rc = schema_empty(t);
  if (rc == SQLITE_OK)
    rc = schema_exec(t,
                     "DELETE FROM @config WHERE k IN ('dimension', 'distance', 'model', "
                     "'fingerprint', 'precision', 'synced', 'vectors')");
  return rc;
}

/* Reading ---------------------------------------------------------------------------- */

/* A block of %_full that was read: SQLITE_OK, or what is wrong with it. */
static int check_full(index_table *t, sqlite3_stmt *s, int step, sqlite3_int64 id,
                      size_t n) {
  if (step == SQLITE_DONE) return damage_error(t, "a vector is missing");
  if (step != SQLITE_ROW) return step;
  const void *blob = sqlite3_column_blob(s, 0);
  bool sound = biobert_block_is_sound(id, blob, (size_t)sqlite3_column_bytes(s, 0),
                                      block_bytes(t, BLOCK_FULL, n));
  return sound ? SQLITE_OK : damage_error(t, "a block of vectors");
}

int store_read_vector(index_table *t, sqlite3_int64 address, size_t n, float *vector) {
  sqlite3_stmt *s;
  sqlite3_int64 id = block_of(BLOCK_FULL, address);
  if (address < 0) return damage_error(t, "the address of a vector");
  /* The block that is being filled may not be on disk yet. */
  const chunk_writer *w = t->writer;
  if (w && w->full.data && w->full.id == id && n == t->dimension) {
    biobert_full_get(t->config.store, n, address, w->full.data, vector);
    return SQLITE_OK;
  }
  int rc = schema_statement_of(t, STMT_FULL_GET, id, &s);
  if (rc != SQLITE_OK) return rc;
  rc = check_full(t, s, sqlite3_step(s), id, n);
  if (rc == SQLITE_OK)
    biobert_full_get(t->config.store, n, address, sqlite3_column_blob(s, 0), vector);
  int ended = sqlite3_reset(s);
  if (ended != SQLITE_OK) rc = ended;
  biobert_error err;
  if (rc == SQLITE_OK && biobert_vector_check(vector, n * sizeof *vector, n, &err))
    rc = damage_error(t, "a vector is not finite");
  return rc;
}

/* Memory grows with the vectors that are there: the number in the entry may be damaged. */
static int read_vectors(index_table *t, const document_row *row, embedded *out) {
  size_t n = t->dimension;
  int capacity = 0, rc = SQLITE_OK;
  for (int i = 0; i < row->vectors && rc == SQLITE_OK; i++) {
    if (i == capacity) {
      capacity = capacity ? capacity * 2 : 1;
      size_t bytes = (size_t)capacity * n * sizeof *out->vectors;
      float *grown = sqlite3_realloc64(out->vectors, bytes);
      if (!grown) return SQLITE_NOMEM;
      out->vectors = grown;
    }
    rc = store_read_vector(t, row->address + i, n, out->vectors + (size_t)i * n);
  }
  return rc;
}

int store_read_vectors(index_table *t, const document_row *row, embedded *out) {
  memset(out, 0, sizeof *out);
  if (row->address < 0) return SQLITE_OK;
  if (!t->dimension) return damage_no_dimension(t);
  size_t spans = row->spans ? (size_t)row->vectors * 8 : 0;
  out->spans = spans ? sqlite3_malloc64(spans) : NULL;
  int rc = out->spans || !spans ? SQLITE_OK : SQLITE_NOMEM;
  if (rc == SQLITE_OK && spans) memcpy(out->spans, row->spans, spans);
  if (rc == SQLITE_OK) rc = read_vectors(t, row, out);
  out->count = row->vectors;
  if (rc != SQLITE_OK) embedded_free(out);
  return rc;
}
