/* isa_avx512vnni.c - products in whole numbers with AVX-512 VNNI, whose one instruction
 * multiplies four unsigned by four signed bytes, or two pairs of int16, and adds them to
 * 32 bits without saturation. */
#include "kernels/kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

/* As in isa_avx512.c: 24 of the 32 registers hold sums. */
enum { WIDTH = 16, INT_VECTORS = 3, INT_ROWS = 8 };

typedef __m512i int_vector;
typedef __m512 float_vector;

static inline int_vector int_load(const int32_t *x) {
  return _mm512_loadu_si512(x);
}

static inline int_vector int_word(int32_t x) {
  return _mm512_set1_epi32(x);
}

static inline int_vector i8_start(const int32_t *sums) {
  (void)sums;
  return _mm512_setzero_si512();
}

static inline int_vector i8_dot(int_vector sum, int_vector x, int_vector w) {
  return _mm512_dpbusd_epi32(sum, x, w);
}

static inline int_vector i16_dot(int_vector sum, int_vector x, int_vector w) {
  return _mm512_dpwssd_epi32(sum, x, w);
}

static inline __mmask16 mask_of(size_t count) {
  return (__mmask16)((1u << count) - 1);
}

static inline float_vector float_load(const float *x, size_t count) {
  return count < WIDTH ? _mm512_maskz_loadu_ps(mask_of(count), x) : _mm512_loadu_ps(x);
}

static inline void float_store(float *x, float_vector v, size_t count) {
  if (count < WIDTH)
    _mm512_mask_storeu_ps(x, mask_of(count), v);
  else
    _mm512_storeu_ps(x, v);
}

static inline float_vector float_set(float x) {
  return _mm512_set1_ps(x);
}

static inline float_vector float_multiply(float_vector a, float_vector b) {
  return _mm512_mul_ps(a, b);
}

static inline float_vector float_fma(float_vector a, float_vector b, float_vector c) {
  return _mm512_fmadd_ps(a, b, c);
}

static inline float_vector float_from_int(int_vector x) {
  return _mm512_cvtepi32_ps(x);
}

#define int_keep(x) __asm__("" : "+v"(x))
#include "kernels/int_tiles.inc"

static void i8_panel_avx512vnni(const bb_int_panel *p) {
  int_panel(p, I8);
}

static void i16_panel_avx512vnni(const bb_int_panel *p) {
  int_panel(p, I16);
}

void bb_kernels_init_avx512vnni(bb_kernels *k) {
  k->name = "avx512vnni";
  k->int_step = WIDTH;
  k->int_most = INT_VECTORS * WIDTH;
  k->i8_panel = i8_panel_avx512vnni;
  k->i16_panel = i16_panel_avx512vnni;
}

#else

void bb_kernels_init_avx512vnni(bb_kernels *k) {
  (void)k;
}

#endif
