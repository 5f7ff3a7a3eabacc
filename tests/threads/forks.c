/* forks.c - fork() in a process that has the extension, a model and worker threads.
 *
 *     FORKS=300 build/release/tests/threads/forks
 *
 * The child opens connections of its own, embeds, searches, syncs and exits as programs
 * do; the parent goes on. Both have the same bits. A child that waits for a thread which
 * only its parent has is ended by alarm(). */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "threads/threads_database.h"

/* A deadlock is a failure, not a test that never ends. Sanitizers are slow. */
enum { PATIENCE_S = 60 };

#define LONG_TEXT "replace(hex(zeroblob(4000)), '00', ' heart failure')"

/* Three layers on four threads; several texts at once, too. */
static const char work[] =
    "SELECT biobert_config('threads', 4); SELECT biobert_embed(" LONG_TEXT
    "); CREATE TABLE papers(id INTEGER PRIMARY KEY, t TEXT); WITH RECURSIVE c(x) AS "
    "(SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 20) INSERT INTO papers SELECT x, "
    "'gene ' || x || CASE x % 3 WHEN 0 THEN ' risk of stroke' ELSE ' heart failure' END "
    "FROM c; CREATE VIRTUAL TABLE s USING biobert(t, content='papers'); SELECT done FROM "
    "biobert_sync('s', 8); SELECT id, vector FROM papers JOIN s ON s.rowid = id; SELECT "
    "rowid, rank, distance, bm25 FROM s('heart gene'); INSERT INTO s(s) "
    "VALUES('integrity-check'); SELECT biobert_unload('default')";

static uint64_t expected; /* of the work, before the first fork */
static char self[512];

/* All of it, on a connection of its own. */
static bool works(void) {
  uint64_t answer;
  sqlite3 *db = open_loaded(":memory:");
  int rc = run_hashed(db, work, &answer);
  if (rc != SQLITE_OK) printf("   %d: %s\n", rc, sqlite3_errmsg(db));
  if (rc == SQLITE_OK && expected != NO_ANSWER && answer != expected)
    printf("   other bits than before\n");
  bool same = expected == NO_ANSWER || answer == expected;
  if (rc == SQLITE_OK && expected == NO_ANSWER) expected = answer;
  return sqlite3_close(db) == SQLITE_OK && rc == SQLITE_OK && same;
}

/* SQLite does not see to its own mutexes when a process forks: a child whose parent had a
 * thread inside malloc() or open() of SQLite's waits for ever, with us or without. So
 * they are held, in the order in which SQLite takes them, and what is tested is ours. */
static const int sqlite_mutexes[] = {SQLITE_MUTEX_STATIC_PRNG, SQLITE_MUTEX_STATIC_MAIN,
                                     SQLITE_MUTEX_STATIC_OPEN, SQLITE_MUTEX_STATIC_VFS1,
                                     SQLITE_MUTEX_STATIC_LRU,  SQLITE_MUTEX_STATIC_PMEM,
                                     SQLITE_MUTEX_STATIC_MEM};
enum { SQLITE_MUTEXES = sizeof sqlite_mutexes / sizeof *sqlite_mutexes };

static pid_t begin_child(void) {
  fflush(stdout);
  for (int i = 0; i < SQLITE_MUTEXES; i++)
    sqlite3_mutex_enter(sqlite3_mutex_alloc(sqlite_mutexes[i]));
  pid_t child = fork();
  for (int i = SQLITE_MUTEXES; i-- > 0;)
    sqlite3_mutex_leave(sqlite3_mutex_alloc(sqlite_mutexes[i]));
  if (child == 0) alarm(PATIENCE_S);
  return child;
}

static bool ended_well(pid_t child) {
  int status = -1;
  return CHECK(child > 0) && CHECK(waitpid(child, &status, 0) == child) &&
         CHECK_INT(status, 0);
}

static void child_works(void) {
  pid_t child = begin_child();
  if (child == 0) exit(!works());
  ended_well(child);
}

/* Kinds of forks --------------------------------------------------------------------- */

static void test_fork(long count) {
  check_begin(
      "the child of a fork embeds, searches and syncs as its parent, who goes on");
  CHECK(works());
  for (long i = 0; i < count; i++) {
    child_works();
    CHECK(works());
  }
}

/* The parent's connection, with a model and a session, is there in the child, too. */
static void test_fork_with_connection(long count) {
  uint64_t before, after;
  static const char embed[] = "SELECT biobert_embed(" LONG_TEXT "), biobert_embed('x')";
  check_begin("a connection that was there before the fork has the same bits after it");
  sqlite3 *db = open_loaded(":memory:");
  CHECK_INT(run_hashed(db, embed, &before), SQLITE_OK);
  for (long i = 0; i < count; i++) {
    child_works();
    CHECK_INT(run_hashed(db, embed, &after), SQLITE_OK);
    CHECK(before == after);
  }
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void test_nested_fork(long count) {
  check_begin("the child of a child of a fork works");
  for (long i = 0; i < count; i++) {
    pid_t child = begin_child();
    if (child == 0) {
      bool first = i % 2 == 0 || works(); /* it may have threads of its own, or not */
      pid_t grandchild = begin_child();
      int status = -1;
      if (grandchild == 0) exit(!works());
      waitpid(grandchild, &status, 0);
      exit(!(first && status == 0 && works()));
    }
    ended_well(child);
  }
}

static void test_fork_and_exec(void) {
  char answer[32];
  check_begin("a program that a child executes works, with the same bits");
  snprintf(answer, sizeof answer, "%llx", (unsigned long long)expected);
  pid_t child = begin_child();
  if (child == 0) {
    execl(self, self, library, answer, (char *)NULL);
    _exit(127);
  }
  ended_well(child);
}

/* While others are at work ----------------------------------------------------------- */

enum { OTHERS = 2 };

static atomic_bool stop;
static atomic_long done;

/* In the middle of an embedding most of the time. */
static void *embed_all_the_time(void *unused) {
  sqlite3 *db = open_loaded(":memory:");
  while (!stop) {
    uint64_t answer;
    if (run_hashed(db, "SELECT biobert_embed(" LONG_TEXT " || abs(random()))", &answer) ==
        SQLITE_OK)
      done++;
  }
  sqlite3_close(db);
  return unused;
}

#ifndef __SANITIZE_THREAD__
/* The lock of the list of models, and that of the settings, are taken all the time. */
static void *load_all_the_time(void *unused) {
  while (!stop) {
    sqlite3 *db = open_loaded(":memory:");
    if (run(db, "SELECT biobert_load('" TEST_MODELS "st_cls', 'm'), biobert_embed('a', "
                "'m'), biobert_config('threads')") == SQLITE_OK)
      done++;
    sqlite3_close(db);
  }
  return unused;
}

#endif

static void fork_beside(void *(*others)(void *), long count) {
  pthread_t threads[OTHERS];
  stop = false;
  done = 0;
  for (int i = 0; i < OTHERS; i++)
    if (pthread_create(&threads[i], NULL, others, NULL) != 0) give_up("no thread");
  for (long i = 0; i < count; i++) {
    for (long before = done; done == before;) usleep(200);
    usleep((useconds_t)(i * 37 % 1000));
    child_works();
  }
  stop = true;
  for (int i = 0; i < OTHERS; i++) pthread_join(threads[i], NULL);
  CHECK(works());
}

int main(int argc, char **argv) {
  long count = rounds_of("FORKS", 30);
  find_library(argc, argv);
  snprintf(self, sizeof self, "%s", argv[0]);
  if (argc > 2) { /* executed by a child: which answer is right */
    alarm(PATIENCE_S);
    expected = strtoull(argv[2], NULL, 16);
    return !works();
  }
  test_fork(count / 3 + 1);
  test_fork_with_connection(count / 3 + 1);
  test_nested_fork(count / 3 + 1);
  test_fork_and_exec();
  check_begin("the child of a fork works although threads of its parent were embedding");
  fork_beside(embed_all_the_time, count);
#ifdef __SANITIZE_THREAD__
  printf(
      "skip - forks beside threads that load: the thread sanitizer's own locks are not "
      "made for it\n");
#else
  check_begin("the child of a fork works although threads of its parent were loading");
  fork_beside(load_all_the_time, count);
#endif
  return check_report();
}
