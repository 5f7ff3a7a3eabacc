/* Fuzz target of core/format/json.c: what is read can be walked to its end. */
#include "base/mem.h"
#include "format/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes of a subtree, so that every one is looked at; the depth is bounded by the reader.
 */
static size_t walk(const bb_json_node *node) {
  int64_t integer;
  double real;
  const biobert_str key = bb_json_key(node), text = bb_json_string(node);
  size_t sum = bb_json_int(node, &integer) + bb_json_double(node, &real);
  for (size_t i = 0; i < key.len; i++) sum += (unsigned char)key.data[i];
  for (size_t i = 0; i < text.len; i++) sum += (unsigned char)text.data[i];
  size_t members = 0;
  for (const bb_json_node *m = bb_json_first(node); m; m = bb_json_next(m)) {
    sum += walk(m);
    members++;
  }
  if (members != bb_json_count(node)) abort();
  return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  bb_json *json = NULL;
  biobert_error err;
  const biobert_str text = {(const char *)data, size};
  if (bb_json_parse(text, "fuzz", &json, &err) == BIOBERT_OK) walk(bb_json_root(json));
  bb_json_free(json);
  return 0;
}
