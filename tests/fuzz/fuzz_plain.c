/* Fuzz target of core/text/plain.c and markup.c: what is written is what was counted, is
 * well-formed, and no longer than promised; a text without < and & stays as it is. */
#include "base/mem.h"
#include "base/utf8.h"
#include "text/sentences.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_well_formed(biobert_str text) {
  for (size_t at = 0; at < text.len;) {
    uint32_t code;
    size_t bytes = bb_utf8_next(text.data + at, text.data + text.len, &code);
    if (!bb_utf8_is_well_formed(text.data + at, code, bytes)) return false;
    at += bytes;
  }
  return true;
}

/* Sentences leave out nothing but white space, and come one behind the other. */
static void check_sentences(biobert_str text) {
  biobert_span s;
  for (size_t at = 0; bb_next_sentence(text, at, &s); at = s.end)
    if (s.start < at || s.end <= s.start || s.end > text.len) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  biobert_str text = {(const char *)data, size};
  size_t bytes = biobert_plain(text, NULL);
  char *plain = bb_alloc(NULL, bytes + 1, 1);
  if (!plain) return 0;
  if (bytes > 3 * size || biobert_plain(text, plain) != bytes) abort();
  biobert_str written = {plain, bytes};
  if (!is_well_formed(written)) abort();
  bool has_markup = memchr(data, '<', size) || memchr(data, '&', size);
  if (!has_markup && is_well_formed(text) &&
      (bytes != size || memcmp(plain, data, size) != 0))
    abort();
  check_sentences(text);
  bb_free(NULL, plain);
  return 0;
}
