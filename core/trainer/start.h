/* start.h - the weights that a run starts from: those of a model, as they are in its
 * files, and a task head, the model's own or a new one. */
#ifndef BB_TRAINER_START_H
#define BB_TRAINER_START_H

#include "api/model.h"
#include "trainer/label_names.h"

typedef struct bb_start_wish {
  const biobert_model *model;
  bb_task task; /* whose head is wanted; EMBED: none */
  /* Of a head with labels: in order of first appearance. NULL: it has none. */
  const bb_label_names *labels;
  uint64_t seed; /* of new weights */
} bb_start_wish;

typedef struct bb_start {
  bb_bert bert; /* config is borrowed from the model, but for the task */
  bb_task_heads heads;
  bool new_head, new_pooler;
  /* [labels]: the head's number of each label, where labels were given */
  int32_t *numbers;
} bb_start;

/* A head with the same labels is kept, in its own order. IO: the files have changed since
 * the model was loaded. NOMEM. End with bb_start_free(). */
biobert_status bb_start_read(const bb_start_wish *wish, bb_start *out,
                             biobert_error *err);
/* What has not been taken over: the members, not *start. */
void bb_start_free(bb_start *start);

/* Matrices: normal, deviation 0.02; layer norms: 1 and 0; biases: 0, as transformers'
 * initializer_range has it (Devlin et al. 2019, modeling.py). */
void bb_new_weights(uint64_t seed, const bb_bert_tensor *tensor);

#endif
