/* dropout.c - Philox 4x32-10, and what it leaves out. */
#include "train/dropout.h"

enum { ROUNDS = 10 };

/* The constants of the paper, table 2. */
static const uint32_t MULTIPLIERS[2] = {0xD2511F53, 0xCD9E8D57};
static const uint32_t WEYL[2] = {0x9E3779B9, 0xBB67AE85};

void bb_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  uint32_t k0 = key[0], k1 = key[1];
  for (int i = 0; i < ROUNDS; i++) {
    uint64_t a = (uint64_t)MULTIPLIERS[0] * c0, b = (uint64_t)MULTIPLIERS[1] * c2;
    c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
    c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)b;
    c3 = (uint32_t)a;
    k0 += WEYL[0];
    k1 += WEYL[1];
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/* A number is left out where its 32 random bits are below this: rate * 2^32. */
static uint32_t threshold(float rate) {
  double below = (double)rate * 0x1p32;
  return below < 0x1p32 ? (uint32_t)below : UINT32_MAX;
}

void bb_dropout_apply(const bb_dropout *d, size_t layer, bb_dropout_site site,
                      uint64_t first, float *x, size_t n) {
  if (!(d->rate > 0)) return;
  const uint32_t key[2] = {(uint32_t)d->seed, (uint32_t)(d->seed >> 32)};
  const uint32_t below = threshold(d->rate);
  const float scale = 1 / (1 - d->rate);
  for (size_t i = 0; i < n; i += 4) {
    uint64_t block = (first + i) / 4;
    uint32_t place = (uint32_t)(layer * BB_DROPOUT_SITES + site), bits[4];
    bb_philox((uint32_t[]){(uint32_t)block, (uint32_t)(block >> 32), place, d->step}, key,
              bits);
    for (size_t j = i; j < n && j < i + 4; j++)
      x[j] = bits[j - i] < below ? 0 : scale * x[j];
  }
}
