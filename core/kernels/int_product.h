/* int_product.h - matrix products of integers: of int8 weights, and of the int16
 * probabilities of a softmax.
 *
 * int8: a weight is an integer of [-127, 127] times a scale; a number of a row of a is
 * one of [0, 255] times a scale, plus a minimum. Products of integers are exact, so they
 * are the same on every processor, and a row does not depend on its neighbours. Scales
 * and minima are per block of the depth and column of b, or row of a: a few numbers of
 * BERT's rows and columns are many times as large as the others, and spoil the scale for
 * their block only. all-MiniLM-L6-v2 on 300 abstracts, 1 - cosine to float32: 1.07e-3
 * with whole rows, 0.94e-3 with blocks of 384, 0.61e-3 of 192, 0.51e-3 of 128, and each
 * block costs as much as about 16 of depth. BB_I8_BLOCK is in kernels.h.
 *
 * A packed matrix: the scales of all blocks and columns, the sums of their weights, and
 * the panels, each with its blocks one after another. Four rows of b lie together (two of
 * int16), because that is what one instruction multiplies. */
#ifndef BB_INT_PRODUCT_H
#define BB_INT_PRODUCT_H

#include "kernels/product.h"

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
 * of their column and block: with BB_SOFTMAX_MAX_CODE no sum of a block leaves 32 bits.
 */
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

/* c = a * b + bias, as bb_multiply() has it, of integers: p->int_type says which. */
void bb_int_multiply(const bb_kernels *k, const bb_product *p);
/* Panels of a matrix of so many columns. */
size_t bb_int_panels(const bb_kernels *k, bb_shape shape);

#endif
