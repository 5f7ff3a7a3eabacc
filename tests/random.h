/* random.h - numbers at random, the same ones on every run unless a test says otherwise.
 */
#ifndef BB_TEST_RANDOM_H
#define BB_TEST_RANDOM_H

#include <stddef.h>
#include <stdint.h>

enum { RANDOM_SEED = 20260101 }; /* arbitrary, fixed */

static uint64_t random_state = RANDOM_SEED; /* never 0: xorshift would not leave it */

/* xorshift64*: Vigna 2016, doi:10.1145/2845077. */
static inline uint64_t random_u64(void) {
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return random_state * 0x2545F4914F6CDD1Du;
}

/* The upper bits are the better ones. */
static inline uint32_t random_u32(void) {
  return (uint32_t)(random_u64() >> 32);
}

static inline size_t random_below(size_t n) {
  return random_u32() % n;
}

#endif
