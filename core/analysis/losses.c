/* losses.c - each written so that no exponential can overflow. */
#include "analysis/losses.h"

#include <math.h>

static double sign_of(int32_t label) {
  return label ? 1.0 : -1.0;
}

/* 1 / (1 + exp(-z)) */
static double sigmoid(double z) {
  if (z >= 0) return 1 / (1 + exp(-z));
  const double e = exp(z);
  return e / (1 + e);
}

static double logistic_value(const double *z, size_t outputs, int32_t label) {
  (void)outputs;
  const double margin = sign_of(label) * z[0];
  return margin >= 0 ? log1p(exp(-margin)) : log1p(exp(margin)) - margin;
}

static void logistic_gradient(const double *z, size_t outputs, int32_t label,
                              double *gradient, double *state) {
  (void)outputs;
  const double p = sigmoid(z[0]);
  gradient[0] = label ? -sigmoid(-z[0]) : p;
  state[0] = p * (1 - p);
}

static void scaled(const double *state, size_t outputs, const double *dz, double *out) {
  (void)outputs;
  out[0] = state[0] * dz[0];
}

const bb_linear_loss bb_logistic_loss = {logistic_value, logistic_gradient, scaled};

static double hinge_value(const double *z, size_t outputs, int32_t label) {
  (void)outputs;
  const double short_of = 1 - sign_of(label) * z[0];
  return short_of > 0 ? short_of * short_of : 0;
}

static void hinge_gradient(const double *z, size_t outputs, int32_t label,
                           double *gradient, double *state) {
  (void)outputs;
  const double short_of = 1 - sign_of(label) * z[0];
  gradient[0] = short_of > 0 ? -2 * sign_of(label) * short_of : 0;
  state[0] = short_of > 0 ? 2 : 0;
}

const bb_linear_loss bb_squared_hinge_loss = {hinge_value, hinge_gradient, scaled};

/* log(sum of exp(z)), with the largest taken out of the sum. */
static double log_sum(const double *z, size_t outputs) {
  double largest = z[0], sum = 0;
  for (size_t k = 1; k < outputs; k++)
    if (z[k] > largest) largest = z[k];
  for (size_t k = 0; k < outputs; k++) sum += exp(z[k] - largest);
  return largest + log(sum);
}

static double softmax_value(const double *z, size_t outputs, int32_t label) {
  return log_sum(z, outputs) - z[label];
}

static void softmax_gradient(const double *z, size_t outputs, int32_t label,
                             double *gradient, double *state) {
  const double log_of_all = log_sum(z, outputs);
  for (size_t k = 0; k < outputs; k++) gradient[k] = state[k] = exp(z[k] - log_of_all);
  gradient[label] -= 1;
}

static void softmax_curvature(const double *state, size_t outputs, const double *dz,
                              double *out) {
  double mean = 0;
  for (size_t k = 0; k < outputs; k++) mean += state[k] * dz[k];
  for (size_t k = 0; k < outputs; k++) out[k] = state[k] * (dz[k] - mean);
}

const bb_linear_loss bb_softmax_loss = {softmax_value, softmax_gradient,
                                        softmax_curvature};

double bb_class_margin(const double *z, size_t classes, size_t k) {
  if (classes == 2) return z[k];
  double largest = -INFINITY, sum = 0;
  for (size_t i = 0; i < classes; i++)
    if (i != k && z[i] > largest) largest = z[i];
  for (size_t i = 0; i < classes; i++)
    if (i != k) sum += exp(z[i] - largest);
  return z[k] - largest - log(sum);
}
