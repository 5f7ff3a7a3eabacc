/* test_i8.c - int8: every instruction set against scalar.c, bit for bit, at the limits of
 * the numbers too; products against whole numbers added one by one. */
#include "check.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/product.h"
#include "random.h"

enum {
  MAX_ROWS = 19,
  MAX_COLUMNS = 100,
  MAX_LENGTH = 130,
};

static const unsigned masks[] = {0,
                                 BB_CPU_AVX2,
                                 BB_CPU_AVX2 | BB_CPU_AVXVNNI,
                                 BB_CPU_AVX2 | BB_CPU_AVX512,
                                 BB_CPU_AVX2 | BB_CPU_AVX512 | BB_CPU_AVX512VNNI,
                                 BB_CPU_NEON};
enum { MASK_COUNT = sizeof masks / sizeof masks[0] };

static float random_float(void) {
  return (float)((int64_t)random_u64() >> 40) * 0x1p-22f;
}

/* Panels ----------------------------------------------------------------------------- */

/* Half of the time only the limits, where 16 bits would overflow first. */
static void fill_bytes(uint8_t *a, size_t count, bool limits) {
  for (size_t i = 0; i < count; i++)
    a[i] = (uint8_t)(limits ? random_u64() % 2 * 255 : random_u64());
}

static void fill_weights(int8_t *b, size_t count, bool limits) {
  for (size_t i = 0; i < count; i++)
    b[i] = (int8_t)(limits ? (int)(random_u64() % 2) * 254 - 127
                           : (int)(random_u64() % 255) - 127);
}

static void check_panel(const bb_kernels *k, size_t rows, size_t columns, size_t groups,
                        bool limits) {
  size_t width = (columns + k->i8_step - 1) / k->i8_step * k->i8_step, depth = 4 * groups;
  uint8_t *a = malloc(rows * depth + 1);
  int8_t *b = malloc(depth * width + 1);
  int32_t *sums = calloc(width, sizeof *sums),
          *c = malloc((rows * width + 1) * sizeof *c);
  fill_bytes(a, rows * depth, limits);
  fill_weights(b, depth * width, limits);
  for (size_t t = 0; t < depth * width; t++) sums[t / 4 % width] += b[t];
  k->i8_panel(&(bb_i8_panel){rows, columns, groups, a, depth, b, width, sums, c, width});
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++) {
      int32_t sum = 0;
      for (size_t t = 0; t < depth; t++)
        sum += a[i * depth + t] * b[(t / 4 * width + j) * 4 + t % 4];
      check_context("%s: %zu rows, %zu columns, %zu groups, [%zu, %zu]", k->name, rows,
                    columns, groups, i, j);
      CHECK_INT(c[i * width + j], sum);
    }
  free(a);
  free(b);
  free(sums);
  free(c);
}

static void test_panels(const bb_kernels *k) {
  check_begin("int8 panels are exact, at the limits of the numbers too");
  for (size_t columns = 1; columns <= k->i8_most; columns++)
    for (size_t rows = 0; rows <= MAX_ROWS; rows++)
      check_panel(k, rows, columns, (rows + columns) % 9, columns % 2);
  check_panel(k, 5, k->i8_most, 4096, true);
}

/* Rows ------------------------------------------------------------------------------- */

static void check_rows(const bb_kernels *k, const bb_kernels *scalar, size_t n,
                       float size) {
  float *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y),
        *z = malloc(n * sizeof *z);
  uint8_t *q = malloc(n), *expected = malloc(n);
  int32_t *sums = malloc(n * sizeof *sums), *products = malloc(n * sizeof *products);
  for (size_t i = 0; i < n; i++) {
    x[i] = random_float() * size;
    sums[i] = (int32_t)(random_u64() % 100000) - 50000;
    products[i] = (int32_t)(random_u64() % 20000000) - 10000000;
  }
  bb_i8_range range, wanted;
  k->i8_quantize(x, n, q, &range);
  scalar->i8_quantize(x, n, expected, &wanted);
  check_context("%s: n = %zu, numbers of size %g", k->name, n, (double)size);
  CHECK(memcmp(q, expected, n) == 0 && memcmp(&range, &wanted, sizeof range) == 0);
  for (size_t i = 0; i < n && size > 0x1p-100f; i++)
    CHECK(fabsf(range.least + range.scale * (float)q[i] - x[i]) <= 0.501f * range.scale);
  bb_i8_columns columns = {x, sums};
  k->i8_restore(&range, products, &columns, y, n);
  scalar->i8_restore(&range, products, &columns, z, n);
  CHECK(memcmp(y, z, n * sizeof *y) == 0);
  free(x);
  free(y);
  free(z);
  free(q);
  free(expected);
  free(sums);
  free(products);
}

static void test_rows(const bb_kernels *k, const bb_kernels *scalar) {
  static const float sizes[] = {1.0f, 1000.0f, 1e-30f, 0.0f, 1e30f};
  check_begin("rows become the scalar code's bytes, half a level away at most, and back");
  for (size_t n = 1; n <= MAX_LENGTH; n++)
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
      check_rows(k, scalar, n, sizes[i]);

  check_begin("a row with an infinity or a NaN gives no finite number");
  for (size_t i = 0; i < 3 + 37; i++) {
    float x[37], y[1];
    uint8_t q[37];
    for (size_t j = 0; j < 37; j++) x[j] = i == 2 ? NAN : random_float();
    if (i < 2) x[20] = i ? -INFINITY : INFINITY;
    if (i > 2) x[i - 3] = NAN; /* one, wherever it is */
    bb_i8_range range;
    int32_t product = 1000, sum = 10;
    k->i8_quantize(x, 37, q, &range);
    k->i8_restore(&range, &product, &(bb_i8_columns){(float[]){0.5f}, &sum}, y, 1);
    CHECK(!isfinite(y[0]));
  }
}

/* Products --------------------------------------------------------------------------- */

/* Of numbers in [-2, 2]: each factor is off by half of a level of its scale, at random.
 */
static const double LEVEL = 4.0 / 255;

static void check_product(const bb_kernels *k, const bb_kernels *scalar, size_t rows,
                          size_t columns, size_t depth) {
  bb_shape shape = {depth, columns};
  size_t third = columns / 3, ld = bb_i8_row_bytes(depth);
  float *a = malloc(rows * depth * sizeof *a), *w = malloc(columns * depth * sizeof *w);
  float *c[2] = {malloc(rows * columns * sizeof *a), malloc(rows * columns * sizeof *a)};
  for (size_t i = 0; i < rows * depth; i++) a[i] = random_float();
  for (size_t i = 0; i < columns * depth; i++) w[i] = random_float();
  bb_i8_rows i8 = {malloc(rows * ld), malloc(rows * sizeof *i8.ranges), ld};
  for (size_t turn = 0; turn < 2; turn++) {
    const bb_kernels *used = turn ? k : scalar;
    float *packed = malloc(bb_i8_packed_floats(used, shape) * sizeof *packed);
    bb_pack_weights(used, shape, &(bb_weight_rows){w, depth, 0, 0}, packed);
    bb_i8_pack_weights(used, shape, &(bb_weight_rows){w, depth, 0, columns - third},
                       packed);
    bb_i8_pack_weights(
        used, shape,
        &(bb_weight_rows){w + (columns - third) * depth, depth, columns - third, third},
        packed);
    bb_product p = {.rows = rows,
                    .shape = shape,
                    .a = a,
                    .lda = depth,
                    .b = packed,
                    .c = c[turn],
                    .ldc = columns,
                    .i8 = &i8};
    bb_i8_quantize_rows(used, &p);
    bb_multiply(used, &p);
    free(packed);
  }
  check_context("%s: [%zu, %zu] x [%zu, %zu]", k->name, rows, depth, depth, columns);
  CHECK(memcmp(c[0], c[1], rows * columns * sizeof *a) == 0);
  for (size_t i = 0; i < rows * columns; i++) {
    double exact = 0;
    for (size_t t = 0; t < depth; t++)
      exact += (double)a[i / columns * depth + t] * (double)w[i % columns * depth + t];
    CHECK(fabs((double)c[1][i] - exact) <= 4 * LEVEL * sqrt((double)depth));
  }
  free(a);
  free(w);
  free(c[0]);
  free(c[1]);
  free(i8.bytes);
  free(i8.ranges);
}

int main(void) {
  bb_kernels scalar;
  bb_kernels_init(&scalar, 0);
  for (size_t i = 0; i < MASK_COUNT; i++) {
    bb_kernels k;
    bb_kernels_init(&k, masks[i] & bb_cpu_detect());
    if (masks[i] && strcmp(k.name, "scalar") == 0) continue;
    test_panels(&k);
    test_rows(&k, &scalar);
    check_begin("int8 products are near the exact ones, and the same on every processor");
    for (size_t rows = 1; rows <= 70; rows += 23)
      for (size_t columns = 1; columns <= MAX_COLUMNS; columns += 3)
        check_product(&k, &scalar, rows, columns, 1 + (rows * 7 + columns) % 90);
  }
  return check_report();
}
