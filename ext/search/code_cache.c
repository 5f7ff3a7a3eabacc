/* code_cache.c - the documents and codes of a search table in memory.
 *
 * The first search of a connection reads which documents there are, and the codes page by
 * page, keeping none: a program that asks one question pays for one pass. From the second
 * on the codes are kept too. A cache is right as long as the epoch is the one at which it
 * was read; searches share it, and an old one lives on until the last of them ends.
 *
 * Codes are approximate: they bound a score. A search reads the full vector where the order
 * needs the exact score (store_read_vector()). */
#include "search/code_cache.h"

#include <string.h>

#include "search/chunk_writer.h"
#include "search/damage.h"
#include "search/recorded.h"
#include "search/shadow_sql.h"
#include "sql/allocator.h"

void code_cache_release(code_cache *c) {
  if (!c || --c->owners > 0) return;
  biobert_collection_free(&c->collection);
  sqlite3_free(c);
}

/* A status of core/index: what is damaged, or no memory. */
static int code_of(index_table *t, biobert_status status, const biobert_error *err) {
  if (!status) return SQLITE_OK;
  return status == BIOBERT_NOMEM ? SQLITE_NOMEM : damage_error(t, err->message);
}

/* Reading which documents there are -------------------------------------------------- */

/* The chunk of a row of STMT_CHUNK_ALL. */
static biobert_status add_chunk(sqlite3_stmt *s, biobert_collection *collection,
                                biobert_error *err) {
  const sqlite3_int64 chunk = sqlite3_column_int64(s, 0);
  const void *live = sqlite3_column_blob(s, 2), *ids = sqlite3_column_blob(s, 3);
  biobert_slots slots;
  if (!biobert_slots_read(chunk, sqlite3_column_int64(s, 1), live,
                          (size_t)sqlite3_column_bytes(s, 2), ids,
                          (size_t)sqlite3_column_bytes(s, 3), &slots))
    return result_fail(err, BIOBERT_FORMAT, "a chunk");
  return biobert_collection_add(collection, chunk, &slots, err);
}

/* Without memory a column's bytes are not there either, and the reset says so: only
 * after it is what was read damaged. */
static int read_chunks(index_table *t, biobert_collection *collection) {
  sqlite3_stmt *s;
  biobert_error err;
  biobert_status status = BIOBERT_OK;
  int rc = schema_statement(t, STMT_CHUNK_ALL, &s);
  if (rc != SQLITE_OK) return rc;
  while (!status && sqlite3_step(s) == SQLITE_ROW)
    status = add_chunk(s, collection, &err);
  rc = sqlite3_reset(s);
  return rc == SQLITE_OK ? code_of(t, status, &err) : rc;
}

static int fill(index_table *t, code_cache *c) {
  sqlite3_int64 vectors;
  int rc = recorded_vectors(t, &vectors);
  if (rc == SQLITE_OK) rc = read_chunks(t, &c->collection);
  if (rc != SQLITE_OK) return rc;
  if (c->collection.vectors && !c->collection.n) return damage_no_dimension(t);
  if ((sqlite3_int64)c->collection.vectors != vectors)
    return damage_error(t, "there are more vectors than chunks, or fewer");
  return SQLITE_OK;
}

/* A cache of the table as it is now. */
static int read_cache(index_table *t, const unsigned char epoch[16], code_cache **out) {
  int rc = recorded_dimension(t, 0);
  if (rc != SQLITE_OK) return rc;
  code_cache *c = sqlite3_malloc64(sizeof *c);
  if (!c) return SQLITE_NOMEM;
  memset(c, 0, sizeof *c);
  c->owners = 1;
  c->collection.allocator = &sqlite_allocator;
  c->collection.n = t->dimension;
  memcpy(c->epoch, epoch, sizeof c->epoch);
  rc = fill(t, c);
  if (rc != SQLITE_OK) {
    code_cache_release(c);
    return rc;
  }
  c->uncommitted = table_reads_uncommitted(t);
  *out = c;
  return SQLITE_OK;
}

int code_cache_get(index_table *t, code_cache **out) {
  unsigned char epoch[16];
  int rc = writer_flush(t);
  if (rc == SQLITE_OK) rc = recorded_epoch(t, epoch);
  if (rc != SQLITE_OK) return rc;
  const bool valid = t->cache && !t->cache->uncommitted &&
                     memcmp(t->cache->epoch, epoch, sizeof epoch) == 0;
  if (!valid) {
    code_cache_release(t->cache);
    t->cache = NULL;
    rc = read_cache(t, epoch, &t->cache);
    if (rc != SQLITE_OK) return rc;
  }
  t->dimension = t->cache->collection.n;
  *out = t->cache;
  return SQLITE_OK;
}

void table_drop_memory(index_table *t) {
  writer_free(t);
  code_cache_release(t->cache);
  t->cache = NULL;
  t->dimension = 0;
}

/* Scanning --------------------------------------------------------------------------- */

/* Whether a copy of the codes may be kept. */
static bool fits_memory_limit(const code_cache *c) {
  char value[64];
  biobert_error err;
  if (biobert_setting_get((biobert_str){"memory_limit", 12}, value, &err)) return false;
  uint64_t limit = 0;
  for (const char *p = value; *p >= '0' && *p <= '9'; p++)
    limit = limit * 10 + (uint64_t)(*p - '0');
  return (uint64_t)biobert_collection_codes_bytes(&c->collection) <= limit;
}

static int scan_pages(index_table *t, biobert_scan *scan) {
  sqlite3_stmt *s;
  biobert_error err;
  biobert_status status = BIOBERT_OK;
  int rc = schema_statement(t, STMT_CODES_ALL, &s);
  if (rc != SQLITE_OK) return rc;
  while (!status && sqlite3_step(s) == SQLITE_ROW)
    status =
        biobert_scan_block(scan, sqlite3_column_int64(s, 0), sqlite3_column_blob(s, 1),
                           (size_t)sqlite3_column_bytes(s, 1), &err);
  rc = sqlite3_reset(s);
  if (rc != SQLITE_OK) return rc;
  if (!status) status = biobert_scan_end(scan, &err);
  return code_of(t, status, &err);
}

int code_cache_scan(index_table *t, code_cache *c, const biobert_query *query,
                    float *estimate, float *error) {
  biobert_collection *collection = &c->collection;
  if (collection->codes) {
    biobert_query_scan(query, collection->codes, collection->code, collection->vectors,
                       estimate, error);
    return SQLITE_OK;
  }
  /* Without memory for a copy the pages serve as well. */
  if (++c->searches > 1 && collection->vectors && fits_memory_limit(c))
    (void)biobert_collection_keep_codes(collection);
  biobert_scan scan = {collection, query, estimate, error, 0};
  int rc = scan_pages(t, &scan);
  c->uncommitted = c->uncommitted || table_reads_uncommitted(t);
  if (rc != SQLITE_OK) biobert_collection_drop_codes(collection);
  return rc;
}
