/* document_rows.h - the entries of documents (document_rows.c). */
#ifndef EXT_DOCUMENT_ROWS_H
#define EXT_DOCUMENT_ROWS_H

#include "search/search_table.h"

/* What the docs table knows of a document. */
typedef struct document_row {
  bool found;
  sqlite3_int64 hash;
  sqlite3_int64 address; /* of its first vector; -1: it has none */
  int vectors;
  uint32_t *spans; /* [2 * vectors], bytes of the document; NULL: the whole text. Owned */
  bool failed;
  bool lexical; /* when written: there is a text, even if it gets no vector */
} document_row;

/* The entry of a document, or one that is not found: address -1. The caller frees its
 * members. */
int document_row_get(index_table *t, sqlite3_int64 id, document_row *out);
void document_row_free(document_row *row);
/* Replaces an entry. An entry without vectors that has words has 0 vectors, not NULL. */
int document_row_put(index_table *t, sqlite3_int64 id, const document_row *row,
                     const char *error);
int document_row_delete(index_table *t, sqlite3_int64 id);

#endif
