/* peak.c - what this core can do, for bench.py: multiply-adds from registers alone, and
 * the matrix products of the encoder by themselves, those in int8 with what comes before
 * (quantising) and after (bias, scales). One thread; a line "NAME GFLOP/s" each.
 *
 *     peak [avx2]    with what the processor has, or no more than AVX2 */
#include "fma_peak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/int_product.h"

static const double SECONDS = 0.2; /* of a try: long enough for the clock to settle */
enum { TRIES = 5 };                /* the best counts: a peak is a bound */

/* Peak ------------------------------------------------------------------------------- */

#if defined(__x86_64__)

/* The sums of integers that int8 products are made of, each set's own way: 64 or 32
 * products an instruction with VNNI, two instructions for 32 or 16 without. */
#define INT8_AVX512VNNI(i) "vpdpbusd %%zmm12, %%zmm13, %%zmm" i "\n\t"
#define INT8_AVXVNNI(i) "%{vex%} vpdpbusd %%ymm12, %%ymm13, %%ymm" i "\n\t"
#define INT8_AVX512(i)                                                                   \
  "vpmaddwd %%zmm12, %%zmm13, %%zmm14\n\tvpaddd %%zmm14, %%zmm" i ", %%zmm" i "\n\t"
#define INT8_AVX2(i)                                                                     \
  "vpmaddwd %%ymm12, %%ymm13, %%ymm14\n\tvpaddd %%ymm14, %%ymm" i ", %%ymm" i "\n\t"

PROBE(int8_avx2, INT8_AVX2, 16)
PROBE(int8_avxvnni, INT8_AVXVNNI, 32)
PROBE(int8_avx512, INT8_AVX512, 32)
PROBE(int8_avx512vnni, INT8_AVX512VNNI, 64)

static void probe_peak(const char *name, double (*run)(void)) {
  double best = 0;
  for (int i = 0; i < TRIES; i++) {
    double begin = bench_now(), work = 0;
    while (bench_now() - begin < SECONDS) work += run();
    double rate = work / (bench_now() - begin) * 1e-9;
    if (rate > best) best = rate;
  }
  printf("%s %.1f\n", name, best);
}

static void probe_peaks(unsigned cpu) {
  if (cpu & BB_CPU_AVX2) probe_peak("fma_avx2", fma_avx2);
  if (cpu & BB_CPU_AVX512) probe_peak("fma_avx512", fma_avx512);
  if (cpu & BB_CPU_AVX2) probe_peak("int8_avx2", int8_avx2);
  if (cpu & BB_CPU_AVXVNNI) probe_peak("int8_avxvnni", int8_avxvnni);
  if (cpu & BB_CPU_AVX512) probe_peak("int8_avx512", int8_avx512);
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

static void probe_product(const bb_kernels *k, const shape *s, bb_product p, bool int8) {
  double best = 0, flop = 2.0 * (double)s->m * (double)s->n * (double)s->k;
  for (int i = 0; i < TRIES; i++) {
    double begin = bench_now(), work = 0;
    for (; bench_now() - begin < SECONDS; work += flop) {
      if (int8) bb_i8_quantize_rows(k, p.a, p.lda, p.rows, p.shape.depth, &p.ints);
      (int8 ? bb_int_multiply : bb_multiply)(k, &p);
    }
    double rate = work / (bench_now() - begin) * 1e-9;
    if (rate > best) best = rate;
  }
  printf("%s_%s %.1f\n", int8 ? "int8" : "f32", s->name, best);
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
  probe_product(k, s, p, false);
  bb_i8_pack_weights(k, p.shape, &all, b);
  p.int_type = BB_INT8;
  p.ints = ints;
  p.ints.ld = bb_i8_row_bytes(s->k);
  p.ints.range_step = bb_i8_blocks(s->k);
  probe_product(k, s, p, true);
}

int main(int argc, char **argv) {
  unsigned cpu = bb_cpu_detect();
  if (argc == 2 && strcmp(argv[1], "avx2") == 0) cpu &= BB_CPU_AVX2;
  bb_kernels kernels;
  bb_kernels_init(&kernels, cpu);
  float *a = calloc(LARGEST, sizeof *a), *b = calloc(LARGEST, sizeof *b);
  float *c = calloc(LARGEST, sizeof *c);
  bb_int_rows ints = {.codes = malloc(LARGEST),
                      .ranges = calloc(LARGEST, sizeof(bb_i8_range))};
  int failed = !a || !b || !c || !ints.codes || !ints.ranges;
  if (failed) {
    fprintf(stderr, "peak: no memory\n");
    goto done;
  }
  for (size_t i = 0; i < LARGEST; i++) a[i] = (float)(i % 7) - 3.0f;
  probe_peaks(cpu);
  for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++)
    probe_shape(&kernels, &SHAPES[i], a, b, c, ints);
done:
  free(a);
  free(b);
  free(c);
  free(ints.codes);
  free(ints.ranges);
  return failed;
}
