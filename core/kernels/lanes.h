/* lanes.h - sums in 16 lanes, one number at a time: what scalar.c does from the first
 * element, and the vector versions with the elements that do not fill a register. */
#ifndef BB_LANES_H
#define BB_LANES_H

#include <math.h>
#include <stddef.h>

#include "kernels/kernels.h"
#include "kernels/vector_math.h"

/* The fixed tree of kernels.h. Uses the lanes up. */
static inline float bb_lanes_sum(float lanes[BB_LANES]) {
  for (size_t half = BB_LANES / 2; half > 0; half /= 2)
    for (size_t j = 0; j < half; j++) lanes[j] += lanes[j + half];
  return lanes[0];
}

static inline void bb_lanes_add(float lanes[BB_LANES], const float *x, size_t from,
                                size_t n) {
  for (size_t i = from; i < n; i++) lanes[i % BB_LANES] += x[i];
}

static inline void bb_lanes_add_products(float lanes[BB_LANES], const float *a,
                                         const float *b, size_t from, size_t n) {
  for (size_t i = from; i < n; i++)
    lanes[i % BB_LANES] = bb_fma(a[i], b[i], lanes[i % BB_LANES]);
}

static inline void bb_lanes_add_squares(float lanes[BB_LANES], const float *x, float mean,
                                        size_t from, size_t n) {
  for (size_t i = from; i < n; i++) {
    float d = x[i] - mean;
    lanes[i % BB_LANES] = bb_fma(d, d, lanes[i % BB_LANES]);
  }
}

/* What layer_norm multiplies with. */
static inline float bb_inverse_deviation(float sum_of_squares, size_t n, float eps) {
  return 1.0f / sqrtf(sum_of_squares / (float)n + eps);
}

#endif
