/* paper_fingerprint.c */
#include "records/paper_fingerprint.h"

#include <string.h>

#include "base/bytes.h"
#include "base/sha256.h"
#include "base/utf8.h"
#include "records/text_buffer.h"
#include "text/unicode_tables.h"

/* Adds a text's letters and digits, and what says that it has ended. Returns how many. */
static size_t add_folded(bb_sha256 *hash, biobert_str text) {
  const char *p = text.data, *end = text.len ? p + text.len : p;
  size_t count = 0;
  while (p < end) {
    uint32_t code, small[2];
    char bytes[8];
    p += bb_utf8_next(p, end, &code);
    if (!(bb_char_class_of(code).flags & BB_CHAR_WORD) || code == '_') continue;
    const size_t letters = bb_char_lower(code, small);
    size_t len = bb_utf8_put(small[0], bytes);
    if (letters == 2) len += bb_utf8_put(small[1], bytes + len);
    bb_sha256_add(hash, bytes, len);
    count++;
  }
  bb_sha256_add(hash, "", 1);
  return count;
}

/* "Smith, John; Doe, Jane" -> "Smith" */
static biobert_str first_family(biobert_str authors) {
  biobert_str first = {NULL, 0}, family = {NULL, 0};
  bb_next_part(&authors, ';', &first);
  bb_next_part(&first, ',', &family);
  return family;
}

static size_t add_all(bb_sha256 *hash, const biobert_record *r) {
  size_t count = 0;
  for (size_t i = 0; i < BIOBERT_RECORD_FIELDS; i++)
    if (i != BIOBERT_RECORD_ERROR) count += add_folded(hash, r->fields[i]);
  return count;
}

int64_t bb_fingerprint(const biobert_record *r) {
  bb_sha256 hash;
  unsigned char digest[BB_SHA256_BYTES];
  bb_sha256_init(&hash);
  size_t count = add_folded(&hash, r->fields[BIOBERT_RECORD_TITLE]);
  const biobert_str family = first_family(r->fields[BIOBERT_RECORD_AUTHORS]);
  bb_sha256_add(&hash, &r->year, sizeof r->year);
  add_folded(&hash, family);
  if (!r->year && !family.len)
    count += add_folded(&hash, r->fields[BIOBERT_RECORD_ABSTRACT]);
  if (!r->fields[BIOBERT_RECORD_TITLE].len) count += add_all(&hash, r);
  bb_sha256_end(&hash, digest);
  return count ? (int64_t)(bb_read_u64(digest) & INT64_MAX) : 0;
}
