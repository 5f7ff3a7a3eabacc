/* abstracts.c - MEDLINE writes "BACKGROUND: ... METHODS: ..." in one run of text. */
#include "records/abstracts.h"

#include <string.h>

static bool is_label_byte(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' || c == ',' ||
         c == '/' || c == '&' || c == '-' || c == '(' || c == ')';
}

/* Bytes of a label that begins at `at`, its colon left out; 0: there is none. */
static size_t label_at(biobert_str text, size_t at) {
  enum { SHORTEST = 3, LONGEST = 80 };
  size_t len = 0;
  while (at + len < text.len && len <= LONGEST && is_label_byte(text.data[at + len]))
    len++;
  const bool ends = at + len + 1 < text.len && text.data[at + len] == ':' &&
                    bb_is_space(text.data[at + len + 1]);
  /* Of what is in a label letters come last. */
  return ends && len >= SHORTEST && len <= LONGEST && text.data[at] >= 'A' ? len : 0;
}

/* Where a sentence has ended, and white space is over; there is a label before. */
static bool may_begin(biobert_str text, size_t at) {
  if (!bb_is_space(text.data[at - 1])) return false;
  while (bb_is_space(text.data[at - 1])) at--;
  return memchr(".?!)]:;\"", text.data[at - 1], 8) != NULL;
}

/* The end of the section that begins at `from`, behind its label. */
static size_t section_end(biobert_str text, size_t from) {
  for (size_t at = from; at < text.len; at++)
    if (text.data[at] >= 'A' && text.data[at] <= 'Z' && may_begin(text, at) &&
        label_at(text, at))
      return at;
  return text.len;
}

/* What Scopus, Ovid and others have where there is no abstract: "[No abstract available]".
 */
static bool says_there_is_none(biobert_str text) {
  static const char *const words[] = {"no abstract available", "no abstract",
                                      "abstract not available"};
  while (text.len && memchr("[(", text.data[0], 2)) text = bb_from(text, 1);
  while (text.len && memchr("]).", text.data[text.len - 1], 3)) text.len--;
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (bb_same_word(text, words[i])) return true;
  return false;
}

void bb_record_add_abstract(bb_record *record, biobert_record_field field,
                            biobert_str value) {
  const biobert_str text = bb_trimmed(bb_record_plain(record, value));
  if (says_there_is_none(text)) return;
  if (!text.len || !label_at(text, 0)) {
    bb_record_add_line(record, field, text);
    return;
  }
  for (size_t at = 0, end; at < text.len; at = end) {
    const size_t label = label_at(text, at);
    end = section_end(text, at + label + 1);
    bb_record_add_section(
        record, field, (biobert_str){text.data + at, label},
        (biobert_str){text.data + at + label + 1, end - at - label - 1});
  }
}
