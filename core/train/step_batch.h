/* step_batch.h - the examples of one step, one behind another, with their targets; and the
 * batches it is cut into so that their activations fit the memory limit. */
#ifndef BB_TRAIN_STEP_BATCH_H
#define BB_TRAIN_STEP_BATCH_H

#include "train/examples.h"
#include "train/heads_pass.h"

/* Which tokens of masked language modelling are hidden: Devlin et al. 2019, 3.1. */
typedef struct bb_masking {
  bool wanted, whole_words;
  const int32_t *never; /* special tokens: never hidden */
  size_t never_count;
  int32_t mask;      /* [MASK] */
  size_t vocabulary; /* tokens that may stand in for one */
  uint64_t seed, epoch;
} bb_masking;

typedef struct bb_step_batch {
  int32_t *ids;   /* [tokens] */
  uint8_t *types; /* [tokens] */
  size_t *starts; /* [sequences + 1] */
  size_t sequences, tokens, examples;
  size_t group;
  int32_t *token_targets; /* [tokens], or NULL */
  int32_t *labels;        /* [examples, label_width], or NULL */
  float *numbers;         /* [examples, number_width], or NULL */
  size_t *masked_at;      /* [masked] tokens, rising */
  int32_t *masked_were;   /* [masked] */
  size_t masked;
  size_t label_width, number_width;
  char *memory; /* the block that holds all of the above */
} bb_step_batch;

/* Of examples order[0, count): the first sequence of each, then the second of each. NOMEM. End with bb_step_batch_free(). */
biobert_status bb_step_batch_make(const bb_examples *e, const size_t *order, size_t count,
                                  const bb_masking *masking, bb_step_batch *out,
                                  biobert_error *err);
void bb_step_batch_free(bb_step_batch *b); /* the members, not *b */

#endif
