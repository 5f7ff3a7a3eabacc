/* loaded.h - connections with the extension, for tests that check what SQL answers.
 *
 * The library is the first argument of the program, or that of the build. */
#ifndef BB_TEST_LOADED_H
#define BB_TEST_LOADED_H

#include <sqlite3.h>
#include <stdlib.h>

#include "check.h"

static char library[512];

/* Where a test may leave files. */
static inline const char *build_folder(void) {
  const char *build = getenv("BUILD");
  return build ? build : "build/release";
}

static inline void find_library(int argc, char **argv) {
  if (argc > 1) /* without a slash the loader looks elsewhere */
    snprintf(library, sizeof library, "%s%s", strchr(argv[1], '/') ? "" : "./", argv[1]);
  else
    snprintf(library, sizeof library, "%s/biobert.so", build_folder());
  setenv("BIOBERT_MODEL", "tests/golden/models/st_mean", 0);
}

/* Without them no test can go on. */
static inline void give_up(const char *why) {
  printf("FAILED: %s\n0 passed, 1 failed\n", why);
  fflush(stdout);
  exit(1);
}

/* vfs may be NULL. */
static inline sqlite3 *open_on(const char *uri, const char *vfs) {
  sqlite3 *made = NULL;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI;
  if (sqlite3_open_v2(uri, &made, flags, vfs) != SQLITE_OK) give_up(sqlite3_errmsg(made));
  sqlite3_enable_load_extension(made, 1);
  return made;
}

static inline sqlite3 *open_plain(const char *uri) {
  return open_on(uri, NULL);
}

static inline void load_library(sqlite3 *db) {
  char *message = NULL;
  if (sqlite3_load_extension(db, library, NULL, &message) != SQLITE_OK) give_up(message);
}

static inline sqlite3 *open_loaded(const char *uri) {
  sqlite3 *made = open_plain(uri);
  load_library(made);
  return made;
}

static inline int run(sqlite3 *db, const char *sql) {
  return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

#define RUN(db, sql)                                                                     \
  (run(db, sql) == SQLITE_OK                                                             \
       ? true                                                                            \
       : check_fail(__FILE__, __LINE__, "%s: %s", sql, sqlite3_errmsg(db)))

#endif
