/* recorded.h - what is recorded of the vectors (recorded.c). The epoch tells states of the
 * vectors apart: what was computed of one is valid as long as its epoch is recorded. */
#ifndef EXT_RECORDED_H
#define EXT_RECORDED_H

#include "search/search_table.h"

/* The epoch as it is recorded now. */
int recorded_epoch(index_table *t, unsigned char epoch[16]);
/* Records a new epoch: before the first change of a transaction. *counter: of it. */
int recorded_new_epoch(index_table *t, uint64_t *counter);
/* t->dimension as it is recorded; where nothing is, `wanted` (0: none) is recorded. */
int recorded_dimension(index_table *t, size_t wanted);
/* Records what the model that makes the vectors compares them by (NULL: it does not say),
 * before the first is written. Counts where the option distance is not given. */
int recorded_put_distance(index_table *t, const char *distance);
/* Before any write: an error if what it writes does not fit the connection's
 * SQLITE_LIMIT_LENGTH. dimension 0: there are no vectors yet. */
int recorded_check_size(index_table *t, size_t dimension);
/* The number of live vectors that is recorded. */
int recorded_vectors(index_table *t, sqlite3_int64 *out);
/* Adds to the number of live vectors. Without that number a chunk could be missing and
 * nothing would show it. */
int recorded_add_vectors(index_table *t, sqlite3_int64 more);

#endif
