/* plain_words.h - a text's words, as people write them: no syntax, no model. */
#ifndef BB_PLAIN_WORDS_H
#define BB_PLAIN_WORDS_H

#include "biobert_vectors.h"

enum { BB_MAX_WORD_BYTES = 64 }; /* longer ones are sequences, or no text */

/* Letters alone, at least three of them, and not too long to be a word of a language. */
bool bb_is_plain_word(biobert_str word);

#endif
