/* chunk_store.c - vectors in and out of the chunk tables.
 *
 * Writing: vectors are appended to the last chunk. Its ids, and the two blobs into which
 * the next slot falls, stay in memory until they are full or the transaction needs them
 * on disk (before a search, at a savepoint, at its end), so a bulk load writes every blob
 * once. */
#include "search/vtab.h"

#include <string.h>

typedef struct block {
  sqlite3_int64 id; /* of the row in %_codes or %_full; -1: none */
  unsigned char *data;
  bool dirty;
} block;

typedef struct index_writer {
  sqlite3_int64 cid;
  biobert_slots slots;
  bool dirty;
  block codes, full;
  uint64_t counter;   /* of the epoch that its changes have; 0: nothing has changed yet */
  sqlite3_int64 more; /* live vectors than are recorded */
} index_writer;

static size_t full_bytes(const index_table *t, size_t dimension) {
  return biobert_full_bytes(t->config.store, dimension);
}

/* Of one that shares this one's cache, under PRAGMA read_uncommitted. No epoch tells such
 * states apart: the writer sets its own before it writes the rest, and a rollback brings
 * the old one back. (A cache is shared if the bytes in use are divided among several.) */
bool index_reads_uncommitted(index_table *t) {
  int used, share, highest;
  sqlite3_stmt *s = NULL;
  if (sqlite3_db_status(t->db, SQLITE_DBSTATUS_CACHE_USED, &used, &highest, 0) ==
          SQLITE_OK &&
      sqlite3_db_status(t->db, SQLITE_DBSTATUS_CACHE_USED_SHARED, &share, &highest, 0) ==
          SQLITE_OK &&
      used == share)
    return false;
  bool known =
      sqlite3_prepare_v2(t->db, "PRAGMA read_uncommitted", -1, &s, NULL) == SQLITE_OK &&
      sqlite3_step(s) == SQLITE_ROW;
  bool reads = !known || sqlite3_column_int(s, 0);
  sqlite3_finalize(s);
  return reads;
}

/* A row of a shadow table that is not sound; its statement is reset. Without memory a
 * column's bytes are not there either, and the reset says so. */
static int unsound(index_table *t, sqlite3_stmt *s, const char *what) {
  int rc = sqlite3_reset(s);
  return rc == SQLITE_OK ? index_corrupt(t, what) : rc;
}

int index_corrupt(index_table *t, const char *what) {
  if (index_reads_uncommitted(t))
    return table_error(
        t, SQLITE_LOCKED,
        "%s is half written, it seems: PRAGMA read_uncommitted shows what another "
        "connection of this shared cache is doing; try again when it has committed",
        what);
  return table_error(
      t, SQLITE_CORRUPT_VTAB,
      "damaged: %s; INSERT INTO \"%w\"(\"%w\") VALUES('rebuild') makes it anew", what,
      t->name, t->name);
}

int index_check_size(index_table *t, size_t dimension) {
  enum {
    FTS_PAGE_BYTES = 40000, /* FTS5's, with its longest token in it; it stores a page that
                             * is too large as NULL */
    RECORD_BYTES = 64       /* of a row, besides its blob */
  };
  size_t most = t->has_fts ? FTS_PAGE_BYTES : 0;
  const size_t blocks[] = {biobert_codes_bytes(dimension), full_bytes(t, dimension),
                           BIOBERT_IDS_BYTES + BIOBERT_LIVE_BYTES};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks && dimension; i++)
    if (most < blocks[i]) most = blocks[i];
  int limit = sqlite3_limit(t->db, SQLITE_LIMIT_LENGTH, -1);
  if (!most || most + RECORD_BYTES <= (size_t)limit) return SQLITE_OK;
  return table_error(t, SQLITE_TOOBIG,
                     "this index writes blocks of up to %d bytes, and the connection's "
                     "SQLITE_LIMIT_LENGTH is %d: raise it to %d or more",
                     (int)most, limit, (int)most + RECORD_BYTES);
}

/* Blobs ------------------------------------------------------------------------------ */

int index_read_block(index_table *t, statement_kind kind, sqlite3_int64 id, void *into,
                     size_t bytes) {
  sqlite3_stmt *s;
  int rc = schema_statement_of(t, kind, id, &s);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_step(s);
  if (rc == SQLITE_DONE) memset(into, 0, bytes);
  if (rc == SQLITE_ROW) {
    const void *blob = sqlite3_column_blob(s, 0);
    if (!biobert_block_is_sound(id, blob, (size_t)sqlite3_column_bytes(s, 0), bytes))
      return unsound(t, s, "a block of vectors");
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

static int flush_block(index_table *t, block *b, statement_kind put, size_t bytes) {
  if (!b->dirty) return SQLITE_OK;
  biobert_block_seal(b->id, b->data, bytes);
  int rc = write_blob(t, put, b->id, b->data, bytes);
  if (rc == SQLITE_OK) b->dirty = false;
  return rc;
}

/* Makes a block hold the row `id`. */
static int load_block(index_table *t, block *b, sqlite3_int64 id, statement_kind get,
                      statement_kind put, size_t bytes) {
  if (b->data && b->id == id) return SQLITE_OK;
  int rc = flush_block(t, b, put, bytes);
  if (rc != SQLITE_OK) return rc;
  if (!b->data) b->data = sqlite3_malloc64(bytes);
  if (!b->data) return SQLITE_NOMEM;
  b->id = -1;
  rc = index_read_block(t, get, id, b->data, bytes);
  if (rc == SQLITE_OK) b->id = id;
  return rc;
}

/* The writer ------------------------------------------------------------------------- */

void index_free_writer(index_table *t) {
  if (!t->writer) return;
  sqlite3_free(t->writer->codes.data);
  sqlite3_free(t->writer->full.data);
  sqlite3_free(t->writer);
  t->writer = NULL;
}

static int read_chunk(index_table *t, sqlite3_int64 cid, index_writer *w) {
  sqlite3_stmt *s;
  int rc = schema_statement_of(t, STMT_CHUNK_GET, cid, &s);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_step(s);
  if (rc == SQLITE_ROW) {
    const void *live = sqlite3_column_blob(s, 1), *ids = sqlite3_column_blob(s, 2);
    bool fits = biobert_slots_read(cid, sqlite3_column_int64(s, 0), live,
                                   (size_t)sqlite3_column_bytes(s, 1), ids,
                                   (size_t)sqlite3_column_bytes(s, 2), &w->slots);
    if (!fits) return unsound(t, s, "a chunk");
  }
  return sqlite3_reset(s);
}

/* A new epoch, before the first change. */
static int new_epoch(index_table *t, index_writer *w) {
  sqlite3_stmt *s;
  unsigned char epoch[16];
  uint64_t counter;
  int rc = index_read_epoch(t, epoch);
  if (rc != SQLITE_OK) return rc;
  memcpy(&counter, epoch, sizeof counter);
  counter++;
  memcpy(epoch, &counter, sizeof counter);
  sqlite3_randomness(8, epoch + 8);
  rc = schema_statement(t, STMT_CONFIG_PUT, &s);
  if (rc != SQLITE_OK) return rc;
  const int bound[] = {
      sqlite3_bind_text(s, 1, "epoch", -1, SQLITE_STATIC),
      sqlite3_bind_blob(s, 2, epoch, sizeof epoch, SQLITE_STATIC),
  };
  rc = schema_run(s, bound, sizeof bound / sizeof *bound);
  if (rc == SQLITE_OK) w->counter = counter;
  return rc;
}

/* Reads what the next vector is appended to; nothing is written yet. */
static int open_writer(index_table *t) {
  if (t->writer) return SQLITE_OK;
  int rc = index_dimension(t, 0);
  index_writer *w = rc == SQLITE_OK ? sqlite3_malloc64(sizeof *w) : NULL;
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
  if (rc != SQLITE_OK) index_free_writer(t);
  return rc;
}

static int begin_change(index_table *t) {
  int rc = open_writer(t);
  return rc == SQLITE_OK && !t->writer->counter ? new_epoch(t, t->writer) : rc;
}

static int write_chunk(index_table *t, index_writer *w) {
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

int index_recorded_vectors(index_table *t, sqlite3_int64 *out) {
  int rc = schema_get_int(t, "vectors", out);
  if (rc != SQLITE_OK || (*out >= 0 && *out < BIOBERT_MAX_ADDRESS)) return rc;
  return index_corrupt(t, "the number of vectors");
}

/* How many there are: without that a chunk could be missing and nobody would know. */
static int count_vectors(index_table *t, index_writer *w) {
  sqlite3_int64 vectors;
  if (!w->more) return SQLITE_OK;
  int rc = index_recorded_vectors(t, &vectors);
  if (rc == SQLITE_OK) rc = schema_put_int(t, "vectors", vectors + w->more);
  if (rc == SQLITE_OK) w->more = 0;
  return rc;
}

static int write_out(index_table *t) {
  index_writer *w = t->writer;
  if (!w) return SQLITE_OK;
  /* The user's INSERT has set it, and this may run when that is committed. */
  sqlite3_int64 last = sqlite3_last_insert_rowid(t->db);
  int rc = index_check_size(t, t->dimension);
  if (rc == SQLITE_OK)
    rc = flush_block(t, &w->codes, STMT_CODES_PUT,
                     t->dimension ? biobert_codes_bytes(t->dimension) : 0);
  if (rc == SQLITE_OK)
    rc = flush_block(t, &w->full, STMT_FULL_PUT,
                     t->dimension ? full_bytes(t, t->dimension) : 0);
  if (rc == SQLITE_OK && w->dirty) rc = write_chunk(t, w);
  if (rc == SQLITE_OK) rc = count_vectors(t, w);
  sqlite3_set_last_insert_rowid(t->db, last);
  /* What could not be written stays: the COMMIT may be tried again. */
  if (rc == SQLITE_OK) index_free_writer(t);
  return rc;
}

/* A statement of ours on a table to which somebody gave an index, or a table that refers
 * to it, begins with a savepoint, and that would have the writer written and freed while
 * it is at work. */
int index_flush(index_table *t) {
  if (t->storing) return SQLITE_OK;
  t->storing = true;
  int rc = write_out(t);
  t->storing = false;
  return rc;
}

/* Adding and removing ---------------------------------------------------------------- */

static int no_dimension(index_table *t) {
  return index_corrupt(t, "there are vectors, but no dimension");
}

/* Makes the two blocks hold an address. */
static int load_blocks(index_table *t, index_writer *w, sqlite3_int64 address) {
  if (!t->dimension) return no_dimension(t);
  int rc = load_block(t, &w->codes, address / BIOBERT_CODES_SLOTS, STMT_CODES_GET,
                      STMT_CODES_PUT, biobert_codes_bytes(t->dimension));
  if (rc == SQLITE_OK)
    rc = load_block(t, &w->full, address / BIOBERT_FULL_SLOTS, STMT_FULL_GET,
                    STMT_FULL_PUT, full_bytes(t, t->dimension));
  return rc;
}

/* vector NULL: what is deleted leaves nothing behind. */
static int set_slot(index_table *t, index_writer *w, int slot, const float *vector) {
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

static int append_vector(index_table *t, sqlite3_int64 id, const float *vector,
                         sqlite3_int64 *address) {
  int rc = begin_change(t);
  index_writer *w = t->writer;
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
static bool slot_is_of(const index_writer *w, int slot, sqlite3_int64 id) {
  return biobert_slots_is_live(&w->slots, slot) &&
         biobert_slots_id(&w->slots, slot) == id;
}

/* Clears the slots of a document; the chunk that is being filled may be another one. */
static int clear_vectors(index_table *t, sqlite3_int64 id, sqlite3_int64 address,
                         int count) {
  int rc = begin_change(t);
  for (int i = 0; i < count && rc == SQLITE_OK; i++) {
    index_writer *w = t->writer;
    sqlite3_int64 cid = (address + i) / BIOBERT_CHUNK_SLOTS;
    int slot = (int)((address + i) % BIOBERT_CHUNK_SLOTS);
    index_writer other = {.cid = cid, .counter = w->counter};
    other.codes = w->codes;
    other.full = w->full;
    index_writer *target = cid == w->cid ? w : &other;
    if (target == &other) rc = read_chunk(t, cid, &other);
    if (rc == SQLITE_OK && !slot_is_of(target, slot, id))
      rc = index_corrupt(t, "a document's vector is not in its chunk");
    if (rc == SQLITE_OK) rc = set_slot(t, target, slot, NULL);
    if (target == &other) {
      /* The two blocks are shared: they know by themselves which rows they hold. */
      w->codes = other.codes;
      w->full = other.full;
    }
    if (rc != SQLITE_OK) break;
    w->more--;
    biobert_slots_clear(&target->slots, slot);
    target->dirty = true;
    if (target == &other) rc = write_chunk(t, &other);
  }
  return rc;
}

void document_row_free(document_row *row) {
  sqlite3_free(row->spans);
  row->spans = NULL;
}

static uint64_t document_sum(sqlite3_int64 id, const document_row *row,
                             const char *error) {
  sqlite3_int64 numbers[3] = {row->hash, row->address, row->vectors};
  uint64_t sum =
      biobert_hash((biobert_str){(const char *)numbers, sizeof numbers}, (uint64_t)id);
  size_t spans = row->spans ? (size_t)row->vectors * 8 : 0;
  sum = biobert_hash((biobert_str){(const char *)row->spans, spans}, sum);
  return biobert_hash((biobert_str){error, error ? strlen(error) : 0}, sum);
}

/* Of a row of %_docs, what must be so. */
static bool document_is_sound(sqlite3_int64 id, sqlite3_stmt *s,
                              const document_row *row) {
  enum { MOST_VECTORS = 1 << 24 }; /* of a document; one is a thousand words or so */
  uint64_t sum = document_sum(id, row, (const char *)sqlite3_column_text(s, 4));
  sqlite3_int64 kept = sqlite3_column_int64(s, 5);
  return row->vectors >= 0 && row->vectors <= (row->spans ? MOST_VECTORS : 1) &&
         (row->address >= 0) == (row->vectors > 0) &&
         row->address < BIOBERT_MAX_ADDRESS && memcmp(&sum, &kept, sizeof sum) == 0;
}

int index_get_document(index_table *t, sqlite3_int64 id, document_row *out) {
  sqlite3_stmt *s;
  *out = (document_row){.address = -1};
  int rc = schema_statement_of(t, STMT_DOC_GET, id, &s);
  if (rc != SQLITE_OK) return rc;
  if (sqlite3_step(s) == SQLITE_ROW) {
    out->found = true;
    out->hash = sqlite3_column_int64(s, 0);
    out->failed = sqlite3_column_type(s, 4) != SQLITE_NULL;
    if (sqlite3_column_type(s, 1) != SQLITE_NULL)
      out->address = sqlite3_column_int64(s, 1);
    out->vectors = sqlite3_column_int(s, 2);
    const void *spans = sqlite3_column_blob(s, 3);
    int bytes = sqlite3_column_bytes(s, 3);
    bool fits =
        bytes == 0 || (out->vectors > 0 && bytes / 8 == out->vectors && bytes % 8 == 0);
    if (bytes && fits) {
      out->spans = sqlite3_malloc64((sqlite3_uint64)bytes);
      if (!out->spans) {
        sqlite3_reset(s);
        return SQLITE_NOMEM;
      }
      memcpy(out->spans, spans, (size_t)bytes);
    }
    if (!fits || !document_is_sound(id, s, out)) {
      document_row_free(out);
      return unsound(t, s, "an entry of the documents");
    }
  }
  rc = sqlite3_reset(s);
  if (rc != SQLITE_OK) document_row_free(out);
  return rc;
}

/* Read wherever the dimension is: another connection may have made the first vectors, or
 * reset the index. One without the key was made before there was one, by cosine. */
static int read_distance(index_table *t) {
  char *recorded = NULL;
  if (t->config.has_metric) return SQLITE_OK;
  int rc = schema_get_text(t, "distance", &recorded);
  if (rc != SQLITE_OK) return rc;
  int metric = recorded ? BIOBERT_METRIC_COUNT : BIOBERT_COSINE;
  for (int i = 0; i < BIOBERT_METRIC_COUNT && recorded; i++)
    if (strcmp(recorded, biobert_metric_names[i]) == 0) metric = i;
  sqlite3_free(recorded);
  if (metric == BIOBERT_METRIC_COUNT) return index_corrupt(t, "the distance");
  t->config.metric = (biobert_metric)metric;
  return SQLITE_OK;
}

int index_dimension(index_table *t, size_t wanted) {
  /* Whoever writes has the file to himself; until then others may reset the index. */
  if (!t->writer || !t->dimension) {
    sqlite3_int64 recorded;
    int rc = schema_get_int(t, "dimension", &recorded);
    if (rc != SQLITE_OK) return rc;
    if (recorded < 0 || recorded > BIOBERT_MAX_DIMENSION)
      return index_corrupt(t, "the dimension");
    t->dimension = (size_t)recorded;
    rc = read_distance(t);
    if (rc != SQLITE_OK) return rc;
  }
  if (!wanted) return SQLITE_OK; /* only read */
  int fits = index_check_size(t, t->dimension ? t->dimension : wanted);
  if (fits != SQLITE_OK || t->dimension) return fits;
  t->dimension = wanted;
  return schema_put_int(t, "dimension", (sqlite3_int64)wanted);
}

int index_record_distance(index_table *t, const char *distance) {
  if (!distance && t->config.has_metric) return SQLITE_OK;
  int rc = schema_put_text(t, "distance",
                           distance ? distance : biobert_metric_names[BIOBERT_COSINE]);
  return rc == SQLITE_OK ? read_distance(t) : rc;
}

/* An entry without vectors that has words for all that: vectors is 0 and not NULL. */
static int put_row(index_table *t, sqlite3_int64 id, const document_row *row,
                   const char *error) {
  sqlite3_stmt *s;
  uint64_t sum = document_sum(id, row, error);
  sqlite3_int64 kept;
  memcpy(&kept, &sum, sizeof kept);
  int rc = schema_statement(t, STMT_DOC_PUT, &s);
  if (rc != SQLITE_OK) return rc;
  bool counted = row->vectors || row->lexical;
  sqlite3_uint64 spans = row->spans ? (sqlite3_uint64)row->vectors * 8 : 0;
  const int bound[] = {
      sqlite3_bind_int64(s, 1, id),
      sqlite3_bind_int64(s, 2, row->hash),
      row->vectors ? sqlite3_bind_int64(s, 3, row->address) : SQLITE_OK,
      counted ? sqlite3_bind_int(s, 4, row->vectors) : SQLITE_OK,
      spans ? sqlite3_bind_blob64(s, 5, row->spans, spans, SQLITE_STATIC) : SQLITE_OK,
      error ? sqlite3_bind_text(s, 6, error, -1, SQLITE_STATIC) : SQLITE_OK,
      sqlite3_bind_int64(s, 7, kept),
  };
  return schema_run(s, bound, sizeof bound / sizeof *bound);
}

static int put_document(index_table *t, const document *d, const embedded *e) {
  document_row old;
  int rc = begin_change(t); /* even if only words change */
  if (rc == SQLITE_OK) rc = index_get_document(t, d->id, &old);
  if (rc != SQLITE_OK) return rc;
  if (old.address >= 0) rc = clear_vectors(t, d->id, old.address, old.vectors);
  document_row_free(&old);
  document_row row = {.hash = d->hash,
                      .address = -1,
                      .vectors = e->count,
                      .spans = e->spans,
                      .lexical = !d->blank};
  for (int i = 0; i < e->count && rc == SQLITE_OK; i++) {
    sqlite3_int64 address;
    rc = append_vector(t, d->id, e->vectors + (size_t)i * t->dimension, &address);
    if (i == 0) row.address = address;
  }
  return rc == SQLITE_OK ? put_row(t, d->id, &row, e->error) : rc;
}

int index_put_document(index_table *t, const document *d, const embedded *e) {
  t->storing = true;
  int rc = put_document(t, d, e);
  t->storing = false;
  return rc;
}

static int delete_document(index_table *t, sqlite3_int64 id) {
  document_row old;
  int rc = begin_change(t);
  if (rc == SQLITE_OK) rc = index_get_document(t, id, &old);
  if (rc != SQLITE_OK) return rc;
  if (old.address >= 0) rc = clear_vectors(t, id, old.address, old.vectors);
  document_row_free(&old);
  if (rc != SQLITE_OK || !old.found) return rc;
  sqlite3_stmt *s;
  rc = schema_statement_of(t, STMT_DOC_DELETE, id, &s);
  return rc == SQLITE_OK ? schema_run(s, NULL, 0) : rc;
}

int index_delete_document(index_table *t, sqlite3_int64 id) {
  t->storing = true;
  int rc = delete_document(t, id);
  t->storing = false;
  return rc;
}

/* A block that is about to be changed can be read. */
static int check_block(index_table *t, const block *kept, statement_kind get,
                       sqlite3_int64 id, size_t bytes) {
  if (kept->data && kept->id == id) return SQLITE_OK;
  void *scratch = sqlite3_malloc64(bytes);
  if (!scratch) return SQLITE_NOMEM;
  int rc = index_read_block(t, get, id, scratch, bytes);
  sqlite3_free(scratch);
  return rc;
}

static int check_blocks_of(index_table *t, sqlite3_int64 address) {
  const index_writer *w = t->writer;
  int rc = check_block(t, &w->codes, STMT_CODES_GET, address / BIOBERT_CODES_SLOTS,
                       biobert_codes_bytes(t->dimension));
  if (rc != SQLITE_OK) return rc;
  return check_block(t, &w->full, STMT_FULL_GET, address / BIOBERT_FULL_SLOTS,
                     full_bytes(t, t->dimension));
}

/* The vectors of an entry are where it says. */
static int check_vectors(index_table *t, sqlite3_int64 id, const document_row *row) {
  index_writer other = {.cid = -1};
  int rc = SQLITE_OK;
  for (int i = 0; i < row->vectors && rc == SQLITE_OK; i++) {
    sqlite3_int64 address = row->address + i, cid = address / BIOBERT_CHUNK_SLOTS;
    int slot = (int)(address % BIOBERT_CHUNK_SLOTS);
    const index_writer *w = cid == t->writer->cid ? t->writer : &other;
    if (w == &other && other.cid != cid) {
      other = (index_writer){.cid = cid};
      rc = read_chunk(t, cid, &other);
    }
    if (rc == SQLITE_OK && !slot_is_of(w, slot, id))
      rc = index_corrupt(t, "a document's vector is not in its chunk");
    if (rc == SQLITE_OK && (i == 0 || slot % BIOBERT_FULL_SLOTS == 0))
      rc = check_blocks_of(t, address);
  }
  return rc;
}

int index_check_before_write(index_table *t, sqlite3_int64 id) {
  document_row row;
  int rc = open_writer(t);
  if (rc == SQLITE_OK) rc = index_get_document(t, id, &row);
  if (rc != SQLITE_OK) return rc;
  if (row.address >= 0) rc = check_vectors(t, id, &row);
  document_row_free(&row);
  const index_writer *w = t->writer;
  if (rc == SQLITE_OK && t->dimension && w->slots.count < BIOBERT_CHUNK_SLOTS)
    rc = check_blocks_of(t, w->cid * BIOBERT_CHUNK_SLOTS + w->slots.count);
  return rc;
}

/* A block of %_full that was read: SQLITE_OK, or what is wrong with it. */
static int check_full(index_table *t, sqlite3_stmt *s, int step, sqlite3_int64 id,
                      size_t n) {
  if (step == SQLITE_DONE) return index_corrupt(t, "a vector is missing");
  if (step != SQLITE_ROW) return step;
  const void *blob = sqlite3_column_blob(s, 0);
  bool sound = biobert_block_is_sound(id, blob, (size_t)sqlite3_column_bytes(s, 0),
                                      full_bytes(t, n));
  return sound ? SQLITE_OK : index_corrupt(t, "a block of vectors");
}

int index_read_vector(index_table *t, sqlite3_int64 address, size_t n, float *vector) {
  sqlite3_stmt *s;
  sqlite3_int64 id = address / BIOBERT_FULL_SLOTS;
  if (address < 0) return index_corrupt(t, "the address of a vector");
  /* The block that is being filled may not lie on disk yet. */
  const index_writer *w = t->writer;
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
    rc = index_corrupt(t, "a vector is not finite");
  return rc;
}

/* Memory grows with the vectors that are there: how many an entry says that it has may be
 * damage. */
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
    rc = index_read_vector(t, row->address + i, n, out->vectors + (size_t)i * n);
  }
  return rc;
}

int index_read_document(index_table *t, const document_row *row, embedded *out) {
  memset(out, 0, sizeof *out);
  if (row->address < 0) return SQLITE_OK;
  if (!t->dimension) return no_dimension(t);
  size_t spans = row->spans ? (size_t)row->vectors * 8 : 0;
  out->spans = spans ? sqlite3_malloc64(spans) : NULL;
  int rc = out->spans || !spans ? SQLITE_OK : SQLITE_NOMEM;
  if (rc == SQLITE_OK && spans) memcpy(out->spans, row->spans, spans);
  if (rc == SQLITE_OK) rc = read_vectors(t, row, out);
  out->count = row->vectors;
  if (rc != SQLITE_OK) embedded_free(out);
  return rc;
}

/* Reads nothing that may be damaged: this is the way out. */
int index_reset(index_table *t) {
  index_writer none;
  int rc = new_epoch(t, &none);
  if (rc == SQLITE_OK) rc = schema_empty(t);
  if (rc == SQLITE_OK)
    rc = schema_exec(t,
                     "DELETE FROM @config WHERE k IN ('dimension', 'distance', 'model', "
                     "'fingerprint', 'precision', 'synced', 'vectors')");
  return rc;
}

int index_read_epoch(index_table *t, unsigned char epoch[16]) {
  sqlite3_stmt *s;
  memset(epoch, 0, 16);
  int rc = schema_statement(t, STMT_CONFIG_GET, &s);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(s, 1, "epoch", -1, SQLITE_STATIC);
  if (rc != SQLITE_OK) return rc;
  if (sqlite3_step(s) == SQLITE_ROW) {
    const void *blob = sqlite3_column_blob(s, 0);
    if (blob && sqlite3_column_bytes(s, 0) == 16) memcpy(epoch, blob, 16);
  }
  return sqlite3_reset(s);
}

/* Compacting ------------------------------------------------------------ */

/* Appends copies of a document's vectors behind everything, and points its entry there.
 */
static int move_document(index_table *t, sqlite3_int64 id) {
  document_row row;
  int rc = index_get_document(t, id, &row);
  if (rc != SQLITE_OK) return rc;
  float *vector = sqlite3_malloc64(t->dimension * sizeof *vector);
  sqlite3_int64 from = row.address, moved;
  if (!vector) rc = SQLITE_NOMEM;
  for (int i = 0; i < row.vectors && rc == SQLITE_OK; i++) {
    rc = index_read_vector(t, from + i, t->dimension, vector);
    if (rc == SQLITE_OK) rc = append_vector(t, id, vector, &moved);
    if (rc == SQLITE_OK && i == 0) row.address = moved;
  }
  sqlite3_free(vector);
  if (rc == SQLITE_OK) rc = put_row(t, id, &row, NULL);
  document_row_free(&row);
  return rc;
}

/* Documents that have vectors, as they lie: all of them before one is moved, or an index
 * that somebody made on the addresses would bring the moved ones again. */
static int documents_by_address(index_table *t, id_list *out) {
  sqlite3_stmt *s;
  int rc = schema_statement(t, STMT_DOCS_BY_ADDRESS, &s);
  while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
    if (!id_list_add(out, sqlite3_column_int64(s, 0))) rc = SQLITE_NOMEM;
  int ended = sqlite3_reset(s);
  return rc == SQLITE_OK ? ended : rc;
}

/* Moves everything behind chunk *last, which is the last one before. */
static int move_documents(index_table *t, sqlite3_int64 *last) {
  id_list documents = {0};
  int rc = begin_change(t);
  if (rc != SQLITE_OK) return rc;
  *last = t->writer->cid;
  t->writer->slots.count = BIOBERT_CHUNK_SLOTS; /* the next vector opens a new chunk */
  rc = documents_by_address(t, &documents);
  for (size_t i = 0; i < documents.count && rc == SQLITE_OK; i++)
    rc = move_document(t, documents.ids[i]);
  id_list_free(&documents);
  t->writer->more = 0; /* as many as go */
  return rc;
}

int index_compact(index_table *t) {
  sqlite3_int64 last;
  int rc = index_flush(t);
  if (rc == SQLITE_OK) rc = index_dimension(t, 0);
  if (rc != SQLITE_OK || !t->dimension) return rc;
  t->storing = true;
  rc = move_documents(t, &last);
  t->storing = false;
  if (rc == SQLITE_OK) rc = index_flush(t);
  if (rc == SQLITE_OK)
    rc = schema_exec(
        t,
        "DELETE FROM @chunks WHERE cid <= %lld; DELETE FROM @codes WHERE id < "
        "%lld; DELETE FROM @full WHERE id < %lld",
        last, (last + 1) * (BIOBERT_CHUNK_SLOTS / BIOBERT_CODES_SLOTS),
        (last + 1) * (BIOBERT_CHUNK_SLOTS / BIOBERT_FULL_SLOTS));
  return rc;
}
