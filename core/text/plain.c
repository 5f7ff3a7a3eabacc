/* plain.c - a text with markup as its reader sees it.
 *
 * A text without a tag is taken as it is, but for its character references; with tags,
 * white space is folded as a browser folds it, or the line ends of the source would look
 * like those of the text. One pass, or two: the size is known before anything is written.
 */
#include "base/mem.h"
#include "base/utf8.h"
#include "biobert.h"
#include "text/markup.h"
#include "text/markup_tables.h"

/* What goes between the last character and the next one. */
typedef enum gap_kind { GAP_NONE, GAP_SPACE, GAP_LINE } gap_kind;

typedef struct sink {
  char *out; /* NULL: only counted */
  size_t bytes;
  bool folds;
  gap_kind gap;
} sink;

static void put_bytes(sink *s, const char *bytes, size_t count) {
  if (s->out) memcpy(s->out + s->bytes, bytes, count);
  s->bytes += count;
}

static void part(sink *s, gap_kind gap) {
  if (gap > s->gap) s->gap = gap;
}

static bool is_folded(uint32_t code) {
  return code == ' ' || code == '\t' || code == '\n' || code == '\r' || code == '\f';
}

static void put_code(sink *s, uint32_t code) {
  char bytes[4];
  if (s->folds && is_folded(code)) {
    part(s, GAP_SPACE);
    return;
  }
  if (s->gap && s->bytes) put_bytes(s, s->gap == GAP_LINE ? "\n" : " ", 1);
  s->gap = GAP_NONE;
  put_bytes(s, bytes, bb_utf8_put(code, bytes));
}

static void put_text(sink *s, biobert_str text) {
  for (size_t at = 0; at < text.len;) {
    uint32_t code;
    at += bb_utf8_next(text.data + at, text.data + text.len, &code);
    put_code(s, code);
  }
}

/* Character references --------------------------------------------------------------- */

static uint32_t numbered_character(uint32_t code) {
  if (code < 0x100) code = bb_windows_1252((unsigned char)code);
  bool surrogate = code >= 0xD800 && code < 0xE000;
  return code == 0 || surrogate || code > 0x10FFFF ? BB_REPLACEMENT : code;
}

static int digit_of(char c, uint32_t base) {
  int value = -1;
  if (c >= '0' && c <= '9') value = c - '0';
  if (base == 16 && (c | 0x20) >= 'a' && (c | 0x20) <= 'f') value = (c | 0x20) - 'a' + 10;
  return value;
}

/* &#946; &#x3B2; with or without the semicolon. Returns the bytes, 0: it is none. */
static size_t put_numbered(sink *s, biobert_str text, size_t at) {
  size_t end = at + 2;
  bool hex = end < text.len && (text.data[end] | 0x20) == 'x';
  uint32_t base = hex ? 16 : 10, code = 0;
  size_t first = end += hex;
  for (int digit; end < text.len && (digit = digit_of(text.data[end], base)) >= 0; end++)
    if (code <= 0x10FFFF) code = code * base + (uint32_t)digit;
  if (end == first) return 0;
  put_code(s, numbered_character(code));
  return end - at + (end < text.len && text.data[end] == ';');
}

/* &beta; and, of the oldest names, &eacute without the semicolon: the longest that is
 * there. */
static size_t put_named(sink *s, biobert_str text, size_t at) {
  const char *name = text.data + at + 1;
  size_t max = text.len - at - 1, length = 0;
  while (length < max && length <= BB_LONGEST_MARKUP_NAME &&
         (digit_of(name[length], 10) >= 0 ||
          ((name[length] | 0x20) >= 'a' && (name[length] | 0x20) <= 'z')))
    length++;
  const bb_named_character *c = NULL;
  bool semicolon = length < max && name[length] == ';';
  if (semicolon && length <= BB_LONGEST_MARKUP_NAME)
    c = bb_find_named_character((biobert_str){name, length});
  if (!c) {
    semicolon = false;
    if (length > BB_LONGEST_BARE_CHARACTER) length = BB_LONGEST_BARE_CHARACTER;
    for (; length > 0; length--) {
      c = bb_find_named_character((biobert_str){name, length});
      if (c && c->bare) break;
      c = NULL;
    }
  }
  if (!c) return 0;
  put_text(s, (biobert_str){c->text, strlen(c->text)});
  return 1 + length + semicolon;
}

static size_t put_reference(sink *s, biobert_str text, size_t at) {
  size_t bytes = at + 1 < text.len && text.data[at + 1] == '#' ? put_numbered(s, text, at)
                                                               : put_named(s, text, at);
  if (bytes) return bytes;
  put_code(s, '&');
  return 1;
}

/* All of it -------------------------------------------------------------------------- */

static bool has_markup(biobert_str text) {
  bb_markup_reader reader = {.text = text};
  for (size_t at = 0; at < text.len; at++) {
    const char *found = memchr(text.data + at, '<', text.len - at);
    if (!found) return false;
    at = (size_t)(found - text.data);
    if (bb_markup_at(&reader, at).kind != BB_MARKUP_NONE) return true;
  }
  return false;
}

static size_t put_markup(sink *s, bb_markup_reader *reader, size_t at) {
  bb_markup m = bb_markup_at(reader, at);
  switch (m.kind) {
  case BB_MARKUP_NONE:
    put_code(s, '<');
    break;
  case BB_MARKUP_CELL:
    part(s, GAP_SPACE);
    break;
  case BB_MARKUP_BLOCK:
    part(s, GAP_LINE);
    break;
  case BB_MARKUP_CDATA:
    put_text(s, (biobert_str){reader->text.data + m.content_start,
                              m.content_end - m.content_start});
    break;
  case BB_MARKUP_INLINE:
  case BB_MARKUP_SKIPPED:
    break;
  }
  return m.end;
}

size_t biobert_plain(biobert_str text, char *out) {
  sink s = {.out = out, .folds = has_markup(text)};
  bb_markup_reader reader = {.text = text};
  for (size_t at = 0; at < text.len;) {
    uint32_t code;
    if (text.data[at] == '<') {
      at = put_markup(&s, &reader, at);
    } else if (text.data[at] == '&') {
      at += put_reference(&s, text, at);
    } else {
      at += bb_utf8_next(text.data + at, text.data + text.len, &code);
      put_code(&s, code);
    }
  }
  return s.bytes;
}
