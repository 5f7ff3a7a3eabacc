/* sql.c - makes every allocation of the extension fail, of SQLite and FTS5 beneath it
 * too.
 *
 *     sql BIOBERT_SO        (or BUILD in the environment)
 *
 * Each of sql_operations.c is repeated with 0, 1, 2, ... allocations that succeed before one
 * fails, alone or with all later ones (fault.h), until it needs no more than it gets; in
 * a database of UTF-8 and in one of UTF-16, where SQLite takes memory for every text that
 * it hands out. Each time a statement must succeed with the right result, or say that
 * there is no memory; then, with memory and on the same connection, the database must be
 * sound and as it was before or after the statement, which must now succeed; and closing
 * must give everything back.
 *
 * That takes hours: tried are the first allocation from each place in the extension, and
 * one of DEFAULT_STEP, others for each kind, or of OOM_STEP in the environment (1: all); of
 * dense_operations.c one of a quarter of that, or of OOM_DENSE_STEP. OOM_ONLY: operations
 * whose name has this in it.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "biobert_vectors.h"
#include "check.h"
#include "fault.h"
#include "sql_operations.h"
#include "step_given.h"

/* Finds what cannot be reached any more, now; absent without the sanitizer. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static bool leaks(void) {
  return __lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check() != 0;
}

enum { MAX_STATEMENTS = 16, DEFAULT_STEP = 211, DENSER = 4 };

/* An operation, and what it does where there is memory. */
typedef struct trial {
  const operation *operation;
  const char *library;
  sqlite3 *image;                     /* its database */
  const char *sql[MAX_STATEMENTS];    /* where each statement begins */
  uint64_t answer[MAX_STATEMENTS];    /* of each */
  uint64_t state[MAX_STATEMENTS + 1]; /* before each, and after the last */
  uint64_t words;                     /* after the last */
  int began[MAX_STATEMENTS];          /* the BEGIN of its transaction, or itself */
  int count;
} trial;

static void add(uint64_t *hash, const void *bytes, size_t count) {
  *hash = biobert_hash((biobert_str){bytes, count}, *hash);
}

/* Statements ------------------------------------------------------------------------- */

/* The values of a row; NOMEM where one could not be had. */
static int add_row(sqlite3 *db, sqlite3_stmt *s, uint64_t *hash) {
  for (int i = 0; i < sqlite3_column_count(s); i++) {
    const int type = sqlite3_column_type(s, i);
    const void *value = type == SQLITE_BLOB ? sqlite3_column_blob(s, i)
                                            : (const void *)sqlite3_column_text(s, i);
    if (!value && type != SQLITE_NULL && sqlite3_errcode(db) == SQLITE_NOMEM)
      return SQLITE_NOMEM;
    add(hash, &type, sizeof type);
    if (value) add(hash, value, (size_t)sqlite3_column_bytes(s, i));
  }
  return SQLITE_OK;
}

/* Runs the first statement of a text to its end; *answer: a hash of its rows. */
static int query(sqlite3 *db, const char *sql, const char **rest, uint64_t *answer) {
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(db, sql, -1, &s, rest), row = SQLITE_OK;
  *answer = 0;
  if (rc != SQLITE_OK) return rc;
  while (row == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) row = add_row(db, s, answer);
  rc = sqlite3_finalize(s);
  return rc == SQLITE_OK ? row : rc;
}

static int run_all(sqlite3 *db, const char *sql) {
  uint64_t answer;
  int rc = SQLITE_OK;
  while (rc == SQLITE_OK && sql && *sql) rc = query(db, sql, &sql, &answer);
  return rc;
}

/* The first value of a statement as a text. */
static void ask(sqlite3 *db, const char *sql, char *answer, int size) {
  sqlite3_stmt *s = NULL;
  sqlite3_snprintf(size, answer, "%s", "");
  if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK &&
      sqlite3_step(s) == SQLITE_ROW)
    sqlite3_snprintf(size, answer, "%s", sqlite3_column_text(s, 0));
  if (sqlite3_finalize(s) != SQLITE_OK)
    sqlite3_snprintf(size, answer, "%s", sqlite3_errmsg(db));
}

/* What needs memory, and has it. */
static bool check_ran(sqlite3 *db, int rc) {
  return rc == SQLITE_OK ||
         check_fail(__FILE__, __LINE__, "%d with memory: %s", rc, sqlite3_errmsg(db));
}

/* The state of a database ------------------------------------------------------------ */

static void add_rows(sqlite3 *db, const char *sql, uint64_t *hash) {
  sqlite3_stmt *s = NULL;
  CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
  while (sqlite3_step(s) == SQLITE_ROW) add_row(db, s, hash);
  CHECK_INT(sqlite3_finalize(s), SQLITE_OK);
}

static bool ends_in(const char *name, const char *end) {
  const size_t a = strlen(name), b = strlen(end);
  return a >= b && strcmp(name + a - b, end) == 0;
}

/* The rows of an ordinary table, shadow tables too. Two ways to one state differ in the
 * number of epochs and how FTS5 has divided its words; but not in the words. */
static void add_table(sqlite3 *db, const char *schema, const char *name, uint64_t *hash) {
  const char *columns = "*", *where = "";
  if (ends_in(name, "_fts_data") || ends_in(name, "_fts_idx")) return;
  if (ends_in(name, "_chunks")) columns = "cid, n, live, ids";
  if (ends_in(name, "_config") && !ends_in(name, "_fts_config"))
    where = "WHERE k <> 'epoch'";
  char *sql =
      sqlite3_mprintf("SELECT %s FROM \"%w\".\"%w\" %s", columns, schema, name, where);
  add_rows(db, sql, hash);
  sqlite3_free(sql);
}

static void add_schema(sqlite3 *db, const char *schema, uint64_t *hash) {
  sqlite3_stmt *s = NULL;
  char *sql = sqlite3_mprintf("SELECT name, sql, type = 'table' AND rootpage > 0 FROM "
                              "\"%w\".sqlite_schema ORDER BY name",
                              schema);
  CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
  while (sqlite3_step(s) == SQLITE_ROW) {
    add_row(db, s, hash);
    const char *name = (const char *)sqlite3_column_text(s, 0);
    if (sqlite3_column_int(s, 2)) add_table(db, schema, name, hash);
  }
  CHECK_INT(sqlite3_finalize(s), SQLITE_OK);
  sqlite3_free(sql);
}

static uint64_t state_of(sqlite3 *db) {
  uint64_t hash = 0;
  /* An index writes what it still has in memory at a savepoint. */
  if (!sqlite3_get_autocommit(db))
    CHECK_INT(run_all(db, "SAVEPOINT state; RELEASE state"), SQLITE_OK);
  const char *schema;
  for (int i = 0; (schema = sqlite3_db_name(db, i)) != NULL; i++)
    add_schema(db, schema, &hash);
  return hash;
}

/* The words that FTS5 has. Asked last: it writes what it has in memory before it answers.
 */
static uint64_t words_of(sqlite3 *db) {
  uint64_t hash = 0;
  char name[128], sql[256];
  ask(db, "SELECT name FROM sqlite_schema WHERE name LIKE '%@_fts' ESCAPE '@'", name,
      sizeof name);
  if (!*name) return 0;
  sqlite3_snprintf(sizeof sql, sql,
                   "CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, %Q, instance)",
                   name);
  CHECK_INT(run_all(db, sql), SQLITE_OK);
  add_rows(db, "SELECT * FROM temp.words", &hash);
  CHECK_INT(run_all(db, "DROP TABLE temp.words"), SQLITE_OK);
  return hash;
}

/* What SQLite and each index say of themselves. */
static void check_sound(sqlite3 *db) {
  char answer[512];
  ask(db, "PRAGMA integrity_check", answer, sizeof answer);
  CHECK_STR(answer, "ok");
  for (int i = 0; sqlite3_db_name(db, i); i++) {
    char *list = sqlite3_mprintf(
        "SELECT group_concat(printf('INSERT INTO \"%w\".\"%%w\"(\"%%w\") "
        "VALUES(''integrity-check'')', name, name), ';') FROM \"%w\".sqlite_schema WHERE "
        "sql LIKE 'create virtual table%%biobert(%%'",
        sqlite3_db_name(db, i), sqlite3_db_name(db, i));
    ask(db, list, answer, sizeof answer);
    sqlite3_free(list);
    check_ran(db, run_all(db, answer));
  }
}

/* Connections ------------------------------------------------------------------------ */

static int load(sqlite3 *db, const char *library) {
  sqlite3_enable_load_extension(db, 1);
  return sqlite3_load_extension(db, library, NULL, NULL);
}

/* A copy of a database, before anything of it is read. */
static sqlite3 *open_copy(const trial *t) {
  sqlite3 *db = NULL;
  CHECK_INT(sqlite3_open(":memory:", &db), SQLITE_OK);
  sqlite3_backup *copy = sqlite3_backup_init(db, "main", t->image, "main");
  CHECK_INT(sqlite3_backup_step(copy, -1), SQLITE_DONE);
  CHECK_INT(sqlite3_backup_finish(copy), SQLITE_OK);
  CHECK_INT(load(db, t->library), SQLITE_OK);
  CHECK_INT(run_all(db, t->operation->before), SQLITE_OK);
  return db;
}

/* Closing takes no memory. */
static void close_without_memory(sqlite3 *db, sqlite3_int64 before) {
  fault_arm(FAULT_STAYS, 0);
  const int rc = sqlite3_close(db);
  fault_disarm();
  CHECK_INT(rc, SQLITE_OK);
  CHECK_INT(sqlite3_memory_used(), before);
}

static void make_image(trial *t, const char *encoding) {
  CHECK_INT(sqlite3_open(":memory:", &t->image), SQLITE_OK);
  CHECK_INT(load(t->image, t->library), SQLITE_OK);
  CHECK_INT(run_all(t->image, encoding), SQLITE_OK);
  check_ran(t->image, run_all(t->image, t->operation->setup));
}

/* What happens where there is memory. */
static bool run_with_memory(trial *t) {
  sqlite3 *db = open_copy(t);
  const char *sql = t->operation->run;
  t->count = 0;
  while (sql && *sql && t->count < MAX_STATEMENTS) {
    const int i = t->count++, inside = !sqlite3_get_autocommit(db);
    t->sql[i] = sql;
    t->began[i] = i && inside ? t->began[i - 1] : i;
    t->state[i] = state_of(db);
    if (!check_ran(db, query(db, sql, &sql, &t->answer[i]))) return false;
  }
  t->state[t->count] = state_of(db);
  check_sound(db);
  t->words = words_of(db);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  return CHECK(!sql || !*sql);
}

/* One failure ------------------------------------------------------------------------ */

static bool is_no_memory(int rc) {
  return (rc & 0xff) == SQLITE_NOMEM;
}

/* Runs the statements from one on; answers which failed, or their number. */
static int run_from(const trial *t, sqlite3 *db, int first, bool compare, int *rc) {
  *rc = SQLITE_OK;
  for (int i = first; i < t->count; i++) {
    uint64_t answer;
    *rc = query(db, t->sql[i], NULL, &answer);
    if (*rc != SQLITE_OK) return i;
    if (compare && answer != t->answer[i])
      check_fail(__FILE__, __LINE__, "statement %d has another answer", i);
  }
  return t->count;
}

/* Which statement is to be tried again, as the state of the database tells. */
static int where_it_is(const trial *t, sqlite3 *db, int at, bool was_inside) {
  const bool rolled_back = was_inside && sqlite3_get_autocommit(db);
  const int first = rolled_back ? t->began[at] : at;
  const uint64_t state = state_of(db);
  if (t->operation->in_steps || state == t->state[first]) return first;
  if (state == t->state[at + 1]) return at + 1;
  check_fail(__FILE__, __LINE__,
             "the state is neither that before statement %d nor after", first);
  return first;
}

/* What is told of a failure must not send anybody to mend what is whole. */
static void check_message(sqlite3 *db) {
  const char *message = sqlite3_errmsg(db);
  CHECK(!strstr(message, "damaged") && !strstr(message, "malformed") &&
        !strstr(message, "no such"));
}

/* The failed operation is done once more, on the same connection. What a check of the
 * index mends in passing must not hide what the statement itself would meet: so the
 * checks come first or last. */
static void try_again(const trial *t, sqlite3 *db, int at, bool was_inside,
                      bool check_first) {
  int rc;
  const int first = where_it_is(t, db, at, was_inside);
  if (check_first) check_sound(db);
  run_from(t, db, first, !t->operation->in_steps, &rc);
  check_ran(db, rc);
}

static bool fail_at(const trial *t, fault_kind kind, long point, const char *encoding) {
  const sqlite3_int64 before = sqlite3_memory_used();
  check_context("%s, allocation %ld fails %s", encoding, point, fault_names[kind]);
  sqlite3 *db = open_copy(t);
  int rc;
  fault_arm(kind, point);
  const int at = run_from(t, db, 0, true, &rc);
  const bool failed = fault_disarm();
  const bool inside = at < t->count && t->began[at] < at;
  check_context("%s, allocation %ld fails %s: %d %s", encoding, point, fault_names[kind],
                rc, sqlite3_errmsg(db));
  if (rc != SQLITE_OK) {
    CHECK(failed && is_no_memory(rc));
    check_message(db);
    try_again(t, db, at, inside, point % 2);
  }
  check_sound(db);
  if (failed) CHECK(state_of(db) == t->state[t->count] && words_of(db) == t->words);
  close_without_memory(db, before);
  return failed;
}

/* All of them ------------------------------------------------------------------------ */

/* Of how many allocations one is tried. */
static long usual_step(void) {
  return step_given("OOM_STEP", DEFAULT_STEP);
}

static long dense_step(void) {
  return step_given("OOM_DENSE_STEP", (usual_step() + DENSER - 1) / DENSER);
}

static long step_of(const operation *o) {
  const bool dense =
      o >= dense_operations && o < dense_operations + dense_operation_count;
  if (o->whole) return 1;
  return dense ? dense_step() : usual_step();
}

/* Each kind begins elsewhere, so that together they meet more than one would. */
static long fail_each(const trial *t, fault_kind kind, const char *encoding, long first) {
  long points = 0;
  for (long point = first; fail_at(t, kind, point, encoding);
       point += step_of(t->operation))
    points++;
  return points;
}

/* The first allocation from each place that none before has come from. */
static long fail_places(const trial *t, const char *encoding) {
  long points = 0;
  int rc;
  sqlite3 *db = open_copy(t);
  const fault_places *from = fault_places_begin();
  run_from(t, db, 0, true, &rc);
  fault_places_end();
  check_ran(db, rc);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  for (long point = 0; point < from->count; point++)
    if (fault_place_is_new(from, point))
      points += fail_at(t, FAULT_ONCE, point, encoding);
  return points;
}

static long fail_operation(const operation *o, const char *library) {
  static const char *const encodings[] = {"PRAGMA encoding = 'UTF-8'",
                                          "PRAGMA encoding = 'UTF-16'"};
  long points = 0, number = 0;
  for (int i = 0; i < 2; i++) {
    const sqlite3_int64 before = sqlite3_memory_used();
    trial t = {.operation = o, .library = library};
    check_context("%s", encodings[i]);
    make_image(&t, encodings[i]);
    if (run_with_memory(&t)) {
      points += fail_places(&t, encodings[i] + 18);
      for (int kind = 0; kind < FAULT_KINDS; kind++)
        points += fail_each(&t, (fault_kind)kind, encodings[i] + 18,
                            number++ * step_of(o) / (2 * FAULT_KINDS));
    }
    CHECK_INT(sqlite3_close(t.image), SQLITE_OK);
    check_context("after all of them");
    CHECK_INT(sqlite3_memory_used(), before);
  }
  return points;
}

/* SQLite itself answers "error during initialization" when an extension says NOMEM. */
static bool fail_loading_at(const char *library, fault_kind kind, long point) {
  const sqlite3_int64 before = sqlite3_memory_used();
  sqlite3 *db;
  CHECK_INT(sqlite3_open(":memory:", &db), SQLITE_OK);
  fault_arm(kind, point);
  const int rc = load(db, library);
  const bool failed = fault_disarm();
  check_context("allocation %ld fails %s: %s", point, fault_names[kind],
                sqlite3_errmsg(db));
  if (rc != SQLITE_OK) CHECK(failed && (is_no_memory(rc) || rc == SQLITE_ERROR));
  check_ran(db, load(db, library));
  check_ran(db, run_all(db, "SELECT biobert_version()"));
  close_without_memory(db, before);
  return failed;
}

static long fail_loading(const char *library) {
  long points = 0;
  for (int kind = 0; kind < FAULT_KINDS; kind++)
    for (long point = 0; fail_loading_at(library, (fault_kind)kind, point); point++)
      points++;
  return points;
}

static long count_points(long points, const char *says) {
  printf("  %5ld points: %s\n", points, says);
  return points;
}

static const operation *operation_at(size_t i) {
  return i < operation_count ? &operations[i] : &dense_operations[i - operation_count];
}

static void test_sql(const char *library) {
  const char *only = getenv("OOM_ONLY");
  sqlite3 *keeper;
  long points = 0;
  check_begin("the extension loads");
  CHECK_INT(sqlite3_open(":memory:", &keeper), SQLITE_OK);
  CHECK_INT(load(keeper, library), SQLITE_OK);
  CHECK(fault_watch(library));
  /* Weights belong to the process: while this connection has them the others have them
   * at once. What reading them does without memory is core.c's matter. */
  CHECK_INT(run_all(keeper, "SELECT biobert_embed('a'), sha256 FROM biobert_models"),
            SQLITE_OK);
  check_begin("loading the extension");
  points += count_points(fail_loading(library), "loading the extension");
  for (size_t i = 0; i < operation_count + dense_operation_count; i++) {
    const operation *o = operation_at(i);
    if (only && !strstr(o->says, only)) continue;
    check_begin(o->says);
    points += count_points(fail_operation(o, library), o->says);
  }
  check_begin("the extension gives everything back");
  CHECK_INT(sqlite3_close(keeper), SQLITE_OK);
  CHECK_INT(sqlite3_memory_used(), 0);
  CHECK(!leaks());
  printf("%ld points, one of %ld allocations each time\n", points, usual_step());
}

int main(int argc, char **argv) {
  char library[512];
  const char *build = getenv("BUILD");
  if (argc > 1)
    snprintf(library, sizeof library, "%s", argv[1]);
  else
    snprintf(library, sizeof library, "%s/biobert.so", build ? build : "build/release");
  setenv("BIOBERT_MODEL", "tests/golden/models/st_mean", 0);
  setvbuf(stdout, NULL, _IOLBF, 0);
  fault_install();
  if (sqlite3_initialize() != SQLITE_OK) return 2;
  test_sql(library);
  return check_report();
}
