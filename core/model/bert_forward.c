/* bert_forward.c - the forward pass, as the papers write it.
 *
 * Vaswani et al. 2017 (arXiv:1706.03762), section 3; Devlin et al. 2019
 * (arXiv:1810.04805), section 3. Read this first. bert_encode.c computes the same,
 * many times as fast: with packed weights, shared out among workers, or in int8. The
 * tests compare it with this file (tests/unit/test_forward.c), and this file with
 * transformers' modeling_bert.py (tests/golden).
 *
 *   T tokens    H hidden    A attention heads    D = H / A    F feed-forward
 *
 * One text at a time, so there is no padding and nothing to mask. Sums are added up in
 * double, so that the rounding errors in a comparison are those of the other pass.
 *
 * Details that ports get wrong: the layer norms come after the residual sums (post-norm)
 * and divide by the biased variance; GELU is the erf form; the softmax is of
 * QK^T / sqrt(D); position ids start at 0. */
#include "model/bert_forward.h"

#include <math.h>

#include "base/mem.h"
#include "base/status.h"

typedef struct forward {
  const bb_bert *bert;
  size_t T, H, A, D, F;
  float *x;       /* [T, H] hidden states */
  float *q, *k;   /* [T, H] queries and keys of all heads, side by side */
  float *v;       /* [T, H] values */
  float *context; /* [T, H] what the heads gathered */
  float *y;       /* [T, H] what a sublayer adds to x */
  float *z;       /* [T, F] inner states of the feed-forward network */
  float *scores;  /* [T, T] of one head */
} forward;

static double dot(const float *a, const float *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)a[i] * (double)b[i];
  return sum;
}

/* y = x W^T + b: x [rows, in], W [out, in], b [out] or NULL, y [rows, out] */
static void linear(const float *x, size_t rows, size_t in, const float *w, const float *b,
                   size_t out, float *y) {
  for (size_t t = 0; t < rows; t++)
    for (size_t i = 0; i < out; i++)
      y[t * out + i] = (float)(dot(x + t * in, w + i * in, in) + (b ? (double)b[i] : 0));
}

/* x = (x - mean) / sqrt(variance + eps) * gamma + beta: Ba, Kiros & Hinton 2016
 * (arXiv:1607.06450) */
static void layer_norm(float *x, size_t n, const float *gamma, const float *beta,
                       float eps) {
  double mean = 0, variance = 0;
  for (size_t i = 0; i < n; i++) mean += (double)x[i] / (double)n;
  for (size_t i = 0; i < n; i++)
    variance += ((double)x[i] - mean) * ((double)x[i] - mean) / (double)n;
  double inverse = 1 / sqrt(variance + (double)eps);
  for (size_t i = 0; i < n; i++)
    x[i] = (float)(((double)x[i] - mean) * inverse * (double)gamma[i] + (double)beta[i]);
}

/* x[i] = exp(scale * x[i]) / sum of exp(scale * x[j]). A constant taken from all x does
 * not change it, and exp() must not overflow: so the largest becomes 0. */
static void softmax(float *x, size_t n, double scale) {
  float max = x[0];
  double sum = 0;
  for (size_t i = 1; i < n; i++)
    if (x[i] > max) max = x[i];
  for (size_t i = 0; i < n; i++) {
    x[i] = (float)exp(scale * ((double)x[i] - (double)max));
    sum += (double)x[i];
  }
  for (size_t i = 0; i < n; i++) x[i] = (float)((double)x[i] / sum);
}

/* x[t] = LayerNorm(word[id_t] + type[s_t] + position[t]): Devlin et al., figure 2. */
static void embed(const forward *f, const bb_input *input) {
  const bb_bert_weights *w = &f->bert->weights;
  for (size_t t = 0; t < f->T; t++) {
    const float *word = w->words + (size_t)input->ids[t] * f->H;
    const float *type = w->types + input->types[t] * f->H;
    const float *position = w->positions + t * f->H;
    float *x = f->x + t * f->H;
    for (size_t i = 0; i < f->H; i++) x[i] = word[i] + type[i] + position[i];
    layer_norm(x, f->H, w->gamma, w->beta, f->bert->config.eps);
  }
}

/* context_h = softmax(Q_h K_h^T / sqrt(D)) V_h: Vaswani et al., equation 1. */
static void attend(const forward *f, size_t head) {
  size_t T = f->T, H = f->H, D = f->D;
  const float *q = f->q + head * D, *k = f->k + head * D, *v = f->v + head * D;
  for (size_t t = 0; t < T; t++) {
    float *scores = f->scores + t * T;
    for (size_t u = 0; u < T; u++) scores[u] = (float)dot(q + t * H, k + u * H, D);
    softmax(scores, T, 1 / sqrt((double)D));
    for (size_t i = 0; i < D; i++) {
      double sum = 0;
      for (size_t u = 0; u < T; u++) sum += (double)scores[u] * (double)v[u * H + i];
      f->context[t * H + head * D + i] = (float)sum;
    }
  }
}

/* y = MultiHead(x, x, x): Vaswani et al., section 3.2.2. */
static void self_attention(const forward *f, size_t layer, const bb_watch *watch) {
  const bb_bert_layer *l = &f->bert->weights.layers[layer];
  size_t T = f->T, H = f->H;
  linear(f->x, T, H, l->qkv_w, l->qkv_b, H, f->q);
  linear(f->x, T, H, l->qkv_w + H * H, l->qkv_b + H, H, f->k);
  linear(f->x, T, H, l->qkv_w + 2 * H * H, l->qkv_b + 2 * H, H, f->v);
  for (size_t h = 0; h < f->A; h++) {
    attend(f, h);
    if (watch && watch->attention)
      watch->attention(watch->ctx, &(bb_attention){layer + 1, h, 0, T, f->scores});
  }
  linear(f->context, T, H, l->attention_w, l->attention_b, H, f->y);
}

/* y = act(x W1 + b1) W2 + b2: Vaswani et al., section 3.3, with GELU in place of ReLU, as
 * in Devlin et al. */
static void feed_forward(const forward *f, size_t layer) {
  const bb_bert_layer *l = &f->bert->weights.layers[layer];
  linear(f->x, f->T, f->H, l->ffn_in_w, NULL, f->F, f->z);
  for (size_t t = 0; t < f->T; t++)
    f->bert->config.activation->apply(&f->bert->kernels, f->z + t * f->F, l->ffn_in_b,
                                      f->F);
  linear(f->z, f->T, f->F, l->ffn_out_w, l->ffn_out_b, f->H, f->y);
}

/* x = LayerNorm(x + y) */
static void add_and_norm(const forward *f, const float *gamma, const float *beta) {
  for (size_t t = 0; t < f->T; t++) {
    float *x = f->x + t * f->H;
    for (size_t i = 0; i < f->H; i++) x[i] += f->y[t * f->H + i];
    layer_norm(x, f->H, gamma, beta, f->bert->config.eps);
  }
}

/* x = LayerNorm(x + Attention(x)); x = LayerNorm(x + FFN(x)): Vaswani et al., 3.1. */
static void encode_layer(const forward *f, size_t layer, const bb_watch *watch) {
  const bb_bert_layer *l = &f->bert->weights.layers[layer];
  self_attention(f, layer, watch);
  add_and_norm(f, l->attention_gamma, l->attention_beta);
  feed_forward(f, layer);
  add_and_norm(f, l->ffn_gamma, l->ffn_beta);
}

biobert_status bb_bert_forward(const bb_bert *bert, const bb_input *input,
                               const bb_watch *watch, float *states, biobert_error *err) {
  const bb_bert_config *c = &bert->config;
  const size_t T = input->count, H = c->hidden, F = c->ffn;
  float *memory = bb_alloc_floats(NULL, T * (5 * H + F + T));
  if (!memory) return bb_no_memory(err, "forward pass");
  forward f = {bert, T, H, c->heads, H / c->heads, F, .x = states, .q = memory};
  f.k = f.q + T * H;
  f.v = f.k + T * H;
  f.context = f.v + T * H;
  f.y = f.context + T * H;
  f.z = f.y + T * H;
  f.scores = f.z + T * F;

  embed(&f, input);
  if (watch && watch->layer) watch->layer(watch->ctx, 0, states);
  for (size_t i = 0; i < c->layers; i++) {
    encode_layer(&f, i, watch);
    if (watch && watch->layer) watch->layer(watch->ctx, i + 1, states);
  }
  bb_free_aligned(NULL, memory);
  return BIOBERT_OK;
}
