/* int_tiles.h - products in whole numbers, tile by tile: included once by the file of an
 * instruction set, behind what that set calls
 *
 *   WIDTH                          columns of a vector
 *   INT_ROWS, INT_VECTORS          the largest tile whose sums fit the registers
 *   int_vector, float_vector       WIDTH int32 or words, WIDTH floats
 *   int_keep(x)                    nothing; but x is in a register of its own there, which
 *                                  keeps gcc 12 from copying each sum in each turn
 *   int_load, int_word             from memory; one word in every place
 *   i8_start(sums)                 what the sum of fours begins with
 *   i8_dot, i16_dot                sum + the products of the fours / pairs of x and w
 *   float_load, float_store        the first `count` of a vector (WIDTH or more: all)
 *   float_zero, float_set, float_multiply, float_fma (a * b + c), float_from_int
 *
 * The tiles leave the order of the instructions to the compiler, but not what stays in a
 * register: rows and vectors are constants where tile() is called. */

#include <string.h>

#include "kernels/tiles.h"

typedef enum int_kind { I8, I16 } int_kind;

static inline __attribute__((always_inline)) void
int_finish(const bb_int_panel *p, size_t first, size_t rows, size_t vectors,
           int_vector sum[INT_ROWS][INT_VECTORS]) {
  float_vector scale[INT_VECTORS], offset[INT_VECTORS];
  const float *start = p->add ? p->c + first * p->ldc : p->bias;
  const size_t step = p->add ? p->ldc : 0;
  BB_UNROLL
  for (size_t v = 0; v < vectors; v++) {
    scale[v] = float_load(p->scales + v * WIDTH, WIDTH);
    offset[v] = float_multiply(scale[v], float_from_int(int_load(p->sums + v * WIDTH)));
  }
  BB_UNROLL
  for (size_t i = 0; i < rows; i++) {
    const bb_i8_range *range = &p->ranges[(first + i) * p->range_step];
    float_vector worth = float_set(range->scale), least = float_set(range->least);
    BB_UNROLL
    for (size_t v = 0; v < vectors; v++) {
      const size_t j = v * WIDTH, left = p->columns - j;
      float_vector c = start ? float_load(start + i * step + j, left) : float_zero();
      c = float_fma(least, offset[v], c);
      c = float_fma(worth, float_multiply(scale[v], float_from_int(sum[i][v])), c);
      float_store(p->c + (first + i) * p->ldc + j, c, left);
    }
  }
}

static inline __attribute__((always_inline)) void
int_tile(const bb_int_panel *p, int_kind kind, size_t first, size_t rows,
         size_t vectors) {
  const unsigned char *a = (const unsigned char *)p->a + first * p->lda;
  const int32_t *b = p->b;
  int_vector sum[INT_ROWS][INT_VECTORS], w[INT_VECTORS];
  BB_UNROLL
  for (size_t v = 0; v < vectors; v++) {
    int_vector begin = kind == I8 ? i8_start(p->sums + v * WIDTH) : int_word(0);
    BB_UNROLL
    for (size_t i = 0; i < rows; i++) {
      sum[i][v] = begin;
      int_keep(sum[i][v]);
    }
  }
  for (size_t t = 0; t < p->groups; t++, b += p->width) {
    BB_UNROLL
    for (size_t v = 0; v < vectors; v++) w[v] = int_load(b + v * WIDTH);
    BB_UNROLL
    for (size_t i = 0; i < rows; i++) {
      int32_t word;
      memcpy(&word, a + i * p->lda + t * sizeof word, sizeof word);
      int_vector x = int_word(word);
      BB_UNROLL
      for (size_t v = 0; v < vectors; v++)
        sum[i][v] =
            kind == I8 ? i8_dot(sum[i][v], x, w[v]) : i16_dot(sum[i][v], x, w[v]);
    }
  }
  BB_UNROLL
  for (size_t v = 0; v < vectors; v++) {
    BB_UNROLL
    for (size_t i = 0; i < rows; i++) int_keep(sum[i][v]);
  }
  int_finish(p, first, rows, vectors, sum);
}

/* A switch in place of a table: the compiler has to see the constants. */
static inline __attribute__((always_inline)) void
int_run(const bb_int_panel *p, int_kind kind, size_t vectors) {
  for (size_t i = 0, rows; i < p->rows; i += rows) {
    rows = bb_tile_rows(p->rows - i, INT_ROWS);
    switch (rows) {
#define INT_TILE(n)                                                                      \
  case n:                                                                                \
    if (n <= INT_ROWS) int_tile(p, kind, i, n, vectors);                                 \
    break;
      INT_TILE(1)
      INT_TILE(2)
      INT_TILE(3)
      INT_TILE(4)
      INT_TILE(5)
      INT_TILE(6)
      INT_TILE(7)
      INT_TILE(8)
#undef INT_TILE
    }
  }
}

static inline __attribute__((always_inline)) void int_panel(const bb_int_panel *p,
                                                            int_kind kind) {
  switch ((p->columns + WIDTH - 1) / WIDTH) {
  case 1:
    int_run(p, kind, 1);
    break;
  case 2:
    int_run(p, kind, 2);
    break;
  case 3:
    if (INT_VECTORS >= 3) int_run(p, kind, 3);
    break;
  case 4:
    if (INT_VECTORS >= 4) int_run(p, kind, 4);
    break;
  }
}
