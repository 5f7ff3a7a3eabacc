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

/* c = a * panel for a fixed number of rows, the first of which are at a and c. */
typedef void bb_tile_fn(const bb_panel *p, const float *a, float *c);

typedef struct bb_tiles {
  size_t most;
  bb_tile_fn *run[BB_MAX_TILE_ROWS]; /* [rows - 1] */
} bb_tiles;

/* The last rows are shared between two tiles of about one height: a low tile has so few
 * sums that each addition waits for the one before. */
static inline size_t bb_tile_rows(size_t left, size_t most) {
  if (left >= 2 * most) return most;
  return left > most ? (left + 1) / 2 : left;
}

static inline void bb_run_tiles(const bb_panel *p, const bb_tiles *tiles) {
  for (size_t i = 0; i < p->rows;) {
    size_t rows = bb_tile_rows(p->rows - i, tiles->most);
    tiles->run[rows - 1](p, p->a + i * p->lda, p->c + i * p->ldc);
    i += rows;
  }
}

#endif
