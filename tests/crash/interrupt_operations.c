/* interrupt_operations.c - an interrupt at every step of every operation: it comes back as
 * SQLITE_INTERRUPT or not at all, nothing is half done, nothing stays open, and the same
 * connection can do it again.
 *
 * Each point begins with a copy of one file. Some of the first hundred steps of
 * each operation, and ever fewer of the later ones, in one of four kinds of file;
 * INTERRUPTS=all makes it all kinds and thirty times as many steps. */
#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "loaded.h"
#include "model_folder.h"

static char path[512];
static char trained[600], checkpoints[640]; /* the folder of a training, and beside it */
static sqlite3 *holder;                     /* keeps the models in memory */

/* Files ------------------------------------------------------------------------------ */

static const struct file_kind {
  const char *journal, *encoding;
} file_kinds[] = {
    {"delete", "UTF-8" },
    {"wal",    "UTF-8" },
    {"delete", "UTF-16"},
    {"wal",    "UTF-16"},
};
enum { FILE_KINDS = sizeof file_kinds / sizeof file_kinds[0] };

/* s reads p, where there is something to be done; o has its own content; w has a queue
 * and no vectors; d is damaged, so that a check has something to find. */
static const char contents[] =
    "CREATE TABLE log(x);"
    "CREATE TABLE p(id INTEGER PRIMARY KEY, t TEXT, tag TEXT COLLATE NOCASE);"
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 12)"
    " INSERT INTO p SELECT x, 'gene ' || x || iif(x = 5, replace(hex(zeroblob(30)), '00',"
    " ' cell risk.'), ''), iif(x % 2, 'Odd', 'Even') FROM c;"
    "CREATE TABLE q(id INTEGER PRIMARY KEY);"
    "CREATE VIRTUAL TABLE s USING biobert(t, tag UNINDEXED, content='p');"
    "INSERT INTO s(s) VALUES('sync');"
    "CREATE VIRTUAL TABLE o USING biobert(t);"
    "INSERT INTO o(t) SELECT t FROM p WHERE id < 6;"
    "DELETE FROM o WHERE rowid = 2;"
    "CREATE VIRTUAL TABLE w USING biobert(t, content='p', queue='q', search='lexical');"
    "INSERT INTO w(w) VALUES('sync');"
    "UPDATE p SET t = 'heart' WHERE id IN (2, 9); DELETE FROM p WHERE id = 3;"
    "INSERT INTO p(t, tag) VALUES('stroke', 'odd'), (x'00', 'odd');"
    "INSERT INTO q VALUES(2), (3), (9), (13);"
    "CREATE TABLE l(paper, included); INSERT INTO l VALUES(1, 1), (4, 0), (5, 1), (6, "
    "0);";

static sqlite3 *open_unsynced(const char *file) {
  sqlite3 *db = open_plain(file);
  run(db, "PRAGMA synchronous = off");
  return db;
}

static sqlite3 *connect(const char *file) {
  sqlite3 *db = open_unsynced(file);
  load_library(db);
  return db;
}

static void template_path(char out[600], int kind) {
  snprintf(out, 600, "%s.%d", path, kind);
}

static void remove_file(const char *name) {
  static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
  char file[640];
  for (int i = 0; i < 4; i++) {
    snprintf(file, sizeof file, "%s%s", name, endings[i]);
    unlink(file);
  }
}

static void make_template(int kind) {
  char name[600], sql[200];
  template_path(name, kind);
  remove_file(name);
  sqlite3 *db = connect(name);
  snprintf(sql, sizeof sql, "PRAGMA encoding = '%s'; PRAGMA journal_mode = %s",
           file_kinds[kind].encoding, file_kinds[kind].journal);
  RUN(db, sql);
  RUN(db, contents);
  char *output = sqlite3_mprintf("CREATE TABLE output AS SELECT %Q AS path", trained);
  RUN(db, output);
  sqlite3_free(output);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void remove_trained(void) {
  folder_remove(trained);
  folder_remove(checkpoints);
}

static void copy_template(int kind) {
  char name[600], buffer[65536];
  size_t got;
  template_path(name, kind);
  remove_file(path);
  FILE *from = fopen(name, "rb"), *to = fopen(path, "wb");
  if (!from || !to) exit(1);
  while ((got = fread(buffer, 1, sizeof buffer, from)) > 0) fwrite(buffer, 1, got, to);
  fclose(from);
  fclose(to);
}

/* What is in a file, and what a statement answers ------------------------------------ */

static void mix(uint64_t *hash, const void *data, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    *hash = (*hash ^ ((const unsigned char *)data)[i]) * 0x100000001B3u;
}

static void mix_row(uint64_t *hash, sqlite3_stmt *s) {
  for (int i = 0; i < sqlite3_column_count(s); i++) {
    int type = sqlite3_column_type(s, i);
    mix(hash, &type, sizeof type);
    const void *data = sqlite3_column_blob(s, i);
    mix(hash, data, (size_t)sqlite3_column_bytes(s, i));
  }
}

/* Runs statements to their ends; the rows go into *hash. */
static int answer(sqlite3 *db, const char *sql, uint64_t *hash) {
  int rc = SQLITE_OK;
  while (rc == SQLITE_OK && *sql) {
    sqlite3_stmt *s = NULL;
    rc = sqlite3_prepare_v2(db, sql, -1, &s, &sql);
    while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) mix_row(hash, s);
    int ended = sqlite3_finalize(s);
    if (rc == SQLITE_OK) rc = ended;
  }
  return rc;
}

/* All tables but those of FTS5, whose segments may lie otherwise, and without what is
 * made anew for each transaction. */
static uint64_t state_of(sqlite3 *db) {
  uint64_t hash = 0xCBF29CE484222325u;
  sqlite3_stmt *s = NULL;
  char sql[256];
  RUN(db, "SELECT 1 FROM sqlite_schema");
  answer(db, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name", &hash);
  sqlite3_prepare_v2(db,
                     "SELECT name FROM sqlite_schema WHERE rootpage > 0 AND type = "
                     "'table' AND name NOT GLOB '*_fts*' AND name <> 'log' ORDER BY name",
                     -1, &s, NULL);
  while (sqlite3_step(s) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(s, 0);
    bool chunks = strstr(name, "_chunks"), config = strstr(name, "_config");
    snprintf(sql, sizeof sql, "SELECT %s FROM \"%s\" %s",
             chunks ? "cid, n, live, ids" : "*", name,
             config ? "WHERE k <> 'epoch'" : "");
    CHECK_INT(answer(db, sql, &hash), SQLITE_OK);
  }
  CHECK_INT(sqlite3_finalize(s), SQLITE_OK);
  return hash;
}

/* Ways to interrupt ------------------------------------------------------------------ */

typedef enum way { PROGRESS, PROGRESS_CALL, TRACE_CALL, AUTHORIZER_CALL, WAYS } way;

static const char *const way_names[WAYS] = {"the progress handler says so",
                                            "sqlite3_interrupt() in the progress handler",
                                            "sqlite3_interrupt() when a statement begins",
                                            "sqlite3_interrupt() in the authorizer"};

static long left; /* before the interrupt; 0: it was, or there is to be none */

static bool is_now(void) {
  return left > 0 && --left == 0;
}

static int progress(void *unused) {
  (void)unused;
  return is_now();
}

static int progress_call(void *db) {
  if (is_now()) sqlite3_interrupt(db);
  return 0;
}

static int trace_call(unsigned type, void *db, void *unused, void *unused_too) {
  (void)type;
  (void)unused;
  (void)unused_too;
  if (is_now()) sqlite3_interrupt(db);
  return 0;
}

static int authorizer_call(void *db, int action, const char *a, const char *b,
                           const char *c, const char *d) {
  (void)action;
  (void)a;
  (void)b;
  (void)c;
  (void)d;
  if (is_now()) sqlite3_interrupt(db);
  return SQLITE_OK;
}

static void arm(sqlite3 *db, way w, long n) {
  left = n;
  if (w == PROGRESS) sqlite3_progress_handler(db, 1, progress, NULL);
  if (w == PROGRESS_CALL) sqlite3_progress_handler(db, 1, progress_call, db);
  if (w == TRACE_CALL) sqlite3_trace_v2(db, SQLITE_TRACE_STMT, trace_call, db);
  if (w == AUTHORIZER_CALL) sqlite3_set_authorizer(db, authorizer_call, db);
}

/* True: it was interrupted. */
static bool disarm(sqlite3 *db) {
  bool was = left == 0;
  left = 0;
  sqlite3_progress_handler(db, 0, NULL, NULL);
  sqlite3_trace_v2(db, 0, NULL, NULL);
  sqlite3_set_authorizer(db, NULL, NULL);
  return was;
}

/* Operations ------------------------------------------------------------------------- */

typedef enum trait {
  COLD = 1,    /* the first statement of its connection */
  STEPS = 2,   /* commits by itself, in between */
  READS = 4,   /* changes nothing */
  NEWER = 8,   /* needs xIntegrity */
  TRAINS = 16, /* writes a folder, from where the last run was left */
} trait;

static const struct operation {
  const char *sql;
  int traits;
} operations[] = {
    {"CREATE VIRTUAL TABLE n USING biobert(a, b UNINDEXED)",                              0            },
    {"CREATE VIRTUAL TABLE n USING biobert(t, tag UNINDEXED, content='p')",               COLD         },
    {"CREATE VIRTUAL TABLE n USING biobert(t, content='p', search='lexical')",            0            },
    {"SELECT rowid, t FROM o",                                                            COLD | READS },
    {"SELECT rowid, tag FROM s WHERE tag = 'odd'",                                        COLD | READS },
    {"SELECT rowid FROM s('gene')",                                                       COLD | READS },
    {"SELECT * FROM biobert_status('s')",                                                 COLD | READS },
    {"INSERT INTO o(o) VALUES('integrity-check')",                                        COLD | READS },
    {"INSERT INTO o(t) VALUES('aspirin'), ('a stroke')",                                  0            },
    {"UPDATE o SET t = 'other' WHERE rowid = 3",                                          0            },
    {"REPLACE INTO o(rowid, t) VALUES(3, 'other')",                                       0            },
    {"DELETE FROM o WHERE rowid > 3",                                                     COLD         },
    {"INSERT INTO s(s) VALUES('sync')",                                                   0            },
    {"INSERT INTO s(s, rank) VALUES('sync', 2)",                                          COLD         },
    {"INSERT INTO w(w) VALUES('sync')",                                                   0            },
    {"SELECT done, total, failed FROM biobert_sync('s', 2)",                              STEPS        },
    {"SELECT done, total, failed FROM biobert_sync('w')",                                 STEPS | COLD },
    {"SELECT rowid, rank FROM s WHERE s MATCH 'gene 4' AND tag = 'ODD' LIMIT 3",          READS        },
    {"SELECT rowid, rank FROM s('gene 4', 3) WHERE tag LIKE 'o%'",                        READS        },
    {"SELECT rowid, distance FROM s('gene 4', 5, 'semantic')",                            READS        },
    {"SELECT rowid, bm25 FROM s('gene 4', 5, 'lexical')",                                 READS        },
    {"SELECT rowid FROM s WHERE words MATCH 'gene NOT cell'",                             READS        },
    {"SELECT rowid, passage, passage_start, document FROM o('risk')",                     READS        },
    {"SELECT vector FROM s WHERE rowid IN (1, 5)",                                        READS        },
    {"SELECT rowid, t, vector FROM o",                                                    READS        },
    {"ALTER TABLE o RENAME TO r",                                                         0            },
    {"ALTER TABLE s RENAME TO r",                                                         COLD         },
    {"DROP TABLE o",                                                                      0            },
    {"DROP TABLE s",                                                                      COLD         },
    {"INSERT INTO s(s) VALUES('rebuild')",                                                0            },
    {"INSERT INTO o(o) VALUES('optimize')",                                               0            },
    {"INSERT INTO o(o) VALUES('reset')",                                                  0            },
    {"INSERT INTO s(s) VALUES('delete-all')",                                             COLD         },
    {"INSERT INTO s(s) VALUES('retry')",                                                  0            },
    {"INSERT INTO s(s, rowid) VALUES('delete', 4)",                                       0            },
    {"INSERT INTO s(s) VALUES('integrity-check')",                                        READS        },
    {"PRAGMA integrity_check",                                                            READS | NEWER},
    {"BEGIN; INSERT INTO o(t) VALUES('x'); DELETE FROM o WHERE rowid = 1; ROLLBACK",
     READS                                                                                             },
    {"BEGIN; INSERT INTO o(t) VALUES('x'); COMMIT",                                       0            },
    {"SAVEPOINT a; DELETE FROM o; ROLLBACK TO a; SELECT rowid FROM o('gene'); RELEASE a",
     READS                                                                                             },
    {"SELECT * FROM biobert_status('s'); SELECT * FROM biobert_failures('s')",            READS        },
    {"SELECT biobert_embed(t) FROM p WHERE typeof(t) = 'text'",                           READS | COLD },
    {"SELECT biobert_similarity('gene', 'heart'), biobert_token_count('gene')",           READS        },
    {"SELECT * FROM biobert_tokens('gene therapy of the heart')",                         READS        },
    {"SELECT * FROM biobert_chunks('gene therapy of the heart. And more.', 4, 1)",        READS        },
    {"SELECT * FROM biobert_highlight('gene', 'a gene. a heart.')",                       READS        },
    {"SELECT * FROM biobert_hidden_states('gene', 0)",                                    READS        },
    {"SELECT * FROM biobert_attention('gene', 1, 0)",                                     READS        },
    {"SELECT * FROM biobert_each(x'0000803f00000040')",                                   READS        },
    {"SELECT biobert_vocabulary(t, 50) FROM p WHERE typeof(t) = 'text'",                  READS        },
    {"SELECT * FROM biobert_neighbours('s', 3); SELECT * FROM biobert_neighbours('o', 3) "
     "WHERE rowid = 3",                                                              READS | COLD },
    {"SELECT * FROM biobert_duplicates('s', 0.1); SELECT * FROM "
     "biobert_duplicate_groups('s', 0.1)",                                           READS | COLD },
    {"SELECT * FROM biobert_clusters('s', 3); SELECT * FROM biobert_clusters('o'); "
     "SELECT * FROM biobert_novelty('s')",                                           READS        },
    {"SELECT biobert_fit(t, rowid % 2), biobert_fit(t, rowid % 3) FROM p WHERE typeof(t) "
     "= 'text'",                                                                     READS        },
    {"SELECT * FROM biobert_screen('s', 'l', '{\"query\": \"gene\"}')",                   READS        },
    {"SELECT rowid, x, y FROM biobert_map('s')",                                          READS        },
    {"SELECT * FROM biobert_topics('s', 3)",                                              READS | COLD },
    {"SELECT * FROM biobert_screen_status('s', 'l')",                                     READS        },
    {"SELECT biobert_mean(vector) FROM s",                                                READS        },
    {"SELECT name, task, dimension FROM biobert_models",                                  READS | COLD },
    {"SELECT name FROM biobert_help; SELECT key FROM biobert_settings",                   READS        },
    {"SELECT biobert_load('tests/golden/models/st_cls', 'm'), biobert_unload('m')",
     READS                                                                                             },
    {"SELECT step, loss, metric, value FROM output, biobert_train('classify', 'SELECT t, "
     "lower(tag) FROM p WHERE id < 9', path, '{\"epochs\": 8, \"batch\": 64, "
     "\"save_every\": 3, \"evaluate\": \"SELECT t, lower(tag) FROM p WHERE id BETWEEN "
     "10 AND 12\"}')",                                                               TRAINS       },
};
enum { OPERATIONS = sizeof operations / sizeof operations[0] };

/* Opens what the operation is not about. */
static void warm_up(sqlite3 *db) {
  RUN(db, "SELECT rowid FROM s('gene'); SELECT rowid FROM s('gene');"
          "SELECT rowid FROM o('gene'); SELECT rowid FROM w('gene', 1, 'lexical')");
}

static sqlite3 *begin(int kind, const struct operation *op) {
  copy_template(kind);
  if (op->traits & TRAINS) remove_trained();
  sqlite3 *db = connect(path);
  if (!(op->traits & COLD)) warm_up(db);
  return db;
}

/* What an operation does that is not interrupted. */
typedef struct outcome {
  uint64_t before, after, rows, query, trained;
} outcome;

/* The weights that a training has written. */
static uint64_t trained_weights(void) {
  char name[700];
  size_t bytes = 0;
  uint64_t hash = 0xCBF29CE484222325u;
  snprintf(name, sizeof name, "%s/model.safetensors", trained);
  char *weights = file_read(name, &bytes);
  if (CHECK(weights != NULL)) mix(&hash, weights, bytes);
  free(weights);
  return hash;
}

/* The connection answers as one that was never interrupted: of what is asked when a table
 * is opened nothing is missing. */
static const char query[] =
    "SELECT rowid, tag FROM s WHERE s MATCH 'gene' AND tag = 'odd' LIMIT 3;"
    "SELECT rowid FROM s('gene', 2) WHERE tag < 'odd';"
    "SELECT rowid, bm25 FROM o('gene', 9, 'lexical');"
    "SELECT count(*) FROM w WHERE words MATCH 'gene'";

static void expect(int kind, const struct operation *op, outcome *out) {
  *out = (outcome){0};
  sqlite3 *db = begin(kind, op), *other = open_unsynced(path);
  out->before = state_of(other);
  CHECK_INT(answer(db, query, &out->query), SQLITE_OK);
  sqlite3_close(db);
  db = begin(kind, op);
  if (!CHECK_INT(answer(db, op->sql, &out->rows), SQLITE_OK))
    printf("   %s\n", sqlite3_errmsg(db));
  if (op->traits & TRAINS) out->trained = trained_weights();
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  sqlite3_close(other);
  other = open_unsynced(path);
  out->after = state_of(other);
  sqlite3_close(other);
}

/* No statement is in the middle of its rows: the ones that are there belong to tables. */
static bool has_busy_statement(sqlite3 *db) {
  for (sqlite3_stmt *s = NULL; (s = sqlite3_next_stmt(db, s));)
    if (sqlite3_stmt_busy(s)) return true;
  return false;
}

static bool has_table(sqlite3 *db, const char *name) {
  return sqlite3_table_column_metadata(db, "main", name, NULL, NULL, NULL, NULL, NULL,
                                       NULL) == SQLITE_OK;
}

static void check_sound(sqlite3 *db) {
  static const char *const tables[] = {"s", "o", "w", "n", "r"};
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
    char sql[80];
    if (!has_table(db, tables[i])) continue;
    snprintf(sql, sizeof sql, "INSERT INTO %s(%s) VALUES('integrity-check')", tables[i],
             tables[i]);
    RUN(db, sql);
  }
  sqlite3_stmt *s = NULL;
  sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, NULL);
  if (CHECK_INT(sqlite3_step(s), SQLITE_ROW))
    CHECK_STR((const char *)sqlite3_column_text(s, 0), "ok");
  sqlite3_finalize(s);
}

/* When an interrupted write is rolled back, the FTS5 of older SQLites (3.40.1; not
 * 3.53.2) may have a row of its tables open. Then SQLite leaves the read transaction to
 * the next statement that reads the file: a plain FTS5 table does the same. */
static bool fts5_leaves_transactions(void) {
  static int known = -1;
  sqlite3 *db = NULL;
  if (known >= 0) return known;
  known = 0;
  sqlite3_open(":memory:", &db);
  RUN(db,
      "CREATE VIRTUAL TABLE f USING fts5(x, content=''); INSERT INTO f VALUES('a b')");
  for (long n = 1, ended = 0; !ended; n++) {
    arm(db, PROGRESS, n);
    int rc = run(db, "INSERT INTO f(rowid, x) VALUES(20, 'hello world')");
    ended = !disarm(db);
    if (rc != SQLITE_OK && sqlite3_txn_state(db, NULL) == SQLITE_TXN_READ) known = 1;
    RUN(db, "SELECT 1 FROM f_config");
    if (rc == SQLITE_OK)
      RUN(db, "INSERT INTO f(f, rowid, x) VALUES('delete', 20, 'hello world')");
  }
  sqlite3_close(db);
  return known;
}

static void check_released(sqlite3 *db, sqlite3 *other) {
  if (!sqlite3_get_autocommit(db)) RUN(db, "ROLLBACK");
  CHECK(sqlite3_get_autocommit(db));
  CHECK(!has_busy_statement(db));
  if (fts5_leaves_transactions()) RUN(db, "SELECT 1 FROM log");
  CHECK_INT(sqlite3_txn_state(db, NULL), SQLITE_TXN_NONE);
  RUN(other, "BEGIN IMMEDIATE; INSERT INTO log VALUES(1); COMMIT");
}

/* The same FTS5 may keep its row open when COMMIT is interrupted by sqlite3_interrupt().
 * Then a statement is running, so SQLite forgets the interrupt no more, and the
 * connection, that of a plain FTS5 table too, can only be closed. Nothing is lost by it.
 */
static bool is_stuck(sqlite3 *db) {
  return fts5_leaves_transactions() && !sqlite3_get_autocommit(db) &&
         has_busy_statement(db) && run(db, "ROLLBACK") == SQLITE_INTERRUPT;
}

static void check_after_close(sqlite3 *db, sqlite3 *other, const outcome *expected) {
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  CHECK(state_of(other) == expected->before);
  CHECK_INT(sqlite3_close(other), SQLITE_OK);
  db = connect(path);
  check_sound(db);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

/* What SQLite itself makes of an interrupt while it reads SQL, whatever the table is: of
 * json_each() as of a function of ours, and of a RENAME of any table. */
static bool is_sqlites_own(int rc, const char *message) {
  return rc == SQLITE_ERROR &&
         (strncmp(message, "vtable constructor failed: biobert_", 35) == 0 ||
          (strncmp(message, "error in ", 9) == 0 && strstr(message, "interrupted")));
}

/* One interrupt; false: the operation ends before it. */
static bool interrupt_once(int kind, const struct operation *op, way w, long n,
                           const outcome *expected) {
  uint64_t rows = 0, again = 0, queried = 0;
  sqlite3 *db = begin(kind, op), *other = open_unsynced(path);
  bool inside = strncmp(op->sql, "BEGIN", 5) == 0 || strncmp(op->sql, "SAVE", 4) == 0;
  arm(db, w, n);
  int rc = answer(db, op->sql, &rows);
  bool interrupted = disarm(db);
  if (rc != SQLITE_OK) {
    bool passed_on = (rc & 0xFF) == SQLITE_INTERRUPT;
    if (!CHECK(interrupted && (passed_on || is_sqlites_own(rc, sqlite3_errmsg(db)))))
      printf("   %d: %s\n", rc, sqlite3_errmsg(db));
  } else {
    CHECK(rows == expected->rows);
  }
  if (inside && is_stuck(db)) {
    check_after_close(db, other, expected);
    return interrupted;
  }
  if (!inside) CHECK(sqlite3_get_autocommit(db));
  if (rc == SQLITE_INTERRUPT) CHECK(!strstr(sqlite3_errmsg(db), "damaged"));
  check_released(db, other);
  uint64_t state = state_of(other);
  if (rc == SQLITE_OK)
    CHECK(state == expected->after);
  else if (!(op->traits & STEPS))
    /* After: SQLite asks the progress handler once more when it has committed. */
    CHECK(state == expected->before || state == expected->after);
  if (state == expected->before) {
    CHECK_INT(answer(db, query, &queried), SQLITE_OK);
    CHECK(queried == expected->query);
  }
  check_sound(db);
  if (rc != SQLITE_OK && (state != expected->after || op->traits & TRAINS)) {
    if (!CHECK_INT(answer(db, op->sql, &again), SQLITE_OK))
      printf("   %s\n", sqlite3_errmsg(db));
    if (!(op->traits & (STEPS | TRAINS))) CHECK(again == expected->rows);
    if (!(op->traits & STEPS)) CHECK(state_of(other) == expected->after);
    check_sound(db);
  }
  if (op->traits & TRAINS) CHECK(trained_weights() == expected->trained);
  CHECK_INT(sqlite3_close(other), SQLITE_OK);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  return interrupted;
}

static bool takes_all(void) {
  const char *all = getenv("INTERRUPTS");
  return all && strcmp(all, "all") == 0;
}

static long points;

static void interrupt_everywhere(int kind, const struct operation *op) {
  outcome expected;
  check_context("%s, %s: %s", file_kinds[kind].journal, file_kinds[kind].encoding,
                op->sql);
  expect(kind, op, &expected);
  long sparse = takes_all() ? 150 : 3;
  for (int w = 0; w < WAYS; w++)
    for (long n = 1;; n += 1 + n / sparse, points++) {
      check_context("%s, %s, %s at %ld: %s", file_kinds[kind].journal,
                    file_kinds[kind].encoding, way_names[w], n, op->sql);
      if (!interrupt_once(kind, op, (way)w, n, &expected)) break;
    }
}

int main(int argc, char **argv) {
  find_library(argc, argv);
  snprintf(path, sizeof path, "%s/operations.db", build_folder());
  snprintf(trained, sizeof trained, "%s/operations_model", build_folder());
  snprintf(checkpoints, sizeof checkpoints, "%s.biobert-training", trained);
  const char *only = getenv("OPERATION");
  check_begin("the files are made");
  holder = connect(":memory:");
  RUN(holder,
      "SELECT biobert_embed('a'), biobert_load('tests/golden/models/st_cls', 'm')");
  for (int i = 0; i < FILE_KINDS; i++) make_template(i);
  for (int i = 0; i < OPERATIONS; i++) {
    const struct operation *op = &operations[i];
    if ((op->traits & NEWER) && sqlite3_libversion_number() < 3044000) continue;
    if (only && !strstr(op->sql, only)) continue;
    char sentence[200];
    snprintf(sentence, sizeof sentence, "an interrupt anywhere in: %.150s", op->sql);
    check_begin(sentence);
    for (int kind = 0; kind < FILE_KINDS; kind++)
      if (takes_all() || kind == i % FILE_KINDS) interrupt_everywhere(kind, op);
    check_end();
  }
  CHECK_INT(sqlite3_close(holder), SQLITE_OK);
  for (int i = 0; i < FILE_KINDS; i++) {
    char name[600];
    template_path(name, i);
    remove_file(name);
  }
  remove_file(path);
  remove_trained();
  printf("%ld interrupts\n", points);
  return check_report();
}
