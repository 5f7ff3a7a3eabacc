/* Fuzz target of core/format/tensorflow_bundle.c and leveldb_table.c. An input that ends
 * with the table's magic number is an index; any other is its block of entries, which
 * gets a table with right checksums around it. */
#include "format_writer.h"
#include "fuzz_file.h"
#include "fuzz_folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Like fuzz_read_tensors(), but the checksum of random values is wrong. */
static void read_tensors(const bb_weights *w) {
  for (size_t i = 0; i < w->tensor_count; i++) {
    const bb_tensor *t = &w->tensors[i];
    size_t count = t->dtype != BB_INTEGER;
    for (uint32_t d = 0; d < t->rank; d++) count *= t->shape[d];
    float *values = bb_alloc(NULL, count, sizeof *values);
    if (!values || bb_weights_find(w, t->name) != t) abort();
    bb_weights_read(w, t, values, NULL);
    bb_free(NULL, values);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char magic[] = "\x57\xfb\x80\x8b\x24\x75\x47\xdb";
  static struct writer table, entries;
  static char variables[64];
  char path[128];
  bb_weights *w = NULL;
  biobert_str index = {(const char *)data, size};
  if (size < 8 || memcmp(data + size - 8, magic, 8) != 0) {
    entries.len = table.len = 0;
    put(&entries, data, size);
    put_table(&table, &entries, 0);
    index = (biobert_str){(const char *)table.bytes, table.len};
  }
  fuzz_folder_write("m.ckpt.index", index);
  fuzz_folder_write("m.ckpt.data-00000-of-00001",
                    (biobert_str){variables, sizeof variables});
  snprintf(path, sizeof path, "%s/m.ckpt.index", fuzz_folder());
  if (bb_weights_open_file(path, &w, NULL) == BIOBERT_OK) read_tensors(w);
  bb_weights_close(w);
  return 0;
}
