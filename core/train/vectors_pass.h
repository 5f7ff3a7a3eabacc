/* vectors_pass.h - a batch's texts to vectors, for training: the encoder's states through
 * pooling, dense layers and normalising, and the same backwards.
 *
 * The losses of vectors (vector_losses.h) compare all texts of a step, more than fit into
 * memory with what their derivatives need. So a step runs in batches, twice (GradCache:
 * Gao et al. 2021, arXiv:2101.06983):
 *
 *   each batch    bb_pass_reserve, bb_pass_forward, bb_vectors_forward   -> its vectors
 *   the step      bb_loss_pairs or bb_loss_teacher                       -> d by all vectors
 *   each batch    bb_pass_reserve, bb_pass_forward, bb_vectors_forward,
 *                 bb_vectors_backward, bb_pass_backward                  -> gradients
 *
 * A step of one batch needs no second forward pass. pass.before says where a batch begins
 * in the step, so that both forward passes leave out the same, and a text's vector has the
 * same bits whatever batch it is in. The gradients of one step cut in other places differ
 * by rounding.
 *
 * Vectors are not cut to pipeline.dimension: sentence-transformers cuts in encode() only.
 * Source of the losses' modules: Reimers & Gurevych 2019 (arXiv:1908.10084). */
#ifndef BB_VECTORS_PASS_H
#define BB_VECTORS_PASS_H

#include "train/pass.h"
#include "train/trained_pipeline.h"

typedef struct bb_vectors_pass {
  bb_pass *pass;
  const bb_pipeline *pipeline;
  /* Of bb_pipeline_zeros(): the derivatives by the dense layers are added to it. */
  const bb_pipeline *gradient;
  /* [texts]: tokens of each text that poolings over tokens leave out, such as a prompt's;
   * NULL: none. */
  const size_t *left_out;

  /* The rest is bb_vectors_forward()'s. */
  float *rows[BB_MAX_STEPS + 1]; /* [texts, width] what each step was given, and gave */
  float *before[BB_MAX_STEPS];   /* [texts, out] x W^T of a dense layer */
  float *spare[2];               /* [texts, the widest] */
  float *scratch;
  float *memory;
  size_t floats;
} bb_vectors_pass;

/* UNSUPPORTED: a pooling that cannot be trained ('pooler'). For a trainer, before it
 * begins. */
biobert_status bb_vectors_check(const bb_pipeline *pipeline, biobert_error *err);

/* Of the batch and the states of the last bb_pass_forward(): vectors [texts,
 * bb_pipeline_dimension()]. NOMEM, INTERRUPTED. */
biobert_status bb_vectors_forward(bb_vectors_pass *v, float *vectors, biobert_error *err);
/* After bb_vectors_forward(), with its batch and weights. d: derivatives by the vectors;
 * dstates [N, H]: those by the states, written, for bb_pass_backward(). INTERRUPTED. */
biobert_status bb_vectors_backward(bb_vectors_pass *v, const float *d, float *dstates,
                                   biobert_error *err);
void bb_vectors_free(bb_vectors_pass *v); /* the members, not *v */

#endif
