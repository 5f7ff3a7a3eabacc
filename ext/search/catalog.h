/* catalog.h - what SQLite knows of modules and of a schema's tables (catalog.c). */
#ifndef EXT_CATALOG_H
#define EXT_CATALOG_H

#include "search/search_table.h"

/* Whether the connection has a module of this name. */
int catalog_has_module(sqlite3 *db, const char *name, bool *has);
/* Prepares a query of the schema's own table (the format of `select` takes the schema's
 * name), binds the name of a shadow table as ?1, and takes the first step, whose code is
 * *step. The caller finalizes *s, after an error too. */
int catalog_ask(index_table *t, const char *select, const char *suffix, sqlite3_stmt **s,
                int *step);

#endif
