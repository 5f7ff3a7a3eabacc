/* learn_vocabulary.h - a WordPiece vocabulary from words and how often each occurs.
 *
 * Words are cut into characters, then the two pieces that stand beside one another most
 * often are joined, again and again, until the vocabulary is full: byte pair encoding
 * (Gage 1994; Sennrich, Haddow & Birch 2016, arXiv:1508.07909) with WordPiece's "##", as
 * Hugging Face's WordPieceTrainer does. The likelihood of Schuster & Nakajima 2012
 * (doi:10.1109/ICASSP.2012.6289079), count(ab) / (count(a) count(b)), was not taken: it
 * joins rare pieces first, and cuts words into more pieces. */
#ifndef BB_LEARN_VOCABULARY_H
#define BB_LEARN_VOCABULARY_H

#include "text/word_counts.h"

typedef struct bb_vocabulary_wish {
  size_t size;       /* tokens, at most; at least BIOBERT_MIN_VOCABULARY */
  int64_t min_count; /* what occurs less often is no token; at least 1 */
} bb_vocabulary_wish;

/* A vocab.txt: one token a line, ended by "\n": the special tokens, single characters by
 * code point, those inside of words, then joined pieces, the most frequent first. It
 * depends on the words and their counts alone, not on their order.
 *
 * Characters: all that occur min_count times, as the beginning of a word and, but for
 * punctuation and Chinese characters, which are words of their own, inside of one; where
 * that is more than fits, the most frequent. Words with another character cannot be cut
 * into pieces, and are not learnt from.
 *
 * *text is freed with bb_free(call->allocator, ...). NOMEM, INTERRUPTED. */
biobert_status bb_learn_vocabulary(const bb_word_counts *words,
                                   const bb_vocabulary_wish *wish, const bb_call *call,
                                   char **text, size_t *len, biobert_error *err);

#endif
