/* platt.c - Newton's method with backtracking, as in the appendix of Lin, Lin and Weng. */
#include "analysis/platt.h"

#include <math.h>

/* Of the paper's program. */
enum { MAX_STEPS = 100 };
static const double min_step = 1e-10, ridge = 1e-12, enough = 1e-10;

typedef struct platt_rows {
  const double *values, *weight;
  const bool *is;
  size_t count;
  double target[2]; /* of the rows that are not of the class, and of those that are */
} platt_rows;

static double weight_of(const platt_rows *r, size_t i) {
  return r->weight ? r->weight[i] : 1;
}

static void set_targets(platt_rows *r) {
  double sum[2] = {0, 0};
  for (size_t i = 0; i < r->count; i++) sum[r->is[i]] += weight_of(r, i);
  r->target[0] = 1 / (sum[0] + 2);
  r->target[1] = (sum[1] + 1) / (sum[1] + 2);
}

/* Minus the logarithm of the likelihood. */
static double loss(const platt_rows *r, bb_platt p) {
  double sum = 0;
  for (size_t i = 0; i < r->count; i++) {
    const double f = p.a * r->values[i] + p.b, t = r->target[r->is[i]];
    sum +=
        weight_of(r, i) * (f >= 0 ? t * f + log1p(exp(-f)) : (t - 1) * f + log1p(exp(f)));
  }
  return sum;
}

typedef struct derivatives {
  double g1, g2, h11, h22, h21;
} derivatives;

static derivatives derive(const platt_rows *r, bb_platt p) {
  derivatives d = {0, 0, ridge, ridge, 0};
  for (size_t i = 0; i < r->count; i++) {
    const double z = r->values[i], w = weight_of(r, i);
    const double is = bb_platt_probability(p, z);
    const double slope = w * (r->target[r->is[i]] - is), bend = w * is * (1 - is);
    d.h11 += z * z * bend;
    d.h22 += bend;
    d.h21 += z * bend;
    d.g1 += z * slope;
    d.g2 += slope;
  }
  return d;
}

/* False: there is nothing more to gain. */
static bool step(const platt_rows *r, bb_platt *p) {
  const derivatives d = derive(r, *p);
  if (fabs(d.g1) < enough && fabs(d.g2) < enough) return false;
  const double determinant = d.h11 * d.h22 - d.h21 * d.h21;
  const double da = -(d.h22 * d.g1 - d.h21 * d.g2) / determinant;
  const double db = -(d.h11 * d.g2 - d.h21 * d.g1) / determinant;
  const double slope = d.g1 * da + d.g2 * db, before = loss(r, *p);
  for (double length = 1; length >= min_step; length /= 2) {
    const bb_platt next = {p->a + length * da, p->b + length * db};
    if (!(loss(r, next) < before + 1e-4 * length * slope)) continue;
    *p = next;
    return true;
  }
  return false;
}

bb_platt bb_platt_fit(const double *values, const bool *is, const double *weight,
                      size_t count) {
  platt_rows r = {.values = values, .weight = weight, .is = is, .count = count};
  set_targets(&r);
  double yes = 0, no = 0;
  for (size_t i = 0; i < count; i++) *(is[i] ? &yes : &no) += weight_of(&r, i);
  bb_platt p = {0, log((no + 1) / (yes + 1))};
  for (int i = 0; i < MAX_STEPS && step(&r, &p); i++)
    ;
  return p;
}

double bb_platt_probability(bb_platt p, double value) {
  const double f = p.a * value + p.b;
  if (f >= 0) {
    const double e = exp(-f);
    return e / (1 + e);
  }
  return 1 / (1 + exp(f));
}
