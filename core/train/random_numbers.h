/* random_numbers.h - random numbers by what they are for and which of them: Philox (dropout.h), so
 * that any can be had at any time, in any order. */
#ifndef BB_TRAIN_RANDOM_H
#define BB_TRAIN_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* What numbers are for. Dropout has the seed itself for its key; these do not. */
typedef enum bb_random_use {
  BB_RANDOM_ORDER = 1, /* of an epoch */
  BB_RANDOM_MASKS,     /* of an epoch */
  BB_RANDOM_WEIGHTS,   /* of a tensor */
} bb_random_use;

typedef struct bb_random {
  uint64_t seed;
  bb_random_use use;
  uint64_t which; /* epoch, tensor */
} bb_random;

/* Four numbers of 32 random bits: those with ordinal `at`. */
void bb_random_bits(const bb_random *r, uint64_t at, uint32_t out[4]);
/* From 0 to below n, 1 <= n < 2^32. */
size_t bb_random_below(const bb_random *r, uint64_t at, size_t n);
/* Standard normal numbers times `deviation`: Box & Muller 1958. */
void bb_random_normal(const bb_random *r, double deviation, float *out, size_t n);

#endif
