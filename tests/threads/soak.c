/* soak.c - a writer and three readers, each a process, on one file, of whom one after the
 * other is killed and started again.
 *
 *     SOAK_SECONDS=600 SEED=1 build/release/tests/threads/soak      (for each journal)
 *
 * The writer notes in a file beside what it has committed. A reader looks at that file
 * first, then at the database: what is noted is there; the ranking is that of a scan over
 * the vectors of the same snapshot; the checks find nothing. In the end a sync ends the
 * work, and every vector is that of its text. */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "random.h"
#include "threads/threads_database.h"

enum {
  READERS = 3,
  PROCESSES = READERS + 1, /* the first is the writer */
  DIMENSION = 32,
  MAX_PAPERS = 120,
  PATIENCE_MS = 1000,
  PATIENCE_S = 300, /* of a process that is told to stop */
};

/* As the contract has it: rows closer than this may change places. */
static const double CLOSE = 1e-6;

static char path[512], noted_path[512];

static pid_t parent;

static struct shared {
  atomic_bool stop;
  atomic_long commits, looks, checks, refused, interrupted;
} * shared;

/* If the parent is killed, its children must not go on. */
static bool goes_on(void) {
  return !shared->stop && getppid() == parent;
}

/* Codes ------------------------------------------------------------------------------ */

/* False: others are at work, and this is for another time. Any other code is a fault. The
 * tables that SQLite makes of pragmas say in words alone that they were interrupted. */
static bool went_well(sqlite3 *db, int rc, const char *sql) {
  if (rc == SQLITE_ERROR && strcmp(sqlite3_errmsg(db), "interrupted") == 0)
    rc = SQLITE_INTERRUPT;
  switch (rc & 0xFF) {
  case SQLITE_OK:
    return true;
  case SQLITE_INTERRUPT:
    shared->interrupted++;
    return false;
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    shared->refused++;
    return false;
  default:
    printf("FAILED: %d: %s: %s\n", rc, sqlite3_errmsg(db), sql);
    fflush(stdout);
    exit(1);
  }
}

static bool try_run(sqlite3 *db, const char *format, ...) {
  va_list args;
  va_start(args, format);
  char *sql = sqlite3_vmprintf(format, args);
  va_end(args);
  bool well = went_well(db, run(db, sql), sql);
  sqlite3_free(sql);
  return well;
}

static void fault(const char *what, long long id, long long is, long long expected) {
  printf("FAILED: %s: %lld: %lld, expected %lld\n", what, id, is, expected);
  fflush(stdout);
  exit(1);
}

static sqlite3 *join(void) {
  sqlite3 *db = open_loaded(path);
  sqlite3_busy_timeout(db, PATIENCE_MS);
  sqlite3_extended_result_codes(db, 1);
  while (!try_run(db, "PRAGMA synchronous = off")) {
  }
  return db;
}

/* What was committed ----------------------------------------------------------------- */

enum { GONE = -1 };

/* 16 bytes, so that a page of the file never ends within one, and a process that is
 * killed writes all of it or nothing. */
typedef struct note {
  int64_t id, version; /* or GONE */
} note;

static void write_note(int file, int64_t id, int64_t version) {
  note n = {id, version};
  if (write(file, &n, sizeof n) != sizeof n) exit(1);
  shared->commits++;
}

/* Of each id what was noted last; *count ids from 0. */
static int64_t *read_notes(size_t *count) {
  int64_t *versions = NULL;
  note n;
  FILE *file = fopen(noted_path, "rb");
  *count = 0;
  while (file && fread(&n, sizeof n, 1, file) == 1) {
    if ((size_t)n.id >= *count) {
      size_t larger = (size_t)n.id * 2 + 64;
      versions = realloc(versions, larger * sizeof *versions);
      if (!versions) exit(1);
      memset(versions + *count, 0, (larger - *count) * sizeof *versions);
      *count = larger;
    }
    versions[n.id] = n.version;
  }
  if (file) fclose(file);
  return versions;
}

/* The writer ------------------------------------------------------------------------- */

#define TEXT_OF                                                                          \
  "'gene ' || id || ' version ' || version || CASE id - id / 3 * 3 WHEN 0 THEN ' and "   \
  "the risk "                                                                            \
  "of stroke' WHEN 1 THEN ' therapy of heart failure' ELSE ' cell' END"

static const char setup[] =
    "CREATE TABLE papers(id INTEGER PRIMARY KEY, version INTEGER, t TEXT); CREATE TABLE "
    "gone(id INTEGER PRIMARY KEY); CREATE VIRTUAL TABLE s USING biobert(t, "
    "content='papers', store='f32'); CREATE VIRTUAL TABLE o USING biobert(t, "
    "store='f32'); INSERT INTO papers(id, version) VALUES(1, 1); UPDATE papers SET t = "
    "" TEXT_OF "; INSERT INTO o(rowid, t) SELECT id, t FROM papers; INSERT INTO s(s) "
    "VALUES('sync')";

/* -1: not now. */
static int64_t ask(sqlite3 *db, const char *sql) {
  sqlite3_stmt *s = NULL;
  int64_t n = -1;
  int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
  if (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) n = sqlite3_column_int64(s, 0);
  int ended = sqlite3_finalize(s);
  return went_well(db, rc ? rc : ended, sql) ? n : -1;
}

/* A transaction over the table and both indexes. */
static bool commit(sqlite3 *db, const char *format, int64_t id) {
  char *change = sqlite3_mprintf(format, id, id, id, id);
  bool well = try_run(db, "BEGIN IMMEDIATE; %s; COMMIT", change);
  if (!sqlite3_get_autocommit(db)) run(db, "ROLLBACK");
  sqlite3_free(change);
  return well;
}

static void add_paper(sqlite3 *db, int notes) {
  int64_t id =
      ask(db, "SELECT 1 + max((SELECT coalesce(max(id), 0) FROM papers), (SELECT "
              "coalesce(max(id), 0) FROM gone))");
  if (id > 0 &&
      commit(db,
             "INSERT INTO papers(id, version) VALUES(%lld, 1); UPDATE papers SET t "
             "= " TEXT_OF " WHERE id = %lld; INSERT INTO o(rowid, t) SELECT id, t FROM "
             "papers WHERE id = %lld",
             id))
    write_note(notes, id, 1);
}

static void change_paper(sqlite3 *db, int notes) {
  int64_t id = ask(db, "SELECT id FROM papers ORDER BY random() LIMIT 1");
  char *sql = sqlite3_mprintf("SELECT version FROM papers WHERE id = %lld", id);
  int64_t version = id > 0 ? ask(db, sql) : -1;
  sqlite3_free(sql);
  if (version > 0 &&
      commit(db,
             "UPDATE papers SET version = version + 1 WHERE id = %lld; UPDATE papers SET "
             "t = " TEXT_OF " WHERE id = %lld; UPDATE o SET t = (SELECT t FROM papers "
             "WHERE id = %lld) WHERE rowid = %lld",
             id))
    write_note(notes, id, version + 1);
}

static void drop_paper(sqlite3 *db, int notes) {
  int64_t id = ask(db, "SELECT id FROM papers ORDER BY random() LIMIT 1");
  if (id > 0 &&
      commit(db,
             "INSERT INTO gone VALUES(%lld); DELETE FROM papers WHERE id = %lld; DELETE "
             "FROM o WHERE rowid = %lld",
             id))
    write_note(notes, id, GONE);
}

static const char *const commands[] = {
    "SELECT * FROM biobert_sync('s', 8)",       "SELECT * FROM biobert_sync('s')",
    "INSERT INTO s(s, rank) VALUES('sync', 5)", "INSERT INTO s(s) VALUES('sync')",
    "INSERT INTO s(s) VALUES('optimize')",      "INSERT INTO o(o) VALUES('optimize')",
    "INSERT INTO s(s) VALUES('rebuild')",       "INSERT INTO o(o) VALUES('rebuild')",
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void write_on(void) {
  int notes = open(noted_path, O_WRONLY | O_APPEND | O_CREAT, 0600);
  sqlite3 *db = join();
  while (goes_on()) {
    size_t what = random_below(10);
    if (what < 3)
      add_paper(db, notes);
    else if (what < 6)
      change_paper(db, notes);
    else if (what < 7 || ask(db, "SELECT count(*) FROM papers") > MAX_PAPERS)
      drop_paper(db, notes);
    else
      try_run(db, "%s", commands[random_below(random_below(4) ? 4 : COMMANDS)]);
    /* Without a pause readers of a rollback journal never get their turn. */
    sqlite3_sleep((int)random_below(8));
  }
  close(notes);
  sqlite3_close(db);
}

/* A reader --------------------------------------------------------------------------- */

static sqlite3 *reading; /* for the signal */

static void interrupt_reading(int signal) {
  (void)signal;
  sqlite3_interrupt(reading);
}

static bool check_notes(sqlite3 *db, const int64_t *noted, size_t count) {
  sqlite3_stmt *s = NULL;
  size_t known = 0;
  static const char sql[] = "SELECT id, version FROM papers UNION ALL SELECT id, -1 FROM "
                            "gone ORDER BY id";
  int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
  while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
    int64_t id = sqlite3_column_int64(s, 0), version = sqlite3_column_int64(s, 1);
    if ((size_t)id >= count || noted[id] == 0) continue;
    known++;
    if (version != GONE && (noted[id] == GONE || version < noted[id]))
      fault("an older version than was committed", id, version, noted[id]);
  }
  int ended = sqlite3_finalize(s);
  if (!went_well(db, rc ? rc : ended, sql)) return false;
  for (size_t i = 0; i < count; i++) known -= noted[i] != 0;
  if (known != 0) fault("papers that were committed are not there", 0, (int)known, 0);
  return true;
}

typedef struct row {
  int64_t id;
  double distance;
} row;

/* The rows of a query: id, and a distance or a vector of which it is computed. */
static bool fetch(sqlite3 *db, const char *sql, const float *query, row *rows,
                  size_t *count) {
  sqlite3_stmt *s = NULL;
  *count = 0;
  int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
  if (rc == SQLITE_OK && sqlite3_bind_parameter_count(s))
    rc = sqlite3_bind_blob(s, 1, query, DIMENSION * sizeof *query, SQLITE_STATIC);
  while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW && *count < MAX_PAPERS * 4) {
    double distance = sqlite3_column_double(s, 1), dot = 0, length = 0, norm = 0;
    if (sqlite3_column_type(s, 1) == SQLITE_BLOB) {
      float x[DIMENSION];
      memcpy(x, sqlite3_column_blob(s, 1), sizeof x);
      for (int i = 0; i < DIMENSION; i++) {
        dot += (double)query[i] * (double)x[i];
        length += (double)x[i] * (double)x[i];
        norm += (double)query[i] * (double)query[i];
      }
      distance = 1 - dot / sqrt(length) / sqrt(norm);
    }
    rows[(*count)++] = (row){sqlite3_column_int64(s, 0), distance};
  }
  int ended = sqlite3_finalize(s);
  return went_well(db, rc ? rc : ended, sql);
}

static int by_distance(const void *x, const void *y) {
  const row *a = x, *b = y;
  if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
  return a->id < b->id ? -1 : a->id > b->id;
}

static int by_id(const void *x, const void *y) {
  const row *a = x, *b = y;
  return a->id < b->id ? -1 : a->id > b->id;
}

/* Each rank's distance, and each row's. */
static void compare(row *found, size_t n, row *scanned, size_t m) {
  if (n != m) fault("rows of a search", 0, (int64_t)n, (int64_t)m);
  qsort(scanned, m, sizeof *scanned, by_distance);
  for (size_t i = 0; i < n; i++)
    if (!(fabs(found[i].distance - scanned[i].distance) <= CLOSE))
      fault("the rank of a row", (int64_t)i, found[i].id, scanned[i].id);
  qsort(found, n, sizeof *found, by_id);
  qsort(scanned, m, sizeof *scanned, by_id);
  for (size_t i = 0; i < n; i++)
    if (found[i].id != scanned[i].id ||
        !(fabs(found[i].distance - scanned[i].distance) <= CLOSE))
      fault("the distance of a row", (int64_t)i, found[i].id, scanned[i].id);
}

static bool check_ranking(sqlite3 *db, const char *index) {
  static row found[MAX_PAPERS * 4], scanned[MAX_PAPERS * 4];
  size_t n, m;
  float query[DIMENSION];
  for (int i = 0; i < DIMENSION; i++) query[i] = (float)random_below(2001) / 1000 - 1;
  char *search = sqlite3_mprintf("SELECT rowid, distance FROM %s WHERE %s MATCH ?1 AND "
                                 "mode = 'semantic'",
                                 index, index);
  char *scan =
      sqlite3_mprintf("SELECT rowid, vector FROM %s WHERE vector IS NOT NULL", index);
  bool well = fetch(db, search, query, found, &n) && fetch(db, scan, query, scanned, &m);
  sqlite3_free(search);
  sqlite3_free(scan);
  if (well) compare(found, n, scanned, m);
  return well;
}

/* All rows come, those with a word of the query and the others. */
static bool check_hybrid(sqlite3 *db) {
  int64_t found = ask(db, "SELECT count(*) FROM o('risk of heart failure')");
  int64_t there = found < 0 ? -1 : ask(db, "SELECT count(*) FROM papers");
  if (there >= 0 && found != there) fault("rows of a hybrid search", 0, found, there);
  int64_t wrong = there < 0
                      ? -1
                      : ask(db, "SELECT count(*) FROM papers p LEFT JOIN o ON "
                                "o.rowid = p.id WHERE o.t IS NOT p.t OR (p.id % 8 = "
                                "2 AND o.vector IS NOT biobert_embed(p.t))");
  if (wrong > 0) fault("texts or vectors of the index", 0, wrong, 0);
  return wrong == 0;
}

/* Of one state, and read before: FTS5's own check (of SQLite 3.53 too) takes a list of
 * segments that it has from before another connection wrote, and calls the file damaged. */
static int64_t count_problems(sqlite3 *db) {
  int64_t wrong = -1;
  if (!try_run(db, "BEGIN")) return wrong;
  if (ask(db, "SELECT count(*) FROM s_fts WHERE s_fts MATCH 'heart'") >= 0 &&
      ask(db, "SELECT count(*) FROM o_fts WHERE o_fts MATCH 'heart'") >= 0)
    wrong = ask(db, "SELECT count(*) FROM pragma_integrity_check WHERE "
                    "integrity_check <> 'ok'");
  while (!sqlite3_get_autocommit(db)) try_run(db, "ROLLBACK"); /* it may be interrupted */
  return wrong;
}

static void check_integrity(sqlite3 *db) {
  int64_t wrong = count_problems(db);
  if (wrong > 0) fault("PRAGMA integrity_check", 0, wrong, 0);
  if (try_run(db, "INSERT INTO s(s) VALUES('integrity-check')") &&
      try_run(db, "INSERT INTO o(o) VALUES('integrity-check')"))
    shared->checks++;
}

static void look(sqlite3 *db) {
  size_t count;
  int64_t *noted = read_notes(&count);
  if (try_run(db, "BEGIN") && check_notes(db, noted, count) && check_ranking(db, "s") &&
      check_ranking(db, "o") && check_hybrid(db))
    shared->looks++;
  while (!sqlite3_get_autocommit(db)) try_run(db, "ROLLBACK"); /* it may be interrupted */
  free(noted);
}

static void read_on(void) {
  sqlite3 *db = reading = join();
  struct itimerval often = {
      {0, 150000 + (int)random_below(100000)},
      {0, 300000                            }
  };
  signal(SIGALRM, interrupt_reading);
  setitimer(ITIMER_REAL, &often, NULL);
  while (goes_on()) {
    look(db);
    if (random_below(5) == 0) check_integrity(db);
  }
  signal(SIGALRM, SIG_IGN);
  sqlite3_close(db);
}

/* The one who kills ------------------------------------------------------------------ */

static pid_t processes[PROCESSES];
static long killed;

static void start(int which) {
  uint64_t seed = random_u64();
  fflush(stdout);
  processes[which] = fork();
  if (processes[which] != 0) return;
  random_state = seed;
  if (which == 0)
    write_on();
  else
    read_on();
  exit(0);
}

static void kill_one(void) {
  int which = (int)random_below(PROCESSES), status;
  kill(processes[which], SIGKILL);
  if (!CHECK(waitpid(processes[which], &status, 0) == processes[which])) return;
  /* Otherwise it had ended before. */
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  killed++;
  start(which);
}

static void check_end_state(void) {
  size_t count;
  int64_t *noted = read_notes(&count);
  sqlite3 *db = join();
  must_run(db, "SELECT * FROM biobert_sync('s')");
  CHECK(check_notes(db, noted, count));
  CHECK_INT(number(db, "SELECT pending + stale + failed FROM biobert_status('s')"), 0);
  CHECK_INT(number(db, "SELECT count(*) FROM pragma_integrity_check WHERE "
                       "integrity_check <> 'ok'"),
            0);
  must_run(db, "INSERT INTO s(s) VALUES('integrity-check'); INSERT INTO o(o) "
               "VALUES('integrity-check')");
  CHECK_INT(number(db,
                   "SELECT count(*) FROM papers p LEFT JOIN s ON s.rowid = p.id LEFT "
                   "JOIN o ON o.rowid = p.id WHERE s.vector IS NOT biobert_embed(p.t) "
                   "OR o.vector IS NOT biobert_embed(p.t)"),
            0);
  CHECK_INT(number(db, "SELECT count(*) FROM s"),
            number(db, "SELECT count(*) FROM papers"));
  CHECK_INT(number(db, "SELECT count(*) FROM o"),
            number(db, "SELECT count(*) FROM papers"));
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  free(noted);
}

/* A child that has not ended by then waits for something that never comes. */
static void stop_all(void) {
  shared->stop = true;
  alarm(PATIENCE_S);
  for (int i = 0; i < PROCESSES; i++) {
    int status = -1;
    CHECK(waitpid(processes[i], &status, 0) == processes[i]);
    CHECK_INT(status, 0);
  }
  alarm(0);
}

static void make_file(const char *mode) {
  remove_database(path);
  unlink(noted_path);
  sqlite3 *db = open_loaded(path);
  char *journal =
      sqlite3_mprintf("PRAGMA journal_mode = %s; PRAGMA synchronous = off", mode);
  must_run(db, journal);
  must_run(db, setup);
  sqlite3_free(journal);
  sqlite3_close(db);
}

static void soak(const char *mode, long seconds) {
  memset(shared, 0, sizeof *shared);
  killed = 0;
  make_file(mode);
  time_t end = time(NULL) + seconds;
  for (int i = 0; i < PROCESSES; i++) start(i);
  while (time(NULL) < end && check_state.failures == 0) {
    usleep((useconds_t)(50000 + random_below(500000)));
    kill_one();
  }
  stop_all();
  check_end_state();
  printf("note - %s, %ld s: %ld commits, %ld looks, %ld checks, %ld killed, "
         "%ld refused, %ld interrupted\n",
         mode, seconds, shared->commits, shared->looks, shared->checks, killed,
         shared->refused, shared->interrupted);
  CHECK(shared->commits > 0 && shared->looks > 0);
  if (check_state.failures) return; /* it is left to be looked at */
  remove_database(path);
  unlink(noted_path);
}

int main(int argc, char **argv) {
  static const char *const modes[] = {"wal", "delete"};
  find_library(argc, argv);
  snprintf(path, sizeof path, "%s/soak.db", build_folder());
  snprintf(noted_path, sizeof noted_path, "%s/soak.notes", build_folder());
  random_state = (uint64_t)rounds_of("SEED", (long)time(NULL));
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                -1, 0);
  if (shared == MAP_FAILED) give_up("no shared memory");
  parent = getpid();
  for (int i = 0; i < 2; i++) {
    check_begin("processes that write, read and are killed on one file lose nothing that "
                "was committed, and see one state each");
    check_context("%s", modes[i]);
    soak(modes[i], rounds_of("SOAK_SECONDS", 3));
  }
  return check_report();
}
