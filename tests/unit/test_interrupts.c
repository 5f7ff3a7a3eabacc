/* test_interrupts.c - a call of a session may be stopped wherever it asks whether to go
 * on: at each question once. It says that it was interrupted, writes no result, and the
 * next call works. */
#include "check.h"

#include <stdlib.h>

#include "base/status.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MODELS "tests/golden/models/"

/* How many questions are still answered with no; -1: all. */
static long left = -1;
static bool asked_last;

static bool ask(void *ctx) {
  (void)ctx;
  if (left < 0) return false;
  if (left > 0) left--;
  asked_last = asked_last || left == 0;
  return left == 0;
}

/* Long enough for several questions, windows and chunks. */
static char text[1500];
static float vectors[8 * 64];

/* *result: an array to release, or NULL. */
typedef biobert_status operation(biobert_session *s, void **result, biobert_error *err);

static biobert_status embed(biobert_session *s, void **result, biobert_error *err) {
  (void)result;
  return biobert_embed(s, bb_str(text), BIOBERT_QUERY, vectors, err);
}

static biobert_status embed_pair(biobert_session *s, void **result, biobert_error *err) {
  (void)result;
  return biobert_embed_pair(s, bb_str(text), bb_str(text), vectors, err);
}

static biobert_status embed_span(biobert_session *s, void **result, biobert_error *err) {
  (void)result;
  return biobert_embed_span(s, bb_str(text), 4, 20, vectors, err);
}

static biobert_status embed_many(biobert_session *s, void **result, biobert_error *err) {
  (void)result;
  const biobert_str texts[] = {bb_str(text), bb_str("a"), bb_str(text), bb_str("b")};
  return biobert_embed_many(s, texts, COUNT(texts), BIOBERT_DOCUMENT, vectors, NULL, err);
}

static biobert_status hidden(biobert_session *s, void **result, biobert_error *err) {
  float *states = NULL;
  size_t tokens;
  const biobert_status status =
      biobert_hidden_states(s, bb_str(text), 2, &states, &tokens, err);
  *result = states;
  return status;
}

static biobert_status attention(biobert_session *s, void **result, biobert_error *err) {
  float *weights = NULL;
  size_t tokens;
  const biobert_status status =
      biobert_attention(s, bb_str(text), 1, BIOBERT_ALL, &weights, &tokens, err);
  *result = weights;
  return status;
}

static bool take_token(void *ctx, const biobert_token *token) {
  (void)ctx;
  (void)token;
  return true;
}

static biobert_status tokenize(biobert_session *s, void **result, biobert_error *err) {
  (void)result;
  return biobert_tokenize(s, bb_str(text), take_token, NULL, err);
}

static biobert_status input_ids(biobert_session *s, void **result, biobert_error *err) {
  int32_t *ids = NULL;
  size_t count;
  const biobert_status status = biobert_input_ids(s, bb_str(text), &ids, &count, err);
  *result = ids;
  return status;
}

static biobert_status chunk(biobert_session *s, void **result, biobert_error *err) {
  biobert_chunk *chunks = NULL;
  size_t count;
  const biobert_status status =
      biobert_chunks(s, bb_str(text), 8, 2, &chunks, &count, err);
  *result = chunks;
  return status;
}

static biobert_status highlight(biobert_session *s, void **result, biobert_error *err) {
  static const float query[64] = {1};
  biobert_highlight *hits = NULL;
  size_t count;
  const biobert_status status =
      biobert_highlights(s, query, bb_str("One. Two. Three."), 2, &hits, &count, err);
  *result = hits;
  return status;
}

static biobert_status fill(biobert_session *s, void **result, biobert_error *err) {
  biobert_fill *fills = NULL;
  size_t count;
  const biobert_status status =
      biobert_fill_mask(s, bb_str("a [MASK] b [MASK]"), 3, &fills, &count, err);
  *result = fills;
  return status;
}

static biobert_status logits(biobert_session *s, void **result, biobert_error *err) {
  float *numbers = NULL;
  size_t count;
  const biobert_status status =
      biobert_logits(s, bb_str("a b"), 1, &numbers, &count, err);
  *result = numbers;
  return status;
}

static biobert_status entities(biobert_session *s, void **result, biobert_error *err) {
  biobert_entity *found = NULL;
  size_t count;
  const biobert_status status = biobert_entities(s, bb_str(text), &found, &count, err);
  *result = found;
  return status;
}

static biobert_status answer(biobert_session *s, void **result, biobert_error *err) {
  biobert_answer_span *answers = NULL;
  size_t count;
  const biobert_status status =
      biobert_answer(s, bb_str("Which kinase?"), bb_str(text), 3, &answers, &count, err);
  *result = answers;
  return status;
}

static biobert_status classify(biobert_session *s, void **result, biobert_error *err) {
  biobert_label_score *scores = NULL;
  size_t count;
  const biobert_status status =
      biobert_classify(s, bb_str(text), bb_str("a"), &scores, &count, err);
  *result = scores;
  return status;
}

static biobert_status rerank(biobert_session *s, void **result, biobert_error *err) {
  double score;
  (void)result;
  return biobert_rerank(s, bb_str("a"), bb_str(text), &score, err);
}

typedef struct named_operation {
  const char *name;
  operation *run;
} named_operation;

#define NAMED(function)                                                                  \
  { #function, function }

static void stop_everywhere(biobert_session *s, const named_operation *o) {
  bool stopped = true;
  for (long questions = 1; stopped; questions++) {
    biobert_error err = {0};
    void *result = NULL;
    left = questions;
    asked_last = false;
    const biobert_status status = o->run(s, &result, &err);
    stopped = asked_last;
    left = -1;
    check_context("%s, question %ld: %s", o->name, questions, err.message);
    CHECK_INT(status, stopped ? BIOBERT_INTERRUPTED : BIOBERT_OK);
    if (stopped) CHECK(!result);
    biobert_session_release(s, result);
  }
  void *result = NULL;
  biobert_error err = {0};
  CHECK_INT(o->run(s, &result, &err), BIOBERT_OK);
  biobert_session_release(s, result);
}

static void test_model(const char *path, const named_operation *runs, size_t count) {
  const biobert_session_options options = {.cancel = ask};
  biobert_model *model = NULL;
  biobert_session *session = NULL;
  biobert_error err = {0};
  CHECK_INT(biobert_model_open(bb_str(path), bb_str(""), &model, &err), BIOBERT_OK);
  if (model) CHECK_INT(biobert_session_new(model, &options, &session, &err), BIOBERT_OK);
  for (size_t i = 0; session && i < count; i++) stop_everywhere(session, &runs[i]);
  biobert_session_free(session);
  biobert_model_close(model);
}

int main(void) {
  static const named_operation vectors_and_tokens[] = {
      NAMED(embed),  NAMED(embed_pair), NAMED(embed_span), NAMED(embed_many),
      NAMED(hidden), NAMED(attention),  NAMED(tokenize),   NAMED(input_ids),
      NAMED(chunk),  NAMED(highlight)};
  static const named_operation masks[] = {NAMED(fill), NAMED(logits)};
  static const named_operation labels[] = {NAMED(classify), NAMED(rerank)};
  static const named_operation spans[] = {NAMED(entities)}, answers[] = {NAMED(answer)};
  for (size_t at = 0; at + 33 < sizeof text; at += 32)
    memcpy(text + at, "The kinase binds to DNA in vivo ", 32);
  check_begin(
      "vectors and tokens can be stopped at any question, and are made the next time");
  test_model(MODELS "st_mean", vectors_and_tokens, COUNT(vectors_and_tokens));
  check_begin("so can masked words");
  test_model(MODELS "mlm_untied", masks, COUNT(masks));
  check_begin("so can entities");
  test_model(MODELS "token_cls", spans, COUNT(spans));
  check_begin("so can answers");
  test_model(MODELS "qa", answers, COUNT(answers));
  check_begin("so can labels of a pair");
  test_model(MODELS "cross_encoder", labels, COUNT(labels));
  return check_report();
}
