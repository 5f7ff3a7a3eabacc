/* Fuzz target of core/records/bibtex.c and the TeX in its values. */
#include "base/mem.h"
#include "fuzz_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_records(data, size, "bibtex");
  return 0;
}
