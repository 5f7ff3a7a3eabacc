/* examples.h - what a run learns from: token ids and targets in memory, the order of an
 * epoch, and the batches of it.
 *
 * An example is one sequence of tokens, or for `embed` two or three side by side. Random
 * numbers depend on the seed and on what they are for alone: a run that was stopped goes
 * on with the bits that it would have had. */
#ifndef BB_TRAIN_EXAMPLES_H
#define BB_TRAIN_EXAMPLES_H

#include "biobert.h"

enum { BB_MAX_GROUP = 3 };

typedef struct bb_examples {
  size_t group;        /* sequences of an example */
  size_t label_width;  /* whole numbers of an example: a label, or an answer's ends */
  size_t number_width; /* numbers of an example */
  bool labels_tokens;  /* each token has a target */

  /* The rest is filled by bb_examples_add_...(). */
  int32_t *ids;           /* [tokens] */
  uint8_t *types;         /* [tokens] */
  int32_t *token_targets; /* [tokens], where labels_tokens */
  size_t *starts;         /* [sequences + 1] */
  int32_t *labels;        /* [count, label_width] */
  float *numbers;         /* [count, number_width] */
  size_t *rows;           /* [count]: the row that it was made of, from 0 */
  size_t tokens, sequences, count;
  size_t token_room, sequence_room, example_room;
} bb_examples;

/* One more sequence; token_targets NULL where there are none. NOMEM: nothing changed. */
typedef struct bb_sequence {
  const int32_t *ids;
  const uint8_t *types;
  const int32_t *token_targets;
  size_t tokens;
} bb_sequence;
biobert_status bb_examples_add_sequence(bb_examples *e, const bb_sequence *sequence,
                                        biobert_error *err);
/* Ends the example whose sequences have been added. */
typedef struct bb_targets {
  const int32_t *labels; /* [label_width] */
  const float *numbers;  /* [number_width] */
  size_t row;
} bb_targets;
biobert_status bb_examples_end(bb_examples *e, const bb_targets *targets,
                               biobert_error *err);
void bb_examples_free(bb_examples *e); /* the members, not *e */

size_t bb_example_tokens(const bb_examples *e, size_t example);

/* order[0, count): all examples, shuffled for this epoch (from 0): Fisher & Yates. */
void bb_epoch_order(uint64_t seed, uint64_t epoch, size_t *order, size_t count);
/* Batches are filled with examples in that order up to so many tokens; one that is larger
 * is a batch by itself. The end of the batch that begins at `first`. */
size_t bb_epoch_batch_end(const bb_examples *e, const size_t *order, size_t first,
                          size_t tokens);

#endif
