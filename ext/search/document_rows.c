/* document_rows.c - the entries of documents, rows of %_docs: what was made of each text.
 * shadow_tables.c has what the columns mean. */
#include "search/document_rows.h"

#include <string.h>

#include "search/damage.h"
#include "search/shadow_sql.h"

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
  enum { MAX_VECTORS = 1 << 24 }; /* of a document; one is a thousand words or so */
  uint64_t sum = document_sum(id, row, (const char *)sqlite3_column_text(s, 4));
  sqlite3_int64 kept = sqlite3_column_int64(s, 5);
  return row->vectors >= 0 && row->vectors <= (row->spans ? MAX_VECTORS : 1) &&
         (row->address >= 0) == (row->vectors > 0) &&
         row->address < BIOBERT_MAX_ADDRESS && memcmp(&sum, &kept, sizeof sum) == 0;
}

/* The passages' places; false: they are not as many as the vectors. */
static bool read_spans(sqlite3_stmt *s, document_row *out, int *rc) {
  const void *spans = sqlite3_column_blob(s, 3);
  const int bytes = sqlite3_column_bytes(s, 3);
  if (bytes == 0) return true;
  if (out->vectors <= 0 || bytes / 8 != out->vectors || bytes % 8 != 0) return false;
  out->spans = sqlite3_malloc64((sqlite3_uint64)bytes);
  if (out->spans)
    memcpy(out->spans, spans, (size_t)bytes);
  else
    *rc = SQLITE_NOMEM;
  return true;
}

/* The current row of STMT_DOC_GET. */
static int read_row(index_table *t, sqlite3_int64 id, sqlite3_stmt *s,
                    document_row *out) {
  int rc = SQLITE_OK;
  out->found = true;
  out->hash = sqlite3_column_int64(s, 0);
  out->failed = sqlite3_column_type(s, 4) != SQLITE_NULL;
  if (sqlite3_column_type(s, 1) != SQLITE_NULL) out->address = sqlite3_column_int64(s, 1);
  out->vectors = sqlite3_column_int(s, 2);
  bool fits = read_spans(s, out, &rc);
  if (rc != SQLITE_OK) {
    sqlite3_reset(s);
    return rc;
  }
  if (fits && document_is_sound(id, s, out)) return SQLITE_OK;
  return damage_in_row(t, s, "an entry of the documents");
}

int document_row_get(index_table *t, sqlite3_int64 id, document_row *out) {
  sqlite3_stmt *s;
  *out = (document_row){.address = -1};
  int rc = schema_statement_of(t, STMT_DOC_GET, id, &s);
  if (rc != SQLITE_OK) return rc;
  if (sqlite3_step(s) == SQLITE_ROW) rc = read_row(t, id, s, out);
  if (rc == SQLITE_OK) rc = sqlite3_reset(s);
  if (rc != SQLITE_OK) document_row_free(out);
  return rc;
}

int document_row_put(index_table *t, sqlite3_int64 id, const document_row *row,
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

int document_row_delete(index_table *t, sqlite3_int64 id) {
  sqlite3_stmt *s;
  int rc = schema_statement_of(t, STMT_DOC_DELETE, id, &s);
  return rc == SQLITE_OK ? schema_run(s, NULL, 0) : rc;
}
