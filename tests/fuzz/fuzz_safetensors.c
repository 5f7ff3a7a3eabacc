/* Fuzz target of core/format/safetensors.c. An input that begins with '{' is a header,
 * which gets its length in front and as many bytes behind it as its first tensors may
 * want. */
#include "fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  enum { DATA_BYTES = 64 };
  if (size == 0 || data[0] != '{') {
    fuzz_file(data, size);
    return 0;
  }
  const uint64_t length = size;
  unsigned char *file = bb_alloc_zeroed(NULL, sizeof length + size + DATA_BYTES, 1);
  if (!file) return 0;
  memcpy(file, &length, sizeof length);
  memcpy(file + sizeof length, data, size);
  for (size_t bytes = 0; bytes <= DATA_BYTES; bytes += DATA_BYTES / 4)
    fuzz_file(file, sizeof length + size + bytes);
  bb_free(NULL, file);
  return 0;
}
