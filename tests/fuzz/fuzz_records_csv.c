/* Fuzz target of core/records/csv.c and csv_reader.c. */
#include "base/mem.h"
#include "fuzz_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_records(data, size, "csv");
  return 0;
}
