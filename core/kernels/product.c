/* product.c - packing, and the loops around the panel kernel. */
#include "kernels/product.h"

#include <string.h>

#include "base/sizes.h"

size_t bb_panels(const bb_kernels *k, bb_shape shape) {
  return bb_divide_up(shape.columns, k->panel_max);
}

static size_t panel_width(const bb_kernels *k, size_t columns) {
  return bb_panel_width(columns, k->panel_max, k->panel_step);
}

static size_t padded_columns(const bb_kernels *k, size_t columns) {
  if (columns == 0) return 0;
  return bb_divide_up(columns, k->panel_max) * panel_width(k, columns);
}

size_t bb_packed_floats(const bb_kernels *k, bb_shape shape) {
  return shape.depth * padded_columns(k, shape.columns);
}

/* Where a panel begins that has `rows` rows from `t` on. */
static size_t panel_at(const bb_kernels *k, bb_shape shape, size_t t, size_t panel) {
  size_t rows = bb_min(BB_PANEL_DEPTH, shape.depth - t);
  return t * padded_columns(k, shape.columns) +
         panel * rows * panel_width(k, shape.columns);
}

/* Columns [from, to) of one panel, rows [t, t + rows) */
static void pack_panel(const bb_weight_rows *w, size_t from, size_t to, size_t t,
                       size_t rows, size_t width, float *panel) {
  const float *row = w->w + (from - w->first) * w->ldw + t;
  float *out = panel + from % width;
  for (size_t i = 0; i < rows; i++, out += width)
    for (size_t j = 0; j < to - from; j++) out[j] = row[j * w->ldw + i];
}

void bb_pack_weights(const bb_kernels *k, bb_shape shape, const bb_weight_rows *from,
                     float *packed) {
  if (from->count == 0 || shape.depth == 0) return;
  size_t width = panel_width(k, shape.columns), end = from->first + from->count;
  if (from->first == 0) memset(packed, 0, bb_packed_floats(k, shape) * sizeof *packed);
  for (size_t t = 0; t < shape.depth; t += BB_PANEL_DEPTH) {
    size_t rows = bb_min(BB_PANEL_DEPTH, shape.depth - t);
    for (size_t j = from->first; j < end;) {
      size_t next = bb_min(end, (j / width + 1) * width);
      pack_panel(from, j, next, t, rows, width,
                 packed + panel_at(k, shape, t, j / width));
      j = next;
    }
  }
}

void bb_pack_rows(const bb_kernels *k, bb_shape shape, const float *b, size_t ldb,
                  float *packed) {
  if (shape.columns == 0) return;
  size_t width = panel_width(k, shape.columns);
  for (size_t t = 0; t < shape.depth; t += BB_PANEL_DEPTH) {
    size_t rows = bb_min(BB_PANEL_DEPTH, shape.depth - t);
    for (size_t j = 0; j < shape.columns; j += width) {
      size_t columns = bb_min(width, shape.columns - j);
      for (size_t i = 0; i < rows; i++, packed += width) {
        memcpy(packed, b + (t + i) * ldb + j, columns * sizeof *packed);
        memset(packed + columns, 0, (width - columns) * sizeof *packed);
      }
    }
  }
}

static void apply_epilogue(const bb_kernels *k, const bb_product *p, size_t j,
                           size_t columns) {
  if (!p->epilogue && !p->bias) return;
  for (size_t i = 0; i < p->rows; i++) {
    float *c = p->c + i * p->ldc + (j - p->left_out);
    if (p->epilogue)
      p->epilogue(k, c, p->bias + j, columns);
    else
      k->f32_axpy(1.0f, p->bias + j, c, columns);
  }
}

void bb_multiply(const bb_kernels *k, const bb_product *p) {
  size_t n = p->shape.columns, depth = p->shape.depth, t = 0;
  if (n == 0) return;
  size_t width = panel_width(k, n), end = p->end ? p->end : bb_panels(k, p->shape);
  do { /* once at least: a product without terms is 0 */
    size_t rows = bb_min(BB_PANEL_DEPTH, depth - t);
    for (size_t panel = p->first; panel < end; panel++) {
      size_t j = panel * width, columns = bb_min(width, n - j);
      const float *b = p->b + panel_at(k, p->shape, t, panel);
      bool last = t + rows >= depth && j + width >= n;
      bb_prefetch prefetch = bb_prefetch_panel(last ? p->next : b + rows * width,
                                               rows * width, p->rows, rows);
      k->f32_panel(&(bb_panel){p->rows, columns, rows, p->a + t, p->lda, b, width,
                               p->c + (j - p->left_out), p->ldc, t > 0, prefetch});
      if (t + rows >= depth) apply_epilogue(k, p, j, columns);
    }
    t += rows;
  } while (t < depth);
}
