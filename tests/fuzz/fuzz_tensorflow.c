/* Fuzz target of core/format/tensorflow_bundle.c and leveldb_table.c. An input that ends
 * with the table's magic number is an index; any other is its block of entries, which
 * gets a table with right checksums around it. */
#include "format_writer.h"
#include "fuzz_file.h"
#include "fuzz_folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
  if (bb_weights_open_file(path, &w, NULL) == BIOBERT_OK)
    fuzz_read_tensors(w, false); /* the checksum of random values is wrong */
  bb_weights_close(w);
  return 0;
}
