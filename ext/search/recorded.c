/* recorded.c - what %_config records of the vectors: their dimension, distance and number,
 * and the epoch, which is another one in every state of the vectors. */
#include "search/recorded.h"

#include <string.h>

#include "search/config_table.h"
#include "search/damage.h"
#include "search/shadow_sql.h"
#include "search/table_errors.h"

/* The epoch -------------------------------------------------------------------------- */

int recorded_epoch(index_table *t, unsigned char epoch[16]) {
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

int recorded_new_epoch(index_table *t, uint64_t *out) {
  sqlite3_stmt *s;
  unsigned char epoch[16];
  uint64_t counter;
  int rc = recorded_epoch(t, epoch);
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
  if (rc == SQLITE_OK) *out = counter;
  return rc;
}

/* The vectors ------------------------------------------------------------------------ */

/* Read whenever the dimension is: another connection may have made the first vectors, or
 * reset the table. A table without the key is older than the key, and compares by
 * cosine. */
static int read_distance(index_table *t) {
  char *recorded = NULL;
  if (t->config.has_metric) return SQLITE_OK;
  int rc = schema_get_text(t, "distance", &recorded);
  if (rc != SQLITE_OK) return rc;
  int metric = recorded ? BIOBERT_METRIC_COUNT : BIOBERT_COSINE;
  for (int i = 0; i < BIOBERT_METRIC_COUNT && recorded; i++)
    if (strcmp(recorded, biobert_metric_names[i]) == 0) metric = i;
  sqlite3_free(recorded);
  if (metric == BIOBERT_METRIC_COUNT) return damage_error(t, "the distance");
  t->config.metric = (biobert_metric)metric;
  return SQLITE_OK;
}

int recorded_dimension(index_table *t, size_t wanted) {
  /* A connection that writes has the file for itself; until then another one may reset
   * the table. */
  if (!t->writer || !t->dimension) {
    sqlite3_int64 recorded;
    int rc = schema_get_int(t, "dimension", &recorded);
    if (rc != SQLITE_OK) return rc;
    if (recorded < 0 || recorded > BIOBERT_MAX_DIMENSION)
      return damage_error(t, "the dimension");
    t->dimension = (size_t)recorded;
    rc = read_distance(t);
    if (rc != SQLITE_OK) return rc;
  }
  if (!wanted) return SQLITE_OK; /* only read */
  int fits = recorded_check_size(t, t->dimension ? t->dimension : wanted);
  if (fits != SQLITE_OK || t->dimension) return fits;
  t->dimension = wanted;
  return schema_put_int(t, "dimension", (sqlite3_int64)wanted);
}

int recorded_put_distance(index_table *t, const char *distance) {
  if (!distance && t->config.has_metric) return SQLITE_OK;
  int rc = schema_put_text(t, "distance",
                           distance ? distance : biobert_metric_names[BIOBERT_COSINE]);
  return rc == SQLITE_OK ? read_distance(t) : rc;
}

int recorded_vectors(index_table *t, sqlite3_int64 *out) {
  int rc = schema_get_int(t, "vectors", out);
  if (rc != SQLITE_OK || (*out >= 0 && *out < BIOBERT_MAX_ADDRESS)) return rc;
  return damage_error(t, "the number of vectors");
}

int recorded_add_vectors(index_table *t, sqlite3_int64 more) {
  sqlite3_int64 vectors;
  if (!more) return SQLITE_OK;
  int rc = recorded_vectors(t, &vectors);
  return rc == SQLITE_OK ? schema_put_int(t, "vectors", vectors + more) : rc;
}

int recorded_check_size(index_table *t, size_t dimension) {
  enum {
    FTS_PAGE_BYTES = 40000, /* FTS5's, with its longest token in it; it stores a page that
                             * is too large as NULL */
    RECORD_BYTES = 64       /* of a row, besides its blob */
  };
  size_t max = t->has_fts ? FTS_PAGE_BYTES : 0;
  const size_t blocks[] = {biobert_codes_bytes(dimension),
                           biobert_full_bytes(t->config.store, dimension),
                           BIOBERT_IDS_BYTES + BIOBERT_LIVE_BYTES};
  for (size_t i = 0; i < sizeof blocks / sizeof *blocks && dimension; i++)
    if (max < blocks[i]) max = blocks[i];
  int limit = sqlite3_limit(t->db, SQLITE_LIMIT_LENGTH, -1);
  if (!max || max + RECORD_BYTES <= (size_t)limit) return SQLITE_OK;
  return table_error(t, SQLITE_TOOBIG,
                     "this index writes blocks of up to %d bytes, and the connection's "
                     "SQLITE_LIMIT_LENGTH is %d: raise it to %d or more",
                     (int)max, limit, (int)max + RECORD_BYTES);
}
