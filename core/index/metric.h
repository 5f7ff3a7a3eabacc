/* metric.h - how two vectors are compared. */
#ifndef BB_METRIC_H
#define BB_METRIC_H

#include "biobert_vectors.h"

/* Sums over two vectors a and b, in double precision. */
typedef struct bb_sums {
  double dot;        /* <a, b> */
  double a, b;       /* |a|^2, |b|^2 */
  double difference; /* |a - b|^2 */
} bb_sums;

/* An estimate of <q, x>, how far from it the truth may be, and |q| |x| at most. */
typedef struct bb_estimate {
  double product, bound, magnitude;
} bb_estimate;

/* What differs between metrics. A similarity is larger for a better match. */
typedef struct bb_metric {
  bool unit; /* vectors are brought to length 1 first */
  /* Of a pair; NaN: it has none. */
  double (*distance)(const bb_sums *s);
  /* Of a query a, which is of length 1 where `unit`, and a vector b; -INFINITY: none. */
  double (*similarity)(const bb_sums *s);
  double (*to_distance)(double similarity);
  /* The similarity in place of the inner product: a and b are the squares. */
  void (*from_product)(bb_estimate *e, double a, double b);
  bool feedback; /* a query moved toward its best rows makes sense */
} bb_metric;

const bb_metric *bb_metric_of(biobert_metric metric);

#endif
