/* peak.c - what this core can do, for bench.py: multiply-adds from registers alone, and
 * the matrix products of the encoder by themselves, those in int8 with what comes before
 * (quantising) and after (bias, scales). One thread; a line "NAME GFLOP/s" each. */
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

/* The sums of whole numbers that int8 products are made of, each set's own way: 64 or 32
 * products an instruction with VNNI; three instructions for 32 without. */
__attribute__((target("avx512vnni,avx512f"))) static double int8_avx512vnni(float *sink) {
  __m512i a[CHAINS], x = _mm512_set1_epi8(3);
  for (int i = 0; i < CHAINS; i++) a[i] = _mm512_set1_epi32(i);
  for (int n = 0; n < ROUNDS; n++)
#pragma GCC unroll 12
    for (int i = 0; i < CHAINS; i++) a[i] = _mm512_dpbusd_epi32(a[i], x, x);
  for (int i = 0; i < CHAINS; i++) *sink += (float)_mm512_reduce_add_epi32(a[i]);
  return 2.0 * 64 * CHAINS * ROUNDS;
}

__attribute__((target("avxvnni,avx2"))) static double int8_avxvnni(float *sink) {
  __m256i a[CHAINS], x = _mm256_set1_epi8(3);
  for (int i = 0; i < CHAINS; i++) a[i] = _mm256_set1_epi32(i);
  for (int n = 0; n < ROUNDS; n++)
#pragma GCC unroll 12
    for (int i = 0; i < CHAINS; i++) a[i] = _mm256_dpbusd_avx_epi32(a[i], x, x);
  for (int i = 0; i < CHAINS; i++) *sink += (float)_mm256_extract_epi32(a[i], 0);
  return 2.0 * 32 * CHAINS * ROUNDS;
}

__attribute__((target("avx2"))) static double int8_avx2(float *sink) {
  __m256i a[CHAINS], x = _mm256_set1_epi8(3), one = _mm256_set1_epi16(1);
  for (int i = 0; i < CHAINS; i++) a[i] = _mm256_set1_epi32(i);
  for (int n = 0; n < ROUNDS; n++)
#pragma GCC unroll 12
    for (int i = 0; i < CHAINS; i++) {
      __m256i pairs = _mm256_maddubs_epi16(x, _mm256_xor_si256(x, a[i]));
      a[i] = _mm256_add_epi32(a[i], _mm256_madd_epi16(pairs, one));
    }
  for (int i = 0; i < CHAINS; i++) *sink += (float)_mm256_extract_epi32(a[i], 0);
  return 2.0 * 32 * CHAINS * ROUNDS;
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
  if (cpu & BB_CPU_AVX2) probe_peak("int8_avx2", int8_avx2);
  if (cpu & BB_CPU_AVXVNNI) probe_peak("int8_avxvnni", int8_avxvnni);
  if (cpu & BB_CPU_AVX512VNNI) probe_peak("int8_avx512vnni", int8_avx512vnni);
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
    {"minilm_qkv_256x1152x384",     256, 1152, 384 },
    {"minilm_out_256x384x384",      256, 384,  384 },
    {"minilm_ffn_in_256x1536x384",  256, 1536, 384 },
    {"minilm_ffn_out_256x384x1536", 256, 384,  1536},
    {"minilm_query_16x1536x384",    16,  1536, 384 },
    {"base_qkv_256x2304x768",       256, 2304, 768 },
    {"base_ffn_in_256x3072x768",    256, 3072, 768 },
    {"base_ffn_out_256x768x3072",   256, 768,  3072},
};

/* Floats of an operand of SHAPES; every panel of it is full, so that packed is no larger.
 */
enum { LARGEST = 3072 * 768 };

static void probe_product(const bb_kernels *k, const shape *s, bb_product p,
                          const char *kind) {
  double best = 0, flop = 2.0 * (double)s->m * (double)s->n * (double)s->k;
  for (int i = 0; i < TRIES; i++) {
    double begin = now(), work = 0;
    for (; now() - begin < SECONDS; work += flop) {
      if (p.number == BB_INT8)
        bb_i8_quantize_rows(k, p.a, p.lda, p.rows, p.shape.depth, &p.ints);
      bb_multiply(k, &p);
    }
    double rate = work / (now() - begin) * 1e-9;
    if (rate > best) best = rate;
  }
  printf("%s_%s %.1f\n", kind, s->name, best);
}

static void probe_shape(const bb_kernels *k, const shape *s, const float *a, float *b,
                        float *c, bb_int_rows ints) {
  bb_product p = {
      .rows = s->m,
      .shape = {s->k, s->n},
      .a = a,
      .lda = s->k,
      .b = b,
      .c = c,
      .ldc = s->n,
      .bias = a
  };
  bb_weight_rows all = {a, s->k, 0, s->n};
  bb_pack_weights(k, p.shape, &all, b);
  probe_product(k, s, p, "f32");
  bb_i8_pack_weights(k, p.shape, &all, b);
  p.number = BB_INT8;
  p.ints = ints;
  p.ints.ld = bb_i8_row_bytes(s->k);
  p.ints.range_step = bb_i8_blocks(s->k);
  probe_product(k, s, p, "int8");
}

int main(void) {
  bb_kernels kernels;
  bb_kernels_init(&kernels, bb_cpu_detect());
  float *a = calloc(LARGEST, sizeof *a), *b = calloc(LARGEST, sizeof *b);
  float *c = calloc(LARGEST, sizeof *c);
  bb_int_rows ints = {.numbers = malloc(LARGEST),
                      .ranges = calloc(LARGEST, sizeof(bb_i8_range))};
  int failed = !a || !b || !c || !ints.numbers || !ints.ranges;
  if (failed) {
    fprintf(stderr, "peak: no memory\n");
    goto done;
  }
  for (size_t i = 0; i < LARGEST; i++) a[i] = (float)(i % 7) - 3.0f;
  probe_peaks(bb_cpu_detect());
  for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++)
    probe_shape(&kernels, &SHAPES[i], a, b, c, ints);
done:
  free(a);
  free(b);
  free(c);
  free(ints.numbers);
  free(ints.ranges);
  return failed;
}
