/* test_dropout.c - Philox by the known answers of its authors (Random123,
 * examples/kat_vectors), and what is left out. */
#include "check.h"

#include <math.h>
#include <string.h>

#include "train/dropout.h"

static bb_kernels kernels; /* the widest */

static const struct {
  uint32_t counter[4], key[2], out[4];
} answers[] = {
    {{0, 0, 0, 0},                                     {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}                                                          },
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}                                                          },
};

static void test_philox(void) {
  check_begin("Philox 4x32-10 gives the known answers");
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    uint32_t out[4];
    bb_philox(answers[i].counter, answers[i].key, out);
    check_context("answer %zu", i);
    CHECK(memcmp(out, answers[i].out, sizeof out) == 0);
  }
}

enum { N = 100000 };
/* Of a share of N numbers: six standard deviations at a rate of a half. */
static const double SHARE_ERROR = 6 * 0.5 / 316;

static void test_share(void) {
  static float x[N];
  check_begin("so many numbers are left out, and the others are larger by as much");
  for (float rate = 0.1f; rate < 1; rate += 0.2f) {
    const bb_dropout d = {42, 7, rate};
    size_t zeros = 0;
    for (size_t i = 0; i < N; i++) x[i] = 1;
    bb_dropout_apply(&kernels, &d, 3, BB_DROPOUT_FFN, 0, x, N);
    for (size_t i = 0; i < N; i++) {
      zeros += x[i] == 0;
      CHECK(x[i] == 0 || x[i] == 1 / (1 - rate));
    }
    check_context("rate %g", (double)rate);
    CHECK(fabs((double)zeros / N - (double)rate) < SHARE_ERROR);
  }
}

static void test_places(void) {
  static float whole[N], part[N], other[N];
  const bb_dropout d = {42, 7, 0.5f}, next = {42, 8, 0.5f};
  check_begin("a number is left out by its place, however many are asked for at once");
  for (size_t i = 0; i < N; i++) whole[i] = part[i] = other[i] = (float)i + 1;
  bb_dropout_apply(&kernels, &d, 3, BB_DROPOUT_FFN, 400, whole, N);
  for (size_t i = 0; i < N; i += 1000)
    bb_dropout_apply(&kernels, &d, 3, BB_DROPOUT_FFN, 400 + i, part + i,
                     i + 1000 > N ? N - i : 1000);
  CHECK(memcmp(whole, part, sizeof whole) == 0);
  check_begin("another step, layer or site leaves out others");
  bb_dropout_apply(&kernels, &next, 3, BB_DROPOUT_FFN, 400, other, N);
  CHECK(memcmp(whole, other, sizeof whole) != 0);
  for (size_t i = 0; i < N; i++) other[i] = part[i] = (float)i + 1;
  bb_dropout_apply(&kernels, &d, 4, BB_DROPOUT_FFN, 400, other, N);
  bb_dropout_apply(&kernels, &d, 3, BB_DROPOUT_CONTEXT, 400, part, N);
  CHECK(memcmp(whole, other, sizeof whole) != 0);
  CHECK(memcmp(whole, part, sizeof whole) != 0);
}

int main(void) {
  bb_kernels_init(&kernels, bb_cpu_detect());
  test_philox();
  test_share();
  test_places();
  return check_report();
}
