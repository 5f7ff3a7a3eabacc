/* compact.c - the command 'optimize': rewriting the chunks without deleted slots.
 *
 * Every document's vectors are appended to new chunks behind the last one, in the order in
 * which they were, and then the old chunks are deleted. All of it is one transaction; a
 * rollback brings the old chunks back. */
#include "search/compact.h"

#include "search/chunk_store.h"
#include "search/chunk_writer.h"
#include "search/document_rows.h"
#include "search/recorded.h"
#include "search/shadow_sql.h"
#include "sql/lists.h"

/* Appends copies of a document's vectors, and points its entry there. */
static int move_document(index_table *t, sqlite3_int64 id) {
  document_row row;
  int rc = document_row_get(t, id, &row);
  if (rc != SQLITE_OK) return rc;
  float *vector = sqlite3_malloc64(t->dimension * sizeof *vector);
  sqlite3_int64 from = row.address, moved;
  if (!vector) rc = SQLITE_NOMEM;
  for (int i = 0; i < row.vectors && rc == SQLITE_OK; i++) {
    rc = store_read_vector(t, from + i, t->dimension, vector);
    if (rc == SQLITE_OK) rc = writer_append(t, id, vector, &moved);
    if (rc == SQLITE_OK && i == 0) row.address = moved;
  }
  sqlite3_free(vector);
  if (rc == SQLITE_OK) rc = document_row_put(t, id, &row, NULL);
  document_row_free(&row);
  return rc;
}

/* Documents that have vectors, by address: all of them before one is moved, or an SQL index
 * that a user has made on the addresses would bring the moved ones again. */
static int documents_by_address(index_table *t, id_list *out) {
  sqlite3_stmt *s;
  int rc = schema_statement(t, STMT_DOCS_BY_ADDRESS, &s);
  while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
    if (!id_list_add(out, sqlite3_column_int64(s, 0))) rc = SQLITE_NOMEM;
  int ended = sqlite3_reset(s);
  return rc == SQLITE_OK ? ended : rc;
}

/* Moves everything to chunks behind *last, which was the last one before. */
static int move_documents(index_table *t, sqlite3_int64 *last) {
  id_list documents = {0};
  int rc = writer_begin_change(t);
  if (rc != SQLITE_OK) return rc;
  *last = t->writer->cid;
  t->writer->slots.count = BIOBERT_CHUNK_SLOTS; /* the next vector opens a new chunk */
  rc = documents_by_address(t, &documents);
  for (size_t i = 0; i < documents.count && rc == SQLITE_OK; i++)
    rc = move_document(t, documents.ids[i]);
  id_list_free(&documents);
  t->writer->more = 0; /* as many are deleted with their chunks */
  return rc;
}

int store_compact(index_table *t) {
  sqlite3_int64 last;
  int rc = writer_flush(t);
  if (rc == SQLITE_OK) rc = recorded_dimension(t, 0);
  if (rc != SQLITE_OK || !t->dimension) return rc;
  t->storing = true;
  rc = move_documents(t, &last);
  t->storing = false;
  if (rc == SQLITE_OK) rc = writer_flush(t);
  if (rc == SQLITE_OK)
    rc = schema_exec(
        t,
        "DELETE FROM @chunks WHERE cid <= %lld; DELETE FROM @codes WHERE id < "
        "%lld; DELETE FROM @full WHERE id < %lld",
        last, (last + 1) * (BIOBERT_CHUNK_SLOTS / BIOBERT_CODES_SLOTS),
        (last + 1) * (BIOBERT_CHUNK_SLOTS / BIOBERT_FULL_SLOTS));
  return rc;
}
