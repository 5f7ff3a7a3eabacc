/* bert_scratch.h - the memory of the fast forward pass. */
#ifndef BB_BERT_SCRATCH_H
#define BB_BERT_SCRATCH_H

#include "model/bert.h"

/* Everything that the forward pass writes, sized once for the longest text and the number
 * of workers. Legend as in bert_encode.c. */
typedef struct bb_scratch {
  const biobert_allocator *allocator;
  size_t tokens, workers; /* what it was sized for */
  size_t rows;            /* of a block: what a worker transforms at a time */
  float *x;               /* [T, H] hidden states: the result */
  float *context;         /* [T, H] the attention's output, all heads side by side */
  float *y;               /* [workers * rows, H] what is added to x */
  float *ffn;             /* [workers * rows, F], in int8 [.., BB_I8_BLOCK] of it */
  float *per_head; /* [workers, per_head_floats]: per-head scratch of each worker */
  size_t per_head_floats;
  bb_int_rows states; /* int8: [T] of x, and [workers * rows] of context or ffn */
  bb_int_rows inner;
  bb_int_rows rest; /* [FEW_TOKENS]: x less its 8 bits, in a text of few tokens */
} bb_scratch;

#endif
