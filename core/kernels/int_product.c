/* int_product.c - matrices of integers: quantising, packing, and the loops around the
 * panel kernels. */
#include "kernels/int_product.h"

#include <string.h>

#include "base/sizes.h"
#include "kernels/i8.h"

/* Columns packed at a time: arbitrary, but the stack has to hold their codes. */
enum { I8_COLUMNS = 16, I16_COLUMNS = 64 };
_Static_assert((int64_t)BB_SOFTMAX_MAX_CODE *BB_I8_MAX_CODE *BB_I16_BLOCK <= INT32_MAX,
               "the sum of a block");
_Static_assert(BB_I8_BLOCK % 4 == 0 && BB_I16_BLOCK % 2 == 0, "whole groups");

/* Where the parts of a packed matrix are. */
typedef struct layout {
  size_t depth, columns, width; /* of all panels; of one */
  size_t block, group;          /* rows of a block, and of a group */
  size_t groups;                /* of the whole depth */
  size_t sums, panels;          /* 32-bit words from the beginning */
  size_t words;
} layout;

static layout layout_of(const bb_kernels *k, bb_shape shape, bb_int_type type) {
  layout at = {.depth = shape.depth};
  if (shape.columns == 0) return at;
  at.block = type == BB_INT8 ? BB_I8_BLOCK : BB_I16_BLOCK;
  at.group = type == BB_INT8 ? 4 : 2;
  at.width = bb_panel_width(shape.columns, k->int_max, k->int_step);
  at.columns = bb_divide_up(shape.columns, k->int_max) * at.width;
  at.groups = bb_divide_up(shape.depth, at.group);
  at.sums = bb_divide_up(shape.depth, at.block) * at.columns;
  at.panels = 2 * at.sums;
  at.words = at.panels + at.columns * at.groups;
  return at;
}

size_t bb_i8_packed_floats(const bb_kernels *k, bb_shape shape) {
  return layout_of(k, shape, BB_INT8).words;
}

size_t bb_i16_packed_floats(const bb_kernels *k, bb_shape shape) {
  return layout_of(k, shape, BB_INT16).words;
}

/* The word of a group and a column. */
static float *word_at(const layout *at, float *packed, size_t group, size_t column) {
  size_t panel = column / at->width;
  return packed + at->panels + (panel * at->groups + group) * at->width +
         column % at->width;
}

/* int8 ------------------------------------------------------------------------------- */

/* A block of some columns, all in one panel: the rows [first, first + n) of b, which lie
 * beside one another in w. */
static void pack_fours(const bb_kernels *k, const layout *at, float *packed,
                       size_t column, size_t columns, size_t first, size_t n,
                       const float *w, size_t ldw) {
  int8_t codes[I8_COLUMNS][BB_I8_BLOCK];
  int32_t sums[I8_COLUMNS];
  float *place = packed + first / BB_I8_BLOCK * at->columns + column;
  size_t padding = bb_i8_row_bytes(n) - n;
  k->i8_codes(w, ldw, columns, n,
              &(bb_code_rows){codes[0], sizeof codes[0], place, sums});
  memcpy(place + at->sums, sums, columns * sizeof *sums);
  for (size_t j = 0; j < columns && padding; j++) memset(codes[j] + n, 0, padding);
  float *word = word_at(at, packed, first / 4, column);
  for (size_t t = 0; t < n; t += 4, word += at->width)
    for (size_t j = 0; j < columns; j++) memcpy(word + j, codes[j] + t, 4);
}

void bb_i8_pack_weights(const bb_kernels *k, bb_shape shape, const bb_weight_rows *from,
                        float *packed) {
  if (from->count == 0 || shape.depth == 0) return;
  layout at = layout_of(k, shape, BB_INT8);
  if (from->first == 0) memset(packed, 0, at.words * sizeof *packed);
  for (size_t i = 0, n; i < from->count; i += n) {
    size_t column = from->first + i;
    n = bb_min(bb_min(I8_COLUMNS, at.width - column % at.width), from->count - i);
    for (size_t t = 0; t < shape.depth; t += BB_I8_BLOCK)
      pack_fours(k, &at, packed, column, n, t, bb_min(BB_I8_BLOCK, shape.depth - t),
                 from->w + i * from->ldw + t, from->ldw);
  }
}

void bb_i8_quantize_rows(const bb_kernels *k, const float *a, size_t lda, size_t rows,
                         size_t depth, const bb_int_rows *to) {
  bb_int_rows block = *to;
  for (size_t t = 0; t < depth; t += BB_I8_BLOCK, block.ranges++) {
    block.codes = (char *)to->codes + t;
    k->i8_quantize(a + t, lda, rows, bb_min(BB_I8_BLOCK, depth - t), &block);
  }
  size_t bytes = bb_i8_row_bytes(depth);
  for (size_t i = 0; i < rows && bytes > depth; i++)
    memset((char *)to->codes + i * to->ld + depth, 0, bytes - depth);
}

void bb_i8_quantize_rest(const bb_kernels *k, const float *a, size_t lda, size_t rows,
                         size_t depth, const bb_int_rows *of, const bb_int_rows *to) {
  float rest[BB_I8_BLOCK];
  for (size_t i = 0; i < rows; i++) {
    const uint8_t *q = bb_int_row(of, i);
    bb_int_rows block = {bb_int_row(to, i), to->ld, bb_range_of(to, i), to->range_step};
    for (size_t t = 0; t < depth; t += BB_I8_BLOCK, block.ranges++) {
      const bb_i8_range range = bb_range_of(of, i)[t / BB_I8_BLOCK];
      size_t n = bb_min(BB_I8_BLOCK, depth - t);
      for (size_t j = 0; j < n; j++)
        rest[j] = a[i * lda + t + j] - (range.min + range.scale * (float)q[t + j]);
      block.codes = (char *)bb_int_row(to, i) + t;
      k->i8_quantize(rest, n, 1, n, &block);
    }
    memset((char *)bb_int_row(to, i) + depth, 0, bb_i8_row_bytes(depth) - depth);
  }
}

/* int16 ------------------------------------------------------------------------------ */

/* Some columns, all in one panel, of a block of rows from `first` on. */
static void pack_pairs(const bb_kernels *k, const layout *at, float *packed,
                       size_t column, size_t columns, size_t first, const float *b,
                       size_t ldb) {
  static const float nothing[I16_COLUMNS];
  float inverse[I16_COLUMNS];
  size_t rows = bb_min(BB_I16_BLOCK, at->depth - first);
  k->f32_magnitudes(b, ldb, rows, inverse, columns);
  for (size_t j = 0; j < columns; j++) {
    float scale = bb_i8_scale(inverse[j]);
    packed[first / BB_I16_BLOCK * at->columns + column + j] = scale;
    inverse[j] = bb_i8_scale_inverse(scale);
  }
  for (size_t t = 0; t < rows; t += 2) {
    float *to = word_at(at, packed, (first + t) / 2, column);
    const float *row = b + t * ldb, *next = t + 1 < rows ? row + ldb : nothing;
    k->i16_code_pairs(row, next, inverse, (int16_t *)(void *)to, columns);
  }
}

void bb_i16_pack_rows(const bb_kernels *k, bb_shape shape, const float *b, size_t ldb,
                      float *packed) {
  if (shape.columns == 0 || shape.depth == 0) return;
  layout at = layout_of(k, shape, BB_INT16);
  memset(packed, 0, at.words * sizeof *packed);
  for (size_t t = 0; t < shape.depth; t += BB_I16_BLOCK)
    for (size_t j = 0, n; j < shape.columns; j += n) {
      n = bb_min(bb_min(I16_COLUMNS, at.width - j % at.width), shape.columns - j);
      pack_pairs(k, &at, packed, j, n, t, b + t * ldb + j, ldb);
    }
}

/* Products --------------------------------------------------------------------------- */

size_t bb_int_panels(const bb_kernels *k, bb_shape shape) {
  return bb_divide_up(shape.columns, k->int_max);
}

/* A block of the depth, from `first` on, of one panel, with these rows of a. */
static void multiply_block(const bb_kernels *k, const bb_product *p, const bb_int_rows *a,
                           const layout *at, size_t j, size_t first, bool add) {
  size_t block = first / at->block, rows = bb_min(at->block, at->depth - first);
  size_t groups = bb_divide_up(rows, at->group), words = groups * at->width;
  const float *place = p->b + block * at->columns + j;
  const float *b = p->b + at->panels + j * at->groups + first / at->group * at->width;
  const float *next = b + words < p->b + at->words ? b + words : p->next;
  bb_int_panel panel = {
      .rows = p->rows,
      .columns = bb_min(at->width, p->shape.columns - j),
      .groups = groups,
      .a = (const char *)a->codes + first / at->group * sizeof(int32_t),
      .lda = a->ld,
      .ranges = a->ranges + (p->int_type == BB_INT8 ? block : 0),
      .range_step = a->range_step,
      .b = b,
      .width = at->width,
      .scales = place,
      .sums = (const int32_t *)(const void *)(place + at->sums),
      .bias = p->bias ? p->bias + j : NULL,
      .c = p->c + (j - p->left_out),
      .ldc = p->ldc,
      .add = add,
      .prefetch = bb_prefetch_panel(next, words, p->rows, groups),
  };
  (p->int_type == BB_INT8 ? k->i8_panel : k->i16_panel)(&panel);
}

void bb_int_multiply(const bb_kernels *k, const bb_product *p) {
  if (p->shape.columns == 0) return;
  layout at = layout_of(k, p->shape, p->int_type);
  size_t end = p->end ? p->end : bb_int_panels(k, p->shape);
  for (size_t panel = p->first; panel < end; panel++) {
    size_t t = 0;
    do { /* once at least: a product without terms is 0 */
      multiply_block(k, p, &p->ints, &at, panel * at.width, t, t > 0);
      if (p->rest.codes) /* while the block is in the first cache */
        multiply_block(k, p, &p->rest, &at, panel * at.width, t, true);
      t += at.block;
    } while (t < at.depth);
  }
}
