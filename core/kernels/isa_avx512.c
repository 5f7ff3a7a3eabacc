/* isa_avx512.c - the kernels with AVX-512 F, BW, DQ and VL. The 16 lanes of a sum are one
 * register, and a mask keeps the elements after the last one out of it. What the steps
 * mean is said in scalar.c, vector_math.h and lanes.h. */
#include "kernels/kernels.h"

#if defined(__x86_64__)

#include <math.h>
#include <string.h>

#include "kernels/avx512_vectors.inc"
#include "kernels/drop.inc"
#include "kernels/i8.h"
#include "kernels/lanes.h"
#include "kernels/tiles.h"
#include "kernels/vector_math.h"

/* Of a whole register. The compiler makes the plain instruction of it, and a store with a
 * mask is a slow one. */
enum { ALL = 0xFFFF };

static float tree_sum(__m512 lanes) {
  __m256 eight =
      _mm256_add_ps(_mm512_castps512_ps256(lanes), _mm512_extractf32x8_ps(lanes, 1));
  __m128 four =
      _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static float f32_dot_avx512(const float *a, const float *b, size_t n) {
  __m512 lanes = _mm512_setzero_ps();
  size_t i = 0;
  for (; i + BB_LANES <= n; i += BB_LANES)
    lanes = _mm512_fmadd_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i), lanes);
  __mmask16 mask = mask_of(n - i);
  lanes = _mm512_mask3_fmadd_ps(_mm512_maskz_loadu_ps(mask, a + i),
                                _mm512_maskz_loadu_ps(mask, b + i), lanes, mask);
  return tree_sum(lanes);
}

static void f32_axpy_avx512(float alpha, const float *x, float *y, size_t n) {
  __m512 factor = _mm512_set1_ps(alpha);
  for (size_t i = 0; i < n; i += BB_LANES) {
    __mmask16 mask = mask_of(n - i);
    __m512 product = _mm512_fmadd_ps(factor, _mm512_maskz_loadu_ps(mask, x + i),
                                     _mm512_maskz_loadu_ps(mask, y + i));
    _mm512_mask_storeu_ps(y + i, mask, product);
  }
}

static void f32_add3_avx512(const float *a, const float *b, const float *c, float *y,
                            size_t n) {
  for (size_t i = 0; i < n; i += BB_LANES) {
    __mmask16 mask = mask_of(n - i);
    __m512 sum = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, a + i),
                               _mm512_maskz_loadu_ps(mask, b + i));
    sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(mask, c + i));
    _mm512_mask_storeu_ps(y + i, mask, sum);
  }
}

/* The 8 pieces twice, for a lookup that takes the low 4 bits of an index. */
static inline __m512 gelu_coefficients(const float row[BB_GELU_PIECES], __m512i piece) {
  __m512 table = _mm512_broadcast_f32x8(_mm256_loadu_ps(row));
  return _mm512_permutexvar_ps(piece, table);
}

static inline __m512 gelu(__m512 v) {
  const __m512 round = _mm512_set1_ps(BB_ROUND);
  __m512 positive = _mm512_max_ps(_mm512_setzero_ps(), v); /* NaN and -0 stay */
  __m512 a = _mm512_andnot_ps(_mm512_set1_ps(-0.0f), v);
  __mmask16 inside = _mm512_cmp_ps_mask(a, _mm512_set1_ps(BB_GELU_CUT), _CMP_LT_OQ);
  __m512 shifted = _mm512_fmadd_ps(a, _mm512_set1_ps(BB_GELU_PER_STEP), round);
  __m512 centre = _mm512_sub_ps(shifted, round);
  __m512i piece = _mm512_castps_si512(shifted);
  __m512 r = _mm512_fnmadd_ps(centre, _mm512_set1_ps(BB_GELU_STEP), a);
  __m512 g = gelu_coefficients(BB_GELU[BB_GELU_DEGREE], piece);
  BB_UNROLL
  for (int k = BB_GELU_DEGREE - 1; k >= 0; k--)
    g = _mm512_fmadd_ps(g, r, gelu_coefficients(BB_GELU[k], piece));
  return _mm512_mask_sub_ps(positive, inside, positive, g);
}

static inline void bias_gelu_16(float *x, const float *bias, __mmask16 mask) {
  __m512 v =
      _mm512_add_ps(_mm512_maskz_loadu_ps(mask, x), _mm512_maskz_loadu_ps(mask, bias));
  _mm512_mask_storeu_ps(x, mask, gelu(v));
}

static void f32_bias_gelu_avx512(float *x, const float *bias, size_t n) {
  size_t i = 0;
  for (; i + BB_LANES <= n; i += BB_LANES) bias_gelu_16(x + i, bias + i, ALL);
  if (i < n) bias_gelu_16(x + i, bias + i, mask_of(n - i));
}

static inline __m512 gelu_slope(__m512 v) {
  const __m512 round = _mm512_set1_ps(BB_ROUND);
  __m512 a = _mm512_andnot_ps(_mm512_set1_ps(-0.0f), v);
  __mmask16 inside = _mm512_cmp_ps_mask(a, _mm512_set1_ps(BB_GELU_CUT), _CMP_LT_OQ);
  __mmask16 positive = _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_GT_OQ);
  __m512 shifted = _mm512_fmadd_ps(a, _mm512_set1_ps(BB_GELU_PER_STEP), round);
  __m512 centre = _mm512_sub_ps(shifted, round);
  __m512i piece = _mm512_castps_si512(shifted);
  __m512 r = _mm512_fnmadd_ps(centre, _mm512_set1_ps(BB_GELU_STEP), a);
  __m512 g = gelu_coefficients(BB_GELU_SLOPE[BB_GELU_SLOPE_DEGREE], piece);
  BB_UNROLL
  for (int k = BB_GELU_SLOPE_DEGREE - 1; k >= 0; k--)
    g = _mm512_fmadd_ps(g, r, gelu_coefficients(BB_GELU_SLOPE[k], piece));
  g = _mm512_mask_blend_ps(inside, _mm512_sub_ps(v, v), g); /* outside: 0, or NaN */
  return _mm512_mask_sub_ps(g, positive, _mm512_set1_ps(1.0f), g);
}

static void f32_bias_gelu_backward_avx512(float *d, const float *x, const float *bias,
                                          size_t n) {
  for (size_t i = 0; i < n; i += BB_LANES) {
    __mmask16 mask = mask_of(n - i);
    __m512 v = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, x + i),
                             _mm512_maskz_loadu_ps(mask, bias + i));
    __m512 dv = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, d + i), gelu_slope(v));
    _mm512_mask_storeu_ps(d + i, mask, dv);
  }
}

static inline void bias_rough_gelu_16(float *x, const float *bias, __mmask16 mask) {
  __m512 v =
      _mm512_add_ps(_mm512_maskz_loadu_ps(mask, x), _mm512_maskz_loadu_ps(mask, bias));
  __m512 positive = _mm512_max_ps(_mm512_setzero_ps(), v);
  __m512 a = _mm512_andnot_ps(_mm512_set1_ps(-0.0f), v);
  a = _mm512_min_ps(a, _mm512_set1_ps(BB_ROUGH_GELU_CUT)); /* the second, if a is a NaN */
  __m512 g = _mm512_set1_ps(BB_ROUGH_GELU[BB_ROUGH_GELU_DEGREE]);
  BB_UNROLL
  for (int k = BB_ROUGH_GELU_DEGREE - 1; k >= 0; k--)
    g = _mm512_fmadd_ps(g, a, _mm512_set1_ps(BB_ROUGH_GELU[k]));
  _mm512_mask_storeu_ps(x, mask, _mm512_fnmadd_ps(g, a, positive));
}

static void f32_bias_rough_gelu_avx512(float *x, const float *bias, size_t n) {
  size_t i = 0;
  for (; i + BB_LANES <= n; i += BB_LANES) bias_rough_gelu_16(x + i, bias + i, ALL);
  if (i < n) bias_rough_gelu_16(x + i, bias + i, mask_of(n - i));
}

/* Rows at a time, so that the sum of one need not wait for itself: it has only one
 * register of lanes. */
enum { ROWS_AT_ONCE = 4 };

/* Those of layer_norm. */
typedef struct norm {
  __m512 sum[ROWS_AT_ONCE], mean[ROWS_AT_ONCE], scale[ROWS_AT_ONCE];
} norm;

/* rows is a constant where these are called. */
static inline __attribute__((always_inline)) void
norm_sum(norm *a, const float *x, size_t rows, size_t n, __mmask16 mask) {
  BB_UNROLL
  for (size_t r = 0; r < rows; r++) {
    __m512 v = _mm512_maskz_loadu_ps(mask, x + r * n);
    a->sum[r] = _mm512_mask_add_ps(a->sum[r], mask, a->sum[r], v);
  }
}

static inline __attribute__((always_inline)) void
norm_squares(norm *a, const float *x, size_t rows, size_t n, __mmask16 mask) {
  BB_UNROLL
  for (size_t r = 0; r < rows; r++) {
    __m512 d = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, x + r * n), a->mean[r]);
    a->sum[r] = _mm512_mask3_fmadd_ps(d, d, a->sum[r], mask);
  }
}

static inline __attribute__((always_inline)) void
norm_apply(const norm *a, const float *x, const float *gamma, const float *beta, float *y,
           size_t rows, size_t n, __mmask16 mask) {
  __m512 g = _mm512_maskz_loadu_ps(mask, gamma), b = _mm512_maskz_loadu_ps(mask, beta);
  BB_UNROLL
  for (size_t r = 0; r < rows; r++) {
    __m512 d = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, x + r * n), a->mean[r]);
    d = _mm512_fmadd_ps(_mm512_mul_ps(d, a->scale[r]), g, b);
    _mm512_mask_storeu_ps(y + r * n, mask, d);
  }
}

static inline __attribute__((always_inline)) void norm_rows(const float *x, size_t rows,
                                                            const float *gamma,
                                                            const float *beta, float eps,
                                                            float *y, size_t n) {
  const size_t whole = n / BB_LANES * BB_LANES;
  const __mmask16 rest = mask_of(n - whole);
  norm a;
  BB_UNROLL
  for (size_t r = 0; r < rows; r++) a.sum[r] = _mm512_setzero_ps();
  for (size_t i = 0; i < whole; i += BB_LANES) norm_sum(&a, x + i, rows, n, ALL);
  if (rest) norm_sum(&a, x + whole, rows, n, rest);
  BB_UNROLL
  for (size_t r = 0; r < rows; r++) {
    a.mean[r] = _mm512_set1_ps(tree_sum(a.sum[r]) / (float)n);
    a.sum[r] = _mm512_setzero_ps();
  }
  for (size_t i = 0; i < whole; i += BB_LANES) norm_squares(&a, x + i, rows, n, ALL);
  if (rest) norm_squares(&a, x + whole, rows, n, rest);
  BB_UNROLL
  for (size_t r = 0; r < rows; r++)
    a.scale[r] = _mm512_set1_ps(bb_inverse_deviation(tree_sum(a.sum[r]), n, eps));
  for (size_t i = 0; i < whole; i += BB_LANES)
    norm_apply(&a, x + i, gamma + i, beta + i, y + i, rows, n, ALL);
  if (rest)
    norm_apply(&a, x + whole, gamma + whole, beta + whole, y + whole, rows, n, rest);
}

static void f32_layer_norm_avx512(const float *x, size_t rows, const float *gamma,
                                  const float *beta, float eps, float *y, size_t n) {
  size_t r = 0;
  for (; r + ROWS_AT_ONCE <= rows; r += ROWS_AT_ONCE)
    norm_rows(x + r * n, ROWS_AT_ONCE, gamma, beta, eps, y + r * n, n);
  for (; r < rows; r++) norm_rows(x + r * n, 1, gamma, beta, eps, y + r * n, n);
}

static inline __m512 exponential(__m512 x) {
  const __m512 round = _mm512_set1_ps(BB_EXP_ROUND);
  __mmask16 kept = _mm512_cmp_ps_mask(x, _mm512_set1_ps(BB_EXP_LEAST), _CMP_NLT_UQ);
  __m512 shifted = _mm512_fmadd_ps(x, _mm512_set1_ps(BB_LOG2_E), round);
  __m512 n = _mm512_sub_ps(shifted, round);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(BB_LN2_HIGH), x);
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(BB_LN2_LOW), r);
  __m512 p = _mm512_set1_ps(BB_EXP[BB_EXP_DEGREE]);
  BB_UNROLL
  for (int k = BB_EXP_DEGREE - 1; k >= 0; k--)
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(BB_EXP[k]));
  __m512i power = _mm512_slli_epi32(_mm512_castps_si512(shifted), BB_FLOAT_FRACTION_BITS);
  return _mm512_maskz_mul_ps(kept, p, _mm512_castsi512_ps(power));
}

static float maximum(const float *x, size_t n) {
  const __m512 min = _mm512_set1_ps(-INFINITY);
  __m512 max = min;
  for (size_t i = 0; i < n; i += BB_LANES)
    max = _mm512_max_ps(max, _mm512_mask_loadu_ps(min, mask_of(n - i), x + i));
  return _mm512_reduce_max_ps(max);
}

static float f32_softmax_avx512(float *x, float scale, size_t n) {
  __m512 max = _mm512_set1_ps(maximum(x, n)), scales = _mm512_set1_ps(scale);
  __m512 lanes = _mm512_setzero_ps();
  for (size_t i = 0; i < n; i += BB_LANES) {
    __mmask16 mask = mask_of(n - i);
    __m512 d = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, x + i), max);
    __m512 e = exponential(_mm512_mul_ps(d, scales));
    _mm512_mask_storeu_ps(x + i, mask, e);
    lanes = _mm512_mask_add_ps(lanes, mask, lanes, e);
  }
  return tree_sum(lanes);
}

static void f32_scale_avx512(float alpha, float *x, size_t n) {
  __m512 factor = _mm512_set1_ps(alpha);
  for (size_t i = 0; i < n; i += BB_LANES) {
    __mmask16 mask = mask_of(n - i);
    _mm512_mask_storeu_ps(x + i, mask,
                          _mm512_mul_ps(factor, _mm512_maskz_loadu_ps(mask, x + i)));
  }
}

/* Panels: up to 24 of the 32 registers hold sums, so that no addition waits for another.
 * A narrow panel has higher tiles. */
enum { MAX_VECTORS = 3, MAX_ROWS = 12 };

/* rows and vectors are constants where it is called. */
static inline __attribute__((always_inline)) void tile(const bb_panel *p, size_t first,
                                                       size_t rows, size_t vectors) {
  const size_t lda = p->lda, ldc = p->ldc, width = p->width, depth = p->depth;
  const float *a = p->a + first * lda;
  float *c = p->c + first * ldc;
  const size_t last = vectors - 1;
  __mmask16 mask[MAX_VECTORS] = {0xFFFF, 0xFFFF, 0xFFFF};
  mask[last] = mask_of(p->columns - last * BB_LANES);
  __m512 sum[MAX_ROWS][MAX_VECTORS], y[MAX_VECTORS];
  const __mmask16 before = p->add ? 0xFFFF : 0; /* without `add` nothing is read: zeros */
  BB_UNROLL
  for (size_t i = 0; i < rows; i++) {
    BB_UNROLL
    for (size_t v = 0; v < vectors; v++)
      sum[i][v] = _mm512_maskz_loadu_ps(mask[v] & before, c + i * ldc + v * BB_LANES);
  }
  const float *b = p->b;
  uintptr_t prefetch = bb_prefetch_from(p->prefetch, first, depth);
  for (size_t t = 0; t < depth;) {
    prefetch = bb_fetch(prefetch, rows * p->prefetch.bytes);
    for (size_t end = bb_stretch_end(t, depth); t < end; t++, b += width) {
      BB_UNROLL
      for (size_t v = 0; v < vectors; v++) y[v] = _mm512_loadu_ps(b + v * BB_LANES);
      BB_UNROLL
      for (size_t i = 0; i < rows; i++) {
        __m512 x = _mm512_set1_ps(a[i * lda + t]);
        BB_UNROLL
        for (size_t v = 0; v < vectors; v++)
          sum[i][v] = _mm512_fmadd_ps(x, y[v], sum[i][v]);
      }
    }
  }
  BB_UNROLL
  for (size_t i = 0; i < rows; i++) {
    BB_UNROLL
    for (size_t v = 0; v < vectors; v++)
      _mm512_mask_storeu_ps(c + i * ldc + v * BB_LANES, mask[v], sum[i][v]);
  }
}

#define TILE(rows, vectors)                                                              \
  static void tile_##rows##x##vectors(const bb_panel *p, size_t first) {                 \
    tile(p, first, rows, vectors);                                                       \
  }
/* clang-format off */
TILE(1, 1) TILE(2, 1) TILE(3, 1) TILE(4, 1) TILE(5, 1) TILE(6, 1)
TILE(7, 1) TILE(8, 1) TILE(9, 1) TILE(10, 1) TILE(11, 1) TILE(12, 1)
TILE(1, 2) TILE(2, 2) TILE(3, 2) TILE(4, 2) TILE(5, 2) TILE(6, 2)
TILE(7, 2) TILE(8, 2) TILE(9, 2) TILE(10, 2) TILE(11, 2) TILE(12, 2)
TILE(1, 3) TILE(2, 3) TILE(3, 3) TILE(4, 3) TILE(5, 3) TILE(6, 3)
TILE(7, 3) TILE(8, 3)
#undef TILE

/* [vectors - 1], and there [rows - 1] */
static const bb_tiles tiles[MAX_VECTORS] = {
    {12, {tile_1x1, tile_2x1, tile_3x1, tile_4x1, tile_5x1, tile_6x1,
          tile_7x1, tile_8x1, tile_9x1, tile_10x1, tile_11x1, tile_12x1}},
    {12, {tile_1x2, tile_2x2, tile_3x2, tile_4x2, tile_5x2, tile_6x2,
          tile_7x2, tile_8x2, tile_9x2, tile_10x2, tile_11x2, tile_12x2}},
    {8, {tile_1x3, tile_2x3, tile_3x3, tile_4x3, tile_5x3, tile_6x3,
         tile_7x3, tile_8x3}},
};
/* clang-format on */

static void f32_panel_avx512(const bb_panel *p) {
  bb_run_tiles(p, &tiles[(p->columns - 1) / BB_LANES]);
}

static void f16_to_f32_avx512(const uint16_t *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i += BB_LANES) {
    __mmask16 mask = mask_of(n - i);
    _mm512_mask_storeu_ps(y + i, mask,
                          _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, x + i)));
  }
}

static void bf16_to_f32_avx512(const uint16_t *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i += BB_LANES) {
    __mmask16 mask = mask_of(n - i);
    __m512i wide = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, x + i));
    _mm512_mask_storeu_epi32(y + i, mask, _mm512_slli_epi32(wide, 16));
  }
}

/* 32 bytes widened to int16 and multiplied in pairs; two sums, so that one addition need
 * not wait for the other. */
static int32_t i8_dot_i16_avx512(const int8_t *a, const int16_t *b, size_t n) {
  enum { STEP = 32 };
  __m512i sum = _mm512_setzero_si512(), other = _mm512_setzero_si512();
  size_t i = 0;
  for (; i + 2 * STEP <= n; i += 2 * STEP) {
    __m512i x = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(a + i)));
    __m512i y = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(a + i + STEP)));
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(x, _mm512_loadu_si512(b + i)));
    other =
        _mm512_add_epi32(other, _mm512_madd_epi16(y, _mm512_loadu_si512(b + i + STEP)));
  }
  for (; i < n; i += STEP) {
    __mmask32 mask = n - i < STEP ? (__mmask32)((1ull << (n - i)) - 1) : 0xFFFFFFFF;
    __m512i x = _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(mask, a + i));
    sum = _mm512_add_epi32(sum,
                           _mm512_madd_epi16(x, _mm512_maskz_loadu_epi16(mask, b + i)));
  }
  return _mm512_reduce_add_epi32(_mm512_add_epi32(sum, other));
}

static size_t f32_reaching_avx512(const float *x, float limit, const float *limits,
                                  size_t n, uint32_t *at) {
  const __m512 all = _mm512_set1_ps(limit);
  const __m512i step = _mm512_set1_epi32(WIDTH);
  __m512i place = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  size_t found = 0;
  for (size_t i = 0; i < n; i += WIDTH, place = _mm512_add_epi32(place, step)) {
    __mmask16 in = n - i < WIDTH ? (__mmask16)((1u << (n - i)) - 1) : 0xFFFF;
    __m512 least = _mm512_min_ps(all, _mm512_maskz_loadu_ps(in, limits + i));
    __mmask16 reaches =
        _mm512_mask_cmp_ps_mask(in, _mm512_maskz_loadu_ps(in, x + i), least, _CMP_GE_OQ);
    if (!reaches) continue;
    _mm512_mask_compressstoreu_epi32(at + found, reaches, place);
    found += (size_t)__builtin_popcount(reaches);
  }
  return found;
}

/* Products of integers --------------------------------------------------------------- */

enum { INT_TILES = 1 };

static inline int_vector pair_dot(int_vector sum, int_vector x, int_vector w) {
  return _mm512_add_epi32(sum, _mm512_madd_epi16(x, w));
}

static inline int_vector pairs_of_bytes(int_vector x) {
  return _mm512_and_si512(x, _mm512_set1_epi16(0xFF));
}

static inline int_vector shift_right_8(int_vector x) {
  return _mm512_srli_epi16(x, 8);
}

static inline int_vector shift_left_8(int_vector x) {
  return _mm512_slli_epi16(x, 8);
}

static inline int_vector shift_signed_8(int_vector x) {
  return _mm512_srai_epi16(x, 8);
}

static inline void int_store(int32_t *x, int_vector v) {
  _mm512_storeu_si512(x, v);
}

#include "kernels/int_pairs.inc"

/* Rows of integers ------------------------------------------------------------------- */

typedef struct extent {
  __m512 min, max;
  __m512 nothing; /* 0: times a number that is not finite it is NaN */
} extent;

static inline void extend(extent *e, const float *x, __mmask16 mask) {
  __m512 v = _mm512_mask_loadu_ps(e->max, mask, x); /* where there is none: no news */
  e->min = _mm512_mask_min_ps(e->min, mask, v, e->min);
  e->max = _mm512_max_ps(v, e->max);
  e->nothing = _mm512_mask3_fmadd_ps(v, _mm512_setzero_ps(), e->nothing, mask);
}

/* Of each fourth lane. */
static inline __m128 four_greatest(__m512 v) {
  __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
  return _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
}

static inline extent no_extent(void) {
  return (extent){_mm512_set1_ps(INFINITY), _mm512_set1_ps(-INFINITY),
                  _mm512_setzero_ps()};
}

static inline bb_extremes extremes_of(extent e) {
  /* The minimum is minus the maximum of -x: one reduction for both. */
  const __m512 sign = _mm512_set1_ps(-0.0f);
  __m128 low = four_greatest(_mm512_xor_ps(e.min, sign)), high = four_greatest(e.max);
  __m128 pairs = _mm_max_ps(_mm_unpacklo_ps(low, high), _mm_unpackhi_ps(low, high));
  __m128 both = _mm_max_ps(pairs, _mm_movehl_ps(pairs, pairs));
  return (bb_extremes){-_mm_cvtss_f32(both), _mm_cvtss_f32(_mm_movehdup_ps(both)),
                       _mm512_cmp_ps_mask(e.nothing, e.nothing, _CMP_UNORD_Q) == 0};
}

static inline __attribute__((always_inline)) void
extremes_of_rows(const float *x, size_t ldx, size_t rows, size_t n,
                 bb_extremes out[ROWS_AT_ONCE]) {
  extent e[ROWS_AT_ONCE];
  BB_UNROLL
  for (size_t r = 0; r < rows; r++) e[r] = no_extent();
  size_t i = 0;
  for (; i + BB_LANES <= n; i += BB_LANES) {
    BB_UNROLL
    for (size_t r = 0; r < rows; r++) extend(&e[r], x + r * ldx + i, ALL);
  }
  BB_UNROLL
  for (size_t r = 0; r < rows; r++) {
    if (i < n) extend(&e[r], x + r * ldx + i, mask_of(n - i));
    out[r] = extremes_of(e[r]);
  }
}

/* Codes of [0, 255], rounded as the addition of BB_ROUND does; what is not finite gives
 * 0 in the end. */
static inline __m512i level_of(const float *x, __mmask16 mask, __m512 min,
                               __m512 inverse) {
  __m512 d = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, x), min);
  return _mm512_cvtps_epi32(_mm512_mul_ps(d, inverse));
}

/* As bytes. Packing goes by quarters of a register: the last step puts them in order. */
static inline __m512i four_codes(const float *x, __m512 min, __m512 inverse) {
  const __m512i order =
      _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  __m512i a = level_of(x, ALL, min, inverse);
  __m512i b = level_of(x + BB_LANES, ALL, min, inverse);
  __m512i c = level_of(x + 2 * BB_LANES, ALL, min, inverse);
  __m512i d = level_of(x + 3 * BB_LANES, ALL, min, inverse);
  __m512i bytes =
      _mm512_packus_epi16(_mm512_packus_epi32(a, b), _mm512_packus_epi32(c, d));
  return _mm512_permutexvar_epi32(order, bytes);
}

static inline __attribute__((always_inline)) void quantize_rows(const float *x,
                                                                size_t ldx, size_t first,
                                                                size_t rows, size_t n,
                                                                const bb_int_rows *to) {
  bb_extremes e[ROWS_AT_ONCE];
  x += first * ldx;
  extremes_of_rows(x, ldx, rows, n, e);
  BB_UNROLL
  for (size_t r = 0; r < rows; r++, x += ldx) {
    uint8_t *q = bb_int_row(to, first + r);
    *bb_range_of(to, first + r) = bb_i8_range_of(e[r]);
    __m512 min = _mm512_set1_ps(e[r].min);
    __m512 inverse = _mm512_set1_ps(bb_i8_inverse(e[r]));
    size_t i = 0;
    for (; i + 4 * BB_LANES <= n; i += 4 * BB_LANES)
      _mm512_storeu_si512(q + i, four_codes(x + i, min, inverse));
    for (; i < n; i += BB_LANES) {
      __mmask16 mask = mask_of(n - i);
      __m512i code = level_of(x + i, mask, min, inverse);
      _mm_mask_storeu_epi8(q + i, mask, _mm512_cvtepi32_epi8(code));
    }
  }
}

static void i8_quantize_avx512(const float *x, size_t ldx, size_t rows, size_t n,
                               const bb_int_rows *q) {
  size_t r = 0;
  for (; r + ROWS_AT_ONCE <= rows; r += ROWS_AT_ONCE)
    quantize_rows(x, ldx, r, ROWS_AT_ONCE, n, q);
  for (; r < rows; r++) quantize_rows(x, ldx, r, 1, n, q);
}

static inline __m512i greater_magnitude(__m512i max, const float *x, __mmask16 mask) {
  const __m512i sign = _mm512_set1_epi32(INT32_MIN);
  __m512i v = _mm512_maskz_loadu_epi32(mask, x);
  return _mm512_max_epi32(max, _mm512_andnot_si512(sign, v));
}

static void f32_magnitudes_avx512(const float *x, size_t ldx, size_t rows, float *y,
                                  size_t n) {
  for (size_t i = 0; i < n; i += BB_LANES) {
    __mmask16 mask = mask_of(n - i);
    __m512i max = _mm512_setzero_si512();
    for (size_t r = 0; r < rows; r++) max = greater_magnitude(max, x + r * ldx + i, mask);
    _mm512_mask_storeu_epi32(y + i, mask, max);
  }
}

/* The integers in the low bits. */
static inline __m512i codes(__m512 x, __m512 inverse) {
  __m512 code = _mm512_mul_ps(x, inverse);
  return _mm512_castps_si512(_mm512_add_ps(code, _mm512_set1_ps(BB_ROUND)));
}

/* Returns their sums, lane by lane. */
static inline __m512i level_16(const float *x, __mmask16 mask, __m512 factor, int8_t *q) {
  const __m512i front = _mm512_castps_si512(_mm512_set1_ps(BB_ROUND));
  __m512i code = codes(_mm512_maskz_loadu_ps(mask, x), factor);
  code = _mm512_maskz_sub_epi32(mask, code, front); /* without the exponent and sign */
  _mm_mask_storeu_epi8(q, mask, _mm512_cvtepi32_epi8(code));
  return code;
}

static inline __attribute__((always_inline)) void level_rows(const float *x, size_t ldx,
                                                             size_t first, size_t rows,
                                                             size_t n,
                                                             const bb_code_rows *to) {
  __m512i max[ROWS_AT_ONCE];
  const size_t whole = n / BB_LANES * BB_LANES;
  const __mmask16 rest = mask_of(n - whole);
  x += first * ldx;
  BB_UNROLL
  for (size_t r = 0; r < rows; r++) max[r] = _mm512_setzero_si512();
  for (size_t i = 0; i < whole; i += BB_LANES) {
    BB_UNROLL
    for (size_t r = 0; r < rows; r++)
      max[r] = greater_magnitude(max[r], x + r * ldx + i, ALL);
  }
  BB_UNROLL
  for (size_t r = 0; r < rows; r++) {
    if (rest) max[r] = greater_magnitude(max[r], x + r * ldx + whole, rest);
    uint32_t magnitude = (uint32_t)_mm512_reduce_max_epi32(max[r]);
    float scale = bb_i8_scale(bb_float_from_bits(magnitude));
    float inverse = bb_i8_scale_inverse(scale);
    __m512 factor = _mm512_set1_ps(inverse);
    __m512i sum = _mm512_setzero_si512();
    int8_t *q = to->codes + (first + r) * to->ld;
    if (inverse == 0.0f) {
      memset(q, 0, n);
      bb_set_code_row(to, first + r, scale, 0);
      continue;
    }
    for (size_t i = 0; i < whole; i += BB_LANES)
      sum = _mm512_add_epi32(sum, level_16(x + r * ldx + i, ALL, factor, q + i));
    if (rest)
      sum = _mm512_add_epi32(sum, level_16(x + r * ldx + whole, rest, factor, q + whole));
    bb_set_code_row(to, first + r, scale, _mm512_reduce_add_epi32(sum));
  }
}

static void i8_codes_avx512(const float *x, size_t ldx, size_t rows, size_t n,
                            const bb_code_rows *q) {
  size_t r = 0;
  for (; r + ROWS_AT_ONCE <= rows; r += ROWS_AT_ONCE)
    level_rows(x, ldx, r, ROWS_AT_ONCE, n, q);
  for (; r < rows; r++) level_rows(x, ldx, r, 1, n, q);
}

static void i16_code_pairs_avx512(const float *x, const float *y, const float *inverse,
                                  int16_t *q, size_t n) {
  for (size_t i = 0; i < n; i += BB_LANES) {
    __mmask16 mask = mask_of(n - i);
    __m512 factor = _mm512_maskz_loadu_ps(mask, inverse + i);
    __m512i low = codes(_mm512_maskz_loadu_ps(mask, x + i), factor);
    __m512i high = codes(_mm512_maskz_loadu_ps(mask, y + i), factor);
    __m512i pair = _mm512_mask_blend_epi16(0xAAAAAAAA, low, _mm512_slli_epi32(high, 16));
    _mm512_mask_storeu_epi32(q + 2 * i, mask, pair);
  }
}

static inline __m512i softmax_codes(__m512 t) {
  const __m512 round = _mm512_set1_ps(BB_EXP2_ROUND);
  t = _mm512_max_ps(t, _mm512_set1_ps(BB_EXP2_MIN)); /* the second, if t is a NaN */
  __m512 shifted = _mm512_add_ps(t, round);
  __m512 r = _mm512_sub_ps(t, _mm512_sub_ps(shifted, round));
  __m512 p = _mm512_set1_ps(BB_EXP2[BB_EXP2_DEGREE]);
  BB_UNROLL
  for (int k = BB_EXP2_DEGREE - 1; k >= 0; k--)
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(BB_EXP2[k]));
  __m512i power = _mm512_slli_epi32(_mm512_castps_si512(shifted), BB_FLOAT_FRACTION_BITS);
  __m512 e = _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p), power));
  return _mm512_cvtps_epi32(e); /* rounds as the addition of BB_ROUND does */
}

static inline __m512i softmax_16(const float *x, __mmask16 mask, __m512 max,
                                 __m512 factor) {
  __m512 d = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, x), max);
  return _mm512_maskz_mov_epi32(mask, softmax_codes(_mm512_mul_ps(d, factor)));
}

static inline __attribute__((always_inline)) void softmax_rows(const float *x,
                                                               size_t first, size_t rows,
                                                               size_t n, float scale,
                                                               const bb_int_rows *to) {
  bb_extremes e[ROWS_AT_ONCE];
  x += first * n;
  extremes_of_rows(x, n, rows, n, e);
  const __m512 factor = _mm512_set1_ps(scale * BB_LOG2_E);
  const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
  BB_UNROLL
  for (size_t r = 0; r < rows; r++, x += n) {
    int16_t *p = bb_int_row(to, first + r);
    __m512 max = _mm512_set1_ps(e[r].max);
    __m512i sum = _mm512_setzero_si512();
    size_t i = 0;
    for (; i + 2 * BB_LANES <= n; i += 2 * BB_LANES) {
      __m512i low = softmax_16(x + i, ALL, max, factor);
      __m512i high = softmax_16(x + i + BB_LANES, ALL, max, factor);
      __m512i words = _mm512_packs_epi32(low, high); /* by quarters of a register */
      _mm512_storeu_si512(p + i, _mm512_permutexvar_epi64(order, words));
      sum = _mm512_add_epi32(sum, _mm512_add_epi32(low, high));
    }
    for (; i < n; i += BB_LANES) {
      __mmask16 mask = mask_of(n - i);
      __m512i code = softmax_16(x + i, mask, max, factor);
      _mm256_mask_storeu_epi16(p + i, mask, _mm512_cvtepi32_epi16(code));
      sum = _mm512_add_epi32(sum, code);
    }
    *bb_range_of(to, first + r) = bb_softmax_range(_mm512_reduce_add_epi32(sum), e[r]);
  }
}

static void i16_softmax_avx512(const float *x, size_t rows, size_t n, float scale,
                               const bb_int_rows *p) {
  size_t r = 0;
  for (; r + ROWS_AT_ONCE <= rows; r += ROWS_AT_ONCE)
    softmax_rows(x, r, ROWS_AT_ONCE, n, scale, p);
  for (; r < rows; r++) softmax_rows(x, r, 1, n, scale, p);
}

static void i8_dequantize_avx512(const int8_t *q, float scale, float *y, size_t n) {
  __m512 factor = _mm512_set1_ps(scale);
  for (size_t i = 0; i < n; i += BB_LANES) {
    __mmask16 mask = mask_of(n - i);
    __m512i wide = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(mask, q + i));
    _mm512_mask_storeu_ps(y + i, mask, _mm512_mul_ps(factor, _mm512_cvtepi32_ps(wide)));
  }
}

static void f32_push_avx512(const bb_body *bodies, size_t count, bb_pushed *p) {
  const __m512 one = _mm512_set1_ps(1.0f);
  const __m512 px = _mm512_loadu_ps(p->x), py = _mm512_loadu_ps(p->y);
  __m512 push_x = _mm512_loadu_ps(p->push_x), push_y = _mm512_loadu_ps(p->push_y);
  __m512 weight = _mm512_loadu_ps(p->weight);
  for (size_t i = 0; i < count; i++) {
    __m512 x = _mm512_sub_ps(px, _mm512_set1_ps(bodies[i].x));
    __m512 y = _mm512_sub_ps(py, _mm512_set1_ps(bodies[i].y));
    __m512 square = _mm512_add_ps(_mm512_mul_ps(x, x), _mm512_mul_ps(y, y));
    __m512 q = _mm512_div_ps(one, _mm512_add_ps(one, square));
    __m512 w = _mm512_mul_ps(_mm512_set1_ps(bodies[i].mass), q);
    weight = _mm512_add_ps(weight, w);
    w = _mm512_mul_ps(w, q);
    push_x = _mm512_add_ps(push_x, _mm512_mul_ps(w, x));
    push_y = _mm512_add_ps(push_y, _mm512_mul_ps(w, y));
  }
  _mm512_storeu_ps(p->push_x, push_x);
  _mm512_storeu_ps(p->push_y, push_y);
  _mm512_storeu_ps(p->weight, weight);
}

void bb_kernels_init_avx512(bb_kernels *k) {
  k->name = "avx512";
  k->int_step = WIDTH;
  k->int_max = PANEL_COLUMNS;
  k->i8_panel = bytes_panel;
  k->i16_panel = pairs_panel;
  k->i8_quantize = i8_quantize_avx512;
  k->f32_magnitudes = f32_magnitudes_avx512;
  k->i8_codes = i8_codes_avx512;
  k->i16_code_pairs = i16_code_pairs_avx512;
  k->i16_softmax = i16_softmax_avx512;
  k->i8_dequantize = i8_dequantize_avx512;
  k->f32_dot = f32_dot_avx512;
  k->f32_axpy = f32_axpy_avx512;
  k->f32_add3 = f32_add3_avx512;
  k->f32_bias_gelu = f32_bias_gelu_avx512;
  k->f32_bias_gelu_backward = f32_bias_gelu_backward_avx512;
  k->f32_bias_rough_gelu = f32_bias_rough_gelu_avx512;
  k->f32_layer_norm = f32_layer_norm_avx512;
  k->f32_softmax = f32_softmax_avx512;
  k->f32_scale = f32_scale_avx512;
  k->f32_drop = f32_drop_vectors;
  k->panel_step = BB_LANES;
  k->panel_max = MAX_VECTORS * BB_LANES;
  k->f32_panel = f32_panel_avx512;
  k->f16_to_f32 = f16_to_f32_avx512;
  k->bf16_to_f32 = bf16_to_f32_avx512;
  k->i8_dot_i16 = i8_dot_i16_avx512;
  k->f32_push = f32_push_avx512;
  k->f32_reaching = f32_reaching_avx512;
}

#else

void bb_kernels_init_avx512(bb_kernels *k) {
  (void)k;
}

#endif
