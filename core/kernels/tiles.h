/* tiles.h - how the vector kernels go down the rows of a panel: tile by tile, a tile
 * being as many rows as have their sums in registers at once. */
#ifndef BB_TILES_H
#define BB_TILES_H

#include "kernels/kernels.h"

/* In front of a loop with few turns, known when compiling. gcc unrolls at -O2 only where
 * it is told to, and a sum that is not unrolled lives in memory. */
#if defined(__clang__)
#define BB_UNROLL _Pragma("unroll")
#else
#define BB_UNROLL _Pragma("GCC unroll 16")
#endif

enum { BB_MAX_TILE_ROWS = 12 };

/* Where a tile goes on with what the panel fetches. */
static inline uintptr_t bb_prefetch_from(bb_prefetch prefetch, size_t first,
                                         size_t depth) {
  return prefetch.from + first * prefetch.bytes * bb_stretches(depth);
}

/* One stretch of a tile; returns where the next one goes on. Into the first-level cache
 * where the rows are few; among many rows only the second level has room. */
static inline uintptr_t bb_fetch(uintptr_t from, size_t bytes) {
  enum { LINE = 64, MUCH = 512, TO_L1 = 3, TO_L2 = 2 };
  size_t near = bytes < MUCH ? 0 : bytes;
  for (size_t i = 0; i < near; i += LINE)
    __builtin_prefetch((const void *)(from + i), 0, TO_L1);
  for (size_t i = near; i < bytes; i += LINE)
    __builtin_prefetch((const void *)(from + i), 0, TO_L2);
  return from + bytes;
}

static inline size_t bb_stretch_end(size_t t, size_t depth) {
  return depth - t < BB_STRETCH ? depth : t + BB_STRETCH;
}

/* c = a * panel for a fixed number of rows, from `first` on. */
typedef void bb_tile_fn(const bb_panel *p, size_t first);

typedef struct bb_tiles {
  size_t max;
  bb_tile_fn *run[BB_MAX_TILE_ROWS]; /* [rows - 1] */
} bb_tiles;

/* The last rows are shared between two tiles of about one height: a low tile has so few
 * sums that each addition waits for the one before. */
static inline size_t bb_tile_rows(size_t left, size_t max) {
  if (left >= 2 * max) return max;
  return left > max ? (left + 1) / 2 : left;
}

static inline void bb_run_tiles(const bb_panel *p, const bb_tiles *tiles) {
  for (size_t i = 0; i < p->rows;) {
    size_t rows = bb_tile_rows(p->rows - i, tiles->max);
    tiles->run[rows - 1](p, i);
    i += rows;
  }
}

#endif
