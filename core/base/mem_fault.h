/* mem_fault.h - makes allocations fail, for tests (tests/oom). Nothing else includes it.
 */
#ifndef BB_MEM_FAULT_H
#define BB_MEM_FAULT_H

#include <stdbool.h>

/* The first `allocations` allocations succeed; the next one fails, and every later one
 * unless `once`. */
void bb_mem_fail_after(long allocations, bool once);

/* Ends it: true when an allocation has failed. */
bool bb_mem_fail_end(void);

/* Called at each allocation from then on; NULL: nothing is. */
void bb_mem_watch(void (*watcher)(void));

#endif
