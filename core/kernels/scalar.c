/* scalar.c - the meaning of every kernel. The other versions give the same bits, faster.
 */
#include "kernels/kernels.h"

#include <math.h>

#include "kernels/i8.h"
#include "kernels/lanes.h"
#include "kernels/philox.h"
#include "kernels/vector_math.h"

enum { SCALAR_PANEL = 16 }; /* arbitrary: a cache line */

static float f32_dot_scalar(const float *a, const float *b, size_t n) {
  float lanes[BB_LANES] = {0};
  bb_lanes_add_products(lanes, a, b, 0, n);
  return bb_lanes_sum(lanes);
}

static void f32_axpy_scalar(float alpha, const float *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = bb_fma(alpha, x[i], y[i]);
}

static void f32_add3_scalar(const float *a, const float *b, const float *c, float *y,
                            size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = a[i] + b[i] + c[i];
}

static void f32_bias_gelu_scalar(float *x, const float *bias, size_t n) {
  for (size_t i = 0; i < n; i++) x[i] = bb_gelu(x[i] + bias[i]);
}

static void f32_bias_gelu_backward_scalar(float *d, const float *x, const float *bias,
                                          size_t n) {
  for (size_t i = 0; i < n; i++) d[i] *= bb_gelu_slope(x[i] + bias[i]);
}

static void f32_bias_rough_gelu_scalar(float *x, const float *bias, size_t n) {
  for (size_t i = 0; i < n; i++) x[i] = bb_rough_gelu(x[i] + bias[i]);
}

static void norm_row(const float *x, const float *gamma, const float *beta, float eps,
                     float *y, size_t n) {
  float lanes[BB_LANES] = {0};
  bb_lanes_add(lanes, x, 0, n);
  float mean = bb_lanes_sum(lanes) / (float)n;

  float squares[BB_LANES] = {0};
  bb_lanes_add_squares(squares, x, mean, 0, n);
  float scale = bb_inverse_deviation(bb_lanes_sum(squares), n, eps);

  for (size_t i = 0; i < n; i++) y[i] = bb_fma((x[i] - mean) * scale, gamma[i], beta[i]);
}

static void f32_layer_norm_scalar(const float *x, size_t rows, const float *gamma,
                                  const float *beta, float eps, float *y, size_t n) {
  for (size_t i = 0; i < rows; i++) norm_row(x + i * n, gamma, beta, eps, y + i * n, n);
}

static float f32_softmax_scalar(float *x, float scale, size_t n) {
  /* A NaN may get lost here, but not in the sum: then every result is NaN. */
  float max = -INFINITY;
  for (size_t i = 0; i < n; i++)
    if (x[i] > max) max = x[i];

  float lanes[BB_LANES] = {0};
  for (size_t i = 0; i < n; i++) x[i] = bb_exp((x[i] - max) * scale);
  bb_lanes_add(lanes, x, 0, n);
  return bb_lanes_sum(lanes);
}

static void f32_scale_scalar(float alpha, float *x, size_t n) {
  for (size_t i = 0; i < n; i++) x[i] *= alpha;
}

/* One row of c at a time, and each row of b for all of its sums. */
static void f32_panel_scalar(const bb_panel *p) {
  for (size_t i = 0; i < p->rows; i++) {
    float *c = p->c + i * p->ldc;
    for (size_t j = 0; j < p->columns && !p->add; j++) c[j] = 0.0f;
    for (size_t t = 0; t < p->depth; t++) {
      float a = p->a[i * p->lda + t];
      const float *b = p->b + t * p->width;
      for (size_t j = 0; j < p->columns; j++) c[j] = bb_fma(a, b[j], c[j]);
    }
  }
}

/* (a * b)[i, j] in fours of bytes, and in pairs of int16. Unsigned, because numbers that
 * come of a NaN may overflow: what is made of them does not matter. */
static int32_t i8_product(const bb_int_panel *p, size_t i, size_t j) {
  const uint8_t *a = (const uint8_t *)p->a + i * p->lda;
  const int8_t *b = p->b;
  uint32_t sum = 0;
  for (size_t t = 0; t < 4 * p->groups; t++)
    sum += (uint32_t)(a[t] * b[(t / 4 * p->width + j) * 4 + t % 4]);
  return (int32_t)sum;
}

static int32_t i16_product(const bb_int_panel *p, size_t i, size_t j) {
  const int16_t *a = (const int16_t *)p->a + i * p->lda / sizeof *a, *b = p->b;
  uint32_t sum = 0;
  for (size_t t = 0; t < 2 * p->groups; t++)
    sum += (uint32_t)(a[t] * b[(t / 2 * p->width + j) * 2 + t % 2]);
  return (int32_t)sum;
}

typedef int32_t int_product(const bb_int_panel *p, size_t i, size_t j);

static void int_panel_scalar(const bb_int_panel *p, int_product *product) {
  for (size_t i = 0; i < p->rows; i++) {
    const bb_i8_range *range = &p->ranges[i * p->range_step];
    for (size_t j = 0; j < p->columns; j++) {
      float *c = &p->c[i * p->ldc + j];
      float start = p->add ? *c : p->bias ? p->bias[j] : 0.0f;
      start = bb_fma(range->min, p->scales[j] * (float)p->sums[j], start);
      *c = bb_fma(range->scale, p->scales[j] * (float)product(p, i, j), start);
    }
  }
}

static void i8_panel_scalar(const bb_int_panel *p) {
  int_panel_scalar(p, i8_product);
}

static void i16_panel_scalar(const bb_int_panel *p) {
  int_panel_scalar(p, i16_product);
}

static bb_extremes extremes_of(const float *x, size_t n) {
  bb_extremes e = {INFINITY, -INFINITY, true};
  bb_extend(&e, x, 0, n);
  return e;
}

static void quantize_row(const float *x, size_t n, uint8_t *q, bb_i8_range *range) {
  bb_extremes e = extremes_of(x, n);
  *range = bb_i8_range_of(e);
  for (size_t i = 0; i < n; i++) q[i] = bb_i8_round(x[i], e.min, bb_i8_inverse(e));
}

static void i8_quantize_scalar(const float *x, size_t ldx, size_t rows, size_t n,
                               const bb_int_rows *q) {
  for (size_t i = 0; i < rows; i++)
    quantize_row(x + i * ldx, n, bb_int_row(q, i), bb_range_of(q, i));
}

static float f32_magnitude(const float *x, size_t n) {
  float magnitude = 0.0f;
  for (size_t i = 0; i < n; i++) magnitude = bb_greater_magnitude(x[i], magnitude);
  return magnitude;
}

static void f32_magnitudes_scalar(const float *x, size_t ldx, size_t rows, float *y,
                                  size_t n) {
  for (size_t i = 0; i < n; i++) {
    y[i] = 0.0f;
    for (size_t r = 0; r < rows; r++) y[i] = bb_greater_magnitude(x[r * ldx + i], y[i]);
  }
}

static void level_row(const float *x, size_t n, const bb_code_rows *to, size_t row) {
  float scale = bb_i8_scale(f32_magnitude(x, n)), inverse = bb_i8_scale_inverse(scale);
  int8_t *q = to->codes + row * to->ld;
  int32_t sum = 0;
  for (size_t i = 0; i < n; i++) {
    q[i] = inverse == 0.0f ? 0 : (int8_t)bb_round_bits(x[i] * inverse);
    sum += q[i];
  }
  bb_set_code_row(to, row, scale, sum);
}

static void i8_codes_scalar(const float *x, size_t ldx, size_t rows, size_t n,
                            const bb_code_rows *q) {
  for (size_t i = 0; i < rows; i++) level_row(x + i * ldx, n, q, i);
}

static void i16_code_pairs_scalar(const float *x, const float *y, const float *inverse,
                                  int16_t *q, size_t n) {
  for (size_t i = 0; i < n; i++) {
    q[2 * i] = (int16_t)bb_round_bits(x[i] * inverse[i]);
    q[2 * i + 1] = (int16_t)bb_round_bits(y[i] * inverse[i]);
  }
}

static bb_i8_range softmax_row(const float *x, float scale, int16_t *p, size_t n) {
  bb_extremes e = extremes_of(x, n);
  float factor = scale * BB_LOG2_E;
  int64_t sum = 0;
  for (size_t i = 0; i < n; i++) sum += p[i] = bb_softmax_code((x[i] - e.max) * factor);
  return bb_softmax_range(sum, e);
}

static void i16_softmax_scalar(const float *x, size_t rows, size_t n, float scale,
                               const bb_int_rows *p) {
  for (size_t i = 0; i < rows; i++)
    *bb_range_of(p, i) = softmax_row(x + i * n, scale, bb_int_row(p, i), n);
}

static void i8_dequantize_scalar(const int8_t *q, float scale, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = scale * (float)q[i];
}

/* Half: 1 bit of sign, 5 of exponent (bias 15), 10 of fraction. Float: 1, 8 (127), 23. */
static float float_from_half(uint16_t half) {
  enum { SPECIAL = 31, REBIAS = 127 - 15, WIDEN = 23 - 10 };
  static const uint32_t infinity = 0x7F800000, quiet = 0x00400000;

  uint32_t sign = (uint32_t)(half >> 15) << 31;
  uint32_t exponent = (half >> 10) & 31, fraction = half & 1023;
  uint32_t wide = fraction << WIDEN;
  if (exponent == SPECIAL) /* hardware makes every NaN a quiet one */
    return bb_float_from_bits(sign | infinity | (fraction ? quiet | wide : 0));
  if (exponent == 0)
    return bb_float_from_bits(sign | bb_float_bits((float)fraction * 0x1p-24f));
  return bb_float_from_bits(sign | (exponent + REBIAS) << BB_FLOAT_FRACTION_BITS | wide);
}

static void f16_to_f32_scalar(const uint16_t *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = float_from_half(x[i]);
}

/* bfloat16 is the upper half of a float. */
static void bf16_to_f32_scalar(const uint16_t *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = bb_float_from_bits((uint32_t)x[i] << 16);
}

static int32_t i8_dot_i16_scalar(const int8_t *a, const int16_t *b, size_t n) {
  int32_t sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

static void push_by(const bb_body *b, bb_pushed *p) {
  for (size_t j = 0; j < BB_LANES; j++) {
    float x = p->x[j] - b->x, y = p->y[j] - b->y;
    float q = 1.0f / (1.0f + (x * x + y * y));
    float w = b->mass * q;
    p->weight[j] += w;
    w *= q;
    p->push_x[j] += w * x;
    p->push_y[j] += w * y;
  }
}

static void f32_push_scalar(const bb_body *bodies, size_t count, bb_pushed *points) {
  for (size_t i = 0; i < count; i++) push_by(&bodies[i], points);
}

static size_t f32_reaching_scalar(const float *x, float limit, const float *limits,
                                  size_t n, uint32_t *at) {
  size_t found = 0;
  for (size_t i = 0; i < n; i++)
    if (x[i] >= limit || x[i] >= limits[i]) at[found++] = (uint32_t)i;
  return found;
}

static void f32_drop_scalar(const bb_drop *d, float *x, size_t n) {
  bb_drop_range(d, x, 0, n);
}

void bb_kernels_init_scalar(bb_kernels *k) {
  *k = (bb_kernels){
      .name = "scalar",
      .f32_dot = f32_dot_scalar,
      .f32_axpy = f32_axpy_scalar,
      .f32_add3 = f32_add3_scalar,
      .f32_bias_gelu = f32_bias_gelu_scalar,
      .f32_bias_gelu_backward = f32_bias_gelu_backward_scalar,
      .f32_bias_rough_gelu = f32_bias_rough_gelu_scalar,
      .f32_layer_norm = f32_layer_norm_scalar,
      .f32_softmax = f32_softmax_scalar,
      .f32_scale = f32_scale_scalar,
      .f32_drop = f32_drop_scalar,
      .panel_step = 1,
      .panel_max = SCALAR_PANEL,
      .f32_panel = f32_panel_scalar,
      .int_step = SCALAR_PANEL,
      .int_max = SCALAR_PANEL,
      .i8_panel = i8_panel_scalar,
      .i16_panel = i16_panel_scalar,
      .i8_quantize = i8_quantize_scalar,
      .f32_magnitudes = f32_magnitudes_scalar,
      .i8_codes = i8_codes_scalar,
      .i16_code_pairs = i16_code_pairs_scalar,
      .i16_softmax = i16_softmax_scalar,
      .i8_dequantize = i8_dequantize_scalar,
      .f16_to_f32 = f16_to_f32_scalar,
      .bf16_to_f32 = bf16_to_f32_scalar,
      .i8_dot_i16 = i8_dot_i16_scalar,
      .f32_push = f32_push_scalar,
      .f32_reaching = f32_reaching_scalar,
  };
}
