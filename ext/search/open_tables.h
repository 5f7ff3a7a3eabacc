/* open_tables.h - the search tables of a connection (open_tables.c), and one of them by its
 * name. Counted: the module, each table and each table-valued function own it. */
#ifndef EXT_OPEN_TABLES_H
#define EXT_OPEN_TABLES_H

#include "search/search_table.h"

/* Shared by the module, its tables and its table-valued functions. */
typedef struct open_tables {
  int owners;
  connection *connection; /* owned */
  sqlite3 *db;
  index_table *first;       /* the newest; then by ->next. Several may be of one table */
  struct sync_batch *batch; /* that biobert_sync() is about to write, for the command */
} open_tables;

open_tables *open_tables_new(connection *c);
open_tables *open_tables_share(open_tables *o);
void open_tables_release(void *o); /* the form that SQLite's destructors have */
void open_tables_add(open_tables *o, index_table *t);
void open_tables_remove(open_tables *o, index_table *t);
/* The open table of a name, "table" or "schema.table"; open until *holder is finalized.
 * SQLITE_ERROR: there is none; another code is why SQLite could not look. */
int open_tables_find(const open_tables *o, const char *name, index_table **out,
                     sqlite3_stmt **holder, biobert_error *err);
/* The table that has just been opened by preparing a statement on it: NULL where it is no
 * search table. *holder as above, *code as SQLite has it. */
index_table *open_tables_hold(const open_tables *o, const char *schema, const char *name,
                              sqlite3_stmt **holder, int *code);
/* Whether a code of these is why SQLite could not look, and not that there is no such
 * table; the error that it is. */
bool open_tables_failed(int code);
biobert_status open_tables_fail(const open_tables *o, int code, biobert_error *err);
/* Names are compared as SQLite compares them. */
bool table_is_named(const index_table *t, const char *schema, const char *name);
/* Another object of t's table, from `o` on in the list of open ones, or NULL. */
index_table *table_other(const index_table *t, index_table *o);
#define FOR_EACH_OTHER(t, o)                                                             \
  for (index_table *o = table_other(t, (t)->open->first); o; o = table_other(t, o->next))

#endif
