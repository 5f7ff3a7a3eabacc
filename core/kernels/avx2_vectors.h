/* avx2_vectors.h - what int_tiles.h asks for, with AVX2 and FMA: all but the dot
 * products, which AVX-VNNI does in one instruction. */
#include <immintrin.h>

enum { WIDTH = 8 }; /* floats of a vector */

typedef __m256i int_vector;
typedef __m256 float_vector;

/* The first `count` floats of a vector. */
static inline __m256i mask_of(size_t count) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), lane);
}

#define int_keep(x) __asm__("" : "+x"(x))

static inline int_vector int_load(const int32_t *x) {
  return _mm256_loadu_si256((const __m256i *)(const void *)x);
}

static inline int_vector int_word(int32_t x) {
  return _mm256_set1_epi32(x);
}

static inline float_vector float_load(const float *x, size_t count) {
  return count < WIDTH ? _mm256_maskload_ps(x, mask_of(count)) : _mm256_loadu_ps(x);
}

static inline void float_store(float *x, float_vector v, size_t count) {
  if (count < WIDTH)
    _mm256_maskstore_ps(x, mask_of(count), v);
  else
    _mm256_storeu_ps(x, v);
}

static inline float_vector float_zero(void) {
  return _mm256_setzero_ps();
}

static inline float_vector float_set(float x) {
  return _mm256_set1_ps(x);
}

static inline float_vector float_multiply(float_vector a, float_vector b) {
  return _mm256_mul_ps(a, b);
}

static inline float_vector float_fma(float_vector a, float_vector b, float_vector c) {
  return _mm256_fmadd_ps(a, b, c);
}

static inline float_vector float_from_int(int_vector x) {
  return _mm256_cvtepi32_ps(x);
}
