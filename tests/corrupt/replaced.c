/* replaced.c - every table of an index, and every table that it reads, replaced by
 * something else of that name, and then everything that can be done with the index. The
 * first search is refused or right; nothing runs over memory, needs more of it than there
 * is or does not end; and the index can be dropped.
 *
 * hostile.c has attacks that need a story; here is every form on every table. */
#include <sqlite3.h>
#include <stdlib.h>

#include "check.h"
#include "loaded.h"

static int pairs; /* of a replacement and a use that were tried */

enum {
  TICK_STEPS = 1000,
  MAX_TICKS = 4000, /* of a statement: four million steps of SQLite's machine; what is
                        here needs a tenth at most, unless it has no end */
  MORE_TICKS = 100, /* after the refusal */
  HEAP_BYTES = 256 << 20,
};

/* An index ----------------------------------------------------------------------------
 */

#define PAPERS                                                                           \
  "CREATE TABLE p(id INTEGER PRIMARY KEY, t TEXT); WITH RECURSIVE c(x) AS (SELECT 1 "    \
  "UNION ALL SELECT x + 1 FROM c LIMIT 60) INSERT INTO p SELECT x, 'aspirin ' || "       \
  "char(97 + x % 26) FROM c; CREATE TABLE q(id INTEGER PRIMARY KEY); CREATE TABLE "      \
  "other(x);"

typedef enum index_kind { CONTENT, OWN, QUEUE, KINDS } index_kind;

static const char *const setups[KINDS] = {
    [CONTENT] = PAPERS "CREATE VIRTUAL TABLE s USING biobert(t, content='p', "
                       "content_rowid='id'); INSERT INTO s(s) VALUES('sync')",
    [OWN] = PAPERS "CREATE VIRTUAL TABLE s USING biobert(t); INSERT INTO s(rowid, t) "
                   "SELECT id, t FROM p",
    [QUEUE] = PAPERS "CREATE VIRTUAL TABLE s USING biobert(t, content='p', "
                     "content_rowid='id', queue='q'); INSERT INTO s(s) VALUES('sync'); "
                     "INSERT INTO q VALUES(3), (99)",
};

static const struct {
  index_kind kind;
  const char *name, *key, *columns, *options;
} tables[] = {
    {CONTENT, "s_config",  "k",   "k TEXT PRIMARY KEY, v",                                "WITHOUT ROWID"},
    {CONTENT, "s_docs",    "id",
     "id INTEGER PRIMARY KEY, hash INT, address INT, vectors INT, spans BLOB, error "
     "TEXT, "
     "sum INT",                                                                           ""             },
    {CONTENT, "s_chunks",  "cid",
     "cid INTEGER PRIMARY KEY, pid INT, gen INT, n INT, live BLOB, ids BLOB, code1 BLOB", ""             },
    {CONTENT, "s_codes",   "id",  "id INTEGER PRIMARY KEY, v BLOB",                       ""             },
    {CONTENT, "s_full",    "id",  "id INTEGER PRIMARY KEY, v BLOB",                       ""             },
    {CONTENT, "s_words",   "id",  "id INTEGER PRIMARY KEY, v BLOB",                       ""             },
    {CONTENT, "s_fts",     "t",   "t",                                                    ""             },
    {OWN,     "s_content", "id",  "id INTEGER PRIMARY KEY, c0",                           ""             },
    {CONTENT, "p",         "id",  "id INTEGER PRIMARY KEY, t TEXT",                       ""             },
    {QUEUE,   "q",         "id",  "id INTEGER PRIMARY KEY",                               ""             },
};
enum { TABLES = sizeof tables / sizeof tables[0] };

/* Replacements ------------------------------------------------------------------------
 */

/* Z: the table as it was, under another name. In each: @ the name, # its key column, $
 * its columns, ~ what follows them. */
#define Z "ALTER TABLE @ RENAME TO z;"
#define BACK ";INSERT OR IGNORE INTO @ SELECT * FROM z"
#define TRIGGER(when, command)                                                           \
  "CREATE TRIGGER g_" command " " when " ON @ BEGIN INSERT INTO s(s) VALUES('" command   \
  "'); END;"
#define ALL_TRIGGERS(temp, when)                                                         \
  "CREATE " temp " TRIGGER gi " when " INSERT ON main.@ BEGIN INSERT INTO s(s) "         \
  "VALUES('optimize'); END; CREATE " temp " TRIGGER gu " when " UPDATE ON main.@ BEGIN " \
  "INSERT INTO s(s) VALUES('reset'); END; CREATE " temp " TRIGGER gd " when              \
  " DELETE ON main.@ BEGIN INSERT INTO s(s) VALUES('sync'); END;"

static const struct {
  const char *says, *sql;
} forms[] = {
    {"nothing",                                                                    "DROP TABLE @"                                                   },
    {"a view of it",                                                               Z "CREATE VIEW @ AS SELECT * FROM z"                             },
    {"a view of itself",                                                           Z "CREATE VIEW @ AS SELECT * FROM @"                             },
    {"a view of the index",                                                        Z "CREATE VIEW @ AS SELECT rowid AS #, * FROM s"                 },
    {"a view that searches",
     Z "CREATE VIEW @ AS SELECT * FROM z WHERE (SELECT count(*) FROM s('aspirin')) >= 0"                                                            },
    {"a view that syncs",
     Z "CREATE VIEW @ AS SELECT * FROM z WHERE (SELECT count(*) FROM biobert_sync('s')) "
       ">= 0"                                                                                                                                       },
    {"a view that asks for the status",
     Z "CREATE VIEW @ AS SELECT * FROM z WHERE (SELECT rows FROM biobert_status('s')) > "
       "0"                                                                                                                                          },
    {"a view without end",
     Z "CREATE VIEW @ AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
       "SELECT x AS #, 'aspirin' AS t, x AS c0, x AS v FROM c"                                                                                      },
    {"a view without end that is sorted",
     Z "CREATE VIEW @ AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
       "SELECT DISTINCT x AS #, 'aspirin' AS t, x AS c0, x AS v FROM c ORDER BY -x"                                                                 },
    {"a view that counts without end",                                             Z
     "CREATE VIEW @ AS WITH RECURSIVE c(x) AS MATERIALIZED (SELECT 1 UNION ALL SELECT x "
     "+ 1 FROM c) SELECT z.* FROM z, (SELECT count(*) AS n FROM c) WHERE n > 0"                               },
    {"a view of many rows",
     Z "CREATE VIEW @ AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c "
       "LIMIT 3000) SELECT x AS #, 'aspirin' AS t FROM c"                                                                                           },
    {"a view that fails",
     Z "CREATE VIEW @ AS SELECT * FROM z WHERE abs(-9223372036854775808 + length(#) * 0) "
       "IS NOT NULL"                                                                                                                                },
    {"a view that fails in its third row",
     Z "CREATE VIEW @ AS SELECT * FROM z WHERE CASE WHEN # IN (3, 'fts', 'vectors') THEN "
       "json('x') ELSE 1 END"                                                                                                                       },
    {"a view that embeds",
     Z "CREATE VIEW @ AS SELECT * FROM z WHERE biobert_embed('heart') IS NOT NULL"                                                                  },
    {"a view that loads a model",
     Z "CREATE VIEW @ AS SELECT * FROM z WHERE biobert_load('/dev/zero', 'm') IS NULL"                                                              },
    {"a view with a trigger in place of its writes",
     Z "CREATE VIEW @ AS SELECT * FROM z;" TRIGGER("INSTEAD OF INSERT",                                                                               "optimize")
         TRIGGER("INSTEAD OF UPDATE", "reset") TRIGGER("INSTEAD OF DELETE", "rebuild")},
    {"a view whose writes fail",
     Z "CREATE VIEW @ AS SELECT * FROM z; CREATE TRIGGER g INSTEAD OF DELETE ON @ BEGIN "
       "SELECT RAISE(ROLLBACK, 'no'); END"                                                                                              },
    {"a table of FTS5",                                                   Z "CREATE VIRTUAL TABLE @ USING fts5(#, t, v)"                                                                                                          },
    {"a table of FTS5 of other words",
     Z "CREATE VIRTUAL TABLE @ USING fts5(t, content='', tokenize='trigram')"                            },
    {"an R-tree",
     Z "CREATE VIRTUAL TABLE @ USING rtree(#, a, b); INSERT INTO @ VALUES(1, 0, 1)"                                                                       },
    {"another index",                                                                  Z "CREATE VIRTUAL TABLE @ USING biobert(t)"                                                                 },
    {"an index over this one",                                                              Z "CREATE VIRTUAL TABLE @ USING biobert(t, content='s')"                  },
    {"an index over itself",                                                     Z "CREATE VIRTUAL TABLE @ USING biobert(t, content='@')"},
    {"triggers before",                                                       ALL_TRIGGERS("",            "BEFORE")},
    {"triggers after",                                                            ALL_TRIGGERS("",                                                        "AFTER")},
    {"a trigger that deletes",
     "CREATE TRIGGER g AFTER INSERT ON @ BEGIN DELETE FROM @; END"                                                                                                                             },
    {"a trigger that ignores",
     "CREATE TRIGGER g BEFORE INSERT ON @ BEGIN SELECT RAISE(IGNORE); END"                                                                             },
    {"a trigger that rolls back",
     "CREATE TRIGGER g AFTER INSERT ON @ BEGIN SELECT RAISE(ROLLBACK, 'no'); END"},
    {"its key alone",        Z "CREATE TABLE @ AS SELECT # FROM z"},
    {"no key", Z "CREATE TABLE @ AS SELECT * FROM z"                                                                                                              },
    {"a column more",                                Z "CREATE TABLE @($, more DEFAULT 1) ~"                                                                                                     },
    {"columns in another order",                                       Z "CREATE TABLE @(more, $) ~"},
    {"a generated column",      Z "CREATE TABLE @($, g AS (abs(#))) ~"},
    {"a text as key",         Z "CREATE TABLE @(# TEXT PRIMARY KEY, t, v, c0)"                                                                                },
    {"a table without rowids",
     Z "CREATE TABLE @(# INT PRIMARY KEY, t, v, c0) WITHOUT ROWID"                                                                                                                                },
    {"a strict table",                    Z "CREATE TABLE @(# INTEGER PRIMARY KEY, t TEXT, v "
                         "BLOB, c0 TEXT) STRICT"    },
    {"a check",                Z "CREATE TABLE @($, CHECK(# % 2)) ~" BACK},
    {"a check that fails",
     Z "CREATE TABLE @($, CHECK(abs(-9223372036854775808 + length(#) * 0))) ~"                                                                                         },
    {"another unique key",                   Z "CREATE TABLE @($, more UNIQUE DEFAULT 1) ~"                                                                                                                                   },
    {"a default that is a function",
     Z "CREATE TABLE @($, more DEFAULT (biobert_embed('x'))) ~"},
    {"a foreign key",
     Z "CREATE TABLE @($, more REFERENCES other(x) DEFERRABLE INITIALLY DEFERRED DEFAULT "
       "5) ~"},
    {"a table that refers to it, with triggers",
     "CREATE UNIQUE INDEX zu ON @(#); CREATE TABLE child(x REFERENCES @(#) ON DELETE "
     "CASCADE "
     "ON UPDATE CASCADE); INSERT INTO child SELECT # FROM @; CREATE TRIGGER g AFTER "
     "DELETE ON "
     "child BEGIN INSERT INTO s(s) VALUES('reset'); END"                                                                                                        },
    {"another collation",                                                                     Z "CREATE TABLE @(# TEXT COLLATE NOCASE PRIMARY KEY, "
                            "t, v, c0)"                                                                                                                                                                                            },
    {"an index of its key",                          "CREATE INDEX z ON @(#)"},
    {"an index of an expression",                                      "CREATE INDEX z ON @(abs(length(#)))"},
    {"an index of a function of ours",                           "CREATE INDEX z ON @(biobert_dimension(x''))"                                                                                                         },
    {"an index that cannot be written",
     "PRAGMA writable_schema = ON; CREATE INDEX z ON @(#); UPDATE sqlite_schema SET sql "
     "= "
     "'CREATE INDEX z ON @(abs(-9223372036854775808))' WHERE name = 'z'"                                                                                                                                                        },
    {"a partial index",     "CREATE INDEX z ON @(#) WHERE # > 2"},
    {"a unique index of one value",          "CREATE UNIQUE INDEX z ON @(length('')) WHERE # IN "
                                    "(2, 'vectors')"},
};
enum { FORMS = sizeof forms / sizeof forms[0] };

/* Of other schemas: what SQLite would take for a name without a schema. */
static const struct {
  const char *says, *sql;
} shades[] = {
    {"a TEMP table of its name",      "CREATE TEMP TABLE @($) ~"                                },
    {"a TEMP view of its name",
     "CREATE TEMP VIEW @ AS SELECT 1 AS # WHERE abs(-9223372036854775808)"                      },
    {"a TEMP table with triggers",    "CREATE TEMP TABLE @($) ~; CREATE TEMP TRIGGER g "
                                   "AFTER INSERT ON temp.@ BEGIN INSERT "
                                   "INTO other VALUES(1); END"},
    {"an attached table of its name", "ATTACH ':memory:' AS b; CREATE TABLE b.@($) ~"           },
};
enum { SHADES = sizeof shades / sizeof shades[0] };

/* Uses --------------------------------------------------------------------------------
 */

static const char *const uses[] = {
    "SELECT rowid, rank, passage, vector FROM s WHERE s MATCH 'aspirin'",
    "SELECT rowid, rank FROM s WHERE s MATCH 'aspirin' AND mode = 'semantic' AND k = 3",
    "SELECT rowid, rank FROM s WHERE s MATCH 'aspirin' AND mode = 'lexical'",
    "SELECT rowid FROM s WHERE words MATCH 'aspirin NOT b'",
    "SELECT rowid FROM s('aspirin', 9) WHERE t LIKE 'a%' AND rowid > 3",
    "SELECT *, rowid, vector FROM s",
    "SELECT vector FROM s WHERE rowid = 3",
    "SELECT * FROM biobert_status('s')",
    "SELECT * FROM biobert_failures('s')",
    "SELECT * FROM biobert_sync('s')",
    "INSERT INTO s(s) VALUES('integrity-check')",
    "INSERT INTO s(s) VALUES('sync')",
    "INSERT INTO s(s, rank) VALUES('sync', 1)",
    "INSERT INTO s(s) VALUES('optimize')",
    "INSERT INTO s(s) VALUES('retry')",
    "INSERT INTO s(rowid, t) VALUES(70, 'polio')",
    "INSERT INTO s(rowid, t, vector) SELECT 71, 'polio', biobert_embed('polio')",
    "REPLACE INTO s(rowid, t) VALUES(4, 'polio b')",
    "UPDATE s SET t = 'polio ' || t WHERE rowid < 4",
    "UPDATE s SET rowid = 80 WHERE rowid = 5",
    "DELETE FROM s WHERE rowid = 6",
    "INSERT INTO s(s, rowid, t) VALUES('delete', 7, 'aspirin h')",
    "UPDATE p SET t = 'polio ' || t WHERE id < 5",
    "INSERT INTO p(id, t) VALUES(90, 'heart')",
    "INSERT INTO q(id) VALUES(2)",
    "SELECT * FROM biobert_sync('s', 7)",
    "SAVEPOINT a; INSERT INTO s(rowid, t) VALUES(91, 'x'); ROLLBACK TO a; RELEASE a",
    "PRAGMA integrity_check",
    "INSERT INTO s(s) VALUES('reset')",
    "INSERT INTO s(s) VALUES('rebuild')",
    "INSERT INTO s(s) VALUES('delete-all')",
    "ALTER TABLE s RENAME TO r",
    "ALTER TABLE r RENAME TO s",
    "VACUUM",
};
enum { USES = sizeof uses / sizeof uses[0] };

/* Databases ---------------------------------------------------------------------------
 */

static const char uri[] = "file:/replaced?vfs=memdb";
static int ticks;

/* What has no end is refused; then it has to end soon. */
static int tick(void *unused) {
  (void)unused;
  if (++ticks > MAX_TICKS + MORE_TICKS) {
    printf("FAILED: it does not end when it is told to: %s\n", check_state.context);
    exit(1);
  }
  return ticks > MAX_TICKS;
}

static sqlite3 *sound_index(index_kind kind) {
  static sqlite3 *made[KINDS];
  if (made[kind]) return made[kind];
  made[kind] = open_loaded(":memory:");
  if (!CHECK_INT(sqlite3_exec(made[kind], setups[kind], NULL, NULL, NULL), SQLITE_OK))
    puts(sqlite3_errmsg(made[kind]));
  return made[kind];
}

/* The database that lasts as long as this connection; a copy of a sound one. */
static sqlite3 *copy_of(index_kind kind) {
  sqlite3 *copy = NULL;
  sqlite3_open_v2(uri, &copy,
                  SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI, NULL);
  sqlite3_backup *b = sqlite3_backup_init(copy, "main", sound_index(kind), "main");
  sqlite3_backup_step(b, -1);
  CHECK_INT(sqlite3_backup_finish(b), SQLITE_OK);
  return copy;
}

static void replacement_sql(const char *form, int table, char *out, size_t size) {
  size_t length = 0;
  for (const char *p = form; *p && length + 1 < size; p++) {
    const char *word = *p == '@'   ? tables[table].name
                       : *p == '#' ? tables[table].key
                       : *p == '$' ? tables[table].columns
                       : *p == '~' ? tables[table].options
                                   : NULL;
    if (word)
      length += (size_t)snprintf(out + length, size - length, "%s", word);
    else
      out[length++] = *p;
  }
  out[length < size ? length : size - 1] = '\0';
}

/* Trying ------------------------------------------------------------------------------
 */

/* Not that there is no memory, and no code that says that we are wrong. */
static bool may_be(int code) {
  return code != SQLITE_NOMEM && code != SQLITE_INTERNAL && code != SQLITE_MISUSE &&
         code != SQLITE_RANGE && code != SQLITE_FORMAT;
}

static int try_use(sqlite3 *db, const char *sql) {
  ticks = 0;
  pairs++;
  int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
  if (!may_be(rc & 0xFF) || (rc != SQLITE_OK && !*sqlite3_errmsg(db)))
    check_fail(__FILE__, __LINE__, "%s: %d: %s", sql, rc, sqlite3_errmsg(db));
  return rc;
}

/* The rowids of a search; the caller frees it. NULL: it was refused. */
static char *answer_of(sqlite3 *db) {
  static const char sql[] = "SELECT group_concat(rowid) FROM (SELECT rowid FROM "
                            "s('aspirin') LIMIT 9)";
  sqlite3_stmt *s = NULL;
  char *answer = NULL;
  ticks = 0;
  if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK) return NULL;
  if (sqlite3_step(s) == SQLITE_ROW)
    answer = sqlite3_mprintf("%s", (const char *)sqlite3_column_text(s, 0));
  if (sqlite3_finalize(s) == SQLITE_OK) return answer;
  sqlite3_free(answer);
  return NULL;
}

static void check_answer(sqlite3 *db, int table) {
  char *right = answer_of(sound_index(tables[table].kind)), *answer = answer_of(db);
  /* The content is the user's: what is there now is what is found. */
  if (answer && strcmp(tables[table].name, "p") != 0 &&
      strcmp(tables[table].name, "s_content") != 0)
    CHECK_STR(answer, right);
  sqlite3_free(right);
  sqlite3_free(answer);
}

static void drop(sqlite3 *db, const char *name) {
  static const char left[] = "SELECT 1 FROM sqlite_schema WHERE name GLOB 's_*'";
  char sql[64];
  sqlite3_stmt *s = NULL;
  ticks = 0;
  snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS %s", name);
  /* What refers to a table is in the way, as of any table. */
  if (sqlite3_exec(db, "SELECT 1 FROM child", NULL, NULL, NULL) == SQLITE_OK) {
    try_use(db, sql);
    sqlite3_exec(db, "DROP TABLE child", NULL, NULL, NULL);
  }
  if (!CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK))
    puts(sqlite3_errmsg(db));
  sqlite3_prepare_v2(db, left, -1, &s, NULL);
  if (!CHECK(sqlite3_step(s) == SQLITE_DONE)) puts("  a table is left");
  sqlite3_finalize(s);
}

/* All uses in one order or the other; sql: done by the one who has made the database, or
 * by the connection itself, if it is about TEMP tables. */
static void try_all(int table, const char *sql, bool own, bool backward, bool trusted) {
  sqlite3 *keeper = copy_of(tables[table].kind), *db = open_loaded(uri), *victim;
  sqlite3_exec(db, "PRAGMA legacy_alter_table = ON", NULL, NULL, NULL);
  bool made = sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
  if (own) {
    victim = db;
  } else {
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
    victim = open_loaded(uri);
  }
  sqlite3_exec(victim, "PRAGMA foreign_keys = ON", NULL, NULL, NULL);
  sqlite3_exec(victim, trusted ? "" : "PRAGMA trusted_schema = OFF", NULL, NULL, NULL);
  sqlite3_progress_handler(victim, TICK_STEPS, tick, NULL);
  if (made) check_answer(victim, table);
  for (int i = 0; i < USES && made; i++)
    try_use(victim, uses[backward ? USES - 1 - i : i]);
  if (!sqlite3_get_autocommit(victim)) sqlite3_exec(victim, "ROLLBACK", NULL, NULL, NULL);
  drop(victim, "s");
  CHECK_INT(sqlite3_close(victim), SQLITE_OK);
  sqlite3_close(keeper);
}

static void test_forms(void) {
  for (int form = 0; form < FORMS; form++) {
    check_begin(forms[form].says);
    for (int table = 0; table < TABLES; table++) {
      char sql[2048];
      check_context("%s in place of %s", forms[form].says, tables[table].name);
      replacement_sql(forms[form].sql, table, sql, sizeof sql);
      try_all(table, sql, false, false, true);
      try_all(table, sql, false, true, false);
    }
  }
}

/* The index must not see them: it answers as if they were not there. */
static void test_shades(void) {
  for (int shade = 0; shade < SHADES; shade++) {
    check_begin(shades[shade].says);
    for (int table = 0; table < TABLES; table++) {
      char sql[2048];
      check_context("%s: %s", tables[table].name, shades[shade].says);
      replacement_sql(shades[shade].sql, table, sql, sizeof sql);
      try_all(table, sql, true, false, true);
    }
  }
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: replaced LIBRARY\n");
    return 2;
  }
  find_library(argc, argv);
  sqlite3_hard_heap_limit64(HEAP_BYTES);
  test_forms();
  test_shades();
  for (int i = 0; i < KINDS; i++) sqlite3_close(sound_index((index_kind)i));
  printf("%d pairs of a replacement and a use\n", pairs);
  return check_report();
}
