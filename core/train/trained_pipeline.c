/* trained_pipeline.c - copies of dense layers, and new ones. */
#include "train/trained_pipeline.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/status.h"
#include "train/dropout.h"

/* The encoder and the pooling come first. */
enum { MODULES_BEFORE = 2 };

static size_t floats_of(const bb_step *step) {
  return (step->in + 1) * step->out;
}

static biobert_status new_weights(bb_step *step, biobert_error *err) {
  step->w = bb_alloc_floats(NULL, floats_of(step));
  if (!step->w) return bb_no_memory(err, "training: a dense layer");
  step->b = step->w + step->in * step->out;
  memset(step->w, 0, floats_of(step) * sizeof *step->w);
  return BIOBERT_OK;
}

biobert_status bb_pipeline_zeros(const bb_pipeline *p, bb_pipeline *out,
                                 biobert_error *err) {
  bb_pipeline zeros = {.pooling = p->pooling};
  biobert_status status = BIOBERT_OK;
  for (size_t i = 0; i < p->step_count && !status; i++) {
    bb_step *step = &zeros.steps[zeros.step_count];
    *step = p->steps[i];
    if (step->w) status = new_weights(step, err);
    if (!status) zeros.step_count++;
  }
  if (status)
    bb_pipeline_free(&zeros);
  else
    *out = zeros;
  return status;
}

biobert_status bb_pipeline_copy(const bb_pipeline *p, bb_pipeline *out,
                                biobert_error *err) {
  biobert_status status = bb_pipeline_zeros(p, out, err);
  for (size_t i = 0; i < p->step_count && !status; i++)
    if (p->steps[i].w)
      memcpy(out->steps[i].w, p->steps[i].w,
             floats_of(&p->steps[i]) * sizeof *p->steps[i].w);
  return status;
}

/* x[i] = evenly distributed in -range .. range. */
static void fill_evenly(uint64_t seed, double range, float *x, size_t n) {
  const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  for (size_t i = 0; i < n; i += 4) {
    uint32_t bits[4];
    bb_philox((uint32_t[]){(uint32_t)(i / 4), (uint32_t)(i / 4 >> 32), 0, 0}, key, bits);
    for (size_t j = i; j < n && j < i + 4; j++)
      x[j] = (float)(((double)bits[j - i] * 0x1p-31 - 1) * range);
  }
}

biobert_status bb_pipeline_project(bb_pipeline *p, size_t hidden, size_t out,
                                   uint64_t seed, biobert_error *err) {
  size_t width = p->pooling.count * hidden;
  for (size_t i = 0; i < p->step_count; i++)
    if (p->steps[i].w) width = p->steps[i].out;
  bb_step dense = {
      .in = width, .out = out, .activation = bb_activation_find(bb_str("linear"))};
  if (p->step_count == BB_MAX_STEPS)
    return bb_fail(err, BIOBERT_RANGE,
                   "projection: the model has %d modules behind its pooling already",
                   BB_MAX_STEPS);
  biobert_status status = new_weights(&dense, err);
  if (status) return status;
  fill_evenly(seed, 1 / sqrt((double)width), dense.w, floats_of(&dense));
  size_t at = p->step_count++;
  for (; at > 0 && !p->steps[at - 1].w; at--) p->steps[at] = p->steps[at - 1];
  p->steps[at] = dense;
  return BIOBERT_OK;
}

static void each_tensor(size_t module, const char *what, bb_bert_tensor tensor,
                        bb_bert_tensor_fn *fn, void *ctx) {
  char name[48];
  snprintf(name, sizeof name, "%zu_Dense.linear.%s", module, what);
  tensor.name = name;
  fn(ctx, &tensor);
}

void bb_pipeline_each(const bb_pipeline *p, bb_bert_tensor_fn *fn, void *ctx) {
  for (size_t i = 0; i < p->step_count; i++) {
    const bb_step *s = &p->steps[i];
    if (!s->w) continue;
    each_tensor(i + MODULES_BEFORE, "weight",
                (bb_bert_tensor){NULL, s->w, s->out, s->in, false}, fn, ctx);
    if (!s->no_bias)
      each_tensor(i + MODULES_BEFORE, "bias",
                  (bb_bert_tensor){NULL, s->b, 1, s->out, true}, fn, ctx);
  }
}
