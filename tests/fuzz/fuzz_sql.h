/* fuzz_sql.h - for fuzz targets whose input is a program of SQL statements: the bytes it
 * is made from, connections that have the extension, and statements that must end.
 *
 * With FUZZ_TRACE=1 every statement is printed before it runs, and its error.
 */
#ifndef BB_TEST_FUZZ_SQL_H
#define BB_TEST_FUZZ_SQL_H

#include <math.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "biobert_sqlite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes ------------------------------------------------------------------------------ */

/* What is left of the input; after its end every byte is 0. */
typedef struct reader {
  const uint8_t *at, *end;
} reader;

static inline uint8_t next_byte(reader *r) {
  return r->at < r->end ? *r->at++ : 0;
}

static inline size_t next_below(reader *r, size_t n) {
  return next_byte(r) % n;
}

/* Connections ------------------------------------------------------------------------ */

enum {
  SQL_HEAP_BYTES = 256 << 20, /* far more than an index of this size needs: who asks for
                                 more has believed a number in the file */
  SQL_FILE_PAGES = 16384,     /* the same for the file, of 4096 bytes each */
  SQL_TICK_STEPS = 1000,
  SQL_MAX_TICKS = 100000, /* a hundred million steps of SQLite's machine: no statement
                             here takes a hundredth of that, and its questions whether
                             to go on not a tenth, however slow the machine is */
  SQL_MAX_ROWS = 20000,
};

static const struct sqlite3_api_routines *sql_api;
static int sql_ticks;
static const char *sql_now = "";

static inline void sql_wrong(sqlite3 *db, const char *what) {
  fprintf(stderr, "%s\nstatement: %s\n%d: %s\n", what, sql_now,
          db ? sqlite3_extended_errcode(db) : 0, db ? sqlite3_errmsg(db) : "");
  abort();
}

static inline int sql_keep_api(sqlite3 *db, char **message,
                               const struct sqlite3_api_routines *api) {
  (void)db;
  (void)message;
  sql_api = api;
  return SQLITE_OK;
}

/* Where a sanitizer watches every allocation, SQLite's own are most of the time: pages
 * and small pieces come from a store. What the extension allocates does not. */
static inline void sql_set_store(void) {
  enum { PAGE_BYTES = 4096 + 512, PAGES = 4096, PIECE_BYTES = 512, PIECES = 1000 };
  static _Alignas(8) char pages[PAGES * PAGE_BYTES];
  sqlite3_config(SQLITE_CONFIG_PAGECACHE, pages, PAGE_BYTES, PAGES);
  sqlite3_config(SQLITE_CONFIG_LOOKASIDE, PIECE_BYTES, PIECES);
}

/* The extension is linked in. Not every connection here is to have it, and only SQLite
 * knows the table of functions that it is given. */
static inline void sql_set_up(void) {
  sqlite3 *db = NULL;
  int (*keep)(sqlite3 *, char **, const struct sqlite3_api_routines *) = sql_keep_api;
  setenv("BIOBERT_MODEL", "tests/golden/models/st_mean", 0);
  sql_set_store();
  sqlite3_auto_extension((void (*)(void))keep);
  if (sqlite3_open(":memory:", &db) != SQLITE_OK) abort();
  sqlite3_close(db);
  sqlite3_cancel_auto_extension((void (*)(void))keep);
  sqlite3_hard_heap_limit64(SQL_HEAP_BYTES);
}

static inline int sql_tick(void *unused) {
  (void)unused;
  if (++sql_ticks > SQL_MAX_TICKS) sql_wrong(NULL, "a statement does not end");
  return 0;
}

static inline sqlite3 *sql_open(const char *name, bool extension) {
  sqlite3 *db = NULL;
  char *message = NULL;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI;
  if (sqlite3_open_v2(name, &db, flags, NULL) != SQLITE_OK) sql_wrong(db, "no database");
  sqlite3_progress_handler(db, SQL_TICK_STEPS, sql_tick, NULL);
  if (extension && sqlite3_biobert_init(db, &message, sql_api) != SQLITE_OK)
    sql_wrong(db, "no extension");
  return db;
}

static inline void sql_close(sqlite3 *db) {
  sql_now = "close";
  if (sqlite3_close(db) != SQLITE_OK) sql_wrong(db, "the connection cannot be closed");
}

static inline void sql_copy(sqlite3 *from, sqlite3 *to) {
  sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
  if (!b || sqlite3_backup_step(b, -1) != SQLITE_DONE) sql_wrong(to, "no copy");
  sqlite3_backup_finish(b);
}

/* Statements ------------------------------------------------------------------------- */

/* Of a target that loads models, which may not be there. */
static bool sql_opens_models;

/* Codes that a statement over a damaged index may end with. No NOMEM, FULL or INTERRUPT:
 * there is enough of everything, and nothing interrupts. */
static inline bool sql_may_be(int code) {
  switch (code & 0xFF) {
  case SQLITE_OK:
  case SQLITE_ERROR:
  case SQLITE_CORRUPT:
  case SQLITE_CONSTRAINT:
  case SQLITE_MISMATCH:
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_ABORT:
  case SQLITE_TOOBIG:
  case SQLITE_SCHEMA:
    return true;
  case SQLITE_CANTOPEN:
    return sql_opens_models;
  default:
    return false;
  }
}

static inline void sql_check_code(sqlite3 *db, int code) {
  if (code != SQLITE_OK && getenv("FUZZ_TRACE"))
    fprintf(stderr, "  %d: %s\n", code, sqlite3_errmsg(db));
  if (!sql_may_be(code)) sql_wrong(db, "a code that it must not end with");
  /* What SQLite says of an error that nobody has said anything of. */
  const char *message = sqlite3_errmsg(db);
  if (code != SQLITE_OK &&
      (!*message || strcmp(message, sqlite3_errstr(SQLITE_ERROR)) == 0))
    sql_wrong(db, "an error without a word");
}

static inline void sql_begin(const char *sql) {
  sql_now = sql;
  sql_ticks = 0;
  if (getenv("FUZZ_TRACE")) fprintf(stderr, "%s\n", sql);
}

/* No number that is none comes out of a search. */
static inline void sql_check_row(sqlite3_stmt *s) {
  for (int i = 0; i < sqlite3_column_count(s); i++) {
    if (sqlite3_column_type(s, i) == SQLITE_FLOAT &&
        !isfinite(sqlite3_column_double(s, i)))
      sql_wrong(sqlite3_db_handle(s), "a number that is not finite");
    if (strcmp(sqlite3_column_name(s, i), "vector") != 0 ||
        sqlite3_column_type(s, i) != SQLITE_BLOB)
      continue;
    const char *bytes = sqlite3_column_blob(s, i);
    for (int at = 0; at + 4 <= sqlite3_column_bytes(s, i); at += 4) {
      float value;
      memcpy(&value, bytes + at, sizeof value);
      if (!isfinite(value))
        sql_wrong(sqlite3_db_handle(s), "a vector that is not finite");
    }
  }
}

/* At most so many rows of a statement; its code is checked. True: there are more. */
static inline bool sql_step(sqlite3_stmt *s, int max) {
  int rc = SQLITE_ROW;
  for (int rows = 0; rows < max; rows++) {
    rc = sqlite3_step(s);
    if (rc != SQLITE_ROW) break;
    sql_check_row(s);
    if (rows + 1 == SQL_MAX_ROWS) sql_wrong(sqlite3_db_handle(s), "rows without end");
  }
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) sql_check_code(sqlite3_db_handle(s), rc);
  return rc == SQLITE_ROW;
}

/* Without parameters; the code is checked and returned. */
static inline int sql_run(sqlite3 *db, const char *sql) {
  sqlite3_stmt *s = NULL;
  sql_begin(sql);
  int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
  sql_check_code(db, rc);
  if (!s) return rc;
  sql_step(s, SQL_MAX_ROWS);
  rc = sqlite3_finalize(s);
  return rc;
}

static inline sqlite3_int64 sql_number(sqlite3 *db, const char *sql) {
  sqlite3_stmt *s = NULL;
  sqlite3_int64 number = 0;
  sql_begin(sql);
  if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK) sql_wrong(db, "no answer");
  if (sqlite3_step(s) == SQLITE_ROW) number = sqlite3_column_int64(s, 0);
  if (sqlite3_finalize(s) != SQLITE_OK) sql_wrong(db, "no answer");
  return number;
}

#endif
