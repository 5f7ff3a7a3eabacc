/* bert.h - an encoder with its weights, what it reads and what a caller may look at. Both
 * forward passes, bert_forward.c and bert_encode.c, take these. */
#ifndef BB_BERT_H
#define BB_BERT_H

#include "model/bert_weights.h"

typedef struct bb_bert {
  bb_bert_config config;
  bb_bert_weights weights;
  bb_kernels kernels;
} bb_bert;

/* The tokens of one text: T of them. */
typedef struct bb_input {
  const int32_t *ids;   /* [T], each below config.vocabulary */
  const uint8_t *types; /* [T], each below config.types */
  size_t count;         /* T, at least 1 */
  /* Hidden states that will be read, from the first token on; 0: all. The last layer
   * computes no others, which saves most of it. */
  size_t wanted;
} bb_input;

/* Receives the hidden states [T, H] of each layer in turn: 0 is the embedding layer, 1..L
 * are the encoder's. */
typedef void bb_layer_fn(void *ctx, size_t layer, const float *states);

/* Attention probabilities of some queries of one head: weights[t * T + u] is how much
 * token first + t attends to token u. layer is 1..L. Called by the worker that computed
 * them, so several calls may run at once, each for other rows. */
typedef struct bb_attention {
  size_t layer, head, first, rows;
  const float *weights; /* [rows, T] */
} bb_attention;
typedef void bb_attention_fn(void *ctx, const bb_attention *attention);

/* Callbacks into the forward pass; either may be NULL. */
typedef struct bb_watch {
  bb_layer_fn *layer;
  bb_attention_fn *attention;
  void *ctx;
} bb_watch;

#endif
