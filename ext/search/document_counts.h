/* document_counts.h - how many documents have a word, as it was counted for earlier searches of
 * one state of a table (code_cache.h). Words of the most common kind are in every other
 * search, and take the longest to count. */
#ifndef EXT_DOCUMENT_COUNTS_H
#define EXT_DOCUMENT_COUNTS_H

#include "biobert_vectors.h"

enum {
  DOCUMENT_COUNTS = 1024,     /* arbitrary: 40 kB */
  DOCUMENT_COUNTS_BYTES = 24, /* of a word; longer ones are not kept */
};

typedef struct word_count {
  char word[DOCUMENT_COUNTS_BYTES]; /* letters, NULs behind them */
  size_t count;
  bool exact; /* else there are at least so many */
} word_count;

/* Zeroed, it is empty. A word has one place, and the last one there stays. */
typedef struct document_counts {
  word_count all[DOCUMENT_COUNTS];
} document_counts;

/* At most `limit` are told, as words_count() does. False: it is not known. */
bool document_counts_find(const document_counts *c, biobert_str word, size_t limit,
                          size_t *count);
/* What words_count() has said with that limit. */
void document_counts_put(document_counts *c, biobert_str word, size_t limit,
                         size_t count);

#endif
