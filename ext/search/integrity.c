/* integrity.c - whether all that is stored is consistent: 'integrity-check', and PRAGMA
 * integrity_check. It only reads. */
#include "search/integrity.h"

#include <string.h>

#include "search/chunk_blocks.h"
#include "search/chunk_store.h"
#include "search/code_cache.h"
#include "search/damage.h"
#include "search/document_rows.h"
#include "search/shadow_sql.h"
#include "search/sync_work.h"
#include "search/transaction.h"
#include "search/words.h"

/* A document's codes against its vectors. */
static int check_codes(index_table *t, sqlite3_int64 id, sqlite3_int64 address, int count,
                       char **problem) {
  const size_t n = t->dimension, bytes = biobert_codes_bytes(n);
  float *vector = sqlite3_malloc64(n * sizeof *vector);
  int8_t *made = sqlite3_malloc64(n);
  unsigned char *block = sqlite3_malloc64(bytes);
  int rc = vector && made && block ? SQLITE_OK : SQLITE_NOMEM;
  for (int i = 0; i < count && rc == SQLITE_OK && !*problem; i++) {
    rc = store_read_vector(t, address + i, n, vector);
    if (rc == SQLITE_OK)
      rc = block_read(t, STMT_CODES_GET, (address + i) / BIOBERT_CODES_SLOTS, block,
                      bytes);
    if (rc == SQLITE_OK &&
        !biobert_codes_are_of(t->config.metric, n, address + i, block, vector, made))
      *problem = sqlite3_mprintf(
          "document %lld: the code of vector %d is not its vector's", id, i);
  }
  sqlite3_free(vector);
  sqlite3_free(made);
  sqlite3_free(block);
  return rc;
}

/* The entry of a document against the collection, which has the chunks' documents by
 * address.
 */
static int check_document(index_table *t, const biobert_collection *c, size_t number,
                          sqlite3_int64 id, char **problem) {
  document_row row;
  int rc = document_row_get(t, id, &row);
  if (rc != SQLITE_OK) return rc;
  bool there = number < c->documents && c->id[number] == id &&
               c->address[c->first[number]] == row.address &&
               c->first[number + 1] - c->first[number] == (uint32_t)row.vectors;
  if (!there)
    *problem = sqlite3_mprintf("document %lld: its vectors are not in their chunk", id);
  if (there) rc = check_codes(t, id, row.address, row.vectors, problem);
  document_row_free(&row);
  return rc;
}

static int check_documents(index_table *t, const biobert_collection *c, char **problem) {
  sqlite3_stmt *s = NULL;
  size_t number = 0;
  int rc =
      schema_prepare(t, &s, "SELECT id, address IS NULL FROM @docs ORDER BY address");
  while (rc == SQLITE_OK && !*problem && sqlite3_step(s) == SQLITE_ROW) {
    sqlite3_int64 id = sqlite3_column_int64(s, 0);
    document_row row;
    if (sqlite3_column_int(s, 1)) { /* reading it is the check */
      rc = document_row_get(t, id, &row);
      if (rc == SQLITE_OK) document_row_free(&row);
    } else {
      rc = check_document(t, c, number++, id, problem);
    }
  }
  int ended = sqlite3_finalize(s);
  if (rc == SQLITE_OK && !*problem) rc = ended;
  if (rc == SQLITE_OK && !*problem && number != c->documents)
    *problem = sqlite3_mprintf("vectors of %d documents that are not known",
                               (int)(c->documents - number));
  return rc;
}

/* Blocks that no chunk points to are read too: a later vector would go there. */
static int check_blocks(index_table *t) {
  static const statement_kind kinds[] = {STMT_CODES_ALL, STMT_FULL_ALL};
  int rc = SQLITE_OK;
  for (int i = 0; i < 2 && rc == SQLITE_OK && t->dimension; i++) {
    size_t bytes = i == 0 ? biobert_codes_bytes(t->dimension)
                          : biobert_full_bytes(t->config.store, t->dimension);
    sqlite3_stmt *s;
    rc = schema_statement(t, kinds[i], &s);
    if (rc != SQLITE_OK) return rc;
    bool sound = true;
    while (sound && sqlite3_step(s) == SQLITE_ROW) {
      const void *blob = sqlite3_column_blob(s, 1);
      sound = biobert_block_is_sound(sqlite3_column_int64(s, 0), blob,
                                     (size_t)sqlite3_column_bytes(s, 1), bytes);
    }
    rc = sqlite3_reset(s);
    if (rc == SQLITE_OK && !sound)
      rc = damage_error(t, i == 0 ? "a block of codes" : "a block of vectors");
  }
  return rc;
}

/* With own content every entry has a row. (A row without an entry is pending, after
 * 'reset'.) */
static int check_content(index_table *t, char **problem) {
  if (t->config.content) return SQLITE_OK;
  sqlite3_stmt *s = NULL;
  int rc = schema_prepare(
      t, &s, "SELECT count(*) FROM @docs WHERE id NOT IN (SELECT id FROM @content)");
  if (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW && sqlite3_column_int(s, 0))
    *problem = sqlite3_mprintf("%d documents have no row", sqlite3_column_int(s, 0));
  int ended = sqlite3_finalize(s);
  sqlite3_int64 stale = 0;
  if (rc == SQLITE_OK) rc = ended;
  if (rc == SQLITE_OK) rc = sync_count_stale(t, &stale);
  if (rc == SQLITE_OK && stale && !*problem)
    *problem = sqlite3_mprintf("%lld rows have another text than was embedded", stale);
  return rc;
}

/* The table's message as a finding: those who ask put the table's name in front. */
static char *take_finding(index_table *t) {
  const char *said = t->base.zErrMsg ? t->base.zErrMsg : "a page";
  size_t name = strlen(t->name);
  bool named = strncmp(said, t->name, name) == 0 && strncmp(said + name, ": ", 2) == 0;
  char *finding = sqlite3_mprintf("%s", named ? said + name + 2 : said);
  sqlite3_free(t->base.zErrMsg);
  t->base.zErrMsg = NULL;
  return finding;
}

int integrity_check(index_table *t, char **problem) {
  code_cache *c;
  int rc = table_check_sound(t);
  /* The check must read what is stored, and not what the cache has. */
  code_cache_release(t->cache);
  t->cache = NULL;
  if (rc == SQLITE_OK) rc = code_cache_get(t, &c);
  if (rc == SQLITE_OK) rc = check_documents(t, &c->collection, problem);
  if (rc == SQLITE_OK && !*problem) rc = check_blocks(t);
  if (rc == SQLITE_OK && !*problem) rc = words_check(t, problem);
  if (rc == SQLITE_OK && !*problem) rc = check_content(t, problem);
  /* Damage that reading met is a finding, not a failure of the check. */
  if ((rc & 0xFF) == SQLITE_CORRUPT && !*problem) {
    *problem = take_finding(t);
    rc = *problem ? SQLITE_OK : SQLITE_NOMEM;
  }
  return rc;
}
