/* tokens.c - text to tokens, chunks, sentences; the public face of core/text. */
#include "api/session.h"
#include "base/mem.h"
#include "base/status.h"
#include "text/chunker.h"
#include "text/sentences.h"

typedef struct forwarder {
  biobert_token_fn *each;
  void *ctx;
  bool stopped;
} forwarder;

static bool forward(void *ctx, const bb_token *token) {
  forwarder *f = ctx;
  biobert_token t = {
      .id = token->id, .start = token->start, .end = token->end, .word = token->word};
  f->stopped = !f->each(f->ctx, &t);
  return !f->stopped;
}

biobert_status biobert_tokenize(biobert_session *s, biobert_str text,
                                biobert_token_fn *each, void *ctx, biobert_error *err) {
  const bb_tokenizer *t = &s->model->tokenizer;
  bb_call call = bb_session_call(s);
  forwarder f = {.each = each, .ctx = ctx};
  if (!each(ctx, &(biobert_token){.id = t->cls, .added = true})) return BIOBERT_OK;
  biobert_status status = bb_tokenize(t, text, forward, &f, &call, err);
  if (status || f.stopped) return status;
  each(ctx, &(biobert_token){.id = t->sep, .added = true});
  return BIOBERT_OK;
}

biobert_status biobert_detokenize(biobert_session *s, const int32_t *ids, size_t count,
                                  char **text, size_t *len, biobert_error *err) {
  bb_call call = bb_session_call(s);
  return bb_detokenize(&s->model->tokenizer, ids, count, &call, text, len, err);
}

biobert_status biobert_chunks(biobert_session *s, biobert_str text, size_t max_tokens,
                              size_t overlap, biobert_chunk **chunks, size_t *count,
                              biobert_error *err) {
  size_t takes = s->model->max_tokens - 2; /* [CLS] and [SEP] */
  if (max_tokens == 0) max_tokens = takes;
  if (overlap >= max_tokens)
    return bb_fail(err, BIOBERT_RANGE,
                   "overlap %zu: must be smaller than max_tokens, which is %zu", overlap,
                   max_tokens);
  bb_call call = bb_session_call(s);
  return bb_chunk(&s->model->tokenizer, text, max_tokens, overlap, &call, chunks, count,
                  err);
}

biobert_status biobert_sentences(biobert_session *s, biobert_str text,
                                 biobert_span **sentences, size_t *count,
                                 biobert_error *err) {
  biobert_span *spans = NULL, sentence;
  size_t used = 0, capacity = 0;
  for (size_t at = 0; bb_next_sentence(text, at, &sentence); at = sentence.end) {
    if (!bb_grow(&s->allocator, (void **)&spans, &capacity, used, sizeof *spans)) {
      bb_free(&s->allocator, spans);
      return bb_no_memory(err, "sentences");
    }
    spans[used++] = sentence;
  }
  *sentences = spans;
  *count = used;
  return BIOBERT_OK;
}

/* Highlights ------------------------------------------------------------------------- */

/* A sentence is embedded inside a window of itself and its two neighbours. */
static biobert_status score_sentence(biobert_session *s, const float *query,
                                     biobert_str text, const biobert_span *sentences,
                                     size_t count, size_t i, float *vector,
                                     biobert_highlight *out, biobert_error *err) {
  size_t from = sentences[i > 0 ? i - 1 : 0].start;
  size_t to = sentences[i + 1 < count ? i + 1 : i].end;
  biobert_str window = {text.data + from, to - from};
  biobert_status status = biobert_embed_span(s, window, sentences[i].start - from,
                                             sentences[i].end - from, vector, err);
  if (status) return status;
  double distance =
      biobert_vector_distance(query, vector, s->model->info.dimension, BIOBERT_COSINE);
  *out = (biobert_highlight){sentences[i].start, sentences[i].end, 1 - distance};
  return BIOBERT_OK;
}

/* Best first; equal ones in the order of the text; not-a-number (a zero vector) last. */
static int by_similarity(const void *x, const void *y) {
  const biobert_highlight *a = x, *b = y;
  bool a_nan = a->similarity != a->similarity, b_nan = b->similarity != b->similarity;
  if (a_nan != b_nan) return a_nan ? 1 : -1;
  if (!a_nan && a->similarity != b->similarity)
    return a->similarity < b->similarity ? 1 : -1;
  return a->start < b->start ? -1 : a->start > b->start;
}

biobert_status biobert_highlights(biobert_session *s, const float *query,
                                  biobert_str text, size_t k, biobert_highlight **hits,
                                  size_t *count, biobert_error *err) {
  biobert_span *sentences = NULL;
  biobert_highlight *scored = NULL;
  float *vector = NULL;
  size_t n = 0;
  biobert_status status = biobert_sentences(s, text, &sentences, &n, err);
  if (status) return status;
  scored = bb_alloc(&s->allocator, n, sizeof *scored);
  vector = bb_alloc(&s->allocator, s->model->info.dimension, sizeof *vector);
  if (!scored || !vector) status = bb_no_memory(err, "highlights");
  for (size_t i = 0; i < n && !status; i++)
    status = score_sentence(s, query, text, sentences, n, i, vector, &scored[i], err);
  if (!status) {
    qsort(scored, n, sizeof *scored, by_similarity);
    *hits = scored;
    *count = n < k ? n : k;
    scored = NULL;
  }
  bb_free(&s->allocator, scored);
  bb_free(&s->allocator, vector);
  bb_free(&s->allocator, sentences);
  return status;
}

biobert_str biobert_token_text(const biobert_model *model, int32_t id) {
  return bb_vocab_token(model->tokenizer.vocab, id);
}
