/* database.h - a database with the extension, and what is in it. */
#ifndef BB_FAULT_DATABASE_H
#define BB_FAULT_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>

/* Opens the database of the test; NULL with *rc and the message in `error`. */
sqlite3 *database_open(int *rc, char error[256]);
/* Loads the extension; a result code. */
int database_load(sqlite3 *db, char error[256]);
void database_set_library(const char *path);

/* All that a user can see: the schema, tables, and of each index its rows, vectors,
 * counts, failures and hits. Freed with sqlite3_free(). */
char *database_state(sqlite3 *db);
/* What is wrong with it: SQLite's check and the index's own; NULL: nothing. Freed with
 * sqlite3_free(). */
char *database_problem(sqlite3 *db);
/* Syncs all indexes. What is wrong afterwards: an error, work left, or a vector that is
 * not its text's. As above. */
char *database_sync_problem(sqlite3 *db);
/* A statement that was begun and not ended, or NULL. */
const char *database_busy_statement(sqlite3 *db);

#endif
