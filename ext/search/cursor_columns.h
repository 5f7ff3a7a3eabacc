/* cursor_columns.h - values of the current row (cursor_columns.c). */
#ifndef EXT_CURSOR_COLUMNS_H
#define EXT_CURSOR_COLUMNS_H

#include "search/cursor_state.h"

/* xColumn. */
int vtab_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column);

#endif
