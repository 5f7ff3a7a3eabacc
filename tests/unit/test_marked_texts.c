/* test_marked_texts.c - texts whose letters have several marks, which are put in order in
 * memory of their own: it may be missing at every place where a text is read, and a long
 * one can be stopped. */
#include "check.h"

#include <stdlib.h>

#include "base/mem_fault.h"
#include "base/status.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MODELS "tests/golden/models/"
/* Two marks in the wrong order: of class 230, then of 220. */
#define MARKS "\xcc\x81\xcc\xa3"

/* How many questions are still answered with no; -1: all. */
static long left = -1;

static bool ask(void *ctx) {
  (void)ctx;
  if (left > 0) left--;
  return left == 0;
}

static biobert_session *session;
static float vectors[64];

typedef biobert_status operation(biobert_str text, biobert_error *err);

static biobert_status embed(biobert_str text, biobert_error *err) {
  return biobert_embed(session, text, BIOBERT_DOCUMENT, vectors, err);
}

static biobert_status embed_pair(biobert_str text, biobert_error *err) {
  return biobert_embed_pair(session, bb_str("a"), text, vectors, err);
}

static biobert_status embed_span(biobert_str text, biobert_error *err) {
  return biobert_embed_span(session, text, 0, 5, vectors, err);
}

static biobert_status hidden(biobert_str text, biobert_error *err) {
  float *states = NULL;
  size_t tokens;
  const biobert_status status =
      biobert_hidden_states(session, text, 1, &states, &tokens, err);
  CHECK((states != NULL) == (status == BIOBERT_OK));
  biobert_session_release(session, states);
  return status;
}

static biobert_status logits(biobert_str text, biobert_error *err) {
  float *numbers = NULL;
  size_t count;
  const biobert_status status = biobert_logits(session, text, 1, &numbers, &count, err);
  CHECK((numbers != NULL) == (status == BIOBERT_OK));
  biobert_session_release(session, numbers);
  return status;
}

/* A hash of the ids. */
static uint64_t tokens_seen;

static bool take_token(void *ctx, const biobert_token *token) {
  (void)ctx;
  tokens_seen = (tokens_seen ^ (uint64_t)token->id) * 0x100000001B3u;
  return true;
}

static biobert_status tokenize(biobert_str text, biobert_error *err) {
  tokens_seen = 1;
  return biobert_tokenize(session, text, take_token, NULL, err);
}

/* The chunks of one word lie one behind another. */
static biobert_status chunk(biobert_str text, biobert_error *err) {
  biobert_chunk *chunks = NULL;
  size_t count = 0;
  const biobert_status status = biobert_chunks(session, text, 2, 0, &chunks, &count, err);
  if (!status) CHECK(count > 3);
  for (size_t i = 0; i + 1 < count && !status; i++)
    CHECK(chunks[i].end <= chunks[i + 1].start && chunks[i].tokens <= 2);
  biobert_session_release(session, chunks);
  return status;
}

static void fail_everywhere(operation *run, const char *text) {
  biobert_error err = {0};
  if (!CHECK_INT(run(bb_str(text), &err), BIOBERT_OK)) return;
  const uint64_t tokens = tokens_seen;
  for (int once = 0; once <= 1; once++) {
    bool failed = true;
    for (long points = 0; failed; points++) {
      err = (biobert_error){0};
      bb_mem_fail_after(points, once);
      const biobert_status status = run(bb_str(text), &err);
      failed = bb_mem_fail_end();
      check_context("%.16s: allocation %ld fails: %s", text, points, err.message);
      CHECK_INT(status, failed ? BIOBERT_NOMEM : BIOBERT_OK);
    }
  }
  CHECK_INT(run(bb_str(text), &err), BIOBERT_OK);
  CHECK(tokens_seen == tokens);
}

static void stop_everywhere(operation *run, biobert_str text, long least) {
  bool stopped = true;
  long questions = 0;
  while (stopped) {
    biobert_error err = {0};
    left = ++questions;
    const biobert_status status = run(text, &err);
    stopped = left == 0;
    left = -1;
    check_context("question %ld: %s", questions, err.message);
    CHECK_INT(status, stopped ? BIOBERT_INTERRUPTED : BIOBERT_OK);
  }
  if (!CHECK(questions > least)) printf("   %ld\n", questions);
}

static biobert_model *open_session(const char *path) {
  const biobert_session_options options = {.cancel = ask};
  biobert_model *model = NULL;
  biobert_error err = {0};
  CHECK_INT(biobert_model_open(bb_str(path), bb_str(""), &model, &err), BIOBERT_OK);
  if (model) CHECK_INT(biobert_session_new(model, &options, &session, &err), BIOBERT_OK);
  if (!session) exit(2);
  return model;
}

static void close_session(biobert_model *model) {
  biobert_session_free(session);
  session = NULL;
  biobert_model_close(model);
}

/* What follows the marks ends their run: nothing, a letter of ASCII, another, a sign that
 * is a word by itself. */
static const char *const texts[] = {
    "o" MARKS,
    "o" MARKS "a",
    "o" MARKS " \xc3\xa9" MARKS,
    "o" MARKS "\xe4\xb8\xad" MARKS "\xe4\xb8\xad",
};

static void test_memory(const char *path, operation *const *runs, size_t count) {
  biobert_model *model = open_session(path);
  for (size_t i = 0; i < count; i++)
    for (size_t t = 0; t < COUNT(texts); t++) fail_everywhere(runs[i], texts[t]);
  close_session(model);
}

static void test_chunks(void) {
  static char word[1024];
  check_begin("a word of many pieces with marks is cut in memory that may be missing");
  biobert_model *model = open_session(MODELS "st_mean");
  for (int i = 0; i < 24; i++) strcat(word, "a" MARKS);
  fail_everywhere(chunk, word);
  close_session(model);
}

static void test_stopping(void) {
  enum { BYTES = 400000 };
  char *text = malloc(BYTES);
  if (!text) exit(2);
  for (size_t i = 0; i < BYTES; i++) text[i] = "gene [MASK] cell "[i % 17];
  check_begin("a long text of added tokens can be stopped");
  biobert_model *model = open_session(MODELS "added");
  stop_everywhere(tokenize, (biobert_str){text, BYTES}, 3);
  close_session(model);
  check_begin("a long text of special tokens can be stopped");
  for (size_t i = 0; i < BYTES; i++) text[i] = "[MASK]"[i % 6];
  model = open_session(MODELS "st_mean");
  stop_everywhere(tokenize, (biobert_str){text, BYTES}, 3);
  stop_everywhere(chunk, (biobert_str){text, BYTES}, 3);
  close_session(model);
  free(text);
}

int main(void) {
  static operation *const all[] = {embed, embed_pair, embed_span, hidden, tokenize},
                          *const tokens[] = {tokenize}, *const masks[] = {logits};
  check_begin("marks are put in order in memory that may be missing");
  test_memory(MODELS "st_mean", all, COUNT(all));
  check_begin("so are those beside added tokens");
  test_memory(MODELS "added", tokens, COUNT(tokens));
  check_begin("so are those of masked words");
  test_memory(MODELS "mlm_untied", masks, COUNT(masks));
  test_chunks();
  test_stopping();
  return check_report();
}
