/* row_filter.h - which rows of a ranking count (row_filter.c). */
#ifndef EXT_ROW_FILTER_H
#define EXT_ROW_FILTER_H

#include "search/plan.h"

typedef struct row_filter row_filter;

/* values: what the plan's arguments are bound to. keys: `rowid = x` is a condition like
 * the others; else it is left out. */
int filter_new(index_table *t, const plan *p, sqlite3_value **values, bool keys,
               row_filter **out);
/* The comparisons that are left to SQLite, as it will most likely make them: for
 * counting. *out NULL: there are none. */
int filter_new_open(index_table *t, const plan *p, sqlite3_value **values,
                    row_filter **out);
void filter_free(row_filter *f);
/* One more condition: words, in FTS5's syntax, that must or must not occur. */
int filter_add_words(row_filter *f, const char *expression, bool excluded);
int filter_accepts(row_filter *f, sqlite3_int64 id, bool *accepts);
/* Sorted keys among which every accepted one is, if at most `max` are known; else NULL.
 */
const sqlite3_int64 *filter_few(const row_filter *f, size_t max, size_t *count);

#endif
