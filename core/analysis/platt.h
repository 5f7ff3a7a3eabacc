/* platt.h - probabilities of decision values (Platt 1999; Lin, Lin and Weng 2007). */
#ifndef BB_PLATT_H
#define BB_PLATT_H

#include <stdbool.h>
#include <stddef.h>

/* p = 1 / (1 + exp(a z + b)); a is negative where larger values mean "yes". */
typedef struct bb_platt {
  double a, b;
} bb_platt;

/* The most likely a and b of `count` values and whether each is of the class, with the
 * targets of Platt, which keep a few rows from probabilities of 0 and 1. weight: [count],
 * of the rows, or NULL: 1 each. */
bb_platt bb_platt_fit(const double *values, const bool *is, const double *weight,
                      size_t count);
double bb_platt_probability(bb_platt p, double value);

#endif
