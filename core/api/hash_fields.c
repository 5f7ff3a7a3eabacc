/* hash_fields.c - what fingerprints are hashes of, field by field. */
#include "api/hash_fields.h"

#include <string.h>

#include "base/stop.h"

void bb_hash_text(bb_sha256 *h, const char *text) {
  /* The NUL separates the fields. */
  bb_sha256_add(h, text, strlen(text) + 1);
}

void bb_hash_number(bb_sha256 *h, const char *name, uint64_t value) {
  bb_hash_text(h, name);
  bb_sha256_add(h, &value, sizeof value);
}

void bb_hash_token(bb_sha256 *h, biobert_str token) {
  bb_hash_number(h, "token", token.len);
  bb_sha256_add(h, token.data ? token.data : "", token.len);
}

void bb_hash_added(bb_sha256 *h, const bb_vocab *vocab, const bb_added_token *token) {
  bb_hash_number(h, bb_vocab_token(vocab, token->id).data,
                 (uint64_t)token->id << 4 | (uint64_t)token->normalized << 3 |
                     (uint64_t)token->single_word << 2 | (uint64_t)token->lstrip << 1 |
                     token->rstrip);
}

void bb_hash_floats(bb_sha256 *h, const float *values, size_t count) {
  enum { BLOCK = 1 << 18 }; /* milliseconds */
  for (size_t at = 0; at < count && !bb_reading_stops_now(); at += BLOCK)
    bb_sha256_add(h, values + at,
                  (count - at < BLOCK ? count - at : BLOCK) * sizeof *values);
}

void bb_hash_end(bb_sha256 *h, char out[BIOBERT_HASH_CHARS]) {
  unsigned char digest[BB_SHA256_BYTES];
  bb_sha256_end(h, digest);
  bb_sha256_hex(digest, out);
}
