/* test_schemas.c - a schema that SQLite reads anew in the middle of a transaction, and
 * collations, functions, modules and contents that are missing. */
#include <unistd.h>

#include "index/whole_state.h"

static char folder[] = "/tmp/biobert-schemas-XXXXXX";

/* A schema that is read anew --------------------------------------------------------- */

/* What the index answers is right, in the transaction and after it. */
static void check_found(sqlite3 *db, const char *table, const char *expected) {
  char *sql = sqlite3_mprintf(
      "SELECT group_concat(rowid) FROM (SELECT rowid FROM %s WHERE words MATCH 'aspirin' "
      "ORDER BY rowid) UNION ALL SELECT group_concat(rowid) FROM (SELECT rowid FROM %s "
      "ORDER BY rowid) UNION ALL SELECT count(vector) FROM %s UNION ALL SELECT passages "
      "FROM "
      "biobert_status('%s')",
      table, table, table, table);
  sqlite3_stmt *s = NULL;
  sqlite3_str *out = sqlite3_str_new(NULL);
  if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
    check_fail(__FILE__, __LINE__, "%s", sqlite3_errmsg(db));
  while (s && sqlite3_step(s) == SQLITE_ROW)
    sqlite3_str_appendf(out, "%s ", (const char *)sqlite3_column_text(s, 0));
  if (sqlite3_finalize(s) != SQLITE_OK)
    check_fail(__FILE__, __LINE__, "%s", sqlite3_errmsg(db));
  char *found = sqlite3_str_finish(out);
  CHECK_STR(found, expected);
  sqlite3_free(found);
  sqlite3_free(sql);
}

static void test_schema_of_another(void) {
  char name[64];
  check_begin("an index in TEMP, or in a file beside, outlives another connection's DDL");
  snprintf(name, sizeof name, "%s/main", folder);
  static const char *const tables[] = {"temp.s", "beside.s"};
  for (int i = 0; i < 2; i++) {
    sqlite3 *db = open_loaded(name), *other = open_loaded(name);
    check_context("%s", tables[i]);
    RUN(other, "CREATE TABLE IF NOT EXISTS p(t)");
    RUN(db, "ATTACH ':memory:' AS beside");
    char *sql =
        sqlite3_mprintf("CREATE VIRTUAL TABLE %s USING biobert(t); BEGIN; INSERT INTO "
                        "%s(rowid, t) VALUES(1, 'aspirin'), (2, 'gene')",
                        tables[i], tables[i]);
    RUN(db, sql);
    sqlite3_free(sql);
    for (int round = 0; round < 3; round++) {
      sql = sqlite3_mprintf(
          "INSERT INTO %s(rowid, t) VALUES(%d, 'aspirin %d'); UPDATE %s SET "
          "t = 'aspirin' WHERE rowid = 2",
          tables[i], 3 + round, round, tables[i]);
      RUN(db, sql);
      sqlite3_free(sql);
      sql = sqlite3_mprintf("CREATE TABLE new%d_%d(x)", i, round);
      RUN(other, sql);
      sqlite3_free(sql);
      RUN(db, "SELECT count(*) FROM main.p"); /* where SQLite sees it */
      sql =
          sqlite3_mprintf("INSERT INTO %s(rowid, t) VALUES(%d, 'genes'); DELETE FROM %s "
                          "WHERE rowid = %d",
                          tables[i], 20 + round, tables[i], 20 + round);
      RUN(db, sql);
      sqlite3_free(sql);
      RUN(db, "COMMIT; BEGIN");
    }
    check_found(db, tables[i], "1,2,3,4,5 1,2,3,4,5 5 5 ");
    RUN(db, "COMMIT");
    check_found(db, tables[i], "1,2,3,4,5 1,2,3,4,5 5 5 ");
    sql = sqlite3_mprintf("INSERT INTO %s(s) VALUES('integrity-check')", tables[i]);
    RUN(db, sql);
    sqlite3_free(sql);
    CHECK_INT(sqlite3_close(other), SQLITE_OK);
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
    unlink(name);
  }
}

static const char *const reset_sql = "PRAGMA writable_schema = RESET";

/* Each makes SQLite read the schema anew. */
static const char *const causes[] = {
    "PRAGMA writable_schema = RESET",
    "ALTER TABLE p RENAME TO p2",
    "ALTER TABLE p ADD COLUMN more",
    "ALTER TABLE p DROP COLUMN x",
    "ATTACH 'no such folder/at all' AS missing",
    "ATTACH ':memory:' AS more",
    "CREATE TABLE more(x)",
    "DROP TABLE p",
    "PRAGMA writable_schema = RESET; PRAGMA writable_schema = RESET",
    "SAVEPOINT a; PRAGMA writable_schema = RESET; RELEASE a",
    "SAVEPOINT a; CREATE TABLE more(x); ROLLBACK TO a; RELEASE a",
    "SAVEPOINT a; INSERT INTO s(rowid, t) VALUES(77, 'aspirin'); PRAGMA writable_schema "
    "= "
    "RESET; DELETE FROM s WHERE rowid = 3; ROLLBACK TO a",
};
enum { CAUSES = sizeof causes / sizeof causes[0] };

static sqlite3 *make_small(void) {
  sqlite3 *db = open_loaded(":memory:");
  RUN(db, "CREATE TABLE p(t, x); CREATE VIRTUAL TABLE s USING biobert(t)");
  return db;
}

static void test_schema_anew(void) {
  check_begin("rows from before and after the schema was read anew are all there");
  for (int i = 0; i < CAUSES; i++) {
    sqlite3 *db = make_small();
    check_context("%s", causes[i]);
    RUN(db,
        "BEGIN; INSERT INTO s(rowid, t) VALUES(1, 'aspirin'); INSERT INTO s(rowid, t) "
        "VALUES(2, 'gene'); INSERT INTO s(rowid, t) VALUES(3, 'gene')");
    run(db, causes[i]); /* may fail */
    RUN(db,
        "INSERT INTO s(rowid, t) VALUES(4, 'aspirin'); DELETE FROM s WHERE rowid = 3; "
        "UPDATE s SET t = 'aspirin gene' WHERE rowid = 2");
    run(db, causes[i]);
    RUN(db, "INSERT INTO s(rowid, t) VALUES(5, 'aspirin')");
    run(db, causes[i]);
    check_found(db, "s", "1,2,4,5 1,2,4,5 4 4 ");
    RUN(db, "COMMIT");
    check_found(db, "s", "1,2,4,5 1,2,4,5 4 4 ");
    check_sound(db);
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
  }
  check_begin("an index is renamed and dropped after the schema was read anew");
  sqlite3 *db = make_small();
  RUN(db, "BEGIN; INSERT INTO s(rowid, t) VALUES(1, 'aspirin')");
  RUN(db, reset_sql);
  RUN(db,
      "ALTER TABLE s RENAME TO z; INSERT INTO z(rowid, t) VALUES(2, 'aspirin'); COMMIT; "
      "INSERT INTO z(z) VALUES('integrity-check')");
  check_found(db, "z", "1,2 1,2 2 2 ");
  RUN(db, "BEGIN; INSERT INTO z(rowid, t) VALUES(3, 'aspirin')");
  RUN(db, reset_sql);
  RUN(db, "DROP TABLE z; COMMIT; CREATE VIRTUAL TABLE z USING biobert(t)");
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  check_begin("a search that was begun before goes on, or says that it cannot");
  db = make_small();
  sqlite3_stmt *search = NULL;
  RUN(db, "BEGIN; INSERT INTO s(rowid, t) SELECT value, 'aspirin ' || value FROM "
          "json_each('[1,2,3,4,5,6,7,8,9]')");
  sqlite3_prepare_v2(db, "SELECT rowid FROM s('aspirin')", -1, &search, NULL);
  CHECK_INT(sqlite3_step(search), SQLITE_ROW);
  RUN(db, reset_sql);
  RUN(db, "DELETE FROM s WHERE rowid > 4; INSERT INTO s(rowid, t) VALUES(20, 'aspirin')");
  int count = 1, rc;
  while ((rc = sqlite3_step(search)) == SQLITE_ROW) count++;
  CHECK(rc != SQLITE_DONE || count >= 4);
  sqlite3_finalize(search);
  RUN(db, "COMMIT");
  check_sound(db);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

/* What is missing -------------------------------------------------------------------- */

static int compare(void *ctx, int n, const void *a, int m, const void *b) {
  (void)ctx;
  int rc = memcmp(a, b, (size_t)(n < m ? n : m));
  return rc ? rc : n - m;
}

static void shout(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  sqlite3_result_value(context, argv[0]);
}

static void check_says(sqlite3 *db, const char *sql, const char *says) {
  int rc = run(db, sql);
  if (rc == SQLITE_OK || !strstr(sqlite3_errmsg(db), says))
    check_fail(__FILE__, __LINE__, "%s: %d, %s", sql, rc, sqlite3_errmsg(db));
}

/* A file whose content needs more than a connection has. */
static void make_needy(const char *name, const char *content, const char *options) {
  sqlite3 *db = open_loaded(name);
  sqlite3_create_collation(db, "mine", SQLITE_UTF8, NULL, compare);
  sqlite3_create_function(db, "shout", 1, SQLITE_UTF8, NULL, shout, NULL, NULL);
  RUN(db, content);
  char *sql = sqlite3_mprintf("CREATE VIRTUAL TABLE s USING biobert(t, %s)", options);
  RUN(db, sql);
  sqlite3_free(sql);
  RUN(db, "INSERT INTO s(s) VALUES('sync')");
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void check_needy(const char *content, const char *options, const char *says) {
  char name[64];
  snprintf(name, sizeof name, "%s/needy", folder);
  make_needy(name, content, options);
  sqlite3 *db = open_loaded(name);
  check_says(db, "SELECT t FROM s('aspirin')", says);
  check_says(db, "SELECT t FROM s WHERE t = 'aspirin'", says);
  check_says(db, "INSERT INTO s(s) VALUES('sync')", says);
  check_says(db, "SELECT * FROM biobert_sync('s')", says);
  check_says(db, "SELECT * FROM biobert_status('s')", says);
  RUN(db, "ALTER TABLE s RENAME TO z; DROP TABLE z");
  sqlite3_stmt *s = NULL;
  sqlite3_prepare_v2(db, "SELECT count(*) FROM sqlite_master WHERE name GLOB 's_*'", -1,
                     &s, NULL);
  CHECK_INT(sqlite3_step(s), SQLITE_ROW);
  CHECK_INT(sqlite3_column_int(s, 0), 0);
  sqlite3_finalize(s);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  unlink(name);
}

static void test_missing(void) {
  check_begin("an index over a collation that is not registered says so, and is dropped");
  check_needy(
      "CREATE TABLE p(id INTEGER PRIMARY KEY, t TEXT COLLATE mine); INSERT INTO p "
      "VALUES(1, 'aspirin')",
      "content='p'", "no such collation sequence: mine");
  check_needy(
      "CREATE TABLE b(t TEXT COLLATE mine); INSERT INTO b VALUES('aspirin'); CREATE "
      "VIEW p AS SELECT 1 AS id, t FROM b",
      "content='p', content_rowid='id'", "no such collation sequence: mine");
  check_begin("the same of a function that a view needs");
  check_needy("CREATE VIEW p AS SELECT 1 AS id, shout('aspirin') AS t",
              "content='p', content_rowid='id'", "no such function: shout");
  check_begin("the same of a content that is gone");
  sqlite3 *db = open_loaded(":memory:");
  RUN(db,
      "ATTACH ':memory:' AS b; CREATE TABLE b.p(id INTEGER PRIMARY KEY, t); INSERT INTO "
      "b.p VALUES(1, 'aspirin'); CREATE VIRTUAL TABLE s USING biobert(t, content='b.p'); "
      "INSERT INTO s(s) VALUES('sync'); DETACH b");
  check_says(db, "SELECT t FROM s('aspirin')", "ATTACH its file");
  RUN(db, "ALTER TABLE s RENAME TO z; DROP TABLE z");
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void test_without_fts5(void) {
  const char *kept[] = {"biobert", "biobert_status", "json_each", NULL};
  static const char *const ways[] = {
      "DROP TABLE s", "ALTER TABLE s RENAME TO z; DROP TABLE z",
      "BEGIN; ALTER TABLE s RENAME TO z; ROLLBACK; DROP TABLE s"};
  char name[64];
  snprintf(name, sizeof name, "%s/plain", folder);
  check_begin("an index is renamed and dropped where SQLite has no FTS5");
  for (int i = 0; i < 3; i++) {
    sqlite3 *db = open_loaded(name);
    check_context("%s", ways[i]);
    RUN(db, "CREATE VIRTUAL TABLE s USING biobert(t); INSERT INTO s(rowid, t) VALUES(1, "
            "'aspirin')");
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
    db = open_loaded(name);
    sqlite3_drop_modules(db, kept);
    check_says(db, "SELECT * FROM s('aspirin')", "no such module: fts5");
    check_says(db, "INSERT INTO s(rowid, t) VALUES(2, 'gene')", "no such module: fts5");
    RUN(db, ways[i]);
    sqlite3_stmt *s = NULL;
    sqlite3_prepare_v2(db, "SELECT count(*) FROM sqlite_master", -1, &s, NULL);
    CHECK_INT(sqlite3_step(s), SQLITE_ROW);
    CHECK_INT(sqlite3_column_int(s, 0), 0);
    sqlite3_finalize(s);
    check_says(db, "CREATE VIRTUAL TABLE f USING fts5(t)", "no such module: fts5");
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
    unlink(name);
  }
}

int main(int argc, char **argv) {
  find_library(argc, argv);
  if (!mkdtemp(folder)) return 1;
  test_schema_of_another();
  test_schema_anew();
  test_missing();
  test_without_fts5();
  rmdir(folder);
  return check_report();
}
