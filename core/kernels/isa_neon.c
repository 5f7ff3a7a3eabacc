/* isa_neon.c - the kernels with NEON, which every AArch64 has. The 16 lanes of a sum are
 * four registers. What the steps mean is said in scalar.c, vector_math.h and lanes.h. */
#include "kernels/kernels.h"

#if defined(__aarch64__)

#include <arm_neon.h>
#include <math.h>
#include <string.h>

#include "kernels/i8.h"
#include "kernels/lanes.h"
#include "kernels/tiles.h"
#include "kernels/vector_math.h"

enum { WIDTH = 4 }; /* floats in a register */

/* Lanes 0 to 3, 4 to 7, 8 to 11, 12 to 15. */
typedef struct lanes {
  float32x4_t a, b, c, d;
} lanes;

static inline lanes lanes_of(float value) {
  float32x4_t v = vdupq_n_f32(value);
  return (lanes){v, v, v, v};
}

static float tree_sum(lanes s) {
  float32x4_t four = vaddq_f32(vaddq_f32(s.a, s.c), vaddq_f32(s.b, s.d));
  float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

static void store_lanes(float out[BB_LANES], lanes s) {
  vst1q_f32(out, s.a);
  vst1q_f32(out + 4, s.b);
  vst1q_f32(out + 8, s.c);
  vst1q_f32(out + 12, s.d);
}

static float f32_dot_neon(const float *a, const float *b, size_t n) {
  lanes s = lanes_of(0.0f);
  size_t i = 0;
  for (; i + BB_LANES <= n; i += BB_LANES) {
    s.a = vfmaq_f32(s.a, vld1q_f32(a + i), vld1q_f32(b + i));
    s.b = vfmaq_f32(s.b, vld1q_f32(a + i + 4), vld1q_f32(b + i + 4));
    s.c = vfmaq_f32(s.c, vld1q_f32(a + i + 8), vld1q_f32(b + i + 8));
    s.d = vfmaq_f32(s.d, vld1q_f32(a + i + 12), vld1q_f32(b + i + 12));
  }
  if (i == n) return tree_sum(s);
  float rest[BB_LANES];
  store_lanes(rest, s);
  bb_lanes_add_products(rest, a, b, i, n);
  return bb_lanes_sum(rest);
}

static void f32_axpy_neon(float alpha, const float *x, float *y, size_t n) {
  float32x4_t factor = vdupq_n_f32(alpha);
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH)
    vst1q_f32(y + i, vfmaq_f32(vld1q_f32(y + i), factor, vld1q_f32(x + i)));
  for (; i < n; i++) y[i] = fmaf(alpha, x[i], y[i]);
}

static void f32_add3_neon(const float *a, const float *b, const float *c, float *y,
                          size_t n) {
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    float32x4_t sum = vaddq_f32(vld1q_f32(a + i), vld1q_f32(b + i));
    vst1q_f32(y + i, vaddq_f32(sum, vld1q_f32(c + i)));
  }
  for (; i < n; i++) y[i] = a[i] + b[i] + c[i];
}

/* NEON looks up bytes: the four of float number `piece` are at 4 * piece + 0, 1, 2, 3. */
static inline uint8x16_t bytes_of_pieces(uint32x4_t piece) {
  piece = vandq_u32(piece, vdupq_n_u32(BB_GELU_PIECES - 1));
  uint32x4_t bytes = vmlaq_n_u32(vdupq_n_u32(0x03020100), piece, 0x04040404);
  return vreinterpretq_u8_u32(bytes);
}

static inline float32x4_t gelu_coefficients(const float row[BB_GELU_PIECES],
                                            uint8x16_t bytes) {
  uint8x16x2_t table = {
      {
       vreinterpretq_u8_f32(vld1q_f32(row)),
       vreinterpretq_u8_f32(vld1q_f32(row + WIDTH)),
       }
  };
  return vreinterpretq_f32_u8(vqtbl2q_u8(table, bytes));
}

static inline float32x4_t gelu(float32x4_t v) {
  const float32x4_t round = vdupq_n_f32(BB_ROUND), zero = vdupq_n_f32(0.0f);
  /* Not vmaxq_f32(), which would make +0 of -0. */
  float32x4_t positive = vbslq_f32(vcltq_f32(v, zero), zero, v);
  float32x4_t a = vabsq_f32(v);
  uint32x4_t inside = vcltq_f32(a, vdupq_n_f32(BB_GELU_CUT));
  float32x4_t shifted = vfmaq_f32(round, a, vdupq_n_f32(BB_GELU_PER_STEP));
  float32x4_t centre = vsubq_f32(shifted, round);
  uint8x16_t bytes = bytes_of_pieces(vreinterpretq_u32_f32(shifted));
  float32x4_t r = vfmsq_f32(a, centre, vdupq_n_f32(BB_GELU_STEP));
  float32x4_t g = gelu_coefficients(BB_GELU[BB_GELU_DEGREE], bytes);
  BB_UNROLL
  for (int k = BB_GELU_DEGREE - 1; k >= 0; k--)
    g = vfmaq_f32(gelu_coefficients(BB_GELU[k], bytes), g, r);
  return vbslq_f32(inside, vsubq_f32(positive, g), positive);
}

static void f32_bias_gelu_neon(float *x, const float *bias, size_t n) {
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH)
    vst1q_f32(x + i, gelu(vaddq_f32(vld1q_f32(x + i), vld1q_f32(bias + i))));
  for (; i < n; i++) x[i] = bb_gelu(x[i] + bias[i]);
}

static inline float32x4_t gelu_slope(float32x4_t v) {
  const float32x4_t round = vdupq_n_f32(BB_ROUND);
  float32x4_t a = vabsq_f32(v);
  uint32x4_t inside = vcltq_f32(a, vdupq_n_f32(BB_GELU_CUT));
  float32x4_t shifted = vfmaq_f32(round, a, vdupq_n_f32(BB_GELU_PER_STEP));
  float32x4_t centre = vsubq_f32(shifted, round);
  uint8x16_t bytes = bytes_of_pieces(vreinterpretq_u32_f32(shifted));
  float32x4_t r = vfmsq_f32(a, centre, vdupq_n_f32(BB_GELU_STEP));
  float32x4_t g = gelu_coefficients(BB_GELU_SLOPE[BB_GELU_SLOPE_DEGREE], bytes);
  BB_UNROLL
  for (int k = BB_GELU_SLOPE_DEGREE - 1; k >= 0; k--)
    g = vfmaq_f32(gelu_coefficients(BB_GELU_SLOPE[k], bytes), g, r);
  g = vbslq_f32(inside, g, vsubq_f32(v, v)); /* outside: 0, or NaN */
  return vbslq_f32(vcgtq_f32(v, vdupq_n_f32(0.0f)), vsubq_f32(vdupq_n_f32(1.0f), g), g);
}

static void f32_bias_gelu_backward_neon(float *d, const float *x, const float *bias,
                                        size_t n) {
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    float32x4_t v = vaddq_f32(vld1q_f32(x + i), vld1q_f32(bias + i));
    vst1q_f32(d + i, vmulq_f32(vld1q_f32(d + i), gelu_slope(v)));
  }
  for (; i < n; i++) d[i] *= bb_gelu_slope(x[i] + bias[i]);
}

static void f32_bias_rough_gelu_neon(float *x, const float *bias, size_t n) {
  const float32x4_t zero = vdupq_n_f32(0.0f), cut = vdupq_n_f32(BB_ROUGH_GELU_CUT);
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    float32x4_t v = vaddq_f32(vld1q_f32(x + i), vld1q_f32(bias + i));
    float32x4_t positive = vbslq_f32(vcltq_f32(v, zero), zero, v);
    float32x4_t a = vminnmq_f32(vabsq_f32(v), cut); /* the number, if one is a NaN */
    float32x4_t g = vdupq_n_f32(BB_ROUGH_GELU[BB_ROUGH_GELU_DEGREE]);
    BB_UNROLL
    for (int k = BB_ROUGH_GELU_DEGREE - 1; k >= 0; k--)
      g = vfmaq_f32(vdupq_n_f32(BB_ROUGH_GELU[k]), g, a);
    vst1q_f32(x + i, vfmsq_f32(positive, g, a));
  }
  for (; i < n; i++) x[i] = bb_rough_gelu(x[i] + bias[i]);
}

static float sum(const float *x, size_t n) {
  lanes s = lanes_of(0.0f);
  size_t i = 0;
  for (; i + BB_LANES <= n; i += BB_LANES) {
    s.a = vaddq_f32(s.a, vld1q_f32(x + i));
    s.b = vaddq_f32(s.b, vld1q_f32(x + i + 4));
    s.c = vaddq_f32(s.c, vld1q_f32(x + i + 8));
    s.d = vaddq_f32(s.d, vld1q_f32(x + i + 12));
  }
  if (i == n) return tree_sum(s);
  float rest[BB_LANES];
  store_lanes(rest, s);
  bb_lanes_add(rest, x, i, n);
  return bb_lanes_sum(rest);
}

static inline float32x4_t add_square(float32x4_t lane, const float *x, float32x4_t mean) {
  float32x4_t d = vsubq_f32(vld1q_f32(x), mean);
  return vfmaq_f32(lane, d, d);
}

static float sum_of_squares(const float *x, float mean, size_t n) {
  lanes s = lanes_of(0.0f);
  float32x4_t centre = vdupq_n_f32(mean);
  size_t i = 0;
  for (; i + BB_LANES <= n; i += BB_LANES) {
    s.a = add_square(s.a, x + i, centre);
    s.b = add_square(s.b, x + i + 4, centre);
    s.c = add_square(s.c, x + i + 8, centre);
    s.d = add_square(s.d, x + i + 12, centre);
  }
  if (i == n) return tree_sum(s);
  float rest[BB_LANES];
  store_lanes(rest, s);
  bb_lanes_add_squares(rest, x, mean, i, n);
  return bb_lanes_sum(rest);
}

static void norm_row(const float *x, const float *gamma, const float *beta, float eps,
                     float *y, size_t n) {
  float mean = sum(x, n) / (float)n;
  float scale = bb_inverse_deviation(sum_of_squares(x, mean, n), n, eps);
  float32x4_t means = vdupq_n_f32(mean), scales = vdupq_n_f32(scale);
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    float32x4_t d = vmulq_f32(vsubq_f32(vld1q_f32(x + i), means), scales);
    vst1q_f32(y + i, vfmaq_f32(vld1q_f32(beta + i), d, vld1q_f32(gamma + i)));
  }
  for (; i < n; i++) y[i] = fmaf((x[i] - mean) * scale, gamma[i], beta[i]);
}

static void f32_layer_norm_neon(const float *x, size_t rows, const float *gamma,
                                const float *beta, float eps, float *y, size_t n) {
  for (size_t i = 0; i < rows; i++) norm_row(x + i * n, gamma, beta, eps, y + i * n, n);
}

static inline float32x4_t exponential(float32x4_t x) {
  const float32x4_t round = vdupq_n_f32(BB_EXP_ROUND);
  uint32x4_t flushed = vcltq_f32(x, vdupq_n_f32(BB_EXP_LEAST));
  float32x4_t shifted = vfmaq_f32(round, x, vdupq_n_f32(BB_LOG2_E));
  float32x4_t n = vsubq_f32(shifted, round);
  float32x4_t r = vfmsq_f32(x, n, vdupq_n_f32(BB_LN2_HIGH));
  r = vfmsq_f32(r, n, vdupq_n_f32(BB_LN2_LOW));
  float32x4_t p = vdupq_n_f32(BB_EXP[BB_EXP_DEGREE]);
  BB_UNROLL
  for (int k = BB_EXP_DEGREE - 1; k >= 0; k--)
    p = vfmaq_f32(vdupq_n_f32(BB_EXP[k]), p, r);
  uint32x4_t power = vshlq_n_u32(vreinterpretq_u32_f32(shifted), BB_FLOAT_FRACTION_BITS);
  return vbslq_f32(flushed, vdupq_n_f32(0.0f),
                   vmulq_f32(p, vreinterpretq_f32_u32(power)));
}

static float maximum(const float *x, size_t n) {
  lanes s = lanes_of(-INFINITY);
  size_t i = 0;
  for (; i + BB_LANES <= n; i += BB_LANES) {
    s.a = vmaxq_f32(s.a, vld1q_f32(x + i));
    s.b = vmaxq_f32(s.b, vld1q_f32(x + i + 4));
    s.c = vmaxq_f32(s.c, vld1q_f32(x + i + 8));
    s.d = vmaxq_f32(s.d, vld1q_f32(x + i + 12));
  }
  float max = vmaxvq_f32(vmaxq_f32(vmaxq_f32(s.a, s.b), vmaxq_f32(s.c, s.d)));
  for (; i < n; i++)
    if (x[i] > max) max = x[i];
  return max;
}

static inline float32x4_t exp_in_place(float *x, float32x4_t max, float32x4_t scale) {
  float32x4_t e = exponential(vmulq_f32(vsubq_f32(vld1q_f32(x), max), scale));
  vst1q_f32(x, e);
  return e;
}

static float f32_softmax_neon(float *x, float scale, size_t n) {
  float max = maximum(x, n);
  float32x4_t maxima = vdupq_n_f32(max), scales = vdupq_n_f32(scale);
  lanes s = lanes_of(0.0f);
  size_t i = 0;
  for (; i + BB_LANES <= n; i += BB_LANES) {
    s.a = vaddq_f32(s.a, exp_in_place(x + i, maxima, scales));
    s.b = vaddq_f32(s.b, exp_in_place(x + i + 4, maxima, scales));
    s.c = vaddq_f32(s.c, exp_in_place(x + i + 8, maxima, scales));
    s.d = vaddq_f32(s.d, exp_in_place(x + i + 12, maxima, scales));
  }
  float rest[BB_LANES];
  store_lanes(rest, s);
  for (size_t j = i; j < n; j++) x[j] = bb_exp((x[j] - max) * scale);
  bb_lanes_add(rest, x, i, n);
  return bb_lanes_sum(rest);
}

static void f32_scale_neon(float alpha, float *x, size_t n) {
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH)
    vst1q_f32(x + i, vmulq_n_f32(vld1q_f32(x + i), alpha));
  for (; i < n; i++) x[i] *= alpha;
}

/* Panels: 24 of the 32 registers hold sums, so that no addition waits for another. */
enum { MAX_VECTORS = 4, MAX_ROWS = 8 };

/* rows and vectors are constants where it is called; the columns that do not fill the
 * last vector go through a row in memory. */
static inline __attribute__((always_inline)) void tile(const bb_panel *p, size_t first,
                                                       size_t rows, size_t vectors) {
  const size_t lda = p->lda, ldc = p->ldc, width = p->width, depth = p->depth;
  const float *a = p->a + first * lda;
  float *c = p->c + first * ldc;
  const size_t last = vectors - 1, rest = p->columns - last * WIDTH;
  float32x4_t sum[MAX_ROWS][MAX_VECTORS], y[MAX_VECTORS];
  BB_UNROLL
  for (size_t i = 0; i < rows; i++) {
    BB_UNROLL
    for (size_t v = 0; v < vectors; v++) sum[i][v] = vdupq_n_f32(0.0f);
  }
  if (p->add) {
    BB_UNROLL
    for (size_t i = 0; i < rows; i++) {
      BB_UNROLL
      for (size_t v = 0; v < last; v++) sum[i][v] = vld1q_f32(c + i * ldc + v * WIDTH);
      float row[WIDTH] = {0};
      memcpy(row, c + i * ldc + last * WIDTH, rest * sizeof *row);
      sum[i][last] = vld1q_f32(row);
    }
  }
  const float *b = p->b;
  uintptr_t prefetch = bb_prefetch_from(p->prefetch, first, depth);
  for (size_t t = 0; t < depth;) {
    prefetch = bb_fetch(prefetch, rows * p->prefetch.bytes);
    for (size_t end = bb_stretch_end(t, depth); t < end; t++, b += width) {
      BB_UNROLL
      for (size_t v = 0; v < vectors; v++) y[v] = vld1q_f32(b + v * WIDTH);
      BB_UNROLL
      for (size_t i = 0; i < rows; i++) {
        float32x4_t x = vld1q_dup_f32(a + i * lda + t);
        BB_UNROLL
        for (size_t v = 0; v < vectors; v++) sum[i][v] = vfmaq_f32(sum[i][v], x, y[v]);
      }
    }
  }
  BB_UNROLL
  for (size_t i = 0; i < rows; i++) {
    BB_UNROLL
    for (size_t v = 0; v < last; v++) vst1q_f32(c + i * ldc + v * WIDTH, sum[i][v]);
    float row[WIDTH];
    vst1q_f32(row, sum[i][last]);
    memcpy(c + i * ldc + last * WIDTH, row, rest * sizeof *row);
  }
}

#define TILE(rows, vectors)                                                              \
  static void tile_##rows##x##vectors(const bb_panel *p, size_t first) {                 \
    tile(p, first, rows, vectors);                                                       \
  }
/* clang-format off */
TILE(1, 1) TILE(2, 1) TILE(3, 1) TILE(4, 1) TILE(5, 1) TILE(6, 1)
TILE(7, 1) TILE(8, 1)
TILE(1, 2) TILE(2, 2) TILE(3, 2) TILE(4, 2) TILE(5, 2) TILE(6, 2)
TILE(7, 2) TILE(8, 2)
TILE(1, 3) TILE(2, 3) TILE(3, 3) TILE(4, 3) TILE(5, 3) TILE(6, 3)
TILE(7, 3) TILE(8, 3)
TILE(1, 4) TILE(2, 4) TILE(3, 4) TILE(4, 4) TILE(5, 4) TILE(6, 4)
#undef TILE

/* [vectors - 1], and there [rows - 1] */
static const bb_tiles tiles[MAX_VECTORS] = {
    {8, {tile_1x1, tile_2x1, tile_3x1, tile_4x1, tile_5x1, tile_6x1,
         tile_7x1, tile_8x1}},
    {8, {tile_1x2, tile_2x2, tile_3x2, tile_4x2, tile_5x2, tile_6x2,
         tile_7x2, tile_8x2}},
    {8, {tile_1x3, tile_2x3, tile_3x3, tile_4x3, tile_5x3, tile_6x3,
         tile_7x3, tile_8x3}},
    {6, {tile_1x4, tile_2x4, tile_3x4, tile_4x4, tile_5x4, tile_6x4}},
};
/* clang-format on */

static void f32_panel_neon(const bb_panel *p) {
  bb_run_tiles(p, &tiles[(p->columns - 1) / WIDTH]);
}

/* float16x4_t is loaded as integers: Advanced SIMD converts halves, but counts with them
 * only from ARMv8.2 on. */
static void f16_to_f32_neon(const uint16_t *x, float *y, size_t n) {
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH)
    vst1q_f32(y + i, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(x + i))));
  uint16_t rest[WIDTH] = {0};
  float wide[WIDTH];
  for (size_t j = i; j < n; j++) rest[j - i] = x[j];
  vst1q_f32(wide, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(rest))));
  for (size_t j = i; j < n; j++) y[j] = wide[j - i];
}

static void bf16_to_f32_neon(const uint16_t *x, float *y, size_t n) {
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH)
    vst1q_f32(y + i, vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(x + i), 16)));
  for (; i < n; i++) y[i] = bb_float_from_bits((uint32_t)x[i] << 16);
}

static int32_t i8_dot_i16_neon(const int8_t *a, const int16_t *b, size_t n) {
  enum { STEP = 8 };
  int32x4_t sum = vdupq_n_s32(0);
  size_t i = 0;
  for (; i + STEP <= n; i += STEP) {
    int16x8_t x = vmovl_s8(vld1_s8(a + i)), y = vld1q_s16(b + i);
    sum = vmlal_s16(sum, vget_low_s16(x), vget_low_s16(y));
    sum = vmlal_s16(sum, vget_high_s16(x), vget_high_s16(y));
  }
  int32_t total = vaddvq_s32(sum);
  for (; i < n; i++) total += a[i] * b[i];
  return total;
}

static size_t f32_reaching_neon(const float *x, float limit, const float *limits,
                                size_t n, uint32_t *at) {
  const float32x4_t all = vdupq_n_f32(limit);
  size_t found = 0;
  for (size_t i = 0; i < n; i += WIDTH) {
    if (n - i >= WIDTH) { /* mostly none reaches */
      float32x4_t least = vminq_f32(all, vld1q_f32(limits + i));
      if (vmaxvq_u32(vcgeq_f32(vld1q_f32(x + i), least)) == 0) continue;
    }
    for (size_t j = i; j < i + WIDTH && j < n; j++)
      if (x[j] >= limit || x[j] >= limits[j]) at[found++] = (uint32_t)j;
  }
  return found;
}

/* Products of integers --------------------------------------------------------------- */

/* Signed by signed bytes, so a is shifted by 128, and 128 times the sum of the weights is
 * added. Two products fit 16 bits: 128 * 127 * 2 = 32,512. */
enum { INT_VECTORS = 4, INT_ROWS = 4, I8_SHIFT = 128 };

typedef int32x4_t int_vector;
typedef float32x4_t float_vector;

static inline int_vector int_load(const int32_t *x) {
  return vld1q_s32(x);
}

static inline int_vector int_word(int32_t x) {
  return vdupq_n_s32(x);
}

static inline int_vector int_start(bb_int_type kind, const int32_t *sums) {
  return kind == BB_INT8 ? vshlq_n_s32(vld1q_s32(sums), 7) : vdupq_n_s32(0);
}

static inline int_vector int_dot(bb_int_type kind, int_vector sum, int_vector x,
                                 int_vector w) {
  if (kind == BB_INT16) {
    int16x8_t a = vreinterpretq_s16_s32(x), b = vreinterpretq_s16_s32(w);
    int32x4_t low = vmull_s16(vget_low_s16(a), vget_low_s16(b));
    return vaddq_s32(sum, vpaddq_s32(low, vmull_high_s16(a, b)));
  }
  uint8x16_t bytes = veorq_u8(vreinterpretq_u8_s32(x), vdupq_n_u8(I8_SHIFT));
  int8x16_t a = vreinterpretq_s8_u8(bytes), b = vreinterpretq_s8_s32(w);
  int16x8_t low = vmull_s8(vget_low_s8(a), vget_low_s8(b)), high = vmull_high_s8(a, b);
  return vpadalq_s16(sum, vpaddq_s16(low, high));
}

static inline float_vector float_load(const float *x, size_t count) {
  if (count >= WIDTH) return vld1q_f32(x);
  float row[WIDTH] = {0};
  memcpy(row, x, count * sizeof *row);
  return vld1q_f32(row);
}

static inline void float_store(float *x, float_vector v, size_t count) {
  float row[WIDTH];
  vst1q_f32(row, v);
  memcpy(x, row, (count < WIDTH ? count : WIDTH) * sizeof *row);
}

static inline float_vector float_set(float x) {
  return vdupq_n_f32(x);
}

static inline float_vector float_multiply(float_vector a, float_vector b) {
  return vmulq_f32(a, b);
}

static inline float_vector float_fma(float_vector a, float_vector b, float_vector c) {
  return vfmaq_f32(c, a, b);
}

static inline float_vector float_from_int(int_vector x) {
  return vcvtq_f32_s32(x);
}

#define int_keep(x) __asm__("" : "+w"(x))
#include "kernels/int_tiles.inc"

static void i8_panel_neon(const bb_int_panel *p) {
  int_panel(p, BB_INT8);
}

static void i16_panel_neon(const bb_int_panel *p) {
  int_panel(p, BB_INT16);
}

/* round(scale * exp(...)), four at a time; the other rows of integers are left to
 * scalar.c, where they take little of an encoder's time. */
static inline int32x4_t softmax_codes(float32x4_t t) {
  const float32x4_t round = vdupq_n_f32(BB_EXP2_ROUND);
  t = vmaxnmq_f32(t, vdupq_n_f32(BB_EXP2_MIN)); /* the number, if one is a NaN */
  float32x4_t shifted = vaddq_f32(t, round);
  float32x4_t r = vsubq_f32(t, vsubq_f32(shifted, round));
  float32x4_t p = vdupq_n_f32(BB_EXP2[BB_EXP2_DEGREE]);
  BB_UNROLL
  for (int k = BB_EXP2_DEGREE - 1; k >= 0; k--)
    p = vfmaq_f32(vdupq_n_f32(BB_EXP2[k]), p, r);
  int32x4_t power = vshlq_n_s32(vreinterpretq_s32_f32(shifted), BB_FLOAT_FRACTION_BITS);
  int32x4_t e = vaddq_s32(vreinterpretq_s32_f32(p), power);
  return vcvtnq_s32_f32(vreinterpretq_f32_s32(e));
}

static bb_i8_range softmax_row(const float *x, float scale, int16_t *p, size_t n) {
  bb_extremes e = {INFINITY, -INFINITY, true};
  bb_extend(&e, x, 0, n);
  const float max = e.max, factor = scale * BB_LOG2_E;
  int32x4_t sum = vdupq_n_s32(0);
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    float32x4_t d = vsubq_f32(vld1q_f32(x + i), vdupq_n_f32(max));
    int32x4_t code = softmax_codes(vmulq_n_f32(d, factor));
    vst1_s16(p + i, vmovn_s32(code));
    sum = vaddq_s32(sum, code);
  }
  int64_t total = vaddlvq_s32(sum);
  for (; i < n; i++) total += p[i] = bb_softmax_code((x[i] - max) * factor);
  return bb_softmax_range(total, e);
}

static void i16_softmax_neon(const float *x, size_t rows, size_t n, float scale,
                             const bb_int_rows *p) {
  for (size_t i = 0; i < rows; i++)
    *bb_range_of(p, i) = softmax_row(x + i * n, scale, bb_int_row(p, i), n);
}

void bb_kernels_init_neon(bb_kernels *k) {
  k->name = "neon";
  k->int_step = WIDTH;
  k->int_max = INT_VECTORS * WIDTH;
  k->i8_panel = i8_panel_neon;
  k->i16_panel = i16_panel_neon;
  k->i16_softmax = i16_softmax_neon;
  k->f32_dot = f32_dot_neon;
  k->f32_axpy = f32_axpy_neon;
  k->f32_add3 = f32_add3_neon;
  k->f32_bias_gelu = f32_bias_gelu_neon;
  k->f32_bias_gelu_backward = f32_bias_gelu_backward_neon;
  k->f32_bias_rough_gelu = f32_bias_rough_gelu_neon;
  k->f32_layer_norm = f32_layer_norm_neon;
  k->f32_softmax = f32_softmax_neon;
  k->f32_scale = f32_scale_neon;
  k->panel_step = WIDTH;
  k->panel_max = MAX_VECTORS * WIDTH;
  k->f32_panel = f32_panel_neon;
  k->f16_to_f32 = f16_to_f32_neon;
  k->bf16_to_f32 = bf16_to_f32_neon;
  k->i8_dot_i16 = i8_dot_i16_neon;
  k->f32_reaching = f32_reaching_neon;
}

#else

void bb_kernels_init_neon(bb_kernels *k) {
  (void)k;
}

#endif
