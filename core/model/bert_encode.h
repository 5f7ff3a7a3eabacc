/* bert_encode.h - token ids -> hidden states. */
#ifndef BB_BERT_ENCODE_H
#define BB_BERT_ENCODE_H

#include "base/pool.h"
#include "model/bert.h"

/* Everything that the forward pass writes, sized once for the longest text and the number
 * of workers. Legend as in bert_encode.c. */
typedef struct bb_scratch {
  const biobert_allocator *allocator;
  size_t tokens, workers; /* what it was sized for */
  size_t rows;            /* of a block: what a worker transforms at a time */
  float *x;               /* [T, H] hidden states: the result */
  float *context;         /* [T, H] what the heads gathered */
  float *y;               /* [workers * rows, H] what is added to x */
  float *ffn;             /* [workers * rows, F], in int8 [.., BB_I8_BLOCK] of it */
  float *heads;           /* [workers, head_floats]: the head that a worker is at */
  size_t head_floats;
  bb_int_rows states; /* int8: [T] of x, and [workers * rows] of context or ffn */
  bb_int_rows inner;
  bb_int_rows rest; /* [FEW_TOKENS] of x: what its bytes leave, in a text of few tokens */
} bb_scratch;

/* NOMEM leaves an empty scratch. */
biobert_status bb_scratch_init(bb_scratch *s, const bb_bert *bert, size_t tokens,
                               size_t workers, const biobert_allocator *allocator,
                               biobert_error *err);
void bb_scratch_free(bb_scratch *s);

/* The forward pass of BertModel; the last hidden states are left in s->x. watch may be
 * NULL; whoever watches is shown all states. INTERRUPTED: cancel said so. */
biobert_status bb_bert_encode(const bb_bert *bert, const bb_input *input, bb_scratch *s,
                              bb_cancel *cancel, const bb_watch *watch,
                              biobert_error *err);

#endif
