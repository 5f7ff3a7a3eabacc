/* stop_words.h - words of English that tell nothing of a text's subject. */
#ifndef BB_STOP_WORDS_H
#define BB_STOP_WORDS_H

#include "biobert.h"

/* One of scikit-learn's ENGLISH_STOP_WORDS; in lower case. */
bool bb_is_stop_word(biobert_str word);

#endif
