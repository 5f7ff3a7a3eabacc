/* feature_rows.h - rows of features, as classifiers learn from them: sparse, dense, or
 * both side by side, and products with them in double precision. */
#ifndef BB_FEATURE_ROWS_H
#define BB_FEATURE_ROWS_H

#include "biobert.h"

/* Borrowed parts. A row's sparse features lie in column[start[r] .. start[r + 1]) and in
 * value; the dense ones, [dense_columns], have the columns after sparse_columns. */
typedef struct bb_feature_rows {
  const size_t *start; /* [stored rows + 1]; NULL: no sparse features */
  const uint32_t *column;
  const float *value;
  size_t sparse_columns;
  const float *dense; /* [stored rows, dense_columns] */
  size_t dense_columns;
  const uint32_t *pick; /* [rows]: which of the stored rows; NULL: the first ones */
  size_t rows;
} bb_feature_rows;

static inline size_t bb_feature_columns(const bb_feature_rows *x) {
  return x->sparse_columns + x->dense_columns;
}

/* The product of row r (of the picked ones) and weights, [columns]. A sum of fixed order.
 */
double bb_feature_dot(const bb_feature_rows *x, size_t r, const double *weights);
/* sum += factor * row r; sum: [columns]. */
void bb_feature_add(const bb_feature_rows *x, size_t r, double factor, double *sum);

#endif
