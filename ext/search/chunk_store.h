/* chunk_store.h - documents and their vectors: put, deleted, read (chunk_store.c). Before the
 * first write of a statement store_check_before_write() is called for every document that
 * it changes, so that damage is met while nothing is changed yet. */
#ifndef EXT_CHUNK_STORE_H
#define EXT_CHUNK_STORE_H

#include "search/document.h"
#include "search/document_rows.h"

/* Replaces a document's entry and its vectors. */
int store_put(index_table *t, const document *d, const embedded *e);
int store_delete(index_table *t, sqlite3_int64 id);
/* Reads all that putting or deleting a document will read: damage is met while nothing is
 * changed. */
int store_check_before_write(index_table *t, sqlite3_int64 id);
/* The vector at an address, of n values: as many as the caller has room for. If the table now
 * has another dimension it is damaged. */
int store_read_vector(index_table *t, sqlite3_int64 address, size_t n, float *vector);
/* All vectors of a document, in *out as store_put() takes them. */
int store_read_vectors(index_table *t, const document_row *row, embedded *out);
/* Empties every vector table, after table_drop_memory(). */
int store_reset(index_table *t);

#endif
