/* philox.h - the random numbers of dropout, as every instruction set has to make them:
 * Philox 4x32-10 of Salmon et al. 2011 (doi:10.1145/2063384.2063405). */
#ifndef BB_PHILOX_H
#define BB_PHILOX_H

#include "kernels/kernels.h"

enum { BB_PHILOX_ROUNDS = 10, BB_PHILOX_WORDS = 4 };

/* The constants of the paper, table 2. */
#define BB_PHILOX_MULTIPLIER_0 0xD2511F53u
#define BB_PHILOX_MULTIPLIER_1 0xCD9E8D57u
#define BB_PHILOX_WEYL_0 0x9E3779B9u
#define BB_PHILOX_WEYL_1 0xBB67AE85u

/* Four random numbers of a counter and a key. */
static inline void bb_philox_words(const uint32_t counter[4], const uint32_t key[2],
                                   uint32_t out[BB_PHILOX_WORDS]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  uint32_t k0 = key[0], k1 = key[1];
  for (int i = 0; i < BB_PHILOX_ROUNDS; i++) {
    uint64_t a = (uint64_t)BB_PHILOX_MULTIPLIER_0 * c0;
    uint64_t b = (uint64_t)BB_PHILOX_MULTIPLIER_1 * c2;
    c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
    c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)b;
    c3 = (uint32_t)a;
    k0 += BB_PHILOX_WEYL_0;
    k1 += BB_PHILOX_WEYL_1;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/* f32_drop for x[from] up to x[end]; from is a multiple of 4. */
static inline void bb_drop_range(const bb_drop *d, float *x, size_t from, size_t end) {
  for (size_t i = from; i < end; i += BB_PHILOX_WORDS) {
    uint64_t block = d->block + i / BB_PHILOX_WORDS;
    uint32_t words[BB_PHILOX_WORDS];
    bb_philox_words(
        (const uint32_t[]){(uint32_t)block, (uint32_t)(block >> 32), d->place, d->step},
        d->key, words);
    for (size_t j = i; j < end && j < i + BB_PHILOX_WORDS; j++)
      x[j] = words[j - i] < d->below ? 0 : d->scale * x[j];
  }
}

#endif
