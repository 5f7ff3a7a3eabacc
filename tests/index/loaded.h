/* loaded.h - a connection with the extension, for tests that check what SQL answers. */
#ifndef BB_TEST_LOADED_H
#define BB_TEST_LOADED_H

#include <sqlite3.h>
#include <stdlib.h>

#include "check.h"

/* vfs may be NULL. Ends the program where the extension cannot be loaded. */
static inline sqlite3 *open_loaded(const char *library, const char *uri,
                                   const char *vfs) {
  sqlite3 *made = NULL;
  char *message = NULL;
  sqlite3_open_v2(uri, &made,
                  SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI, vfs);
  sqlite3_enable_load_extension(made, 1);
  if (sqlite3_load_extension(made, library, NULL, &message) == SQLITE_OK) return made;
  printf("FAILED: %s\n0 passed, 1 failed\n", message);
  exit(1);
}

static inline int run(sqlite3 *db, const char *sql) {
  return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

#define RUN(db, sql)                                                                     \
  (run(db, sql) == SQLITE_OK                                                             \
       ? true                                                                            \
       : check_fail(__FILE__, __LINE__, "%s: %s", sql, sqlite3_errmsg(db)))

#endif
