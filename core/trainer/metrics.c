/* metrics.c - F1, rank correlation, average precision. */
#include "trainer/metrics.h"

#include <math.h>

#include "base/mem.h"

double bb_f1(const bb_counts *c) {
  const size_t both = 2 * c->right + c->wrong + c->missed;
  return both ? 2.0 * (double)c->right / (double)both : 0;
}

double bb_macro_f1(const bb_counts *classes, size_t count) {
  double sum = 0;
  size_t seen = 0;
  for (size_t i = 0; i < count; i++) {
    if (classes[i].right + classes[i].wrong + classes[i].missed == 0) continue;
    sum += bb_f1(&classes[i]);
    seen++;
  }
  return seen ? sum / (double)seen : 0;
}

/* Rankings --------------------------------------------------------------------------- */

typedef struct ranked {
  float value;
  size_t index;
} ranked;

static int by_value(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  return (x->value > y->value) - (x->value < y->value);
}

static ranked *sorted(const float *values, size_t count) {
  ranked *order = bb_alloc(NULL, count, sizeof *order);
  if (!order) return NULL;
  for (size_t i = 0; i < count; i++) order[i] = (ranked){values[i], i};
  if (count) qsort(order, count, sizeof *order, by_value);
  return order;
}

/* The end of the run of equal values that begins at `first`. */
static size_t tie_end(const ranked *order, size_t first, size_t count) {
  size_t end = first + 1;
  while (end < count && order[end].value == order[first].value) end++;
  return end;
}

static bool rank(const float *values, size_t count, double *ranks) {
  ranked *order = sorted(values, count);
  if (!order) return false;
  for (size_t first = 0, end; first < count; first = end) {
    end = tie_end(order, first, count);
    for (size_t i = first; i < end; i++)
      ranks[order[i].index] = ((double)first + (double)end - 1) / 2;
  }
  bb_free(NULL, order);
  return true;
}

/* Pearson's correlation. */
static double correlation(const double *a, const double *b, size_t count) {
  double mean_a = 0, mean_b = 0, ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < count; i++) {
    mean_a += a[i] / (double)count;
    mean_b += b[i] / (double)count;
  }
  for (size_t i = 0; i < count; i++) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

bool bb_spearman(const float *a, const float *b, size_t count, double *out) {
  double *ranks = bb_alloc(NULL, count, 2 * sizeof *ranks);
  bool there = ranks && rank(a, count, ranks) && rank(b, count, ranks + count);
  if (there) *out = correlation(ranks, ranks + count, count);
  bb_free(NULL, ranks);
  return there;
}

bool bb_average_precision(const float *scores, const float *targets, size_t count,
                          double *out) {
  static const float positive = 0.5f;
  ranked *order = sorted(scores, count);
  size_t found = 0, end = count;
  double sum = 0;
  if (!order) return false;
  while (end > 0) { /* from the best: runs of equal scores */
    size_t first = end - 1, here = 0;
    while (first > 0 && order[first - 1].value == order[end - 1].value) first--;
    for (size_t i = first; i < end; i++) here += targets[order[i].index] >= positive;
    found += here;
    sum += (double)here * (double)found / (double)(count - first);
    end = first;
  }
  *out = found ? sum / (double)found : 0;
  bb_free(NULL, order);
  return true;
}
