/* wordpiece.h - one word into the longest pieces that the vocabulary has.
 * Source: Wu et al. 2016 (arXiv:1609.08144), section 4.1; greedy longest match first as
 * in BERT's tokenization.py. */
#ifndef BB_WORDPIECE_H
#define BB_WORDPIECE_H

#include "text/vocab.h"

/* A word longer than this becomes [UNK] without being searched. 100 is the value of
 * Hugging Face's BertTokenizer, which made our golden files. Google's and BioBERT's
 * tokenization.py say 200: the two differ only for words of 101 to 200 characters. */
enum { BB_WORD_MAX_CHARS = 100, BB_WORD_MAX_BYTES = 4 * BB_WORD_MAX_CHARS };

typedef struct bb_piece {
  int32_t id;
  uint16_t first, end; /* characters of the word, end exclusive */
} bb_piece;

/* word: normalised UTF-8 of `chars` (1 to BB_WORD_MAX_CHARS) characters, character i ends
 * before byte char_end[i]. Returns how many pieces there are, 0 if any part of the word
 * has no piece: the whole word is unknown then. */
size_t bb_wordpiece(const bb_vocab *vocab, const char *word, const uint16_t *char_end,
                    size_t chars, bb_piece pieces[BB_WORD_MAX_CHARS]);

#endif
