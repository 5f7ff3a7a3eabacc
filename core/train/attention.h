/* attention.h - self-attention of one text and one head, forwards and backwards: Vaswani
 * et al. 2017 (arXiv:1706.03762), equation 1. */
#ifndef BB_TRAIN_ATTENTION_H
#define BB_TRAIN_ATTENTION_H

#include "kernels/gemm.h"
#include "train/dropout.h"

typedef struct bb_attention_shape {
  size_t hidden, heads, positions; /* H, A, and the longest text that there can be */
} bb_attention_shape;

/* One head of one text of T tokens, the first of which is the batch's token `first` and
 * the step's token `place`. */
typedef struct bb_head_of_text {
  const bb_kernels *kernels;
  bb_attention_shape shape;
  const bb_dropout *dropout;
  size_t layer, head, first, place, tokens;
  const float *qkv; /* the text's [T, 3H] */
} bb_head_of_text;

/* Floats of scratch for a text of so many tokens. */
size_t bb_attention_scratch(const bb_kernels *k, bb_attention_shape shape, size_t tokens);

/* context [T, H], of which the head's columns are written: P V, P = dropout(softmax(Q K^T /
 * sqrt(D))). */
void bb_attention_forward(const bb_head_of_text *h, float *context, float *scratch);
/* dcontext [T, H]: derivatives by the context; dqkv [T, 3H], of which the head's columns
 * are written. P is computed anew: kept, it would be the largest of all that is kept. */
void bb_attention_backward(const bb_head_of_text *h, const float *dcontext, float *dqkv,
                           float *scratch);

#endif
