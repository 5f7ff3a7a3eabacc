/* text.c - see text.h. */
#include "cli/text.h"

#include <stdbool.h>
#include <string.h>

enum { REPLACEMENT = 0xFFFD, ESCAPE = 0x1B, BELL = 0x07, CSI = 0x9B };

/* The length that a first byte announces and the smallest code point of that length; 0:
 * it is no first byte. */
static size_t sequence(unsigned char first, uint32_t *smallest, uint32_t *bits) {
  if (first >= 0xC2 && first <= 0xDF) {
    *smallest = 0x80;
    *bits = first & 0x1Fu;
    return 2;
  }
  if (first >= 0xE0 && first <= 0xEF) {
    *smallest = 0x800;
    *bits = first & 0x0Fu;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    *smallest = 0x10000;
    *bits = first & 0x07u;
    return 4;
  }
  return 0;
}

uint32_t text_code_point(const char *text, size_t bytes, size_t *used) {
  unsigned char first = (unsigned char)text[0];
  uint32_t smallest, point;
  *used = 1;
  if (first < 0x80) return first;
  size_t length = sequence(first, &smallest, &point);
  if (!length || length > bytes) return REPLACEMENT;
  for (size_t i = 1; i < length; i++) {
    unsigned char next = (unsigned char)text[i];
    if ((next & 0xC0) != 0x80) return REPLACEMENT;
    point = point << 6 | (next & 0x3Fu);
  }
  if (point < smallest || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
    return REPLACEMENT;
  *used = length;
  return point;
}

/* Bytes of a control sequence after its "ESC [": "31m". */
static size_t control_bytes(const char *text, size_t bytes) {
  size_t at = 0;
  while (at < bytes && (text[at] < 0x40 || text[at] > 0x7E)) at++;
  return at < bytes ? at + 1 : bytes;
}

/* Bytes of an escape sequence of ECMA-48, after its ESC: "[31m", "]0;title BEL". One that
 * does not end takes the rest of the text. */
static size_t escape_bytes(const char *text, size_t bytes) {
  size_t at = 0;
  if (!bytes) return 0;
  if (text[0] == '[') return 1 + control_bytes(text + 1, bytes - 1);
  if (strchr("]PX^_", text[0]) && text[0]) {
    for (at = 1; at < bytes && text[at] != BELL; at++)
      if (text[at] == ESCAPE && at + 1 < bytes && text[at + 1] == '\\') return at + 2;
    return at < bytes ? at + 1 : bytes;
  }
  while (at < bytes && text[at] >= 0x20 && text[at] <= 0x2F) at++;
  return at < bytes ? at + 1 : bytes;
}

/* Overrides of the direction of writing show a text that is not there. */
static bool turns_direction(uint32_t c) {
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E ||
         c == 0x200F;
}

static bool is_space(uint32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029;
}

void text_append_clean(sqlite3_str *out, const char *text, size_t bytes) {
  bool space = false, begun = false;
  size_t used;
  for (size_t at = 0; at < bytes; at += used) {
    uint32_t c = text_code_point(text + at, bytes - at, &used);
    if (c == ESCAPE)
      used += escape_bytes(text + at + used, bytes - at - used);
    else if (c == CSI)
      used += control_bytes(text + at + used, bytes - at - used);
    if (is_space(c)) space = true;
    if (c < 0x20 || (c >= 0x7F && c < 0xA0) || turns_direction(c) || is_space(c))
      continue;
    if (space && begun) sqlite3_str_appendchar(out, 1, ' ');
    space = false;
    begun = true;
    if (c == REPLACEMENT)
      sqlite3_str_appendall(out, "\xEF\xBF\xBD");
    else
      sqlite3_str_append(out, text + at, (int)used);
  }
}

/* Columns of a character: combining marks take none, East Asian wide ones and emoji two.
 * Ranges of Unicode's EastAsianWidth and of category Mn that literature has; a character
 * that is missing here shifts a line's end by a column. */
static size_t character_columns(uint32_t c) {
  static const struct {
    uint32_t first, last;
    size_t columns;
  } ranges[] = {
      {0x0001,  0x0004,  0},
      {0x0300,  0x036F,  0},
      {0x0483,  0x0489,  0},
      {0x0591,  0x05BD,  0},
      {0x064B,  0x065F,  0},
      {0x1100,  0x115F,  2},
      {0x1AB0,  0x1AFF,  0},
      {0x1DC0,  0x1DFF,  0},
      {0x200B,  0x200D,  0},
      {0x20D0,  0x20FF,  0},
      {0x2E80,  0xA4CF,  2},
      {0xAC00,  0xD7A3,  2},
      {0xF900,  0xFAFF,  2},
      {0xFE00,  0xFE0F,  0},
      {0xFE20,  0xFE2F,  0},
      {0xFE30,  0xFE6F,  2},
      {0xFF00,  0xFF60,  2},
      {0xFFE0,  0xFFE6,  2},
      {0x1F300, 0x1FAFF, 2},
      {0x20000, 0x3FFFD, 2},
  };
  for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
    if (c >= ranges[i].first && c <= ranges[i].last) return ranges[i].columns;
  return 1;
}

size_t text_columns(const char *text, size_t bytes) {
  size_t columns = 0, used;
  for (size_t at = 0; at < bytes; at += used)
    columns += character_columns(text_code_point(text + at, bytes - at, &used));
  return columns;
}

size_t text_fit(const char *text, size_t columns) {
  size_t bytes = strlen(text), fits = 0, taken = 0, used;
  for (size_t at = 0; at < bytes; at += used) {
    uint32_t c = text_code_point(text + at, bytes - at, &used);
    taken += character_columns(c);
    if (c == ' ') fits = at;
    if (taken > columns) return fits ? fits : strcspn(text, " ");
  }
  return bytes;
}

void text_append_json(sqlite3_str *out, const char *text, size_t bytes) {
  size_t used;
  sqlite3_str_appendchar(out, 1, '"');
  for (size_t at = 0; at < bytes; at += used) {
    uint32_t c = text_code_point(text + at, bytes - at, &used);
    if (c == '"' || c == '\\')
      sqlite3_str_appendf(out, "\\%c", (int)c);
    else if (c == '\n')
      sqlite3_str_appendall(out, "\\n");
    else if (c == '\t')
      sqlite3_str_appendall(out, "\\t");
    else if (c < 0x20 || (c >= 0x7F && c < 0xA0))
      sqlite3_str_appendf(out, "\\u%04x", c);
    else if (c == REPLACEMENT)
      sqlite3_str_appendall(out, "\xEF\xBF\xBD");
    else
      sqlite3_str_append(out, text + at, (int)used);
  }
  sqlite3_str_appendchar(out, 1, '"');
}

/* RFC 4180. */
void text_append_csv(sqlite3_str *out, const char *text, size_t bytes) {
  bool quoted = false;
  for (size_t i = 0; i < bytes; i++) quoted = quoted || strchr("\",\r\n", text[i]);
  if (!quoted) {
    sqlite3_str_append(out, text, (int)bytes);
    return;
  }
  sqlite3_str_appendchar(out, 1, '"');
  for (size_t i = 0; i < bytes; i++)
    sqlite3_str_appendchar(out, text[i] == '"' ? 2 : 1, text[i]);
  sqlite3_str_appendchar(out, 1, '"');
}

/* Shells -------------------------------------------------------------------------------- */

char *text_shell_word(const char *word) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "0123456789_-./,:@%+=~";
  if (*word && word[strspn(word, plain)] == '\0') return sqlite3_mprintf("%s", word);
  sqlite3_str *quoted = sqlite3_str_new(NULL);
  sqlite3_str_appendchar(quoted, 1, '\'');
  for (; *word; word++)
    if (*word == '\'')
      sqlite3_str_appendall(quoted, "'\\''");
    else
      sqlite3_str_appendchar(quoted, 1, *word);
  sqlite3_str_appendchar(quoted, 1, '\'');
  return sqlite3_str_finish(quoted);
}
