/* text_buffer.c */
#include "records/text_buffer.h"

#include "base/ascii.h"
#include "base/mem.h"
#include "base/status.h"
#include "base/utf8.h"

char *bb_text_room(bb_text *text, size_t bytes) {
  enum { SMALLEST = 64 };
  if (text->no_memory) return NULL;
  if (text->capacity - text->len >= bytes) return text->data + text->len;
  size_t capacity = text->capacity ? text->capacity : SMALLEST;
  while (capacity - text->len < bytes && capacity <= SIZE_MAX / 2) capacity *= 2;
  char *data =
      capacity - text->len < bytes ? NULL : bb_resize(NULL, text->data, capacity, 1);
  text->no_memory = !data;
  if (!data) return NULL;
  text->data = data;
  text->capacity = capacity;
  return data + text->len;
}

void bb_text_add(bb_text *text, biobert_str more) {
  char *room = more.len ? bb_text_room(text, more.len) : NULL;
  if (!room) return;
  memcpy(room, more.data, more.len);
  text->len += more.len;
}

void bb_text_add_char(bb_text *text, char c) {
  bb_text_add(text, (biobert_str){&c, 1});
}

void bb_text_clear(bb_text *text) {
  text->len = 0;
  text->no_memory = false;
}

void bb_text_free(bb_text *text) {
  bb_free(NULL, text->data);
  *text = (bb_text){0};
}

biobert_str bb_text_view(const bb_text *text) {
  if (text->len == 0) return (biobert_str){NULL, 0};
  return (biobert_str){text->data, text->len};
}

/* Folding ---------------------------------------------------------------------------- */

/* White_Space of Unicode, and the separators that Python's str.split() takes too. */
static bool is_white(uint32_t code) {
  if (code < 0x80)
    return code == ' ' || (code >= 9 && code <= 13) || (code >= 0x1C && code <= 0x1F);
  return code == 0x85 || code == 0xA0 || code == 0x1680 ||
         (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 ||
         code == 0x202F || code == 0x205F || code == 0x3000;
}

/* Control characters, and the byte-order mark that programs leave inside a text. */
static bool is_left_out(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xFEFF;
}

/* Bytes from `at` on that are shown as they are: printable ASCII, which most is. */
static size_t plain_run(const char *at, const char *end) {
  const char *p = at;
  while (p<end && * p> ' ' && *p < 0x7F) p++;
  return (size_t)(p - at);
}

/* U+FFFD takes three bytes where there may have been one; a space more is for the gap. */
static size_t longest_folded(size_t bytes) {
  return bytes > (SIZE_MAX - 4) / 3 ? SIZE_MAX : 3 * bytes + 4;
}

size_t bb_text_add_folded(bb_text *text, biobert_str value) {
  enum { STEP = 4096 }; /* so that the room asked for is about what is needed */
  const char *p = value.data, *end = p + value.len;
  const size_t before = text->len;
  bool gap = false;
  while (p < end) {
    const char *stop = end - p > STEP ? p + STEP : end;
    char *start = bb_text_room(text, longest_folded((size_t)(stop - p) + 4)),
         *out = start;
    if (!start) return 0;
    while (p < stop) {
      uint32_t code = 0;
      size_t bytes = plain_run(p, stop);
      if (!bytes) bytes = bb_utf8_next(p, end, &code);
      if (code && is_white(code)) {
        gap = true;
      } else if (*p != '\0' && !(code && is_left_out(code))) {
        if (gap && (text->len > before || out > start)) *out++ = ' ';
        gap = false;
        if (code) {
          out += bb_utf8_put(code, out);
        } else {
          memcpy(out, p, bytes);
          out += bytes;
        }
      }
      p += bytes;
    }
    text->len += (size_t)(out - start);
  }
  return text->len - before;
}

/* Views ------------------------------------------------------------------------------ */

bool bb_is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

biobert_str bb_trimmed(biobert_str text) {
  while (text.len && bb_is_space(text.data[0])) text = bb_from(text, 1);
  while (text.len && bb_is_space(text.data[text.len - 1])) text.len--;
  return text;
}

bool bb_starts_with(biobert_str text, const char *prefix) {
  const size_t len = strlen(prefix);
  return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

bool bb_starts_as(biobert_str text, const char *prefix) {
  size_t i = 0;
  while (i < text.len && prefix[i] && bb_lower(text.data[i]) == bb_lower(prefix[i])) i++;
  return !prefix[i];
}

bool bb_contains(biobert_str text, const char *part) {
  return text.len && bb_str_find(text, bb_str(part));
}

bool bb_contains_as(biobert_str text, const char *part) {
  for (size_t at = 0; at < text.len; at++)
    if (bb_starts_as(bb_from(text, at), part)) return true;
  return false;
}

bool bb_same_word(biobert_str text, const char *word) {
  return text.len == strlen(word) && bb_starts_as(text, word);
}

biobert_str bb_from(biobert_str text, size_t at) {
  if (at == 0) return text; /* which may be NULL */
  return (biobert_str){text.data + at, text.len - at};
}

bool bb_next_part(biobert_str *rest, char c, biobert_str *part) {
  if (!rest->data) return false;
  const char *found = rest->len ? memchr(rest->data, c, rest->len) : NULL;
  *part = *rest;
  if (found) part->len = (size_t)(found - rest->data);
  *rest = found ? bb_from(*rest, part->len + 1) : (biobert_str){NULL, 0};
  return true;
}
