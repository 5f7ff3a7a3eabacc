/* places.h - the places in the code that ask for memory. A loop asks a thousand times from
 * one place: that each place fails once says more than that each thousandth call does. */
#ifndef OOM_PLACES_H
#define OOM_PLACES_H

#include <stdbool.h>
#include <stdint.h>

enum { MOST_CALLERS = 8 };

/* A number for where the caller is called, and where that is called, and so on: so many of
 * these. */
uint64_t place_here(int callers);
/* The same of those callers alone that lie from `start` up to `end`, other ones between
 * them left out; 0: there is none. */
uint64_t place_within(uintptr_t start, uintptr_t end, int callers);

/* Whether it is the first time that this is asked of it. */
bool place_is_new(uint64_t place);

#endif
