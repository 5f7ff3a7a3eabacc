/* wordpiece.c - greedy, longest match first. */
#include "text/wordpiece.h"

/* The longest piece that starts at character `first`; its id, -1 for none, and its end.
 */
static int32_t longest_piece(const bb_vocab *vocab, const char *word,
                             const uint16_t *char_end, size_t first, size_t chars,
                             size_t *end) {
  uint64_t hashes[BB_WORD_MAX_CHARS];
  size_t start = first ? char_end[first - 1] : 0;
  size_t longest = bb_vocab_longest(vocab);
  uint64_t hash = bb_piece_hash_start(first > 0);
  size_t last = first, at = start;
  for (; last < chars && char_end[last] - start <= longest; last++) {
    for (; at < char_end[last]; at++)
      hash = bb_piece_hash_byte(hash, (unsigned char)word[at]);
    hashes[last] = hash;
  }
  while (last-- > first) {
    biobert_str piece = {word + start, char_end[last] - start};
    int32_t id = bb_vocab_find_piece(vocab, piece, first > 0, hashes[last]);
    if (id >= 0) {
      *end = last + 1;
      return id;
    }
  }
  return -1;
}

size_t bb_wordpiece(const bb_vocab *vocab, const char *word, const uint16_t *char_end,
                    size_t chars, bb_piece pieces[BB_WORD_MAX_CHARS]) {
  size_t count = 0;
  for (size_t first = 0; first < chars;) {
    size_t end = first;
    int32_t id = longest_piece(vocab, word, char_end, first, chars, &end);
    if (id < 0) return 0;
    pieces[count++] = (bb_piece){id, (uint16_t)first, (uint16_t)end};
    first = end;
  }
  return count;
}
