/* pool.h - worker threads of our own, and the question whether to go on.
 *
 * One pool a process, made on first use and grown when a setting asks for more. Waits
 * block; nothing spins. A caller that finds the pool in use does its work alone rather
 * than wait. */
#ifndef BB_POOL_H
#define BB_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { BB_MAX_WORKERS = 64 };

/* How a caller stops a long computation. `ask` is called on the caller's own thread only
 * (a database connection must not be touched from another); workers see `stop`. */
typedef struct bb_cancel {
  bool (*ask)(void *ctx); /* NULL: never */
  void *ctx;
  atomic_bool stop;
} bb_cancel;

/* True when the work is to end. worker: as handed to the task; 0 is the caller's thread.
 */
bool bb_cancelled(bb_cancel *cancel, size_t worker);

/* `worker` < workers says which scratch to use: no two tasks run under one worker at
 * once. */
typedef void bb_task_fn(void *ctx, size_t task, size_t worker);

/* Runs fn for tasks 0 .. tasks-1 on at most `workers` threads, the caller's among them,
 * and returns when all have ended. False: cancelled; some tasks may not have run. */
bool bb_pool_run(size_t workers, size_t tasks, bb_task_fn *fn, void *ctx,
                 bb_cancel *cancel);

/* Cores that this process may use: the affinity mask and the cgroup's CPU quota. */
size_t bb_usable_cores(void);

#endif
