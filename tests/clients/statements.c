/* statements.so: an LD_PRELOAD that writes each statement that a program gives to SQLite,
 * and how it ended, to the file that STATEMENTS names. So a program with windows only can
 * be tested by what it does: one line is the result code, its message where it is an
 * error, and the SQL. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

typedef int prepare_fn(sqlite3 *, const char *, int, sqlite3_stmt **, const char **);
typedef int step_fn(sqlite3_stmt *);

static void write_line(int rc, sqlite3 *db, const char *sql) {
  const char *path = getenv("STATEMENTS");
  FILE *file = path ? fopen(path, "a") : NULL;
  if (!file) return;
  int failed = rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE;
  fprintf(file, "%d %s| ", rc, failed ? sqlite3_errmsg(db) : "");
  for (; sql && *sql; sql++) fputc(*sql == '\n' ? ' ' : *sql, file);
  fputc('\n', file);
  fclose(file);
}

int sqlite3_prepare_v2(sqlite3 *db, const char *sql, int size, sqlite3_stmt **out,
                       const char **tail) {
  prepare_fn *prepare = (prepare_fn *)dlsym(RTLD_NEXT, "sqlite3_prepare_v2");
  int rc = prepare(db, sql, size, out, tail);
  if (rc != SQLITE_OK) write_line(rc, db, sql);
  return rc;
}

/* Rows are not written, their end is. */
int sqlite3_step(sqlite3_stmt *statement) {
  step_fn *step = (step_fn *)dlsym(RTLD_NEXT, "sqlite3_step");
  int rc = step(statement);
  if (statement && rc != SQLITE_ROW)
    write_line(rc, sqlite3_db_handle(statement), sqlite3_sql(statement));
  return rc;
}
