/* faults.c - storage fails at every point of every operation.
 *
 *     faults BIOBERT_SO [step [seed [operation]]]
 *
 * Each operation of fault_operations.c is done again and again on the same database. Each
 * time another call of the VFS fails, once or from then on; or the process is killed
 * there; or power is lost there. Afterwards the statement has given the code that the VFS
 * gave, the file is sound, its state is that before the failed statement or after it, and
 * the next sync ends with the vector of every text. With a step, only every step-th point
 * is tried, from one that the seed chooses. */
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "database.h"
#include "fault_vfs.h"
#include "fault_operations.h"

/* What fails ------------------------------------------------------------------------- */

typedef enum fault_effect { EFFECT_ERROR, EFFECT_KILL, EFFECT_POWER } fault_effect;

static const struct fault_kind {
  const char *says;
  vfs_call call;
  int code;
  fault_effect effect;
} kinds[] = {
    {"read",                CALL_READ,     SQLITE_IOERR_READ,     EFFECT_ERROR},
    {"write",               CALL_WRITE,    SQLITE_IOERR_WRITE,    EFFECT_ERROR},
    {"write (disk full)",   CALL_WRITE,    SQLITE_FULL,           EFFECT_ERROR},
    {"sync",                CALL_SYNC,     SQLITE_IOERR_FSYNC,    EFFECT_ERROR},
    {"truncate",            CALL_TRUNCATE, SQLITE_IOERR_TRUNCATE, EFFECT_ERROR},
    {"size",                CALL_SIZE,     SQLITE_IOERR_FSTAT,    EFFECT_ERROR},
    {"open",                CALL_OPEN,     SQLITE_CANTOPEN,       EFFECT_ERROR},
    {"delete",              CALL_DELETE,   SQLITE_IOERR_DELETE,   EFFECT_ERROR},
    {"access",              CALL_ACCESS,   SQLITE_IOERR_ACCESS,   EFFECT_ERROR},
    {"lock (busy)",         CALL_LOCK,     SQLITE_BUSY,           EFFECT_ERROR},
    {"lock",                CALL_LOCK,     SQLITE_IOERR_LOCK,     EFFECT_ERROR},
    {"shm map",             CALL_SHM_MAP,  SQLITE_IOERR_SHMMAP,   EFFECT_ERROR},
    {"shm lock (busy)",     CALL_SHM_LOCK, SQLITE_BUSY,           EFFECT_ERROR},
    {"shm lock",            CALL_SHM_LOCK, SQLITE_IOERR_SHMLOCK,  EFFECT_ERROR},
    {"change (SIGKILL)",    CALL_CHANGE,   FAULT_KILL,            EFFECT_KILL },
    {"change (power loss)", CALL_CHANGE,   FAULT_KILL,            EFFECT_POWER},
};
enum { KIND_COUNT = sizeof kinds / sizeof *kinds };

/* Databases -------------------------------------------------------------------------- */

static const char *const create_pragmas[] = {
    "PRAGMA encoding = 'UTF-8'; PRAGMA journal_mode = delete",
    "PRAGMA encoding = 'UTF-8'; PRAGMA journal_mode = wal",
    "PRAGMA encoding = 'UTF-16le'; PRAGMA journal_mode = delete",
    "PRAGMA encoding = 'UTF-16be'; PRAGMA journal_mode = wal",
};

static const char *const setting_names[] = {
    "rollback journal, UTF-8",
    "WAL, UTF-8",
    "rollback journal, UTF-16",
    "WAL, UTF-16",
    "rollback journal, UTF-8, small cache",
    "WAL, UTF-8, small cache",
    "rollback journal, UTF-16, small cache",
    "WAL, UTF-16, small cache",
};
enum { SETTING_COUNT = sizeof setting_names / sizeof *setting_names };

/* EXTRA: the deletion of a rollback journal, which commits, is synced too. With a small
 * cache changed pages are written before the end of a transaction. The log is copied into
 * the database often. */
static const char connect_pragmas[] = "PRAGMA synchronous = EXTRA; PRAGMA "
                                      "wal_autocheckpoint = 8; ";
static const char small_cache[] = "PRAGMA cache_size = 6; ";

static const char *cache_pragma(int setting) {
  return setting < SETTING_COUNT / 2 ? "" : small_cache;
}

static void fatal(const char *what, const char *why) {
  printf("FAILED: %s: %s\n0 passed, 1 failed\n", what, why);
  exit(1);
}

static sqlite3 *must_open(void) {
  int rc;
  char error[256] = "";
  sqlite3 *db = database_open(&rc, error);
  if (!db) fatal("opening the database", error);
  return db;
}

static void must_run(sqlite3 *db, const char *sql) {
  if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
    fatal(sql, sqlite3_errmsg(db));
}

static char *format_or_die(char *made) {
  if (!made) fatal("the test", "no memory");
  return made;
}

/* SQLite makes no string of nothing. */
static char *finish_text(sqlite3_str *s) {
  char *text = sqlite3_str_finish(s);
  return format_or_die(text ? text : sqlite3_mprintf(""));
}

/* A run ------------------------------------------------------------------------------ */

/* What happened while an operation's SQL ran. */
typedef struct run {
  sqlite3 *db;
  sqlite3_str *answer; /* rows */
  long steps;          /* of statements, that succeeded */
  int rc;              /* extended */
  char error[256];
  void (*after_step)(struct run *); /* may be NULL */
} run;

static void append_row(sqlite3_str *out, sqlite3_stmt *s) {
  for (int i = 0; i < sqlite3_column_count(s); i++) {
    const char *text = (const char *)sqlite3_column_text(s, i);
    sqlite3_str_appendf(out, "%s|", text ? text : "NULL");
  }
  sqlite3_str_appendchar(out, 1, '\n');
}

static void fail_run(run *r, int rc) {
  const int extended = sqlite3_extended_errcode(r->db);
  r->rc = (extended & 0xFF) == (rc & 0xFF) ? extended : rc;
  sqlite3_snprintf(sizeof r->error, r->error, "%s", sqlite3_errmsg(r->db));
}

static int run_statement(run *r, sqlite3_stmt *s) {
  int rc;
  do {
    rc = sqlite3_step(s);
    if (rc == SQLITE_ROW) append_row(r->answer, s);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) break;
    fault_shared()[0] = ++r->steps;
    if (r->after_step) r->after_step(r);
  } while (rc == SQLITE_ROW);
  if (rc != SQLITE_DONE) fail_run(r, rc);
  sqlite3_finalize(s);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Until the first error, as a program does that does not know better. */
static void run_sql(run *r, const char *sql) {
  sqlite3_stmt *s;
  while (r->rc == SQLITE_OK && *sql) {
    const int rc = sqlite3_prepare_v2(r->db, sql, -1, &s, &sql);
    if (rc != SQLITE_OK)
      fail_run(r, rc);
    else if (s)
      run_statement(r, s);
  }
}

/* An operation on a database --------------------------------------------------------- */

typedef struct reference {
  const operation *operation;
  int setting;
  char *sql;         /* that is run, with the pragmas of a cold start */
  disk_image *image; /* before it */
  char **committed;  /* [steps + 1]: state that others see after so many steps; owned */
  char **own;        /* [steps + 1]: state that the connection itself sees. Owned */
  long steps;
  char *answer;
  long counts[CALL_COUNT];
} reference;

static reference *recorded; /* the one that is being made */

static char *state_of_file(void) {
  sqlite3 *db = must_open();
  char *state = format_or_die(database_state(db));
  if (sqlite3_close(db) != SQLITE_OK) fatal("closing", "a statement is left");
  return state;
}

static void add_state(reference *f, char *committed, char *own) {
  const size_t n = (size_t)f->steps + 1;
  f->committed = realloc(f->committed, n * sizeof *f->committed);
  f->own = realloc(f->own, n * sizeof *f->own);
  if (!f->committed || !f->own) fatal("the test", "no memory");
  f->committed[f->steps] = committed;
  f->own[f->steps] = own;
}

static void record_step(run *r) {
  reference *f = recorded;
  f->steps = r->steps;
  const char *before = f->committed[f->steps - 1];
  if (sqlite3_get_autocommit(r->db))
    add_state(f, state_of_file(), NULL);
  else
    add_state(f, format_or_die(sqlite3_mprintf("%s", before)),
              format_or_die(database_state(r->db)));
}

/* A connection as the operation finds it: with a cold start nothing has been read. */
static sqlite3 *open_for(const reference *f) {
  sqlite3 *db = must_open();
  if (f->operation->start != WARM) return db;
  must_run(db, connect_pragmas);
  if (*cache_pragma(f->setting)) must_run(db, cache_pragma(f->setting));
  must_run(db, "SELECT count(*) FROM sqlite_schema");
  /* Opens the index, if there is one. */
  sqlite3_exec(db, "SELECT 1 FROM s LIMIT 0; SELECT count(*) FROM s", NULL, NULL, NULL);
  sqlite3_db_release_memory(db); /* pages are read again */
  return db;
}

/* Runs the operation; the connection stays open. */
static run run_operation(const reference *f, vfs_call call, long n, bool lasting,
                         int code) {
  run r = {.db = open_for(f), .answer = sqlite3_str_new(NULL)};
  fault_shared()[0] = 0;
  fault_arm(call, n, lasting, code);
  run_sql(&r, f->sql);
  return r;
}

static void child(const reference *f, long n) {
  run_operation(f, CALL_CHANGE, n, false, FAULT_KILL);
  _exit(0);
}

/* Whether the process was killed before the n-th change. */
static bool run_and_kill(const reference *f, long n) {
  int status = 0;
  fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) child(f, n);
  if (pid < 0 || waitpid(pid, &status, 0) != pid) fatal("a child process", "not made");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return false;
  if (!WIFSIGNALED(status) || WTERMSIG(status) != 9)
    CHECK(!"the child process ended by itself");
  return true;
}

static void save_image(reference *f) {
  free(f->image);
  f->image = disk_save();
  if (!f->image) fatal("the test", "no memory");
}

/* The database after a crash in the middle of something else. */
static void crash(reference *f, uint64_t seed) {
  operation crashed = *f->operation;
  crashed.run = crashed.crashed;
  crashed.start = WARM;
  reference g = {
      .operation = &crashed, .setting = f->setting, .sql = (char *)(intptr_t)crashed.run};
  save_image(&g);
  run r = run_operation(&g, CALL_CHANGE, 0, false, 0);
  sqlite3_free(finish_text(r.answer));
  const long changes = fault_counted(CALL_CHANGE);
  sqlite3_close(r.db);
  disk_restore(g.image);
  free(g.image);
  if (!run_and_kill(&g, changes * 2 / 3)) fatal("the crash", "did not happen");
  if (f->operation->start == AFTER_POWER_LOSS)
    disk_lose_power(seed);
  else
    disk_forget_processes();
}

static void prepare_database(reference *f, uint64_t seed) {
  disk_clear();
  sqlite3 *db = must_open();
  must_run(db, create_pragmas[f->setting % (SETTING_COUNT / 2)]);
  must_run(db, f->operation->prepare);
  if (sqlite3_close(db) != SQLITE_OK) fatal("closing", "a statement is left");
  if (f->operation->crashed) crash(f, seed);
  save_image(f);
}

static void free_reference(reference *f) {
  for (long i = 0; f->committed && i <= f->steps; i++) {
    sqlite3_free(f->committed[i]);
    sqlite3_free(f->own[i]);
  }
  free(f->committed);
  free(f->own);
  free(f->image);
  sqlite3_free(f->answer);
  sqlite3_free(f->sql);
}

/* What the operation does where nothing fails. */
static bool make_reference(reference *f, uint64_t seed) {
  const bool cold = f->operation->start != WARM;
  prepare_database(f, seed);
  f->sql = format_or_die(sqlite3_mprintf("%s%s%s", cold ? connect_pragmas : "",
                                         cold ? cache_pragma(f->setting) : "",
                                         f->operation->run));
  add_state(f, state_of_file(), NULL);
  disk_restore(f->image);
  recorded = f;
  run r = {.db = open_for(f), .answer = sqlite3_str_new(NULL), .after_step = record_step};
  run_sql(&r, f->sql);
  f->answer = finish_text(r.answer);
  if (!CHECK_INT(r.rc, SQLITE_OK)) printf("   %s\n", r.error);
  CHECK_INT(sqlite3_close(r.db), SQLITE_OK);
  disk_restore(f->image);
  run counting = run_operation(f, CALL_READ, 0, false, 0);
  for (int i = 0; i < CALL_COUNT; i++) f->counts[i] = fault_counted((vfs_call)i);
  char *answer = finish_text(counting.answer);
  CHECK_STR(answer, f->answer);
  sqlite3_free(answer);
  CHECK_INT(sqlite3_close(counting.db), SQLITE_OK);
  disk_restore(f->image);
  return r.rc == SQLITE_OK;
}

/* Checking --------------------------------------------------------------------------- */

static long tried, survived;

/* Prints where a state begins to differ. */
static void show_difference(const char *actual, const char *expected) {
  size_t at = 0, line = 0;
  for (; actual[at] && actual[at] == expected[at]; at++)
    if (actual[at] == '\n') line = at + 1;
  printf("   is       %.160s\n   expected %.160s\n", actual + line, expected + line);
}

static bool same(const char *a, const char *b) {
  return a && b && strcmp(a, b) == 0;
}

/* Nothing is wrong; frees the text. */
static bool check_nothing(const char *what, char *problem) {
  const bool held =
      !problem || check_fail(__FILE__, __LINE__, "%s: %.300s", what, problem);
  sqlite3_free(problem);
  return held;
}

/* Codes that SQLite itself makes of a fault. */
static bool is_answer_to(const struct fault_kind *k, int rc) {
  if (rc == k->code || rc == (k->code & 0xFF)) return true;
  if ((rc & 0xFF) == SQLITE_BUSY && k->code == SQLITE_BUSY) return true;
  /* SQLite gives up on a log that it cannot lock. */
  return rc == SQLITE_PROTOCOL && k->call == CALL_SHM_LOCK && k->code == SQLITE_BUSY;
}

static bool check_code(const struct fault_kind *k, const run *r) {
  bool held = true;
  if (r->rc != SQLITE_OK && !is_answer_to(k, r->rc))
    held = check_fail(__FILE__, __LINE__, "it answers %d, and not %d: %s", r->rc, k->code,
                      r->error);
  if (strstr(r->error, "damaged") || strstr(r->error, "malformed"))
    held = check_fail(__FILE__, __LINE__, "a sound index is damaged: %s", r->error);
  return held;
}

/* The answer where there was no error, or what of it came before the error. */
static bool check_answer(const reference *f, run *r) {
  char *answer = finish_text(r->answer);
  const size_t bytes = strlen(answer);
  const bool whole = r->rc == SQLITE_OK;
  bool held =
      strncmp(answer, f->answer, bytes) == 0 && (!whole || bytes == strlen(f->answer));
  if (!held) {
    held = CHECK(!"the answer is the right one");
    if (check_state.failures < CHECK_MAX_SHOWN) show_difference(answer, f->answer);
  }
  sqlite3_free(answer);
  return held;
}

/* The state of the database is one of two. */
static bool check_state_of(sqlite3 *db, const char *which, const char *one,
                           const char *other) {
  char *state = database_state(db);
  bool held = same(state, one) || same(state, other);
  if (!held) {
    held = check_fail(__FILE__, __LINE__, "%s has another state", which);
    if (state && one && check_state.failures < CHECK_MAX_SHOWN)
      show_difference(state, one);
  }
  sqlite3_free(state);
  return held;
}

/* A new connection finds the same, and the next sync brings all up to date. */
static bool check_reopened(const char *one, const char *other) {
  sqlite3 *db = must_open();
  bool held = check_state_of(db, "reopened, it", one, other);
  held &= check_nothing("reopened", database_problem(db));
  held &= check_nothing("after the next sync", database_sync_problem(db));
  return held & CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

/* Twice at most: where FTS5 has a row of its tables open when a statement within another
 * one fails, SQLite leaves the failed read transaction to the next statement. FTS5 alone
 * shows that too (the first of the operations). */
static bool settle(const struct fault_kind *k, sqlite3 *db) {
  static const char ask[] = "SELECT count(*) FROM sqlite_schema";
  int rc = sqlite3_exec(db, ask, NULL, NULL, NULL);
  if (rc == (k->code & 0xFF)) rc = sqlite3_exec(db, ask, NULL, NULL, NULL);
  return CHECK_INT(rc, SQLITE_OK);
}

/* Ends the transaction that the fault has left open. Every other time it is committed: a
 * statement that failed in it has changed nothing. *one and *other: the states that are
 * right afterwards. */
static bool end_transaction(const reference *f, run *r, bool commit, const char **one,
                            const char **other) {
  if (sqlite3_get_autocommit(r->db)) return true;
  if (!commit) return CHECK_INT(sqlite3_exec(r->db, "ROLLBACK", 0, 0, 0), SQLITE_OK);
  *one = f->own[r->steps];
  *other = NULL;
  bool held = check_nothing("in the transaction", database_problem(r->db));
  held &= check_state_of(r->db, "the open transaction", *one, *other);
  return held & CHECK_INT(sqlite3_exec(r->db, "COMMIT", 0, 0, 0), SQLITE_OK);
}

static bool check_after_error(const reference *f, const struct fault_kind *k, run *r,
                              bool commit) {
  const long next = r->steps < f->steps ? r->steps + 1 : r->steps;
  const char *one = f->committed[r->steps], *other = f->committed[next];
  bool held = check_code(k, r);
  held &= check_answer(f, r);
  const char *busy = database_busy_statement(r->db);
  if (busy) held = check_fail(__FILE__, __LINE__, "a statement is left: %s", busy);
  held &= settle(k, r->db);
  held &= end_transaction(f, r, commit, &one, &other);
  held &= check_state_of(r->db, "it", one, other);
  held &= check_nothing("afterwards", database_problem(r->db));
  held &= CHECK_INT(sqlite3_close(r->db), SQLITE_OK);
  return held & check_reopened(one, other);
}

static bool try_error(const reference *f, const struct fault_kind *k, long n,
                      bool lasting) {
  const sqlite3_int64 memory = sqlite3_memory_used();
  run r = run_operation(f, k->call, n, lasting, k->code);
  CHECK(fault_disarm());
  const bool held = check_after_error(f, k, &r, n % 2);
  return held & CHECK_INT(sqlite3_memory_used(), memory);
}

static bool try_kill(const reference *f, const struct fault_kind *k, long n,
                     uint64_t seed) {
  const bool killed = run_and_kill(f, n);
  fault_disarm();
  if (!CHECK(killed)) return false;
  if (k->effect == EFFECT_POWER)
    disk_lose_power(seed);
  else
    disk_forget_processes();
  const long steps = fault_shared()[0], next = steps < f->steps ? steps + 1 : steps;
  return check_reopened(f->committed[steps], f->committed[next]);
}

/* All of them ------------------------------------------------------------------------ */

typedef struct matrix {
  long step, at; /* every step-th point */
  uint64_t seed;
  const char *only; /* part of an operation's name, or NULL */
} matrix;

static bool is_chosen(matrix *m) {
  return m->at++ % m->step == 0;
}

static void try_point(const reference *f, const struct fault_kind *k, long n, int times,
                      uint64_t seed) {
  check_context("%s: at %s number %ld%s", setting_names[f->setting], k->says, n,
                k->effect == EFFECT_ERROR && times ? " and later" : "");
  disk_restore(f->image);
  const bool held = k->effect == EFFECT_ERROR ? try_error(f, k, n, times)
                                              : try_kill(f, k, n, seed + (uint64_t)n);
  tried++;
  survived += held;
}

/* Errors come once or last; a loss of power leaves different things behind. */
static int times_of(const struct fault_kind *k) {
  return k->effect == EFFECT_KILL ? 1 : 2;
}

static void try_kind(matrix *m, const reference *f, const struct fault_kind *k) {
  for (int times = 0; times < times_of(k); times++)
    for (long n = 1; n <= f->counts[k->call]; n++)
      if (is_chosen(m)) try_point(f, k, n, times, m->seed + 1000003U * (uint64_t)times);
}

static void try_setting(matrix *m, const operation *o, int setting) {
  reference f = {.operation = o, .setting = setting};
  check_context("%s", setting_names[setting]);
  if (make_reference(&f, m->seed))
    for (int i = 0; i < KIND_COUNT; i++) try_kind(m, &f, &kinds[i]);
  free_reference(&f);
}

static void try_operation(matrix *m, const operation *o, size_t number) {
  const long before = tried;
  check_begin(o->says);
  /* In a sample each operation has one setting. */
  for (int i = 0; i < SETTING_COUNT; i++)
    if (m->step == 1 || i == (int)((number + m->seed) % SETTING_COUNT))
      try_setting(m, o, i);
  printf("  %6ld points: %s\n", tried - before, o->says);
}

/* Keeps the model in memory for all connections, without worker threads: a child process
 * has none. */
static sqlite3 *keep_model(void) {
  char error[256] = "";
  sqlite3 *db = NULL;
  if (sqlite3_open(":memory:", &db) != SQLITE_OK || database_load(db, error) != SQLITE_OK)
    fatal("loading the extension", error);
  must_run(db, "SELECT biobert_config('threads', 1); SELECT biobert_embed('gene')");
  return db;
}

int main(int argc, char **argv) {
  matrix m = {.step = argc > 2 ? atol(argv[2]) : 1,
              .seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1};
  if (argc > 4) m.only = argv[4];
  if (argc < 2 || m.step < 1) return 2;
  database_set_library(argv[1]);
  setenv("BIOBERT_MODEL", "tests/golden/models/st_mean", 0);
  if (sqlite3_initialize() != SQLITE_OK || !fault_vfs_register()) return 2;
  sqlite3 *keeper = keep_model();
  m.at = (long)(m.seed % (uint64_t)m.step);
  for (size_t i = 0; i < operation_count; i++)
    if (!m.only || strstr(operations[i].says, m.only))
      try_operation(&m, &operations[i], i);
  sqlite3_close(keeper);
  printf("note - seed %llu, one point in %ld: %ld points tried, %ld survived\n",
         (unsigned long long)m.seed, m.step, tried, survived);
  return check_report();
}
