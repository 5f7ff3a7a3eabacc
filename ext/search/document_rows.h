/* document_rows.h - writing the entries of documents (document_rows.c); vtab.h declares the
 * rest. */
#ifndef EXT_DOCUMENT_ROWS_H
#define EXT_DOCUMENT_ROWS_H

#include "search/vtab.h"

/* Replaces an entry. An entry without vectors that has words has 0 vectors, not NULL. */
int document_row_put(index_table *t, sqlite3_int64 id, const document_row *row,
                     const char *error);
int document_row_delete(index_table *t, sqlite3_int64 id);

#endif
