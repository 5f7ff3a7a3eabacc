/* i8_product.c - int8 matrices: quantising, packing, and the loops around the panel
 * kernel. */
#include "kernels/product.h"

#include <math.h>
#include <string.h>

enum {
  WEIGHT_LEVELS = 127,
  TILE_ROWS = 64,    /* whose products are on the stack at once: arbitrary */
  WIDEST_PANEL = 64, /* i8_most of any instruction set, or more */
};

static size_t divide_up(size_t a, size_t b) {
  return (a + b - 1) / b;
}

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

size_t bb_i8_panel_count(const bb_kernels *k, size_t columns) {
  return divide_up(columns, k->i8_most);
}

/* As panel_width() of product.c. */
static size_t panel_width(const bb_kernels *k, size_t columns) {
  size_t panels = bb_i8_panel_count(k, columns);
  return divide_up(divide_up(columns, panels), k->i8_step) * k->i8_step;
}

static size_t padded_columns(const bb_kernels *k, size_t columns) {
  return columns ? bb_i8_panel_count(k, columns) * panel_width(k, columns) : 0;
}

/* Where the parts of a packed matrix are, in floats from its beginning. */
typedef struct layout {
  size_t sums, panels;
  size_t width, groups;
} layout;

static layout layout_of(const bb_kernels *k, bb_shape shape) {
  size_t columns = padded_columns(k, shape.columns);
  return (layout){columns, 2 * columns, panel_width(k, shape.columns),
                  divide_up(shape.depth, 4)};
}

size_t bb_i8_packed_floats(const bb_kernels *k, bb_shape shape) {
  return padded_columns(k, shape.columns) * (2 + divide_up(shape.depth, 4));
}

/* A weight that is not finite makes the column's scale so. */
static float column_scale(const float *w, size_t depth) {
  float greatest = 0.0f;
  for (size_t t = 0; t < depth; t++) {
    if (!isfinite(w[t])) return NAN;
    if (fabsf(w[t]) > greatest) greatest = fabsf(w[t]);
  }
  return greatest / WEIGHT_LEVELS;
}

static int8_t weight_level(float w, float inverse) {
  float level = rintf(w * inverse);
  if (level > WEIGHT_LEVELS) level = WEIGHT_LEVELS;
  if (level < -WEIGHT_LEVELS) level = -WEIGHT_LEVELS;
  return (int8_t)level;
}

static void pack_column(float *packed, const layout *at, size_t column, const float *w,
                        size_t depth) {
  int32_t *sums = (int32_t *)(void *)(packed + at->sums);
  int8_t *panel = (int8_t *)(packed + at->panels);
  panel += column / at->width * at->width * at->groups * 4;
  float scale = column_scale(w, depth), inverse = 1.0f / scale;
  packed[column] = scale;
  for (size_t t = 0; t < depth && isfinite(inverse); t++) {
    int8_t level = weight_level(w[t], inverse);
    panel[(t / 4 * at->width + column % at->width) * 4 + t % 4] = level;
    sums[column] += level;
  }
}

void bb_i8_pack_weights(const bb_kernels *k, bb_shape shape, const bb_weight_rows *from,
                        float *packed) {
  if (from->count == 0 || shape.depth == 0) return;
  layout at = layout_of(k, shape);
  if (from->first == 0) memset(packed, 0, bb_i8_packed_floats(k, shape) * sizeof *packed);
  for (size_t j = 0; j < from->count; j++)
    pack_column(packed, &at, from->first + j, from->w + j * from->ldw, shape.depth);
}

void bb_i8_quantize_rows(const bb_kernels *k, const bb_product *p) {
  size_t depth = p->shape.depth, bytes = bb_i8_row_bytes(depth);
  for (size_t i = 0; i < p->rows; i++) {
    uint8_t *row = p->i8->bytes + i * p->i8->ld;
    k->i8_quantize(p->a + i * p->lda, depth, row, &p->i8->ranges[i]);
    memset(row + depth, 0, bytes - depth);
  }
}

/* Rows [first, first + rows) of one panel. */
static void multiply_tile(const bb_kernels *k, const bb_product *p, const layout *at,
                          size_t panel, size_t first) {
  int32_t products[TILE_ROWS * WIDEST_PANEL];
  size_t rows = least(TILE_ROWS, p->rows - first), j = panel * at->width;
  size_t columns = least(at->width, p->shape.columns - j);
  const int32_t *sums = (const int32_t *)(const void *)(p->b + at->sums) + j;
  const int8_t *b = (const int8_t *)(p->b + at->panels) + j * at->groups * 4;
  k->i8_panel(&(bb_i8_panel){.rows = rows,
                             .columns = columns,
                             .groups = at->groups,
                             .a = p->i8->bytes + first * p->i8->ld,
                             .lda = p->i8->ld,
                             .b = b,
                             .width = at->width,
                             .sums = sums,
                             .c = products,
                             .ldc = at->width});
  for (size_t i = 0; i < rows; i++) {
    float *y = p->c + (first + i) * p->ldc + j;
    k->i8_restore(&p->i8->ranges[first + i], products + i * at->width,
                  &(bb_i8_columns){p->b + j, sums}, y, columns);
    if (p->finish) p->finish(k, y, p->bias + j, columns);
  }
}

void bb_i8_multiply(const bb_kernels *k, const bb_product *p) {
  if (p->shape.columns == 0) return;
  layout at = layout_of(k, p->shape);
  size_t end = p->end ? p->end : bb_i8_panel_count(k, p->shape.columns);
  for (size_t panel = p->first; panel < end; panel++)
    for (size_t i = 0; i < p->rows; i += TILE_ROWS) multiply_tile(k, p, &at, panel, i);
}
