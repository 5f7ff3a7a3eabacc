/* query_words.h - `words` and column MATCHes, as conditions for FTS5 (query_words.c). */
#ifndef EXT_QUERY_WORDS_H
#define EXT_QUERY_WORDS_H

#include "search/search_table.h"

/* In FTS5's syntax. Zeroed: nothing was asked. */
typedef struct asked_words {
  char *must, *must_not; /* NULL: no condition of the kind */
  bool given;            /* be it '' */
} asked_words;

/* What a person typed; column -1: for the whole text. An error is the table's message. */
int asked_words_add(index_table *t, int column, biobert_str typed, asked_words *out);
void asked_words_free(asked_words *words);

#endif
