/* Fuzz target of core/format/pytorch_zip.c and pickle.c. An input that begins like a zip
 * file is one; any other is a pickle, which gets a zip file with right checksums around
 * it. */
#include "fuzz_file.h"
#include "zip_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  enum { RECORDS = 4096 }; /* more than a zip file of three entries has beside its data */
  static const unsigned char storage[24] = {0, 0, 0x80, 0x3F};
  if (size > 1 && data[0] == 'P' && data[1] == 'K') {
    fuzz_file(data, size);
    return 0;
  }
  struct zip z = {.capacity = size + RECORDS};
  z.bytes = bb_alloc(NULL, z.capacity, 1);
  if (!z.bytes) return 0;
  zip_add(&z, "m/data.pkl", data, size);
  zip_add(&z, "m/data/0", storage, sizeof storage);
  zip_add(&z, "m/data/1", storage, 8);
  zip_finish(&z, true);
  fuzz_file(z.bytes, z.len);
  bb_free(NULL, z.bytes);
  return 0;
}
