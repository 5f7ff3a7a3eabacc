/* sentences.h - where sentences end, in English prose as journals print it. */
#ifndef BB_SENTENCES_H
#define BB_SENTENCES_H

#include "biobert.h"

/* The sentence that begins at or after byte `from`: false when only white space is left.
 * Spans begin and end at characters that are not white space. */
bool bb_next_sentence(biobert_str text, size_t from, biobert_span *out);

#endif
