/* trained_pipeline.h - the weights after an encoder's pooling that training changes: the
 * dense layers of a sentence pipeline. sentence-transformers trains all modules.
 *
 * A trained pipeline is a bb_pipeline that has pooling and steps only, with weights of its
 * own; its gradient is another one. bb_pipeline_free() frees them. */
#ifndef BB_TRAINED_PIPELINE_H
#define BB_TRAINED_PIPELINE_H

#include "model/sentence_pipeline.h"

/* Pooling and steps of p, with the same weights or zeros. NOMEM. */
biobert_status bb_pipeline_copy(const bb_pipeline *p, bb_pipeline *out,
                                biobert_error *err);
biobert_status bb_pipeline_zeros(const bb_pipeline *p, bb_pipeline *out,
                                 biobert_error *err);

/* Adds a dense layer to `out` dimensions, y = x W^T + b, before the last normalising: for
 * a teacher whose vectors are wider or narrower. The weights are random, of the seed, in
 * the range of torch.nn.Linear's: +-1 / sqrt(in). hidden: of the encoder. RANGE: no room
 * for one more step. NOMEM: p is as it was. */
biobert_status bb_pipeline_project(bb_pipeline *p, size_t hidden, size_t out,
                                   uint64_t seed, biobert_error *err);

/* The dense layers' tensors by the names that they have in the folder that
 * sentence-transformers writes: "2_Dense.linear.weight", where 2 is the module's number:
 * the encoder is 0, the pooling 1. */
void bb_pipeline_each(const bb_pipeline *p, bb_bert_tensor_fn *fn, void *ctx);

#endif
