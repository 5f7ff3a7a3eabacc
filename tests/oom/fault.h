/* fault.h - makes the allocations of a loaded biobert.so fail: those that SQLite makes,
 * for itself, for FTS5 and for the extension, and those that the extension's core takes
 * from the C library. */
#ifndef OOM_FAULT_H
#define OOM_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* Which allocations fail: SQLite's own tests do both. */
typedef enum fault_kind {
  FAULT_ONCE,  /* one, and all others succeed */
  FAULT_STAYS, /* it and every later one */
  FAULT_KINDS,
} fault_kind;

extern const char *const fault_names[FAULT_KINDS];

/* Before SQLite is initialized. */
void fault_install(void);
/* Where core's calls of malloc() come from, once that library is loaded; false: it is not
 * there. */
bool fault_watch(const char *library);
/* The first `allocations` succeed, the next one fails. */
void fault_arm(fault_kind kind, long allocations);
/* Ends it: true when an allocation has failed. */
bool fault_disarm(void);
/* Where the allocations come from in the watched library, one after another (places.h; 0:
 * from nowhere in it). Between the two calls none fails. */
enum { FAULT_MOST_PLACES = 1 << 20 };
typedef struct fault_places {
  _Atomic long count;
  uint64_t at[FAULT_MOST_PLACES];
} fault_places;

const fault_places *fault_places_begin(void);
void fault_places_end(void);
/* Whether none before has come from the same place, in whatever was noted. */
bool fault_place_is_new(const fault_places *p, long number);

#endif
