/* topics.h - for tests. */
#ifndef BB_TOPICS_H
#define BB_TOPICS_H

#include "biobert_analysis.h"

/* So many words are kept at most; before any is added. */
void bb_topic_words_limit(biobert_topic_words *t, size_t words);

#endif
