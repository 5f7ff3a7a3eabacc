/* cursor.h - SQLite's callbacks of a cursor (cursor.c); xColumn is cursor_columns.h's. */
#ifndef EXT_CURSOR_H
#define EXT_CURSOR_H

#include "search/search_table.h"

int vtab_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out);
int vtab_close(sqlite3_vtab_cursor *base);
int vtab_filter(sqlite3_vtab_cursor *base, int number, const char *text, int argc,
                sqlite3_value **argv);
int vtab_next(sqlite3_vtab_cursor *base);
int vtab_eof(sqlite3_vtab_cursor *base);
int vtab_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out);

/* Completes the searches of all open cursors: the tables are about to change. Of one object;
 * table_before_write() does it for all of a table. */
int cursors_materialize(index_table *t);
/* Something was rolled back: cursors over rolled-back state cannot go on. */
void cursors_lose(index_table *t);
/* Before any write: open searches are made independent of the tables. */
int table_before_write(index_table *t);

#endif
