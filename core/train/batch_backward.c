/* batch_backward.c - the derivatives: batch_forward.c's steps in the opposite order, each
 * from the derivatives of the loss by what the step made to those by what it was given
 * (dx) and by its weights (added to the gradient). A derivative is named d and what it is
 * by. */
#include "base/status.h"
#include "train/pass_steps.h"

/* One layer's weights' derivatives. */
typedef struct backward {
  bb_layer_pass at;
  const bb_bert_layer *gradient;
} backward;

/* next = LayerNorm(y + dropout(act(y W1 + b1) W2 + b2)). d: derivatives by next; becomes
 * those by y. */
static void feed_forward(const backward *b, float *d) {
  bb_pass *p = b->at.pass;
  const bb_kept_layer *k = b->at.kept;
  const bb_bert_layer *g = b->gradient;
  bb_steps s = bb_steps_of(p);
  bb_linear in = bb_ffn_in_of(&b->at), out = bb_ffn_out_of(&b->at);
  bb_norm norm = bb_ffn_norm_of(&b->at);
  float *dsum = p->spare[0], *dout = p->spare[1], *z = p->wide[0], *dinner = p->wide[1];

  bb_norm_backward(&s, &norm, k->sum2, d, dsum, g->ffn_gamma, g->ffn_beta);
  bb_copy_rows(p, dsum, dout);
  bb_drop_rows(p, b->at.layer, BB_DROPOUT_FFN, dout);
  bb_activate_rows(&b->at, z);
  bb_linear_backward(
      &s, &out,
      &(bb_linear_gradient){z, dout, dinner, g->ffn_out_w, g->ffn_out_b, false});
  bb_activate_rows_backward(&b->at, dinner);
  bb_copy_rows(p, dsum, d);
  bb_linear_backward(
      &s, &in, &(bb_linear_gradient){k->y, dinner, d, g->ffn_in_w, g->ffn_in_b, true});
}

typedef struct heads_job {
  const backward *b;
  const float *dcontext;
  float *dqkv;
} heads_job;

static void attend(void *ctx, size_t task, size_t worker) {
  const heads_job *j = ctx;
  const bb_pass *p = j->b->at.pass;
  bb_head_of_text h = bb_head_at(&j->b->at, task);
  size_t first = h.first * p->bert->config.hidden;
  bb_attention_backward(&h, j->dcontext + first, j->dqkv + 3 * first,
                        bb_scratch_of_worker(p, worker));
}

/* y = LayerNorm(x + dropout(Attention(x))). d: derivatives by y; becomes those by x. */
static void self_attention(const backward *b, float *d) {
  bb_pass *p = b->at.pass;
  const bb_kept_layer *k = b->at.kept;
  const bb_bert_layer *g = b->gradient;
  bb_steps s = bb_steps_of(p);
  bb_linear qkv = bb_qkv_of(&b->at), out = bb_attention_out_of(&b->at);
  bb_norm norm = bb_attention_norm_of(&b->at);
  float *dsum = p->spare[0], *dout = p->spare[1], *dcontext = p->spare[2];
  float *dqkv = p->wide[0];

  bb_norm_backward(&s, &norm, k->sum, d, dsum, g->attention_gamma, g->attention_beta);
  bb_copy_rows(p, dsum, dout);
  bb_drop_rows(p, b->at.layer, BB_DROPOUT_CONTEXT, dout);
  bb_linear_backward(&s, &out,
                     &(bb_linear_gradient){k->context, dout, dcontext, g->attention_w,
                                           g->attention_b, false});
  heads_job job = {b, dcontext, dqkv};
  bb_pool_run(p->workers, p->batch.texts * p->bert->config.heads, attend, &job,
              p->cancel);
  bb_copy_rows(p, dsum, d);
  bb_linear_backward(&s, &qkv,
                     &(bb_linear_gradient){k->x, dqkv, d, g->qkv_w, g->qkv_b, true});
}

/* Adds each token's derivatives to the rows of its word, type and position, in the order
 * of the tokens: a word may come more than once. Workers take columns. */
typedef struct scatter_job {
  const bb_pass *pass;
  const float *d; /* [N, H] */
  const bb_bert_weights *gradient;
} scatter_job;

enum { STRIP = 64 };

static void add_strip(float *sum, const float *d, size_t n) {
  for (size_t i = 0; i < n; i++) sum[i] += d[i];
}

static void scatter(void *ctx, size_t task, size_t worker) {
  const scatter_job *j = ctx;
  const bb_pass *p = j->pass;
  const size_t H = p->bert->config.hidden, first = task * STRIP;
  const size_t n = H - first < STRIP ? H - first : STRIP;
  (void)worker;
  for (size_t t = 0; t < p->tokens; t++) {
    const float *d = j->d + t * H + first;
    if (p->batch.ids[t] != p->pad)
      add_strip(j->gradient->words + (size_t)p->batch.ids[t] * H + first, d, n);
    add_strip(j->gradient->types + p->batch.types[t] * H + first, d, n);
    add_strip(j->gradient->positions + bb_position_of(p, t) * H + first, d, n);
  }
}

/* x = dropout(LayerNorm(word + type + position)). d: derivatives by x. */
static void embed(bb_pass *p, float *d, const bb_bert_weights *gradient) {
  const bb_bert_weights *w = &p->bert->weights;
  const size_t H = p->bert->config.hidden;
  bb_steps s = bb_steps_of(p);
  bb_norm norm = {p->tokens, H, w->gamma, w->beta, p->bert->config.eps};
  bb_drop_rows(p, 0, BB_DROPOUT_EMBEDDINGS, d);
  bb_norm_backward(&s, &norm, p->embedded, d, p->spare[0], gradient->gamma,
                   gradient->beta);
  scatter_job job = {p, p->spare[0], gradient};
  bb_pool_run(p->workers, bb_divide_up(H, STRIP), scatter, &job, p->cancel);
}

biobert_status bb_pass_backward(bb_pass *p, float *states,
                                const bb_bert_weights *gradient, biobert_error *err) {
  for (size_t i = p->bert->config.layers; i-- > 0 && !p->cancel->stop;) {
    backward b = {bb_layer_at(p, i), &gradient->layers[i]};
    feed_forward(&b, states);
    self_attention(&b, states);
  }
  embed(p, states, gradient);
  if (p->cancel->stop) return bb_interrupted(err, "training");
  return BIOBERT_OK;
}
