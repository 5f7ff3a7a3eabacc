/* chunk_writer.c - appending vectors to the last chunk, and clearing slots.
 *
 * The last chunk's ids, and the two blobs into which the next slot falls, stay in memory
 * until they are full or the transaction needs them on disk (before a search, at a
 * savepoint, at its end): writer_flush(). So a bulk load writes every blob once. After a
 * rollback they are void, and forgotten without being written: writer_free(). */
#include "search/chunk_writer.h"

#include <string.h>

#include "search/damage.h"
#include "search/recorded.h"
#include "search/shadow_sql.h"

void writer_free(index_table *t) {
  if (!t->writer) return;
  sqlite3_free(t->writer->codes.data);
  sqlite3_free(t->writer->full.data);
  sqlite3_free(t->writer);
  t->writer = NULL;
}

static int read_chunk(index_table *t, sqlite3_int64 cid, chunk_writer *w) {
  sqlite3_stmt *s;
  int rc = schema_statement_of(t, STMT_CHUNK_GET, cid, &s);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_step(s);
  if (rc == SQLITE_ROW) {
    const void *live = sqlite3_column_blob(s, 1), *ids = sqlite3_column_blob(s, 2);
    bool fits = biobert_slots_read(cid, sqlite3_column_int64(s, 0), live,
                                   (size_t)sqlite3_column_bytes(s, 1), ids,
                                   (size_t)sqlite3_column_bytes(s, 2), &w->slots);
    if (!fits) return damage_in_row(t, s, "a chunk");
  }
  return sqlite3_reset(s);
}

int writer_open(index_table *t) {
  if (t->writer) return SQLITE_OK;
  int rc = recorded_dimension(t, 0);
  chunk_writer *w = rc == SQLITE_OK ? sqlite3_malloc64(sizeof *w) : NULL;
  if (!w) return rc == SQLITE_OK ? SQLITE_NOMEM : rc;
  memset(w, 0, sizeof *w);
  w->codes.id = w->full.id = -1;
  t->writer = w;
  sqlite3_stmt *s;
  rc = schema_statement(t, STMT_CHUNK_LAST, &s);
  if (rc == SQLITE_OK) {
    if (sqlite3_step(s) == SQLITE_ROW) w->cid = sqlite3_column_int64(s, 0);
    rc = sqlite3_reset(s);
  }
  if (rc == SQLITE_OK) rc = read_chunk(t, w->cid, w);
  if (rc != SQLITE_OK) writer_free(t);
  return rc;
}

int writer_begin_change(index_table *t) {
  int rc = writer_open(t);
  return rc == SQLITE_OK && !t->writer->counter
             ? recorded_new_epoch(t, &t->writer->counter)
             : rc;
}

/* Writing ---------------------------------------------------------------------------- */

static int write_chunk(index_table *t, chunk_writer *w) {
  sqlite3_stmt *s;
  int rc = schema_statement(t, STMT_CHUNK_PUT, &s);
  if (rc != SQLITE_OK) return rc;
  biobert_slots_seal(w->cid, &w->slots);
  const int bound[] = {
      sqlite3_bind_int64(s, 1, w->cid),
      sqlite3_bind_int64(s, 2, (sqlite3_int64)w->counter),
      sqlite3_bind_int(s, 3, w->slots.count),
      sqlite3_bind_blob(s, 4, w->slots.live, BIOBERT_LIVE_BYTES, SQLITE_STATIC),
      sqlite3_bind_blob(s, 5, w->slots.ids, BIOBERT_IDS_BYTES, SQLITE_STATIC),
  };
  rc = schema_run(s, bound, sizeof bound / sizeof *bound);
  if (rc == SQLITE_OK) w->dirty = false;
  return rc;
}

static int write_out(index_table *t) {
  chunk_writer *w = t->writer;
  if (!w) return SQLITE_OK;
  /* The user's INSERT has set it, and this may run when that is committed. */
  sqlite3_int64 last = sqlite3_last_insert_rowid(t->db);
  int rc = recorded_check_size(t, t->dimension);
  if (rc == SQLITE_OK) rc = block_flush(t, &w->codes, BLOCK_CODES);
  if (rc == SQLITE_OK) rc = block_flush(t, &w->full, BLOCK_FULL);
  if (rc == SQLITE_OK && w->dirty) rc = write_chunk(t, w);
  if (rc == SQLITE_OK) rc = recorded_add_vectors(t, w->more);
  if (rc == SQLITE_OK) w->more = 0;
  sqlite3_set_last_insert_rowid(t->db, last);
  /* What could not be written stays: the COMMIT may be tried again. */
  if (rc == SQLITE_OK) writer_free(t);
  return rc;
}

/* Not while the writer is in use: where a user has made an index on one of our tables, or
 * a table that refers to it, our own statement begins with a savepoint, and that would
 * have the writer written and freed in the middle of its work. */
int writer_flush(index_table *t) {
  if (t->storing) return SQLITE_OK;
  t->storing = true;
  int rc = write_out(t);
  t->storing = false;
  return rc;
}

/* Slots ------------------------------------------------------------------------------ */

/* Makes the two blocks hold an address. */
static int load_blocks(index_table *t, chunk_writer *w, sqlite3_int64 address) {
  if (!t->dimension) return damage_no_dimension(t);
  int rc = block_load(t, &w->codes, BLOCK_CODES, address);
  return rc == SQLITE_OK ? block_load(t, &w->full, BLOCK_FULL, address) : rc;
}

/* vector NULL: the slot is overwritten with zeroes, so that nothing of it stays in the
 * file. */
static int set_slot(index_table *t, chunk_writer *w, int slot, const float *vector) {
  const sqlite3_int64 address = w->cid * BIOBERT_CHUNK_SLOTS + slot;
  int rc = load_blocks(t, w, address);
  if (rc != SQLITE_OK) return rc;
  if (vector) {
    float *stored = sqlite3_malloc64(t->dimension * sizeof *stored);
    if (!stored) return SQLITE_NOMEM;
    biobert_blocks_put(t->config.metric, t->config.store, t->dimension, address, vector,
                       w->codes.data, w->full.data, stored);
    sqlite3_free(stored);
  } else {
    biobert_blocks_clear(t->config.store, t->dimension, address, w->codes.data,
                         w->full.data);
  }
  w->codes.dirty = w->full.dirty = true;
  return SQLITE_OK;
}

int writer_append(index_table *t, sqlite3_int64 id, const float *vector,
                  sqlite3_int64 *address) {
  int rc = writer_begin_change(t);
  chunk_writer *w = t->writer;
  if (rc == SQLITE_OK && w->slots.count == BIOBERT_CHUNK_SLOTS) {
    rc = write_chunk(t, w);
    w->cid++;
    memset(&w->slots, 0, sizeof w->slots);
  }
  if (rc == SQLITE_OK) rc = set_slot(t, w, w->slots.count, vector);
  if (rc != SQLITE_OK) return rc;
  *address = w->cid * BIOBERT_CHUNK_SLOTS + w->slots.count;
  biobert_slots_put(&w->slots, w->slots.count++, id);
  w->more++;
  w->dirty = true;
  return SQLITE_OK;
}

/* True when a slot holds a vector of the document. */
static bool slot_is_of(const chunk_writer *w, int slot, sqlite3_int64 id) {
  return biobert_slots_is_live(&w->slots, slot) &&
         biobert_slots_id(&w->slots, slot) == id;
}

/* Clears one slot of a document; target: the writer, or the chunk of an older vector. */
static int clear_slot(index_table *t, chunk_writer *target, int slot, sqlite3_int64 id) {
  if (!slot_is_of(target, slot, id))
    return damage_error(t, "a document's vector is not in its chunk");
  int rc = set_slot(t, target, slot, NULL);
  if (rc != SQLITE_OK) return rc;
  biobert_slots_clear(&target->slots, slot);
  target->dirty = true;
  return SQLITE_OK;
}

/* The same in a chunk that is not the one that is being filled. It borrows the writer's two
 * blocks, which know which rows they hold, and is written at once. */
static int clear_older(index_table *t, chunk_writer *w, sqlite3_int64 cid, int slot,
                       sqlite3_int64 id) {
  chunk_writer older = {
      .cid = cid, .counter = w->counter, .codes = w->codes, .full = w->full};
  int rc = read_chunk(t, cid, &older);
  if (rc == SQLITE_OK) rc = clear_slot(t, &older, slot, id);
  w->codes = older.codes;
  w->full = older.full;
  if (rc != SQLITE_OK) return rc;
  w->more--;
  return write_chunk(t, &older);
}

int writer_clear(index_table *t, sqlite3_int64 id, sqlite3_int64 address, int count) {
  int rc = writer_begin_change(t);
  for (int i = 0; i < count && rc == SQLITE_OK; i++) {
    chunk_writer *w = t->writer;
    const sqlite3_int64 cid = (address + i) / BIOBERT_CHUNK_SLOTS;
    const int slot = (int)((address + i) % BIOBERT_CHUNK_SLOTS);
    if (cid != w->cid) {
      rc = clear_older(t, w, cid, slot, id);
      continue;
    }
    rc = clear_slot(t, w, slot, id);
    if (rc == SQLITE_OK) w->more--;
  }
  return rc;
}

/* Checking before a write ------------------------------------------------------------ */

static int check_blocks_of(index_table *t, sqlite3_int64 address) {
  const chunk_writer *w = t->writer;
  int rc = block_check(t, &w->codes, BLOCK_CODES, address);
  return rc == SQLITE_OK ? block_check(t, &w->full, BLOCK_FULL, address) : rc;
}

int writer_check_vectors(index_table *t, sqlite3_int64 id, const document_row *row) {
  chunk_writer older = {.cid = -1};
  int rc = SQLITE_OK;
  for (int i = 0; i < row->vectors && rc == SQLITE_OK; i++) {
    sqlite3_int64 address = row->address + i, cid = address / BIOBERT_CHUNK_SLOTS;
    int slot = (int)(address % BIOBERT_CHUNK_SLOTS);
    const chunk_writer *w = cid == t->writer->cid ? t->writer : &older;
    if (w == &older && older.cid != cid) {
      older = (chunk_writer){.cid = cid};
      rc = read_chunk(t, cid, &older);
    }
    if (rc == SQLITE_OK && !slot_is_of(w, slot, id))
      rc = damage_error(t, "a document's vector is not in its chunk");
    if (rc == SQLITE_OK && (i == 0 || slot % BIOBERT_FULL_SLOTS == 0))
      rc = check_blocks_of(t, address);
  }
  return rc;
}

int writer_check_next(index_table *t) {
  const chunk_writer *w = t->writer;
  if (!t->dimension || w->slots.count >= BIOBERT_CHUNK_SLOTS) return SQLITE_OK;
  return check_blocks_of(t, w->cid * BIOBERT_CHUNK_SLOTS + w->slots.count);
}
