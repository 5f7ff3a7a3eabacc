/* Fuzz target of core/analysis/classifier_blob.c: a classifier that comes from anywhere,
 * as it is and with a checksum that is right. What is accepted predicts probabilities that
 * are between 0 and 1 and add up to 1, and has labels that it finds again. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/sha256.h"
#include "biobert_classifier.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SUM_BYTES = 8, MAX_VALUES = 4096 };

static void check_probabilities(const biobert_classifier *c, const double *probability) {
  double sum = 0;
  for (size_t i = 0; i < biobert_classifier_classes(c); i++) {
    if (!(probability[i] >= 0 && probability[i] <= 1)) abort();
    sum += probability[i];
  }
  if (!(fabs(sum - 1) < 1e-6)) abort();
}

static void predict(const biobert_classifier *c) {
  static const char text[] = "Aspirin after a stroke, and aspirin in mice";
  static float vector[MAX_VALUES];
  double *probability =
      bb_alloc(NULL, biobert_classifier_classes(c), sizeof *probability);
  if (!probability) abort();
  const size_t n = biobert_classifier_dimension(c);
  for (size_t i = 0; i < MAX_VALUES; i++) vector[i] = (float)(i % 7) - 3;
  if (biobert_classifier_predict_text(c, (biobert_str){text, sizeof text - 1}, NULL,
                                      probability, NULL) == BIOBERT_OK)
    check_probabilities(c, probability);
  if (n <= MAX_VALUES && biobert_classifier_predict_vector(
                             c, vector, n, NULL, probability, NULL) == BIOBERT_OK)
    check_probabilities(c, probability);
  bb_free(NULL, probability);
}

static void open_and_use(const uint8_t *data, size_t size) {
  biobert_classifier *c = NULL;
  if (biobert_classifier_open(data, size, NULL, &c, NULL)) return;
  for (size_t i = 0; i < biobert_classifier_classes(c); i++) {
    const biobert_class class = biobert_classifier_class(c, i);
    if (biobert_classifier_find(c, class.label) > i || class.rows < 0) abort();
    if (!isfinite(class.bias)) abort();
  }
  if (!biobert_classifier_is(c, data, size)) abort();
  predict(c);
  biobert_classifier_close(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  open_and_use(data, size);
  if (size < SUM_BYTES) return 0;
  unsigned char digest[BB_SHA256_BYTES], *copy = bb_alloc(NULL, size, 1);
  if (!copy) abort();
  memcpy(copy, data, size);
  bb_sha256 h;
  bb_sha256_init(&h);
  bb_sha256_add(&h, copy, size - SUM_BYTES);
  bb_sha256_end(&h, digest);
  memcpy(copy + size - SUM_BYTES, digest, SUM_BYTES);
  open_and_use(copy, size);
  bb_free(NULL, copy);
  return 0;
}
