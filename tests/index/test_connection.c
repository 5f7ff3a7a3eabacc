/* test_connection.c - what a program may set on its connection: limits, a shared cache
 * with uncommitted reads, an error log. */
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "loaded.h"
#include "random.h"

/* The rows of a query, as text: "1|a\n2|b\n"; or "error: ...". */
static const char *rows(sqlite3 *db, const char *sql) {
  static char text[2][8192];
  static int which;
  char *out = text[which++ % 2];
  size_t used = 0;
  sqlite3_stmt *s = NULL;
  out[0] = '\0';
  int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
  while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
    for (int i = 0; i < sqlite3_column_count(s) && used + 300 < sizeof text[0]; i++)
      used += (size_t)snprintf(out + used, 300, "%s%s",
                               (const char *)sqlite3_column_text(s, i),
                               i + 1 < sqlite3_column_count(s) ? "|" : "\n");
  int ended = sqlite3_finalize(s);
  if (rc != SQLITE_OK || ended != SQLITE_OK)
    snprintf(out, sizeof text[0], "error: %s", sqlite3_errmsg(db));
  return out;
}

#define CHECK_ROWS(db, sql, expected)                                                    \
  do {                                                                                   \
    const char *got_ = rows(db, sql);                                                    \
    if (strcmp(got_, expected) != 0)                                                     \
      check_fail(__FILE__, __LINE__, "%s: '%s', expected '%s'", sql, got_, expected);    \
  } while (0)

/* Refused, with the limit's name in the message. */
static void check_too_big(sqlite3 *db, const char *sql) {
  if (!CHECK_INT(run(db, sql), SQLITE_TOOBIG)) printf("   %s\n", sql);
  if (!CHECK(strstr(sqlite3_errmsg(db), "SQLITE_LIMIT_LENGTH")))
    printf("   %s\n", sqlite3_errmsg(db));
}

/* SQLITE_LIMIT_LENGTH ---------------------------------------------------------------- */

/* Below a block of vectors and a page of FTS5, above what these texts need. */
enum { SMALL_LIMIT = 2000, LARGE_LIMIT = 1000000 };

static void set_limit(sqlite3 *db, int limit) {
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, limit);
}

static void test_limit_of_a_sync(void) {
  sqlite3 *db = open_loaded(":memory:");
  check_begin("a sync whose blocks do not fit the limit fails, and loses nothing");
  RUN(db, "CREATE TABLE p(id INTEGER PRIMARY KEY, t TEXT);"
          "INSERT INTO p VALUES(1, 'aspirin'), (2, 'gene therapy'), (3, 'heart failure');"
          "CREATE VIRTUAL TABLE s USING biobert(t, content='p')");
  set_limit(db, SMALL_LIMIT);
  check_too_big(db, "INSERT INTO s(s) VALUES('sync')");
  CHECK(run(db, "SELECT * FROM biobert_sync('s')") != SQLITE_OK);
  CHECK(strstr(sqlite3_errmsg(db), "SQLITE_LIMIT_LENGTH") != NULL);
  set_limit(db, LARGE_LIMIT);
  CHECK_ROWS(db, "SELECT pending, passages FROM biobert_status('s')", "3|0\n");
  RUN(db, "INSERT INTO s(s) VALUES('sync')");
  CHECK_ROWS(db, "SELECT pending, passages FROM biobert_status('s')", "0|3\n");
  RUN(db, "INSERT INTO p VALUES(4, 'a vaccine')");
  set_limit(db, SMALL_LIMIT);
  check_too_big(db, "BEGIN; INSERT INTO s(s) VALUES('sync'); COMMIT");
  set_limit(db, LARGE_LIMIT);
  RUN(db, "COMMIT; INSERT INTO s(s) VALUES('integrity-check'); INSERT INTO s(s) "
          "VALUES('sync')");
  CHECK_ROWS(db, "SELECT pending, passages FROM biobert_status('s')", "0|4\n");
  RUN(db, "INSERT INTO s(s) VALUES('integrity-check')");
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void test_limit_of_a_row(void) {
  sqlite3 *db = open_loaded(":memory:");
  check_begin("a row whose block does not fit the limit is not half there");
  RUN(db, "CREATE VIRTUAL TABLE s USING biobert(t, search='semantic')");
  set_limit(db, SMALL_LIMIT);
  check_too_big(db, "BEGIN; INSERT INTO s(rowid, t) VALUES(1, 'aspirin')");
  CHECK_ROWS(db, "SELECT count(*) FROM s", "0\n");
  RUN(db, "COMMIT; INSERT INTO s(s) VALUES('integrity-check')");
  set_limit(db, LARGE_LIMIT);
  RUN(db, "INSERT INTO s(rowid, t) VALUES(1, 'aspirin'); BEGIN");
  set_limit(db, SMALL_LIMIT);
  check_too_big(db, "INSERT INTO s(rowid, t) VALUES(2, 'stroke')");
  check_too_big(db, "UPDATE s SET t = 'gene' WHERE rowid = 1");
  check_too_big(db, "DELETE FROM s");
  set_limit(db, LARGE_LIMIT);
  RUN(db, "COMMIT; INSERT INTO s(s) VALUES('integrity-check')");
  CHECK_ROWS(db, "SELECT rowid, t FROM s WHERE s MATCH 'aspirin'", "1|aspirin\n");
  check_begin("a limit that sinks before COMMIT stops it, and nothing is half there");
  RUN(db, "BEGIN; INSERT INTO s(rowid, t) VALUES(2, 'stroke')");
  set_limit(db, SMALL_LIMIT);
  CHECK_INT(run(db, "COMMIT"), SQLITE_TOOBIG);
  set_limit(db, LARGE_LIMIT);
  if (!sqlite3_get_autocommit(db)) RUN(db, "COMMIT");
  RUN(db, "INSERT INTO s(s) VALUES('integrity-check')");
  CHECK_ROWS(db, "SELECT pending, stale FROM biobert_status('s')", "0|0\n");
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void test_limit_of_a_text(void) {
  sqlite3 *db = open_loaded(":memory:");
  check_begin("a text that is too long when joined is one failure among other rows");
  RUN(db, "CREATE TABLE p(id INTEGER PRIMARY KEY, a TEXT, b TEXT);"
          "INSERT INTO p VALUES(1, 'aspirin', 'stroke'),"
          "(2, hex(randomblob(15000)), hex(randomblob(15000))), (3, 'gene', 'therapy');"
          "CREATE VIRTUAL TABLE s USING biobert(a, b, content='p', search='lexical')");
  set_limit(db, 50000);
  RUN(db, "INSERT INTO s(s) VALUES('sync')");
  CHECK_ROWS(db,
             "SELECT rowid, message LIKE '%60001 bytes%SQLITE_LIMIT_LENGTH%50000' FROM "
             "biobert_failures('s')",
             "2|1\n");
  set_limit(db, LARGE_LIMIT);
  RUN(db, "INSERT INTO s(s) VALUES('sync'); INSERT INTO s(s) VALUES('integrity-check')");
  CHECK_ROWS(db, "SELECT pending, stale, failed FROM biobert_status('s')", "0|0|0\n");
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

/* A shared cache --------------------------------------------------------------------- */

static const char search_sql[] =
    "SELECT rowid, round(distance, 4) FROM s WHERE s MATCH biobert_vector('[1,0.5]')";

static void write_something(sqlite3 *db) {
  char sql[256];
  int id = 1 + (int)random_below(12), x = (int)random_below(100);
  if (random_below(4) == 0)
    snprintf(sql, sizeof sql, "DELETE FROM s WHERE rowid = %d", id);
  else
    snprintf(sql, sizeof sql,
             "REPLACE INTO s(rowid, t, vector) VALUES(%d, 'gene', biobert_vector("
             "'[%d.0, 7.5]'))",
             id, x);
  RUN(db, sql);
}

/* What a reader gets meanwhile is of some state, or SQLITE_LOCKED; never damage. */
static void read_meanwhile(sqlite3 *db) {
  const char *got = rows(db, search_sql);
  bool locked = (sqlite3_errcode(db) & 0xFF) == SQLITE_LOCKED;
  if (strncmp(got, "error", 5) == 0 && !CHECK(locked)) printf("   %s\n", got);
}

static void test_shared_cache(void) {
  static const char name[] = "file:shared?mode=memory&cache=shared";
  sqlite3 *writer = open_loaded(name), *reader = open_loaded(name);
  check_begin("a reader of uncommitted data keeps nothing that was rolled back");
  RUN(writer, "CREATE VIRTUAL TABLE s USING biobert(t, search='semantic');"
              "INSERT INTO s(rowid, t, vector) VALUES(1, 'a', biobert_vector('[1,0]')), "
              "(2, 'b', biobert_vector('[0,1]'))");
  RUN(reader, "PRAGMA read_uncommitted = 1");
  for (int i = 0; i < 3; i++) CHECK_ROWS(reader, search_sql, rows(writer, search_sql));
  RUN(writer, "BEGIN; INSERT INTO s(rowid, t, vector) VALUES(3, 'c', "
              "biobert_vector('[1,0.5]')); SELECT * FROM s(biobert_vector('[1,0]'))");
  for (int i = 0; i < 3; i++) read_meanwhile(reader);
  RUN(writer, "ROLLBACK");
  CHECK_ROWS(reader, search_sql, "1|0.1056\n2|0.5528\n");
  check_begin("nor what a transaction changed after it was read");
  for (int i = 0; i < 60; i++) {
    check_context("round %d", i);
    RUN(writer, "BEGIN");
    for (int writes = 0; writes < 1 + i % 4; writes++) {
      write_something(writer);
      if (i % 3) read_meanwhile(reader);
      if (i % 5 == 0) rows(writer, search_sql);
      read_meanwhile(reader);
    }
    RUN(writer, i % 4 == 3 ? "ROLLBACK" : "COMMIT");
    CHECK_ROWS(reader, search_sql, rows(writer, search_sql));
  }
  RUN(writer, "INSERT INTO s(s) VALUES('integrity-check')");
  CHECK_INT(sqlite3_close(reader), SQLITE_OK);
  CHECK_INT(sqlite3_close(writer), SQLITE_OK);
}

/* The error log ---------------------------------------------------------------------- */

static char logged[1024];

static void write_log(void *unused, int code, const char *message) {
  (void)unused;
  if (!logged[0]) snprintf(logged, sizeof logged, "%d: %s", code, message);
}

static void test_log(void) {
  static const char *const statements[] = {
      "CREATE TABLE p(id INTEGER PRIMARY KEY, t TEXT, y INT)",
      "INSERT INTO p VALUES(1, 'aspirin', 1), (2, 'gene therapy', 2), (3, NULL, 3)",
      "CREATE VIEW w AS SELECT id, t, y FROM p",
      "CREATE VIRTUAL TABLE s USING biobert(t, y UNINDEXED, content='p')",
      "CREATE VIRTUAL TABLE sw USING biobert(t, content='w', content_rowid='id')",
      "CREATE VIRTUAL TABLE semantic USING biobert(t, content='p', search='semantic')",
      "CREATE VIRTUAL TABLE own USING biobert(t, y UNINDEXED)",
      "CREATE VIRTUAL TABLE temp.tt USING biobert(t)",
      "ATTACH ':memory:' AS other",
      "CREATE VIRTUAL TABLE other.\"o.o\" USING biobert(t)",
      "INSERT INTO own(t) VALUES('aspirin')",
      "INSERT INTO tt(t) VALUES('aspirin')",
      "SELECT * FROM biobert_sync('s')",
      "SELECT * FROM biobert_sync('main.sw')",
      "SELECT * FROM biobert_sync('semantic')",
      "INSERT INTO s(s) VALUES('sync')",
      "SELECT * FROM biobert_status('s')",
      "SELECT * FROM biobert_status('main.s')",
      "SELECT * FROM biobert_status('own')",
      "SELECT * FROM biobert_status('temp.tt')",
      "SELECT * FROM biobert_status('tt')",
      "SELECT * FROM biobert_status('o.o')",
      "SELECT * FROM biobert_status('other.o.o')",
      "SELECT * FROM biobert_failures('s')",
      "SELECT * FROM biobert_failures('own')",
      "SELECT * FROM s('aspirin')",
      "SELECT * FROM s WHERE s MATCH 'aspirin' AND y > 0 AND mode = 'lexical'",
      "SELECT passage, document, vector FROM semantic('aspirin')",
      "SELECT * FROM sw('gene') WHERE words MATCH 'therapy'",
      "UPDATE own SET y = 5",
      "UPDATE own SET t = 'stroke'",
      "INSERT INTO s(s) VALUES('optimize')",
      "INSERT INTO s(s) VALUES('rebuild')",
      "INSERT INTO s(s) VALUES('integrity-check')",
      "ALTER TABLE own RENAME TO renamed",
      "DELETE FROM renamed",
      "DROP TABLE s",
      "DROP TABLE other.\"o.o\"",
      "VACUUM",
  };
  sqlite3 *db = open_loaded(":memory:");
  check_begin("nothing that succeeds writes a line into the error log");
  for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
    logged[0] = '\0';
    RUN(db, statements[i]);
    if (logged[0]) check_fail(__FILE__, __LINE__, "%s: %s", statements[i], logged);
  }
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

int main(int argc, char **argv) {
  find_library(argc, argv);
  sqlite3_config(SQLITE_CONFIG_LOG, write_log, NULL);
  test_limit_of_a_sync();
  test_limit_of_a_row();
  test_limit_of_a_text();
  test_shared_cache();
  test_log();
  return check_report();
}
