/* chunk_blocks.c - blobs of %_codes and %_full: read with their sum checked, changed in
 * memory, sealed with a new sum and written. */
#include "search/chunk_blocks.h"

#include <string.h>

#include "search/damage.h"
#include "search/shadow_sql.h"

static const struct {
  statement_kind get, put;
  int slots;
} kinds[] = {
    [BLOCK_CODES] = {STMT_CODES_GET, STMT_CODES_PUT, BIOBERT_CODES_SLOTS},
    [BLOCK_FULL] = {STMT_FULL_GET,  STMT_FULL_PUT,  BIOBERT_FULL_SLOTS },
};

size_t block_bytes(const index_table *t, block_kind kind, size_t dimension) {
  return kind == BLOCK_CODES ? biobert_codes_bytes(dimension)
                             : biobert_full_bytes(t->config.store, dimension);
}

sqlite3_int64 block_of(block_kind kind, sqlite3_int64 address) {
  return address / kinds[kind].slots;
}

int block_read(index_table *t, statement_kind kind, sqlite3_int64 id, void *into,
               size_t bytes) {
  sqlite3_stmt *s;
  int rc = schema_statement_of(t, kind, id, &s);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_step(s);
  if (rc == SQLITE_DONE) memset(into, 0, bytes);
  if (rc == SQLITE_ROW) {
    const void *blob = sqlite3_column_blob(s, 0);
    if (!biobert_block_is_sound(id, blob, (size_t)sqlite3_column_bytes(s, 0), bytes))
      return damage_in_row(t, s, "a block of vectors");
    memcpy(into, blob, bytes);
  }
  return sqlite3_reset(s);
}

static int write_blob(index_table *t, statement_kind kind, sqlite3_int64 id,
                      const void *data, size_t bytes) {
  sqlite3_stmt *s;
  int rc = schema_statement_of(t, kind, id, &s);
  if (rc != SQLITE_OK) return rc;
  int bound = sqlite3_bind_blob64(s, 2, data, bytes, SQLITE_STATIC);
  return schema_run(s, &bound, 1);
}

int block_flush(index_table *t, chunk_block *b, block_kind kind) {
  if (!b->dirty) return SQLITE_OK;
  const size_t bytes = block_bytes(t, kind, t->dimension);
  biobert_block_seal(b->id, b->data, bytes);
  int rc = write_blob(t, kinds[kind].put, b->id, b->data, bytes);
  if (rc == SQLITE_OK) b->dirty = false;
  return rc;
}

int block_load(index_table *t, chunk_block *b, block_kind kind, sqlite3_int64 address) {
  const sqlite3_int64 id = block_of(kind, address);
  const size_t bytes = block_bytes(t, kind, t->dimension);
  if (b->data && b->id == id) return SQLITE_OK;
  int rc = block_flush(t, b, kind);
  if (rc != SQLITE_OK) return rc;
  if (!b->data) b->data = sqlite3_malloc64(bytes);
  if (!b->data) return SQLITE_NOMEM;
  b->id = -1; /* while it is read: an error leaves no row */
  rc = block_read(t, kinds[kind].get, id, b->data, bytes);
  if (rc == SQLITE_OK) b->id = id;
  return rc;
}

int block_check(index_table *t, const chunk_block *b, block_kind kind,
                sqlite3_int64 address) {
  const sqlite3_int64 id = block_of(kind, address);
  const size_t bytes = block_bytes(t, kind, t->dimension);
  if (b->data && b->id == id) return SQLITE_OK;
  void *scratch = sqlite3_malloc64(bytes);
  if (!scratch) return SQLITE_NOMEM;
  int rc = block_read(t, kinds[kind].get, id, scratch, bytes);
  sqlite3_free(scratch);
  return rc;
}
