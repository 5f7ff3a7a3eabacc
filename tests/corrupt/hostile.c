/* hostile.c - a database made by an attacker; its victim only opens it and searches.
 * What its schema says in place of a shadow table, and what its content is made
 * from, gives an error that names it; nothing runs over memory, does not end or keeps the
 * connection open, and the table can be dropped. */
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "loaded.h"

static char path[64];

static const char setup[] =
    "CREATE TABLE p(id INTEGER PRIMARY KEY, t TEXT);"
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 600) "
    "INSERT INTO p SELECT x, 'aspirin ' || char(97 + x % 26) FROM c;"
    "CREATE VIRTUAL TABLE s USING biobert(t, content='p', content_rowid='id');"
    "INSERT INTO s(s) VALUES('sync');";

static const struct {
  const char *suffix, *key;
} shadows[] = {
    {"config", "k"  },
    {"docs",   "id" },
    {"chunks", "cid"},
    {"codes",  "id" },
    {"full",   "id" },
    {"words",  "id" },
};

/* sql: done with the extension, as the owner of the schema may. refused: a search must be
 * an error, else it must be right. */
typedef struct attack {
  const char *says;
  bool refused;
  const char *sql;
} attack;

/* On every shadow table: @ is its suffix, # its key. */
static const attack on_shadows[] = {
    {"a view in place of a shadow table",               true,
     "ALTER TABLE s_@ RENAME TO z; CREATE VIEW s_@ AS SELECT * FROM z"        },
    {"a view that searches in place of a shadow table", true,
     "ALTER TABLE s_@ RENAME TO z; CREATE VIEW s_@ AS SELECT * FROM z WHERE "
     "(SELECT count(*) FROM s('aspirin', 1)) >= 0"                            },
    {"triggers on a shadow table that send commands",   true,
     "CREATE TRIGGER ga AFTER INSERT ON s_@ BEGIN INSERT INTO s(s) "
     "VALUES('optimize'); END; CREATE TRIGGER gb BEFORE DELETE ON s_@ BEGIN INSERT "
     "INTO s(s) VALUES('reset'); END"                                         },
    {"a shadow table whose key is a text",              true,
     "ALTER TABLE s_@ RENAME TO z; CREATE TABLE s_@ AS SELECT CAST(# AS TEXT) "
     "AS first, * FROM z"                                                     },
    {"no shadow table",                                 true, "DROP TABLE s_@"},
};

static const attack attacks[] = {
    {"chunks in the order of texts",                   true,
     "CREATE TABLE z AS SELECT * FROM s_chunks; DROP TABLE s_chunks;"
     "CREATE TABLE s_chunks(cid TEXT PRIMARY KEY, pid INT, gen INT, n INT, live BLOB, "
     "ids BLOB, code1 BLOB); INSERT INTO s_chunks SELECT * FROM z"                                               },
    {"an ordinary table in place of the lexical half", true,
     "DROP TABLE s_fts; CREATE TABLE s_fts(t)"                                                                   },
    {"another index in place of the lexical half",     true,
     "DROP TABLE s_fts; CREATE VIRTUAL TABLE s_fts USING biobert(t)"                                             },
    {"more vectors than a number holds",               true,
     "UPDATE s_config SET v = 9223372036854775807 WHERE k = 'vectors'"                                           },
    {"another dimension",                              true,  "UPDATE s_config SET v = 64 WHERE k = 'dimension'" },
    {"no dimension",                                   true,  "UPDATE s_config SET v = 'x' WHERE k = 'dimension'"},
    {"an epoch at its end",                            false,
     "UPDATE s_config SET v = x'ffffffffffffff7f0000000000000000' WHERE k = 'epoch'"                             },
    {"a unique index, for which entries would go",     true,
     "CREATE UNIQUE INDEX z ON s_docs(vectors) WHERE id IN (1, 2) AND vectors > 1"                               },
    {"an index on the addresses",                      false, "CREATE INDEX z ON s_docs(address)"                },
    {"a content that searches the index",              true,
     "ALTER TABLE p RENAME TO z; CREATE VIEW p AS SELECT id, t FROM z WHERE id IN "
     "(SELECT rowid FROM s('aspirin'))"                                                                          },
    {"a content that asks for the state of the index", true,
     "ALTER TABLE p RENAME TO z; CREATE VIEW p AS SELECT id, t FROM z WHERE (SELECT "
     "rows FROM biobert_status('s')) > 0"                                                                        },
    {"a content that fills the index",                 true,
     "ALTER TABLE p RENAME TO z; CREATE VIEW p AS SELECT id, t FROM z WHERE (SELECT "
     "count(*) FROM biobert_sync('s')) >= 0"                                                                     },
    {"a content that is a module of the program",      true,
     "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE VIRTUAL TABLE "
     "s USING biobert(t, content=''pragma_database_list'', content_rowid=''seq'')' "
     "WHERE name = 's'"                                                                                          },
    {"a content that the index is a part of",          true,
     "ALTER TABLE p RENAME TO z; CREATE VIEW p AS SELECT rowid AS id, t FROM s"                                  },
};

static const char search[] = "SELECT count(*) FROM s('aspirin', 5)";

static const char *const uses[] = {
    search,
    "SELECT count(*) FROM s WHERE vector IS NOT NULL",
    "SELECT * FROM biobert_status('s')",
    "SELECT * FROM biobert_failures('s')",
    "INSERT INTO s(s) VALUES('integrity-check')",
    "INSERT INTO s(s) VALUES('sync')",
    "SELECT * FROM biobert_sync('s')",
    "INSERT INTO s(s) VALUES('optimize')",
    "UPDATE p SET t = 'polio ' || t WHERE id < 5",
    "SELECT * FROM biobert_sync('s')",
    "PRAGMA integrity_check",
    "INSERT INTO s(s) VALUES('reset')",
    search,
    "INSERT INTO s(s) VALUES('rebuild')",
    search,
    "ALTER TABLE s RENAME TO r",
    "ALTER TABLE r RENAME TO s",
};

static sqlite3 *open_database(void) {
  sqlite3 *db = open_loaded(path);
  run(db, "PRAGMA synchronous = OFF");
  return db;
}

static void prepare_attack(const char *attack_sql) {
  unlink(path);
  sqlite3 *db = open_database();
  CHECK_INT(sqlite3_exec(db, setup, NULL, NULL, NULL), SQLITE_OK);
  sqlite3_exec(db, "PRAGMA legacy_alter_table = ON", NULL, NULL, NULL);
  if (!CHECK_INT(sqlite3_exec(db, attack_sql, NULL, NULL, NULL), SQLITE_OK))
    puts(sqlite3_errmsg(db));
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

/* Something that does not end would stop the test without a word. */
static int takes_too_long(void *steps) {
  return ++*(int *)steps > 100000;
}

static void try_attack(const char *attack_sql, bool refused) {
  int steps = 0, number = 0;
  sqlite3_stmt *s = NULL;
  prepare_attack(attack_sql);
  sqlite3 *db = open_database();
  sqlite3_progress_handler(db, 1000, takes_too_long, &steps);
  int rc = sqlite3_prepare_v2(db, search, -1, &s, NULL);
  if (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) number = sqlite3_column_int(s, 0);
  rc = rc == SQLITE_OK ? sqlite3_finalize(s) : rc;
  CHECK(refused ? rc != SQLITE_OK : rc == SQLITE_OK && number == 5);
  if (rc != SQLITE_OK) CHECK(strstr(sqlite3_errmsg(db), "s: ") != NULL);
  for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++)
    sqlite3_exec(db, uses[i], NULL, NULL, NULL);
  CHECK(steps <= 100000);
  sqlite3_exec(db, "DROP VIEW IF EXISTS p", NULL, NULL, NULL);
  CHECK_INT(sqlite3_exec(db, "DROP TABLE s", NULL, NULL, NULL), SQLITE_OK);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

/* Puts suffix and key where the pattern has @ and #. */
static void shadow_sql(const char *pattern, const char *suffix, const char *key,
                       char *out, size_t size) {
  size_t length = 0;
  for (const char *p = pattern; *p && length + 1 < size; p++) {
    const char *word = *p == '@' ? suffix : *p == '#' ? key : NULL;
    if (word)
      length += (size_t)snprintf(out + length, size - length, "%s", word);
    else
      out[length++] = *p;
  }
  out[length < size ? length : size - 1] = '\0';
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: hostile LIBRARY\n");
    return 2;
  }
  find_library(argc, argv);
  snprintf(path, sizeof path, "/tmp/biobert-hostile-%d.db", (int)getpid());
  for (size_t i = 0; i < sizeof on_shadows / sizeof on_shadows[0]; i++) {
    check_begin(on_shadows[i].says);
    for (size_t j = 0; j < sizeof shadows / sizeof shadows[0]; j++) {
      char sql[512];
      check_context("%s", shadows[j].suffix);
      shadow_sql(on_shadows[i].sql, shadows[j].suffix, shadows[j].key, sql, sizeof sql);
      try_attack(sql, on_shadows[i].refused);
    }
  }
  for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
    check_begin(attacks[i].says);
    try_attack(attacks[i].sql, attacks[i].refused);
  }
  unlink(path);
  return check_report();
}
