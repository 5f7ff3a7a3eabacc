/* heads_pass.c - task heads, forwards and backwards. */
#include "train/heads_pass.h"

#include "base/mem.h"
#include "base/status.h"
#include "train/loss.h"
#include "train/pass_steps.h"

/* Memory ----------------------------------------------------------------------------- */

/* What a head works in: rows of H, rows of logits, and the products' scratch. */
typedef struct room {
  float *x, *y, *z, *d, *e; /* [rows, H] each */
  float *logits;            /* [rows, labels] */
  bb_steps steps;
} room;

static biobert_status reserve(bb_heads_pass *h, size_t rows, size_t labels, room *out,
                              biobert_error *err) {
  const bb_pass *p = h->pass;
  const size_t H = p->bert->config.hidden, square = rows * H;
  const bb_kernels *k = &p->bert->kernels;
  size_t scratch = bb_steps_scratch(k, rows, H, labels, p->workers);
  size_t own = bb_steps_scratch(k, rows, H, H, p->workers);
  if (own > scratch) scratch = own;
  size_t floats = 5 * square + rows * labels + scratch;
  if (floats > h->floats) {
    float *memory = bb_alloc_floats(NULL, floats);
    if (!memory) return bb_no_memory(err, "training: a task head");
    bb_free_aligned(NULL, h->memory);
    h->memory = memory;
    h->floats = floats;
  }
  float *at = h->memory;
  *out = (room){.x = at,
                .y = at + square,
                .z = at + 2 * square,
                .d = at + 3 * square,
                .e = at + 4 * square,
                .logits = at + 5 * square,
                .steps = bb_steps_of(p)};
  out->steps.scratch = out->logits + rows * labels;
  return BIOBERT_OK;
}

void bb_heads_free(bb_heads_pass *h) {
  bb_free_aligned(NULL, h->memory);
  *h = (bb_heads_pass){0};
}

/* By what a sum over `own` things with a target is multiplied: their mean. */
static double weight_of(const bb_heads_pass *h, size_t own) {
  return 1 / (double)(h->targets ? h->targets : own);
}

static void clear_states(const bb_heads_pass *h) {
  memset(h->dstates, 0,
         h->pass->tokens * h->pass->bert->config.hidden * sizeof *h->dstates);
}

static void keep_logits(const bb_heads_pass *h, const float *logits, size_t count) {
  if (h->logits) memcpy(h->logits, logits, count * sizeof *logits);
}

static biobert_status whether_stopped(const bb_heads_pass *h, biobert_error *err) {
  if (h->pass->cancel->stop) return bb_interrupted(err, "training");
  return BIOBERT_OK;
}

/* The states of some tokens, one below another; and what is added to theirs. */
static void gather(const bb_heads_pass *h, const size_t *tokens, size_t count, float *x) {
  const size_t H = h->pass->bert->config.hidden;
  for (size_t i = 0; i < count; i++)
    memcpy(x + i * H, h->pass->states + tokens[i] * H, H * sizeof *x);
}

static void scatter(const bb_heads_pass *h, const size_t *tokens, size_t count,
                    const float *d) {
  const size_t H = h->pass->bert->config.hidden;
  for (size_t i = 0; i < count; i++)
    memcpy(h->dstates + tokens[i] * H, d + i * H, H * sizeof *d);
}

/* tokens: of which the rows are; NULL: of all. For x, and for the derivatives by it. */
static void drop(const bb_heads_pass *h, const size_t *tokens, float *x, size_t rows) {
  const bb_bert_config *c = &h->pass->bert->config;
  const uint64_t stretch = (c->hidden + 3) / 4 * 4;
  for (size_t i = 0; h->dropout.rate > 0 && i < rows; i++)
    bb_dropout_apply(&h->pass->bert->kernels, &h->dropout, c->layers, BB_DROPOUT_HEAD,
                     (h->pass->before + (tokens ? tokens[i] : i)) * stretch,
                     x + i * c->hidden, c->hidden);
}

/* Masked words ----------------------------------------------------------------------- */

typedef struct cross_entropy_job {
  float *logits;
  const int32_t *targets;
  size_t n, rows;
  double weight;
  double *losses; /* [rows] */
} cross_entropy_job;

static void cross_entropy_rows(void *ctx, size_t first, size_t end, size_t worker) {
  const cross_entropy_job *j = ctx;
  (void)worker;
  for (size_t i = first; i < end; i++)
    j->losses[i] =
        bb_loss_softmax(j->logits + i * j->n, j->n, (size_t)j->targets[i], j->weight);
}

/* The rows' losses, weighted, added up in their order. */
static biobert_status cross_entropy(const room *r, cross_entropy_job job, double *loss,
                                    biobert_error *err) {
  job.losses = bb_alloc(NULL, job.rows, sizeof *job.losses);
  if (!job.losses) return bb_no_memory(err, "training: losses");
  bb_each_rows(&r->steps, job.rows, cross_entropy_rows, &job);
  *loss = 0;
  for (size_t i = 0; i < job.rows; i++) *loss += job.losses[i] * job.weight;
  bb_free(NULL, job.losses);
  return BIOBERT_OK;
}

typedef struct transform {
  const bb_heads_pass *h;
  const room *r;
  bb_linear dense, decoder;
  bb_norm norm;
} transform;

static transform transform_of(const bb_heads_pass *h, const room *r, size_t rows) {
  const bb_bert_config *c = &h->pass->bert->config;
  const bb_task_heads *t = h->heads;
  const size_t H = c->hidden;
  return (transform){
      h,
      r,
      {rows, H, H,                  t->transform_w,    NULL        },
      {rows, H, c->vocabulary,      t->decoder_w,      t->decoder_b},
      {rows, H, t->transform_gamma, t->transform_beta, c->eps      }
  };
}

/* logits = LayerNorm(act(x W^T + b)) D^T + d. y: before the activation, z after it. */
static void transform_forward(const transform *t) {
  const room *r = t->r;
  const bb_bert *bert = t->h->pass->bert;
  const size_t H = t->dense.in, rows = t->dense.rows;
  bb_linear_forward(&r->steps, &t->dense, r->x, r->y);
  memcpy(r->z, r->y, rows * H * sizeof *r->z);
  for (size_t i = 0; i < rows; i++)
    bert->config.activation->apply(&bert->kernels, r->z + i * H, t->h->heads->transform_b,
                                   H);
  bb_norm_forward(&r->steps, &t->norm, r->z, r->e);
  bb_linear_forward(&r->steps, &t->decoder, r->e, r->logits);
}

/* From the derivatives in logits to those by x, in r->d. */
static void transform_backward(const transform *t) {
  const room *r = t->r;
  const bb_bert *bert = t->h->pass->bert;
  const bb_task_heads *g = t->h->gradient;
  const size_t H = t->dense.in, rows = t->dense.rows;
  const bool tied = t->h->heads->decoder_w == bert->weights.words;
  float *decoder = tied ? t->h->encoder_gradient->words : g->decoder_memory;
  bb_linear_backward(
      &r->steps, &t->decoder,
      &(bb_linear_gradient){r->e, r->logits, r->d, decoder, g->decoder_b, false});
  bb_norm_backward(&r->steps, &t->norm, r->z, r->d, r->e, g->transform_gamma,
                   g->transform_beta);
  for (size_t i = 0; i < rows; i++)
    bert->config.activation->backward(&bert->kernels, r->e + i * H, r->y + i * H,
                                      t->h->heads->transform_b, H);
  bb_linear_backward(
      &r->steps, &t->dense,
      &(bb_linear_gradient){r->x, r->e, r->d, g->transform_w, g->transform_b, false});
}

biobert_status bb_heads_masked(bb_heads_pass *h, const bb_masked *masked, double *loss,
                               biobert_error *err) {
  const size_t V = h->pass->bert->config.vocabulary;
  room r;
  *loss = 0;
  clear_states(h);
  if (masked->count == 0) return BIOBERT_OK;
  biobert_status status = reserve(h, masked->count, V, &r, err);
  if (status) return status;
  transform t = transform_of(h, &r, masked->count);
  gather(h, masked->positions, masked->count, r.x);
  transform_forward(&t);
  const cross_entropy_job job = {.logits = r.logits,
                                 .targets = masked->targets,
                                 .n = V,
                                 .rows = masked->count,
                                 .weight = weight_of(h, masked->count)};
  status = cross_entropy(&r, job, loss, err);
  if (status || !h->gradient) return status;
  transform_backward(&t);
  scatter(h, masked->positions, masked->count, r.d);
  return whether_stopped(h, err);
}

/* Tokens ----------------------------------------------------------------------------- */

static size_t count_targets(const int32_t *labels, size_t n) {
  size_t count = 0;
  for (size_t i = 0; i < n; i++) count += labels[i] != BB_NO_TARGET;
  return count;
}

/* Of one row; a row without a target has no derivatives. */
static double token_loss(float *logits, size_t n, int32_t label, double weight) {
  if (label != BB_NO_TARGET)
    return bb_loss_softmax(logits, n, (size_t)label, weight) * weight;
  memset(logits, 0, n * sizeof *logits);
  return 0;
}

biobert_status bb_heads_tokens(bb_heads_pass *h, const int32_t *labels, double *loss,
                               biobert_error *err) {
  const size_t N = h->pass->tokens, H = h->pass->bert->config.hidden;
  const size_t L = h->heads->labels.count;
  const double weight = weight_of(h, count_targets(labels, N));
  room r;
  biobert_status status = reserve(h, N, L, &r, err);
  if (status) return status;
  bb_linear linear = {N, H, L, h->heads->token_w, h->heads->token_b};
  memcpy(r.x, h->pass->states, N * H * sizeof *r.x);
  drop(h, NULL, r.x, N);
  bb_linear_forward(&r.steps, &linear, r.x, r.logits);
  keep_logits(h, r.logits, N * L);
  *loss = 0;
  for (size_t t = 0; t < N; t++)
    *loss += token_loss(r.logits + t * L, L, labels[t], weight);
  if (!h->gradient) return whether_stopped(h, err);
  bb_linear_backward(&r.steps, &linear,
                     &(bb_linear_gradient){r.x, r.logits, h->dstates,
                                           h->gradient->token_w, h->gradient->token_b,
                                           false});
  drop(h, NULL, h->dstates, N);
  return whether_stopped(h, err);
}

/* Texts ------------------------------------------------------------------------------ */

/* What stands between [CLS] and the classifier: BERT's pooler, tanh(x W^T + b), or
 * DistilBERT's layer, relu(x W^T + b). */
typedef struct pooler {
  bb_linear linear; /* the activation adds its bias */
  const float *b;
  const bb_activation *activation;
  float *dw, *db;
} pooler;

static pooler pooler_of(const bb_heads_pass *h, size_t rows) {
  const bb_bert_weights *w = &h->pass->bert->weights;
  const size_t H = h->pass->bert->config.hidden;
  if (h->heads->pre_w)
    return (pooler){
        {rows, H, H, h->heads->pre_w, NULL},
        h->heads->pre_b,
        bb_activation_find(bb_str("relu")),
        h->gradient->pre_w,
        h->gradient->pre_b
    };
  return (pooler){
      {rows, H, H, w->pooler_w, NULL},
      w->pooler_b,
      bb_activation_find(bb_str("tanh")),
      h->encoder_gradient->pooler_w,
      h->encoder_gradient->pooler_b
  };
}

/* x -> y = x W^T -> z = dropout(act(y + b)). */
static void pool_forward(const bb_heads_pass *h, const pooler *p, const room *r) {
  const size_t H = p->linear.in, rows = p->linear.rows;
  bb_linear_forward(&r->steps, &p->linear, r->x, r->y);
  memcpy(r->z, r->y, rows * H * sizeof *r->z);
  for (size_t i = 0; i < rows; i++)
    p->activation->apply(&h->pass->bert->kernels, r->z + i * H, p->b, H);
  drop(h, h->pass->batch.starts, r->z, rows);
}

/* e: derivatives by z; d: those by x. */
static void pool_backward(const bb_heads_pass *h, const pooler *p, const room *r) {
  const size_t H = p->linear.in, rows = p->linear.rows;
  drop(h, h->pass->batch.starts, r->e, rows);
  for (size_t i = 0; i < rows; i++)
    p->activation->backward(&h->pass->bert->kernels, r->e + i * H, r->y + i * H, p->b, H);
  bb_linear_backward(&r->steps, &p->linear,
                     &(bb_linear_gradient){r->x, r->e, r->d, p->dw, p->db, false});
}

static double text_loss(float *logits, size_t n, const bb_text_targets *t, size_t text,
                        double weight) {
  switch (t->loss) {
  case BB_TEXT_LOSS_SOFTMAX:
    return bb_loss_softmax(logits, n, (size_t)t->labels[text], weight);
  case BB_TEXT_LOSS_BINARY:
    return bb_loss_binary(logits, t->targets + text * n, n, weight);
  case BB_TEXT_LOSS_SQUARES:
    return bb_loss_squares(logits, t->targets + text * n, n, weight);
  }
  return 0;
}

biobert_status bb_heads_texts(bb_heads_pass *h, const bb_text_targets *targets,
                              double *loss, biobert_error *err) {
  const size_t texts = h->pass->batch.texts, H = h->pass->bert->config.hidden;
  const size_t L = h->heads->labels.count;
  const double weight = weight_of(h, texts);
  room r;
  biobert_status status = reserve(h, texts, L, &r, err);
  if (status) return status;
  pooler p = pooler_of(h, texts);
  bb_linear linear = {texts, H, L, h->heads->text_w, h->heads->text_b};
  gather(h, h->pass->batch.starts, texts, r.x);
  pool_forward(h, &p, &r);
  bb_linear_forward(&r.steps, &linear, r.z, r.logits);
  keep_logits(h, r.logits, texts * L);
  *loss = 0;
  for (size_t i = 0; i < texts; i++)
    *loss += text_loss(r.logits + i * L, L, targets, i, weight);
  *loss *= weight;
  if (!h->gradient) return whether_stopped(h, err);
  bb_linear_backward(&r.steps, &linear,
                     &(bb_linear_gradient){r.z, r.logits, r.e, h->gradient->text_w,
                                           h->gradient->text_b, false});
  pool_backward(h, &p, &r);
  clear_states(h);
  scatter(h, h->pass->batch.starts, texts, r.d);
  return whether_stopped(h, err);
}

/* Answers ---------------------------------------------------------------------------- */

enum { FIRST, LAST, ENDS };

/* Column `end` of the logits [T, 2] of a text, in place: softmax over its tokens. */
static double end_loss(float *logits, size_t tokens, int end, size_t target,
                       double weight, float *column) {
  for (size_t t = 0; t < tokens; t++) column[t] = logits[t * ENDS + (size_t)end];
  double loss = bb_loss_softmax(column, tokens, target, weight);
  for (size_t t = 0; t < tokens; t++) logits[t * ENDS + (size_t)end] = column[t];
  return loss;
}

biobert_status bb_heads_answers(bb_heads_pass *h, const bb_answer_target *targets,
                                double *loss, biobert_error *err) {
  const bb_batch *batch = &h->pass->batch;
  const size_t N = h->pass->tokens, H = h->pass->bert->config.hidden;
  const double weight = weight_of(h, batch->texts) / ENDS;
  room r;
  biobert_status status = reserve(h, N, ENDS, &r, err);
  if (status) return status;
  bb_linear linear = {N, H, ENDS, h->heads->answer_w, h->heads->answer_b};
  memcpy(r.y, h->pass->states, N * H * sizeof *r.y);
  drop(h, NULL, r.y, N);
  bb_linear_forward(&r.steps, &linear, r.y, r.logits);
  keep_logits(h, r.logits, N * ENDS);
  *loss = 0;
  for (size_t i = 0; i < batch->texts; i++) {
    float *logits = r.logits + batch->starts[i] * ENDS;
    const size_t T = batch->starts[i + 1] - batch->starts[i];
    *loss += weight * end_loss(logits, T, FIRST, targets[i].first, weight, r.x);
    *loss += weight * end_loss(logits, T, LAST, targets[i].last, weight, r.x);
  }
  if (!h->gradient) return whether_stopped(h, err);
  bb_linear_backward(&r.steps, &linear,
                     &(bb_linear_gradient){r.y, r.logits, h->dstates,
                                           h->gradient->answer_w, h->gradient->answer_b,
                                           false});
  drop(h, NULL, h->dstates, N);
  return whether_stopped(h, err);
}
