/* places.c - see places.h. */
#include "places.h"

#include <execinfo.h>
#include <stddef.h>
#include <stdlib.h>

/* FNV-1a, of words. */
#define HASH_BASIS 0xcbf29ce484222325
#define HASH_PRIME 0x100000001b3

uint64_t place_here(int callers) {
  void *frames[1 + MOST_CALLERS]; /* the first is in here */
  const int count = backtrace(frames, 1 + callers);
  uint64_t place = HASH_BASIS;
  for (int i = 1; i < count; i++) place = (place ^ (uintptr_t)frames[i]) * HASH_PRIME;
  return place;
}

uint64_t place_within(uintptr_t start, uintptr_t end, int callers) {
  enum { MOST_FRAMES = 64 };
  void *frames[MOST_FRAMES];
  const int count = backtrace(frames, MOST_FRAMES);
  uint64_t place = HASH_BASIS;
  int found = 0;
  for (int i = 1; i < count && found < callers; i++) {
    const uintptr_t at = (uintptr_t)frames[i];
    if (at < start || at >= end) continue;
    place = (place ^ at) * HASH_PRIME;
    found++;
  }
  return found ? place : 0;
}

/* A table of those that were asked of: each at its hash, or behind. There are some
 * thousand; 0 is no place. */
static struct {
  uint64_t *items;
  size_t count, room; /* a power of two */
} known;

static uint64_t *slot_of(uint64_t place) {
  size_t at = (size_t)(place >> 32) & (known.room - 1);
  while (known.items[at] && known.items[at] != place) at = (at + 1) & (known.room - 1);
  return &known.items[at];
}

static void make_room(void) {
  uint64_t *old = known.items;
  const size_t count = known.room;
  if (2 * known.count < known.room) return;
  known.room = count ? 2 * count : 1024;
  known.items = calloc(known.room, sizeof *known.items);
  if (!known.items) exit(2);
  for (size_t i = 0; i < count; i++)
    if (old[i]) *slot_of(old[i]) = old[i];
  free(old);
}

bool place_is_new(uint64_t place) {
  make_room();
  uint64_t *slot = slot_of(place);
  if (*slot == place) return false;
  *slot = place;
  known.count++;
  return true;
}
