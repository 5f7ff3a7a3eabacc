/* fuzz_tokens.h - what must hold of the tokens of any text, by whatever tokenizer. */
#ifndef FUZZ_TOKENS_H
#define FUZZ_TOKENS_H

#include "base/mem.h"
#include "text/chunker.h"
#include "text/sentences.h"

typedef struct fuzz_tokens {
  const bb_tokenizer *tokenizer;
  biobert_str text;
  bb_token *items;
  int32_t *ids;
  size_t count, capacity, ids_capacity;
  size_t max; /* false is returned with this many */
} fuzz_tokens;

/* Characters that one character was decomposed into share its place, so tokens may too.
 */
static inline bool fuzz_take_token(void *ctx, const bb_token *token) {
  fuzz_tokens *f = ctx;
  if (token->start >= token->end || token->end > f->text.len) abort();
  if (!bb_vocab_token(f->tokenizer->vocab, token->id).data) abort();
  if (f->count > 0) {
    const bb_token *before = &f->items[f->count - 1];
    if (token->start < before->start || token->end < before->end) abort();
    if (token->word != before->word && token->word != before->word + 1) abort();
  } else if (token->word != 0) {
    abort();
  }
  if (!bb_grow(NULL, (void **)&f->items, &f->capacity, f->count, sizeof *f->items))
    abort();
  if (!bb_grow(NULL, (void **)&f->ids, &f->ids_capacity, f->count, sizeof *f->ids))
    abort();
  f->ids[f->count] = token->id;
  f->items[f->count++] = *token;
  return f->count < f->max;
}

static inline fuzz_tokens fuzz_tokenize(const bb_tokenizer *t, biobert_str text,
                                        size_t max) {
  fuzz_tokens f = {.tokenizer = t, .text = text, .max = max};
  if (bb_tokenize(t, text, fuzz_take_token, &f, &(bb_call){0}, NULL)) abort();
  return f;
}

static inline void fuzz_tokens_free(fuzz_tokens *f) {
  bb_free(NULL, f->items);
  bb_free(NULL, f->ids);
}

static inline bool fuzz_same_token(const bb_token *a, const bb_token *b) {
  return a->id == b->id && a->start == b->start && a->end == b->end && a->word == b->word;
}

/* A text has the same tokens again, and as many as are taken. */
static inline void fuzz_check_repeat(const fuzz_tokens *first, size_t max) {
  fuzz_tokens again = fuzz_tokenize(first->tokenizer, first->text, max);
  if (again.count != (first->count < max ? first->count : max)) abort();
  for (size_t i = 0; i < again.count; i++)
    if (!fuzz_same_token(&again.items[i], &first->items[i])) abort();
  fuzz_tokens_free(&again);
}

static inline void fuzz_check_detokenize(const fuzz_tokens *f) {
  char *text = NULL;
  size_t len = 0;
  if (bb_detokenize(f->tokenizer, f->ids, f->count, &(bb_call){0}, &text, &len, NULL))
    abort();
  if (strnlen(text, len + 1) > len) abort();
  bb_free(NULL, text);
}

/* A character is not cut, and a Hangul syllable alone has three pieces. */
enum { FUZZ_CHARACTER_PIECES = 3 };

static inline void fuzz_check_chunks(const bb_tokenizer *t, biobert_str text, size_t max,
                                     size_t overlap) {
  biobert_chunk *chunks = NULL;
  size_t count = 0;
  if (bb_chunk(t, text, max, overlap, &(bb_call){0}, &chunks, &count, NULL)) abort();
  if (max < FUZZ_CHARACTER_PIECES) max = FUZZ_CHARACTER_PIECES;
  for (size_t i = 0; i < count; i++) {
    const biobert_chunk *c = &chunks[i];
    if (c->start >= c->end || c->end > text.len || c->tokens > max) abort();
    if (i > 0 && (c->start < chunks[i - 1].start || c->end < chunks[i - 1].end)) abort();
  }
  bb_free(NULL, chunks);
}

static inline void fuzz_check_sentences(biobert_str text) {
  biobert_span sentence;
  for (size_t from = 0; bb_next_sentence(text, from, &sentence); from = sentence.end)
    if (sentence.start < from || sentence.end <= sentence.start ||
        sentence.end > text.len)
      abort();
}

#endif
