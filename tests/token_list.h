/* token_list.h - a tokenizer with a vocabulary built in a test, and its tokens as one
 * line. */
#ifndef BB_TOKEN_LIST_H
#define BB_TOKEN_LIST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "text/tokenizer.h"

enum { TOKEN_LIST_BYTES = 4096 };

static const bb_call no_call;

/* words: the tokens, separated by one space, ids from 0. Ends the program on an error. */
static inline void tokenizer_begin(bb_tokenizer *t, const char *words) {
  *t = (bb_tokenizer){
      .normalizer = {true, true, true, true}
  };
  if (bb_vocab_new(&t->vocab, NULL)) exit(2);
  for (int32_t id = 0; *words; id++) {
    size_t len = strcspn(words, " ");
    if (bb_vocab_add(t->vocab, (biobert_str){words, len}, id, NULL)) exit(2);
    words += len + (words[len] == ' ');
  }
}

/* flags: some of "word", "left", "right", "normalized", "special"; the token becomes one
 * of the vocabulary's if it is not in it already. */
static inline void tokenizer_add(bb_tokenizer *t, const char *content,
                                 const char *flags) {
  int32_t id = bb_vocab_find(t->vocab, bb_str(content));
  if (id < 0) {
    id = (int32_t)bb_vocab_size(t->vocab);
    if (bb_vocab_add_spelling(t->vocab, bb_str(content), id, NULL)) exit(2);
  }
  bb_added_token token = {.id = id,
                          .single_word = strstr(flags, "word") != NULL,
                          .lstrip = strstr(flags, "left") != NULL,
                          .rstrip = strstr(flags, "right") != NULL,
                          .normalized = strstr(flags, "normalized") != NULL,
                          .special = strstr(flags, "special") != NULL};
  if (bb_added_put(&t->added, &token, NULL)) exit(2);
}

/* The specials of BERT that the vocabulary has, then bb_tokenizer_finish(). */
static inline void tokenizer_end(bb_tokenizer *t) {
  static const char *const specials[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
  for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
    if (bb_vocab_find(t->vocab, bb_str(specials[i])) >= 0)
      tokenizer_add(t, specials[i], "special");
  if (bb_tokenizer_finish(t, NULL)) exit(2);
}

typedef struct token_list {
  const bb_tokenizer *t;
  char text[TOKEN_LIST_BYTES];
  size_t len, count;
} token_list;

/* "aff:2-5/0": spelling, place, word. */
static inline bool token_list_add(void *ctx, const bb_token *token) {
  token_list *l = ctx;
  biobert_str text = bb_vocab_token(l->t->vocab, token->id);
  size_t left = sizeof l->text - l->len;
  int bytes = snprintf(l->text + l->len, left, "%s%.*s:%zu-%zu/%zu", l->count ? " " : "",
                       (int)text.len, text.data, token->start, token->end, token->word);
  l->len += bytes > 0 && (size_t)bytes < left ? (size_t)bytes : 0;
  l->count++;
  return true;
}

/* All tokens of a text as one line, which is valid until the next call. */
static inline const char *tokens_as_line(const bb_tokenizer *t, biobert_str text) {
  static token_list list;
  list = (token_list){.t = t};
  static biobert_error err;
  if (bb_tokenize(t, text, token_list_add, &list, &no_call, &err)) return err.message;
  return list.text;
}

static inline bool count_tokens(void *ctx, const bb_token *token) {
  (void)token;
  ++*(size_t *)ctx;
  return true;
}

#endif
