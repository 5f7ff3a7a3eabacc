/* write.h - xUpdate (write.c). */
#ifndef EXT_WRITE_H
#define EXT_WRITE_H

#include "search/search_table.h"

int vtab_update(sqlite3_vtab *base, int argc, sqlite3_value **argv, sqlite3_int64 *rowid);

#endif
