/* linear_fit.h - linear classifiers: logistic regression and the linear support vector
 * machine, with an L2 penalty.
 *
 * minimises  1/2 sum |w|^2 + sum over rows of cost * loss(w x + b)
 *
 * in the primal by a truncated Newton method: conjugate gradients for the step, then a
 * backtracking line search (Galli and Lin 2021, liblinear's since 2.40), to a gradient
 * so small that the answer does not depend on where the search stopped. Equal to
 * scikit-learn's LogisticRegression (intercept without penalty) and LinearSVC (intercept
 * with one). */
#ifndef BB_LINEAR_FIT_H
#define BB_LINEAR_FIT_H

#include "analysis/feature_rows.h"
#include "analysis/losses.h"
#include "text/normalize.h"

typedef struct bb_linear_problem {
  const bb_feature_rows *x;
  const int32_t *label; /* [x->rows] */
  const double *cost;   /* [x->rows]: C times the row's weight */
  const bb_linear_loss *loss;
  size_t outputs;
  bool penalised_intercept;
  const double *start; /* weights near the answer; NULL: zeros */
  double tolerance;    /* of the gradient, beside that at 0; 0: BB_TIGHT */
} bb_linear_problem;

/* BB_LOOSE: decision values to two or three digits, for cross-validation, where what is
 * held out differs by more. */
#define BB_TIGHT 1e-9
#define BB_LOOSE 1e-3

/* weights: [outputs, columns + 1], the intercept last; written over. INTERRUPTED, NOMEM:
 * weights are undefined. */
biobert_status bb_linear_fit(const bb_linear_problem *p, const bb_call *call,
                             double *weights, biobert_error *err);

/* z: [outputs] of row r. */
void bb_linear_decide(const bb_feature_rows *x, size_t r, const double *weights,
                      size_t outputs, double *z);

#endif
