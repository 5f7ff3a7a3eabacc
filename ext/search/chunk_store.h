/* chunk_store.h - documents and their vectors: put, deleted, read (chunk_store.c). Before the
 * first write of a statement index_check_before_write() is called for every document that
 * it changes, so that damage is met while nothing is changed yet. */
#ifndef EXT_CHUNK_STORE_H
#define EXT_CHUNK_STORE_H

#include "search/document.h"
#include "search/document_rows.h"

/* Replaces a document's entry and its vectors. */
int index_put_document(index_table *t, const document *d, const embedded *e);
int index_delete_document(index_table *t, sqlite3_int64 id);
/* Reads all that putting or deleting a document will read: damage is met while nothing is
 * changed. */
int index_check_before_write(index_table *t, sqlite3_int64 id);
/* The vector at an address, of n values: as many as the caller has room for. An index
 * that now has another dimension is damaged. */
int index_read_vector(index_table *t, sqlite3_int64 address, size_t n, float *vector);
/* All vectors of a document, in *out as index_put_document() takes them. */
int index_read_document(index_table *t, const document_row *row, embedded *out);
/* Empties every vector table, after index_drop_memory(). */
int index_reset(index_table *t);

#endif
