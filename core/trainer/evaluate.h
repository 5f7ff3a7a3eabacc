/* evaluate.h - the rows that are not learnt from: what the model says of them. */
#ifndef BB_TRAINER_EVALUATE_H
#define BB_TRAINER_EVALUATE_H

#include "trainer/part.h"
#include "trainer/rows.h"

enum { BB_NOTE_BYTES = 200 };

typedef struct bb_evaluation {
  bb_part_loss *loss; /* the task's; NULL: vectors */
  bb_count_targets *targets;
  bb_learner *learner;
  const bb_row_set *set;
  const bb_masking *masking; /* the same words every time */
  bool multiple;             /* labels: any number of a text */
  size_t batch;              /* tokens that are read at once */
  char note[BB_NOTE_BYTES];  /* a second metric; "": none */
} bb_evaluation;

/* Reads all examples, and computes the task's metric. NOMEM, INTERRUPTED. */
typedef biobert_status bb_measure(bb_evaluation *e, double *value, biobert_error *err);
bb_measure bb_measure_perplexity, bb_measure_labels, bb_measure_ranks,
    bb_measure_precision, bb_measure_spans, bb_measure_answers, bb_measure_neighbours,
    bb_measure_cosine;

/* All examples, in their order, as one step. The caller ends it with
 * bb_step_batch_free(). NOMEM. */
biobert_status bb_every_example(const bb_evaluation *e, bb_step_batch *out,
                                biobert_error *err);

#endif
