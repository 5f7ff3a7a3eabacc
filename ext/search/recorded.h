/* recorded.h - the parts of recorded.c that the writing of chunks needs; vtab.h declares
 * the others. */
#ifndef EXT_RECORDED_H
#define EXT_RECORDED_H

#include "search/vtab.h"

/* Records a new epoch: before the first change of a transaction. *counter: of it. */
int recorded_new_epoch(index_table *t, uint64_t *counter);
/* Adds to the number of live vectors. Without that number a chunk could be missing and
 * nothing would show it. */
int recorded_add_vectors(index_table *t, sqlite3_int64 more);

#endif
