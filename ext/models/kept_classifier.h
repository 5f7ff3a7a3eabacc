/* kept_classifier.h - the classifier that a connection used last: a statement that judges
 * many rows by one BLOB reads that once. */
#ifndef EXT_KEPT_CLASSIFIER_H
#define EXT_KEPT_CLASSIFIER_H

#include "biobert_classifier.h"

/* {0} keeps none. */
typedef struct kept_classifier {
  biobert_classifier *classifier;
} kept_classifier;

/* The classifier of a BLOB; borrowed until the next call. */
biobert_status kept_classifier_get(kept_classifier *k, const void *blob, size_t bytes,
                                   const biobert_classifier **out, biobert_error *err);
void kept_classifier_free(kept_classifier *k); /* the members, not *k */

#endif
