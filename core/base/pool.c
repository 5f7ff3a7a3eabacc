/* pool.c - a job at a time, tasks taken from a counter.
 *
 * fork(): a child has none of its parent's threads and may have inherited a locked mutex.
 * The handlers below hold the lock while the process forks and give the child a pool
 * without threads, so that it makes its own when it needs them. */
#include "base/pool.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "base/os.h"

enum { POLL_MS = 20 }; /* how often a waiting caller checks for cancellation */

typedef struct job {
  bb_task_fn *fn;
  void *ctx;
  bb_cancel *cancel;
  size_t tasks;
  atomic_size_t next; /* the first task that is not taken */
  size_t wanted;      /* workers that may still join */
  size_t active;      /* workers inside, the caller not counted */
  size_t joined;      /* gives each worker its number */
} job;

static struct {
  pthread_mutex_t lock;
  pthread_cond_t work, done;
  size_t threads;
  job *job; /* NULL: free */
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER,
          .work = PTHREAD_COND_INITIALIZER,
          .done = PTHREAD_COND_INITIALIZER};

bool bb_cancelled(bb_cancel *cancel, size_t worker) {
  if (worker == 0 && cancel->ask && !cancel->stop && cancel->ask(cancel->ctx))
    cancel->stop = true;
  return cancel->stop;
}

static void take_tasks(job *j, size_t worker) {
  for (;;) {
    size_t task = atomic_fetch_add(&j->next, 1);
    if (task >= j->tasks || bb_cancelled(j->cancel, worker)) return;
    j->fn(j->ctx, task, worker);
  }
}

static void *worker_main(void *unused) {
  (void)unused;
  pthread_mutex_lock(&pool.lock);
  for (;;) {
    while (!pool.job || pool.job->wanted == 0) pthread_cond_wait(&pool.work, &pool.lock);
    job *j = pool.job;
    size_t worker = ++j->joined;
    j->wanted--;
    j->active++;
    pthread_mutex_unlock(&pool.lock);
    take_tasks(j, worker);
    pthread_mutex_lock(&pool.lock);
    if (--j->active == 0) pthread_cond_signal(&pool.done);
  }
  return NULL;
}

static void before_fork(void) {
  pthread_mutex_lock(&pool.lock);
}

static void after_fork_parent(void) {
  pthread_mutex_unlock(&pool.lock);
}

static void after_fork_child(void) {
  pthread_mutex_init(&pool.lock, NULL);
  pthread_cond_init(&pool.work, NULL);
  pthread_cond_init(&pool.done, NULL);
  pool.threads = 0;
  pool.job = NULL;
}

/* Threads of the pool run until the process ends. */
static void prepare_process(void) {
  bb_os_stay_loaded(&pool);
  bb_os_at_fork(before_fork, after_fork_parent, after_fork_child);
}

/* The handlers come first: a process that forks before they are there would leave the
 * child a locked pool. */
static void lock_pool(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, prepare_process);
  pthread_mutex_lock(&pool.lock);
}

/* Under the lock. Fewer threads than wanted is no error: the caller works too. */
static void make_threads(size_t wanted) {
  while (pool.threads < wanted) {
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0) return;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int failed = pthread_create(&thread, &attributes, worker_main, NULL);
    pthread_attr_destroy(&attributes);
    if (failed) return;
    pool.threads++;
  }
}

/* Under the lock: until the last worker has left the job. */
static void wait_for_workers(job *j) {
  while (j->active > 0) {
    struct timespec until;
    timespec_get(&until, TIME_UTC);
    until.tv_nsec += POLL_MS * 1000000;
    if (until.tv_nsec >= 1000000000) {
      until.tv_nsec -= 1000000000;
      until.tv_sec++;
    }
    if (pthread_cond_timedwait(&pool.done, &pool.lock, &until) != ETIMEDOUT) continue;
    /* The question may run SQL, and that a fork(): not under the lock. */
    pthread_mutex_unlock(&pool.lock);
    bb_cancelled(j->cancel, 0);
    pthread_mutex_lock(&pool.lock);
  }
}

bool bb_pool_run(size_t workers, size_t tasks, bb_task_fn *fn, void *ctx,
                 bb_cancel *cancel) {
  job j = {.fn = fn, .ctx = ctx, .cancel = cancel, .tasks = tasks};
  if (workers > tasks) workers = tasks;
  if (workers > BB_MAX_WORKERS) workers = BB_MAX_WORKERS;
  bool shared = false;
  if (workers > 1) {
    lock_pool();
    if (!pool.job) {
      make_threads(workers - 1);
      j.wanted = workers - 1;
      pool.job = &j;
      shared = true;
      pthread_cond_broadcast(&pool.work);
    }
    pthread_mutex_unlock(&pool.lock);
  }
  take_tasks(&j, 0);
  if (shared) {
    pthread_mutex_lock(&pool.lock);
    j.wanted = 0; /* who has not woken yet need not come */
    wait_for_workers(&j);
    pool.job = NULL;
    pthread_mutex_unlock(&pool.lock);
  }
  return !cancel->stop;
}

size_t bb_usable_cores(void) {
  const size_t cores = bb_os_cores();
  return cores < BB_MAX_WORKERS ? cores : BB_MAX_WORKERS;
}
