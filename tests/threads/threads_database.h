/* threads_database.h - connections with the extension loaded, for tests that have several. */
#ifndef BB_TEST_DATABASE_H
#define BB_TEST_DATABASE_H

#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "loaded.h"

#define TEST_MODELS "tests/golden/models/"

/* So many rounds, or what the variable says. */
static inline long rounds_of(const char *variable, long usual) {
  const char *given = getenv(variable);
  return given && *given ? atol(given) : usual;
}

/* The database and what SQLite puts beside it. */
static inline void remove_database(const char *path) {
  static const char *const beside[] = {"", "-wal", "-shm", "-journal"};
  char file[1024];
  for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
    snprintf(file, sizeof file, "%s%s", path, beside[i]);
    unlink(file);
  }
}

static inline bool must_run(sqlite3 *db, const char *sql) {
  bool held = CHECK_INT(run(db, sql), SQLITE_OK);
  if (!held) printf("   %s: %s\n", sqlite3_errmsg(db), sql);
  return held;
}

/* The first value of the first row; -1 where there is none. */
static inline long long number(sqlite3 *db, const char *sql) {
  sqlite3_stmt *s = NULL;
  long long n = -1;
  if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK &&
      sqlite3_step(s) == SQLITE_ROW)
    n = sqlite3_column_int64(s, 0);
  if (!CHECK_INT(sqlite3_finalize(s), SQLITE_OK))
    printf("   %s: %s\n", sqlite3_errmsg(db), sql);
  return n;
}

/* Answers ---------------------------------------------------------------------------- */

enum { NO_ANSWER = 0 };

/* FNV-1a. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count) {
  const unsigned char *at = bytes;
  for (size_t i = 0; i < count; i++) hash = (hash ^ at[i]) * 0x100000001B3u;
  return hash;
}

static inline uint64_t hash_row(uint64_t hash, sqlite3_stmt *s) {
  for (int i = 0; i < sqlite3_column_count(s); i++) {
    int type = sqlite3_column_type(s, i), bytes = sqlite3_column_bytes(s, i);
    hash = hash_bytes(hash, &type, sizeof type);
    hash = hash_bytes(hash, &bytes, sizeof bytes);
    if (bytes) hash = hash_bytes(hash, sqlite3_column_blob(s, i), (size_t)bytes);
  }
  return hash;
}

/* Runs statements as sqlite3_exec() does; *answer: a hash of all rows, in their order. */
static inline int run_hashed(sqlite3 *db, const char *sql, uint64_t *answer) {
  int rc = SQLITE_OK;
  *answer = 0xCBF29CE484222325u;
  while (rc == SQLITE_OK && *sql) {
    sqlite3_stmt *s = NULL;
    rc = sqlite3_prepare_v2(db, sql, -1, &s, &sql);
    while (rc == SQLITE_OK && s && sqlite3_step(s) == SQLITE_ROW)
      *answer = hash_row(*answer, s);
    if (rc == SQLITE_OK) rc = sqlite3_finalize(s);
  }
  return rc;
}

#endif
