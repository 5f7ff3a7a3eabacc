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
static inline size_t bb_panel_width(size_t columns, size_t most, size_t step) {
  size_t panels = bb_divide_up(columns, most);
  return bb_divide_up(bb_divide_up(columns, panels), step) * step;
}

size_t bb_packed_floats(const bb_kernels *k, bb_shape shape);
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

/* Whole numbers ---------------------------------------------------------------------
 *
 * int8: a weight is a whole number of [-127, 127] times a scale; a number of a row of a
 * is one of [0, 255] times a scale, plus the least. The products of the whole numbers are
 * exact, so they are the same on every processor, and a row does not depend on those
 * beside it. Scales and leasts are of a block of the depth and a column of b, or a row of
 * a: a few numbers of BERT's rows and columns are many times as large as the others, and
 * spoil the scale for their block only. all-MiniLM-L6-v2 on 300 abstracts, 1 - cosine to
 * f32: 1.07e-3 with whole rows, 0.94e-3 with blocks of 384, 0.61e-3 of 192, 0.51e-3 of
 * 128, and each block costs as much as about 16 of depth. BB_I8_BLOCK is in kernels.h.
 *
 * A packed matrix: the scales of all blocks and columns, the sums of their weights, and
 * the panels, of which each has its blocks one after another. Four rows of b lie
 * together (two, where they are int16), because that is what one instruction multiplies.
 */
size_t bb_i8_packed_floats(const bb_kernels *k, bb_shape shape);
/* Quantises and packs b = w^T, or some of its columns, as bb_pack_weights() does. */
void bb_i8_pack_weights(const bb_kernels *k, bb_shape shape, const bb_weight_rows *from,
                        float *packed);

static inline size_t bb_i8_blocks(size_t depth) {
  return bb_divide_up(depth, BB_I8_BLOCK);
}

/* A row of a as bytes: its depth, rounded up to groups of four. */
static inline size_t bb_i8_row_bytes(size_t depth) {
  return (depth + 3) / 4 * 4;
}

/* int16: values of a softmax with the numbers of b, which are [-127, 127] times the scale
 * of their column and block: with BB_SOFTMAX_LEVELS no sum of a block leaves 32 bits. */
enum { BB_I16_BLOCK = 1024 };

size_t bb_i16_packed_floats(const bb_kernels *k, bb_shape shape);
/* Quantises and packs b [depth, columns] as it is, rows ldb floats apart. */
void bb_i16_pack_rows(const bb_kernels *k, bb_shape shape, const float *b, size_t ldb,
                      float *packed);

/* A row of a as int16: its depth, rounded up to pairs. */
static inline size_t bb_i16_row_numbers(size_t depth) {
  return (depth + 1) / 2 * 2;
}

/* Rows of a [rows, depth], lda apart, as int8. */
void bb_i8_quantize_rows(const bb_kernels *k, const float *a, size_t lda, size_t rows,
                         size_t depth, const bb_int_rows *to);

/* What the bytes of those rows leave of a, as int8 again: together they are a to about 16
 * bits. */
void bb_i8_quantize_rest(const bb_kernels *k, const float *a, size_t lda, size_t rows,
                         size_t depth, const bb_int_rows *of, const bb_int_rows *to);

/* What is done with each piece of a row of c when its sums are complete. */
typedef void bb_finish_fn(const bb_kernels *k, float *x, const float *bias, size_t n);

typedef struct bb_product {
  size_t rows;
  bb_shape shape;   /* of b */
  bb_number number; /* what a is given in, and b packed for */
  const float *a;   /* [rows, depth], rows lda apart */
  size_t lda;
  bb_int_rows ints;  /* instead of a, where the numbers are whole */
  bb_int_rows rest;  /* added to them (bb_i8_quantize_rest()); numbers NULL: nothing is */
  const float *b;    /* packed */
  const float *next; /* packed, and read after b: to be in the cache then; NULL: none */
  float *c;          /* [rows, columns], rows ldc apart */
  size_t ldc;
  const float *bias;    /* [columns]; NULL: none */
  bb_finish_fn *finish; /* of floats: adds the bias too; NULL: only that is done */
  size_t first, end;    /* panels to do; end 0: all */
  size_t left_out;      /* columns of b before the first one of c */
} bb_product;

/* c = a * b + bias, or finish(a * b) */
void bb_multiply(const bb_kernels *k, const bb_product *p);

/* The floats from `next` on, spread over a panel of so many rows and so deep. */
static inline bb_ahead bb_next_panel(const float *next, size_t floats, size_t rows,
                                     size_t depth) {
  size_t turns = rows * bb_stretches(depth);
  if (!next || turns == 0) return (bb_ahead){0};
  return (bb_ahead){(uintptr_t)next, bb_divide_up(floats * sizeof *next, turns)};
}

/* int_product.c: what bb_multiply() does for whole numbers. */
void bb_int_multiply(const bb_kernels *k, const bb_product *p);

/* Panels of such a product. */
size_t bb_product_panels(const bb_kernels *k, const bb_product *p);

#endif
