/* i8.h - numbers of a row as bytes: the steps that every instruction set repeats. */
#ifndef BB_I8_H
#define BB_I8_H

#include "kernels/kernels.h"
#include "kernels/vector_math.h"

enum { BB_I8_LEVELS = 255 };

/* Which of two zeros is the least depends on the order in which one looks: +0 is taken. A
 * NaN, which every comparison passes over, makes the whole row NaN. */
static inline bb_i8_range bb_i8_range_of(float least, float greatest, bool has_nan) {
  if (has_nan) return (bb_i8_range){NAN, NAN};
  return (bb_i8_range){(greatest - least + 0.0f) / BB_I8_LEVELS, least + 0.0f};
}

/* 0 where all numbers are equal: they are all 0 then. */
static inline float bb_i8_inverse(const bb_i8_range *range) {
  return range->scale > 0.0f ? 1.0f / range->scale : 0.0f;
}

/* To the nearest level. A row with a NaN or an infinity has some bytes, and a range that
 * lets nothing finite come of them. */
static inline uint8_t bb_i8_round(float x, float least, float inverse) {
  return (uint8_t)bb_float_bits((x - least) * inverse + BB_ROUND);
}

#endif
