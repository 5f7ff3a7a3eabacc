/* Fuzz target of core/api/vector.c: JSON arrays. A vector that was read prints and reads
 * back bit by bit. */
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_vector(biobert_str text, const float *vector, size_t n) {
  char *json = NULL;
  float *again = NULL;
  size_t len = 0, count = 0;
  if (!biobert_vector_is_json(text, n)) abort();
  if (biobert_vector_check(vector, n * sizeof *vector, n, NULL)) abort();
  if (biobert_vector_print(vector, n, &json, &len, NULL)) abort();
  if (biobert_vector_parse((biobert_str){json, len}, &again, &count, NULL)) abort();
  if (count != n || (n && memcmp(again, vector, n * sizeof *vector) != 0)) abort();
  biobert_free(again);
  biobert_free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const biobert_str text = {(const char *)data, size};
  float *vector = NULL;
  int32_t *ids = NULL;
  size_t n = 0;
  biobert_error err;
  if (biobert_vector_parse(text, &vector, &n, &err) == BIOBERT_OK) {
    check_vector(text, vector, n);
    biobert_free(vector);
  }
  if (biobert_ids_parse(text, &ids, &n, &err) == BIOBERT_OK) biobert_free(ids);
  return 0;
}
