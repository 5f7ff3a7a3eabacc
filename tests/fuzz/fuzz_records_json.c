/* Fuzz target of core/records/csl_json.c and json_elements.c. */
#include "base/mem.h"
#include "fuzz_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_records(data, size, "csl-json");
  return 0;
}
