/* random_bits.h - random numbers that depend on a seed alone: SplitMix64 of Steele, Lea &
 * Flood 2014 (doi:10.1145/2660193.2660195), one after another or by their ordinals. */
#ifndef BB_RANDOM_BITS_H
#define BB_RANDOM_BITS_H

#include <stddef.h>
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

/* Of the ordinal `at`: numbers that are asked for in any order. */
static inline uint64_t bb_random_bits_at(uint64_t seed, uint64_t at) {
  uint64_t state = seed * 0xd1342543de82ef95u + at * 0x9e3779b97f4a7c15u;
  return bb_random_next(&state);
}

/* Puts items of `size` bytes into an order that the seed decides: Fisher & Yates. */
static inline void bb_random_shuffle(void *items, size_t count, size_t size,
                                     uint64_t seed) {
  unsigned char *bytes = items;
  for (size_t i = count; i > 1; i--) {
    unsigned char *last = bytes + (i - 1) * size;
    unsigned char *other = bytes + bb_random_bits_at(seed, i) % i * size;
    for (size_t j = 0; j < size; j++) {
      const unsigned char moved = last[j];
      last[j] = other[j];
      other[j] = moved;
    }
  }
}

/* A number of an ordinal, from -1 to 1. */
static inline float bb_random_float(uint64_t seed, uint64_t at) {
  const int32_t bits = (int32_t)(bb_random_bits_at(seed, at) >> 40); /* 24 of them */
  return (float)(bits - (1 << 23)) * 0x1p-23f;
}

#endif
