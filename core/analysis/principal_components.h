/* principal_components.h - the directions in which vectors differ most (Pearson 1901,
 * doi:10.1080/14786440109462720). */
#ifndef BB_PRINCIPAL_COMPONENTS_H
#define BB_PRINCIPAL_COMPONENTS_H

#include "base/pool.h"
#include "biobert.h"

typedef struct bb_rows {
  const float *vectors; /* [count, n] */
  const float *scale;   /* [count]: factors of the rows; of 0 are those left out */
  size_t count, n;
} bb_rows;

/* Of the rows, times their factors, minus their mean: places [count, d] along the d
 * directions of largest variance, largest first; 0 for what is left out, and from where on
 * there are no more directions. A direction's largest number is positive. variances [d]:
 * sums of squares along them; may be NULL. Deterministic; the same bits everywhere.
 * NOMEM, INTERRUPTED. */
biobert_status bb_principal_components(const biobert_allocator *a, const bb_rows *rows,
                                       size_t d, size_t workers, float *places,
                                       double *variances, bb_cancel *cancel,
                                       biobert_error *err);

#endif
