/* random.h - random numbers that depend on a seed alone: splitmix64 of Steele, Lea & Flood
 * 2014 (doi:10.1145/2660193.2660195). */
#ifndef BB_ANALYSIS_RANDOM_H
#define BB_ANALYSIS_RANDOM_H

#include <stdint.h>

/* The next number; any state is a seed. */
static inline uint64_t bb_random_next(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

/* In [0, 1), a multiple of 2^-53. */
static inline double bb_random_unit(uint64_t *state) {
  return (double)(bb_random_next(state) >> 11) * 0x1p-53;
}

/* From -1 to 1, of the ordinal `at`: numbers that are asked for in any order. */
static inline float bb_random_float(uint64_t seed, uint64_t at) {
  uint64_t state = seed * 0xd1342543de82ef95u + at * 0x9e3779b97f4a7c15u;
  const int32_t bits = (int32_t)(bb_random_next(&state) >> 40); /* 24 of them */
  return (float)(bits - (1 << 23)) * 0x1p-23f;
}

#endif
