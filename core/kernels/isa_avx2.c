/* isa_avx2.c - the kernels with AVX2, FMA and F16C. The 16 lanes of a sum are two
 * registers. What the steps mean is said in scalar.c, vector_math.h and lanes.h. */
#include "kernels/kernels.h"

#if defined(__x86_64__)

#include <math.h>
#include <string.h>

#include "kernels/avx2_vectors.inc"
#include "kernels/drop.inc"
#include "kernels/i8.h"
#include "kernels/lanes.h"
#include "kernels/tiles.h"
#include "kernels/vector_math.h"

static float tree_sum(__m256 low, __m256 high) {
  __m256 eight = _mm256_add_ps(low, high);
  __m128 four =
      _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static void store_lanes(float lanes[BB_LANES], __m256 low, __m256 high) {
  _mm256_storeu_ps(lanes, low);
  _mm256_storeu_ps(lanes + WIDTH, high);
}

static float f32_dot_avx2(const float *a, const float *b, size_t n) {
  __m256 low = _mm256_setzero_ps(), high = low;
  size_t i = 0;
  for (; i + BB_LANES <= n; i += BB_LANES) {
    low = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), low);
    high = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + WIDTH), _mm256_loadu_ps(b + i + WIDTH),
                           high);
  }
  if (i == n) return tree_sum(low, high);
  float lanes[BB_LANES];
  store_lanes(lanes, low, high);
  bb_lanes_add_products(lanes, a, b, i, n);
  return bb_lanes_sum(lanes);
}

static void f32_axpy_avx2(float alpha, const float *x, float *y, size_t n) {
  __m256 factor = _mm256_set1_ps(alpha);
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH)
    _mm256_storeu_ps(
        y + i, _mm256_fmadd_ps(factor, _mm256_loadu_ps(x + i), _mm256_loadu_ps(y + i)));
  for (; i < n; i++) y[i] = fmaf(alpha, x[i], y[i]);
}

static void f32_add3_avx2(const float *a, const float *b, const float *c, float *y,
                          size_t n) {
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    __m256 sum = _mm256_add_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i));
    _mm256_storeu_ps(y + i, _mm256_add_ps(sum, _mm256_loadu_ps(c + i)));
  }
  for (; i < n; i++) y[i] = a[i] + b[i] + c[i];
}

/* Of each number's piece; the lookup takes the low 3 bits. */
static inline __m256 gelu_coefficients(const float row[BB_GELU_PIECES], __m256i piece) {
  return _mm256_permutevar8x32_ps(_mm256_loadu_ps(row), piece);
}

static inline __m256 gelu(__m256 v) {
  const __m256 round = _mm256_set1_ps(BB_ROUND);
  __m256 positive = _mm256_max_ps(_mm256_setzero_ps(), v); /* NaN and -0 stay */
  __m256 a = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v);
  __m256 inside = _mm256_cmp_ps(a, _mm256_set1_ps(BB_GELU_CUT), _CMP_LT_OQ);
  __m256 shifted = _mm256_fmadd_ps(a, _mm256_set1_ps(BB_GELU_PER_STEP), round);
  __m256 centre = _mm256_sub_ps(shifted, round);
  __m256i piece = _mm256_castps_si256(shifted);
  __m256 r = _mm256_fnmadd_ps(centre, _mm256_set1_ps(BB_GELU_STEP), a);
  __m256 g = gelu_coefficients(BB_GELU[BB_GELU_DEGREE], piece);
  BB_UNROLL
  for (int k = BB_GELU_DEGREE - 1; k >= 0; k--)
    g = _mm256_fmadd_ps(g, r, gelu_coefficients(BB_GELU[k], piece));
  return _mm256_sub_ps(positive, _mm256_and_ps(g, inside));
}

static void f32_bias_gelu_avx2(float *x, const float *bias, size_t n) {
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    __m256 v = _mm256_add_ps(_mm256_loadu_ps(x + i), _mm256_loadu_ps(bias + i));
    _mm256_storeu_ps(x + i, gelu(v));
  }
  for (; i < n; i++) x[i] = bb_gelu(x[i] + bias[i]);
}

static inline __m256 gelu_slope(__m256 v) {
  const __m256 round = _mm256_set1_ps(BB_ROUND), zero = _mm256_setzero_ps();
  __m256 a = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v);
  __m256 inside = _mm256_cmp_ps(a, _mm256_set1_ps(BB_GELU_CUT), _CMP_LT_OQ);
  __m256 shifted = _mm256_fmadd_ps(a, _mm256_set1_ps(BB_GELU_PER_STEP), round);
  __m256 centre = _mm256_sub_ps(shifted, round);
  __m256i piece = _mm256_castps_si256(shifted);
  __m256 r = _mm256_fnmadd_ps(centre, _mm256_set1_ps(BB_GELU_STEP), a);
  __m256 g = gelu_coefficients(BB_GELU_SLOPE[BB_GELU_SLOPE_DEGREE], piece);
  BB_UNROLL
  for (int k = BB_GELU_SLOPE_DEGREE - 1; k >= 0; k--)
    g = _mm256_fmadd_ps(g, r, gelu_coefficients(BB_GELU_SLOPE[k], piece));
  g = _mm256_blendv_ps(_mm256_sub_ps(v, v), g, inside); /* outside: 0, or NaN */
  __m256 positive = _mm256_cmp_ps(v, zero, _CMP_GT_OQ);
  return _mm256_blendv_ps(g, _mm256_sub_ps(_mm256_set1_ps(1.0f), g), positive);
}

static void f32_bias_gelu_backward_avx2(float *d, const float *x, const float *bias,
                                        size_t n) {
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    __m256 v = _mm256_add_ps(_mm256_loadu_ps(x + i), _mm256_loadu_ps(bias + i));
    _mm256_storeu_ps(d + i, _mm256_mul_ps(_mm256_loadu_ps(d + i), gelu_slope(v)));
  }
  for (; i < n; i++) d[i] *= bb_gelu_slope(x[i] + bias[i]);
}

static void f32_bias_rough_gelu_avx2(float *x, const float *bias, size_t n) {
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    __m256 v = _mm256_add_ps(_mm256_loadu_ps(x + i), _mm256_loadu_ps(bias + i));
    __m256 positive = _mm256_max_ps(_mm256_setzero_ps(), v);
    __m256 a = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v);
    a = _mm256_min_ps(a, _mm256_set1_ps(BB_ROUGH_GELU_CUT)); /* the second, if a is NaN */
    __m256 g = _mm256_set1_ps(BB_ROUGH_GELU[BB_ROUGH_GELU_DEGREE]);
    BB_UNROLL
    for (int k = BB_ROUGH_GELU_DEGREE - 1; k >= 0; k--)
      g = _mm256_fmadd_ps(g, a, _mm256_set1_ps(BB_ROUGH_GELU[k]));
    _mm256_storeu_ps(x + i, _mm256_fnmadd_ps(g, a, positive));
  }
  for (; i < n; i++) x[i] = bb_rough_gelu(x[i] + bias[i]);
}

static float sum(const float *x, size_t n) {
  __m256 low = _mm256_setzero_ps(), high = low;
  size_t i = 0;
  for (; i + BB_LANES <= n; i += BB_LANES) {
    low = _mm256_add_ps(low, _mm256_loadu_ps(x + i));
    high = _mm256_add_ps(high, _mm256_loadu_ps(x + i + WIDTH));
  }
  if (i == n) return tree_sum(low, high);
  float lanes[BB_LANES];
  store_lanes(lanes, low, high);
  bb_lanes_add(lanes, x, i, n);
  return bb_lanes_sum(lanes);
}

static float sum_of_squares(const float *x, float mean, size_t n) {
  __m256 low = _mm256_setzero_ps(), high = low, centre = _mm256_set1_ps(mean);
  size_t i = 0;
  for (; i + BB_LANES <= n; i += BB_LANES) {
    __m256 d = _mm256_sub_ps(_mm256_loadu_ps(x + i), centre);
    __m256 e = _mm256_sub_ps(_mm256_loadu_ps(x + i + WIDTH), centre);
    low = _mm256_fmadd_ps(d, d, low);
    high = _mm256_fmadd_ps(e, e, high);
  }
  if (i == n) return tree_sum(low, high);
  float lanes[BB_LANES];
  store_lanes(lanes, low, high);
  bb_lanes_add_squares(lanes, x, mean, i, n);
  return bb_lanes_sum(lanes);
}

static void norm_row(const float *x, const float *gamma, const float *beta, float eps,
                     float *y, size_t n) {
  float mean = sum(x, n) / (float)n;
  float scale = bb_inverse_deviation(sum_of_squares(x, mean, n), n, eps);
  __m256 means = _mm256_set1_ps(mean), scales = _mm256_set1_ps(scale);
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    __m256 d = _mm256_mul_ps(_mm256_sub_ps(_mm256_loadu_ps(x + i), means), scales);
    _mm256_storeu_ps(
        y + i, _mm256_fmadd_ps(d, _mm256_loadu_ps(gamma + i), _mm256_loadu_ps(beta + i)));
  }
  for (; i < n; i++) y[i] = fmaf((x[i] - mean) * scale, gamma[i], beta[i]);
}

static void f32_layer_norm_avx2(const float *x, size_t rows, const float *gamma,
                                const float *beta, float eps, float *y, size_t n) {
  for (size_t i = 0; i < rows; i++) norm_row(x + i * n, gamma, beta, eps, y + i * n, n);
}

static inline __m256 exponential(__m256 x) {
  const __m256 round = _mm256_set1_ps(BB_EXP_ROUND);
  __m256 flushed = _mm256_cmp_ps(x, _mm256_set1_ps(BB_EXP_LEAST), _CMP_LT_OQ);
  __m256 shifted = _mm256_fmadd_ps(x, _mm256_set1_ps(BB_LOG2_E), round);
  __m256 n = _mm256_sub_ps(shifted, round);
  __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(BB_LN2_HIGH), x);
  r = _mm256_fnmadd_ps(n, _mm256_set1_ps(BB_LN2_LOW), r);
  __m256 p = _mm256_set1_ps(BB_EXP[BB_EXP_DEGREE]);
  BB_UNROLL
  for (int k = BB_EXP_DEGREE - 1; k >= 0; k--)
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(BB_EXP[k]));
  __m256i power = _mm256_slli_epi32(_mm256_castps_si256(shifted), BB_FLOAT_FRACTION_BITS);
  return _mm256_andnot_ps(flushed, _mm256_mul_ps(p, _mm256_castsi256_ps(power)));
}

static float maximum(const float *x, size_t n) {
  __m256 low = _mm256_set1_ps(-INFINITY), high = low;
  size_t i = 0;
  for (; i + BB_LANES <= n; i += BB_LANES) {
    low = _mm256_max_ps(low, _mm256_loadu_ps(x + i));
    high = _mm256_max_ps(high, _mm256_loadu_ps(x + i + WIDTH));
  }
  low = _mm256_max_ps(low, high);
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(low), _mm256_extractf128_ps(low, 1));
  __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  float max = _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
  for (; i < n; i++)
    if (x[i] > max) max = x[i];
  return max;
}

/* x[j] = exp((x[j] - max) * scale), added to the lanes; 16 elements. */
static inline void exp_block(float *x, __m256 max, __m256 scale, __m256 *low,
                             __m256 *high) {
  __m256 a = _mm256_mul_ps(_mm256_sub_ps(_mm256_loadu_ps(x), max), scale);
  __m256 b = _mm256_mul_ps(_mm256_sub_ps(_mm256_loadu_ps(x + WIDTH), max), scale);
  a = exponential(a);
  b = exponential(b);
  _mm256_storeu_ps(x, a);
  _mm256_storeu_ps(x + WIDTH, b);
  *low = _mm256_add_ps(*low, a);
  *high = _mm256_add_ps(*high, b);
}

static float f32_softmax_avx2(float *x, float scale, size_t n) {
  __m256 max = _mm256_set1_ps(maximum(x, n)), scales = _mm256_set1_ps(scale);
  __m256 low = _mm256_setzero_ps(), high = low;
  size_t i = 0;
  for (; i + BB_LANES <= n; i += BB_LANES) exp_block(x + i, max, scales, &low, &high);
  if (i <
      n) { /* the missing elements add exp(-infinity), which is +0 and changes no lane */
    float block[BB_LANES];
    for (size_t j = 0; j < BB_LANES; j++) block[j] = i + j < n ? x[i + j] : -INFINITY;
    exp_block(block, max, scales, &low, &high);
    memcpy(x + i, block, (n - i) * sizeof *x);
  }
  return tree_sum(low, high);
}

static void f32_scale_avx2(float alpha, float *x, size_t n) {
  __m256 factor = _mm256_set1_ps(alpha);
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH)
    _mm256_storeu_ps(x + i, _mm256_mul_ps(factor, _mm256_loadu_ps(x + i)));
  for (; i < n; i++) x[i] *= alpha;
}

/* Panels: 12 of the 16 registers hold sums, three a row of b, and one an element of a. */
enum { MAX_VECTORS = 3, MAX_ROWS = 6 };

/* rows and vectors are constants where it is called; whole: no column is left out. */
static inline __attribute__((always_inline)) void tile(const bb_panel *p, size_t first,
                                                       size_t rows, size_t vectors) {
  const size_t lda = p->lda, ldc = p->ldc, width = p->width, depth = p->depth;
  const float *a = p->a + first * lda;
  float *c = p->c + first * ldc;
  const size_t last = (vectors - 1) * WIDTH;
  const bool whole = p->columns == vectors * WIDTH;
  __m256 sum[MAX_ROWS][MAX_VECTORS], y[MAX_VECTORS];
  BB_UNROLL
  for (size_t i = 0; i < rows; i++) {
    BB_UNROLL
    for (size_t v = 0; v < vectors; v++) sum[i][v] = _mm256_setzero_ps();
  }
  if (p->add) {
    BB_UNROLL
    for (size_t i = 0; i < rows; i++) {
      BB_UNROLL
      for (size_t v = 0; v + 1 < vectors; v++)
        sum[i][v] = _mm256_loadu_ps(c + i * ldc + v * WIDTH);
      sum[i][vectors - 1] =
          _mm256_maskload_ps(c + i * ldc + last, mask_of(p->columns - last));
    }
  }
  const float *b = p->b;
  uintptr_t prefetch = bb_prefetch_from(p->prefetch, first, depth);
  for (size_t t = 0; t < depth;) {
    prefetch = bb_fetch(prefetch, rows * p->prefetch.bytes);
    for (size_t end = bb_stretch_end(t, depth); t < end; t++, b += width) {
      BB_UNROLL
      for (size_t v = 0; v < vectors; v++) y[v] = _mm256_loadu_ps(b + v * WIDTH);
      BB_UNROLL
      for (size_t i = 0; i < rows; i++) {
        __m256 x = _mm256_broadcast_ss(a + i * lda + t);
        BB_UNROLL
        for (size_t v = 0; v < vectors; v++)
          sum[i][v] = _mm256_fmadd_ps(x, y[v], sum[i][v]);
      }
    }
  }
  BB_UNROLL
  for (size_t i = 0; i < rows; i++) {
    BB_UNROLL
    for (size_t v = 0; v + 1 < vectors; v++)
      _mm256_storeu_ps(c + i * ldc + v * WIDTH, sum[i][v]);
    if (whole)
      _mm256_storeu_ps(c + i * ldc + last, sum[i][vectors - 1]);
    else
      _mm256_maskstore_ps(c + i * ldc + last, mask_of(p->columns - last),
                          sum[i][vectors - 1]);
  }
}

#define TILE(rows, vectors)                                                              \
  static void tile_##rows##x##vectors(const bb_panel *p, size_t first) {                 \
    tile(p, first, rows, vectors);                                                       \
  }
/* clang-format off */
TILE(1, 1) TILE(2, 1) TILE(3, 1) TILE(4, 1) TILE(5, 1) TILE(6, 1)
TILE(1, 2) TILE(2, 2) TILE(3, 2) TILE(4, 2) TILE(5, 2) TILE(6, 2)
TILE(1, 3) TILE(2, 3) TILE(3, 3) TILE(4, 3)
#undef TILE

/* [vectors - 1], and there [rows - 1] */
static const bb_tiles tiles[MAX_VECTORS] = {
    {6, {tile_1x1, tile_2x1, tile_3x1, tile_4x1, tile_5x1, tile_6x1}},
    {6, {tile_1x2, tile_2x2, tile_3x2, tile_4x2, tile_5x2, tile_6x2}},
    {4, {tile_1x3, tile_2x3, tile_3x3, tile_4x3}},
};
/* clang-format on */

static void f32_panel_avx2(const bb_panel *p) {
  bb_run_tiles(p, &tiles[(p->columns - 1) / WIDTH]);
}

static __m128i load_8_halves(const uint16_t *x) {
  return _mm_loadu_si128((const __m128i *)(const void *)x);
}

static void f16_to_f32_avx2(const uint16_t *x, float *y, size_t n) {
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH)
    _mm256_storeu_ps(y + i, _mm256_cvtph_ps(load_8_halves(x + i)));
  for (; i < n; i++) y[i] = _cvtsh_ss(x[i]);
}

static void bf16_to_f32_avx2(const uint16_t *x, float *y, size_t n) {
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    __m256i wide = _mm256_slli_epi32(_mm256_cvtepu16_epi32(load_8_halves(x + i)), 16);
    _mm256_storeu_ps(y + i, _mm256_castsi256_ps(wide));
  }
  for (; i < n; i++) y[i] = bb_float_from_bits((uint32_t)x[i] << 16);
}

static int32_t i8_dot_i16_avx2(const int8_t *a, const int16_t *b, size_t n) {
  enum { STEP = 16 };
  __m256i sum = _mm256_setzero_si256(), other = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 2 * STEP <= n; i += 2 * STEP) {
    __m256i x = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(a + i)));
    __m256i y = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(a + i + STEP)));
    __m256i u = _mm256_loadu_si256((const __m256i *)(b + i));
    __m256i v = _mm256_loadu_si256((const __m256i *)(b + i + STEP));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x, u));
    other = _mm256_add_epi32(other, _mm256_madd_epi16(y, v));
  }
  sum = _mm256_add_epi32(sum, other);
  __m128i four =
      _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, _MM_SHUFFLE(1, 0, 3, 2)));
  __m128i one = _mm_add_epi32(two, _mm_shuffle_epi32(two, _MM_SHUFFLE(2, 3, 0, 1)));
  int32_t total = _mm_cvtsi128_si32(one);
  for (; i < n; i++) total += a[i] * b[i];
  return total;
}

/* Products of integers --------------------------------------------------------------- */

/* 12 of the 16 registers hold sums. */
enum { INT_VECTORS = 2, INT_ROWS = 6, INT_TILES = 2 };

static inline int_vector pair_dot(int_vector sum, int_vector x, int_vector w) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(x, w));
}

static inline int_vector pairs_of_bytes(int_vector x) {
  return _mm256_and_si256(x, _mm256_set1_epi16(0xFF));
}

static inline int_vector shift_right_8(int_vector x) {
  return _mm256_srli_epi16(x, 8);
}

static inline int_vector shift_left_8(int_vector x) {
  return _mm256_slli_epi16(x, 8);
}

static inline int_vector shift_signed_8(int_vector x) {
  return _mm256_srai_epi16(x, 8);
}

static inline void int_store(int32_t *x, int_vector v) {
  _mm256_storeu_si256((__m256i *)(void *)x, v);
}

#include "kernels/int_pairs.inc"

/* Rows of integers ------------------------------------------------------------------- */

static inline bb_extremes extremes_of(const float *x, size_t n) {
  __m256 min = _mm256_set1_ps(INFINITY), max = _mm256_set1_ps(-INFINITY);
  const __m256 zero = _mm256_setzero_ps();
  __m256 nothing = zero; /* times a number that is not finite, 0 is NaN */
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    __m256 v = _mm256_loadu_ps(x + i);
    min = _mm256_min_ps(v, min); /* the second, if v is a NaN */
    max = _mm256_max_ps(v, max);
    nothing = _mm256_fmadd_ps(v, zero, nothing);
  }
  float low[WIDTH], high[WIDTH];
  _mm256_storeu_ps(low, min);
  _mm256_storeu_ps(high, max);
  __m256 odd = _mm256_cmp_ps(nothing, nothing, _CMP_UNORD_Q);
  bb_extremes e = {INFINITY, -INFINITY, _mm256_movemask_ps(odd) == 0};
  for (size_t j = 0; j < WIDTH; j++) {
    if (low[j] < e.min) e.min = low[j];
    if (high[j] > e.max) e.max = high[j];
  }
  bb_extend(&e, x, i, n);
  return e;
}

/* round(x * inverse) in the low bits. */
static inline __m256i codes(__m256 x, __m256 inverse) {
  __m256 code = _mm256_mul_ps(x, inverse);
  return _mm256_castps_si256(_mm256_add_ps(code, _mm256_set1_ps(BB_ROUND)));
}

/* The low bytes of 16 numbers. */
static inline void store_bytes(void *q, __m256i a, __m256i b) {
  const __m256i byte = _mm256_set1_epi32(255);
  __m256i words =
      _mm256_packus_epi32(_mm256_and_si256(a, byte), _mm256_and_si256(b, byte));
  words = _mm256_permute4x64_epi64(words, _MM_SHUFFLE(3, 1, 2, 0));
  __m128i bytes =
      _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storeu_si128(q, bytes);
}

static void quantize_row(const float *x, size_t n, uint8_t *q, bb_i8_range *range) {
  bb_extremes e = extremes_of(x, n);
  *range = bb_i8_range_of(e);
  float inverse = bb_i8_inverse(e);
  __m256 min = _mm256_set1_ps(e.min), factor = _mm256_set1_ps(inverse);
  size_t i = 0;
  for (; i + 2 * WIDTH <= n; i += 2 * WIDTH) {
    __m256 a = _mm256_sub_ps(_mm256_loadu_ps(x + i), min);
    __m256 b = _mm256_sub_ps(_mm256_loadu_ps(x + i + WIDTH), min);
    store_bytes(q + i, codes(a, factor), codes(b, factor));
  }
  for (; i < n; i++) q[i] = bb_i8_round(x[i], e.min, inverse);
}

static void i8_quantize_avx2(const float *x, size_t ldx, size_t rows, size_t n,
                             const bb_int_rows *q) {
  for (size_t i = 0; i < rows; i++)
    quantize_row(x + i * ldx, n, bb_int_row(q, i), bb_range_of(q, i));
}

static float f32_magnitude(const float *x, size_t n) {
  const __m256i size = _mm256_set1_epi32(INT32_MAX);
  __m256i max = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    __m256i v = _mm256_castps_si256(_mm256_loadu_ps(x + i));
    max = _mm256_max_epi32(max, _mm256_and_si256(v, size));
  }
  float lanes[WIDTH], magnitude = 0.0f;
  _mm256_storeu_ps(lanes, _mm256_castsi256_ps(max));
  for (size_t j = 0; j < WIDTH; j++)
    magnitude = bb_greater_magnitude(lanes[j], magnitude);
  for (; i < n; i++) magnitude = bb_greater_magnitude(x[i], magnitude);
  return magnitude;
}

static void f32_magnitudes_avx2(const float *x, size_t ldx, size_t rows, float *y,
                                size_t n) {
  const __m256i size = _mm256_set1_epi32(INT32_MAX);
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    __m256i max = _mm256_setzero_si256();
    for (size_t r = 0; r < rows; r++) {
      __m256i v = _mm256_castps_si256(_mm256_loadu_ps(x + r * ldx + i));
      max = _mm256_max_epi32(max, _mm256_and_si256(v, size));
    }
    _mm256_storeu_ps(y + i, _mm256_castsi256_ps(max));
  }
  for (; i < n; i++) {
    y[i] = 0.0f;
    for (size_t r = 0; r < rows; r++) y[i] = bb_greater_magnitude(x[r * ldx + i], y[i]);
  }
}

static void level_row(const float *x, size_t n, const bb_code_rows *to, size_t row) {
  float scale = bb_i8_scale(f32_magnitude(x, n)), inverse = bb_i8_scale_inverse(scale);
  int8_t *q = to->codes + row * to->ld;
  memset(q, 0, n);
  if (inverse == 0.0f) {
    bb_set_code_row(to, row, scale, 0);
    return;
  }
  __m256 factor = _mm256_set1_ps(inverse);
  __m256i sums = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 2 * WIDTH <= n; i += 2 * WIDTH) {
    __m256i a = codes(_mm256_loadu_ps(x + i), factor);
    __m256i b = codes(_mm256_loadu_ps(x + i + WIDTH), factor);
    store_bytes(q + i, a, b);
    sums = _mm256_add_epi32(sums, _mm256_add_epi32(a, b));
  }
  uint32_t lanes[WIDTH], sum = 0;
  _mm256_storeu_si256((__m256i *)(void *)lanes, sums);
  for (size_t j = 0; j < WIDTH; j++) sum += lanes[j];
  /* Each code still has BB_ROUND's upper bits, which are taken off here. */
  sum -= (uint32_t)i * bb_float_bits(BB_ROUND);
  for (; i < n; i++) {
    q[i] = (int8_t)bb_round_bits(x[i] * inverse);
    sum += (uint32_t)q[i];
  }
  bb_set_code_row(to, row, scale, (int32_t)sum);
}

static void i8_codes_avx2(const float *x, size_t ldx, size_t rows, size_t n,
                          const bb_code_rows *q) {
  for (size_t i = 0; i < rows; i++) level_row(x + i * ldx, n, q, i);
}

static void i16_code_pairs_avx2(const float *x, const float *y, const float *inverse,
                                int16_t *q, size_t n) {
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    __m256 factor = _mm256_loadu_ps(inverse + i);
    __m256i low = codes(_mm256_loadu_ps(x + i), factor);
    __m256i high = codes(_mm256_loadu_ps(y + i), factor);
    __m256i pair = _mm256_blend_epi16(low, _mm256_slli_epi32(high, 16), 0xAA);
    _mm256_storeu_si256((__m256i *)(void *)(q + 2 * i), pair);
  }
  for (; i < n; i++) {
    q[2 * i] = (int16_t)bb_round_bits(x[i] * inverse[i]);
    q[2 * i + 1] = (int16_t)bb_round_bits(y[i] * inverse[i]);
  }
}

static inline __m256i softmax_codes(__m256 t) {
  const __m256 round = _mm256_set1_ps(BB_EXP2_ROUND);
  t = _mm256_max_ps(t, _mm256_set1_ps(BB_EXP2_MIN)); /* the second, if t is a NaN */
  __m256 shifted = _mm256_add_ps(t, round);
  __m256 r = _mm256_sub_ps(t, _mm256_sub_ps(shifted, round));
  __m256 p = _mm256_set1_ps(BB_EXP2[BB_EXP2_DEGREE]);
  BB_UNROLL
  for (int k = BB_EXP2_DEGREE - 1; k >= 0; k--)
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(BB_EXP2[k]));
  __m256i power = _mm256_slli_epi32(_mm256_castps_si256(shifted), BB_FLOAT_FRACTION_BITS);
  __m256 e = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), power));
  return _mm256_cvtps_epi32(e); /* rounds as the addition of BB_ROUND does */
}

static bb_i8_range softmax_row(const float *x, float scale, int16_t *p, size_t n) {
  bb_extremes e = extremes_of(x, n);
  float factor = scale * BB_LOG2_E;
  __m256 max = _mm256_set1_ps(e.max), factors = _mm256_set1_ps(factor);
  __m256i sum = _mm256_setzero_si256();
  size_t i = 0;
  for (; i + 2 * WIDTH <= n; i += 2 * WIDTH) {
    __m256 a = _mm256_sub_ps(_mm256_loadu_ps(x + i), max);
    __m256 b = _mm256_sub_ps(_mm256_loadu_ps(x + i + WIDTH), max);
    __m256i low = softmax_codes(_mm256_mul_ps(a, factors));
    __m256i high = softmax_codes(_mm256_mul_ps(b, factors));
    __m256i words = _mm256_packs_epi32(low, high);
    words = _mm256_permute4x64_epi64(words, _MM_SHUFFLE(3, 1, 2, 0));
    _mm256_storeu_si256((__m256i *)(void *)(p + i), words);
    sum = _mm256_add_epi32(sum, _mm256_add_epi32(low, high));
  }
  int32_t lanes[WIDTH];
  _mm256_storeu_si256((__m256i *)(void *)lanes, sum);
  int64_t total = 0;
  for (size_t j = 0; j < WIDTH; j++) total += lanes[j];
  for (; i < n; i++) total += p[i] = bb_softmax_code((x[i] - e.max) * factor);
  return bb_softmax_range(total, e);
}

static void i16_softmax_avx2(const float *x, size_t rows, size_t n, float scale,
                             const bb_int_rows *p) {
  for (size_t i = 0; i < rows; i++)
    *bb_range_of(p, i) = softmax_row(x + i * n, scale, bb_int_row(p, i), n);
}

static void i8_dequantize_avx2(const int8_t *q, float scale, float *y, size_t n) {
  __m256 factor = _mm256_set1_ps(scale);
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    __m256i wide = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const void *)(q + i)));
    _mm256_storeu_ps(y + i, _mm256_mul_ps(factor, _mm256_cvtepi32_ps(wide)));
  }
  for (; i < n; i++) y[i] = scale * (float)q[i];
}

/* Half of the points: their sums stay in registers. */
static void push_half_avx2(const bb_body *bodies, size_t count, bb_pushed *p,
                           size_t first) {
  const __m256 one = _mm256_set1_ps(1.0f);
  const __m256 px = _mm256_loadu_ps(p->x + first), py = _mm256_loadu_ps(p->y + first);
  __m256 push_x = _mm256_loadu_ps(p->push_x + first);
  __m256 push_y = _mm256_loadu_ps(p->push_y + first);
  __m256 weight = _mm256_loadu_ps(p->weight + first);
  for (size_t i = 0; i < count; i++) {
    __m256 x = _mm256_sub_ps(px, _mm256_set1_ps(bodies[i].x));
    __m256 y = _mm256_sub_ps(py, _mm256_set1_ps(bodies[i].y));
    __m256 square = _mm256_add_ps(_mm256_mul_ps(x, x), _mm256_mul_ps(y, y));
    __m256 q = _mm256_div_ps(one, _mm256_add_ps(one, square));
    __m256 w = _mm256_mul_ps(_mm256_set1_ps(bodies[i].mass), q);
    weight = _mm256_add_ps(weight, w);
    w = _mm256_mul_ps(w, q);
    push_x = _mm256_add_ps(push_x, _mm256_mul_ps(w, x));
    push_y = _mm256_add_ps(push_y, _mm256_mul_ps(w, y));
  }
  _mm256_storeu_ps(p->push_x + first, push_x);
  _mm256_storeu_ps(p->push_y + first, push_y);
  _mm256_storeu_ps(p->weight + first, weight);
}

static void f32_push_avx2(const bb_body *bodies, size_t count, bb_pushed *points) {
  for (size_t first = 0; first < BB_LANES; first += WIDTH)
    push_half_avx2(bodies, count, points, first);
}

static size_t f32_reaching_avx2(const float *x, float limit, const float *limits,
                                size_t n, uint32_t *at) {
  const __m256 all = _mm256_set1_ps(limit);
  size_t i = 0, found = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    __m256 least = _mm256_min_ps(all, _mm256_loadu_ps(limits + i));
    __m256 reaches = _mm256_cmp_ps(_mm256_loadu_ps(x + i), least, _CMP_GE_OQ);
    for (int bits = _mm256_movemask_ps(reaches); bits; bits &= bits - 1)
      at[found++] = (uint32_t)i + (uint32_t)__builtin_ctz((unsigned)bits);
  }
  for (; i < n; i++)
    if (x[i] >= limit || x[i] >= limits[i]) at[found++] = (uint32_t)i;
  return found;
}

void bb_kernels_init_avx2(bb_kernels *k) {
  k->name = "avx2";
  k->int_step = WIDTH;
  k->int_max = PANEL_COLUMNS;
  k->i8_panel = bytes_panel;
  k->i16_panel = pairs_panel;
  k->i8_quantize = i8_quantize_avx2;
  k->f32_magnitudes = f32_magnitudes_avx2;
  k->i8_codes = i8_codes_avx2;
  k->i16_code_pairs = i16_code_pairs_avx2;
  k->i16_softmax = i16_softmax_avx2;
  k->i8_dequantize = i8_dequantize_avx2;
  k->f32_dot = f32_dot_avx2;
  k->f32_axpy = f32_axpy_avx2;
  k->f32_add3 = f32_add3_avx2;
  k->f32_bias_gelu = f32_bias_gelu_avx2;
  k->f32_bias_gelu_backward = f32_bias_gelu_backward_avx2;
  k->f32_bias_rough_gelu = f32_bias_rough_gelu_avx2;
  k->f32_layer_norm = f32_layer_norm_avx2;
  k->f32_softmax = f32_softmax_avx2;
  k->f32_scale = f32_scale_avx2;
  k->f32_drop = f32_drop_vectors;
  k->panel_step = WIDTH;
  k->panel_max = MAX_VECTORS * WIDTH;
  k->f32_panel = f32_panel_avx2;
  k->f16_to_f32 = f16_to_f32_avx2;
  k->bf16_to_f32 = bf16_to_f32_avx2;
  k->i8_dot_i16 = i8_dot_i16_avx2;
  k->f32_push = f32_push_avx2;
  k->f32_reaching = f32_reaching_avx2;
}

#else

void bb_kernels_init_avx2(bb_kernels *k) {
  (void)k;
}

#endif
