/* i8.h - numbers of a row as bytes: the steps that every instruction set repeats. */
#ifndef BB_I8_H
#define BB_I8_H

#include "kernels/kernels.h"
#include "kernels/vector_math.h"

enum { BB_U8_MAX_CODE = 255, BB_I8_MAX_CODE = 127 };

/* Of a row. A NaN is passed over by both; `finite`: there is none, and no infinity. */
typedef struct bb_extremes {
  float min, max;
  bool finite;
} bb_extremes;

static inline void bb_extend(bb_extremes *e, const float *x, size_t from, size_t n) {
  for (size_t i = from; i < n; i++) {
    if (x[i] < e->min) e->min = x[i];
    if (x[i] > e->max) e->max = x[i];
    if (!isfinite(x[i])) e->finite = false;
  }
}

/* Which of -0 and +0 is the minimum depends on the order of the comparisons: +0 is taken.
 * A number that is not finite makes the whole row NaN. */
static inline bb_i8_range bb_i8_range_of(bb_extremes e) {
  if (!e.finite) return (bb_i8_range){NAN, NAN};
  return (bb_i8_range){(e.max - e.min + 0.0f) / BB_U8_MAX_CODE, e.min + 0.0f};
}

/* Codes per unit. 0 where all numbers are equal, or almost: all codes are 0 then. Not 1 /
 * scale, which would wait for the division before it. */
static inline float bb_i8_inverse(bb_extremes e) {
  float inverse = BB_U8_MAX_CODE / (e.max - e.min);
  return isfinite(inverse) ? inverse : 0.0f;
}

/* The scale of signed codes. NaN where something is not finite. */
static inline float bb_i8_scale(float magnitude) {
  return isfinite(magnitude) ? magnitude / BB_I8_MAX_CODE : NAN;
}

/* 0 where all numbers are 0, almost 0, or one is not finite. */
static inline float bb_i8_scale_inverse(float scale) {
  float inverse = 1.0f / scale;
  return isfinite(inverse) ? inverse : 0.0f;
}

/* The nearest integer in the low bits; |x| < 2^22. */
static inline uint32_t bb_round_bits(float x) {
  return bb_float_bits(x + BB_ROUND);
}

/* To the nearest code. A row with a NaN or an infinity has some bytes, and a range that
 * makes NaN of them. */
static inline uint8_t bb_i8_round(float x, float min, float inverse) {
  return (uint8_t)bb_round_bits((x - min) * inverse);
}

static inline float bb_greater_magnitude(float x, float y) {
  uint32_t size = bb_float_bits(x) & 0x7FFFFFFF;
  return bb_float_from_bits(size > bb_float_bits(y) ? size : bb_float_bits(y));
}

/* 2^14 * 2^t for t <= 0: at most BB_SOFTMAX_MAX_CODE; 0 for a NaN. */
static inline int16_t bb_softmax_code(float t) {
  t = t > BB_EXP2_MIN ? t : BB_EXP2_MIN;
  float shifted = t + BB_EXP2_ROUND;
  float r = t - (shifted - BB_EXP2_ROUND);
  float p = BB_EXP2[BB_EXP2_DEGREE];
  for (int k = BB_EXP2_DEGREE - 1; k >= 0; k--) p = bb_fma(p, r, BB_EXP2[k]);
  uint32_t power = bb_float_bits(shifted) << BB_FLOAT_FRACTION_BITS;
  return (int16_t)bb_round_bits(bb_float_from_bits(bb_float_bits(p) + power));
}

/* The range of a softmax's codes. */
static inline bb_i8_range bb_softmax_range(int64_t sum, bb_extremes e) {
  return (bb_i8_range){e.finite ? 1.0f / (float)sum : NAN, 0.0f};
}

static inline void bb_set_code_row(const bb_code_rows *to, size_t i, float scale,
                                   int32_t sum) {
  to->scales[i] = scale;
  if (to->sums) to->sums[i] = sum;
}

static inline void *bb_int_row(const bb_int_rows *rows, size_t i) {
  return (char *)rows->codes + i * rows->ld;
}

static inline bb_i8_range *bb_range_of(const bb_int_rows *rows, size_t i) {
  return rows->ranges + i * rows->range_step;
}

#endif
