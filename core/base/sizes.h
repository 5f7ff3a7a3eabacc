/* sizes.h - the smaller and the larger of two sizes. */
#ifndef BB_SIZES_H
#define BB_SIZES_H

#include <stddef.h>

static inline size_t bb_min(size_t a, size_t b) {
  return a < b ? a : b;
}

static inline size_t bb_max(size_t a, size_t b) {
  return a > b ? a : b;
}

#endif
