/* Fuzz target of core/api/options.c: the JSON that biobert_load() takes. Its canonical
 * form means the same and is its own canonical form: that is how one model is recognised
 * as another. */
#include "api/options.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const bb_options *o) {
  bb_options again = {0};
  biobert_error err;
  const biobert_str canonical = {o->canonical, strlen(o->canonical)};
  if (bb_options_parse(canonical, &again, &err)) abort();
  if (strcmp(again.canonical, o->canonical) != 0) abort();
  if (again.max_tokens != o->max_tokens || again.normalize != o->normalize) abort();
  if (again.lowercase != o->lowercase || again.pooling.count != o->pooling.count) abort();
  bb_options_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  bb_options options = {0};
  biobert_error err;
  if (bb_options_parse((biobert_str){(const char *)data, size}, &options, &err) ==
      BIOBERT_OK) {
    check(&options);
    bb_options_free(&options);
  }
  return 0;
}
