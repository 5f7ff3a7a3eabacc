/* Spec of core/base/utf8.h: the WHATWG Encoding Standard's UTF-8 decoder, which is
 * written down here a second time, as its table of states. */
#include "check.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"

/* Section 8.1.1 of the standard ("utf-8 decoder"), one code point from p. */
static size_t reference_next(const unsigned char *p, size_t left, uint32_t *code) {
  uint32_t point = 0;
  unsigned lower = 0x80, upper = 0xBF, needed = 0, seen = 0;
  size_t at = 0;
  for (; at < left; at++) {
    unsigned byte = p[at];
    if (needed == 0) {
      if (byte <= 0x7F) {
        *code = byte;
        return 1;
      }
      if (byte >= 0xC2 && byte <= 0xDF) {
        needed = 1;
        point = byte & 0x1F;
      } else if (byte >= 0xE0 && byte <= 0xEF) {
        if (byte == 0xE0) lower = 0xA0;
        if (byte == 0xED) upper = 0x9F;
        needed = 2;
        point = byte & 0xF;
      } else if (byte >= 0xF0 && byte <= 0xF4) {
        if (byte == 0xF0) lower = 0x90;
        if (byte == 0xF4) upper = 0x8F;
        needed = 3;
        point = byte & 0x7;
      } else {
        *code = BB_REPLACEMENT;
        return 1;
      }
      continue;
    }
    if (byte < lower || byte > upper) break; /* the byte is read again */
    lower = 0x80;
    upper = 0xBF;
    point = point << 6 | (byte & 0x3F);
    if (++seen == needed) {
      *code = point;
      return at + 1;
    }
  }
  *code = BB_REPLACEMENT;
  return at;
}

/* In memory of exactly this size, so that a sanitizer sees a read behind its end. */
static bool agrees(const unsigned char *bytes, size_t count) {
  unsigned char *exact = malloc(count);
  if (!exact) return false;
  memcpy(exact, bytes, count);
  uint32_t code = 0, expected = 0;
  size_t used = bb_utf8_next((const char *)exact, (const char *)exact + count, &code);
  size_t expected_used = reference_next(exact, count, &expected);
  free(exact);
  return used == expected_used && code == expected;
}

static void test_pairs(void) {
  check_begin("every byte and every pair of bytes decodes as the standard says");
  for (unsigned a = 0; a < 256; a++) {
    unsigned char bytes[2] = {(unsigned char)a};
    check_context("byte %02X", a);
    CHECK(agrees(bytes, 1));
    for (unsigned b = 0; b < 256; b++) {
      bytes[1] = (unsigned char)b;
      check_context("bytes %02X %02X", a, b);
      CHECK(agrees(bytes, 2));
    }
  }
}

/* Behind a pair only whether a byte continues a character matters. */
static void test_longer(void) {
  check_begin(
      "every lead and second byte, then any ends of ranges, decode as the standard says");
  static const unsigned char ends[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F,
                                       0xA0, 0xBF, 0xC0, 0xE2, 0xF0, 0xFF};
  for (unsigned a = 0xC0; a < 256; a++)
    for (unsigned b = 0x40; b < 256; b++)
      for (size_t c = 0; c < sizeof ends; c++) {
        unsigned char bytes[4] = {(unsigned char)a, (unsigned char)b, ends[c]};
        check_context("bytes %02X %02X %02X", a, b, ends[c]);
        CHECK(agrees(bytes, 3));
        for (size_t d = 0; d < sizeof ends; d++) {
          bytes[3] = ends[d];
          CHECK(agrees(bytes, 4));
        }
      }
}

static void test_round_trip(void) {
  check_begin("what bb_utf8_put() writes is read back as the same code point");
  for (uint32_t code = 0; code <= 0x10FFFF; code++) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    char bytes[4];
    size_t count = bb_utf8_put(code, bytes);
    uint32_t read = 0;
    check_context("U+%04X", code);
    CHECK(bb_utf8_next(bytes, bytes + count, &read) == count && read == code);
    CHECK(bb_utf8_is_well_formed(bytes, read, count));
  }
}

static void test_well_formed(void) {
  static const struct {
    const char *says, *bytes;
    bool well_formed;
  } rows[] = {
  /* clang-format off */
      {"a letter is well-formed",                                 "a",            true },
      {"U+FFFD itself is well-formed",                            "\xEF\xBF\xBD", true },
      {"a byte alone that continues nothing is ill-formed",       "\x80",         false},
      {"three bytes of a character of four are ill-formed",       "\xF0\x90\x80", false},
      {"two bytes of a character of three are ill-formed",        "\xE2\x82",     false},
  /* clang-format on */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    check_begin(rows[i].says);
    uint32_t code;
    size_t bytes =
        bb_utf8_next(rows[i].bytes, rows[i].bytes + strlen(rows[i].bytes), &code);
    CHECK_INT(bytes, strlen(rows[i].bytes));
    CHECK_INT(bb_utf8_is_well_formed(rows[i].bytes, code, bytes), rows[i].well_formed);
  }
}

int main(void) {
  test_pairs();
  test_longer();
  test_round_trip();
  test_well_formed();
  return check_report();
}
