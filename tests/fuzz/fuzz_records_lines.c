/* Fuzz target of the formats of tagged lines, core/records/medline.c, ris.c, wos.c and refer.c, and
 * of what knows a format by its content. */
#include "base/mem.h"
#include "fuzz_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_records(data, size, "medline");
  fuzz_records(data, size, "ris");
  fuzz_records(data, size, "wos");
  fuzz_records(data, size, "refer");
  fuzz_records(data, size, "");
  return 0;
}
