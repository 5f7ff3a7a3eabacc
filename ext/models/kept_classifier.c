/* kept_classifier.c - see kept_classifier.h. */
#include "models/kept_classifier.h"

#include "sql/allocator.h"

biobert_status kept_classifier_get(kept_classifier *k, const void *blob, size_t bytes,
                                   const biobert_classifier **out, biobert_error *err) {
  if (!k->classifier || !biobert_classifier_is(k->classifier, blob, bytes)) {
    const biobert_analysis_options how = {.allocator = sqlite_allocator};
    biobert_classifier *opened;
    biobert_status status = biobert_classifier_open(blob, bytes, &how, &opened, err);
    if (status) return status;
    kept_classifier_free(k);
    k->classifier = opened;
  }
  *out = k->classifier;
  return BIOBERT_OK;
}

void kept_classifier_free(kept_classifier *k) {
  biobert_classifier_close(k->classifier);
  k->classifier = NULL;
}
