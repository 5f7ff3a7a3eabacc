/* document_counts.c - how many documents have a word: a table of fixed size. */
#include "search/document_counts.h"

#include <string.h>

static size_t place_of(biobert_str word) {
  return (size_t)(biobert_hash(word, 0) % DOCUMENT_COUNTS);
}

static bool fits(biobert_str word) {
  return word.len > 0 && word.len <= DOCUMENT_COUNTS_BYTES;
}

static void copy_word(biobert_str word, char out[DOCUMENT_COUNTS_BYTES]) {
  memset(out, 0, DOCUMENT_COUNTS_BYTES);
  memcpy(out, word.data, word.len);
}

bool document_counts_find(const document_counts *c, biobert_str word, size_t limit,
                          size_t *count) {
  char wanted[DOCUMENT_COUNTS_BYTES];
  if (!fits(word)) return false;
  copy_word(word, wanted);
  const word_count *known = &c->all[place_of(word)];
  if (memcmp(known->word, wanted, sizeof wanted) != 0) return false;
  if (!known->exact && known->count < limit) return false;
  *count = known->count < limit ? known->count : limit;
  return true;
}

void document_counts_put(document_counts *c, biobert_str word, size_t limit,
                         size_t count) {
  if (!fits(word)) return;
  word_count *place = &c->all[place_of(word)];
  copy_word(word, place->word);
  place->count = count;
  place->exact = count < limit;
}
