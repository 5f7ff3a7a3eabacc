/* stopping.c - when to stop reading: a test of whether recall has reached a target.
 *
 * The last n decisions are taken for a random sample of the papers that were left when
 * they began. If recall were below the target, at least K inclusions were among those;
 * that the sample has no more than it has is a hypergeometric probability. */
#include <math.h>

#include "biobert_classifier.h"

typedef struct urn {
  double all, relevant, drawn, seen; /* seen: of the relevant, among the drawn */
} urn;

/* Stirling's series, which is exact to a double from ENOUGH on. Not lgamma(): it writes to
 * a variable of the process, and has other last digits in each C library. */
static double log_factorial(double n) {
  static const double half_log_2_pi = 0.91893853320467274178;
  enum { ENOUGH = 20 };
  double product = 1;
  while (n < ENOUGH) product *= ++n;
  const double r = 1 / (n * n);
  const double series = (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r / 1680))) / n;
  return (n + 0.5) * log(n) - n + half_log_2_pi + series - log(product);
}

static double log_choose(double n, double k) {
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

/* The probability of u->seen or fewer. From the likeliest term down, each by its ratio to
 * the one before, until what is left cannot be seen in the sum. */
static double at_most(const urn *u) {
  const double least = fmax(0, u->drawn - (u->all - u->relevant));
  double sum = 0;
  if (u->seen >= fmin(u->relevant, u->drawn)) return 1;
  if (u->seen < least) return 0;
  double term = exp(log_choose(u->relevant, u->seen) +
                    log_choose(u->all - u->relevant, u->drawn - u->seen) -
                    log_choose(u->all, u->drawn));
  for (double i = u->seen; i >= least; i--) {
    sum += term;
    term *= i * (u->all - u->relevant - u->drawn + i) /
            ((u->relevant - i + 1) * (u->drawn - i + 1));
  }
  return fmin(sum, 1);
}

double biobert_stopping_p_value(const bool *included, size_t decisions, size_t papers,
                                double target) {
  double seen = 0, smallest = 1;
  for (size_t i = 0; i < decisions; i++) seen += included[i];
  urn u = {.all = (double)(papers - decisions)};
  for (size_t drawn = 1; drawn <= decisions; drawn++) {
    u.drawn = (double)drawn;
    u.all++;
    u.seen += included[decisions - drawn];
    /* As many as there must have been for recall to be below the target. */
    u.relevant = floor(seen / target + 1 - (seen - u.seen));
    if (u.relevant > u.all) return 0;
    smallest = fmin(smallest, at_most(&u));
  }
  return smallest;
}
