/* Fuzz target of core/format/pytorch_legacy.c and pickle.c: the whole file. */
#include "fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_file(data, size);
  return 0;
}
