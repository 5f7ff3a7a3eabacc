/* heads_api.c - masked words, labels of texts, reranking, and a look into the attention.
 */
#include <inttypes.h>
#include <math.h>

#include "api/embed.h"
#include "api/heads_api.h"
#include "api/input.h"
#include "api/pieces.h"
#include "base/mem.h"
#include "base/status.h"

const char *const biobert_head_names[BIOBERT_HEAD_COUNT] = {
    [BIOBERT_HEAD_FILL_MASK] = "masked-language-model",
    [BIOBERT_HEAD_ENTITIES] = "token-classification",
    [BIOBERT_HEAD_ANSWER] = "question-answering",
    [BIOBERT_HEAD_CLASSIFY] = "classification",
    [BIOBERT_HEAD_RERANK] = "cross-encoder",
};

bool biobert_model_has_head(const biobert_model *model, biobert_head head) {
  const bb_task_heads *h = &model->heads;
  switch (head) {
  case BIOBERT_HEAD_FILL_MASK:
    return h->transform_w != NULL;
  case BIOBERT_HEAD_ENTITIES:
    return h->token_w != NULL;
  case BIOBERT_HEAD_ANSWER:
    return h->answer_w != NULL;
  case BIOBERT_HEAD_CLASSIFY:
    return h->text_w != NULL;
  case BIOBERT_HEAD_RERANK:
    return h->text_w && h->labels.count == 1;
  case BIOBERT_HEAD_COUNT:
    break;
  }
  return false;
}

biobert_status bb_session_need_head(const biobert_session *s, biobert_head head,
                                    biobert_error *err) {
  if (biobert_model_has_head(s->model, head)) return BIOBERT_OK;
  if (head == BIOBERT_HEAD_RERANK &&
      biobert_model_has_head(s->model, BIOBERT_HEAD_CLASSIFY))
    return bb_fail(err, BIOBERT_UNSUPPORTED,
                   "%s: the model has %zu labels; a cross-encoder has one",
                   s->model->path, s->model->heads.labels.count);
  return bb_fail(err, BIOBERT_UNSUPPORTED, "%s: the model has no %s head (it is a %s)",
                 s->model->path, biobert_head_names[head],
                 s->model->bert.config.architecture);
}

biobert_status biobert_input_ids(biobert_session *s, biobert_str text, int32_t **ids,
                                 size_t *count, biobert_error *err) {
  size_t n = 0;
  biobert_status status = bb_session_prepare(s, err);
  if (!status) status = bb_session_fill_single(s, text, &n, err);
  if (status) return status;
  int32_t *copy = bb_alloc(&s->allocator, n, sizeof *copy);
  if (!copy) return bb_no_memory(err, "token ids");
  memcpy(copy, s->ids, n * sizeof *copy);
  *ids = copy;
  *count = n;
  return BIOBERT_OK;
}

/* Attention -------------------------------------------------------------------------- */

/* One layer or head, or all of them: [first, first + count). */
typedef struct choice {
  size_t first, count;
} choice;

typedef struct attention_keeper {
  choice layers, heads;
  size_t tokens;
  float *into; /* [layers, heads, T, T] */
} attention_keeper;

static void keep_attention(void *ctx, const bb_attention *a) {
  attention_keeper *k = ctx;
  size_t layer = a->layer - k->layers.first, head = a->head - k->heads.first;
  if (layer >= k->layers.count || head >= k->heads.count) return; /* below first wraps */
  size_t row = (layer * k->heads.count + head) * k->tokens + a->first;
  memcpy(k->into + row * k->tokens, a->weights, a->rows * k->tokens * sizeof *k->into);
}

static biobert_status choose(const char *what, int64_t asked, size_t first, size_t count,
                             choice *out, biobert_error *err) {
  *out = (choice){first, count};
  if (asked == BIOBERT_ALL) return BIOBERT_OK;
  if (asked < (int64_t)first || asked - (int64_t)first >= (int64_t)count)
    return bb_fail(err, BIOBERT_RANGE, "%s %" PRId64 ": this model has %zu to %zu", what,
                   asked, first, first + count - 1);
  *out = (choice){(size_t)asked, 1};
  return BIOBERT_OK;
}

biobert_status biobert_attention(biobert_session *s, biobert_str text, int64_t layer,
                                 int64_t head, float **weights, size_t *tokens,
                                 biobert_error *err) {
  const bb_bert_config *c = &s->model->bert.config;
  attention_keeper k = {0};
  size_t count = 0;
  biobert_status status = choose("layer", layer, 1, c->layers, &k.layers, err);
  if (!status) status = choose("head", head, 0, c->heads, &k.heads, err);
  if (!status) status = bb_session_prepare(s, err);
  if (!status) status = bb_session_fill_single(s, text, &count, err);
  if (status) return status;
  k.tokens = count;
  k.into = bb_alloc(&s->allocator, k.layers.count * k.heads.count * count,
                    count * sizeof *k.into);
  if (!k.into) return bb_no_memory(err, "attention");
  bb_watch watch = {.attention = keep_attention, .ctx = &k};
  status = bb_session_encode(s, count, 0, &watch, err);
  if (status) {
    bb_free(&s->allocator, k.into);
    return status;
  }
  *weights = k.into;
  *tokens = count;
  return BIOBERT_OK;
}

/* Masked words ----------------------------------------------------------------------- */

/* What the masked-language head works in. */
typedef struct mask_work {
  float *hidden;   /* [H] */
  float *logits;   /* [V] */
  double *scores;  /* [V] */
  bb_scored *best; /* [V] */
} mask_work;

static void free_work(biobert_session *s, mask_work *w) {
  bb_free(&s->allocator, w->hidden);
  bb_free(&s->allocator, w->logits);
  bb_free(&s->allocator, w->scores);
  bb_free(&s->allocator, w->best);
}

static biobert_status new_work(biobert_session *s, mask_work *w, biobert_error *err) {
  const bb_bert_config *c = &s->model->bert.config;
  w->hidden = bb_alloc(&s->allocator, c->hidden, sizeof *w->hidden);
  w->logits = bb_alloc(&s->allocator, c->vocabulary, sizeof *w->logits);
  w->scores = bb_alloc(&s->allocator, c->vocabulary, sizeof *w->scores);
  w->best = bb_alloc(&s->allocator, c->vocabulary, sizeof *w->best);
  return w->hidden && w->logits && w->scores && w->best ? BIOBERT_OK
                                                        : bb_no_memory(err, "logits");
}

static void mask_logits(biobert_session *s, size_t position, float *hidden,
                        float *logits) {
  const biobert_model *m = s->model;
  bb_task_heads_mask(&m->bert, &m->heads, s->scratch.x + position * m->bert.config.hidden,
                     hidden, logits);
}

/* The best k for one [MASK] into out[k]; `mask` has its place already. */
static void fill_one(biobert_session *s, const biobert_fill *mask, size_t k, mask_work *w,
                     biobert_fill *out) {
  size_t V = s->model->bert.config.vocabulary;
  mask_logits(s, mask->position, w->hidden, w->logits);
  for (size_t i = 0; i < V; i++) {
    w->scores[i] = (double)w->logits[i];
    w->best[i] = (bb_scored){w->scores[i], i};
  }
  bb_softmax(w->scores, V);
  bb_best_first(w->best, V, k);
  for (size_t i = 0; i < k; i++) {
    out[i] = *mask;
    out[i].rank = i + 1;
    out[i].id = (int32_t)w->best[i].index;
    out[i].logit = w->best[i].score;
    out[i].score = w->scores[w->best[i].index];
  }
}

static size_t count_masks(const biobert_session *s, const bb_pieces *pieces) {
  size_t count = 0;
  for (size_t i = 0; i < pieces->count; i++)
    count += pieces->items[i].id == s->model->tokenizer.mask;
  return count;
}

static biobert_status fill_all(biobert_session *s, const bb_pieces *pieces, size_t k,
                               mask_work *w, biobert_fill *out, biobert_error *err) {
  size_t mask = 0;
  for (size_t i = 0; i < pieces->count; i++) {
    const bb_token *t = &pieces->items[i];
    if (t->id != s->model->tokenizer.mask) continue;
    biobert_fill place = {
        .mask = mask, .position = i + 1, .start = t->start, .end = t->end};
    fill_one(s, &place, k, w, out + mask++ * k);
    if (bb_cancelled(&s->cancel, 0))
      return bb_fail(err, BIOBERT_INTERRUPTED, "interrupted");
  }
  return BIOBERT_OK;
}

biobert_status biobert_fill_mask(biobert_session *s, biobert_str text, size_t k,
                                 biobert_fill **fills, size_t *count,
                                 biobert_error *err) {
  bb_pieces pieces = {0};
  mask_work work = {0};
  biobert_fill *out = NULL;
  size_t V = s->model->bert.config.vocabulary;
  if (k > V) k = V;
  biobert_status status = bb_session_need_head(s, BIOBERT_HEAD_FILL_MASK, err);
  if (!status) status = bb_session_prepare(s, err);
  if (status) return status;
  status =
      bb_pieces_read(s, text, s->model->max_tokens - BB_SPECIALS_SINGLE, &pieces, err);
  if (status) goto done;
  size_t masks = count_masks(s, &pieces);
  if (masks > 0 && k > 0) {
    status = new_work(s, &work, err);
    if (status) goto done;
    out = bb_alloc(&s->allocator, masks, k * sizeof *out);
    if (!out) {
      status = bb_no_memory(err, "masked words");
      goto done;
    }
    bb_stretch all = {pieces.items, pieces.count};
    status = bb_session_encode(s, bb_session_fill_pieces(s, all, NULL), 0, NULL, err);
    if (!status) status = fill_all(s, &pieces, k, &work, out, err);
    if (status) goto done;
  }
  *fills = out;
  *count = masks * k;
  out = NULL;

done:
  bb_free(&s->allocator, out);
  free_work(s, &work);
  bb_pieces_free(&pieces);
  return status;
}

biobert_status biobert_logits(biobert_session *s, biobert_str text, size_t position,
                              float **logits, size_t *count, biobert_error *err) {
  const bb_bert_config *c = &s->model->bert.config;
  size_t tokens = 0;
  biobert_status status = bb_session_need_head(s, BIOBERT_HEAD_FILL_MASK, err);
  if (!status) status = bb_session_prepare(s, err);
  if (!status) status = bb_session_fill_single(s, text, &tokens, err);
  if (status) return status;
  if (position >= tokens)
    return bb_fail(err, BIOBERT_RANGE,
                   "position %zu: this text has 0 ([CLS]) to %zu ([SEP])", position,
                   tokens - 1);
  float *hidden = bb_alloc(&s->allocator, c->hidden, sizeof *hidden);
  float *out = bb_alloc(&s->allocator, c->vocabulary, sizeof *out);
  status = hidden && out ? bb_session_encode(s, tokens, position + 1, NULL, err)
                         : bb_no_memory(err, "logits");
  if (!status) {
    mask_logits(s, position, hidden, out);
    *logits = out;
    *count = c->vocabulary;
    out = NULL;
  }
  bb_free(&s->allocator, hidden);
  bb_free(&s->allocator, out);
  return status;
}

/* Texts and pairs -------------------------------------------------------------------- */

/* The classifier's logits of a text, or of a pair; *logits is [labels], freed by the
 * caller. */
static biobert_status text_logits(biobert_session *s, biobert_str a, biobert_str b,
                                  float **logits, biobert_error *err) {
  const biobert_model *m = s->model;
  size_t count = 0;
  float *pooled = NULL, *out = NULL;
  biobert_status status = bb_session_prepare(s, err);
  if (!status)
    status = b.data ? bb_session_fill_pair(s, a, b, &count, err)
                    : bb_session_fill_single(s, a, &count, err);
  /* The classifier looks at [CLS] only. */
  if (!status) status = bb_session_encode(s, count, 1, NULL, err);
  if (status) return status;
  pooled = bb_alloc(&s->allocator, m->bert.config.hidden, sizeof *pooled);
  out = bb_alloc(&s->allocator, m->heads.labels.count, sizeof *out);
  if (!pooled || !out) {
    status = bb_no_memory(err, "logits");
    bb_free(&s->allocator, out);
  } else {
    bb_task_heads_text(&m->bert, &m->heads, s->scratch.x, pooled, out);
    *logits = out;
  }
  bb_free(&s->allocator, pooled);
  return status;
}

static void score_labels(bb_scoring scoring, double *x, size_t n) {
  switch (scoring) {
  case BB_SCORING_SOFTMAX:
    bb_softmax(x, n);
    break;
  case BB_SCORING_SIGMOID:
    for (size_t i = 0; i < n; i++) x[i] = 1 / (1 + exp(-x[i]));
    break;
  case BB_SCORING_RAW:
    break;
  }
}

biobert_status biobert_classify(biobert_session *s, biobert_str a, biobert_str b,
                                biobert_label_score **scores, size_t *count,
                                biobert_error *err) {
  const bb_task_heads *h = &s->model->heads;
  size_t n = h->labels.count;
  float *logits = NULL;
  biobert_status status = bb_session_need_head(s, BIOBERT_HEAD_CLASSIFY, err);
  if (!status) status = text_logits(s, a, b, &logits, err);
  if (status) return status;
  double *x = bb_alloc(&s->allocator, n, sizeof *x);
  bb_scored *order = bb_alloc(&s->allocator, n, sizeof *order);
  biobert_label_score *out = bb_alloc(&s->allocator, n, sizeof *out);
  if (x && order && out) {
    for (size_t i = 0; i < n; i++) x[i] = (double)logits[i];
    score_labels(h->scoring, x, n);
    for (size_t i = 0; i < n; i++) order[i] = (bb_scored){x[i], i};
    bb_best_first(order, n, n);
    for (size_t i = 0; i < n; i++)
      out[i] =
          (biobert_label_score){h->labels.items[order[i].index].name, order[i].score};
    *scores = out;
    *count = n;
    out = NULL;
  } else {
    status = bb_no_memory(err, "labels");
  }
  bb_free(&s->allocator, logits);
  bb_free(&s->allocator, x);
  bb_free(&s->allocator, order);
  bb_free(&s->allocator, out);
  return status;
}

biobert_status biobert_rerank(biobert_session *s, biobert_str query, biobert_str text,
                              double *score, biobert_error *err) {
  const biobert_model *m = s->model;
  const bb_activation *activation =
      m->pipeline.activation ? m->pipeline.activation : m->heads.rerank;
  static const float no_bias[1] = {0};
  float *logits = NULL;
  char *owned = NULL;
  biobert_status status = bb_session_need_head(s, BIOBERT_HEAD_RERANK, err);
  if (!query.data) query.data = "";
  if (!text.data) text.data = ""; /* an empty text has its [SEP] all the same */
  if (!status)
    status =
        bb_session_with_prompt(s, m->pipeline.pair_prompt, query, &query, &owned, err);
  if (!status) status = text_logits(s, query, text, &logits, err);
  bb_free(&s->allocator, owned);
  if (status) return status;
  activation->apply(&m->bert.kernels, logits, no_bias, 1);
  *score = (double)logits[0];
  bb_free(&s->allocator, logits);
  return BIOBERT_OK;
}
