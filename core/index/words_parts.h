/* words_parts.h - parts of an FTS5 expression and how they are joined: each has brackets
 * where FTS5's grammar needs them, and may mean all rows but those that it finds. */
#ifndef BB_WORDS_PARTS_H
#define BB_WORDS_PARTS_H

#include "index/words_tokens.h"

/* How tightly a part's outermost operator binds. */
typedef enum bb_words_level {
  BB_LEVEL_OR,
  BB_LEVEL_AND,
  BB_LEVEL_NOT,
  BB_LEVEL_LIST,  /* items without brackets, which FTS5 takes side by side */
  BB_LEVEL_GROUP, /* in brackets */
} bb_words_level;

/* A part of the expression, as FTS5 takes it. */
typedef struct bb_words_part {
  char *text;
  size_t length, capacity;
  bb_words_level level;
  bool excludes; /* the rows that it does not find are meant */
} bb_words_part;

/* A failed allocation is kept in p->no_memory; all functions then do nothing. */

void bb_part_append(bb_words_parser *p, bb_words_part *out, const char *text,
                    size_t length);
void bb_part_add(bb_words_parser *p, bb_words_part *out, const char *text);
/* As it was typed; a NUL would end it for FTS5. */
void bb_part_add_view(bb_words_parser *p, bb_words_part *out, biobert_str text);
/* text: without a quotation mark. */
void bb_part_add_quoted(bb_words_parser *p, bb_words_part *out, biobert_str text);
void bb_part_free(bb_words_parser *p, bb_words_part *out);
void bb_part_bracket(bb_words_parser *p, bb_words_part *out);
void bb_part_swap(bb_words_part *a, bb_words_part *b);
/* left becomes what finds the rows of both; right is freed. */
void bb_part_and(bb_words_parser *p, bb_words_part *left, bb_words_part *right);
/* The same of either. */
void bb_part_or(bb_words_parser *p, bb_words_part *left, bb_words_part *right);
/* The same of both, side by side where FTS5 takes that. */
void bb_part_list(bb_words_parser *p, bb_words_part *left, bb_words_part *right);

#endif
