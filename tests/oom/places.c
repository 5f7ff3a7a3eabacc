/* places.c - see places.h. */
#include "places.h"

#include <execinfo.h>
#include <stddef.h>
#include <stdlib.h>

uint64_t place_here(int callers) {
  void *frames[1 + MOST_CALLERS]; /* the first is in here */
  const int count = backtrace(frames, 1 + callers);
  uint64_t place = 0xcbf29ce484222325; /* FNV-1a, of words */
  for (int i = 1; i < count; i++) place = (place ^ (uintptr_t)frames[i]) * 0x100000001b3;
  return place;
}

/* In the order in which they came: there are some thousand. */
static struct {
  uint64_t *items;
  size_t count, room;
} known;

bool place_is_new(uint64_t place) {
  for (size_t i = 0; i < known.count; i++)
    if (known.items[i] == place) return false;
  if (known.count == known.room) {
    known.room = known.room ? 2 * known.room : 256;
    known.items = realloc(known.items, known.room * sizeof *known.items);
    if (!known.items) exit(2);
  }
  known.items[known.count++] = place;
  return true;
}
