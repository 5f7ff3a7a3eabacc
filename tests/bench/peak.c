/* peak.c - what this core can do, for bench.py: fused multiply-adds from registers
 * alone, and the matrix products of the encoder by themselves. One thread; a line "NAME
 * GFLOP/s" each. */
#include "kernels/product.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static const double SECONDS = 0.2; /* of a try: long enough for the clock to settle */
enum { TRIES = 5 };                /* the best counts: a peak is a bound */

/* Peak ------------------------------------------------------------------------------- */

#if defined(__x86_64__)

#include <immintrin.h>

enum {
  CHAINS = 12, /* more than latency (4-5) times units (2) of any core so far */
  ROUNDS = 1000000,
};

/* CHAINS accumulators that do not depend on one another. Returns the floating-point
 * operations; *sink keeps the compiler from leaving them out. */
__attribute__((target("avx2,fma"))) static double fma_avx2(float *sink) {
  __m256 a[CHAINS], x = _mm256_set1_ps(0.5f);
  for (int i = 0; i < CHAINS; i++) a[i] = _mm256_set1_ps((float)i);
  for (int n = 0; n < ROUNDS; n++)
#pragma GCC unroll 12
    for (int i = 0; i < CHAINS; i++) a[i] = _mm256_fmadd_ps(a[i], x, x);
  for (int i = 0; i < CHAINS; i++) *sink += _mm256_cvtss_f32(a[i]);
  return 2.0 * 8 * CHAINS * ROUNDS;
}

__attribute__((target("avx512f"))) static double fma_avx512(float *sink) {
  __m512 a[CHAINS], x = _mm512_set1_ps(0.5f);
  for (int i = 0; i < CHAINS; i++) a[i] = _mm512_set1_ps((float)i);
  for (int n = 0; n < ROUNDS; n++)
#pragma GCC unroll 12
    for (int i = 0; i < CHAINS; i++) a[i] = _mm512_fmadd_ps(a[i], x, x);
  for (int i = 0; i < CHAINS; i++) *sink += _mm512_cvtss_f32(a[i]);
  return 2.0 * 16 * CHAINS * ROUNDS;
}

static void probe_peak(const char *name, double (*run)(float *)) {
  double best = 0;
  float sink = 0;
  for (int i = 0; i < TRIES; i++) {
    double begin = now(), work = 0;
    while (now() - begin < SECONDS) work += run(&sink);
    double rate = work / (now() - begin) * 1e-9;
    if (rate > best) best = rate;
  }
  printf("%s %.1f\n", sink == 0 ? "none" : name, best);
}

static void probe_peaks(unsigned cpu) {
  if (cpu & BB_CPU_AVX2) probe_peak("fma_avx2", fma_avx2);
  if (cpu & BB_CPU_AVX512) probe_peak("fma_avx512", fma_avx512);
}

#else

static void probe_peaks(unsigned cpu) {
  (void)cpu;
}

#endif

/* Products --------------------------------------------------------------------------- */

typedef struct shape {
  const char *name;
  size_t m, n, k;
} shape;

/* 256 tokens; MiniLM-L6 and BERT-base. */
static const shape SHAPES[] = {
    {"gemm_minilm_qkv_256x1152x384",     256, 1152, 384 },
    {"gemm_minilm_out_256x384x384",      256, 384,  384 },
    {"gemm_minilm_ffn_in_256x1536x384",  256, 1536, 384 },
    {"gemm_minilm_ffn_out_256x384x1536", 256, 384,  1536},
    {"gemm_minilm_query_16x1536x384",    16,  1536, 384 },
    {"gemm_base_qkv_256x2304x768",       256, 2304, 768 },
    {"gemm_base_ffn_in_256x3072x768",    256, 3072, 768 },
    {"gemm_base_ffn_out_256x768x3072",   256, 768,  3072},
};

/* Floats of an operand of SHAPES; every panel of it is full, so that packed is no larger.
 */
enum { LARGEST = 3072 * 768 };

static void probe_product(const bb_kernels *k, const shape *s, const float *a,
                          const float *b, float *c) {
  double best = 0, flop = 2.0 * (double)s->m * (double)s->n * (double)s->k;
  bb_product p = {
      .rows = s->m,
      .shape = {s->k, s->n},
      .a = a,
      .lda = s->k,
      .b = b,
      .c = c,
      .ldc = s->n
  };
  for (int i = 0; i < TRIES; i++) {
    double begin = now(), work = 0;
    for (; now() - begin < SECONDS; work += flop) bb_multiply(k, &p);
    double rate = work / (now() - begin) * 1e-9;
    if (rate > best) best = rate;
  }
  printf("%s %.1f\n", s->name, best);
}

int main(void) {
  bb_kernels kernels;
  bb_kernels_init(&kernels, bb_cpu_detect());
  float *a = calloc(LARGEST, sizeof *a), *b = calloc(LARGEST, sizeof *b);
  float *c = calloc(LARGEST, sizeof *c);
  int failed = !a || !b || !c;
  if (failed) {
    fprintf(stderr, "peak: no memory\n");
    goto done;
  }
  for (size_t i = 0; i < LARGEST; i++) a[i] = b[i] = (float)(i % 7) - 3.0f;
  probe_peaks(bb_cpu_detect());
  for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++)
    probe_product(&kernels, &SHAPES[i], a, b, c);
done:
  free(a);
  free(b);
  free(c);
  return failed;
}
