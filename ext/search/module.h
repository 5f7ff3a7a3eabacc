/* module.h - the module `biobert` (module.c), the highest file of the search table. */
#ifndef EXT_MODULE_H
#define EXT_MODULE_H

#include "search/open_tables.h"

int module_register(sqlite3 *db, open_tables *open);

#endif
