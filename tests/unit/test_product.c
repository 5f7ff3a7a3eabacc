/* test_product.c - the panel kernels of every instruction set against scalar.c, bit for
 * bit; packed products against one chain of fused multiply-adds; that cutting changes
 * nothing. */
#include "check.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/product.h"
#include "kernels/vector_math.h"
#include "random.h"

enum {
  MAX_ROWS = 19, /* more than two tiles of any instruction set are high, and odd ones */
  MAX_COLUMNS = 100, /* three panels of the widest */
  MAX_DEPTH = 500,   /* a block and a part of one */
  MARGIN = 3,        /* floats behind each row, and so odd alignments */
};

static const unsigned masks[] = {0, BB_CPU_AVX2, BB_CPU_AVX512, BB_CPU_NEON,
                                 BB_CPU_AVX2 | BB_CPU_AVX512};
enum { MASK_COUNT = sizeof masks / sizeof masks[0] };

static float random_float(void) {
  return (float)((int64_t)random_u64() >> 40) * 0x1p-22f;
}

static float *random_floats(size_t count) {
  float *x = malloc((count ? count : 1) * sizeof *x);
  for (size_t i = 0; i < count; i++) x[i] = random_float();
  return x;
}

/* A product, and what it must be: every sum one chain, from the first term to the last.
 */
typedef struct example {
  size_t rows, columns, depth;
  float *a;        /* [rows, depth], rows depth + MARGIN apart */
  float *w;        /* [columns, depth], the same */
  float *bias;     /* [columns] */
  float *expected; /* [rows, columns] */
} example;

static size_t apart(size_t n) {
  return n + MARGIN;
}

static example make_example(size_t rows, size_t columns, size_t depth) {
  example e = {rows,
               columns,
               depth,
               random_floats(rows * apart(depth)),
               random_floats(columns * apart(depth)),
               random_floats(columns),
               random_floats(rows * columns)};
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++) {
      float sum = 0.0f;
      for (size_t t = 0; t < depth; t++)
        sum = fmaf(e.a[i * apart(depth) + t], e.w[j * apart(depth) + t], sum);
      e.expected[i * columns + j] = sum + e.bias[j];
    }
  return e;
}

static void free_example(example *e) {
  free(e->a);
  free(e->w);
  free(e->bias);
  free(e->expected);
}

/* In three pieces where there are so many columns, as query, key and value are. */
static float *pack_weights(const bb_kernels *k, const example *e) {
  bb_shape shape = {e->depth, e->columns};
  float *packed = random_floats(bb_packed_floats(k, shape)); /* nothing is there yet */
  size_t third = e->columns / 3;
  const size_t cuts[] = {0, third, 2 * third, e->columns};
  for (size_t i = third ? 0 : 2; i < 3; i++) {
    size_t first = third ? cuts[i] : 0;
    bb_weight_rows from = {e->w + first * apart(e->depth), apart(e->depth), first,
                           cuts[i + 1] - first};
    bb_pack_weights(k, shape, &from, packed);
  }
  return packed;
}

static float *pack_rows(const bb_kernels *k, const example *e) {
  bb_shape shape = {e->depth, e->columns};
  float *packed = random_floats(bb_packed_floats(k, shape));
  float *b = random_floats(e->depth * apart(e->columns));
  for (size_t t = 0; t < e->depth; t++)
    for (size_t j = 0; j < e->columns; j++)
      b[t * apart(e->columns) + j] = e->w[j * apart(e->depth) + t];
  bb_pack_rows(k, shape, b, apart(e->columns), packed);
  free(b);
  return packed;
}

/* Right in every bit, and nothing behind a row touched. */
static void check_result(const bb_kernels *k, const example *e, const float *c) {
  for (size_t i = 0; i < e->rows; i++) {
    const float *row = c + i * apart(e->columns);
    check_context("%s: [%zu, %zu] x [%zu, %zu], row %zu", k->name, e->rows, e->depth,
                  e->depth, e->columns, i);
    CHECK(memcmp(row, e->expected + i * e->columns, e->columns * sizeof *row) == 0);
    for (size_t j = e->columns; j < apart(e->columns); j++) CHECK(row[j] == 7.0f);
  }
}

static void check_product(const bb_kernels *k, const example *e, float *packed) {
  float *c = malloc((e->rows * apart(e->columns) + 1) * sizeof *c);
  for (size_t i = 0; i < e->rows * apart(e->columns); i++) c[i] = 7.0f;
  bb_product p = {
      .rows = e->rows,
      .shape = {e->depth, e->columns},
      .a = e->a,
      .lda = apart(e->depth),
      .b = packed,
      .c = c,
      .ldc = apart(e->columns),
      .bias = e->bias
  };
  bb_multiply(k, &p);
  check_result(k, e, c);

  for (size_t i = 0; i < e->rows * apart(e->columns); i++) c[i] = 7.0f;
  size_t panels = bb_panels(k, p.shape);
  for (size_t i = panels; i > 0; i--) { /* in another order, one by one */
    p.first = i - 1;
    p.end = i;
    bb_multiply(k, &p);
  }
  check_result(k, e, c);
  free(c);
  free(packed);
}

static void check_sizes(const bb_kernels *k, size_t rows, size_t columns, size_t depth) {
  example e = make_example(rows, columns, depth);
  check_product(k, &e, pack_weights(k, &e));
  check_product(k, &e, pack_rows(k, &e));
  free_example(&e);
}

static void test_products(const bb_kernels *k) {
  static const size_t depths[] = {0, 1, 2, 33, 65};
  for (size_t rows = 0; rows <= MAX_ROWS; rows++)
    for (size_t columns = 1; columns <= MAX_COLUMNS; columns++)
      check_sizes(k, rows, columns, depths[(rows + columns) % 5]);
  check_sizes(k, 3, 0, 5); /* nothing to do, and nothing is touched */
  check_sizes(k, 0, 0, 0);
  for (size_t depth = 1; depth <= MAX_DEPTH; depth += 26) check_sizes(k, 7, 50, depth);
  for (size_t depth = BB_PANEL_DEPTH - 1; depth <= BB_PANEL_DEPTH + 1; depth++)
    check_sizes(k, MAX_ROWS, MAX_COLUMNS, depth);
  check_sizes(k, 13, 49, 2 * BB_PANEL_DEPTH + 5);
}

/* A kernel by itself, with a width of its own and added to sums. */
static void check_panel(const bb_kernels *k, const bb_kernels *scalar, size_t rows,
                        size_t columns, bool add) {
  enum { DEPTH = 37 };
  size_t width = (columns + k->panel_step - 1) / k->panel_step * k->panel_step;
  float *a = random_floats(rows * DEPTH), *b = random_floats(DEPTH * width);
  float *c = random_floats(rows * columns),
        *expected = malloc(rows * columns * sizeof *c);
  memcpy(expected, c, rows * columns * sizeof *c);
  bb_panel p = {rows, columns, DEPTH, a, DEPTH, b, width, c, columns, add, {0}};
  k->f32_panel(&p);
  p.c = expected;
  scalar->f32_panel(&p);
  check_context("%s: %zu rows, %zu columns%s", k->name, rows, columns,
                add ? ", added to what is there" : "");
  CHECK(memcmp(c, expected, rows * columns * sizeof *c) == 0);
  free(a);
  free(b);
  free(c);
  free(expected);
}

int main(void) {
  bb_kernels scalar;
  bb_kernels_init(&scalar, 0);
  for (size_t i = 0; i < MASK_COUNT; i++) {
    bb_kernels k;
    bb_kernels_init(&k, masks[i] & bb_cpu_detect());
    if (masks[i] && strcmp(k.name, "scalar") == 0) continue;
    check_begin("a panel of any size gives the scalar bits");
    for (size_t columns = 1; columns <= k.panel_max; columns++)
      for (size_t rows = 1; rows <= MAX_ROWS; rows++) {
        check_panel(&k, &scalar, rows, columns, false);
        check_panel(&k, &scalar, rows, columns, true);
      }
    check_begin("a product has the bits of one chain a sum, however it is cut");
    test_products(&k);
  }
  return check_report();
}
