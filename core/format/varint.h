/* varint.h - numbers in groups of seven bits, the lowest first, as LevelDB and Protocol
 * Buffers store them. */
#ifndef BB_VARINT_H
#define BB_VARINT_H

#include "base/bytes.h"
#include "biobert.h"

/* Takes a number off the front. False: it has no end, or more than 64 bits. */
static inline bool bb_read_varint(biobert_str *from, uint64_t *out) {
  enum { GROUP = 7, LAST_SHIFT = 63 };
  uint64_t value = 0;
  for (int shift = 0; shift <= LAST_SHIFT && from->len > 0; shift += GROUP) {
    const unsigned char byte = (unsigned char)*from->data;
    if (shift == LAST_SHIFT && byte > 1) return false;
    from->data++;
    from->len--;
    value |= (uint64_t)(byte & 0x7F) << shift;
    if (byte & 0x80) continue;
    *out = value;
    return true;
  }
  return false;
}

#endif
