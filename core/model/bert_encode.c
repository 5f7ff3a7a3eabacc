/* bert_encode.c - the forward pass, in the order of the papers.
 *
 * Vaswani et al. 2017 (arXiv:1706.03762), section 3; Devlin et al. 2019 (arXiv:1810.04805),
 * section 3; checked against transformers' modeling_bert.py, layer by layer (tests/golden).
 *
 *   T tokens    H hidden    A heads    D = H / A, the width of a head    F feed-forward
 *
 * A text is encoded by itself, without padding, so nothing has to be masked and no text
 * depends on another. The rows (tokens) are divided among the workers in blocks; the only
 * place where a token looks at others is attention, which needs all keys and values first. So
 * a layer is two steps with one meeting point:
 *
 *   1. project:  Q, K, V of the block's rows
 *   2. transform: attention, and everything behind it, of the block's rows
 *
 * Details that ports get wrong, each with a test: the layer norms come after the residual sums
 * (post-norm) and divide by the biased variance; GELU is the erf form; softmax runs over
 * QK^T / sqrt(D), scaled after the product; position ids start at 0. */
#include "model/bert_encode.h"

#include <math.h>

#include "base/mem.h"
#include "base/status.h"
#include "kernels/gemm.h"

/* Fewer rows than this a worker are not worth waking a thread for: below it a block's matrix
 * products are bound by reading the weights, which two workers only do twice. */
enum { MIN_BLOCK_ROWS = 32 };

typedef struct forward {
  const bb_bert *bert;
  const bb_input *input;
  bb_scratch *s;
  bb_cancel *cancel;
  const bb_bert_layer *layer;
  size_t block; /* rows a task */
} forward;

/* Rows [first, end) of a task. */
static size_t block_first(const forward *f, size_t task) { return task * f->block; }

static size_t block_end(const forward *f, size_t task) {
  size_t end = (task + 1) * f->block;
  return end < f->input->count ? end : f->input->count;
}

/* Embeddings --------------------------------------------------------------------------------- */

/* x[t] = LayerNorm(word[id_t] + type[s_t] + position[t]): Devlin et al., figure 2. */
static void embed_rows(void *ctx, size_t task, size_t worker) {
  const forward *f = ctx;
  (void)worker;
  const bb_bert_weights *w = &f->bert->weights;
  const bb_kernels *k = &f->bert->kernels;
  size_t H = f->bert->config.hidden;
  for (size_t t = block_first(f, task); t < block_end(f, task); t++) {
    float *x = f->s->x + t * H;
    k->f32_add3(w->words + (size_t)f->input->ids[t] * H, w->types + f->input->types[t] * H,
                w->positions + t * H, x, H);
    k->f32_layer_norm(x, w->gamma, w->beta, f->bert->config.eps, x, H);
  }
}

/* A layer ------------------------------------------------------------------------------------ */

/* [Q K V] = x W^T + b, the three under one another in W. */
static void project_rows(void *ctx, size_t task, size_t worker) {
  const forward *f = ctx;
  (void)worker;
  const bb_kernels *k = &f->bert->kernels;
  size_t H = f->bert->config.hidden;
  size_t first = block_first(f, task), rows = block_end(f, task) - first;
  float *qkv = f->s->qkv + first * 3 * H;
  bb_gemm_nt(rows, 3 * H, H, 1.0f, f->s->x + first * H, H, f->layer->qkv_w, H, qkv, 3 * H);
  for (size_t t = 0; t < rows; t++)
    k->f32_axpy(1.0f, f->layer->qkv_b, qkv + t * 3 * H, 3 * H);
}

/* context_h = softmax(Q_h K_h^T / sqrt(D)) V_h for each head h: Vaswani et al., equation 1. */
static void attend_rows(const forward *f, size_t first, size_t rows, float *scores) {
  const bb_kernels *k = &f->bert->kernels;
  size_t T = f->input->count, H = f->bert->config.hidden;
  size_t D = H / f->bert->config.heads;
  float scale = 1.0f / sqrtf((float)D);
  for (size_t h = 0; h < f->bert->config.heads; h++) {
    const float *query = f->s->qkv + first * 3 * H + h * D;
    const float *key = f->s->qkv + H + h * D;
    const float *value = f->s->qkv + 2 * H + h * D;
    bb_gemm_nt(rows, T, D, 1.0f, query, 3 * H, key, 3 * H, scores, T);
    for (size_t t = 0; t < rows; t++) k->f32_softmax(scores + t * T, scale, T);
    bb_gemm_nn(rows, D, T, scores, T, value, 3 * H, f->s->context + first * H + h * D, H);
  }
}

/* x = LayerNorm(x + (y + b)), y [rows, H] */
static void add_and_norm(const forward *f, float *x, const float *y, const float *bias,
                         const float *gamma, const float *beta, size_t rows) {
  const bb_kernels *k = &f->bert->kernels;
  size_t H = f->bert->config.hidden;
  for (size_t t = 0; t < rows; t++) {
    float *row = x + t * H;
    k->f32_add3(y + t * H, bias, row, row, H);
    k->f32_layer_norm(row, gamma, beta, f->bert->config.eps, row, H);
  }
}

/* x = LayerNorm(x + attention(x)); x = LayerNorm(x + FFN(x)), FFN(x) = act(x W1 + b1) W2 + b2:
 * Vaswani et al., sections 3.1 and 3.3, with GELU for ReLU as in Devlin et al. */
static void transform_rows(void *ctx, size_t task, size_t worker) {
  const forward *f = ctx;
  const bb_bert_layer *l = f->layer;
  const bb_bert_config *c = &f->bert->config;
  size_t H = c->hidden, F = c->ffn, T = f->input->count;
  size_t first = block_first(f, task), rows = block_end(f, task) - first;
  float *x = f->s->x + first * H, *context = f->s->context + first * H;
  float *y = f->s->ffn + first * (H > F ? H : F);
  float *z = context; /* has been used up when z is written */

  attend_rows(f, first, rows, f->s->scores + worker * f->block * T);
  if (bb_cancelled(f->cancel, worker)) return;

  bb_gemm_nt(rows, H, H, 1.0f, context, H, l->attention_w, H, y, H);
  add_and_norm(f, x, y, l->attention_b, l->attention_gamma, l->attention_beta, rows);
  if (bb_cancelled(f->cancel, worker)) return;

  bb_gemm_nt(rows, F, H, 1.0f, x, H, l->ffn_in_w, H, y, F);
  for (size_t t = 0; t < rows; t++)
    c->activation->apply(&f->bert->kernels, y + t * F, l->ffn_in_b, F);
  if (bb_cancelled(f->cancel, worker)) return;

  bb_gemm_nt(rows, H, F, 1.0f, y, F, l->ffn_out_w, F, z, H);
  add_and_norm(f, x, z, l->ffn_out_b, l->ffn_gamma, l->ffn_beta, rows);
}

biobert_status bb_bert_encode(const bb_bert *bert, const bb_input *input, bb_scratch *s,
                              bb_cancel *cancel, bb_layer_fn *watch, void *watch_ctx,
                              biobert_error *err) {
  size_t T = input->count;
  size_t workers = T / MIN_BLOCK_ROWS < s->workers ? T / MIN_BLOCK_ROWS : s->workers;
  if (workers < 1) workers = 1;
  forward f = {.bert = bert, .input = input, .s = s, .cancel = cancel};
  f.block = (T + workers - 1) / workers;
  size_t tasks = (T + f.block - 1) / f.block;

  bool running = bb_pool_run(workers, tasks, embed_rows, &f, cancel);
  if (running && watch) watch(watch_ctx, 0, s->x);
  for (size_t i = 0; i < bert->config.layers && running; i++) {
    f.layer = &bert->weights.layers[i];
    running = bb_pool_run(workers, tasks, project_rows, &f, cancel) &&
              bb_pool_run(workers, tasks, transform_rows, &f, cancel);
    if (running && watch) watch(watch_ctx, i + 1, s->x);
  }
  return running ? BIOBERT_OK : bb_fail(err, BIOBERT_INTERRUPTED, "interrupted");
}

/* Scratch ------------------------------------------------------------------------------------ */

biobert_status bb_scratch_init(bb_scratch *s, const bb_bert_config *config, size_t tokens,
                               size_t workers, const biobert_allocator *allocator,
                               biobert_error *err) {
  size_t T = tokens, H = config->hidden, F = config->ffn;
  size_t widest = H > F ? H : F;
  *s = (bb_scratch){.allocator = allocator, .tokens = tokens, .workers = workers};
  s->x = bb_alloc_floats(allocator, T * H);
  s->qkv = bb_alloc_floats(allocator, T * 3 * H);
  s->context = bb_alloc_floats(allocator, T * H);
  s->ffn = bb_alloc_floats(allocator, T * widest);
  /* A block is T / workers rows, rounded up: one row a worker more than T in all. */
  s->scores = bb_alloc_floats(allocator, (T + workers) * T);
  if (!s->x || !s->qkv || !s->context || !s->ffn || !s->scores) {
    bb_scratch_free(s);
    return bb_no_memory(err, "scratch of the encoder");
  }
  return BIOBERT_OK;
}

void bb_scratch_free(bb_scratch *s) {
  bb_free_aligned(s->allocator, s->x);
  bb_free_aligned(s->allocator, s->qkv);
  bb_free_aligned(s->allocator, s->context);
  bb_free_aligned(s->allocator, s->ffn);
  bb_free_aligned(s->allocator, s->scores);
  *s = (bb_scratch){0};
}
