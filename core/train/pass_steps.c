/* pass_steps.c - the parts of a layer, and what is done to each row alike. */
#include "train/pass_steps.h"

#include "base/mem.h"

bb_layer_pass bb_layer_at(bb_pass *p, size_t layer) {
  return (bb_layer_pass){p, layer, &p->bert->weights.layers[layer], &p->layers[layer]};
}

bb_steps bb_steps_of(const bb_pass *p) {
  return (bb_steps){&p->bert->kernels, p->workers, p->cancel, p->scratch};
}

bb_attention_shape bb_attention_shape_of(const bb_pass *p) {
  const bb_bert_config *c = &p->bert->config;
  return (bb_attention_shape){c->hidden, c->heads, c->positions};
}

float *bb_scratch_of_worker(const bb_pass *p, size_t worker) {
  return p->worker_scratch + worker * p->worker_floats;
}

float *bb_input_of(const bb_pass *p, size_t layer) {
  return layer < p->bert->config.layers ? p->layers[layer].x : p->states;
}

/* The text that token t is of: the last one that begins at or before it. */
static size_t text_of(const bb_batch *batch, size_t t) {
  size_t low = 0, high = batch->texts;
  while (high - low > 1) {
    size_t middle = (low + high) / 2;
    if (batch->starts[middle] <= t)
      low = middle;
    else
      high = middle;
  }
  return low;
}

size_t bb_position_of(const bb_pass *p, size_t t) {
  return t - p->batch.starts[text_of(&p->batch, t)];
}

bb_head_of_text bb_head_at(const bb_layer_pass *l, size_t task) {
  const bb_pass *p = l->pass;
  const size_t heads = p->bert->config.heads, text = task / heads;
  const size_t first = p->batch.starts[text];
  return (bb_head_of_text){.kernels = &p->bert->kernels,
                           .shape = bb_attention_shape_of(p),
                           .dropout = &p->attention_dropout,
                           .layer = l->layer,
                           .head = task % heads,
                           .first = first,
                           .place = p->before + first,
                           .tokens = p->batch.starts[text + 1] - first,
                           .qkv = l->kept->qkv + first * 3 * p->bert->config.hidden};
}

static bb_linear linear(const bb_layer_pass *l, size_t in, size_t out, const float *w,
                        const float *b) {
  return (bb_linear){l->pass->tokens, in, out, w, b};
}

bb_linear bb_qkv_of(const bb_layer_pass *l) {
  const size_t H = l->pass->bert->config.hidden;
  return linear(l, H, 3 * H, l->weights->qkv_w, l->weights->qkv_b);
}

bb_linear bb_attention_out_of(const bb_layer_pass *l) {
  const size_t H = l->pass->bert->config.hidden;
  return linear(l, H, H, l->weights->attention_w, l->weights->attention_b);
}

bb_linear bb_ffn_in_of(const bb_layer_pass *l) {
  const bb_bert_config *c = &l->pass->bert->config;
  return linear(l, c->hidden, c->ffn, l->weights->ffn_in_w, NULL);
}

bb_linear bb_ffn_out_of(const bb_layer_pass *l) {
  const bb_bert_config *c = &l->pass->bert->config;
  return linear(l, c->ffn, c->hidden, l->weights->ffn_out_w, l->weights->ffn_out_b);
}

static bb_norm norm(const bb_layer_pass *l, const float *gamma, const float *beta) {
  const bb_bert_config *c = &l->pass->bert->config;
  return (bb_norm){l->pass->tokens, c->hidden, gamma, beta, c->eps};
}

bb_norm bb_attention_norm_of(const bb_layer_pass *l) {
  return norm(l, l->weights->attention_gamma, l->weights->attention_beta);
}

bb_norm bb_ffn_norm_of(const bb_layer_pass *l) {
  return norm(l, l->weights->ffn_gamma, l->weights->ffn_beta);
}

float *bb_take(float **next, size_t *floats, size_t count) {
  float *taken = *next;
  *floats += count;
  if (taken) *next += count;
  return taken;
}

/* Rows ------------------------------------------------------------------------------- */

typedef struct row_job {
  const bb_pass *pass;
  size_t layer;
  bb_dropout_site site;
  const float *x, *bias;
  float *y;
} row_job;

static void drop_rows(void *ctx, size_t first, size_t end, size_t worker) {
  const row_job *j = ctx;
  const size_t H = j->pass->bert->config.hidden;
  const uint64_t stretch = (H + 3) / 4 * 4; /* ordinals of a row: bb_dropout_apply() */
  (void)worker;
  for (size_t t = first; t < end; t++)
    bb_dropout_apply(&j->pass->bert->kernels, &j->pass->dropout, j->layer, j->site,
                     (j->pass->before + t) * stretch, j->y + t * H, H);
}

static void add_rows(void *ctx, size_t first, size_t end, size_t worker) {
  const row_job *j = ctx;
  const size_t H = j->pass->bert->config.hidden;
  (void)worker;
  j->pass->bert->kernels.f32_axpy(1, j->x + first * H, j->y + first * H,
                                  (end - first) * H);
}

static void copy_rows(void *ctx, size_t first, size_t end, size_t worker) {
  const row_job *j = ctx;
  const size_t H = j->pass->bert->config.hidden;
  (void)worker;
  memcpy(j->y + first * H, j->x + first * H, (end - first) * H * sizeof *j->y);
}

static void activate_rows(void *ctx, size_t first, size_t end, size_t worker) {
  const row_job *j = ctx;
  const bb_bert *bert = j->pass->bert;
  const size_t F = bert->config.ffn;
  (void)worker;
  for (size_t t = first; t < end; t++) {
    memcpy(j->y + t * F, j->x + t * F, F * sizeof *j->y);
    bert->config.activation->apply(&bert->kernels, j->y + t * F, j->bias, F);
  }
}

static void activate_rows_backward(void *ctx, size_t first, size_t end, size_t worker) {
  const row_job *j = ctx;
  const bb_bert *bert = j->pass->bert;
  const size_t F = bert->config.ffn;
  (void)worker;
  for (size_t t = first; t < end; t++)
    bert->config.activation->backward(&bert->kernels, j->y + t * F, j->x + t * F, j->bias,
                                      F);
}

static void each_row(bb_pass *p, bb_row_range_fn *fn, row_job job) {
  bb_steps s = bb_steps_of(p);
  job.pass = p;
  bb_each_rows(&s, p->tokens, fn, &job);
}

void bb_drop_rows(bb_pass *p, size_t layer, bb_dropout_site site, float *x) {
  if (!(p->dropout.rate > 0)) return;
  each_row(p, drop_rows, (row_job){.layer = layer, .site = site, .y = x});
}

void bb_add_rows(bb_pass *p, const float *x, float *y) {
  each_row(p, add_rows, (row_job){.x = x, .y = y});
}

void bb_copy_rows(bb_pass *p, const float *x, float *y) {
  each_row(p, copy_rows, (row_job){.x = x, .y = y});
}

void bb_activate_rows(const bb_layer_pass *l, float *z) {
  each_row(l->pass, activate_rows,
           (row_job){.x = l->kept->inner, .y = z, .bias = l->weights->ffn_in_b});
}

void bb_activate_rows_backward(const bb_layer_pass *l, float *d) {
  each_row(l->pass, activate_rows_backward,
           (row_job){.x = l->kept->inner, .y = d, .bias = l->weights->ffn_in_b});
}
