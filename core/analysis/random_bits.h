/* random_bits.h - random numbers by seed and ordinal, any of them at any time. */
#ifndef BB_RANDOM_BITS_H
#define BB_RANDOM_BITS_H

#include <stdint.h>

/* SplitMix64: Steele, Lea & Flood 2014 (doi:10.1145/2660193.2660195), of which a number is
 * a function of where it stands. */
static inline uint64_t bb_random_bits_at(uint64_t seed, uint64_t at) {
  uint64_t z =
      seed * UINT64_C(0xD1342543DE82EF95) + (at + 1) * UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

/* From -1 to 1. */
static inline float bb_random_float(uint64_t seed, uint64_t at) {
  const int32_t bits = (int32_t)(bb_random_bits_at(seed, at) >> 40); /* 24 bits */
  return (float)(bits - (1 << 23)) * 0x1p-23f;
}

#endif
