/* status.c - error texts. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

const char *bb_quote(char buffer[BB_QUOTE_BYTES], biobert_str value) {
  static const char more[] = "...";
  size_t length = value.len;
  bool cut = length >= BB_QUOTE_BYTES;
  if (cut) length = character_boundary(value.data, BB_QUOTE_BYTES - sizeof more);
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)value.data[i];
    buffer[i] = c < 0x20 || c == 0x7F ? '?' : (char)c;
  }
  memcpy(buffer + length, more, cut ? sizeof more : 0);
  if (!cut) buffer[length] = '\0';
  return buffer;
}

bool bb_str_equal(biobert_str a, const char *b) {
  size_t length = strlen(b);
  return a.len == length && memcmp(a.data, b, length) == 0;
}
