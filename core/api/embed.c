/* embed.c - sessions, and text to vector. */
#include <math.h>

#include "api/runtime.h"
#include "api/session.h"
#include "base/mem.h"
#include "base/status.h"

enum { SPECIALS_SINGLE = 2, SPECIALS_PAIR = 3 };

/* Sessions --------------------------------------------------------------------------- */

biobert_status biobert_session_new(biobert_model *model,
                                   const biobert_session_options *options,
                                   biobert_session **out, biobert_error *err) {
  biobert_session_options o = options ? *options : (biobert_session_options){0};
  biobert_session *s = bb_alloc_zeroed(&o.allocator, 1, sizeof *s);
  if (!s) return bb_no_memory(err, "session");
  s->allocator = o.allocator;
  s->ask = o.cancel;
  s->ask_ctx = o.cancel_ctx;
  s->cancel.ask = o.cancel;
  s->cancel.ctx = o.cancel_ctx;
  s->model = biobert_model_share(model);
  *out = s;
  return BIOBERT_OK;
}

static void free_buffers(biobert_session *s) {
  const biobert_allocator *a = &s->allocator;
  bb_scratch_free(&s->scratch);
  bb_free(a, s->ids);
  bb_free(a, s->types);
  bb_free(a, s->starts);
  bb_free_aligned(a, s->vector_a);
  bb_free_aligned(a, s->vector_b);
  bb_session_free_lanes(s);
  s->ids = NULL;
  s->types = NULL;
  s->starts = NULL;
  s->vector_a = s->vector_b = NULL;
}

void biobert_session_free(biobert_session *s) {
  if (!s) return;
  biobert_allocator allocator = s->allocator;
  free_buffers(s);
  biobert_model_close(s->model);
  bb_free(&allocator, s);
}

void biobert_session_release(biobert_session *session, void *block) {
  bb_free(&session->allocator, block);
}

bb_call bb_session_call(const biobert_session *s) {
  return (bb_call){&s->allocator, s->ask, s->ask_ctx};
}

size_t bb_model_longest(const biobert_model *m) {
  return m->max_tokens > m->query_tokens ? m->max_tokens : m->query_tokens;
}

/* Room for every text of the models that people have. A few declare far more positions
 * than a text ever has (ProtBERT: 40,000, which would be 1.5 GB): there it grows when one
 * does. */
enum { USUAL_TOKENS = 512 };

biobert_status bb_session_make_room(biobert_session *s, size_t tokens,
                                    biobert_error *err) {
  const biobert_model *m = s->model;
  size_t workers = bb_runtime_threads(), size = USUAL_TOKENS;
  if (s->scratch.x && s->scratch.workers == workers && s->scratch.tokens >= tokens)
    return BIOBERT_OK;
  while (size < tokens) size *= 2;
  if (size > bb_model_longest(m)) size = bb_model_longest(m);
  bb_session_free_lanes(s);
  bb_scratch_free(&s->scratch);
  return bb_scratch_init(&s->scratch, &m->bert, size, workers, &s->allocator, err);
}

biobert_status bb_session_prepare(biobert_session *s, biobert_error *err) {
  const biobert_model *m = s->model;
  size_t n = bb_model_longest(m);
  s->cancel.stop = false;
  if (s->vector_b) return bb_session_make_room(s, 1, err);
  size_t widest = bb_pipeline_widest(&m->pipeline, m->bert.config.hidden);
  s->ids = bb_alloc(&s->allocator, n, sizeof *s->ids);
  s->types = bb_alloc(&s->allocator, n, sizeof *s->types);
  s->starts = bb_alloc(&s->allocator, n, sizeof *s->starts);
  s->vector_a = bb_alloc_floats(&s->allocator, widest);
  s->vector_b = bb_alloc_floats(&s->allocator, widest);
  if (s->ids && s->types && s->starts && s->vector_a && s->vector_b)
    return bb_session_make_room(s, 1, err);
  free_buffers(s);
  return bb_no_memory(err, "session");
}

/* Tokens into the model's input ------------------------------------------------------ */

/* Collects the first or the last `limit` tokens. The last go round in a ring, which
 * settle() unwinds. */
typedef struct collector {
  int32_t *ids;
  size_t *starts; /* NULL: not wanted */
  size_t limit, count;
  bool last;      /* the last ones are kept */
  bool count_all; /* a pair has to know which text is longer */
} collector;

static bool collect(void *ctx, const bb_token *token) {
  collector *c = ctx;
  if (c->count < c->limit || c->last) {
    c->ids[c->count % c->limit] = token->id;
    if (c->starts) c->starts[c->count % c->limit] = token->start;
  }
  c->count++;
  return c->count_all || c->last || c->count < c->limit;
}

static void reverse(collector *c, size_t first, size_t end) {
  for (; first + 1 < end; first++, end--) {
    int32_t id = c->ids[first];
    c->ids[first] = c->ids[end - 1];
    c->ids[end - 1] = id;
    if (!c->starts) continue;
    size_t start = c->starts[first];
    c->starts[first] = c->starts[end - 1];
    c->starts[end - 1] = start;
  }
}

/* Afterwards the first min(count, limit) are those kept, in the order of the text. */
static void settle(collector *c) {
  if (!c->last || c->count <= c->limit) return;
  size_t first = c->count % c->limit; /* where the oldest is: three turns bring it to 0 */
  reverse(c, 0, first);
  reverse(c, first, c->limit);
  reverse(c, 0, c->limit);
}

static size_t put_special(biobert_session *s, size_t at, int32_t id) {
  s->ids[at] = id;
  s->starts[at] = SIZE_MAX;
  return at + 1;
}

/* [CLS] text [SEP], `most` tokens of it: what does not fit is cut at the end, or at the
 * start where the tokenizer's files say so. */
static biobert_status fill_single(biobert_session *s, biobert_str text, size_t most,
                                  size_t *count, biobert_error *err) {
  const bb_tokenizer *t = &s->model->tokenizer;
  bb_call call = bb_session_call(s);
  collector c = {.ids = s->ids + 1,
                 .starts = s->starts + 1,
                 .limit = most - SPECIALS_SINGLE,
                 .last = t->cuts_start};
  biobert_status status = bb_tokenize(t, text, collect, &c, &call, err);
  if (status) return status;
  settle(&c);
  size_t at = put_special(s, 0, t->cls) + (c.count < c.limit ? c.count : c.limit);
  at = put_special(s, at, t->sep);
  memset(s->types, 0, at);
  *count = at;
  return BIOBERT_OK;
}

biobert_status bb_session_fill_single(biobert_session *s, biobert_str text, size_t *count,
                                      biobert_error *err) {
  return fill_single(s, text, s->model->max_tokens, count, err);
}

/* How many tokens of each of two texts are kept where M fit: longest first, as tokenizers
 * up to 0.22 has it, which made the published vectors. Later versions cut both texts to
 * the maximum first, which differs only in which of two overlong texts gets the odd
 * token. */
static void truncate_pair(size_t a, size_t b, size_t M, size_t *keep_a, size_t *keep_b) {
  size_t n1 = a < b ? a : b, n2 = a < b ? b : a;
  if (a + b > M) {
    n2 = n1 > M ? n1 : (n1 > M - n1 ? n1 : M - n1);
    if (n1 + n2 > M) {
      n1 = M / 2;
      n2 = n1 + M % 2;
    }
  }
  *keep_a = a > b ? n2 : n1;
  *keep_b = a > b ? n1 : n2;
}

/* Where in c->ids, once all are settled, the `keep` tokens begin that are left. */
static const int32_t *kept(const collector *c, size_t keep) {
  size_t there = c->count < c->limit ? c->count : c->limit;
  return c->ids + (c->last ? there - keep : 0);
}

/* [CLS] a [SEP] b [SEP]; the second [SEP] has type 1. */
biobert_status bb_session_fill_pair(biobert_session *s, biobert_str a, biobert_str b,
                                    size_t *count, biobert_error *err) {
  const bb_tokenizer *t = &s->model->tokenizer;
  bb_call call = bb_session_call(s);
  size_t room = s->model->max_tokens - SPECIALS_PAIR;
  int32_t *second = bb_alloc(&s->allocator, room, sizeof *second);
  if (!second) return bb_no_memory(err, "pair");
  collector first = {
      .ids = s->ids + 1, .limit = room, .last = t->cuts_start, .count_all = true};
  collector other = {
      .ids = second, .limit = room, .last = t->cuts_start, .count_all = true};
  biobert_status status = bb_tokenize(t, a, collect, &first, &call, err);
  if (!status) status = bb_tokenize(t, b, collect, &other, &call, err);
  if (!status) {
    size_t keep_a, keep_b;
    truncate_pair(first.count, other.count, room, &keep_a, &keep_b);
    settle(&first);
    settle(&other);
    memmove(s->ids + 1, kept(&first, keep_a), keep_a * sizeof *s->ids);
    size_t at = put_special(s, 0, t->cls) + keep_a;
    at = put_special(s, at, t->sep);
    memset(s->types, 0, at);
    memcpy(s->ids + at, kept(&other, keep_b), keep_b * sizeof *second);
    memset(s->types + at, s->model->bert.config.types > 1, keep_b + 1);
    *count = put_special(s, at + keep_b, t->sep);
  }
  bb_free(&s->allocator, second);
  return status;
}

/* Vectors ---------------------------------------------------------------------------- */

biobert_status bb_model_check_ids(const biobert_model *m, const int32_t *ids,
                                  size_t count, biobert_error *err) {
  size_t rows = m->bert.config.vocabulary;
  char quoted[BB_QUOTE_BYTES];
  for (size_t i = 0; i < count; i++)
    if ((size_t)ids[i] >= rows)
      return bb_fail(
          err, BIOBERT_FORMAT,
          "%s: token '%s' (id %d) has no row in the embedding table, which has "
          "%zu: the vocabulary is not that of the weights",
          m->path, bb_quote(quoted, bb_vocab_token(m->tokenizer.vocab, ids[i])),
          (int)ids[i], rows);
  return BIOBERT_OK;
}

biobert_status bb_session_encode(biobert_session *s, size_t count, size_t wanted,
                                 const bb_watch *watch, biobert_error *err) {
  bb_input input = {s->ids, s->types, count, wanted};
  biobert_status status = bb_model_check_ids(s->model, s->ids, count, err);
  if (!status) status = bb_session_make_room(s, count, err);
  if (status) return status;
  return bb_bert_encode(&s->model->bert, &input, &s->scratch, &s->cancel, watch, err);
}

biobert_status bb_lane_finish(const bb_lane *lane, const biobert_model *m,
                              const bb_pooling_input *input, float *vector,
                              biobert_error *err) {
  size_t n = m->info.dimension;
  float *result = lane->vector_a;
  bb_pipeline_run(&m->pipeline, input, lane->vector_a, lane->vector_b, result);
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
static biobert_status finish(biobert_session *s, size_t count, size_t first, size_t end,
                             float *vector, biobert_error *err) {
  bb_lane lane = {s->scratch, s->vector_a, s->vector_b};
  bb_pooling_input input = {&s->model->bert, s->scratch.x, count, first, end};
  return bb_lane_finish(&lane, s->model, &input, vector, err);
}

static bool count_piece(void *ctx, const bb_token *token) {
  (void)token;
  ++*(size_t *)ctx;
  return true;
}

/* Tokens that a prompt takes at the beginning, [CLS] among them, where they are not to be
 * pooled. */
static biobert_status prompt_tokens(biobert_session *s, const char *prompt, size_t *count,
                                    biobert_error *err) {
  *count = 0;
  if (s->model->pipeline.include_prompt || !prompt) return BIOBERT_OK;
  bb_call call = bb_session_call(s);
  biobert_status status =
      bb_tokenize(&s->model->tokenizer, bb_str(prompt), count_piece, count, &call, err);
  *count += 1;
  return status;
}

biobert_status bb_session_with_prompt(const biobert_session *s, const char *prompt,
                                      biobert_str text, biobert_str *out, char **owned,
                                      biobert_error *err) {
  *out = text;
  *owned = NULL;
  if (!prompt || !*prompt) return BIOBERT_OK;
  size_t bytes = strlen(prompt);
  char *joined = bb_alloc(&s->allocator, bytes + text.len, 1);
  if (!joined) return bb_no_memory(err, "prompt");
  memcpy(joined, prompt, bytes);
  if (text.len) memcpy(joined + bytes, text.data, text.len);
  *out = (biobert_str){joined, bytes + text.len};
  *owned = joined;
  return BIOBERT_OK;
}

biobert_status bb_session_fill_text(biobert_session *s, biobert_str text,
                                    biobert_role role, bb_text_tokens *out,
                                    biobert_error *err) {
  const bb_pipeline *p = &s->model->pipeline;
  const char *prompt = role == BIOBERT_QUERY ? p->query_prompt : p->document_prompt;
  size_t most = role == BIOBERT_QUERY ? s->model->query_tokens : s->model->max_tokens;
  char *owned = NULL;
  biobert_status status = bb_session_with_prompt(s, prompt, text, &text, &owned, err);
  if (!status) status = fill_single(s, text, most, &out->count, err);
  if (!status) status = prompt_tokens(s, prompt, &out->first, err);
  bb_free(&s->allocator, owned);
  return status;
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
  if (!status) status = finish(s, tokens.count, tokens.first, tokens.count, vector, err);
  return status;
}

biobert_status biobert_embed_pair(biobert_session *s, biobert_str a, biobert_str b,
                                  float *vector, biobert_error *err) {
  size_t count = 0;
  biobert_status status = bb_session_prepare(s, err);
  if (!status) status = bb_session_fill_pair(s, a, b, &count, err);
  if (!status) status = bb_session_encode(s, count, wanted_of(s), NULL, err);
  if (!status) status = finish(s, count, 0, count, vector, err);
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
  if (!status) status = finish(s, count, first, behind, vector, err);
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
