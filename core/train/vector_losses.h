/* vector_losses.h - how far the vectors of a step's texts are from what they should be, and
 * the derivatives by each vector. Rows of vectors lie one below another. */
#ifndef BB_VECTOR_LOSSES_H
#define BB_VECTOR_LOSSES_H

#include "biobert.h"
#include "train/steps.h"

/* What cosines are multiplied with before their softmax: sentence-transformers'
 * MultipleNegativesRankingLoss. */
enum { BB_PAIRS_SCALE = 20 };

/* Anchors, each with its positive: in-batch negatives (Henderson et al. 2017,
 * arXiv:1705.00652, section 4.4). */
typedef struct bb_pairs {
  /* [2 * pairs + negatives, n]: the anchors, then their positives in the same order, then
   * further candidates that are nobody's positive. */
  const float *vectors;
  size_t pairs, negatives, n;
  /* [pairs + negatives] of positives and negatives: equal numbers for equal texts. A
   * candidate that is equal to an anchor's positive is no negative of that anchor, nor is
   * the anchor one of that candidate. NULL: all texts differ. */
  const uint32_t *texts;
} bb_pairs;

/* With s the scaled cosines, the mean of
 *
 *   -log softmax(s[anchor, all candidates])[its positive], over anchors, and
 *   -log softmax(s[all anchors, positive])[its anchor], over positives:
 *
 * sentence-transformers' MultipleNegativesSymmetricRankingLoss. d: the derivatives, of
 * vectors' shape. steps.scratch is not used. The same bits with any number of workers.
 * NOMEM, INTERRUPTED. */
biobert_status bb_loss_pairs(const bb_steps *steps, const bb_pairs *pairs, double *loss,
                             float *d, biobert_error *err);
/* Floats that it allocates while it runs. */
size_t bb_loss_pairs_floats(const bb_steps *steps, const bb_pairs *pairs);

/* A teacher's vectors: squared error, the mean of all numbers of a step of `of` texts. Of
 * `rows` of them at once, which may be a batch's: the losses of a step's batches add up to
 * its loss. d [rows, n]: the vectors; becomes the derivatives. */
double bb_loss_teacher(float *d, const float *teacher, size_t rows, size_t n, size_t of);

#endif
