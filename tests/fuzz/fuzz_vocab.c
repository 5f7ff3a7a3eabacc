/* Fuzz target of core/text/vocab.c: a vocab.txt. What was read can be found again. */
#include "base/mem.h"
#include "text/vocab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(biobert_str a, biobert_str b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static void check_token(const bb_vocab *v, biobert_str token) {
  /* Of two equal lines the last one is found. */
  const int32_t id = bb_vocab_find(v, token);
  if (id < 0 || !same(bb_vocab_token(v, id), token)) abort();
  if (token.len > bb_vocab_longest(v)) abort();
  const bool inside = token.len >= 2 && memcmp(token.data, "##", 2) == 0;
  const biobert_str piece = {token.data + 2 * inside, token.len - 2 * inside};
  uint64_t hash = bb_piece_hash_start(inside);
  for (size_t i = 0; i < piece.len; i++)
    hash = bb_piece_hash_byte(hash, (unsigned char)piece.data[i]);
  if (bb_vocab_find_piece(v, piece, inside, hash) != id) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  bb_vocab *v = NULL;
  biobert_error err;
  const biobert_str text = {(const char *)data, size};
  if (bb_vocab_new(&v, &err)) abort();
  if (bb_vocab_add_lines(v, text, "fuzz", &err) == BIOBERT_OK)
    for (size_t id = 0; id < bb_vocab_size(v); id++)
      check_token(v, bb_vocab_token(v, (int32_t)id));
  if (bb_vocab_token(v, (int32_t)bb_vocab_size(v)).data) abort();
  if (bb_vocab_token(v, -1).data || bb_vocab_token(v, INT32_MAX).data) abort();
  bb_vocab_free(v);
  return 0;
}
