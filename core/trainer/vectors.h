/* vectors.h - a step of tasks whose loss is of vectors: `embed`, `distil`. */
#ifndef BB_TRAINER_VECTORS_H
#define BB_TRAINER_VECTORS_H

#include "trainer/evaluate.h"

typedef struct bb_vectors_step {
  const bb_step_batch *step; /* with the labels of rows.h */
  uint32_t number;           /* of the step, for dropout */
  size_t part_tokens;        /* that are read at once */
  bool has_teacher;          /* its vectors are the step's numbers */
} bb_vectors_step;

/* The step's loss, and its derivatives in the learner. Texts are read in parts, twice where
 * there are several: GradCache (train/vectors_pass.h). */
biobert_status bb_learn_vectors(bb_learner *l, const bb_vectors_step *v, double *loss,
                                biobert_error *err);

#endif
