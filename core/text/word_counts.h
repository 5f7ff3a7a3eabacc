/* word_counts.h - the words of many texts and how often each occurs, as the tokenizer
 * finds them: normalised, split at white space, each punctuation character by itself. */
#ifndef BB_WORD_COUNTS_H
#define BB_WORD_COUNTS_H

#include "text/normalize.h"
#include "text/piece_list.h"

/* Bounds on what hostile rows can cost: about 1 GB. */
enum { BB_MAX_DISTINCT_WORDS = 1 << 24, BB_MAX_WORD_STORE = 1 << 29 };

/* Starts as {0} but for the normaliser. */
typedef struct bb_word_counts {
  bb_normalizer_options normalizer;
  bb_piece_list words; /* with counts, in the order in which they first came */
} bb_word_counts;

/* Adds the words of a text. Left out: what the tokenizer never cuts into pieces, which
 * are the names of special tokens ("[SEP]") and words of more than BB_WORD_MAX_CHARS
 * characters. call: with the same allocator each time. RANGE: there are too many
 * different words. NOMEM, INTERRUPTED; words of the text may have been counted. */
biobert_status bb_count_words(bb_word_counts *c, biobert_str text, const bb_call *call,
                              biobert_error *err);
void bb_word_counts_free(bb_word_counts *c); /* the members, not *c */

#endif
