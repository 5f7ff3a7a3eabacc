/* test_i8.c - integers: every instruction set against scalar.c, bit for bit, at the
 * limits of the numbers too; products against integers added one by one. */
#include "check.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/int_product.h"
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

/* One product in integers, with all that a panel takes. Nothing behind the columns
 * may be read or written: c ends there. */
typedef struct panel {
  size_t rows, columns, groups, width;
  bool int16;
  uint8_t *a;
  int8_t *b;
  int32_t *sums;
  float *scales, *bias, *c;
  bb_i8_range *ranges;
} panel;

/* Half of the time only the limits, where 16 bits would overflow first. */
static void fill_numbers(panel *p, bool limits) {
  size_t words = p->groups * p->width;
  if (p->int16) {
    int16_t *a = (int16_t *)(void *)p->a, *b = (int16_t *)(void *)p->b;
    for (size_t i = 0; i < 2 * p->rows * p->groups; i++)
      a[i] = (int16_t)(limits ? BB_SOFTMAX_MAX_CODE
                              : random_u64() % (BB_SOFTMAX_MAX_CODE + 1));
    for (size_t i = 0; i < 2 * words; i++)
      b[i] = (int16_t)(limits ? 127 : (int)(random_u64() % 255) - 127);
    return;
  }
  for (size_t i = 0; i < 4 * p->rows * p->groups; i++)
    p->a[i] = (uint8_t)(limits ? random_u64() % 2 * 255 : random_u64());
  for (size_t i = 0; i < 4 * words; i++)
    p->b[i] = (int8_t)(limits ? (int)(random_u64() % 2) * 254 - 127
                              : (int)(random_u64() % 255) - 127);
  for (size_t i = 0; i < 4 * words; i++) p->sums[i / 4 % p->width] += p->b[i];
}

static panel make_panel(const bb_kernels *k, size_t rows, size_t columns, size_t groups,
                        bool int16, bool limits) {
  panel p = {rows, columns, groups, .int16 = int16};
  p.width = (columns + k->int_step - 1) / k->int_step * k->int_step;
  p.a = malloc(4 * rows * groups + 1);
  p.b = malloc(4 * groups * p.width + 1);
  p.sums = calloc(p.width, sizeof *p.sums);
  p.scales = malloc(p.width * sizeof *p.scales);
  p.bias = malloc(columns * sizeof *p.bias);
  p.ranges = malloc((rows + 1) * sizeof *p.ranges);
  p.c = malloc((rows * columns + 1) * sizeof *p.c);
  for (size_t i = 0; i < p.width; i++) p.scales[i] = random_float();
  for (size_t i = 0; i < columns; i++) p.bias[i] = random_float();
  for (size_t i = 0; i < rows; i++)
    p.ranges[i] = (bb_i8_range){random_float(), int16 ? 0.0f : random_float()};
  for (size_t i = 0; i < rows * columns; i++) p.c[i] = random_float();
  fill_numbers(&p, limits);
  return p;
}

static void free_panel(panel *p) {
  free(p->a);
  free(p->b);
  free(p->sums);
  free(p->scales);
  free(p->bias);
  free(p->ranges);
  free(p->c);
}

/* The whole-numbered product of a row and a column. */
static int64_t exact_product(const panel *p, size_t i, size_t j) {
  int64_t sum = 0;
  const int16_t *a = (const int16_t *)(const void *)p->a + i * 2 * p->groups;
  const int16_t *b = (const int16_t *)(const void *)p->b;
  for (size_t t = 0; t < 2 * p->groups && p->int16; t++)
    sum += a[t] * b[(t / 2 * p->width + j) * 2 + t % 2];
  for (size_t t = 0; t < 4 * p->groups && !p->int16; t++)
    sum += p->a[i * 4 * p->groups + t] * p->b[(t / 4 * p->width + j) * 4 + t % 4];
  return sum;
}

static void check_panel(const bb_kernels *k, panel p, size_t start) {
  static const char *const begins[] = {"from zero", "from the bias", "added"};
  float *before = malloc((p.rows * p.columns + 1) * sizeof *before);
  memcpy(before, p.c, p.rows * p.columns * sizeof *before);
  bb_int_panel call = {.rows = p.rows,
                       .columns = p.columns,
                       .groups = p.groups,
                       .a = p.a,
                       .lda = 4 * p.groups,
                       .ranges = p.ranges,
                       .range_step = 1,
                       .b = p.b,
                       .width = p.width,
                       .scales = p.scales,
                       .sums = p.sums,
                       .bias = start == 1 ? p.bias : NULL,
                       .c = p.c,
                       .ldc = p.columns,
                       .add = start == 2};
  (p.int16 ? k->i16_panel : k->i8_panel)(&call);
  for (size_t i = 0; i < p.rows; i++)
    for (size_t j = 0; j < p.columns; j++) {
      int64_t exact = exact_product(&p, i, j);
      float c = start == 2 ? before[i * p.columns + j] : start ? p.bias[j] : 0.0f;
      c = fmaf(p.ranges[i].min, p.scales[j] * (float)p.sums[j], c);
      c = fmaf(p.ranges[i].scale, p.scales[j] * (float)(int32_t)exact, c);
      check_context("%s: %zu rows, %zu columns, %zu groups, %s, %s, [%zu, %zu]", k->name,
                    p.rows, p.columns, p.groups, p.int16 ? "int16" : "int8",
                    begins[start], i, j);
      CHECK(exact <= INT32_MAX && exact >= INT32_MIN);
      CHECK(memcmp(&p.c[i * p.columns + j], &c, sizeof c) == 0);
    }
  free(before);
  free_panel(&p);
}

static void test_panels(const bb_kernels *k) {
  check_begin("panels of whole numbers are exact, at the limits of the numbers too");
  for (size_t columns = 1; columns <= k->int_max; columns++)
    for (size_t rows = 0; rows <= MAX_ROWS; rows++)
      for (size_t int16 = 0; int16 < 2; int16++)
        check_panel(
            k, make_panel(k, rows, columns, (rows + columns) % 9, int16, columns % 2),
            (rows + columns) % 3);
  check_panel(k, make_panel(k, 5, k->int_max, BB_I8_BLOCK / 4, false, true), 0);
  check_panel(k, make_panel(k, 9, k->int_max, BB_I16_BLOCK / 2, true, true), 0);
}

/* Rows ------------------------------------------------------------------------------- */

/* Four at once and one by itself, so that both ways are taken. Rows lie apart, in and
 * out. */
enum { ROWS = 5, APART = 3 };

static void check_rows(const bb_kernels *k, const bb_kernels *scalar, size_t n,
                       float size) {
  size_t ld = n + APART;
  float *x = malloc(ROWS * ld * sizeof *x);
  uint8_t *q[2] = {calloc(ROWS, ld), calloc(ROWS, ld)};
  bb_i8_range ranges[2][2 * ROWS] = {0};
  for (size_t i = 0; i < ROWS * ld; i++) x[i] = random_float() * size;
  k->i8_quantize(x, ld, ROWS, n, &(bb_int_rows){q[0], ld, ranges[0], 2});
  for (size_t r = 0; r < ROWS; r++)
    scalar->i8_quantize(x + r * ld, 0, 1, n,
                        &(bb_int_rows){q[1] + r * ld, 0, ranges[1] + 2 * r, 1});
  check_context("%s: n = %zu, numbers of size %g", k->name, n, (double)size);
  CHECK(memcmp(q[0], q[1], ROWS * ld) == 0);
  CHECK(memcmp(ranges[0], ranges[1], sizeof ranges[0]) == 0);
  for (size_t i = 0; i < ROWS * ld && size > 0x1p-100f; i++) {
    bb_i8_range range = ranges[0][i / ld * 2];
    float code = range.min + range.scale * (float)q[0][i];
    CHECK(i % ld >= n || fabsf(code - x[i]) <= 0.501f * range.scale);
  }
  free(x);
  free(q[0]);
  free(q[1]);
}

/* Signed codes, of rows and of two in turn, and back. */
static void check_levels(const bb_kernels *k, const bb_kernels *scalar, size_t n) {
  enum { LD = MAX_LENGTH + APART };
  float x[ROWS * LD], max[2][LD] = {0}, inverse[LD], scales[2][ROWS];
  int8_t q[2][ROWS * LD] = {0};
  int32_t sums[2][ROWS];
  int16_t pairs[2][2 * LD] = {0};
  float back[2][LD] = {0};
  const bb_kernels *both[] = {k, scalar};
  for (size_t i = 0; i < ROWS * LD; i++) x[i] = random_float();
  for (size_t i = 0; i < 2; i++) {
    both[i]->f32_magnitudes(x, LD, ROWS, max[i], n);
    both[i]->i8_codes(x, LD, ROWS, n, &(bb_code_rows){q[i], LD, scales[i], sums[i]});
    both[i]->i8_codes(x, LD, 1, n, &(bb_code_rows){q[i], LD, scales[i], NULL});
    both[i]->i8_dequantize(q[i], scales[i][0], back[i], n);
    for (size_t j = 0; j < n; j++) inverse[j] = 127 / max[0][j];
    both[i]->i16_code_pairs(x, x + LD, inverse, pairs[i], n);
  }
  check_context("%s: n = %zu", k->name, n);
  for (size_t r = 0; r < ROWS; r++) {
    int32_t exact = 0;
    for (size_t j = 0; j < n; j++) {
      int8_t code = q[0][r * LD + j];
      CHECK(fabsf(scales[0][r] * (float)code - x[r * LD + j]) <= 0.501f * scales[0][r]);
      CHECK(code != -128 && fabsf(x[r * LD + j]) <= max[0][j]);
      exact += code;
    }
    CHECK_INT(sums[0][r], exact);
  }
  for (size_t j = 0; j < n; j++) {
    CHECK(back[0][j] == scales[0][0] * (float)q[0][j]);
    CHECK_INT(pairs[0][2 * j], lrintf(x[j] * inverse[j]));
    CHECK_INT(pairs[0][2 * j + 1], lrintf(x[LD + j] * inverse[j]));
  }
  CHECK(memcmp(sums[0], sums[1], sizeof sums[0]) == 0);
  CHECK(memcmp(scales[0], scales[1], sizeof scales[0]) == 0);
  CHECK(memcmp(max[0], max[1], sizeof max[0]) == 0);
  CHECK(memcmp(q[0], q[1], sizeof q[0]) == 0);
  CHECK(memcmp(back[0], back[1], sizeof back[0]) == 0);
  CHECK(memcmp(pairs[0], pairs[1], sizeof pairs[0]) == 0);
}

static void test_rows(const bb_kernels *k, const bb_kernels *scalar) {
  static const float sizes[] = {1.0f, 1000.0f, 1e-30f, 0.0f, 1e30f};
  check_begin("rows become the scalar code's bytes, half a step away at most");
  for (size_t n = 1; n <= MAX_LENGTH; n++)
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
      check_rows(k, scalar, n, sizes[i]);
  check_begin("signed codes are the scalar code's, half a step away at most");
  for (size_t n = 1; n <= MAX_LENGTH; n++) check_levels(k, scalar, n);

  check_begin("a row with an infinity or a NaN is seen");
  for (size_t i = 0; i < 3 + 37; i++) {
    float x[37], max[37], scale;
    uint8_t q[37];
    int8_t codes[37];
    int16_t p[37];
    int32_t sum;
    for (size_t j = 0; j < 37; j++) x[j] = i == 2 ? NAN : random_float();
    if (i < 2) x[20] = i ? -INFINITY : INFINITY;
    if (i > 2) x[i - 3] = NAN; /* one, wherever it is */
    bb_i8_range range;
    k->i8_quantize(x, 37, 1, 37, &(bb_int_rows){q, 37, &range, 1});
    CHECK(isnan(range.scale) && isnan(range.min));
    k->i8_codes(x, 37, 1, 37, &(bb_code_rows){codes, 37, &scale, &sum});
    CHECK(isnan(scale) && codes[0] == 0 && sum == 0);
    k->f32_magnitudes(x, 37, 1, max, 37);
    for (size_t j = 0; j < 37; j++) CHECK(isfinite(max[j]) == isfinite(x[j]));
    k->i16_softmax(x, 1, 37, 1.0f, &(bb_int_rows){p, 74, &range, 1});
    CHECK(isnan(range.scale));
  }
}

/* Softmax ---------------------------------------------------------------------------- */

/* Half a step of rounding, and 3.1e-6 of the polynomial. */
static const double SOFTMAX_ERROR = 0.5 + 3.1e-6 * BB_SOFTMAX_MAX_CODE + 0.01;

static void check_softmax(const bb_kernels *k, const bb_kernels *scalar, size_t n,
                          float scale) {
  float *x = malloc(ROWS * n * sizeof *x);
  size_t ld = n + APART;
  int16_t *p[2] = {calloc(ROWS * ld, sizeof **p), calloc(ROWS * ld, sizeof **p)};
  bb_i8_range ranges[2][ROWS] = {0};
  const bb_kernels *both[] = {k, scalar};
  for (size_t i = 0; i < ROWS * n; i++) x[i] = 20 * random_float();
  for (size_t i = 0; i < 2; i++)
    both[i]->i16_softmax(x, ROWS, n, scale,
                         &(bb_int_rows){p[i], ld * sizeof **p, ranges[i], 1});
  check_context("%s: n = %zu, scale %g", k->name, n, (double)scale);
  CHECK(memcmp(p[0], p[1], ROWS * ld * sizeof **p) == 0);
  CHECK(memcmp(ranges[0], ranges[1], sizeof ranges[0]) == 0);
  for (size_t r = 0; r < ROWS; r++) {
    const float *row = x + r * n;
    float max = row[0];
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) max = fmaxf(max, row[i]);
    for (size_t i = 0; i < n; i++) {
      int16_t code = p[0][r * ld + i];
      double exact =
          BB_SOFTMAX_MAX_CODE * exp((double)scale * ((double)row[i] - (double)max));
      CHECK(fabs(code - exact) <= SOFTMAX_ERROR);
      sum += code;
    }
    CHECK(ranges[0][r].scale == 1.0f / (float)sum && ranges[0][r].min == 0.0f);
  }
  free(x);
  free(p[0]);
  free(p[1]);
}

static void test_softmax(const bb_kernels *k, const bb_kernels *scalar) {
  check_begin("a softmax in codes is the scalar code's, and near the exact one");
  for (size_t n = 1; n <= MAX_LENGTH; n++) check_softmax(k, scalar, n, 0.18f);
  check_softmax(k, scalar, 5000, 10.0f);
}

/* Products --------------------------------------------------------------------------- */

/* Of numbers in [-2, 2]: each factor is off by half a step of its scale, at random.
 */
static const double CODE_STEP = 4.0 / 255;

/* c = a w^T, with w packed on the instruction set's own terms. */
static void int8_product(const bb_kernels *k, bb_shape shape, size_t rows, const float *a,
                         const float *w, const float *bias, float *c) {
  size_t third = shape.columns / 3, first = shape.columns - third, depth = shape.depth;
  bb_int_rows ints = {.ld = bb_i8_row_bytes(depth), .range_step = bb_i8_blocks(depth)};
  ints.codes = malloc(rows * ints.ld);
  ints.ranges = malloc(rows * ints.range_step * sizeof *ints.ranges);
  float *packed = malloc(bb_i8_packed_floats(k, shape) * sizeof *packed);
  bb_i8_pack_weights(k, shape, &(bb_weight_rows){w, depth, 0, 0}, packed);
  bb_i8_pack_weights(k, shape, &(bb_weight_rows){w, depth, 0, first}, packed);
  bb_i8_pack_weights(k, shape, &(bb_weight_rows){w + first * depth, depth, first, third},
                     packed);
  bb_i8_quantize_rows(k, a, depth, rows, depth, &ints);
  bb_product p = {.rows = rows,
                  .shape = shape,
                  .int_type = BB_INT8,
                  .ints = ints,
                  .b = packed,
                  .c = c,
                  .ldc = shape.columns,
                  .bias = bias};
  for (size_t i = bb_int_panels(k, p.shape); i > 0; i--) { /* in another order */
    p.first = i - 1;
    p.end = i;
    bb_int_multiply(k, &p);
  }
  free(packed);
  free(ints.codes);
  free(ints.ranges);
}

/* c = softmax codes of a times b [depth, columns]. */
static void int16_product(const bb_kernels *k, bb_shape shape, size_t rows,
                          const float *a, const float *b, float *c) {
  bb_int_rows ints = {.ld = bb_i16_row_numbers(shape.depth) * sizeof(int16_t),
                      .range_step = 1};
  ints.codes = calloc(rows, ints.ld);
  ints.ranges = malloc(rows * sizeof *ints.ranges);
  k->i16_softmax(a, rows, shape.depth, 1.0f, &ints);
  float *packed = malloc(bb_i16_packed_floats(k, shape) * sizeof *packed);
  bb_i16_pack_rows(k, shape, b, shape.columns, packed);
  bb_int_multiply(k, &(bb_product){.rows = rows,
                                   .shape = shape,
                                   .int_type = BB_INT16,
                                   .ints = ints,
                                   .b = packed,
                                   .c = c,
                                   .ldc = shape.columns});
  free(packed);
  free(ints.codes);
  free(ints.ranges);
}

typedef struct example {
  float *a, *w, *bias, *c[2];
} example;

static float *random_floats(size_t count) {
  float *x = malloc((count + 1) * sizeof *x);
  for (size_t i = 0; i < count; i++) x[i] = random_float();
  return x;
}

static example make_example(size_t rows, size_t columns, size_t depth) {
  return (example){
      random_floats(rows * depth),
      random_floats(columns * depth),
      random_floats(columns),
      {random_floats(rows * columns), random_floats(rows * columns)}
  };
}

static void free_example(example *e) {
  free(e->a);
  free(e->w);
  free(e->bias);
  free(e->c[0]);
  free(e->c[1]);
}

static void check_int8(const bb_kernels *k, const bb_kernels *scalar, size_t rows,
                       size_t columns, size_t depth) {
  example e = make_example(rows, columns, depth);
  int8_product(k, (bb_shape){depth, columns}, rows, e.a, e.w, e.bias, e.c[0]);
  int8_product(scalar, (bb_shape){depth, columns}, rows, e.a, e.w, e.bias, e.c[1]);
  check_context("%s: [%zu, %zu] x [%zu, %zu]", k->name, rows, depth, depth, columns);
  CHECK(memcmp(e.c[0], e.c[1], rows * columns * sizeof *e.a) == 0);
  for (size_t i = 0; i < rows * columns; i++) {
    double exact = (double)e.bias[i % columns];
    for (size_t t = 0; t < depth; t++)
      exact +=
          (double)e.a[i / columns * depth + t] * (double)e.w[i % columns * depth + t];
    CHECK(fabs((double)e.c[0][i] - exact) <= 4 * CODE_STEP * sqrt((double)depth));
  }
  free_example(&e);
}

/* Weighted means of numbers in [-2, 2], each half a step of 127 off. */
static const double MEAN_ERROR = 0.51 * 2.0 / 127;

static void check_int16(const bb_kernels *k, const bb_kernels *scalar, size_t rows,
                        size_t columns, size_t depth) {
  example e = make_example(rows, columns, depth);
  int16_product(k, (bb_shape){depth, columns}, rows, e.a, e.w, e.c[0]);
  int16_product(scalar, (bb_shape){depth, columns}, rows, e.a, e.w, e.c[1]);
  check_context("%s: [%zu, %zu] x [%zu, %zu]", k->name, rows, depth, depth, columns);
  CHECK(memcmp(e.c[0], e.c[1], rows * columns * sizeof *e.a) == 0);
  for (size_t i = 0; i < rows * columns; i++) {
    double exact = 0, sum = 0;
    for (size_t t = 0; t < depth; t++) {
      double weight = exp((double)e.a[i / columns * depth + t]);
      exact += weight * (double)e.w[t * columns + i % columns];
      sum += weight;
    }
    CHECK(fabs((double)e.c[0][i] - exact / sum) <= MEAN_ERROR);
  }
  free_example(&e);
}

static void test_products(const bb_kernels *k, const bb_kernels *scalar) {
  check_begin("products in int8 are near the exact ones, the same on every processor");
  for (size_t rows = 1; rows <= 70; rows += 23)
    for (size_t columns = 1; columns <= MAX_COLUMNS; columns += 3)
      check_int8(k, scalar, rows, columns, 1 + (rows * 7 + columns) % 90);
  for (size_t depth = BB_I8_BLOCK - 1; depth <= 2 * BB_I8_BLOCK + 1;
       depth += BB_I8_BLOCK / 2)
    check_int8(k, scalar, 3, 50, depth);
  check_begin("products with a softmax are means, the same on every processor");
  for (size_t columns = 1; columns <= MAX_COLUMNS; columns += 5)
    check_int16(k, scalar, 1 + columns % 11, columns, 1 + columns * 7 % 90);
  check_int16(k, scalar, 2, 33, BB_I16_BLOCK + 1);
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
    test_softmax(&k, &scalar);
    test_products(&k, &scalar);
  }
  return check_report();
}
