/* loss.h - how far logits are from what they should be, and the derivatives.
 *
 * Each takes the logits of one thing (a text, a token) and leaves the derivatives by them
 * in their place, times `weight`: 1 / the number of things, where the loss is their mean. */
#ifndef BB_TRAIN_LOSS_H
#define BB_TRAIN_LOSS_H

#include <stddef.h>

/* -log softmax(x)[target]; d = (softmax(x) - onehot) * weight. */
double bb_loss_softmax(float *x, size_t n, size_t target, double weight);
/* Binary cross-entropy of n logits against targets of 0 to 1, the mean of the n. */
double bb_loss_binary(float *x, const float *targets, size_t n, double weight);
/* Squared error, the mean of the n. */
double bb_loss_squares(float *x, const float *targets, size_t n, double weight);

#endif
