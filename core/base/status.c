/* status.c - error texts. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Drops the bytes of a character that a cut at `length` has split. */
static size_t character_boundary(const char *text, size_t length) {
  size_t at = length;
  while (at > 0 && length - at < 4 && ((unsigned char)text[at] & 0xC0) == 0x80) at--;
  return at;
}

biobert_status bb_fail(biobert_error *err, biobert_status status, const char *format,
                       ...) {
  if (!err) return status;
  va_list args;
  va_start(args, format);
  int length = vsnprintf(err->message, sizeof err->message, format, args);
  va_end(args);
  if (length >= (int)sizeof err->message) {
    static const char more[] = "...";
    size_t cut = character_boundary(err->message, sizeof err->message - sizeof more);
    memcpy(err->message + cut, more, sizeof more);
  }
  err->status = status;
  return status;
}

biobert_status bb_no_memory(biobert_error *err, const char *what) {
  return bb_fail(err, BIOBERT_NOMEM, "%s: out of memory", what);
}

/* Not a control character of ASCII or of ISO 8859 (U+0080 to U+009F). */
static bool is_shown(uint32_t code) {
  return code >= 0x20 && !(code >= 0x7F && code < 0xA0);
}

const char *bb_quote(char buffer[BB_QUOTE_BYTES], biobert_str value) {
  static const char more[] = "...";
  const bool cut = value.len >= BB_QUOTE_BYTES;
  const size_t room = cut ? BB_QUOTE_BYTES - sizeof more : BB_QUOTE_BYTES - 1;
  size_t length = 0;
  for (size_t at = 0, bytes; at < value.len; at += bytes) {
    const char *p = value.data + at;
    uint32_t code;
    bytes = bb_utf8_next(p, value.data + value.len, &code);
    bool shown = is_shown(code) && bb_utf8_is_well_formed(p, code, bytes);
    if (length + (shown ? bytes : 1) > room) break;
    memcpy(buffer + length, shown ? p : "?", shown ? bytes : 1);
    length += shown ? bytes : 1;
  }
  memcpy(buffer + length, cut ? more : "", cut ? sizeof more : 1);
  return buffer;
}

bool bb_str_equal(biobert_str a, const char *b) {
  size_t length = strlen(b);
  return a.len == length && (a.len == 0 || memcmp(a.data, b, length) == 0);
}

const char *bb_str_find(biobert_str text, biobert_str part) {
  if (part.len == 0) return text.data;
  const char *at = text.data, *end = text.data + text.len;
  while ((size_t)(end - at) >= part.len) {
    at = memchr(at, part.data[0], (size_t)(end - at) - part.len + 1);
    if (!at || memcmp(at, part.data, part.len) == 0) return at;
    at++;
  }
  return NULL;
}
