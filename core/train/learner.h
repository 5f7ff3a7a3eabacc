/* learner.h - a model that is being trained: its weights, their derivatives, the
 * optimizer's moments, and one step of the optimizer.
 *
 *   gradients = 0; for each batch of the step: forward, loss, backward; clip; AdamW
 *
 * The weights change in bb_learner_update() alone, which nothing interrupts: whenever a
 * step fails they are those of the step before. */
#ifndef BB_TRAIN_LEARNER_H
#define BB_TRAIN_LEARNER_H

#include "biobert_train.h"
#include "train/adamw.h"
#include "train/heads_pass.h"
#include "train/step_batch.h"
#include "train/vectors_pass.h"

typedef struct bb_learner_wish {
  biobert_freeze freeze; /* which tensors stay as they are */
  size_t frozen_layers;
  bool trains_pooler; /* the loss reads it */
  float dropout, attention_dropout, head_dropout;
  uint64_t seed;
  int32_t pad;
  size_t workers;
  bb_cancel *cancel;
} bb_learner_wish;

/* One tensor, for what goes through all of them. */
typedef struct bb_named_tensor {
  char name[128];
  bool of_encoder;
  bb_bert_tensor value;
  float *gradient;
  float *first, *second; /* NULL: not trained */
} bb_named_tensor;

typedef struct bb_learner {
  bb_learner_wish wish;
  bb_bert bert;         /* plain weights */
  bb_task_heads heads;  /* of bert.config.task; labels are its own */
  bb_pipeline pipeline; /* trained (trained_pipeline.h); empty where a head is */
  bb_bert_weights gradient;
  bb_task_heads head_gradient;
  bb_pipeline pipeline_gradient;
  bb_named_tensor *tensors;
  bb_trained *trained;
  size_t tensor_count, trained_count;
  bool trains_encoder; /* anything of it but the pooler */
  float *moments;
  bb_cancel never; /* of what must not be interrupted */
  bb_pass pass;
  bb_heads_pass heads_pass;
  bb_vectors_pass vectors_pass;
  float *dstates;
  size_t dstates_room;
} bb_learner;

/* What is learnt: a head, or a pipeline. */
typedef struct bb_learnt {
  bb_bert bert;
  bb_task_heads heads;
  bb_pipeline pipeline;
} bb_learnt;

/* Takes the weights over, whatever it returns. In place: its parts point at one another.
 * NOMEM. End with bb_learner_close(). */
biobert_status bb_learner_open(bb_learner *l, const bb_learner_wish *wish,
                               const bb_learnt *learnt, biobert_error *err);
void bb_learner_close(bb_learner *l);

/* Bytes of all that training has allocated with batches of so many tokens, and texts up to
 * `longest`. */
size_t bb_learner_bytes(const bb_learner *l, size_t tokens, size_t longest);

/* A step ----------------------------------------------------------------------------- */

void bb_learner_begin(bb_learner *l); /* derivatives are 0 */
/* Reads a batch: bb_pass_forward(), with dropout or without. */
typedef struct bb_learner_batch {
  bb_batch batch;
  size_t before; /* tokens of the step before it */
  uint32_t step;
  bool dropout;
} bb_learner_batch;
biobert_status bb_learner_read(bb_learner *l, const bb_learner_batch *batch,
                               biobert_error *err);
/* After a loss has written heads_pass.dstates. */
biobert_status bb_learner_backward(bb_learner *l, biobert_error *err);
/* Clips to a norm of `clip`, and moves the weights. step: from 1. False: the derivatives
 * are not finite, and nothing has moved. */
typedef struct bb_update {
  bb_adamw adamw;
  double clip;
  uint64_t step;
} bb_update;
bool bb_learner_update(bb_learner *l, const bb_update *update);

#endif
