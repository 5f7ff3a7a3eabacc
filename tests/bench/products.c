/* products.c - the products of a training step, for training.py: the part of the peak of f32
 * multiply-adds that each reaches. One thread; peak and products take turns, the best of
 * each counts. A line "NAME GFLOP/s PERCENT" each.
 *
 *     products [avx2]    with what the processor has, or no more than AVX2 */
#include "fma_peak.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/gemm.h"

static const double SECONDS = 0.2; /* of a try: long enough for the clock to settle */
enum { TRIES = 5 };                /* the best counts: a peak is a bound */

/* Linear maps of 4,096 tokens, MiniLM-L6's and BERT-base's. */
enum { TOKENS = 4096 };
static const struct {
  const char *name;
  size_t in, out;
} MAPS[] = {
    {"minilm_qkv",     384,  1152},
    {"minilm_out",     384,  384 },
    {"minilm_ffn_in",  384,  1536},
    {"minilm_ffn_out", 1536, 384 },
    {"base_qkv",       768,  2304},
    {"base_out",       768,  768 },
    {"base_ffn_in",    768,  3072},
    {"base_ffn_out",   3072, 768 },
};
enum { MAPS_COUNT = sizeof MAPS / sizeof *MAPS, PRODUCTS = 3 };
enum { LARGEST = TOKENS * 3072, LARGEST_WEIGHTS = 3072 * 768 };

typedef struct bench {
  bb_kernels kernels;
  float *x, *y, *w;   /* [TOKENS, in], [TOKENS, out], [out, in] */
  float *c, *scratch; /* what is made of two of them */
} bench;

/* y = x W^T; dx = dy W; dW += dy^T x: as core/train/steps.c has them. */
static bb_gemm product_of(const bench *b, size_t map, size_t product) {
  const size_t in = MAPS[map].in, out = MAPS[map].out;
  const bb_gemm all[PRODUCTS] = {
      {TOKENS, out, in,     b->x, in,  false, b->w, in, true,  b->c, out, false},
      {TOKENS, in,  out,    b->y, out, false, b->w, in, false, b->c, in,  false},
      {out,    in,  TOKENS, b->y, out, true,  b->x, in, false, b->c, in,  true },
  };
  return all[product];
}

static double flop_of(const bb_gemm *g) {
  return 2.0 * (double)g->rows * (double)g->columns * (double)g->depth;
}

/* GFLOP/s of one try. */
static double try_product(const bench *b, const bb_gemm *g) {
  double begin = bench_now(), work = 0;
  for (; bench_now() - begin < SECONDS; work += flop_of(g))
    bb_gemm_run(&b->kernels, g, b->scratch);
  return work / (bench_now() - begin) * 1e-9;
}

static double try_peak(unsigned cpu) {
#if defined(__x86_64__)
  double (*run)(void) = cpu & BB_CPU_AVX512 ? fma_avx512 : fma_avx2;
  double begin = bench_now(), work = 0;
  if (!(cpu & BB_CPU_AVX2)) return 0;
  while (bench_now() - begin < SECONDS) work += run();
  return work / (bench_now() - begin) * 1e-9;
#else
  (void)cpu;
  return 0; /* not known: percents are not printed */
#endif
}

static void keep_best(double *best, double rate) {
  if (rate > *best) *best = rate;
}

static void measure(const bench *b, unsigned cpu) {
  static const char *const names[PRODUCTS] = {"forward", "dx", "dw"};
  double peak = 0, best[MAPS_COUNT][PRODUCTS] = {{0}}, flops = 0, seconds = 0;
  for (int i = 0; i < TRIES; i++) {
    for (size_t m = 0; m < MAPS_COUNT; m++) {
      keep_best(&peak, try_peak(cpu));
      for (size_t p = 0; p < PRODUCTS; p++) {
        const bb_gemm g = product_of(b, m, p);
        keep_best(&best[m][p], try_product(b, &g));
      }
    }
  }
  printf("peak %.1f 100\n", peak);
  for (size_t m = 0; m < MAPS_COUNT; m++) {
    for (size_t p = 0; p < PRODUCTS; p++) {
      const bb_gemm g = product_of(b, m, p);
      printf("%s_%s %.1f %.0f\n", MAPS[m].name, names[p], best[m][p],
             peak > 0 ? 100 * best[m][p] / peak : 0);
      flops += flop_of(&g);
      seconds += flop_of(&g) / best[m][p];
    }
  }
  printf("all %.1f %.0f\n", flops / seconds, peak > 0 ? 100 * flops / seconds / peak : 0);
}

static size_t scratch_floats(const bench *b) {
  size_t most = 0;
  for (size_t m = 0; m < MAPS_COUNT; m++) {
    for (size_t p = 0; p < PRODUCTS; p++) {
      const bb_gemm g = product_of(b, m, p);
      const size_t floats = bb_gemm_scratch(&b->kernels, &g, 1);
      if (floats > most) most = floats;
    }
  }
  return most;
}

/* Not zeros: pages that were never written are one page, which is always in the cache. */
static float *some_floats(size_t count) {
  float *x = malloc(count * sizeof *x);
  for (size_t i = 0; x && i < count; i++) x[i] = (float)(i % 7) - 3.0f;
  return x;
}

int main(int argc, char **argv) {
  unsigned cpu = bb_cpu_detect();
  if (argc == 2 && strcmp(argv[1], "avx2") == 0) cpu &= BB_CPU_AVX2;
  bench b = {0};
  bb_kernels_init(&b.kernels, cpu);
  b.x = some_floats(LARGEST);
  b.y = some_floats(LARGEST);
  b.w = some_floats(LARGEST_WEIGHTS);
  b.c = some_floats(LARGEST);
  b.scratch = some_floats(scratch_floats(&b));
  const int failed = !b.x || !b.y || !b.w || !b.c || !b.scratch;
  if (failed)
    fprintf(stderr, "products: no memory\n");
  else
    measure(&b, cpu);
  free(b.x);
  free(b.y);
  free(b.w);
  free(b.c);
  free(b.scratch);
  return failed;
}
