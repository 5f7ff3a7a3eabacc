/* vectors_pass.c - pooling, dense layers and normalising of a batch, both ways. */
#include "train/vectors_pass.h"

#include <string.h>

#include "base/mem.h"
#include "base/status.h"
#include "train/pass_steps.h"

biobert_status bb_vectors_check(const bb_pipeline *pipeline, biobert_error *err) {
  return bb_pooling_check_trained(&pipeline->pooling, err);
}

/* Memory ----------------------------------------------------------------------------- */

/* Shares the block out (next NULL: adds up what it must have). */
static size_t share_out(bb_vectors_pass *v, float *next) {
  const bb_pass *pass = v->pass;
  const bb_pipeline *p = v->pipeline;
  const size_t texts = pass->batch.texts, H = pass->bert->config.hidden;
  size_t floats = 0, width = p->pooling.count * H, scratch = 0;
  v->rows[0] = bb_take(&next, &floats, texts * width);
  for (size_t i = 0; i < p->step_count; i++) {
    const bb_step *step = &p->steps[i];
    if (step->w) {
      width = step->out;
      v->before[i] = bb_take(&next, &floats, texts * width);
      size_t own = bb_steps_scratch(&pass->bert->kernels, texts, step->in, step->out,
                                    pass->workers);
      if (own > scratch) scratch = own;
    }
    v->rows[i + 1] = bb_take(&next, &floats, texts * width);
  }
  for (int i = 0; i < 2; i++)
    v->spare[i] = bb_take(&next, &floats, texts * bb_pipeline_widest(p, H));
  v->scratch = bb_take(&next, &floats, scratch);
  return floats;
}

static biobert_status reserve(bb_vectors_pass *v, biobert_error *err) {
  size_t floats = share_out(v, NULL);
  if (floats > v->floats) {
    float *memory = bb_alloc_floats(NULL, floats);
    if (!memory) return bb_no_memory(err, "training: vectors");
    bb_free_aligned(NULL, v->memory);
    v->memory = memory;
    v->floats = floats;
  }
  share_out(v, v->memory);
  return BIOBERT_OK;
}

void bb_vectors_free(bb_vectors_pass *v) {
  bb_free_aligned(NULL, v->memory);
  *v = (bb_vectors_pass){0};
}

static bb_steps steps_of(const bb_vectors_pass *v) {
  bb_steps s = bb_steps_of(v->pass);
  s.scratch = v->scratch;
  return s;
}

static biobert_status whether_stopped(const bb_vectors_pass *v, biobert_error *err) {
  if (v->pass->cancel->stop) return bb_interrupted(err, "training");
  return BIOBERT_OK;
}

/* Pooling ---------------------------------------------------------------------------- */

typedef struct pooling_job {
  const bb_vectors_pass *v;
  const float *d; /* [texts, poolings * H]: by what was pooled */
  float *dstates; /* [N, H] */
} pooling_job;

static bb_pooling_input text_at(const bb_vectors_pass *v, size_t text) {
  const bb_pass *p = v->pass;
  const size_t first = p->batch.starts[text], T = p->batch.starts[text + 1] - first;
  const size_t left_out = v->left_out ? v->left_out[text] : 0;
  return (bb_pooling_input){p->bert, p->states + first * p->bert->config.hidden, T,
                            left_out, T};
}

static size_t pooled_width(const bb_vectors_pass *v) {
  return v->pipeline->pooling.count * v->pass->bert->config.hidden;
}

static void pool_texts(void *ctx, size_t first, size_t end, size_t worker) {
  const pooling_job *j = ctx;
  (void)worker;
  for (size_t i = first; i < end; i++) {
    bb_pooling_input text = text_at(j->v, i);
    bb_pool(&j->v->pipeline->pooling, &text, j->v->rows[0] + i * pooled_width(j->v));
  }
}

static void pool_texts_backward(void *ctx, size_t first, size_t end, size_t worker) {
  const pooling_job *j = ctx;
  const size_t H = j->v->pass->bert->config.hidden;
  (void)worker;
  for (size_t i = first; i < end; i++) {
    bb_pooling_input text = text_at(j->v, i);
    float *dstates = j->dstates + j->v->pass->batch.starts[i] * H;
    memset(dstates, 0, text.count * H * sizeof *dstates);
    bb_pool_backward(&j->v->pipeline->pooling, &text, j->d + i * pooled_width(j->v),
                     dstates);
  }
}

/* Dense layers ----------------------------------------------------------------------- */

/* y = act(x W^T + b), + x with a residual. z = x W^T is kept. */
typedef struct dense_job {
  const bb_vectors_pass *v;
  const bb_step *step;
  const float *x, *z;
  float *y; /* of the backward pass, the derivatives by y */
} dense_job;

static bb_linear linear_of(const bb_vectors_pass *v, const bb_step *step) {
  return (bb_linear){v->pass->batch.texts, step->in, step->out, step->w, NULL};
}

static void activate(void *ctx, size_t first, size_t end, size_t worker) {
  const dense_job *j = ctx;
  const bb_kernels *k = &j->v->pass->bert->kernels;
  const size_t n = j->step->out;
  (void)worker;
  for (size_t i = first; i < end; i++) {
    float *y = j->y + i * n;
    memcpy(y, j->z + i * n, n * sizeof *y);
    j->step->activation->apply(k, y, j->step->b, n);
    if (j->step->residual) k->f32_axpy(1, j->x + i * n, y, n);
  }
}

static void activate_backward(void *ctx, size_t first, size_t end, size_t worker) {
  const dense_job *j = ctx;
  const size_t n = j->step->out;
  (void)worker;
  for (size_t i = first; i < end; i++)
    j->step->activation->backward(&j->v->pass->bert->kernels, j->y + i * n, j->z + i * n,
                                  j->step->b, n);
}

static void dense_forward(bb_vectors_pass *v, size_t at) {
  const bb_step *step = &v->pipeline->steps[at];
  bb_steps s = steps_of(v);
  bb_linear linear = linear_of(v, step);
  bb_linear_forward(&s, &linear, v->rows[at], v->before[at]);
  bb_each_rows(&s, linear.rows, activate,
               &(dense_job){v, step, v->rows[at], v->before[at], v->rows[at + 1]});
}

/* d by the step's y -> dx by its x. */
static void dense_backward(bb_vectors_pass *v, size_t at, float *d, float *dx) {
  const bb_step *step = &v->pipeline->steps[at], *g = &v->gradient->steps[at];
  bb_steps s = steps_of(v);
  bb_linear linear = linear_of(v, step);
  if (step->residual) memcpy(dx, d, linear.rows * step->out * sizeof *dx);
  bb_each_rows(&s, linear.rows, activate_backward,
               &(dense_job){v, step, NULL, v->before[at], d});
  bb_linear_backward(&s, &linear,
                     &(bb_linear_gradient){v->rows[at], d, dx, g->w,
                                           step->no_bias ? NULL : g->b, step->residual});
}

/* Both ways -------------------------------------------------------------------------- */

/* The width of what step `at` was given; of step_count, of the vectors. */
static size_t width_at(const bb_vectors_pass *v, size_t at) {
  while (at > 0 && !v->pipeline->steps[at - 1].w) at--;
  return at > 0 ? v->pipeline->steps[at - 1].out : pooled_width(v);
}

biobert_status bb_vectors_forward(bb_vectors_pass *v, float *vectors,
                                  biobert_error *err) {
  const bb_pipeline *p = v->pipeline;
  biobert_status status = reserve(v, err);
  if (status) return status;
  bb_steps s = steps_of(v);
  const size_t texts = v->pass->batch.texts, last = p->step_count;
  bb_each_rows(&s, texts, pool_texts, &(pooling_job){v, NULL, NULL});
  for (size_t i = 0; i < last; i++) {
    if (p->steps[i].w)
      dense_forward(v, i);
    else
      bb_unit_forward(&s, v->rows[i], texts, width_at(v, i), v->rows[i + 1]);
  }
  memcpy(vectors, v->rows[last], texts * width_at(v, last) * sizeof *vectors);
  return whether_stopped(v, err);
}

biobert_status bb_vectors_backward(bb_vectors_pass *v, const float *d, float *dstates,
                                   biobert_error *err) {
  const bb_pipeline *p = v->pipeline;
  bb_steps s = steps_of(v);
  const size_t texts = v->pass->batch.texts;
  float *now = v->spare[0], *next = v->spare[1];
  memcpy(now, d, texts * width_at(v, p->step_count) * sizeof *now);
  for (size_t i = p->step_count; i-- > 0;) {
    if (!p->steps[i].w) {
      bb_unit_backward(&s, v->rows[i], texts, width_at(v, i), now);
      continue;
    }
    dense_backward(v, i, now, next);
    float *swap = now;
    now = next;
    next = swap;
  }
  bb_each_rows(&s, texts, pool_texts_backward, &(pooling_job){v, now, dstates});
  return whether_stopped(v, err);
}
