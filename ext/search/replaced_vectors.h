/* replaced_vectors.h - the vectors that an UPDATE has replaced so far (replaced_vectors.c). */
#ifndef EXT_REPLACED_VECTORS_H
#define EXT_REPLACED_VECTORS_H

#include "search/document.h"

/* A statement begins: what the one before it has replaced is no matter of its own. */
void write_begin_statement(index_table *t);
/* Adds a document's vectors. */
int replaced_add(index_table *t, sqlite3_int64 id, const embedded *e);
bool replaced_has(const index_table *t, sqlite3_int64 id, biobert_str vector);

#endif
