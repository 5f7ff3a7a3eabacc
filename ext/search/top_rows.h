/* top_rows.h - `rowid = x` together with k (top_rows.c). */
#ifndef EXT_TOP_ROWS_H
#define EXT_TOP_ROWS_H

#include "search/request.h"

/* Shows the row x if it is among the k rows of c->search, or none. text: of the plan. */
int cursor_find_among_top(search_cursor *c, const plan *p, const char *text,
                          sqlite3_value **values, const asked *a);

#endif
