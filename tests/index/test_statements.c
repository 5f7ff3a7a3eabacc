/* test_statements.c - a statement that fails has changed nothing.
 *
 * What is compared is every row of every shadow table, FTS5's too, and what the index
 * answers: before and after statements that fail for many reasons, outside a transaction,
 * inside one (where SQLite keeps no journal for a statement of one row) and behind a
 * savepoint. Then reads and writes of the file that fail one after another, and what
 * makes SQLite read its schema anew in the middle of a transaction. */
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "loaded.h"

/* What there is ---------------------------------------------------------------------- */

/* Appends the rows of a query, or its error. */
static void add_rows(sqlite3 *db, const char *sql, sqlite3_str *out) {
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

static char *answers(sqlite3 *db) {
  sqlite3_str *out = sqlite3_str_new(NULL);
  for (int i = 0; i < QUESTIONS; i++) add_rows(db, questions[i], out);
  return sqlite3_str_finish(out);
}

/* Everything. What is still in memory is written first: a savepoint does that. */
static char *dump(sqlite3 *db) {
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
static bool check_same(char *now, char *then) {
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
static void check_sound(sqlite3 *db) {
  RUN(db, "INSERT INTO s(s) VALUES('integrity-check')");
}

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
  static const int actions[] = {SQLITE_INSERT, SQLITE_DELETE, SQLITE_READ};
  check_begin("what an authorizer refuses in the middle of a statement changes nothing");
  for (place where = INSIDE; where < PLACES; where++)
    for (size_t table = 0; table < sizeof tables / sizeof *tables; table++)
      for (int action = 0; action < 3; action++)
        for (int i = 0; i < CHANGES; i += (int)where) {
          check_context("%s: %s, %s %d", places[where].name, changes[i], tables[table],
                        actions[action]);
          check_refusal(0, where, (refusal){actions[action], tables[table]}, changes[i]);
        }
}

/* A command that fails in a transaction ------------------------------------------------
 */

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

/* Reads and writes that fail ----------------------------------------------------------
 */

/* A file system whose n-th read, or write, fails once. */
typedef struct faulty_file {
  sqlite3_file base;
  sqlite3_file *real;
} faulty_file;

static sqlite3_vfs faulty_vfs, *real_vfs;
static int reads_left = -1,
           writes_left = -1; /* before the one that fails; -1: none does */

static bool fails(int *left) {
  if (*left < 0) return false;
  return (*left)-- == 0;
}

static sqlite3_file *real(sqlite3_file *f) {
  return ((faulty_file *)f)->real;
}

static int file_close(sqlite3_file *f) {
  int rc = real(f)->pMethods ? real(f)->pMethods->xClose(real(f)) : SQLITE_OK;
  sqlite3_free(real(f));
  return rc;
}

static int file_read(sqlite3_file *f, void *into, int bytes, sqlite3_int64 at) {
  if (fails(&reads_left)) return SQLITE_IOERR_READ;
  return real(f)->pMethods->xRead(real(f), into, bytes, at);
}

static int file_write(sqlite3_file *f, const void *from, int bytes, sqlite3_int64 at) {
  if (fails(&writes_left)) return SQLITE_IOERR_WRITE;
  return real(f)->pMethods->xWrite(real(f), from, bytes, at);
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size) {
  return real(f)->pMethods->xTruncate(real(f), size);
}

static int file_sync(sqlite3_file *f, int flags) {
  return fails(&writes_left) ? SQLITE_IOERR_FSYNC
                             : real(f)->pMethods->xSync(real(f), flags);
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size) {
  return real(f)->pMethods->xFileSize(real(f), size);
}

static int file_lock(sqlite3_file *f, int kind) {
  return real(f)->pMethods->xLock(real(f), kind);
}

static int file_unlock(sqlite3_file *f, int kind) {
  return real(f)->pMethods->xUnlock(real(f), kind);
}

static int file_check_lock(sqlite3_file *f, int *reserved) {
  return real(f)->pMethods->xCheckReservedLock(real(f), reserved);
}

static int file_control(sqlite3_file *f, int what, void *argument) {
  return real(f)->pMethods->xFileControl(real(f), what, argument);
}

static int file_sector(sqlite3_file *f) {
  return real(f)->pMethods->xSectorSize(real(f));
}

static int file_traits(sqlite3_file *f) {
  return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                       int *out) {
  static const sqlite3_io_methods methods = {1,
                                             file_close,
                                             file_read,
                                             file_write,
                                             file_truncate,
                                             file_sync,
                                             file_size,
                                             file_lock,
                                             file_unlock,
                                             file_check_lock,
                                             file_control,
                                             file_sector,
                                             file_traits,
                                             NULL,
                                             NULL,
                                             NULL,
                                             NULL,
                                             NULL,
                                             NULL};
  (void)vfs;
  faulty_file *f = (faulty_file *)file;
  f->base.pMethods = NULL;
  f->real = sqlite3_malloc(real_vfs->szOsFile);
  if (!f->real) return SQLITE_NOMEM;
  memset(f->real, 0, (size_t)real_vfs->szOsFile);
  int rc = real_vfs->xOpen(real_vfs, name, f->real, flags, out);
  if (rc == SQLITE_OK)
    f->base.pMethods = &methods;
  else
    sqlite3_free(f->real);
  return rc;
}

static void make_faulty_vfs(void) {
  real_vfs = sqlite3_vfs_find(NULL);
  faulty_vfs = *real_vfs;
  faulty_vfs.zName = "faulty";
  faulty_vfs.szOsFile = sizeof(faulty_file);
  faulty_vfs.xOpen = faulty_open;
  sqlite3_vfs_register(&faulty_vfs, 0);
}

/* Memory ------------------------------------------------------------------------------
 */

static sqlite3_mem_methods real_memory;
static int allocations_left = -1;

static void *faulty_malloc(int bytes) {
  return fails(&allocations_left) ? NULL : real_memory.xMalloc(bytes);
}

static void *faulty_realloc(void *block, int bytes) {
  return fails(&allocations_left) ? NULL : real_memory.xRealloc(block, bytes);
}

/* Before SQLite is used. */
static void make_faulty_memory(void) {
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory);
  sqlite3_mem_methods faulty = real_memory;
  faulty.xMalloc = faulty_malloc;
  faulty.xRealloc = faulty_realloc;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &faulty);
}

/* Statements on a file ------------------------------------------------------------------
 */

static char folder[] = "/tmp/biobert-statements-XXXXXX";
static char path[64], template[64];

static const char library_sql[] = "PRAGMA synchronous = OFF; CREATE TABLE p(id INTEGER "
                                  "PRIMARY KEY, t TEXT); CREATE TABLE "
                                  "changed(id INTEGER); CREATE TABLE changed2(id "
                                  "INTEGER); CREATE VIRTUAL TABLE other USING "
                                  "biobert(t, content='p', queue='changed2', "
                                  "search='lexical'); CREATE VIRTUAL TABLE s USING "
                                  "biobert(t, content='p', queue='changed'); CREATE "
                                  "VIRTUAL TABLE own USING biobert(t, a "
                                  "UNINDEXED); WITH RECURSIVE c(x) AS (SELECT 1 UNION "
                                  "ALL SELECT x + 1 FROM c LIMIT 20) "
                                  "INSERT INTO p SELECT x, 'aspirin ' || x FROM c; "
                                  "INSERT INTO own(rowid, t) SELECT id, t "
                                  "FROM p; INSERT INTO s(s) VALUES('sync'); INSERT INTO "
                                  "other(other) VALUES('sync'); UPDATE "
                                  "p SET t = 5000 + id WHERE id % 5 = 0; INSERT INTO "
                                  "changed SELECT id FROM p WHERE id "
                                  "% 5 = 0";

static const char *const file_changes[] = {
    "INSERT INTO s(s) VALUES('sync')",
    "INSERT INTO s(s) VALUES('rebuild')",
    "SELECT * FROM biobert_sync('s')",
    "INSERT INTO own(rowid, t) VALUES(90, 'heart')",
    "UPDATE own SET t = 'heart' WHERE rowid = 7",
    "UPDATE own SET rowid = 91 WHERE rowid = 7",
    "REPLACE INTO own(rowid, t) VALUES(7, 'heart')",
    "DELETE FROM own WHERE rowid = 7",
    "INSERT INTO own(own) VALUES('optimize')",
};
enum { FILE_CHANGES = sizeof file_changes / sizeof file_changes[0] };

/* What a person sees of the library: neither epochs nor places in chunks. */
static char *library_state(sqlite3 *db) {
  sqlite3_str *out = sqlite3_str_new(NULL);
  add_rows(db, "SELECT * FROM p", out);
  add_rows(db, "SELECT * FROM changed", out);
  add_rows(db, "SELECT rowid, *, vector FROM s", out);
  add_rows(db, "SELECT rowid, *, vector FROM own", out);
  add_rows(db, "SELECT rowid FROM s WHERE words MATCH 'aspirin' ORDER BY rowid", out);
  add_rows(db, "SELECT rowid FROM own WHERE words MATCH 'aspirin' ORDER BY rowid", out);
  add_rows(db, "SELECT pending, stale, failed, passages FROM biobert_status('s')", out);
  add_rows(db, "SELECT pending, stale, failed, passages FROM biobert_status('own')", out);
  return sqlite3_str_finish(out);
}

/* A copy of the library, to be changed. */
static void copy_library(void) {
  char block[4096];
  size_t bytes;
  FILE *from = fopen(template, "rb"), *to = fopen(path, "wb");
  while (from && to && (bytes = fread(block, 1, sizeof block, from)) > 0)
    CHECK_INT(fwrite(block, 1, bytes, to), bytes);
  if (from) fclose(from);
  CHECK(from && to && fclose(to) == 0);
}

/* Its state after a statement that works. */
static char *state_after(const char *sql) {
  copy_library();
  sqlite3 *db = open_loaded(path);
  RUN(db, "PRAGMA synchronous = OFF");
  RUN(db, sql);
  char *state = library_state(db);
  sqlite3_close(db);
  return state;
}

/* One fault; true if there was one. What a statement says that failed is not there, and
 * what it says that it has done is. */
static bool check_fault(const char *sql, int *left, int at, bool inside,
                        const char *before, const char *after) {
  copy_library();
  sqlite3 *db = open_on(path, "faulty");
  load_library(db);
  RUN(db, "PRAGMA synchronous = OFF; PRAGMA cache_size = 10");
  if (inside) RUN(db, "BEGIN");
  *left = at;
  int rc = run(db, sql);
  bool faulted = *left < 0;
  *left = -1;
  /* Inside, most errors of the file system end the transaction. */
  if (!sqlite3_get_autocommit(db) && run(db, "COMMIT") != SQLITE_OK) rc = SQLITE_ERROR;
  sqlite3_close(db);
  db = open_loaded(path);
  RUN(db, "INSERT INTO s(s) VALUES('integrity-check')");
  RUN(db, "INSERT INTO own(own) VALUES('integrity-check')");
  char *state = library_state(db);
  bool streams = strncmp(sql, "SELECT", 6) == 0; /* it commits by itself */
  bool right = strcmp(state, rc == SQLITE_OK ? after : before) == 0 ||
               (streams && strcmp(state, after) == 0);
  if (!right)
    check_same(sqlite3_mprintf("%s", state), sqlite3_mprintf("%s", rc ? before : after));
  sqlite3_free(state);
  sqlite3_close(db);
  return faulted;
}

/* dense: so many are tried one by one, then ever fewer. */
static const struct {
  const char *sentence;
  int *left, dense;
} kinds[] = {
    {"a read that fails leaves no half of a statement",  &reads_left,       200},
    {"a write that fails leaves no half of a statement", &writes_left,      200},
    {"without memory no half of a statement is left",    &allocations_left, 15 },
};

static void test_faults(void) {
  make_faulty_vfs();
  snprintf(path, sizeof path, "%s/db", folder);
  snprintf(template, sizeof template, "%s/template", folder);
  sqlite3 *db = open_loaded(template);
  RUN(db, library_sql);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  char *before = state_after("SELECT 1");
  for (int i = 0; i < FILE_CHANGES; i++) {
    char *after = state_after(file_changes[i]);
    bool streams = strncmp(file_changes[i], "SELECT", 6) == 0;
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
      check_begin(kinds[kind].sentence);
      for (int inside = 0; inside < (streams ? 1 : 2); inside++) {
        int at = 0;
        do {
          check_context("%s, %s, number %d", file_changes[i],
                        inside ? "inside a transaction" : "outside", at);
          at += 1 + at / kinds[kind].dense;
        } while (check_fault(file_changes[i], kinds[kind].left, at - 1, inside, before,
                             after));
      }
    }
    sqlite3_free(after);
  }
  sqlite3_free(before);
  unlink(path);
  unlink(template);
}

/* A schema that is read anew ------------------------------------------------------------
 */

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

/* What is missing ---------------------------------------------------------------------
 */

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
  make_faulty_memory();
  if (!mkdtemp(folder)) return 1;
  test_failed_statements();
  test_authorizer();
  test_commands();
  test_faults();
  test_schema_of_another();
  test_schema_anew();
  test_missing();
  test_without_fts5();
  rmdir(folder);
  return check_report();
}
