/* hashed_terms.h - the terms that a classifier of texts keeps, known by their hashes, and
 * texts as rows of them. */
#ifndef BB_HASHED_TERMS_H
#define BB_HASHED_TERMS_H

#include "analysis/terms.h"

/* Of bytes, the same on every machine and in every version: classifiers are stored.
 * FNV-1a. */
uint32_t bb_term_hash(biobert_str text);
/* hash: [t->count], those of the terms' texts. */
void bb_terms_hash(const bb_terms *t, uint32_t *hash);

/* What a column of the features means. Borrowed. */
typedef struct bb_hashed_terms {
  const uint32_t *hash; /* [count], rising */
  const float *idf;     /* [count] */
  size_t count;
} bb_hashed_terms;

typedef struct bb_hashed_entry {
  uint32_t column, times;
  float value;
} bb_hashed_entry;

/* Row r of t as features: its TF-IDF, of length 1, by rising column. entries: room for as
 * many as the row has terms. Returns how many there are. hash: as bb_terms_hash(). */
size_t bb_hashed_row(const bb_hashed_terms *h, const bb_terms *t, const uint32_t *hash,
                     size_t r, bb_hashed_entry *entries);

#endif
