/* test_open_searches.c - a search or a sync that is open while its tables change: by the
 * same connection, by another one, by a rollback. */
#include <unistd.h>

#include "loaded.h"

static char path[640];

enum { ROWS = 300 };

/* A file with the index s of ROWS rows, in WAL mode, so that two connections may have it
 * open. */
static sqlite3 *open_new(void) {
  unlink(path);
  sqlite3 *db = open_loaded(path);
  RUN(db, "PRAGMA journal_mode = wal; PRAGMA synchronous = OFF;"
          "CREATE VIRTUAL TABLE s USING biobert(title, year INTEGER UNINDEXED);"
          "WITH RECURSIVE c(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM c LIMIT 300) "
          "INSERT INTO s(title, year) SELECT CASE x % 3 WHEN 0 THEN 'gene ' WHEN 1 THEN "
          "'heart ' ELSE 'protein ' END || CASE x % 7 WHEN 0 THEN 'therapy' WHEN 1 THEN "
          "'failure' ELSE 'risk' END, x % 5 FROM c");
  return db;
}

static void close_file(sqlite3 *db) {
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  unlink(path);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
  sqlite3_stmt *s = NULL;
  if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
    check_fail(__FILE__, __LINE__, "%s: %s", sql, sqlite3_errmsg(db));
  return s;
}

static const char search[] =
    "SELECT rowid, distance, vector FROM s WHERE s MATCH 'gene therapy'";

typedef struct hit {
  sqlite3_int64 id;
  double distance;
} hit;

static int search_all(sqlite3 *db, hit hits[ROWS]) {
  sqlite3_stmt *s = prepare(db, search);
  int count = 0;
  while (sqlite3_step(s) == SQLITE_ROW && count < ROWS)
    hits[count++] = (hit){sqlite3_column_int64(s, 0), sqlite3_column_double(s, 1)};
  CHECK_INT(sqlite3_finalize(s), SQLITE_OK);
  return count;
}

static void test_writes_of_the_same_connection(void) {
  static hit expected[ROWS];
  sqlite3 *db = open_new();
  check_begin("an open search keeps its answers while the same connection writes");
  int count = search_all(db, expected);
  CHECK_INT(count, ROWS);
  sqlite3_stmt *s = prepare(db, search);
  for (int i = 0; i < count; i++) {
    if (!CHECK_INT(sqlite3_step(s), SQLITE_ROW)) break;
    check_context("row %d", i);
    CHECK_INT(sqlite3_column_int64(s, 0), expected[i].id);
    CHECK(sqlite3_column_double(s, 1) == expected[i].distance);
    char update[80];
    snprintf(update, sizeof update, "UPDATE s SET title = 'stroke' WHERE rowid = %d",
             1 + i * 7 % ROWS);
    if (i % 10 == 0) RUN(db, update);
    if (i % 10 == 5) RUN(db, "INSERT INTO s(title) VALUES('gene therapy')");
    if (i == 100) RUN(db, "INSERT INTO s(s) VALUES('optimize')");
  }
  CHECK_INT(sqlite3_step(s), SQLITE_DONE);
  CHECK_INT(sqlite3_finalize(s), SQLITE_OK);
  RUN(db, "INSERT INTO s(s) VALUES('integrity-check')");
  close_file(db);
}

static void test_rollback(void) {
  sqlite3 *db = open_new();
  check_begin("a search of a state that was rolled back ends with an error, not with "
              "another state");
  RUN(db, "BEGIN; INSERT INTO s(title) SELECT 'heart' FROM s");
  sqlite3_stmt *s = prepare(db, search);
  CHECK_INT(sqlite3_step(s), SQLITE_ROW);
  RUN(db, "ROLLBACK");
  int rc;
  while ((rc = sqlite3_step(s)) == SQLITE_ROW) continue;
  CHECK_INT(rc & 0xFF, SQLITE_ABORT);
  sqlite3_finalize(s);
  RUN(db, "INSERT INTO s(s) VALUES('integrity-check')");
  close_file(db);
}

static void test_drop_during_sync(void) {
  sqlite3 *db = open_new();
  RUN(db, "CREATE TABLE p(id INTEGER PRIMARY KEY, title TEXT);"
          "INSERT INTO p(title) SELECT 'gene ' || title FROM s LIMIT 20;"
          "CREATE VIRTUAL TABLE c USING biobert(title, content='p')");
  sqlite3_stmt *s = prepare(db, "SELECT * FROM biobert_sync('c', 5)");
  CHECK_INT(sqlite3_step(s), SQLITE_ROW);
  check_begin("an index is not dropped by the connection whose biobert_sync() runs");
  CHECK_INT(run(db, "DROP TABLE c"), SQLITE_LOCKED);
  check_begin("biobert_sync() ends where another connection drops its index");
  sqlite3 *other = open_loaded(path);
  RUN(other, "DROP TABLE c");
  CHECK_INT(sqlite3_step(s), SQLITE_BUSY); /* its commit, in WAL mode */
  sqlite3_finalize(s);
  CHECK_INT(sqlite3_close(other), SQLITE_OK);
  close_file(db);
}

static void test_index_over_itself(void) {
  sqlite3 *db = open_loaded(":memory:");
  check_begin("an index over itself is an error");
  RUN(db, "CREATE VIEW loop AS SELECT rowid AS key, title FROM s;"
          "CREATE VIRTUAL TABLE s USING biobert(title, content='loop', "
          "content_rowid='key')");
  CHECK_INT(run(db, "SELECT * FROM s"), SQLITE_ERROR);
  CHECK_INT(run(db, "INSERT INTO s(s) VALUES('sync')"), SQLITE_ERROR);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void test_schema_of_another_connection(void) {
  sqlite3 *db = open_new(), *other = open_loaded(path);
  check_begin("a search finds what another connection wrote with a change of the schema");
  CHECK_INT(run(db, "SELECT * FROM s"), SQLITE_OK);
  RUN(other, "CREATE TABLE extra(x); INSERT INTO s(title) VALUES('aspirin')");
  sqlite3_stmt *s = prepare(db, "SELECT count(*) FROM s WHERE words MATCH 'aspirin'");
  CHECK_INT(sqlite3_step(s), SQLITE_ROW);
  CHECK_INT(sqlite3_column_int(s, 0), 1);
  sqlite3_finalize(s);
  RUN(db, "SELECT * FROM biobert_status('s')");
  check_begin("an index that another connection has dropped is no table");
  RUN(other, "DROP TABLE s");
  CHECK_INT(run(db, "SELECT * FROM s"), SQLITE_ERROR);
  CHECK_INT(sqlite3_close(other), SQLITE_OK);
  close_file(db);
}

int main(int argc, char **argv) {
  find_library(argc, argv);
  snprintf(path, sizeof path, "%s/open_searches.db", build_folder());
  test_writes_of_the_same_connection();
  test_rollback();
  test_drop_during_sync();
  test_index_over_itself();
  test_schema_of_another_connection();
  return check_report();
}
