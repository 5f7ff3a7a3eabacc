/* reduced.h - upper bounds of inner products by a few numbers of each vector.
 *
 * With an orthonormal basis Q, x = Q p + r and r orthogonal to Q,
 *     <x, y> = <p, q> + <r, s> <= <p, q> + |r| |s|,
 * which is the inner product of (p, |r|) and (q, |s|). With Q along the directions in which
 * the vectors are longest, |r| is small, and the bound of most pairs is far below one. */
#ifndef BB_REDUCED_H
#define BB_REDUCED_H

#include "analysis/units.h"

/* Of vectors of length 1: [count, depth], (p, |r|) of each. */
typedef struct bb_reduced {
  const bb_units *units;
  size_t depth; /* numbers of a row */
  float *rows;  /* at a 64-byte boundary */
  float
      rounding; /* an inner product of vectors is at most that of their rows plus this */
} bb_reduced;

/* depth >= 2, and less than the vectors' own. */
biobert_status bb_reduced_make(const bb_units *units, size_t depth, size_t workers,
                               const biobert_analysis_options *how, bb_reduced *out,
                               biobert_error *err);
void bb_reduced_free(bb_reduced *r, const biobert_analysis_options *how);

/* Of pairs of some of the rows, the part whose bound reaches a threshold. */
double bb_reduced_reaching(const bb_reduced *r, double threshold);

#endif
