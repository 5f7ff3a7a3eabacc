/* whole_state.h - every row of every shadow table, FTS5's too, and what the index answers:
 * to see that a statement has changed nothing. */
#ifndef BB_TEST_WHOLE_STATE_H
#define BB_TEST_WHOLE_STATE_H

#include "loaded.h"

/* Appends the rows of a query, or its error. */
static inline void add_rows(sqlite3 *db, const char *sql, sqlite3_str *out) {
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
  sqlite3_str_appendf(out, "%s\n", sql);
  while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
    for (int i = 0; i < sqlite3_column_count(s); i++) {
      if (sqlite3_column_type(s, i) != SQLITE_BLOB) {
        const char *text = (const char *)sqlite3_column_text(s, i);
        sqlite3_str_appendf(out, " %Q", text);
        continue;
      }
      const unsigned char *blob = sqlite3_column_blob(s, i);
      for (int at = 0; at < sqlite3_column_bytes(s, i); at++)
        sqlite3_str_appendf(out, "%s%02x", at ? "" : " ", blob[at]);
    }
    sqlite3_str_appendchar(out, 1, '\n');
  }
  int ended = sqlite3_finalize(s);
  if (rc != SQLITE_OK || ended != SQLITE_OK)
    sqlite3_str_appendf(out, " error: %s\n", sqlite3_errmsg(db));
}

static const char *const questions[] = {
    "SELECT rowid, *, vector, document FROM s",
    "SELECT rowid, distance FROM s WHERE s MATCH biobert_vector('[1,0,0,0]')",
    "SELECT rowid, bm25 FROM s WHERE words MATCH 'aspirin OR gene' ORDER BY rowid",
    "SELECT rows, pending, stale, empty, failed, passages FROM biobert_status('s')",
};
enum { QUESTIONS = sizeof questions / sizeof questions[0] };

static inline char *answers(sqlite3 *db) {
  sqlite3_str *out = sqlite3_str_new(NULL);
  for (int i = 0; i < QUESTIONS; i++) add_rows(db, questions[i], out);
  return sqlite3_str_finish(out);
}

/* Everything. What is still in memory is written first: a savepoint does that. */
static inline char *dump(sqlite3 *db) {
  sqlite3_stmt *s = NULL;
  sqlite3_str *out = sqlite3_str_new(NULL);
  RUN(db, "SAVEPOINT written; RELEASE written");
  sqlite3_prepare_v2(db,
                     "SELECT printf('SELECT * FROM %w', name) FROM sqlite_master WHERE "
                     "type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name",
                     -1, &s, NULL);
  while (sqlite3_step(s) == SQLITE_ROW)
    add_rows(db, (const char *)sqlite3_column_text(s, 0), out);
  sqlite3_finalize(s);
  sqlite3_str_appendf(out, "%z", answers(db));
  return sqlite3_str_finish(out);
}

/* Shows the first line that differs. Frees both. */
static inline bool check_same(char *now, char *then) {
  size_t at = 0, line = 0;
  bool same = strcmp(now, then) == 0;
  while (!same && now[at] == then[at]) {
    if (now[at] == '\n') line = at + 1;
    at++;
  }
  if (!same)
    check_fail(__FILE__, __LINE__, "'%.120s' became '%.120s'", then + line, now + line);
  sqlite3_free(now);
  sqlite3_free(then);
  return same;
}

/* The index is sound, outside a transaction. */
static inline void check_sound(sqlite3 *db) {
  RUN(db, "INSERT INTO s(s) VALUES('integrity-check')");
}

#endif
