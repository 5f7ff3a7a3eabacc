/* part.h - some sequences of a step: what is read at once, and how far it is from its
 * targets. */
#ifndef BB_TRAINER_PART_H
#define BB_TRAINER_PART_H

#include "train/learner.h"

typedef struct bb_step_part {
  const bb_step_batch *step;
  size_t first, end; /* sequences */
  size_t *starts;    /* [end - first + 1], from 0 */
} bb_step_part;

/* The sequences from `first` on that have no more than so many tokens (one at least).
 * starts: of the step's sequences + 1. */
bb_step_part bb_part_at(const bb_step_batch *step, size_t first, size_t tokens,
                        size_t *starts);
size_t bb_part_tokens(const bb_step_part *p);
bb_learner_batch bb_part_batch(const bb_step_part *p);

/* The loss of a part whose states the learner has, as its share of the step's; with
 * heads_pass.gradient the derivatives too. */
typedef biobert_status bb_part_loss(bb_learner *l, const bb_step_part *p, double *loss,
                                    biobert_error *err);
bb_part_loss bb_part_masked, bb_part_labels, bb_part_targets, bb_part_squares,
    bb_part_tokens_loss, bb_part_answers;

/* What has a target in a whole step: of which the loss is the mean. */
typedef size_t bb_count_targets(const bb_step_batch *step);
bb_count_targets bb_count_masked, bb_count_texts, bb_count_tokens;

#endif
