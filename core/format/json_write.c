/* json_write.c */
#include "format/json_write.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/status.h"
#include "base/utf8.h"

void bb_write_bytes(bb_json_writer *w, const char *text, size_t bytes) {
  if (w->failed) return;
  if (w->len + bytes + 1 > w->capacity) {
    size_t capacity = w->capacity ? w->capacity : 64;
    while (capacity < w->len + bytes + 1) capacity *= 2;
    char *grown = bb_resize(NULL, w->text, capacity, 1);
    if (!grown) {
      w->failed = true;
      return;
    }
    w->text = grown;
    w->capacity = capacity;
  }
  memcpy(w->text + w->len, text, bytes);
  w->len += bytes;
  w->text[w->len] = '\0';
}

void bb_write_raw(bb_json_writer *w, const char *text) {
  bb_write_bytes(w, text, strlen(text));
}

void bb_write_string(bb_json_writer *w, biobert_str text) {
  const char *end = text.data + text.len;
  bb_write_raw(w, "\"");
  for (const char *p = text.data; p < end;) {
    uint32_t code;
    p += bb_utf8_next(p, end, &code);
    char out[8];
    size_t bytes;
    if (code < 0x20)
      bytes = (size_t)snprintf(out, sizeof out, "\\u%04x", (unsigned)code);
    else if (code == '"' || code == '\\')
      bytes = (size_t)snprintf(out, sizeof out, "\\%c", (int)code);
    else
      bytes = bb_utf8_put(code, out);
    bb_write_bytes(w, out, bytes);
  }
  bb_write_raw(w, "\"");
}

void bb_write_key_str(bb_json_writer *w, biobert_str key) {
  if (w->len > 0 && w->text[w->len - 1] != '{') bb_write_raw(w, ",");
  bb_write_string(w, key);
  bb_write_raw(w, ":");
}

void bb_write_key(bb_json_writer *w, const char *key) {
  bb_write_key_str(w, bb_str(key));
}

void bb_write_bool(bb_json_writer *w, bool value) {
  bb_write_raw(w, value ? "true" : "false");
}

void bb_write_int(bb_json_writer *w, int64_t value) {
  char out[24];
  snprintf(out, sizeof out, "%" PRId64, value);
  bb_write_raw(w, out);
}

static bool reads_back(float value, int digits, char out[32]) {
  snprintf(out, 32, "%.*g", digits, (double)value);
  return strtof(out, NULL) == value;
}

/* A host may have set a locale whose decimal point is a comma, or longer. */
static void make_point(char number[32]) {
  static const char digits[] = "-0123456789";
  char *point = number + strspn(number, digits);
  const size_t bytes = strcspn(point, "0123456789");
  if (bytes == 0 || strchr("ein", *point)) return; /* an exponent; inf and nan */
  *point = '.';
  memmove(point + 1, point + bytes, strlen(point + bytes) + 1);
}

void bb_write_float(bb_json_writer *w, float value) {
  /* Nine digits always read back (C11 5.2.4.2.2, FLT_DECIMAL_DIG); six never show more
   * than was meant (FLT_DIG): 0.1 stays 0.1. */
  enum { DIGITS_LEAST = 6, DIGITS_ENOUGH = 9 };
  char out[32] = "0";
  int digits = DIGITS_LEAST;
  while (!reads_back(value, digits, out) && digits < DIGITS_ENOUGH) digits++;
  make_point(out);
  bb_write_raw(w, out);
}

char *bb_writer_take(bb_json_writer *w, size_t *len) {
  char *text = w->text;
  if (w->failed) {
    bb_free(NULL, text);
    text = NULL;
  } else if (!text) {
    text = bb_copy_str(NULL, (biobert_str){"", 0});
  }
  if (len) *len = w->len;
  *w = (bb_json_writer){0};
  return text;
}
