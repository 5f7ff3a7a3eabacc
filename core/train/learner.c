/* learner.c - tensors by name, and a step. */
#include "train/learner.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/status.h"
#include "train/pass_steps.h"

/* Tensors ---------------------------------------------------------------------------- */

/* Weights and derivatives are walked in the same order. */
typedef struct walk {
  bb_learner *l;
  size_t at;
  bool of_encoder, gradients;
} walk;

static void count_tensor(void *ctx, const bb_bert_tensor *tensor) {
  walk *w = ctx;
  (void)tensor;
  w->at++;
}

static void take_tensor(void *ctx, const bb_bert_tensor *tensor) {
  walk *w = ctx;
  bb_named_tensor *t = &w->l->tensors[w->at++];
  if (w->gradients) {
    t->gradient = tensor->values;
    return;
  }
  snprintf(t->name, sizeof t->name, "%s", tensor->name);
  t->of_encoder = w->of_encoder;
  t->value = *tensor;
  t->value.name = t->name;
}

static size_t walk_tensors(bb_learner *l, bb_bert_tensor_fn *fn, bool gradients) {
  const bb_bert_config *c = &l->bert.config;
  walk w = {.l = l, .of_encoder = true, .gradients = gradients};
  bb_bert_weights_each(c, gradients ? &l->gradient : &l->bert.weights, fn, &w);
  w.of_encoder = false;
  bb_task_heads_each(c, gradients ? &l->head_gradient : &l->heads, fn, &w);
  bb_pipeline_each(gradients ? &l->pipeline_gradient : &l->pipeline, fn, &w);
  return w.at;
}

/* The number of the layer that a name is of ("encoder.layer.3.output..."), or of all. */
static size_t layer_of(const char *name) {
  const char *number = strstr(name, "layer.");
  return number ? strtoul(number + strlen("layer."), NULL, 10) : SIZE_MAX;
}

static bool is_pooler(const bb_named_tensor *t) {
  return t->of_encoder && strncmp(t->name, "pooler", strlen("pooler")) == 0;
}

static bool is_frozen(const bb_learner_wish *w, const bb_named_tensor *t) {
  const bool embeddings = strncmp(t->name, "embeddings", strlen("embeddings")) == 0;
  if (is_pooler(t)) return !w->trains_pooler;
  if (!t->of_encoder || w->freeze == BIOBERT_FREEZE_NOTHING) return false;
  if (embeddings || w->freeze == BIOBERT_FREEZE_ENCODER) return true;
  return w->freeze == BIOBERT_FREEZE_LAYERS && layer_of(t->name) < w->frozen_layers;
}

static size_t numbers_of(const bb_named_tensor *t) {
  return t->value.rows * t->value.columns;
}

static biobert_status list_tensors(bb_learner *l, biobert_error *err) {
  l->tensor_count = walk_tensors(l, count_tensor, false);
  l->tensors = bb_alloc_zeroed(NULL, l->tensor_count, sizeof *l->tensors);
  l->trained = bb_alloc_zeroed(NULL, l->tensor_count, sizeof *l->trained);
  if (!l->tensors || !l->trained) return bb_no_memory(err, "training");
  walk_tensors(l, take_tensor, false);
  walk_tensors(l, take_tensor, true);
  return BIOBERT_OK;
}

/* Moments of what is trained. Matrices decay, biases and layer norms do not. */
static biobert_status make_moments(bb_learner *l, biobert_error *err) {
  size_t floats = 0;
  for (size_t i = 0; i < l->tensor_count; i++)
    if (!is_frozen(&l->wish, &l->tensors[i])) floats += 2 * numbers_of(&l->tensors[i]);
  float *next = l->moments = bb_alloc_floats(NULL, floats);
  if (!next) return bb_no_memory(err, "training: the optimizer's moments");
  memset(next, 0, floats * sizeof *next);
  for (size_t i = 0; i < l->tensor_count; i++) {
    bb_named_tensor *t = &l->tensors[i];
    const size_t n = numbers_of(t);
    if (is_frozen(&l->wish, t)) continue;
    t->first = next;
    t->second = next + n;
    next += 2 * n;
    l->trained[l->trained_count++] = (bb_trained){
        t->value.values, t->gradient, t->first, t->second, n, !t->value.is_vector};
    if (t->of_encoder && !is_pooler(t)) l->trains_encoder = true;
  }
  return BIOBERT_OK;
}

biobert_status bb_learner_open(bb_learner *l, const bb_learner_wish *wish,
                               const bb_learnt *learnt, biobert_error *err) {
  *l = (bb_learner){.wish = *wish,
                    .bert = learnt->bert,
                    .heads = learnt->heads,
                    .pipeline = learnt->pipeline};
  const bb_bert_config *c = &l->bert.config;
  biobert_status status = bb_bert_weights_zeros(c, &l->bert.weights, &l->gradient, err);
  if (!status && l->heads.memory)
    status = bb_task_heads_zeros(c, &l->heads, &l->head_gradient, err);
  if (!status) status = bb_pipeline_zeros(&l->pipeline, &l->pipeline_gradient, err);
  if (!status) status = list_tensors(l, err);
  if (!status) status = make_moments(l, err);
  l->pass = (bb_pass){.bert = &l->bert,
                      .workers = wish->workers,
                      .cancel = wish->cancel,
                      .pad = wish->pad};
  l->heads_pass = (bb_heads_pass){.pass = &l->pass,
                                  .heads = &l->heads,
                                  .gradient = &l->head_gradient,
                                  .encoder_gradient = &l->gradient};
  l->vectors_pass = (bb_vectors_pass){
      .pass = &l->pass, .pipeline = &l->pipeline, .gradient = &l->pipeline_gradient};
  return status;
}

void bb_learner_close(bb_learner *l) {
  bb_heads_free(&l->heads_pass);
  bb_vectors_free(&l->vectors_pass);
  bb_pass_free(&l->pass);
  bb_free_aligned(NULL, l->dstates);
  bb_free_aligned(NULL, l->moments);
  bb_free(NULL, l->tensors);
  bb_free(NULL, l->trained);
  bb_bert_weights_free(&l->gradient);
  bb_task_heads_free_zeros(&l->head_gradient);
  bb_bert_weights_free(&l->bert.weights);
  bb_task_heads_free(&l->heads);
  bb_pipeline_free(&l->pipeline);
  bb_pipeline_free(&l->pipeline_gradient);
  *l = (bb_learner){0};
}

size_t bb_learner_bytes(const bb_learner *l, size_t tokens, size_t longest) {
  const size_t H = l->bert.config.hidden;
  size_t floats = bb_pass_floats(&l->pass, tokens, longest) + tokens * H; /* dstates */
  if (l->heads.transform_w) /* logits of the masked words */
    floats += tokens / BB_MASKED_PART * (l->bert.config.vocabulary + BB_HEAD_ROWS * H);
  else
    floats += tokens * (BB_HEAD_ROWS * H + l->heads.labels.count);
  for (size_t i = 0; i < l->tensor_count; i++)
    floats += (l->tensors[i].first ? 4 : 2) * numbers_of(&l->tensors[i]);
  return floats * sizeof(float);
}

/* A step ----------------------------------------------------------------------------- */

void bb_learner_begin(bb_learner *l) {
  for (size_t i = 0; i < l->tensor_count; i++)
    memset(l->tensors[i].gradient, 0,
           numbers_of(&l->tensors[i]) * sizeof *l->tensors[i].gradient);
}

static biobert_status reserve_dstates(bb_learner *l, biobert_error *err) {
  const size_t floats = l->pass.tokens * l->bert.config.hidden;
  if (floats <= l->dstates_room) return BIOBERT_OK;
  float *room = bb_alloc_floats(NULL, floats);
  if (!room) return bb_no_memory(err, "training: a batch");
  bb_free_aligned(NULL, l->dstates);
  l->heads_pass.dstates = l->dstates = room;
  l->dstates_room = floats;
  return BIOBERT_OK;
}

static bb_dropout dropout_of(const bb_learner *l, const bb_learner_batch *b, float rate) {
  return (bb_dropout){l->wish.seed, b->step, b->dropout ? rate : 0};
}

biobert_status bb_learner_read(bb_learner *l, const bb_learner_batch *b,
                               biobert_error *err) {
  l->pass.dropout = dropout_of(l, b, l->wish.dropout);
  l->pass.attention_dropout = dropout_of(l, b, l->wish.attention_dropout);
  l->heads_pass.dropout = dropout_of(l, b, l->wish.head_dropout);
  l->pass.before = b->before;
  biobert_status status = bb_pass_reserve(&l->pass, &b->batch, err);
  if (!status) status = reserve_dstates(l, err);
  return status ? status : bb_pass_forward(&l->pass, err);
}

biobert_status bb_learner_backward(bb_learner *l, biobert_error *err) {
  if (!l->trains_encoder) return BIOBERT_OK;
  return bb_pass_backward(&l->pass, l->dstates, &l->gradient, err);
}

bool bb_learner_update(bb_learner *l, const bb_update *u) {
  bb_steps steps = bb_steps_of(&l->pass);
  steps.cancel = &l->never;
  const double norm = bb_gradient_norm(&steps, l->trained, l->trained_count);
  if (!isfinite(norm)) return false;
  bb_adamw_step(&steps, &u->adamw, u->step, bb_clip_factor(norm, u->clip), l->trained,
                l->trained_count);
  return true;
}
