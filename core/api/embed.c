/* embed.c - text to vector. */
#include "api/embed.h"

#include <math.h>

#include "api/input.h"
#include "base/mem.h"
#include "base/status.h"

biobert_status bb_session_encode(biobert_session *s, size_t count, size_t wanted,
                                 const bb_watch *watch, biobert_error *err) {
  bb_input input = {s->ids, s->types, count, wanted};
  biobert_status status = bb_model_check_ids(s->model, s->ids, count, err);
  if (!status) status = bb_session_make_room(s, count, err);
  if (status) return status;
  return bb_bert_encode(&s->model->bert, &input, &s->scratch, &s->cancel, watch, err);
}

biobert_status bb_pool_states(const bb_worker_scratch *worker, const biobert_model *m,
                              const bb_pooling_input *input, float *vector,
                              biobert_error *err) {
  size_t n = m->info.dimension;
  float *result = worker->vector_a;
  bb_pipeline_run(&m->pipeline, input, worker->vector_a, worker->vector_b, result);
  for (size_t i = 0; i < n; i++)
    if (!isfinite(result[i]))
      return bb_fail(
          err, BIOBERT_FORMAT,
          "%s: the weights make a vector that is not finite: the file is damaged",
          m->path);
  memcpy(vector, result, n * sizeof *vector);
  return BIOBERT_OK;
}

/* Pools tokens first..end of the `count` that have been encoded. */
static biobert_status pool_tokens(biobert_session *s, size_t count, size_t first,
                                  size_t end, float *vector, biobert_error *err) {
  bb_worker_scratch own = {s->scratch, s->vector_a, s->vector_b};
  bb_pooling_input input = {&s->model->bert, s->scratch.x, count, first, end};
  return bb_pool_states(&own, s->model, &input, vector, err);
}

static size_t wanted_of(const biobert_session *s) {
  return bb_pooling_wants(&s->model->pipeline.pooling);
}

biobert_status biobert_embed(biobert_session *s, biobert_str text, biobert_role role,
                             float *vector, biobert_error *err) {
  bb_text_tokens tokens = {0};
  biobert_status status = bb_session_prepare(s, err);
  if (!status) status = bb_session_fill_text(s, text, role, &tokens, err);
  if (!status) status = bb_session_encode(s, tokens.count, wanted_of(s), NULL, err);
  if (!status)
    status = pool_tokens(s, tokens.count, tokens.first, tokens.count, vector, err);
  return status;
}

biobert_status biobert_embed_pair(biobert_session *s, biobert_str a, biobert_str b,
                                  float *vector, biobert_error *err) {
  size_t count = 0;
  biobert_status status = bb_session_prepare(s, err);
  if (!status) status = bb_session_fill_pair(s, a, b, &count, err);
  if (!status) status = bb_session_encode(s, count, wanted_of(s), NULL, err);
  if (!status) status = pool_tokens(s, count, 0, count, vector, err);
  return status;
}

biobert_status biobert_embed_span(biobert_session *s, biobert_str text, size_t start,
                                  size_t end, float *vector, biobert_error *err) {
  biobert_str span = {text.data + start, end - start};
  if (!bb_pooling_over_tokens(&s->model->pipeline.pooling))
    return biobert_embed(s, span, BIOBERT_DOCUMENT, vector, err);
  size_t count = 0;
  biobert_status status = bb_session_prepare(s, err);
  if (!status) status = bb_session_fill_single(s, text, &count, err);
  if (status) return status;
  size_t first = count, behind = 0;
  for (size_t i = 0; i < count; i++) {
    if (s->starts[i] == SIZE_MAX || s->starts[i] < start || s->starts[i] >= end) continue;
    if (first == count) first = i;
    behind = i + 1;
  }
  if (first == count) /* beyond what the model takes, or nothing but dropped characters */
    return biobert_embed(s, span, BIOBERT_DOCUMENT, vector, err);
  status = bb_session_encode(s, count, 0, NULL, err);
  if (!status) status = pool_tokens(s, count, first, behind, vector, err);
  return status;
}

/* Hidden states ---------------------------------------------------------------------- */

typedef struct keeper {
  size_t layer, floats;
  float *into;
} keeper;

static void keep_layer(void *ctx, size_t layer, const float *states) {
  keeper *k = ctx;
  if (layer == k->layer) memcpy(k->into, states, k->floats * sizeof *states);
}

biobert_status biobert_hidden_states(biobert_session *s, biobert_str text, size_t layer,
                                     float **states, size_t *tokens, biobert_error *err) {
  const bb_bert_config *c = &s->model->bert.config;
  if (layer > c->layers)
    return bb_fail(err, BIOBERT_RANGE, "layer %zu: this model has 0 (embeddings) to %zu",
                   layer, c->layers);
  size_t count = 0;
  biobert_status status = bb_session_prepare(s, err);
  if (!status) status = bb_session_fill_single(s, text, &count, err);
  if (status) return status;
  keeper k = {.layer = layer, .floats = count * c->hidden};
  k.into = bb_alloc(&s->allocator, k.floats, sizeof *k.into);
  if (!k.into) return bb_no_memory(err, "hidden states");
  status =
      bb_session_encode(s, count, 0, &(bb_watch){.layer = keep_layer, .ctx = &k}, err);
  if (status) {
    bb_free(&s->allocator, k.into);
    return status;
  }
  *states = k.into;
  *tokens = count;
  return BIOBERT_OK;
}
