/* replaced_vectors.h - the vectors that an UPDATE has replaced so far (replaced_vectors.c). */
#ifndef EXT_REPLACED_VECTORS_H
#define EXT_REPLACED_VECTORS_H

#include "search/document.h"

/* When a statement begins: forgets what the one before has replaced. */
void write_begin_statement(index_table *t);
/* Adds a document's vectors. */
int replaced_add(index_table *t, sqlite3_int64 id, const embedded *e);
bool replaced_has(const index_table *t, sqlite3_int64 id, biobert_str vector);

#endif
