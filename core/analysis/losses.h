/* losses.h - what a linear classifier minimises, as a function of a row's decision
 * values. */
#ifndef BB_ANALYSIS_LOSSES_H
#define BB_ANALYSIS_LOSSES_H

#include <stddef.h>
#include <stdint.h>

/* z: [outputs] decision values of a row; label: its class, 0 or 1 where there is one
 * output. */
typedef struct bb_linear_loss {
  double (*value)(const double *z, size_t outputs, int32_t label);
  /* Also writes what curvature() needs; both [outputs]. */
  void (*gradient)(const double *z, size_t outputs, int32_t label, double *gradient,
                   double *state);
  /* out: the loss's second derivative times dz. */
  void (*curvature)(const double *state, size_t outputs, const double *dz, double *out);
} bb_linear_loss;

/* log(1 + exp(-yz)), max(0, 1 - yz)^2 with y = 2 label - 1: one output. */
extern const bb_linear_loss bb_logistic_loss, bb_squared_hinge_loss;
/* -log softmax(z)[label]: an output a class. */
extern const bb_linear_loss bb_softmax_loss;

/* How far decision values are for class k and against all others: of two, the class's own
 * value; of more, the logarithm of its odds by softmax. */
double bb_class_margin(const double *z, size_t classes, size_t k);

#endif
