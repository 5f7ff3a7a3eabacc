/* test_checks.c - what 'integrity-check' and PRAGMA integrity_check say: after every
 * command on every kind of index, of damaged words, and where nothing can be written. */
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "loaded.h"

static char folder[] = "/tmp/biobert_checks_XXXXXX";

/* The first value of a query as text; "error: ..." */
static const char *answer(sqlite3 *db, const char *sql) {
  static char text[4][1024];
  static int which;
  char *out = text[which++ % 4];
  sqlite3_stmt *s = NULL;
  out[0] = '\0';
  if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK &&
      sqlite3_step(s) == SQLITE_ROW && sqlite3_column_text(s, 0))
    snprintf(out, sizeof text[0], "%s", (const char *)sqlite3_column_text(s, 0));
  if (sqlite3_finalize(s) != SQLITE_OK || !s)
    snprintf(out, sizeof text[0], "error: %s", sqlite3_errmsg(db));
  return out;
}

static const char check_command[] = "INSERT INTO s(s) VALUES('integrity-check')";

static bool has_xintegrity(void) {
  return sqlite3_libversion_number() >= 3044000;
}

/* Both ways to ask find nothing. */
static void check_passes(sqlite3 *db) {
  RUN(db, check_command);
  if (has_xintegrity()) CHECK_STR(answer(db, "PRAGMA integrity_check"), "ok");
}

/* Both ways to ask say the same. */
static void check_says(sqlite3 *db, const char *finding) {
  CHECK_INT(run(db, check_command) & 0xFF, SQLITE_CORRUPT);
  const char *message = sqlite3_errmsg(db);
  if (!CHECK(strstr(message, finding) && !strstr(message, "s: s: ")))
    printf("   %s: %s\n", finding, message);
  if (!has_xintegrity()) return;
  const char *pragmas[] = {"PRAGMA integrity_check(s)", "PRAGMA quick_check(s)"};
  for (int i = 0; i < 2; i++) {
    const char *said = answer(db, pragmas[i]);
    if (!CHECK(strstr(said, "biobert index s: ") && !strstr(said, "s: s: ") &&
               strstr(said, finding)))
      printf("   %s: %s\n", pragmas[i], said);
  }
}

/* Every command ---------------------------------------------------------------------- */

typedef enum words { NO_WORDS, WORDS } words;

/* A kind of index over p(id, t, v), or with content of its own. */
static const struct kind {
  const char *create;
  bool own;
  words words;
} kinds[] = {
    {"CREATE VIRTUAL TABLE s USING biobert(t)",                                      true,  WORDS   },
    {"CREATE VIRTUAL TABLE s USING biobert(t, search='semantic')",                   true,  NO_WORDS},
    {"CREATE VIRTUAL TABLE s USING biobert(t, search='lexical')",                    true,  WORDS   },
    {"CREATE VIRTUAL TABLE s USING biobert(t, content='p')",                         false, WORDS   },
    {"CREATE VIRTUAL TABLE s USING biobert(t, content='p', search='semantic')",      false,
     NO_WORDS                                                                                       },
    {"CREATE VIRTUAL TABLE s USING biobert(t, content='p', search='lexical')",       false,
     WORDS                                                                                          },
    {"CREATE VIEW w AS SELECT id AS k, t FROM p;"
     "CREATE VIRTUAL TABLE s USING biobert(t, content='w', content_rowid='k')", false, WORDS   },
    {"CREATE VIRTUAL TABLE s USING biobert(t, content='p', passage_tokens=4, "
     "store='int8')",                                                           false, WORDS   },
    {"CREATE VIRTUAL TABLE s USING biobert(t, content='p', vectors='v')",            false, WORDS   },
    {"CREATE VIRTUAL TABLE s USING biobert(content='p', vectors='v')",               false, NO_WORDS},
    {"CREATE TABLE q(id INTEGER PRIMARY KEY);"
     "CREATE TRIGGER qi AFTER INSERT ON p BEGIN INSERT OR IGNORE INTO q VALUES(new.id); "
     "END;"
     "CREATE TRIGGER qu AFTER UPDATE ON p BEGIN INSERT OR IGNORE INTO q VALUES(new.id); "
     "END;"
     "CREATE TRIGGER qd AFTER DELETE ON p BEGIN INSERT OR IGNORE INTO q VALUES(old.id); "
     "END;"
     "CREATE VIRTUAL TABLE s USING biobert(t, content='p', queue='q')",         false, WORDS   },
};
enum { KINDS = sizeof kinds / sizeof kinds[0], ROWS = 7 };

/* Seven rows: an empty text and, with content=, a BLOB among them. */
#define ROWS_SQL(blob)                                                                   \
  "(1, 'gene', x'0000803f00000000'), (2, 'heart failure in mice and in men', "           \
  "x'0000000000008040'), (3, '', NULL), (4, " blob ", x'0000803f0000803f'), "            \
  "(5, 'aspirin gene', x'0000404000000000'), (6, NULL, x'00'), (7, 'stroke', NULL)"

static const char *const sync_function = "SELECT * FROM biobert_sync('s')";
static const char *const commands[] = {
    "SELECT 1",
    "INSERT INTO s(s) VALUES('sync')",
    "INSERT INTO s(s, rank) VALUES('sync', 2)",
    "SELECT * FROM biobert_sync('s')",
    "INSERT INTO s(s) VALUES('retry')",
    "INSERT INTO s(s) VALUES('optimize')",
    "INSERT INTO s(s) VALUES('integrity-check')",
    "INSERT INTO s(s, rowid) VALUES('delete', 2)",
    /* What makes everything anew or nothing is left of: from here on damage is gone. */
    "INSERT INTO s(s) VALUES('reset')",
    "INSERT INTO s(s) VALUES('delete-all')",
    "INSERT INTO s(s) VALUES('rebuild')",
};
enum { COMMANDS = sizeof commands / sizeof commands[0], FIRST_CURE = 8 };

typedef enum state { EMPTY, NEW, PARTLY_SYNCED, SYNCED, CHANGED, STATES } state;
static const char *const state_names[STATES] = {
    [EMPTY] = "empty",   [NEW] = "new",         [PARTLY_SYNCED] = "partly synced",
    [SYNCED] = "synced", [CHANGED] = "changed",
};

static void change_rows(sqlite3 *db, const struct kind *k) {
  RUN(db, k->own ? "UPDATE s SET t = 'other words' WHERE rowid = 2;"
                   "DELETE FROM s WHERE rowid = 1; INSERT INTO s(t) VALUES('more')"
                 : "UPDATE p SET t = 'other words', v = x'0000803f00000041' WHERE id = 2;"
                   "DELETE FROM p WHERE id = 1; INSERT INTO p(t) VALUES('more')");
}

static sqlite3 *make_index(const struct kind *k, state st) {
  sqlite3 *db = open_loaded(":memory:");
  RUN(db, "CREATE TABLE p(id INTEGER PRIMARY KEY, t, v BLOB)");
  RUN(db, k->create);
  if (st == EMPTY) return db;
  RUN(db, k->own ? "INSERT INTO p VALUES" ROWS_SQL(
                       "'a b'") ";"
                                "INSERT INTO s(rowid, t) SELECT id, t FROM p"
                 : "INSERT INTO p VALUES" ROWS_SQL("x'00'"));
  /* Own content is synced as it is written. */
  if (k->own && st < SYNCED) RUN(db, "INSERT INTO s(s) VALUES('reset')");
  if (st == PARTLY_SYNCED) RUN(db, "INSERT INTO s(s, rank) VALUES('sync', 3)");
  if (st >= SYNCED) RUN(db, sync_function);
  if (st == CHANGED) change_rows(db, k);
  return db;
}

/* Every row that is not pending for ever has been done. */
static const char counts[] = "SELECT rows || ' ' || pending || ' ' || stale || ' ' || "
                             "failed || ' ' || passages FROM biobert_status('s')";

/* After whatever was done, a sync leads to what an index has that is made now. */
static void check_synced_as_new(sqlite3 *db, const struct kind *k) {
  if (!RUN(db, sync_function)) return;
  check_passes(db);
  const char *after = answer(db, counts);
  const char *words_after = k->words ? answer(db, "SELECT count(*) FROM s_words") : "";
  RUN(db, "INSERT INTO s(s) VALUES('rebuild')");
  CHECK_STR(after, answer(db, counts));
  if (k->words) CHECK_STR(words_after, answer(db, "SELECT count(*) FROM s_words"));
  check_passes(db);
}

/* A third of a matrix, unless CHECKS=all: every row and every column is met. */
static bool is_sampled(int row, int column) {
  const char *all = getenv("CHECKS");
  return (all && strcmp(all, "all") == 0) || (row + column) % 3 == 0;
}

static void test_commands(void) {
  check_begin("after every command, on every kind of index, the check passes");
  for (int i = 0; i < KINDS; i++)
    for (int st = EMPTY; st < STATES; st++)
      for (int c = 0; c < COMMANDS; c++) {
        if (!is_sampled(i + st, c)) continue;
        check_context("%s; %s; %s", kinds[i].create, state_names[st], commands[c]);
        sqlite3 *db = make_index(&kinds[i], (state)st);
        check_passes(db);
        int rc = run(db, commands[c]);
        bool content_only = strstr(commands[c], "'delete");
        CHECK_INT(rc, kinds[i].own && content_only ? SQLITE_ERROR : SQLITE_OK);
        check_passes(db);
        /* What 'delete' takes out is no change that a queue would know of. */
        bool unknown =
            strstr(kinds[i].create, "queue=") && strstr(commands[c], "'delete'");
        if (!unknown) check_synced_as_new(db, &kinds[i]);
        CHECK_INT(sqlite3_close(db), SQLITE_OK);
      }
}

static void test_reset(void) {
  check_begin("'reset' leaves the words of no row, and own text as it is");
  for (int i = 0; i < KINDS; i++) {
    const struct kind *k = &kinds[i];
    check_context("%s", k->create);
    sqlite3 *db = make_index(k, SYNCED);
    RUN(db, "INSERT INTO s(s) VALUES('reset')");
    CHECK_STR(answer(db, "SELECT count(*) FROM s"), "7");
    CHECK_STR(answer(db, "SELECT count(vector) FROM s"), "0");
    if (k->words)
      CHECK_STR(answer(db, "SELECT count(*) FROM s_fts('gene OR heart OR stroke')"), "0");
    const char *search = strstr(k->create, "biobert(content")
                             ? "SELECT rowid FROM s(x'0000803f00000000')"
                             : "SELECT rowid FROM s('gene')";
    CHECK(strstr(answer(db, search), "was never filled"));
    RUN(db, k->own ? "DELETE FROM s WHERE rowid = 1" : "DELETE FROM p WHERE id = 1");
    RUN(db, sync_function);
    if (k->words)
      CHECK_STR(answer(db, "SELECT group_concat(rowid) FROM s WHERE words MATCH 'gene'"),
                "5");
    check_passes(db);
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
  }
}

/* Damage ----------------------------------------------------------------------------- */

static const struct {
  const char *sql;
  words needs;
} damages[] = {
    {"UPDATE s_docs SET sum = 1 WHERE id = 1",                     NO_WORDS},
    {"DELETE FROM s_docs WHERE id = 5",                            NO_WORDS},
    {"DELETE FROM s_chunks",                                       NO_WORDS},
    {"UPDATE s_chunks SET n = -1",                                 NO_WORDS},
    {"DELETE FROM s_codes",                                        NO_WORDS},
    {"UPDATE s_full SET v = zeroblob(length(v))",                  NO_WORDS},
    {"UPDATE s_config SET v = -3 WHERE k = 'dimension'",           NO_WORDS},
    {"UPDATE s_config SET v = x'00' WHERE k = 'distance'",         NO_WORDS},
    {"UPDATE s_chunks SET cid = -9",                               NO_WORDS},
    {"UPDATE s_config SET v = 77 WHERE k = 'vectors'",             NO_WORDS},
    {"DELETE FROM s_words WHERE id = 2",                           WORDS   },
    {"UPDATE s_words SET v = x'00' WHERE id = 2",                  WORDS   },
    {"INSERT INTO s_words SELECT 99, v FROM s_words WHERE id = 2", WORDS   },
    {"UPDATE s_fts_data SET block = x'00' WHERE id > 10",          WORDS   },
    {"DELETE FROM s_fts_data WHERE id > 10",                       WORDS   },
};
enum { DAMAGES = sizeof damages / sizeof damages[0] };

static bool passes(sqlite3 *db) {
  int rc = run(db, check_command);
  if (rc == SQLITE_OK) return true;
  CHECK_INT(rc & 0xFF, SQLITE_CORRUPT);
  return false;
}

static void test_damage(void) {
  check_begin("after every command on a damaged index the check says what is damaged, or "
              "it is made anew");
  for (int i = 0; i < KINDS; i++)
    for (int d = 0; d < DAMAGES; d++)
      for (int c = 0; c < COMMANDS; c++) {
        const struct kind *k = &kinds[i];
        if (damages[d].needs > k->words) continue;
        if (k->own && strstr(commands[c], "'delete")) continue;
        if (!is_sampled(i + d, c)) continue;
        /* Without vectors there are no chunks to damage. */
        bool none = strstr(k->create, "'lexical'") && strstr(damages[d].sql, "s_chunks");
        if (none) continue;
        check_context("%s; %s; %s", k->create, damages[d].sql, commands[c]);
        sqlite3 *db = make_index(k, SYNCED);
        if (!RUN(db, damages[d].sql) || !sqlite3_changes(db)) {
          sqlite3_close(db);
          continue;
        }
        CHECK(!passes(db));
        int rc = run(db, commands[c]);
        if (c >= FIRST_CURE) CHECK_INT(rc, SQLITE_OK);
        bool passed = passes(db);
        if (c >= FIRST_CURE) CHECK(passed);
        if (c >= FIRST_CURE) check_synced_as_new(db, k);
        CHECK_INT(sqlite3_close(db), SQLITE_OK);
      }
}

static void test_words(void) {
  static const struct {
    const char *sql, *finding;
  } rows[] = {
      {"DELETE FROM s_words WHERE id = 2",                                         "document 2: words without an entry, or none"},
      {"INSERT INTO s_words SELECT 99, v FROM s_words WHERE id = 2",
       "document 99: words without an entry, or none"                                                                           },
      {"UPDATE s_words SET v = NULL WHERE id = 2",
       "document 2: words without an entry, or none"                                                                            },
      {"UPDATE s_words SET v = x'' WHERE id = 2",                                  "the words of document 2"                    },
      {"UPDATE s_words SET v = zeroblob(length(v)) WHERE id = 2",
       "the words of document 2"                                                                                                },
      {"UPDATE s_words SET v = (SELECT v FROM s_words WHERE id = 5) WHERE id = 2",
       "document 2: the words of another text"                                                                                  },
      {"UPDATE s_fts_data SET block = x'00' WHERE id > 10",                        "the lexical half"                           },
      {"DELETE FROM s_fts_data WHERE id > 10",                                     "the lexical half"                           },
  };
  check_begin("damaged words are found by the command and by PRAGMA integrity_check");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    for (int k = 0; k < KINDS; k++) {
      if (!kinds[k].words) continue;
      /* There the entry's hash is of the vector too. */
      if (strstr(kinds[k].create, "vectors=") && strstr(rows[i].finding, "another"))
        continue;
      check_context("%s; %s", kinds[k].create, rows[i].sql);
      sqlite3 *db = make_index(&kinds[k], SYNCED);
      RUN(db, rows[i].sql);
      if (sqlite3_changes(db)) check_says(db, rows[i].finding);
      CHECK_INT(sqlite3_close(db), SQLITE_OK);
    }
}

/* A given vector, a text that is none, and what was updated: the words are still theirs.
 */
static void test_words_of_all_texts(void) {
  check_begin("words that are right are not called those of another text");
  sqlite3 *db = open_loaded(":memory:");
  RUN(db, "CREATE VIRTUAL TABLE s USING biobert(a, u UNINDEXED, b, store='f32');"
          "INSERT INTO s(a, u, b) VALUES('gene', 1, 'heart'), ('', 2, 'heart'), "
          "('gene', 3, NULL), (NULL, 4, ''), (12, 5, 1.5), (' ', 6, char(0x1F9EC));"
          "INSERT INTO s(a, b, vector) VALUES('x', 'y', (SELECT vector FROM s LIMIT 1));"
          "UPDATE s SET u = 9; UPDATE s SET a = 'cell' WHERE rowid = 2;"
          "UPDATE s SET rowid = 50 WHERE a = 'x'; UPDATE s SET b = 'z' WHERE rowid = 50");
  check_passes(db);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

/* Where nothing can be written ------------------------------------------------------- */

/* Whether SQLite's own FTS5 can check itself there: its first xIntegrity wrote. */
static bool fts5_only_reads(void) {
  if (!has_xintegrity()) return false;
  sqlite3 *db = open_loaded(":memory:");
  RUN(db, "CREATE VIRTUAL TABLE f USING fts5(x); PRAGMA query_only = 1");
  bool reads = strcmp(answer(db, "PRAGMA integrity_check"), "ok") == 0;
  sqlite3_close(db);
  return reads;
}

static void check_reading(sqlite3 *db, const char *rows) {
  CHECK_STR(answer(db, "SELECT count(*) FROM p"), rows);
  CHECK_STR(answer(db, "SELECT rows FROM biobert_status('s')"), rows);
  CHECK_STR(answer(db, "SELECT count(*) FROM biobert_failures('s')"), "0");
  CHECK_STR(answer(db, "SELECT count(*) FROM s('heart')"), "3");
  CHECK_STR(answer(db, "SELECT count(*) FROM s('heart', 9, 'semantic')"), "3");
  CHECK_STR(answer(db, "SELECT group_concat(rowid) FROM s('heart', 9, 'lexical')"), "2");
  CHECK_STR(answer(db, "SELECT group_concat(rowid) FROM s WHERE words MATCH 'gene'"),
            "1");
  CHECK_STR(answer(db, "SELECT count(vector) FROM s"), "3");
  CHECK_STR(answer(db, "SELECT length(vector) > 0 FROM s WHERE rowid = 3"), "1");
  if (!fts5_only_reads()) return;
  CHECK_STR(answer(db, "PRAGMA integrity_check"), "ok");
  CHECK_STR(answer(db, "PRAGMA integrity_check(s)"), "ok");
  CHECK_STR(answer(db, "PRAGMA quick_check"), "ok");
}

/* What the command answers is SQLite's own answer to any INSERT. */
static void check_command_refused(sqlite3 *db, int code) {
  CHECK_INT(run(db, "INSERT INTO p(t) VALUES('x')") & 0xFF, code);
  CHECK_INT(run(db, check_command) & 0xFF, code);
  CHECK(sqlite3_errmsg(db) && !strstr(sqlite3_errmsg(db), "damaged"));
}

static void file_name(char out[256], const char *mode, const char *query) {
  snprintf(out, 256, "file:%s/%s.db%s", folder, mode, query);
}

static sqlite3 *open_file(const char *mode, const char *query) {
  char name[256];
  file_name(name, mode, query);
  return open_loaded(name);
}

static void make_file(const char *mode) {
  char pragma[64];
  sqlite3 *db = open_file(mode, "");
  snprintf(pragma, sizeof pragma, "PRAGMA journal_mode = %s; PRAGMA synchronous = off",
           mode);
  RUN(db, pragma);
  RUN(db, "CREATE TABLE p(id INTEGER PRIMARY KEY, t TEXT);"
          "INSERT INTO p VALUES(1, 'gene'), (2, 'heart'), (3, 'stroke');"
          "CREATE VIRTUAL TABLE s USING biobert(t, content='p');"
          "INSERT INTO s(s) VALUES('sync')");
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void test_file_not_writable(const char *mode) {
  static const char *const queries[] = {"?mode=ro", "?immutable=1",
                                        "?mode=ro&immutable=1"};
  check_begin("a file that cannot be written can be checked, searched and asked about");
  for (int i = 0; i < 3; i++) {
    check_context("%s%s", mode, queries[i]);
    sqlite3 *db = open_file(mode, queries[i]);
    check_reading(db, "3");
    check_command_refused(db, SQLITE_READONLY);
    check_reading(db, "3");
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
  }
  check_begin("so can one under PRAGMA query_only");
  sqlite3 *db = open_file(mode, "");
  RUN(db, "PRAGMA query_only = 1");
  check_reading(db, "3");
  check_command_refused(db, SQLITE_READONLY);
  check_reading(db, "3");
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void test_beside_a_writer(const char *mode) {
  check_begin("a check waits for no writer, and no writer for it");
  check_context("%s", mode);
  sqlite3 *db = open_file(mode, ""), *other = open_file(mode, "");
  RUN(other, "BEGIN IMMEDIATE; INSERT INTO p(t) VALUES('more')");
  check_reading(db, "3");
  check_command_refused(db, SQLITE_BUSY);
  RUN(other, "ROLLBACK");
  RUN(db, "BEGIN");
  check_reading(db, "3");
  RUN(other, "BEGIN IMMEDIATE; ROLLBACK"); /* the check holds no lock to write */
  RUN(db, "COMMIT");
  check_begin("a check in a read transaction leaves it as it is");
  if (strcmp(mode, "wal") == 0) {
    RUN(db, "BEGIN");
    check_reading(db, "3");
    RUN(other, "INSERT INTO p VALUES(9, 'more')");
    check_reading(db, "3");
    check_command_refused(db, SQLITE_BUSY); /* it is of the past */
    CHECK(!sqlite3_get_autocommit(db));
    check_reading(db, "3");
    RUN(db, "COMMIT");
    RUN(other, "DELETE FROM p WHERE id = 9");
  }
  CHECK_INT(sqlite3_close(other), SQLITE_OK);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

/* root may write everywhere, so root tests as another user. */
static void test_folder_not_writable(const char *mode) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s.db", folder, mode);
  bool is_root = geteuid() == 0;
  enum { NOBODY = 65534 };
  check_begin("media that cannot be written can be checked, searched and asked about");
  check_context("%s", mode);
  sqlite3 *db = open_file(mode, "?mode=ro"); /* loads the model while it may */
  CHECK_STR(answer(db, "SELECT count(*) FROM s('heart')"), "3");
  sqlite3_close(db);
  db = open_loaded(":memory:"); /* keeps it open */
  RUN(db, "SELECT biobert_embed('x')");
  chmod(path, 0444);
  chmod(folder, 0555);
  if (is_root) CHECK_INT(seteuid(NOBODY), 0);
  bool is_wal = strcmp(mode, "wal") == 0;
  char attach[600];
  snprintf(attach, sizeof attach, "ATTACH 'file:%s%s' AS m", path,
           is_wal ? "?immutable=1" : "");
  RUN(db, attach);
  CHECK_STR(answer(db, "SELECT rows FROM biobert_status('m.s')"), "3");
  CHECK_STR(answer(db, "SELECT count(*) FROM m.s('heart')"), "3");
  CHECK_STR(answer(db, "SELECT count(*) FROM m.s WHERE words MATCH 'gene'"), "1");
  if (fts5_only_reads()) CHECK_STR(answer(db, "PRAGMA m.integrity_check"), "ok");
  CHECK_INT(run(db, "INSERT INTO m.s(s) VALUES('integrity-check')") & 0xFF,
            SQLITE_READONLY);
  /* Without its -shm SQLite itself opens no WAL file there; nor do we, and say so. */
  snprintf(attach, sizeof attach, "ATTACH 'file:%s' AS n", path);
  if (is_wal && run(db, attach) == SQLITE_OK) {
    int plain = run(db, "SELECT count(*) FROM n.p");
    CHECK_INT(run(db, "SELECT count(*) FROM n.s('heart')"), plain);
  }
  if (is_root) CHECK_INT(seteuid(0), 0);
  chmod(folder, 0755);
  chmod(path, 0644);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

/* What waits in memory for the end of the transaction is seen by a check within it. */
static void test_within_a_transaction(void) {
  check_begin("a check sees what its own transaction has written");
  sqlite3 *db = open_loaded(":memory:");
  RUN(db, "CREATE VIRTUAL TABLE s USING biobert(t); BEGIN;"
          "INSERT INTO s(t) VALUES('gene'), ('heart')");
  check_passes(db);
  RUN(db, "SAVEPOINT a; DELETE FROM s WHERE rowid = 1");
  check_passes(db);
  RUN(db, "ROLLBACK TO a");
  check_passes(db);
  RUN(db, "COMMIT");
  check_passes(db);
  CHECK_STR(answer(db, "SELECT count(*) FROM s('gene')"), "2");
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void remove_files(void) {
  static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
  char path[256];
  for (int i = 0; i < 8; i++) {
    snprintf(path, sizeof path, "%s/%s.db%s", folder, i < 4 ? "wal" : "delete",
             endings[i % 4]);
    unlink(path);
  }
  rmdir(folder);
}

int main(int argc, char **argv) {
  find_library(argc, argv);
  if (!mkdtemp(folder)) return 1;
  chmod(folder, 0755);
  test_commands();
  test_reset();
  test_damage();
  test_words();
  test_words_of_all_texts();
  test_within_a_transaction();
  const char *const modes[] = {"delete", "wal"};
  for (int i = 0; i < 2; i++) {
    make_file(modes[i]);
    test_file_not_writable(modes[i]);
    test_beside_a_writer(modes[i]);
    test_folder_not_writable(modes[i]);
  }
  remove_files();
  return check_report();
}
