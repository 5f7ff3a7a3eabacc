/* test_gemm.c - products of changing matrices against one chain of fused multiply-adds an
 * element, bit for bit: each instruction set, transposes, leading dimensions, workers. */
#include "check.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/gemm.h"
#include "random.h"

enum { MARGIN = 3 }; /* floats behind each row, and so odd alignments */

static const unsigned masks[] = {0, BB_CPU_AVX2, BB_CPU_NEON,
                                 BB_CPU_AVX2 | BB_CPU_AVX512};
enum { MASK_COUNT = sizeof masks / sizeof masks[0] };

/* Sizes around the tiles of rows (128), the blocks of the depth (384) and the panels of
 * every instruction set (up to 64 columns). */
static const size_t sizes[][3] = {
    {1,   1,   1  },
    {1,   64,  384},
    {3,   5,   7  },
    {127, 65,  383},
    {128, 48,  385},
    {129, 1,   800},
    {300, 130, 20 },
    {17,  300, 769},
    {5,   9,   0  },
    {0,   4,   4  },
};
enum { SIZE_COUNT = sizeof sizes / sizeof sizes[0] };

static float *random_floats(size_t count) {
  float *x = malloc((count ? count : 1) * sizeof *x);
  for (size_t i = 0; i < count; i++)
    x[i] = (float)((int64_t)random_u64() >> 40) * 0x1p-22f;
  return x;
}

static float at(const float *x, size_t ld, bool transposed, size_t row, size_t column) {
  return transposed ? x[column * ld + row] : x[row * ld + column];
}

/* What must be in c[i, j]. */
static float sum_of(const bb_gemm *g, float before, size_t i, size_t j) {
  float sum = g->add ? before : 0.0f;
  for (size_t t = 0; t < g->depth; t++)
    sum = fmaf(at(g->a, g->lda, g->a_transposed, i, t),
               at(g->b, g->ldb, g->b_transposed, t, j), sum);
  return sum;
}

static void check_product(const bb_kernels *k, bb_gemm g, size_t workers) {
  size_t floats = g.rows * g.ldc;
  float *before = random_floats(floats), *c = malloc((floats + 1) * sizeof *c);
  float *scratch = random_floats(bb_gemm_scratch(k, &g, workers));
  bb_cancel never = {0};
  memcpy(c, before, floats * sizeof *c);
  g.c = c;
  CHECK(bb_gemm_share(k, &g, workers, scratch, &never));
  for (size_t i = 0; i < g.rows; i++)
    for (size_t j = 0; j < g.ldc; j++) {
      float was = before[i * g.ldc + j];
      float expected = j < g.columns ? sum_of(&g, was, i, j) : was;
      if (!CHECK(memcmp(&c[i * g.ldc + j], &expected, sizeof expected) == 0)) goto done;
    }
done:
  free(before);
  free(c);
  free(scratch);
}

static bb_gemm random_product(const size_t size[3], unsigned form) {
  bb_gemm g = {.rows = size[0], .columns = size[1], .depth = size[2]};
  g.a_transposed = form & 1;
  g.b_transposed = form & 2;
  g.add = form & 4;
  g.lda = (g.a_transposed ? g.rows : g.depth) + MARGIN;
  g.ldb = (g.b_transposed ? g.depth : g.columns) + MARGIN;
  g.ldc = g.columns + MARGIN;
  g.a = random_floats((g.a_transposed ? g.depth : g.rows) * g.lda);
  g.b = random_floats((g.b_transposed ? g.columns : g.depth) * g.ldb);
  return g;
}

static void free_product(bb_gemm g) {
  free((float *)(uintptr_t)g.a);
  free((float *)(uintptr_t)g.b);
}

static void each_kernel(const size_t size[3], unsigned form, size_t workers) {
  bb_gemm g = random_product(size, form);
  for (size_t m = 0; m < MASK_COUNT; m++) {
    bb_kernels k;
    if ((masks[m] & bb_cpu_detect()) != masks[m]) continue;
    bb_kernels_init(&k, masks[m]);
    check_context("%s, %zux%zux%zu, form %u, %zu workers", k.name, size[0], size[1],
                  size[2], form, workers);
    check_product(&k, g, workers);
  }
  free_product(g);
}

static void test_every_form(void) {
  check_begin("each element is the sum of its products in rising order, in every form");
  for (size_t i = 0; i < SIZE_COUNT; i++)
    for (unsigned form = 0; form < 8; form++) each_kernel(sizes[i], form, 1);
}

static void test_workers(void) {
  check_begin("workers share a product, and no bit of it changes");
  for (unsigned form = 0; form < 8; form++)
    each_kernel((const size_t[]){700, 100, 900}, form, 3);
}

static bool always(void *ctx) {
  (void)ctx;
  return true;
}

static void test_cancel(void) {
  check_begin("a product that is cancelled says so");
  bb_kernels k;
  bb_kernels_init(&k, bb_cpu_detect());
  bb_gemm g = random_product((const size_t[]){300, 40, 500}, 0);
  float *scratch = random_floats(bb_gemm_scratch(&k, &g, 1));
  bb_cancel cancel = {.ask = always};
  g.c = random_floats(g.rows * g.ldc);
  CHECK(!bb_gemm_share(&k, &g, 1, scratch, &cancel));
  free(g.c);
  free(scratch);
  free_product(g);
}

int main(void) {
  test_every_form();
  test_workers();
  test_cancel();
  return check_report();
}
