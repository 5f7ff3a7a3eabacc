/* feedback_words.h - the words that set the best documents of a search apart. */
#ifndef BB_FEEDBACK_WORDS_H
#define BB_FEEDBACK_WORDS_H

#include "biobert_vectors.h"

enum {
  BB_FEEDBACK_TEXTS = 10, /* documents whose words count, at most */
  BB_FEEDBACK_WORDS = 10, /* chosen of them, at most */
};

typedef struct bb_occurrence {
  biobert_str word;
  double share; /* of its text, weighted; -INFINITY: the word is left out */
} bb_occurrence;

typedef struct bb_feedback_word {
  biobert_str word;
  double value;     /* by which it was chosen */
  size_t documents; /* that have it */
} bb_feedback_word;

/* The words of some texts. Zeroed, but for the allocator, it has none. */
typedef struct bb_feedback_words {
  const biobert_allocator *allocator;
  char *texts[BB_FEEDBACK_TEXTS + 1]; /* folded; `all` points into them */
  size_t text_count;
  bb_occurrence *all;
  size_t count, capacity;
} bb_feedback_words;

/* Frees the members. */
void bb_feedback_words_free(bb_feedback_words *f);
/* A document's text, of which the beginning counts; NULL data: it has none. False: no
 * memory. */
bool bb_feedback_words_add(bb_feedback_words *f, biobert_str text, double weight);
/* Words that are not to be chosen: the question's. False: no memory. */
bool bb_feedback_words_leave_out(bb_feedback_words *f, biobert_str question);
/* The best words, best first; borrowed from f. documents: how many there are. */
biobert_status bb_feedback_words_choose(bb_feedback_words *f, size_t documents,
                                        const biobert_lexicon *lexicon,
                                        bb_feedback_word words[BB_FEEDBACK_WORDS],
                                        size_t *count, biobert_error *err);

#endif
