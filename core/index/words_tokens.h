/* words_tokens.h - what a person typed for words, token by token, in the two readings of
 * words_syntax.c, and errors about it. */
#ifndef BB_WORDS_TOKENS_H
#define BB_WORDS_TOKENS_H

#include "biobert_vectors.h"

typedef enum bb_token_kind {
  BB_TOKEN_END,
  BB_TOKEN_WORD,   /* letters, digits, _ and everything beyond ASCII */
  BB_TOKEN_STRING, /* "..." */
  BB_TOKEN_TEXT,   /* to be quoted; second reading only */
  BB_TOKEN_AND,
  BB_TOKEN_OR,
  BB_TOKEN_NOT,
  BB_TOKEN_SIGN, /* one of ( ) { } : , + * ^ - */
  BB_TOKEN_BAD,  /* the error has been written */
} bb_token_kind;

typedef struct bb_words_token {
  bb_token_kind kind;
  size_t start, end;
} bb_words_token;

typedef struct bb_words_parser {
  const biobert_allocator *allocator;
  biobert_str typed;
  const char *const *columns;
  size_t column_count;
  bool strict; /* FTS5's grammar to the letter */
  size_t at;   /* behind `next` */
  bb_words_token next;
  int nested;
  int near; /* inside NEAR( ), where a comma is syntax */
  bool no_memory;
  biobert_status status;
  biobert_error *err;
} bb_words_parser;

biobert_str bb_words_view(const bb_words_parser *p, bb_words_token t);
/* Exactly this word. */
bool bb_words_is(biobert_str text, const char *word);
/* Of any case, as SQL has it. */
bool bb_words_is_column(const bb_words_parser *p, biobert_str name);
/* The token after `next` becomes it; nothing follows a bad one. */
void bb_words_advance(bb_words_parser *p);
/* This sign is next. */
bool bb_words_next_is(const bb_words_parser *p, char sign);
/* The sign after the token that is next, or ' '. */
char bb_words_sign_after(const bb_words_parser *p);
/* A word, a string or text is next. */
bool bb_words_is_string(const bb_words_parser *p);
/* False always: for `return`. The first error stays. */
bool bb_words_refuse(bb_words_parser *p, const char *message);
bool bb_words_refuse_column(bb_words_parser *p, biobert_str name);
/* Says what was not expected, and what to type. */
bool bb_words_refuse_next(bb_words_parser *p);

#endif
