/* units.h - the points that have a direction, brought to length 1. */
#ifndef BB_UNITS_H
#define BB_UNITS_H

#include "analysis/shared_options.h"

typedef struct bb_units {
  size_t count, n;
  uint32_t *point; /* [count], rising: their numbers in the points */
  float *rows;     /* [count, n], at a 64-byte boundary; rounded from double */
} bb_units;

/* Freed with the same options. */
biobert_status bb_units_make(const biobert_points *points,
                             const biobert_analysis_options *how, bb_units *out,
                             biobert_error *err);
void bb_units_free(bb_units *units, const biobert_analysis_options *how);

/* f32_dot of two units (kernels.h), or their cosine rounded to float, is off by less. */
float bb_units_slack(size_t n);

/* sum a[i] * b[i] in double precision, in one order everywhere: eight lanes (element i
 * belongs to lane i % 8), then lane j += lane j + 4, then j + 2, j + 1. A product of two
 * floats is exact in double precision, so fused or not makes no difference. */
double bb_dot(const float *a, const float *b, size_t n);

#endif
