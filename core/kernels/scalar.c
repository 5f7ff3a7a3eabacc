/* scalar.c - the meaning of every kernel. The other versions give the same bits, faster.
 */
#include "kernels/kernels.h"

#include <math.h>

#include "kernels/i8.h"
#include "kernels/lanes.h"
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

static void f32_layer_norm_scalar(const float *x, const float *gamma, const float *beta,
                                  float eps, float *y, size_t n) {
  float lanes[BB_LANES] = {0};
  bb_lanes_add(lanes, x, 0, n);
  float mean = bb_lanes_sum(lanes) / (float)n;

  float squares[BB_LANES] = {0};
  bb_lanes_add_squares(squares, x, mean, 0, n);
  float scale = bb_inverse_deviation(bb_lanes_sum(squares), n, eps);

  for (size_t i = 0; i < n; i++) y[i] = bb_fma((x[i] - mean) * scale, gamma[i], beta[i]);
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

static void i8_panel_scalar(const bb_i8_panel *p) {
  for (size_t i = 0; i < p->rows; i++) {
    for (size_t j = 0; j < p->columns; j++) {
      int32_t sum = 0;
      for (size_t t = 0; t < 4 * p->groups; t++)
        sum += p->a[i * p->lda + t] * p->b[(t / 4 * p->width + j) * 4 + t % 4];
      p->c[i * p->ldc + j] = sum;
    }
  }
}

static void i8_quantize_scalar(const float *x, size_t n, uint8_t *q, bb_i8_range *range) {
  float least = INFINITY, greatest = -INFINITY;
  bool has_nan = false;
  for (size_t i = 0; i < n; i++) {
    if (isnan(x[i])) has_nan = true;
    if (x[i] < least) least = x[i];
    if (x[i] > greatest) greatest = x[i];
  }
  *range = bb_i8_range_of(least, greatest, has_nan);
  float inverse = bb_i8_inverse(range);
  for (size_t i = 0; i < n; i++) q[i] = bb_i8_round(x[i], least, inverse);
}

static void i8_restore_scalar(const bb_i8_range *range, const int32_t *products,
                              const bb_i8_columns *columns, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) {
    float sum = range->least * (float)columns->sums[i];
    y[i] = columns->scales[i] * bb_fma(range->scale, (float)products[i], sum);
  }
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

void bb_kernels_init_scalar(bb_kernels *k) {
  *k = (bb_kernels){
      .name = "scalar",
      .f32_dot = f32_dot_scalar,
      .f32_axpy = f32_axpy_scalar,
      .f32_add3 = f32_add3_scalar,
      .f32_bias_gelu = f32_bias_gelu_scalar,
      .f32_layer_norm = f32_layer_norm_scalar,
      .f32_softmax = f32_softmax_scalar,
      .f32_scale = f32_scale_scalar,
      .panel_step = 1,
      .panel_most = SCALAR_PANEL,
      .f32_panel = f32_panel_scalar,
      .i8_step = 1,
      .i8_most = SCALAR_PANEL,
      .i8_panel = i8_panel_scalar,
      .i8_quantize = i8_quantize_scalar,
      .i8_restore = i8_restore_scalar,
      .f16_to_f32 = f16_to_f32_scalar,
      .bf16_to_f32 = bf16_to_f32_scalar,
      .i8_dot_i16 = i8_dot_i16_scalar,
  };
}
