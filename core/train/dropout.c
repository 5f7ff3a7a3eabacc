/* dropout.c - Philox 4x32-10, and what it leaves out. */
#include "train/dropout.h"

#include "kernels/philox.h"

void bb_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  bb_philox_words(counter, key, out);
}

/* A number is left out where its 32 random bits are below this: rate * 2^32. */
static uint32_t threshold(float rate) {
  double below = (double)rate * 0x1p32;
  return below < 0x1p32 ? (uint32_t)below : UINT32_MAX;
}

void bb_dropout_apply(const bb_kernels *k, const bb_dropout *d, size_t layer,
                      bb_dropout_site site, uint64_t first, float *x, size_t n) {
  if (!(d->rate > 0)) return;
  const bb_drop drop = {
      .block = first / BB_PHILOX_WORDS,
      .place = (uint32_t)(layer * BB_DROPOUT_SITES + site),
      .step = d->step,
      .key = {(uint32_t)d->seed, (uint32_t)(d->seed >> 32)},
      .below = threshold(d->rate),
      .scale = 1 / (1 - d->rate),
  };
  k->f32_drop(&drop, x, n);
}
