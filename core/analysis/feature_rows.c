/* feature_rows.c - products of rows of features. */
#include "analysis/feature_rows.h"

/* Sums that run beside each other, so that no addition waits for the one before. */
enum { PARTIAL_SUMS = 8 };

static double dense_dot(const float *x, const double *w, size_t n) {
  double sum[PARTIAL_SUMS] = {0}, total = 0;
  size_t at = 0;
  for (; at + PARTIAL_SUMS <= n; at += PARTIAL_SUMS)
    for (size_t i = 0; i < PARTIAL_SUMS; i++) sum[i] += (double)x[at + i] * w[at + i];
  for (; at < n; at++) total += (double)x[at] * w[at];
  for (size_t i = 0; i < PARTIAL_SUMS; i++) total += sum[i];
  return total;
}

static size_t stored_row(const bb_feature_rows *x, size_t r) {
  return x->pick ? x->pick[r] : r;
}

double bb_feature_dot(const bb_feature_rows *x, size_t r, const double *weights) {
  const size_t row = stored_row(x, r);
  double sum = 0;
  if (x->start)
    for (size_t i = x->start[row]; i < x->start[row + 1]; i++)
      sum += (double)x->value[i] * weights[x->column[i]];
  if (x->dense_columns)
    sum += dense_dot(x->dense + row * x->dense_columns, weights + x->sparse_columns,
                     x->dense_columns);
  return sum;
}

void bb_feature_add(const bb_feature_rows *x, size_t r, double factor, double *sum) {
  const size_t row = stored_row(x, r);
  if (x->start)
    for (size_t i = x->start[row]; i < x->start[row + 1]; i++)
      sum[x->column[i]] += factor * (double)x->value[i];
  const float *dense = x->dense_columns ? x->dense + row * x->dense_columns : NULL;
  double *tail = sum + x->sparse_columns;
  for (size_t i = 0; i < x->dense_columns; i++) tail[i] += factor * (double)dense[i];
}
