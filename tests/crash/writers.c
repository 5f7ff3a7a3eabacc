/* writers.c - bringing an index up to date while other connections write, in WAL mode and
 * with a rollback journal; and that biobert_sync() ends with the code that SQLite gave.
 *
 * Nothing here depends on how fast the machine is: a writer that waits longer than it
 * may, or a sync that cannot go on, is an error of SQLite's and no question of seconds.
 */
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "loaded.h"

enum {
  PATIENCE_MS = 120000,  /* busy_timeout of those who are to wait */
  BETWEEN_COMMITS = 300, /* ms: a program that writes all the time */
  MAX_COMMANDS = 500,
};

static char path[512];
static sqlite3 *db, *other;

static void must_run(sqlite3 *of, const char *sql) {
  if (!CHECK_INT(run(of, sql), SQLITE_OK)) printf("   %s: %s\n", sqlite3_errmsg(of), sql);
}

static sqlite3 *connect(int patience, bool extension) {
  sqlite3 *made = extension ? open_loaded(path) : open_plain(path);
  sqlite3_busy_timeout(made, patience);
  return made;
}

static long long number(sqlite3 *of, const char *sql) {
  sqlite3_stmt *s = NULL;
  CHECK_INT(sqlite3_prepare_v2(of, sql, -1, &s, NULL), SQLITE_OK);
  long long n = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;
  CHECK_INT(sqlite3_finalize(s), SQLITE_OK);
  return n;
}

static long long milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* A new file with `rows` papers, every third of them longer, by so many words twice. */
static void new_file(const char *mode, int rows, int words) {
  char *sql = sqlite3_mprintf(
      "PRAGMA journal_mode = %s; PRAGMA synchronous = off; CREATE TABLE log(x); CREATE "
      "TABLE papers(id INTEGER PRIMARY KEY, t TEXT); WITH RECURSIVE c(x) AS (SELECT 1 "
      "UNION ALL SELECT x + 1 FROM c LIMIT %d) INSERT INTO papers SELECT x, 'gene ' || x "
      "|| CASE WHEN x %% 3 = 0 THEN replace(hex(zeroblob(%d)), '00', ' heart failure') "
      "ELSE '' END FROM c; CREATE VIRTUAL TABLE s USING biobert(t, content='papers')",
      mode, rows, words);
  char *beside = sqlite3_mprintf("%s-wal", path);
  unlink(path);
  unlink(beside);
  db = connect(0, true);
  must_run(db, sql);
  other = connect(0, true);
  sqlite3_free(beside);
  sqlite3_free(sql);
}

static void end_file(void) {
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  CHECK_INT(sqlite3_close(other), SQLITE_OK);
  unlink(path);
}

/* A program that writes ------------------------------------------------------------ */

typedef struct writer {
  volatile int stop;
  volatile int commits, failures;
  volatile long long longest_ms; /* of a commit, waiting included */
} writer;

/* Every transaction changes a text and adds one, so the sync never looks at a file that
 * stands still. */
static void write_all_the_time(writer *w) {
  sqlite3 *own = connect(PATIENCE_MS, false);
  while (!w->stop) {
    long long begun = milliseconds();
    int rc = run(own, "BEGIN IMMEDIATE; INSERT INTO log VALUES(1); UPDATE papers SET t = "
                      "'cell ' || t WHERE id = (SELECT 1 + abs(random()) % 50); INSERT "
                      "INTO papers(t) VALUES('aspirin and stroke'); COMMIT");
    long long took = milliseconds() - begun;
    if (took > w->longest_ms) w->longest_ms = took;
    if (rc == SQLITE_OK) w->commits++;
    if (rc != SQLITE_OK) w->failures++;
    sqlite3_sleep(BETWEEN_COMMITS);
  }
  sqlite3_close(own);
}

static pid_t start_writer(writer *w) {
  pid_t child = fork();
  if (child != 0) return child;
  alarm(PATIENCE_MS / 1000 * 2); /* whatever becomes of the parent */
  write_all_the_time(w);
  _exit(0);
}

static writer *new_writer(void) {
  writer *w =
      mmap(NULL, sizeof *w, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (w != MAP_FAILED) return w;
  printf("FAILED: no shared memory\n0 passed, 1 failed\n");
  exit(1);
}

static void the_command_makes_progress(const char *mode) {
  new_file(mode, 300, 1500);
  sqlite3_busy_timeout(db, PATIENCE_MS);
  writer *w = new_writer();
  pid_t child = start_writer(w);
  int commands = 0, between = 0;
  long long longest = 0;
  for (; commands < MAX_COMMANDS; commands++) {
    long long begun = milliseconds();
    int seen = w->commits;
    int rc = run(db, "INSERT INTO s(s, rank) VALUES('sync', 1000)");
    if (!CHECK_INT(rc, SQLITE_OK)) printf("   %s\n", sqlite3_errmsg(db));
    if (milliseconds() - begun > longest) longest = milliseconds() - begun;
    between += w->commits > seen;
    if (number(db, "SELECT pending + stale FROM biobert_status('s')") == 0) break;
  }
  w->stop = 1;
  waitpid(child, NULL, 0);
  must_run(db, "INSERT INTO s(s) VALUES('sync')");
  CHECK(commands < MAX_COMMANDS);
  CHECK_INT(w->failures, 0);
  /* Without the pause after a command it waits for all of them. */
  CHECK(w->longest_ms <= 4 * longest + 1000);
  CHECK_INT(number(db, "SELECT count(*) FROM log"), w->commits);
  CHECK_INT(number(db, "SELECT count(*) FROM s_docs"),
            number(db, "SELECT count(*) FROM papers"));
  must_run(db, "INSERT INTO s(s) VALUES('integrity-check')");
  printf("  %s: %d commands, the longest %lld ms; %d commits by the writer, in %d "
         "commands, the longest %lld ms\n",
         mode, commands + 1, longest, w->commits, between, w->longest_ms);
  munmap(w, sizeof *w);
  end_file();
}

/* biobert_sync() -------------------------------------------------------------------- */

static sqlite3_stmt *begin_sync(int rows) {
  sqlite3_stmt *s = NULL;
  CHECK_INT(sqlite3_prepare_v2(db, "SELECT done FROM biobert_sync('s', 8)", -1, &s, NULL),
            SQLITE_OK);
  for (int i = 0; i < rows; i++) CHECK_INT(sqlite3_step(s), SQLITE_ROW);
  return s;
}

static void check_says_run_again(void) {
  const char *said = sqlite3_errmsg(db);
  if (!CHECK(strstr(said, "another connection wrote: run it again, it goes on")))
    printf("   %s\n", said);
}

/* What was committed stays, and the next run does the rest. */
static void check_goes_on(int done) {
  CHECK(sqlite3_get_autocommit(db));
  CHECK_INT(number(db, "SELECT count(*) FROM s_docs"), done);
  CHECK_INT(number(db, "SELECT max(total) FROM biobert_sync('s')"),
            number(db, "SELECT count(*) FROM papers") - done);
  must_run(db, "SELECT * FROM biobert_sync('s')");
  CHECK_INT(number(db, "SELECT pending + stale FROM biobert_status('s')"), 0);
  must_run(db, "INSERT INTO s(s) VALUES('integrity-check')");
}

static void *give_back(void *unused) {
  sqlite3_sleep(BETWEEN_COMMITS);
  run(other, "ROLLBACK");
  return unused;
}

/* Another connection has the write lock, and gives it back while biobert_sync() waits. */
static int step_while_locked(sqlite3_stmt *s) {
  pthread_t thread;
  int rc = -1;
  must_run(other, "BEGIN IMMEDIATE");
  if (!CHECK_INT(pthread_create(&thread, NULL, give_back, NULL), 0)) return rc;
  rc = sqlite3_step(s);
  pthread_join(thread, NULL);
  return rc;
}

static void biobert_sync_beside_writers(const char *mode) {
  bool wal = strcmp(mode, "wal") == 0;
  new_file(mode, 40, 10);
  sqlite3_extended_result_codes(db, 1);
  check_begin("SQLITE_BUSY from biobert_sync() at once where busy_timeout is 0; what was "
              "committed stays");
  check_context("%s", mode);
  sqlite3_stmt *s = begin_sync(2);
  must_run(other, "BEGIN IMMEDIATE");
  CHECK_INT(sqlite3_step(s), SQLITE_BUSY);
  check_says_run_again();
  CHECK_INT(sqlite3_finalize(s), SQLITE_BUSY);
  CHECK_INT(number(db, "SELECT count(*) FROM s_docs"), 8);
  must_run(other, "ROLLBACK");

  check_begin("biobert_sync() waits as long as busy_timeout says");
  check_context("%s", mode);
  sqlite3_busy_timeout(db, PATIENCE_MS);
  s = begin_sync(2);
  CHECK_INT(step_while_locked(s), SQLITE_ROW);
  CHECK_INT(sqlite3_column_int(s, 0), 16);
  CHECK_INT(sqlite3_finalize(s), SQLITE_OK);
  CHECK_INT(number(db, "SELECT count(*) FROM s_docs"), 24);

  check_begin("a commit by another connection ends biobert_sync() in WAL mode, and waits "
              "for it otherwise");
  check_context("%s", mode);
  s = begin_sync(1);
  int rc = run(other, "INSERT INTO papers(t) VALUES('stroke')");
  CHECK_INT(rc, wal ? SQLITE_OK : SQLITE_BUSY);
  rc = sqlite3_step(s);
  CHECK_INT(rc, wal ? SQLITE_BUSY_SNAPSHOT : SQLITE_ROW);
  if (wal) check_says_run_again();
  sqlite3_finalize(s);
  check_goes_on(wal ? 24 : 32);
  end_file();
}

/* The codes ------------------------------------------------------------------------- */

static int interrupt_now(void *unused) {
  (void)unused;
  return 1;
}

static int sync_code(void) {
  int rc = run(db, "SELECT * FROM biobert_sync('s', 8)");
  CHECK(sqlite3_get_autocommit(db));
  CHECK_INT(sqlite3_extended_errcode(db), rc);
  return rc;
}

static void the_codes(void) {
  new_file("delete", 300, 30);
  sqlite3_extended_result_codes(db, 1);
  check_begin("SQLITE_READONLY is passed on");
  must_run(db, "PRAGMA query_only = 1");
  CHECK_INT(sync_code(), SQLITE_READONLY);
  must_run(db, "PRAGMA query_only = 0");
  check_begin("SQLITE_INTERRUPT is passed on");
  sqlite3_progress_handler(db, 100, interrupt_now, NULL);
  CHECK_INT(sync_code(), SQLITE_INTERRUPT);
  sqlite3_progress_handler(db, 0, NULL, NULL);
  check_begin("SQLITE_FULL is passed on, and what was committed stays");
  must_run(db, "SELECT done FROM biobert_sync('s', 8) LIMIT 2");
  must_run(db, "PRAGMA max_page_count = 1"); /* as many as there are */
  CHECK_INT(sync_code(), SQLITE_FULL);
  CHECK_INT(number(db, "SELECT count(*) FROM s_docs") % 8, 0);
  CHECK(number(db, "SELECT count(*) FROM s_docs") >= 8);
  must_run(db, "PRAGMA max_page_count = 1000000");
  check_begin("SQLITE_CORRUPT is passed on, with what is damaged");
  must_run(db,
           "CREATE TABLE kept AS SELECT * FROM s_chunks; UPDATE s_chunks SET ids = x''");
  CHECK_INT(sync_code(), SQLITE_CORRUPT_VTAB);
  CHECK(strstr(sqlite3_errmsg(db), "damaged"));
  must_run(db, "REPLACE INTO s_chunks SELECT * FROM kept; DROP TABLE kept");
  check_goes_on((int)number(db, "SELECT count(*) FROM s_docs"));
  check_begin("a name that is no index is no error of SQLite's");
  CHECK_INT(run(db, "SELECT * FROM biobert_sync('papers')"), SQLITE_ERROR);
  check_begin("a file that another connection has locked is SQLITE_BUSY, not a missing "
              "index");
  sqlite3 *third = connect(0, true);
  must_run(other, "BEGIN EXCLUSIVE");
  static const char *const statements[] = {
      "SELECT * FROM biobert_sync('s')", "SELECT * FROM biobert_status('s')",
      "SELECT * FROM biobert_failures('s')", "INSERT INTO s(s) VALUES('sync')"};
  for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
    check_context("%s", statements[i]);
    CHECK_INT(run(third, statements[i]), SQLITE_BUSY);
  }
  must_run(other, "ROLLBACK");
  CHECK_INT(sqlite3_close(third), SQLITE_OK);
  end_file();
}

int main(int argc, char **argv) {
  static const char *const modes[] = {"wal", "delete"};
  find_library(argc, argv);
  snprintf(path, sizeof path, "%s/writers.db", build_folder());
  for (int i = 0; i < 2; i++) {
    check_begin(
        "'sync' with a limit, repeated, ends beside a program that writes all the "
        "time, and neither fails");
    check_context("%s", modes[i]);
    the_command_makes_progress(modes[i]);
  }
  for (int i = 0; i < 2; i++) biobert_sync_beside_writers(modes[i]);
  the_codes();
  return check_report();
}
