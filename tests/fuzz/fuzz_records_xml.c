/* Fuzz target of core/records/xml.c and the formats on it. The first byte says which: 'e' is
 * Europe PMC's. */
#include "base/mem.h"
#include "fuzz_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const formats[] = {"pubmed-xml", "endnote-xml", "jats", "tei"};
  if (size)
    fuzz_records(data + 1, size - 1,
                 data[0] == 'e' ? "europepmc-xml" : formats[data[0] % 4]);
  return 0;
}
