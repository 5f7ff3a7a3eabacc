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

size_t bb_packed_floats(const bb_kernels *k, bb_shape shape);
/* Panels that such a matrix is cut into. */
size_t bb_panel_count(const bb_kernels *k, size_t columns);
size_t bb_i8_panel_count(const bb_kernels *k, size_t columns);

/* Where the columns of a matrix of weights [out, in] go: `first` is the first one. */
typedef struct bb_weight_rows {
  const float *w; /* [count, depth] */
  size_t ldw, first, count;
} bb_weight_rows;

/* Packs b = w^T, or some of its columns; whoever packs column 0 fills up with zeros. */
void bb_pack_weights(const bb_kernels *k, bb_shape shape, const bb_weight_rows *from,
                     float *packed);
/* Packs b [depth, columns] as it is, rows ldb floats apart. */
void bb_pack_rows(const bb_kernels *k, bb_shape shape, const float *b, size_t ldb,
                  float *packed);

/* int8 ------------------------------------------------------------------------------
 *
 * A weight is a whole number of [-127, 127] times its column's scale; a number of a row
 * of a is one of [0, 255] times the row's scale, plus the row's least. The product of the
 * whole numbers is exact, so it is the same on every processor, and a row does not depend
 * on those beside it. A packed matrix: the scales of all columns, the sums of their
 * weights, and the panels; four rows of b lie together, because that is what one
 * instruction multiplies. */

size_t bb_i8_packed_floats(const bb_kernels *k, bb_shape shape);
/* Quantises and packs b = w^T, or some of its columns, as bb_pack_weights() does. */
void bb_i8_pack_weights(const bb_kernels *k, bb_shape shape, const bb_weight_rows *from,
                        float *packed);

/* A row of a as bytes: its depth, rounded up to groups of four. */
static inline size_t bb_i8_row_bytes(size_t depth) {
  return (depth + 3) / 4 * 4;
}

typedef struct bb_i8_rows {
  uint8_t *bytes;      /* [rows, ld] */
  bb_i8_range *ranges; /* [rows] */
  size_t ld;           /* bb_i8_row_bytes(depth) or more */
} bb_i8_rows;

/* What is done with each piece of a row of c when its sums are complete. */
typedef void bb_finish_fn(const bb_kernels *k, float *x, const float *bias, size_t n);

typedef struct bb_product {
  size_t rows;
  bb_shape shape; /* of b */
  const float *a; /* [rows, depth], rows lda apart */
  size_t lda;
  const float *b; /* packed */
  float *c;       /* [rows, columns], rows ldc apart */
  size_t ldc;
  bb_finish_fn *finish; /* NULL: nothing */
  const float *bias;    /* [columns], for finish */
  size_t first, end;    /* panels to do; end 0: all */
  const bb_i8_rows
      *i8; /* NULL: f32. Else b is packed so, and a has been quantised to it. */
} bb_product;

/* a -> its i8 */
void bb_i8_quantize_rows(const bb_kernels *k, const bb_product *p);

/* c = finish(a * b) */
void bb_multiply(const bb_kernels *k, const bb_product *p);

/* i8_product.c: what bb_multiply() does for int8. */
void bb_i8_multiply(const bb_kernels *k, const bb_product *p);

/* A finish: x += bias. */
void bb_add_bias(const bb_kernels *k, float *x, const float *bias, size_t n);

#endif
