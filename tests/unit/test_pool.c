/* Spec of core/base/pool.c. */
#include "check.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/pool.h"

#if defined(__SANITIZE_THREAD__)
/* It refuses threads in the child of a fork, which is what is tested here. */
__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void) {
  return "die_after_fork=0";
}
#endif

enum { TASKS = 1000, CALLERS = 8, ROUNDS = 50 };

typedef struct record {
  atomic_int runs[TASKS];
  atomic_int inside[BB_MAX_WORKERS + 1]; /* tasks that run under one worker now */
  atomic_int shared;                     /* two tasks ran under one worker at once */
  size_t workers;                        /* a worker's number must be below */
} record;

static void count_task(void *ctx, size_t task, size_t worker) {
  record *r = ctx;
  if (worker >= r->workers || atomic_fetch_add(&r->inside[worker], 1) != 0) r->shared++;
  r->runs[task]++;
  atomic_fetch_sub(&r->inside[worker], 1);
}

/* True if each of the tasks ran once, and no two of them under one worker at once. */
static bool all_run_once(size_t workers, size_t tasks) {
  static _Thread_local record r;
  memset(&r, 0, sizeof r);
  r.workers = workers;
  bb_cancel cancel = {.ask = NULL};
  bool ok = bb_pool_run(workers, tasks, count_task, &r, &cancel);
  for (size_t i = 0; i < TASKS; i++) ok = ok && r.runs[i] == (i < tasks);
  return ok && r.shared == 0;
}

static void test_tasks(void) {
  static const struct {
    const char *says;
    size_t workers, tasks;
  } rows[] = {
  /* clang-format off */
      {"no task needs no worker",                        4,                  0    },
      {"one task runs once",                             4,                  1    },
      {"all tasks run once on one thread",               1,                  TASKS},
      {"all tasks run once on two threads",              2,                  TASKS},
      {"all tasks run once on more threads than cores",  16,                 TASKS},
      {"all tasks run once on the most threads",         BB_MAX_WORKERS,     TASKS},
      {"fewer tasks than workers run once",              8,                  3    },
  /* clang-format on */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    check_begin(rows[i].says);
    for (int round = 0; round < ROUNDS; round++) {
      check_context("round %d", round);
      if (!CHECK(all_run_once(rows[i].workers, rows[i].tasks))) break;
    }
  }
}

/* Callers ---------------------------------------------------------------------------- */

static void *call_often(void *wrong) {
  for (int round = 0; round < ROUNDS; round++)
    if (!all_run_once(4, TASKS)) *(bool *)wrong = true;
  return NULL;
}

static void test_callers(void) {
  check_begin("callers on many threads at once all get their work done");
  pthread_t threads[CALLERS];
  bool wrong[CALLERS] = {false};
  for (size_t i = 0; i < CALLERS; i++)
    CHECK_INT(pthread_create(&threads[i], NULL, call_often, &wrong[i]), 0);
  for (size_t i = 0; i < CALLERS; i++) {
    pthread_join(threads[i], NULL);
    CHECK(!wrong[i]);
  }
}

static void nest(void *ctx, size_t task, size_t worker) {
  (void)task;
  (void)worker;
  if (!all_run_once(4, 10)) *(atomic_bool *)ctx = true;
}

static void test_nested(void) {
  check_begin("a task that calls the pool itself does that work alone");
  atomic_bool wrong = false;
  bb_cancel cancel = {.ask = NULL};
  CHECK(bb_pool_run(4, 20, nest, &wrong, &cancel));
  CHECK(!wrong);
}

/* Cancelling ------------------------------------------------------------------------- */

typedef struct question {
  pthread_t caller;
  int asked, yes_after; /* says yes from then on */
  atomic_int elsewhere; /* asked on another thread */
} question;

static bool ask(void *ctx) {
  question *q = ctx;
  if (!pthread_equal(pthread_self(), q->caller)) q->elsewhere++;
  return ++q->asked > q->yes_after;
}

static void take_time(void *ctx, size_t task, size_t worker) {
  (void)task;
  (void)worker;
  ++*(atomic_int *)ctx;
  usleep(1000);
}

/* How many of the tasks ran, and what bb_pool_run() said. */
static int run_cancelled(size_t workers, int yes_after, bool *finished) {
  atomic_int ran = 0;
  question q = {.caller = pthread_self(), .yes_after = yes_after};
  bb_cancel cancel = {.ask = ask, .ctx = &q};
  *finished = bb_pool_run(workers, TASKS, take_time, &ran, &cancel);
  CHECK_INT(q.elsewhere, 0);
  CHECK(q.asked > 0);
  return ran;
}

static void test_cancel(void) {
  bool finished = true;
  check_begin("a caller who says no at once has no task run on his own thread");
  CHECK_INT(run_cancelled(1, 0, &finished), 0);
  CHECK(!finished);

  check_begin("a caller who stops the work stops the other threads too");
  CHECK(run_cancelled(4, 10, &finished) < TASKS / 2);
  CHECK(!finished);

  check_begin("the pool works on after a call that was stopped");
  CHECK(all_run_once(4, TASKS));
}

typedef struct waiting {
  atomic_int started;
  bb_cancel *cancel;
} waiting;

/* Worker 0 is done at once and waits for the others, who end only when they are told to.
 */
static void wait_for_stop(void *ctx, size_t task, size_t worker) {
  waiting *w = ctx;
  (void)task;
  w->started++;
  for (int i = 0; worker != 0 && i < 10000 && !bb_cancelled(w->cancel, worker); i++)
    usleep(1000);
  while (worker == 0 && w->started < 2) usleep(100);
}

static void test_cancel_waiting(void) {
  check_begin("a caller who waits for the others is asked, and stops them");
  question q = {.caller = pthread_self(), .yes_after = 4};
  bb_cancel cancel = {.ask = ask, .ctx = &q};
  waiting w = {.cancel = &cancel};
  CHECK(!bb_pool_run(2, 2, wait_for_stop, &w, &cancel));
  CHECK_INT(q.elsewhere, 0);
}

/* Processes -------------------------------------------------------------------------- */

static void test_fork(void) {
  check_begin("the child of a fork has a pool of its own, and its parent keeps his");
  CHECK(all_run_once(4, TASKS));
  for (int round = 0; round < 20; round++) {
    pid_t child = fork();
    if (child == 0) {
      alarm(20); /* a deadlock is a failure, not a test that never ends */
      _exit(all_run_once(4, TASKS) ? 0 : 1);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_INT(status, 0);
    CHECK(all_run_once(4, TASKS));
  }
}

static void *run_until_told(void *stop) {
  while (!*(atomic_bool *)stop) all_run_once(4, TASKS);
  return NULL;
}

static void test_fork_while_busy(void) {
  check_begin("the child of a fork works although the pool was busy then");
  atomic_bool stop = false;
  pthread_t thread;
  CHECK_INT(pthread_create(&thread, NULL, run_until_told, &stop), 0);
  for (int round = 0; round < 20; round++) {
    pid_t child = fork();
    if (child == 0) {
      alarm(20);
      _exit(all_run_once(4, TASKS) ? 0 : 1);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_INT(status, 0);
  }
  stop = true;
  pthread_join(thread, NULL);
}

int main(void) {
  test_tasks();
  test_callers();
  test_nested();
  test_cancel();
  test_cancel_waiting();
  test_fork();
  test_fork_while_busy();

  check_begin("there is at least one core, and at most as many as workers");
  CHECK(bb_usable_cores() >= 1 && bb_usable_cores() <= BB_MAX_WORKERS);
  return check_report();
}
