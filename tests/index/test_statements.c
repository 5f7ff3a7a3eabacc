/* test_statements.c - a statement that fails has changed nothing, outside a transaction,
 * inside one (where SQLite keeps no journal for a statement of one row) and behind a
 * savepoint. test_half_statements.c has faults of the file and of memory. */
#include "index/whole_state.h"

/* Failed statements ------------------------------------------------------------------ */

/* Values below it make a row of the content that is not; blocks and FTS5's pages fit. */
enum { LENGTH_LIMIT = 45000, LARGE = 30000 };

/* The last has several passages in a document. */
static const char passages_variant[] =
    "biobert(t, a UNINDEXED, b UNINDEXED, store='f32', passage_tokens='4', "
    "passage_overlap='1')";

static const char *const variants[] = {
    "biobert(t, a UNINDEXED, b UNINDEXED)",
    "biobert(t, a UNINDEXED, b UNINDEXED, search='semantic')",
    "biobert(t, a UNINDEXED, b UNINDEXED, search='lexical')",
    passages_variant,
};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

typedef enum place { OUTSIDE, INSIDE, SAVEPOINT, PLACES } place;

static const struct {
  const char *name, *begin, *end;
} places[PLACES] = {
    [OUTSIDE] = {"outside a transaction", "",                                        ""         },
    [INSIDE] = {"inside a transaction",
                 "BEGIN; INSERT INTO s(rowid, t, a) VALUES(50, 'aspirin again', 1)", "COMMIT"   },
    [SAVEPOINT] =
        {"behind a savepoint",
                 "SAVEPOINT x; INSERT INTO s(rowid, t) VALUES(50, 'gene again'); SAVEPOINT "
         "y; UPDATE s SET t = 'stroke' WHERE rowid = 2",                             "RELEASE x"},
};

static const char rows_sql[] =
    "INSERT INTO s(rowid, t, a, b) VALUES(1, 'aspirin prevents a second stroke in "
    "patients "
    "with a heart', 'a', 1), (2, 'gene therapy', 'b', 2), (3, NULL, NULL, 3), (4, 'a "
    "vaccine against aspirin', zeroblob(30000), 4);"
    "INSERT INTO s(rowid, t) SELECT value + 100, 'gene ' || value FROM generated;"
    "DELETE FROM s WHERE rowid = 105";

static sqlite3 *make(int variant) {
  sqlite3 *db = open_loaded(":memory:");
  char *sql = sqlite3_mprintf(
      "CREATE VIEW generated AS WITH RECURSIVE c(value) AS (SELECT 1 UNION ALL SELECT "
      "value "
      "+ 1 FROM c LIMIT 18) SELECT * FROM c; CREATE VIRTUAL TABLE s USING %s",
      variants[variant]);
  RUN(db, sql);
  sqlite3_free(sql);
  RUN(db, rows_sql);
  return db;
}

/* Fails, and nothing is changed; then the transaction goes on. */
static void check_fails(sqlite3 *db, place where, const char *sql, int code) {
  RUN(db, places[where].begin);
  char *before = dump(db);
  /* Something that lies in memory, and no savepoint since. */
  if (where != OUTSIDE) {
    RUN(db, "UPDATE s SET t = 'heart' WHERE rowid = 50");
    sqlite3_free(before);
    RUN(db, "INSERT INTO s(rowid, t) VALUES(60, 'aspirin in memory')");
    before = dump(db);
  }
  sqlite3_extended_result_codes(db, 0);
  int rc = run(db, sql);
  if (rc != code)
    check_fail(__FILE__, __LINE__, "%s: %d, expected %d: %s", sql, rc, code,
               sqlite3_errmsg(db));
  CHECK_INT(sqlite3_get_autocommit(db), where == OUTSIDE);
  check_same(dump(db), before);
  RUN(db, "INSERT INTO s(rowid, t) VALUES(70, 'aspirin goes on')");
  RUN(db, places[where].end);
  check_sound(db);
}

static const char *const too_big[] = {
    "INSERT INTO s(rowid, t, a, b) VALUES(9, 'x', zeroblob(30000), zeroblob(30000))",
    "INSERT INTO s(t, a, b) VALUES('x', zeroblob(30000), zeroblob(30000))",
    "UPDATE s SET b = zeroblob(30000) WHERE rowid = 4",
    "UPDATE s SET b = zeroblob(30000), t = 'other' WHERE rowid = 4",
    "UPDATE s SET b = zeroblob(30000), rowid = 9 WHERE rowid = 4",
    "UPDATE s SET b = zeroblob(30000), rowid = 9, t = 'other' WHERE rowid = 4",
    "UPDATE OR REPLACE s SET b = zeroblob(30000), rowid = 1 WHERE rowid = 4",
    "REPLACE INTO s(rowid, t, a, b) VALUES(1, 'x', zeroblob(30000), zeroblob(30000))",
    "INSERT OR REPLACE INTO s(rowid, a, b) VALUES(2, zeroblob(30000), zeroblob(30000))",
    "UPDATE s SET b = zeroblob(30000)",
    "UPDATE OR FAIL s SET b = zeroblob(30000) WHERE rowid = 4",
    "UPDATE OR IGNORE s SET b = zeroblob(30000) WHERE rowid = 4",
};

static const struct {
  const char *sql;
  int code;
} refused[] = {
    {"INSERT INTO s(rowid, t) VALUES(1, 'x')",                                     SQLITE_CONSTRAINT},
    {"INSERT OR FAIL INTO s(rowid, t) VALUES(1, 'x')",                             SQLITE_CONSTRAINT},
    {"UPDATE s SET rowid = 2 WHERE rowid = 1",                                     SQLITE_CONSTRAINT},
    {"UPDATE OR FAIL s SET rowid = 2, t = 'x' WHERE rowid = 1",                    SQLITE_CONSTRAINT},
    {"UPDATE OR IGNORE s SET rowid = 2 WHERE rowid = 1",                           SQLITE_OK        },
    {"INSERT OR IGNORE INTO s(rowid, t) VALUES(1, 'x')",                           SQLITE_OK        },
    {"INSERT INTO s(rowid, t) VALUES(8, 'x'), (1, 'y')",                           SQLITE_CONSTRAINT},
    {"INSERT INTO s(rowid, t) VALUES('one', 'x')",                                 SQLITE_MISMATCH  },
    {"UPDATE s SET rowid = 'one' WHERE rowid = 1",                                 SQLITE_MISMATCH  },
    {"INSERT INTO s(rowid, t) VALUES(8, x'00')",                                   SQLITE_ERROR     },
    {"UPDATE s SET t = x'00' WHERE rowid = 1",                                     SQLITE_ERROR     },
    {"REPLACE INTO s(rowid, t) VALUES(1, x'00')",                                  SQLITE_ERROR     },
    {"UPDATE s SET vector = biobert_vector('[1,2,3]') WHERE rowid = 1",            SQLITE_ERROR     },
    {"REPLACE INTO s(rowid, t, vector) VALUES(1, 'x', biobert_vector('[1,2,3]'))",
     SQLITE_ERROR                                                                                   },
    {"INSERT INTO s(s) VALUES('delete-all')",                                      SQLITE_ERROR     },
    {"INSERT INTO s(s) VALUES('nonsense')",                                        SQLITE_ERROR     },
};

static void test_failed_statements(void) {
  for (int variant = 0; variant < VARIANTS; variant++)
    for (place where = OUTSIDE; where < PLACES; where++) {
      check_begin(
          "a row that is too big for the content leaves the row that it replaces");
      for (size_t i = 0; i < sizeof too_big / sizeof *too_big; i++) {
        sqlite3 *db = make(variant);
        check_context("%s, %s: %s", variants[variant], places[where].name, too_big[i]);
        sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LENGTH_LIMIT);
        check_fails(db, where, too_big[i], SQLITE_TOOBIG);
        CHECK_INT(sqlite3_close(db), SQLITE_OK);
      }
      check_begin("a row that is refused changes nothing");
      for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        /* Without vectors they may have any dimension. */
        if (variant == 2 && strstr(refused[i].sql, "biobert_vector")) continue;
        sqlite3 *db = make(variant);
        check_context("%s, %s: %s", variants[variant], places[where].name,
                      refused[i].sql);
        check_fails(db, where, refused[i].sql, refused[i].code);
        CHECK_INT(sqlite3_close(db), SQLITE_OK);
      }
    }
}

/* An authorizer that refuses one thing ----------------------------------------------- */

typedef struct refusal {
  int action;
  const char *table;
} refusal;

static int refuse(void *ctx, int action, const char *table, const char *column,
                  const char *schema, const char *trigger) {
  (void)column;
  (void)schema;
  (void)trigger;
  const refusal *r = ctx;
  bool is = action == r->action && table && strcmp(table, r->table) == 0;
  return is ? SQLITE_DENY : SQLITE_OK;
}

static const char *const changes[] = {
    "INSERT INTO s(rowid, t) VALUES(9, 'aspirin')",
    "INSERT INTO s(t) VALUES('aspirin')",
    "UPDATE s SET t = 'aspirin' WHERE rowid = 2",
    "UPDATE s SET a = 'aspirin' WHERE rowid = 2",
    "UPDATE s SET rowid = 9 WHERE rowid = 2",
    "UPDATE OR REPLACE s SET rowid = 1 WHERE rowid = 2",
    "REPLACE INTO s(rowid, t) VALUES(1, 'gene')",
    "DELETE FROM s WHERE rowid = 1",
    "INSERT INTO s(s) VALUES('sync')",
    "INSERT INTO s(s) VALUES('rebuild')",
    "INSERT INTO s(s) VALUES('reset')",
    "INSERT INTO s(s) VALUES('optimize')",
};
enum { CHANGES = sizeof changes / sizeof changes[0] };

/* It fails and changes nothing, or works: then what it would have refused is not needed.
 */
static void check_refusal(int variant, place where, refusal what, const char *sql) {
  sqlite3 *db = make(variant);
  RUN(db, places[where].begin);
  char *before = dump(db);
  sqlite3_set_authorizer(db, refuse, &what);
  int rc = run(db, sql);
  sqlite3_set_authorizer(db, NULL, NULL);
  char *after = dump(db);
  if (rc != SQLITE_OK)
    check_same(after, before);
  else {
    sqlite3_free(after);
    sqlite3_free(before);
  }
  RUN(db, "INSERT INTO s(rowid, t) VALUES(70, 'aspirin goes on')");
  RUN(db, places[where].end);
  RUN(db, "INSERT INTO s(s) VALUES('sync')"); /* after a reset that worked */
  check_sound(db);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void test_authorizer(void) {
  static const char *const tables[] = {"s_config", "s_docs",  "s_chunks",  "s_codes",
                                       "s_full",   "s_words", "s_content", "s_fts"};
  static const struct {
    const char *name;
    int code;
  } actions[] = {
      {"INSERT", SQLITE_INSERT},
      {"DELETE", SQLITE_DELETE},
      {"READ",   SQLITE_READ  },
  };
  check_begin("what an authorizer refuses in the middle of a statement changes nothing");
  for (place where = INSIDE; where < PLACES; where++)
    for (size_t table = 0; table < sizeof tables / sizeof *tables; table++)
      for (int action = 0; action < 3; action++)
        for (int i = 0; i < CHANGES; i += (int)where) {
          check_context("%s: %s, refused: %s of %s", places[where].name, changes[i],
                        actions[action].name, tables[table]);
          check_refusal(0, where, (refusal){actions[action].code, tables[table]},
                        changes[i]);
        }
}

/* A command that fails in a transaction ---------------------------------------------- */

static void check_command(sqlite3 *db, const char *sql, const char *says) {
  check_context("%s", sql);
  RUN(db, "BEGIN; INSERT INTO p VALUES(-1, 'more')");
  char *before = dump(db);
  CHECK_INT(run(db, sql), SQLITE_ERROR);
  if (!CHECK(strstr(sqlite3_errmsg(db), says))) printf("  %s\n", sqlite3_errmsg(db));
  CHECK_INT(sqlite3_get_autocommit(db), 0);
  check_same(dump(db), before);
  RUN(db, "COMMIT");
  check_sound(db);
  RUN(db, "DELETE FROM p WHERE id = -1");
}

static void test_commands(void) {
  sqlite3 *db = open_loaded(":memory:");
  check_begin("a command that fails in a transaction leaves the index as it was");
  RUN(db,
      "CREATE TABLE p(id INTEGER PRIMARY KEY, t); CREATE TABLE q(id INTEGER);"
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 30) INSERT "
      "INTO p SELECT x, 'gene ' || x FROM c;"
      "CREATE VIRTUAL TABLE s USING biobert(t, content='p');"
      "INSERT INTO s(s) VALUES('sync');"
      "UPDATE p SET t = t || x'00' WHERE id > 5; UPDATE p SET t = CAST(t AS BLOB) WHERE "
      "id > 5");
  check_command(db, "INSERT INTO s(s) VALUES('sync')", "rows in a row failed");
  check_command(db, "INSERT INTO s(s) VALUES('rebuild')", "rows in a row failed");
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

int main(int argc, char **argv) {
  find_library(argc, argv);
  test_failed_statements();
  test_authorizer();
  test_commands();
  return check_report();
}
