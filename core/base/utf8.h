/* utf8.h - decoding that cannot fail: each ill-formed sequence is one U+FFFD, cut where
 * the WHATWG Encoding Standard cuts it (the longest prefix of a valid sequence, or one
 * byte), as a browser shows it. */
#ifndef BB_UTF8_H
#define BB_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BB_REPLACEMENT = 0xFFFD };

/* The code point at p (p < end) in *code; returns the bytes it takes, 1 to 4. */
static inline size_t bb_utf8_next(const char *p, const char *end, uint32_t *code) {
  const unsigned char *s = (const unsigned char *)p;
  size_t left = (size_t)(end - p);
  unsigned char lead = s[0];
  if (lead < 0x80) {
    *code = lead;
    return 1;
  }
  /* The second byte's range is what excludes overlong forms, surrogates and > 10FFFF. */
  unsigned char low = 0x80, high = 0xBF;
  size_t length;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    *code = BB_REPLACEMENT;
    return 1;
  }
  uint32_t value = lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; i++) {
    if (i >= left || s[i] < low || s[i] > high) {
      *code = BB_REPLACEMENT;
      return i;
    }
    value = value << 6 | (s[i] & 0x3Fu);
    low = 0x80;
    high = 0xBF;
  }
  *code = value;
  return length;
}

/* False where bb_utf8_next() put U+FFFD for something else than U+FFFD itself. */
static inline bool bb_utf8_is_well_formed(const char *p, uint32_t code, size_t bytes) {
  const unsigned char *s = (const unsigned char *)p;
  return code != BB_REPLACEMENT ||
         (bytes == 3 && s[0] == 0xEF && s[1] == 0xBF && s[2] == 0xBD);
}

/* Writes a code point (<= 10FFFF) and returns its bytes. */
static inline size_t bb_utf8_put(uint32_t code, char out[4]) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  if (code < 0x800) {
    out[0] = (char)(0xC0 | code >> 6);
    out[1] = (char)(0x80 | (code & 0x3F));
    return 2;
  }
  if (code < 0x10000) {
    out[0] = (char)(0xE0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 0x3F));
    out[2] = (char)(0x80 | (code & 0x3F));
    return 3;
  }
  out[0] = (char)(0xF0 | code >> 18);
  out[1] = (char)(0x80 | (code >> 12 & 0x3F));
  out[2] = (char)(0x80 | (code >> 6 & 0x3F));
  out[3] = (char)(0x80 | (code & 0x3F));
  return 4;
}

#endif
