/* loss.c - cross-entropies and squared error: torch.nn.CrossEntropyLoss,
 * BCEWithLogitsLoss, MSELoss. Sums and exponentials in double: a loss is one number. */
#include "train/loss.h"

#include <math.h>

double bb_loss_softmax(float *x, size_t n, size_t target, double weight) {
  double max = (double)x[0], sum = 0;
  for (size_t i = 1; i < n; i++)
    if ((double)x[i] > max) max = (double)x[i];
  for (size_t i = 0; i < n; i++) sum += exp((double)x[i] - max);
  double loss = log(sum) - ((double)x[target] - max);
  for (size_t i = 0; i < n; i++)
    x[i] = (float)((exp((double)x[i] - max) / sum - (i == target)) * weight);
  return loss;
}

/* log(1 + exp(-|x|)) + max(x, 0) - x t: no exponential can overflow. */
double bb_loss_binary(float *x, const float *targets, size_t n, double weight) {
  double loss = 0;
  for (size_t i = 0; i < n; i++) {
    double v = (double)x[i], t = (double)targets[i];
    loss += log1p(exp(-fabs(v))) + (v > 0 ? v : 0) - v * t;
    x[i] = (float)((1 / (1 + exp(-v)) - t) * weight / (double)n);
  }
  return loss / (double)n;
}

double bb_loss_squares(float *x, const float *targets, size_t n, double weight) {
  double loss = 0;
  for (size_t i = 0; i < n; i++) {
    double d = (double)x[i] - (double)targets[i];
    loss += d * d;
    x[i] = (float)(2 * d * weight / (double)n);
  }
  return loss / (double)n;
}
