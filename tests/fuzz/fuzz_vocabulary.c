/* Fuzz target of core/text/learn_vocabulary.c. The first three bytes choose the size,
 * min_count and whether letters are lowered; the rest is texts, one a line. What is learnt
 * is a vocabulary without two tokens alike, the same in the opposite order, and with room
 * for all letters no word is unknown to it but one that is too long. */
#include <stdio.h>

#include "base/status.h"
#include "fuzz_tokens.h"
#include "text/wordpiece.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHOICES = 3, MAX_TEXTS = 256, MIN_SIZE = BIOBERT_MIN_VOCABULARY, STEP = 8 };

typedef struct input {
  biobert_str texts[MAX_TEXTS];
  size_t count;
  int64_t size;
  char options[64];
  bool lowercase, knows_all; /* with these choices every letter is a token */
} input;

static input read_input(const uint8_t *data, size_t size) {
  input in = {.size = MIN_SIZE + STEP * data[0], .lowercase = data[2] & 1};
  const int min_count = 1 + data[1] % 4;
  const char *at = (const char *)data + CHOICES, *end = (const char *)data + size;
  snprintf(in.options, sizeof in.options, "{\"min_count\": %d, \"lowercase\": %s}",
           min_count, in.lowercase ? "true" : "false");
  /* A byte makes three letters at most, of two tokens each. */
  in.knows_all = min_count == 1 && (size_t)in.size >= BB_SPECIAL_COUNT + 6 * size;
  while (at < end && in.count < MAX_TEXTS) {
    const char *line = memchr(at, '\n', (size_t)(end - at));
    if (!line) line = end;
    in.texts[in.count++] = (biobert_str){at, (size_t)(line - at)};
    at = line < end ? line + 1 : end;
  }
  return in;
}

static biobert_vocabulary *learn(const input *in, bool turned, biobert_str *lines) {
  biobert_vocabulary *v = NULL;
  if (biobert_vocabulary_new(in->size, (biobert_str){in->options, strlen(in->options)},
                             NULL, &v, NULL))
    abort();
  for (size_t i = 0; i < in->count; i++)
    if (biobert_vocabulary_add(v, in->texts[turned ? in->count - 1 - i : i], NULL))
      abort();
  if (biobert_vocabulary_learn(v, lines, NULL)) abort();
  return v;
}

static size_t count_lines(biobert_str lines) {
  size_t count = 0;
  for (size_t i = 0; i < lines.len; i++) count += lines.data[i] == '\n';
  return count;
}

typedef struct known {
  const bb_tokenizer *tokenizer;
  biobert_str text;
} known;

/* Unknown is a word of more letters than are looked at, of which a byte makes three at
 * most; or the text says "[UNK]". */
static bool check_known(void *ctx, const bb_token *token) {
  const known *k = ctx;
  const biobert_str word = {k->text.data + token->start, token->end - token->start};
  if (token->id == k->tokenizer->unk && word.len * 3 <= BB_WORD_MAX_CHARS &&
      !bb_str_equal(word, bb_special_names[BB_UNK]))
    abort();
  return true;
}

static void check_tokenizer(const input *in, biobert_str lines) {
  bb_tokenizer t = {
      .normalizer = {true, true, in->lowercase, in->lowercase}
  };
  if (bb_vocab_new(&t.vocab, NULL)) abort();
  if (bb_vocab_add_lines(t.vocab, lines, "fuzz", NULL)) abort();
  for (int32_t id = 0; id < BB_SPECIAL_COUNT; id++)
    if (bb_added_put(&t.added, &(bb_added_token){.id = id, .special = true}, NULL))
      abort();
  if (bb_tokenizer_finish(&t, NULL)) abort();
  const size_t tokens = count_lines(lines);
  if (bb_vocab_size(t.vocab) != tokens || tokens > (size_t)in->size) abort();
  for (int32_t id = 0; id < (int32_t)tokens; id++)
    if (bb_vocab_find(t.vocab, bb_vocab_token(t.vocab, id)) != id) abort();
  for (size_t i = 0; i < in->count && in->knows_all; i++) {
    known k = {&t, in->texts[i]};
    if (bb_tokenize(&t, in->texts[i], check_known, &k, &(bb_call){0}, NULL)) abort();
  }
  bb_tokenizer_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < CHOICES) return 0;
  const input in = read_input(data, size);
  biobert_str lines, again;
  biobert_vocabulary *v = learn(&in, false, &lines), *w = learn(&in, true, &again);
  if (lines.len != again.len || memcmp(lines.data, again.data, lines.len) != 0) abort();
  check_tokenizer(&in, lines);
  biobert_vocabulary_free(v);
  biobert_vocabulary_free(w);
  return 0;
}
