/* encoding.c - guesses that are right for what reference managers write. */
#include "records/encoding.h"

#include <string.h>

#include "base/utf8.h"

bb_encoding bb_encoding_of(biobert_str start, size_t *mark) {
  const unsigned char *b = (const unsigned char *)start.data;
  *mark = 0;
  if (bb_starts_with(start, "\xEF\xBB\xBF")) *mark = 3;
  if (bb_starts_with(start, "\xFF\xFE") || bb_starts_with(start, "\xFE\xFF")) {
    *mark = 2;
    return b[0] == 0xFF ? BB_ENCODING_UTF16LE : BB_ENCODING_UTF16BE;
  }
  if (start.len >= 4 && b[0] && !b[1] && b[2] && !b[3]) return BB_ENCODING_UTF16LE;
  if (start.len >= 4 && !b[0] && b[1] && !b[2] && b[3]) return BB_ENCODING_UTF16BE;
  return BB_ENCODING_8_BIT;
}

/* UTF-16 ----------------------------------------------------------------------------- */

static uint32_t unit_at(const char *p, bb_encoding encoding) {
  const unsigned char *b = (const unsigned char *)p;
  return encoding == BB_ENCODING_UTF16LE ? b[0] | (uint32_t)b[1] << 8
                                         : b[1] | (uint32_t)b[0] << 8;
}

static void add_code(bb_text *into, uint32_t code) {
  char bytes[4];
  if (code) bb_text_add(into, (biobert_str){bytes, bb_utf8_put(code, bytes)});
}

static bool is_high(uint32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}

static bool is_low(uint32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

size_t bb_add_utf16(bb_text *into, biobert_str bytes, bb_encoding encoding, bool last) {
  size_t at = 0;
  while (bytes.len - at >= 2) {
    uint32_t code = unit_at(bytes.data + at, encoding);
    if (is_high(code) && bytes.len - at < 4 && !last) return at;
    const uint32_t low =
        is_high(code) && bytes.len - at >= 4 ? unit_at(bytes.data + at + 2, encoding) : 0;
    at += 2;
    if (is_low(low)) {
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      at += 2;
    } else if (is_high(code) || is_low(code)) {
      code = BB_REPLACEMENT;
    }
    add_code(into, code);
  }
  if (last && at < bytes.len) {
    add_code(into, BB_REPLACEMENT);
    at = bytes.len;
  }
  return at;
}

/* 8 bits ----------------------------------------------------------------------------- */

/* WHATWG Encoding Standard, index windows-1252, 0x80 to 0x9F; above, bytes are U+00A0 to
 * U+00FF. */
static const uint16_t windows_1252[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
    0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

static uint32_t from_1252(char c) {
  const unsigned char byte = (unsigned char)c;
  return byte >= 0x80 && byte < 0xA0 ? windows_1252[byte - 0x80] : byte;
}

/* Bytes of ASCII without NULs from `at` on. */
static size_t ascii_run(const char *at, const char *end) {
  const char *p = at;
  while (p<end && * p> 0) p++;
  return (size_t)(p - at);
}

bool bb_is_clean(biobert_str line) {
  const char *p = line.data, *end = p + line.len;
  while ((p += ascii_run(p, end)) < end) {
    uint32_t code;
    const size_t bytes = bb_utf8_next(p, end, &code);
    if (!code || !bb_utf8_is_well_formed(p, code, bytes)) return false;
    p += bytes;
  }
  return true;
}

/* More characters that UTF-8 would write in several bytes than bytes that it would not. */
static bool is_mostly_utf8(biobert_str line) {
  const char *p = line.data, *end = p + line.len;
  size_t good = 0, bad = 0;
  while ((p += ascii_run(p, end)) < end) {
    uint32_t code;
    const size_t bytes = bb_utf8_next(p, end, &code);
    if (bytes > 1 && bb_utf8_is_well_formed(p, code, bytes))
      good++;
    else if (code)
      bad++;
    p += bytes;
  }
  return good >= bad;
}

void bb_add_line(bb_text *into, biobert_str line) {
  const bool utf8 = is_mostly_utf8(line);
  const char *p = line.data, *end = p + line.len;
  while (p < end) {
    size_t bytes = ascii_run(p, end);
    bb_text_add(into, (biobert_str){p, bytes});
    if ((p += bytes) == end) break;
    uint32_t code = 0;
    bytes = utf8 ? bb_utf8_next(p, end, &code) : 0;
    if (!bytes || !bb_utf8_is_well_formed(p, code, bytes)) {
      code = from_1252(*p);
      bytes = 1;
    }
    add_code(into, code);
    p += bytes;
  }
}
