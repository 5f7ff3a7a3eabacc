/* sync.h - the commands that bring a table up to date (sync.c). */
#ifndef EXT_SYNC_H
#define EXT_SYNC_H

#include "search/sync_batch.h"

/* The command 'sync': at most `max_rows` rows (negative: all), inside the caller's
 * transaction. */
int sync_command(index_table *t, sqlite3_int64 max_rows);
/* After the commit of a limited 'sync' that has left something: lets other connections
 * write before the next one. */
void sync_pause(index_table *t);
/* The command 'retry'. */
int sync_retry(index_table *t);

/* A batch of so many rows. */
batch_limit sync_limit_of(size_t rows);
/* Of a clock that never goes back. */
double sync_seconds(void);
void sync_sleep_ms(unsigned ms);

#endif
