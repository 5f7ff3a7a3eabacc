/* query.c - a query against codes, with a bound; and against full vectors, exactly.
 *
 * The query is rounded to int16 once: Q = round(K q). A code's estimate of <q, x> is
 *     scale * <Q, c> / K,
 * and <q, x> differs from it by at most
 *     |q| * residual                  what the code left out of x (Cauchy-Schwarz)
 *   + |q - Q / K| * |scale * c|       what rounding left out of q, |scale c| <= |x| +
 * residual plus what float rounding of the estimate itself can do, which grows with |q|
 * |x|. K is as large as int16 and an int32 sum of n products by 127 allow, so the second
 * term is far below the first. */
#include <float.h>
#include <math.h>

#include "base/mem.h"
#include "base/status.h"
#include "index/metric.h"
#include "kernels/kernels.h"

/* float rounding of estimate and bound: a few units in the last place of values of their
 * size, and what is left of the smallest floats. */
static const double rounding = 1e-6, smallest = 1e-37;

struct biobert_query {
  const bb_metric *metric;
  size_t n;
  bb_kernels kernels;
  double length;    /* |q|: 1 for cosine, 0 for a zero query */
  double inverse;   /* 1 / K */
  double missed;    /* |q - Q / K| */
  float *query;     /* [n], of length 1 for cosine */
  double *exact;    /* [n], the same in double precision */
  int16_t *rounded; /* [n] */
};

static double length_of(const float *v, size_t n) {
  double square = 0;
  for (size_t i = 0; i < n; i++) square += (double)v[i] * v[i];
  return sqrt(square);
}

/* K: |Q_i| <= 32767, and sum |Q_i| * 128 < 2^31 (a damaged code may be -128). */
static double rounding_factor(const double *q, size_t n) {
  double max = 0, sum = 0;
  for (size_t i = 0; i < n; i++) {
    double x = fabs(q[i]);
    if (x > max) max = x;
    sum += x;
  }
  if (max == 0) return 1;
  double by_value = 32767 / max;
  double by_sum = (2147483647.0 / 128 - (double)n) / sum;
  return by_value < by_sum ? by_value : by_sum;
}

static void round_query(biobert_query *p) {
  double K = rounding_factor(p->exact, p->n), missed = 0;
  for (size_t i = 0; i < p->n; i++) {
    p->rounded[i] = (int16_t)lrint(K * p->exact[i]);
    double rest = p->exact[i] - p->rounded[i] / K;
    missed += rest * rest;
  }
  p->inverse = 1 / K;
  p->missed = sqrt(missed);
}

biobert_status biobert_query_new(biobert_metric metric, const float *query, size_t n,
                                 biobert_query **out, biobert_error *err) {
  biobert_query *p = bb_alloc_zeroed(NULL, 1, sizeof *p);
  if (!p) return bb_no_memory(err, "query");
  p->metric = bb_metric_of(metric);
  p->n = n;
  p->query = bb_alloc(NULL, n, sizeof *p->query);
  p->exact = bb_alloc(NULL, n, sizeof *p->exact);
  p->rounded = bb_alloc(NULL, n, sizeof *p->rounded);
  if (!p->query || !p->exact || !p->rounded) {
    biobert_query_free(p);
    return bb_no_memory(err, "query");
  }
  bb_kernels_init(&p->kernels, bb_cpu_detect());
  double length = length_of(query, n);
  double divide = p->metric->unit && length > 0 ? length : 1;
  for (size_t i = 0; i < n; i++) {
    p->exact[i] = query[i] / divide;
    p->query[i] = (float)p->exact[i];
  }
  p->length = length / divide;
  round_query(p);
  *out = p;
  return BIOBERT_OK;
}

void biobert_query_free(biobert_query *p) {
  if (!p) return;
  bb_free(NULL, p->query);
  bb_free(NULL, p->exact);
  bb_free(NULL, p->rounded);
  bb_free(NULL, p);
}

/* Without an array for errors the estimate becomes the upper bound. Where the numbers
 * went beyond float nothing is known. */
static void put_bounds(double estimate, double bound, size_t i, float *estimates,
                       float *errors) {
  bool sound = fabs(estimate) + bound <= (double)FLT_MAX; /* not if one is a NaN */
  if (!sound) estimate = 0;
  if (!sound) bound = (double)INFINITY;
  estimates[i] = (float)(errors ? estimate : estimate + bound);
  if (errors) errors[i] = (float)bound;
}

/* Unit vectors: |x| is 1, the similarity is the inner product, and the bound a line over
 * the residual: in float, because this runs for every vector of every search. Its
 * roundings are a tenth of what `rounding` allows. */
static void scan_unit(const biobert_query *p, const int8_t *codes,
                      const biobert_code *code, size_t count, float *estimate,
                      float *error) {
  const float inverse = (float)p->inverse, max = 4; /* more is no code of a unit vector */
  const float slope = (float)((p->length + p->missed) * (1 + rounding));
  const float intercept = (float)(p->missed + rounding * (2 + p->length));
  for (size_t i = 0; i < count; i++) {
    int32_t dot = p->kernels.i8_dot_i16(codes + i * p->n, p->rounded, p->n);
    float product = (float)dot * inverse * code[i].scale;
    float bound = slope * code[i].residual + intercept;
    if (!(fabsf(product) + bound <= max)) {
      put_bounds((double)NAN, 0, i, estimate, error);
      continue;
    }
    estimate[i] = error ? product : product + bound;
    if (error) error[i] = bound;
  }
}

static void scan_any(const biobert_query *p, const int8_t *codes,
                     const biobert_code *code, size_t count, float *estimate,
                     float *error) {
  const double square = p->length * p->length;
  for (size_t i = 0; i < count; i++) {
    double dot = p->kernels.i8_dot_i16(codes + i * p->n, p->rounded, p->n);
    double size = sqrt(code[i].square);
    bb_estimate e = {
        .product = code[i].scale * dot * p->inverse,
        .bound = p->length * code[i].residual + p->missed * (size + code[i].residual),
        .magnitude = p->length * (size + code[i].residual),
    };
    p->metric->from_product(&e, square, code[i].square);
    e.bound += rounding * (e.bound + e.magnitude) + smallest;
    put_bounds(e.product, e.bound, i, estimate, error);
  }
}

void biobert_query_scan(const biobert_query *p, const int8_t *codes,
                        const biobert_code *code, size_t count, float *estimate,
                        float *error) {
  if (p->metric->unit)
    scan_unit(p, codes, code, count, estimate, error);
  else
    scan_any(p, codes, code, count, estimate, error);
}

double biobert_query_exact(const biobert_query *p, const float *v) {
  bb_sums s = {.a = p->length};
  for (size_t i = 0; i < p->n; i++) {
    s.dot += p->exact[i] * v[i];
    s.b += (double)v[i] * v[i];
    double d = p->exact[i] - v[i];
    s.difference += d * d;
  }
  return p->metric->similarity(&s);
}
