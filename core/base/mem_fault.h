/* mem_fault.h - makes allocations fail, for tests (tests/oom). Nothing else includes it.
 */
#ifndef BB_MEM_FAULT_H
#define BB_MEM_FAULT_H

#include <stdbool.h>

/* The first `allocations` allocations succeed and every later one fails; -1 ends it. */
void bb_mem_fail_after(long allocations);

/* True when the countdown has run out, that is, when at least the next one would fail. */
bool bb_mem_failed(void);

#endif
