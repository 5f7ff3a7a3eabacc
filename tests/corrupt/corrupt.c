/* corrupt.c - every shadow table of an index, damaged in every way: a clear error or the
 * right answer, never a crash or another answer; found by the check; and the table can
 * always be dropped. */
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>

#include "check.h"
#include "loaded.h"

static sqlite3 *db, *sound; /* sound: the same without damage */

typedef struct answer {
  int code;
  char text[4096];
} answer;

static const char setup[] =
    "CREATE TABLE papers(id INTEGER PRIMARY KEY, title TEXT, body TEXT);"
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 300) INSERT "
    "INTO papers "
    "SELECT x, 'gene ' || char(97 + x % 26), iif(x % 50, 'heart', "
    "replace(hex(zeroblob(40)), "
    "'00', 'cell risk. ')) FROM c;"
    "INSERT INTO papers VALUES(400, NULL, ''), (401, x'00', 'bad');"
    "CREATE VIRTUAL TABLE s USING biobert(title, body, content='papers');"
    "INSERT INTO s(s) VALUES('sync');"
    "CREATE VIRTUAL TABLE o USING biobert(title, store='f32');"
    "INSERT INTO o SELECT title FROM papers WHERE id < 40;"
    "CREATE TABLE query AS SELECT biobert_embed('gene therapy') AS v";

static const char *const questions[] = {
    ("SELECT group_concat(rowid || ' ' || printf('%.6f', distance)) FROM (SELECT rowid, "
     "distance "
     "FROM s WHERE s MATCH (SELECT v FROM query) LIMIT 60)"),
    ("SELECT group_concat(rowid || ' ' || printf('%.6f', rank)) FROM (SELECT rowid, rank "
     "FROM s "
     "WHERE s MATCH 'heart' LIMIT 40)"),
    ("SELECT group_concat(rowid || ' ' || coalesce(passage_start || '-' || passage_end, "
     "'')) FROM "
     "(SELECT rowid, passage_start, passage_end FROM s WHERE s MATCH (SELECT v FROM "
     "query) AND rowid "
     "% 50 = 0)"),
    ("SELECT group_concat(rowid || ' ' || length(vector) || hex(substr(vector, 1, 8))) "
     "FROM s WHERE "
     "rowid IN (1, 50, 299, 400)"),
    ("SELECT group_concat(rowid || printf(' %.6f', distance) || title) FROM o((SELECT v "
     "FROM query))"),
    "SELECT rows || ' ' || failed || ' ' || empty FROM biobert_status('s')",
    "SELECT group_concat(rowid || message) FROM biobert_failures('s')",
};
enum { QUESTIONS = sizeof questions / sizeof questions[0] };

static void ask(sqlite3 *of, const char *sql, answer *out) {
  sqlite3_stmt *s = NULL;
  out->text[0] = '\0';
  out->code = sqlite3_prepare_v2(of, sql, -1, &s, NULL);
  if (out->code != SQLITE_OK) return;
  int rc = sqlite3_step(s);
  if (rc == SQLITE_ROW && sqlite3_column_text(s, 0))
    snprintf(out->text, sizeof out->text, "%s", (const char *)sqlite3_column_text(s, 0));
  out->code = sqlite3_finalize(s);
}

static bool passes_check(void) {
  return sqlite3_exec(db, "INSERT INTO s(s) VALUES('integrity-check')", NULL, NULL,
                      NULL) == SQLITE_OK &&
         sqlite3_exec(db, "INSERT INTO o(o) VALUES('integrity-check')", NULL, NULL,
                      NULL) == SQLITE_OK;
}

/* Every use; a write may fail, but must not crash. */
static void use(bool must_be_found) {
  answer expected, got;
  bool sane = passes_check();
  if (must_be_found && sane) check_fail(__FILE__, __LINE__, "not found by the check");
  for (int i = 0; i < QUESTIONS; i++) {
    ask(sound, questions[i], &expected);
    ask(db, questions[i], &got);
    if (got.code == SQLITE_OK && strcmp(got.text, expected.text) != 0) {
      /* What the check finds may show in counts, failures and the user's own text; never
       * in a search. */
      if (i < 2 || (i < 5 && sane))
        check_fail(__FILE__, __LINE__, "another answer: %s\n  %.200s\n  %.200s",
                   questions[i], got.text, expected.text);
    }
  }
  static const char *const writes[] = {
      "INSERT INTO papers VALUES(500, 'new', 'one')",
      "UPDATE papers SET title = 'other' WHERE id IN (1, 50, 299)",
      "DELETE FROM papers WHERE id IN (2, 100)",
      "INSERT INTO s(s) VALUES('sync')",
      "SELECT * FROM biobert_sync('s')",
      "INSERT INTO o(title) VALUES('cell')",
      "UPDATE o SET title = 'mouse' WHERE rowid = 3",
      "DELETE FROM o WHERE rowid = 5",
      "INSERT INTO s(s) VALUES('optimize')",
      "INSERT INTO s(s) VALUES('retry')",
      "SELECT count(*) FROM s('gene')",
      "INSERT INTO s(s) VALUES('rebuild')",
      "INSERT INTO s(s) VALUES('integrity-check')",
      "ALTER TABLE o RENAME TO p",
      "ALTER TABLE p RENAME TO o",
  };
  for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++)
    sqlite3_exec(db, writes[i], NULL, NULL, NULL);
  RUN(db, "DROP TABLE s; DROP TABLE o");
  ask(db, "SELECT count(*) FROM sqlite_schema WHERE name GLOB '[so]_*'", &got);
  if (strcmp(got.text, "0") != 0)
    check_fail(__FILE__, __LINE__, "%s tables are left", got.text);
}

static sqlite3 *copy_of(sqlite3 *of) {
  sqlite3 *copy = open_loaded(":memory:");
  sqlite3_backup *b = sqlite3_backup_init(copy, "main", of, "main");
  sqlite3_backup_step(b, -1);
  sqlite3_backup_finish(b);
  return copy;
}

static int done;

static void damage(const char *sql, bool must_be_found) {
  db = copy_of(sound);
  check_context("%.200s", sql);
  if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
    check_fail(__FILE__, __LINE__, "%s: %s", sql, sqlite3_errmsg(db));
  use(must_be_found);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  done++;
}

__attribute__((format(printf, 2, 3))) static void damagef(bool must_be_found,
                                                          const char *format, ...) {
  char sql[512];
  va_list args;
  va_start(args, format);
  vsnprintf(sql, sizeof sql, format, args);
  va_end(args);
  damage(sql, must_be_found);
}

/* A column of a row, made something else. */
static const char *const values[] = {"NULL",
                                     "x''",
                                     "'text'",
                                     "0",
                                     "-1",
                                     "1e300",
                                     "zeroblob(5)",
                                     "9223372036854775807",
                                     "-9223372036854775808",
                                     "zeroblob(100000)",
                                     "1000000007"};
enum { VALUES = sizeof values / sizeof values[0] };

static void test_values(void) {
  static const struct {
    const char *column, *table, *where;
  } places[] = {
      {"v",       "s_config",  "k = 'format_version'"},
      {"v",       "s_config",  "k = 'dimension'"     },
      {"v",       "s_config",  "k = 'epoch'"         },
      {"v",       "s_config",  "k = 'fts'"           },
      {"v",       "s_config",  "k = 'fingerprint'"   },
      {"hash",    "s_docs",    "id = 50"             },
      {"address", "s_docs",    "id = 1"              },
      {"address", "s_docs",    "id = 299"            },
      {"vectors", "s_docs",    "id = 50"             },
      {"spans",   "s_docs",    "id = 50"             },
      {"sum",     "s_docs",    "id = 2"              },
      {"error",   "s_docs",    "id = 3"              },
      {"n",       "s_chunks",  "cid = 0"             },
      {"live",    "s_chunks",  "cid = 0"             },
      {"ids",     "s_chunks",  "cid = 1"             },
      {"gen",     "s_chunks",  "cid = 0"             },
      {"v",       "s_codes",   "id = 0"              },
      {"v",       "s_codes",   "id = 8"              },
      {"v",       "s_full",    "id = 0"              },
      {"v",       "o_full",    "id = 1"              },
      {"v",       "o_codes",   "id = 0"              },
      {"c0",      "o_content", "id = 1"              },
  };
  check_begin("a value that is another");
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
    for (int j = 0; j < VALUES; j++)
      damagef(places[i].table[2] == 'f' || places[i].column[0] == 'l',
              "UPDATE %s SET %s = %s WHERE %s", places[i].table, places[i].column,
              values[j], places[i].where);
}

static void test_bits(void) {
  static const char *const blobs[][3] = {
      {"s_chunks", "ids",  "cid"},
      {"s_chunks", "live", "cid"},
      {"s_codes",  "v",    "id" },
      {"s_full",   "v",    "id" },
      {"o_full",   "v",    "id" },
      {"o_codes",  "v",    "id" }
  };
  check_begin("a flipped bit is found, and no answer is another");
  for (int i = 0; i < 6; i++)
    for (int at = 0; at < 24; at++)
      damagef(true,
              "WITH p AS (SELECT %s AS k, %s AS b, 1 + (%d * 7919) %% length(%s) AS at "
              "FROM %s "
              "ORDER BY %s LIMIT 1 OFFSET %d) UPDATE %s SET %s = CAST(substr(%s, 1, p.at "
              "- 1) AS "
              "BLOB) || x'' || CAST(char((unicode(hex(substr(%s, p.at, 1))) + 1) %% 127) "
              "AS BLOB) || "
              "substr(%s, p.at + 1) FROM p WHERE %s = p.k",
              blobs[i][2], blobs[i][1], at, blobs[i][1], blobs[i][0], blobs[i][2], at % 2,
              blobs[i][0], blobs[i][1], blobs[i][1], blobs[i][1], blobs[i][1],
              blobs[i][2]);
}

static void test_rows(void) {
  check_begin("rows that are missing, too many, or in another's place");
  damage("DELETE FROM s_config", true);
  damage("DELETE FROM s_config WHERE k = 'dimension'", true);
  damage("DELETE FROM s_config WHERE k = 'fts'", true);
  damage("DELETE FROM s_config WHERE k = 'epoch'", false);
  damage("DELETE FROM s_docs", true);
  damage("DELETE FROM s_docs WHERE id = 1", true);
  damage("DELETE FROM s_chunks", true);
  damage("DELETE FROM s_chunks WHERE cid = 0", true);
  damage("DELETE FROM s_codes", true);
  damage("DELETE FROM s_codes WHERE id = 3", true);
  damage("DELETE FROM s_full", true);
  damage("DELETE FROM s_full WHERE id = 5", true);
  damage("DELETE FROM o_content WHERE id = 4", true);
  damage("INSERT INTO s_docs(id, hash, address, vectors) VALUES(999, 1, 5, 1)", true);
  damage("INSERT INTO s_chunks(cid, n, live, ids) SELECT 99, n, live, ids FROM s_chunks "
         "LIMIT 1",
         true);
  damage("INSERT INTO s_chunks(cid, n, live, ids) SELECT 9223372036854775807, n, live, "
         "ids FROM "
         "s_chunks LIMIT 1",
         true);
  damage("INSERT INTO s_chunks(cid, n, live, ids) SELECT -5, n, live, ids FROM s_chunks "
         "LIMIT 1",
         true);
  damage("INSERT INTO s_codes VALUES(-7, x'00'), (9223372036854775807, x'00')", true);
  damage("UPDATE s_docs SET id = 900 WHERE id = 7", true);
  damage("UPDATE s_codes SET id = 100 + id WHERE id < 2; UPDATE s_codes SET id = 101 - "
         "id WHERE id "
         "IN (100, 101)",
         true);
  damage("UPDATE s_full SET id = 100 + id WHERE id < 2; UPDATE s_full SET id = 101 - id "
         "WHERE id IN "
         "(100, 101)",
         true);
  damage("UPDATE s_chunks SET cid = cid + 10", true);
  check_begin("a table that is missing, or of another form");
  damage("DROP TABLE s_docs", true);
  damage("DROP TABLE s_chunks", true);
  damage("DROP TABLE s_codes", true);
  damage("DROP TABLE s_full", true);
  damage("DROP TABLE s_config", true);
  damage("DROP TABLE s_fts", true);
  damage("DROP TABLE o_content", true);
  damage("ALTER TABLE s_docs DROP COLUMN spans", true);
  damage("ALTER TABLE s_chunks RENAME COLUMN live TO lively", true);
  damage("DELETE FROM s_fts_data WHERE id > 10", true);
  damage("UPDATE s_fts_data SET block = x'00' WHERE id > 10", true);
}

/* What the message of every damage says to do. */
static void test_rebuild(void) {
  static const char *const damages[] = {
      "UPDATE s_config SET v = 'x' WHERE k = 'distance'",
      "UPDATE s_config SET v = -1 WHERE k = 'dimension'",
      "DELETE FROM s_config WHERE k = 'dimension'",
      "UPDATE s_config SET v = -1 WHERE k = 'vectors'",
      "UPDATE s_docs SET sum = 1",
      "UPDATE s_chunks SET n = 300",
      "UPDATE s_codes SET v = NULL",
      "UPDATE s_full SET v = x'00'",
      "UPDATE s_words SET v = x'00'",
  };
  check_begin("'rebuild' makes anew what is damaged");
  for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
    answer expected, got;
    check_context("%s", damages[i]);
    db = copy_of(sound);
    RUN(db, damages[i]);
    CHECK(!passes_check());
    RUN(db, "INSERT INTO s(s) VALUES('rebuild')");
    CHECK(passes_check());
    ask(sound, questions[0], &expected);
    ask(db, questions[0], &got);
    CHECK_STR(got.text, expected.text);
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
  }
}

static void test_codes(void) {
  db = copy_of(sound);
  check_begin("vectors without a dimension are damage, not a lack of memory");
  RUN(db, "DELETE FROM o_config WHERE k = 'dimension'");
  int rc = sqlite3_exec(db, "UPDATE o SET vector = (SELECT v FROM query) WHERE rowid = 3",
                        NULL, NULL, NULL);
  CHECK_INT(rc & 0xFF, SQLITE_CORRUPT);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  check_begin("an index of a later format can only be dropped");
  damage("UPDATE s_config SET v = 2 WHERE k = 'format_version'", true);
}

int main(int argc, char **argv) {
  find_library(argc, argv);
  sound = db = open_loaded(":memory:");
  check_begin("an index without damage passes");
  RUN(db, setup);
  CHECK(passes_check());
  db = copy_of(sound);
  use(false);
  sqlite3_close(db);
  test_values();
  test_bits();
  test_rows();
  test_rebuild();
  test_codes();
  sqlite3_close(sound);
  printf("%d kinds of damage\n", done);
  return check_report();
}
