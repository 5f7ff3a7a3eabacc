/* queue.h - the option queue=, the table of changed rows (queue.c). */
#ifndef EXT_QUEUE_H
#define EXT_QUEUE_H

#include "search/search_table.h"

/* Whether the queue is there and serves this table alone; an error says what to do. Also
 * without a queue. creating: the table is the newest, whatever its place in the schema.
 */
int queue_check(index_table *t, bool creating);
/* False: there is one, in another schema than the search table. */
int queue_is_beside(const index_table *t, bool *is);
/* A statement for the keys in the queue, each once. */
int queue_prepare(index_table *t, sqlite3_stmt **out);
/* The same for taking out the key ?1. */
int queue_prepare_remove(index_table *t, sqlite3_stmt **out);
/* Takes the write lock of the queue's file, before anything is read from there. */
int queue_lock(index_table *t);

#endif
