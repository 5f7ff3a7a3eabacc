/* product.h - matrix products with a matrix that has been packed for the kernels.
 *
 * A packed matrix b [depth, columns] is cut into blocks of BB_PANEL_DEPTH rows, a block
 * into panels of as many columns as the kernels have registers for; a panel lies row
 * after row, and zeros fill the last one up. So a product reads its weights once, from
 * the first float to the last. The layout depends on the kernels, no sum does: see
 * bb_panel in kernels.h.
 *
 * Goto & van de Geijn 2008 (doi:10.1145/1356052.1356053), section 4, with one difference:
 * a is not packed, for its rows are short and in the cache anyway. */
#ifndef BB_PRODUCT_H
#define BB_PRODUCT_H

#include "kernels/kernels.h"

/* Rows of b that a panel has: it stays in the L2 cache (384 * 48 floats are 72 KB) while
 * the rows of a go by; a row of all-MiniLM-L6 is just one block. Measured on Zen 5. */
enum { BB_PANEL_DEPTH = 384 };

typedef struct bb_shape {
  size_t depth, columns;
} bb_shape;

static inline size_t bb_divide_up(size_t a, size_t b) {
  return (a + b - 1) / b;
}

/* All panels of a matrix are equally wide, and as narrow as their number allows: 64
 * columns are two panels of 32, not one of 48 and one of 16. */
static inline size_t bb_panel_width(size_t columns, size_t max, size_t step) {
  size_t panels = bb_divide_up(columns, max);
  return bb_divide_up(bb_divide_up(columns, panels), step) * step;
}

size_t bb_packed_floats(const bb_kernels *k, bb_shape shape);
/* Where the columns of a matrix of weights [out, in] go: `first` is the first one. */
typedef struct bb_weight_rows {
  const float *w; /* [count, depth] */
  size_t ldw, first, count;
} bb_weight_rows;

/* Packs b = w^T, or some of its columns; the call that packs column 0 fills up with
 * zeros. */
void bb_pack_weights(const bb_kernels *k, bb_shape shape, const bb_weight_rows *from,
                     float *packed);
/* Packs b [depth, columns] as it is, rows ldb floats apart. */
void bb_pack_rows(const bb_kernels *k, bb_shape shape, const float *b, size_t ldb,
                  float *packed);

/* Applied to each piece of a row of c when its sums are complete. */
typedef void bb_epilogue_fn(const bb_kernels *k, float *x, const float *bias, size_t n);

typedef struct bb_product {
  size_t rows;
  bb_shape shape; /* of b */
  const float *a; /* [rows, depth], rows lda apart */
  size_t lda;
  bb_int_type int_type; /* bb_int_multiply(): of a and b */
  bb_int_rows ints;     /* the same: in place of a */
  bb_int_rows rest;     /* added to them (bb_i8_quantize_rest()); numbers NULL: none */
  const float *b;       /* packed */
  const float *next; /* packed, and read after b: to be in the cache then; NULL: none */
  float *c;          /* [rows, columns], rows ldc apart */
  size_t ldc;
  const float *bias;        /* [columns]; NULL: none */
  bb_epilogue_fn *epilogue; /* of floats: adds the bias too; NULL: the bias alone */
  size_t first, end;        /* panels to do; end 0: all */
  size_t left_out;          /* columns of b before the first one of c */
} bb_product;

/* c = a * b + bias, or epilogue(a * b, bias); in float32. */
void bb_multiply(const bb_kernels *k, const bb_product *p);

/* The floats from `next` on, spread over a panel of so many rows and so deep. */
static inline bb_prefetch bb_prefetch_panel(const float *next, size_t floats, size_t rows,
                                            size_t depth) {
  size_t turns = rows * bb_stretches(depth);
  if (!next || turns == 0) return (bb_prefetch){0};
  return (bb_prefetch){(uintptr_t)next, bb_divide_up(floats * sizeof *next, turns)};
}

/* Panels of a matrix of so many columns. */
size_t bb_panels(const bb_kernels *k, bb_shape shape);

#endif
