/* batch_forward.c - core/model/bert_forward.c for a batch, with what the derivatives need
 * kept. batch_backward.c has its steps in the opposite order. */
#include <string.h>

#include "base/mem.h"
#include "base/sizes.h"
#include "base/status.h"
#include "train/pass_steps.h"

/* Memory ----------------------------------------------------------------------------- */

static size_t longest_text(const bb_batch *batch) {
  size_t longest = 0;
  for (size_t i = 0; i < batch->texts; i++)
    longest = bb_max(longest, batch->starts[i + 1] - batch->starts[i]);
  return longest;
}

static size_t product_scratch(const bb_pass *p, size_t N) {
  const bb_bert_config *c = &p->bert->config;
  const bb_kernels *k = &p->bert->kernels;
  size_t floats = bb_steps_scratch(k, N, c->hidden, 3 * c->hidden, p->workers);
  floats = bb_max(floats, bb_steps_scratch(k, N, c->hidden, c->ffn, p->workers));
  return bb_max(floats, bb_steps_scratch(k, N, c->ffn, c->hidden, p->workers));
}

/* Shares the block out (next NULL: adds up what it must have). */
static size_t share_out(bb_pass *p, size_t N, float *next) {
  const bb_bert_config *c = &p->bert->config;
  const size_t H = c->hidden, F = c->ffn;
  size_t floats = 0;
  for (size_t i = 0; i < c->layers; i++) {
    bb_kept_layer *l = &p->layers[i];
    l->x = bb_take(&next, &floats, N * H);
    l->qkv = bb_take(&next, &floats, N * 3 * H);
    l->context = bb_take(&next, &floats, N * H);
    l->sum = bb_take(&next, &floats, N * H);
    l->y = bb_take(&next, &floats, N * H);
    l->inner = bb_take(&next, &floats, N * F);
    l->sum2 = bb_take(&next, &floats, N * H);
  }
  p->embedded = bb_take(&next, &floats, N * H);
  p->states = bb_take(&next, &floats, N * H);
  for (int i = 0; i < 3; i++) p->spare[i] = bb_take(&next, &floats, N * H);
  for (int i = 0; i < 2; i++) p->wide[i] = bb_take(&next, &floats, N * bb_max(F, 3 * H));
  p->scratch = bb_take(&next, &floats, product_scratch(p, N));
  p->worker_scratch = bb_take(&next, &floats, p->workers * p->worker_floats);
  return floats;
}

biobert_status bb_pass_reserve(bb_pass *p, const bb_batch *batch, biobert_error *err) {
  const bb_bert_config *c = &p->bert->config;
  if (!p->layers) {
    p->layers = bb_alloc_zeroed(NULL, c->layers, sizeof *p->layers);
    if (!p->layers) return bb_no_memory(err, "training");
  }
  bb_pass wanted = *p;
  wanted.batch = *batch;
  wanted.tokens = batch->starts[batch->texts];
  wanted.longest = longest_text(batch);
  wanted.worker_floats =
      bb_attention_scratch(&p->bert->kernels, bb_attention_shape_of(p), wanted.longest);
  size_t floats = share_out(&wanted, wanted.tokens, NULL);
  if (floats > p->floats) {
    float *memory = bb_alloc_floats(NULL, floats);
    if (!memory) return bb_no_memory(err, "training: a batch");
    bb_free_aligned(NULL, p->memory);
    wanted.memory = memory;
    wanted.floats = floats;
  }
  share_out(&wanted, wanted.tokens, wanted.memory);
  *p = wanted;
  return BIOBERT_OK;
}

/* Its layers are where they were: nothing is placed. */
size_t bb_pass_floats(const bb_pass *p, size_t tokens, size_t longest) {
  const bb_bert_config *c = &p->bert->config;
  const size_t layer = tokens * (8 * c->hidden + c->ffn);
  const size_t beside = tokens * (5 * c->hidden + 2 * bb_max(c->ffn, 3 * c->hidden));
  const size_t worker =
      bb_attention_scratch(&p->bert->kernels, bb_attention_shape_of(p), longest);
  return c->layers * layer + beside + product_scratch(p, tokens) + p->workers * worker;
}

void bb_pass_free(bb_pass *p) {
  bb_free(NULL, p->layers);
  bb_free_aligned(NULL, p->memory);
  *p = (bb_pass){0};
}

/* Steps ------------------------------------------------------------------------------ */

/* x = dropout(LayerNorm(word + type + position)): Devlin et al. 2019, figure 2. */
static void embed_rows(void *ctx, size_t first, size_t end, size_t worker) {
  const bb_pass *p = ctx;
  const bb_bert_weights *w = &p->bert->weights;
  const size_t H = p->bert->config.hidden;
  (void)worker;
  for (size_t t = first; t < end; t++)
    p->bert->kernels.f32_add3(
        w->words + (size_t)p->batch.ids[t] * H, w->types + p->batch.types[t] * H,
        w->positions + bb_position_of(p, t) * H, p->embedded + t * H, H);
}

static void embed(bb_pass *p) {
  const bb_bert_weights *w = &p->bert->weights;
  bb_steps s = bb_steps_of(p);
  bb_norm norm = {p->tokens, p->bert->config.hidden, w->gamma, w->beta,
                  p->bert->config.eps};
  float *x = bb_input_of(p, 0);
  bb_each_rows(&s, p->tokens, embed_rows, p);
  bb_norm_forward(&s, &norm, p->embedded, x);
  bb_drop_rows(p, 0, BB_DROPOUT_EMBEDDINGS, x);
}

/* context = P V of each head and text. */
static void attend(void *ctx, size_t task, size_t worker) {
  const bb_layer_pass *l = ctx;
  bb_head_of_text h = bb_head_at(l, task);
  size_t first = h.first * l->pass->bert->config.hidden;
  bb_attention_forward(&h, l->kept->context + first,
                       bb_scratch_of_worker(l->pass, worker));
}

/* y = LayerNorm(x + dropout(Attention(x))): Vaswani et al. 2017, 3.1 and 3.2. */
static void self_attention(const bb_layer_pass *l) {
  bb_pass *p = l->pass;
  const bb_kept_layer *k = l->kept;
  bb_steps s = bb_steps_of(p);
  bb_linear qkv = bb_qkv_of(l), out = bb_attention_out_of(l);
  bb_norm norm = bb_attention_norm_of(l);
  bb_linear_forward(&s, &qkv, k->x, k->qkv);
  bb_pool_run(p->workers, p->batch.texts * p->bert->config.heads, attend,
              (void *)(uintptr_t)l, p->cancel);
  bb_linear_forward(&s, &out, k->context, k->sum);
  bb_drop_rows(p, l->layer, BB_DROPOUT_CONTEXT, k->sum);
  bb_add_rows(p, k->x, k->sum);
  bb_norm_forward(&s, &norm, k->sum, k->y);
}

/* next = LayerNorm(y + dropout(act(y W1 + b1) W2 + b2)): 3.3. */
static void feed_forward(const bb_layer_pass *l, float *next) {
  bb_pass *p = l->pass;
  const bb_kept_layer *k = l->kept;
  bb_steps s = bb_steps_of(p);
  bb_linear in = bb_ffn_in_of(l), out = bb_ffn_out_of(l);
  bb_norm norm = bb_ffn_norm_of(l);
  bb_linear_forward(&s, &in, k->y, k->inner);
  bb_activate_rows(l, p->wide[0]);
  bb_linear_forward(&s, &out, p->wide[0], k->sum2);
  bb_drop_rows(p, l->layer, BB_DROPOUT_FFN, k->sum2);
  bb_add_rows(p, k->y, k->sum2);
  bb_norm_forward(&s, &norm, k->sum2, next);
}

biobert_status bb_pass_forward(bb_pass *p, biobert_error *err) {
  embed(p);
  for (size_t i = 0; i < p->bert->config.layers && !p->cancel->stop; i++) {
    bb_layer_pass l = bb_layer_at(p, i);
    self_attention(&l);
    feed_forward(&l, bb_input_of(p, i + 1));
  }
  if (p->cancel->stop) return bb_interrupted(err, "training");
  return BIOBERT_OK;
}
