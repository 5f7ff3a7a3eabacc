/* hash.c - a 64-bit hash of a text. */
#include <string.h>

#include "base/bytes.h"
#include "biobert_vectors.h"

static uint64_t mix(uint64_t a, uint64_t b) {
  __extension__ typedef unsigned __int128 wide;
  wide product = (wide)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Multiply-and-fold of 16 bytes at a time; the constants are odd, with well mixed bits
 * (digits of pi), and otherwise arbitrary. */
uint64_t biobert_hash(biobert_str text, uint64_t seed) {
  enum { LANES = 4 };
  static const uint64_t k0 = 0x243F6A8885A308D3, k1 = 0x13198A2E03707345,
                        k2 = 0xA4093822299F31D1;
  uint64_t h = seed ^ k0;
  const char *p = text.data;
  size_t left = text.len;
  if (left >=
      LANES * 16) { /* lanes, because a multiplication would wait for the last one */
    uint64_t lane[LANES] = {h, h ^ k0, h ^ k1, h ^ k2};
    for (; left >= LANES * 16; left -= LANES * 16)
      for (int i = 0; i < LANES; i++, p += 16)
        lane[i] = mix(bb_read_u64(p) ^ k1 ^ lane[i], bb_read_u64(p + 8) ^ k2);
    for (int i = 0; i < LANES; i++) h = mix(h ^ lane[i], k1);
  }
  for (; left >= 16; p += 16, left -= 16)
    h = mix(bb_read_u64(p) ^ k1 ^ h, bb_read_u64(p + 8) ^ k2);
  unsigned char tail[16] = {0};
  if (left) memcpy(tail, p, left);
  h = mix(bb_read_u64(tail) ^ k1 ^ h, bb_read_u64(tail + 8) ^ k2);
  return mix(h ^ text.len, k0);
}
