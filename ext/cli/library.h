/* library.h - the file that a command works on, with the extension linked in. */
#ifndef EXT_CLI_LIBRARY_H
#define EXT_CLI_LIBRARY_H

#include "cli/command.h"

typedef enum database_use { DATABASE_READ, DATABASE_WRITE, DATABASE_MAKE } database_use;

typedef struct database {
  sqlite3 *db;
  const char *path;
  output *print_sql; /* where statements are printed, or NULL */
  sqlite3 *outer;    /* what Ctrl-C interrupted before, and does again afterwards */
} database;

/* False, and said with the next step: there is no such file, it is no SQLite database, or
 * cannot be written. From then on Ctrl-C interrupts this connection. */
bool database_open(database *d, cli *c, const char *path, database_use use);
/* Whether there is a file of this name, and one that can be no library. */
bool path_exists(const char *path);
bool path_is_no_library(const char *path);
/* A connection with no file: for what needs none. */
bool database_open_memory(database *d, cli *c);
void database_close(database *d);

/* False, and said: what is wrong with the statement; in which %w and %Q quote. */
bool database_prepare(database *d, sqlite3_stmt **out, const char *format, ...);
/* sqlite3_step(); the statement is printed first where --sql asks for it. */
int database_step(database *d, sqlite3_stmt *s);
/* Runs a statement without rows. */
bool database_run(database *d, const char *format, ...);
/* Runs each statement of a text; a parameter :path, where there is one, is `path`. */
bool database_run_text(database *d, const char *text, const char *path);
/* The text of a file of sql/ that the program has in it. */
const char *database_sql(const char *path);
/* The integer that a query answers first; `absent` without one. */
int64_t database_integer(database *d, int64_t absent, const char *format, ...);

/* Says what went wrong, with the next step. */
void database_complain(database *d, int code);
/* Whether Ctrl-C was typed. */
bool database_was_interrupted(void);

#endif
