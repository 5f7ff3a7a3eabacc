/* write_rows.h - one row is inserted, updated or deleted (write_rows.c). */
#ifndef EXT_WRITE_ROWS_H
#define EXT_WRITE_ROWS_H

#include "search/update.h"

int write_delete_row(index_table *t, sqlite3_int64 id);
int write_insert_row(update *u, sqlite3_int64 *rowid);
int write_update_row(update *u, sqlite3_int64 *rowid);

#endif
