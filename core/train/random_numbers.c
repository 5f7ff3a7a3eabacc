/* random_numbers.c - Philox by use. */
#include "train/random_numbers.h"

#include <math.h>

#include "train/dropout.h"

static const uint64_t GOLDEN_RATIO = 0x9E3779B97F4A7C15;

void bb_random_bits(const bb_random *r, uint64_t at, uint32_t out[4]) {
  const uint64_t key = r->seed + (uint64_t)r->use * GOLDEN_RATIO;
  bb_philox((uint32_t[]){(uint32_t)at, (uint32_t)(at >> 32), (uint32_t)r->which,
                         (uint32_t)(r->which >> 32)},
            (uint32_t[]){(uint32_t)key, (uint32_t)(key >> 32)}, out);
}

/* Some numbers are likelier by n / 2^32, which cannot be seen. */
size_t bb_random_below(const bb_random *r, uint64_t at, size_t n) {
  uint32_t bits[4];
  bb_random_bits(r, at, bits);
  return (size_t)((uint64_t)bits[0] * n >> 32);
}

void bb_random_normal(const bb_random *r, double deviation, float *out, size_t n) {
  static const double two_pi = 6.28318530717958647693;
  for (size_t i = 0; i < n; i += 2) {
    uint32_t bits[4];
    bb_random_bits(r, i / 2, bits);
    const double u = ((double)bits[0] + 1) * 0x1p-32, angle = two_pi * bits[1] * 0x1p-32;
    const double radius = deviation * sqrt(-2 * log(u));
    out[i] = (float)(radius * cos(angle));
    if (i + 1 < n) out[i + 1] = (float)(radius * sin(angle));
  }
}
