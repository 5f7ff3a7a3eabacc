/* sentences.c - rules, no model: a full stop, question or exclamation mark (and closing
 * quotes or brackets behind it), white space, and then something that can begin a
 * sentence; or an empty line. A full stop does not count after an abbreviation, an
 * initial, or before a small letter. CJK full stops need no space. Errors are harmless
 * here: chunks are cut a little early, a highlight is a little long. */
#include "text/sentences.h"

#include <string.h>

#include "base/utf8.h"
#include "text/unicode_tables.h"

/* Before a full stop these do not end a sentence. Journals' usage; lower case. */
static const char *const abbreviations[] = {
    "al",   "approx", "ca",    "cf",   "dr",  "e.g",  "eq",   "eqs", "et",  "etc", "fig",
    "figs", "i.e",    "inc",   "i.v",  "i.m", "jr",   "ltd",  "mr",  "mrs", "ms",  "no",
    "nos",  "p",      "pp",    "prof", "ref", "refs", "resp", "s.c", "sp",  "spp", "sr",
    "st",   "suppl",  "subsp", "tab",  "var", "vol",  "vs",   "viz", "wt",
};

static bool is_space(uint32_t code) {
  return bb_char_class_of(code).flags & BB_CHAR_SPACE;
}

static size_t skip_spaces(biobert_str text, size_t at, size_t *newlines) {
  *newlines = 0;
  while (at < text.len) {
    uint32_t code;
    size_t bytes = bb_utf8_next(text.data + at, text.data + text.len, &code);
    if (!is_space(code)) break;
    *newlines += code == '\n';
    at += bytes;
  }
  return at;
}

static bool is_wide_stop(uint32_t code) {
  return code == 0x3002 || code == 0xFF01 || code == 0xFF1F; /* ideographic . ! ? */
}

static bool is_stop(uint32_t code) {
  return code == '.' || code == '!' || code == '?';
}

static bool is_closing(uint32_t code) {
  return code == ')' || code == ']' || code == '"' || code == '\'' || code == 0x201D ||
         code == 0x2019 || code == 0xBB || code == 0x300D || code == 0x300F;
}

/* Small letters (those that do not lower, but are word characters) continue a sentence.
 * Digits, capitals, brackets and quotes can begin one. */
static bool can_begin(uint32_t code) {
  if (code >= 'a' && code <= 'z') return false;
  return code != ',' && code != ';' && code != ':' && code != '%';
}

/* Part of a word whose full stop may be that of an abbreviation. Not a digit: "12 p." and
 * "12p." are alike. Beyond ASCII not any byte: a no-break space stands in "et al.", and a
 * quote before "Fig.". */
static bool is_in_word(uint32_t code) {
  if (code >= 0x80) return bb_char_class_of(code).flags & BB_CHAR_WORD;
  return code == '.' || ((code | 0x20) >= 'a' && (code | 0x20) <= 'z');
}

/* The word that ends right before byte `at`, letters and inner full stops. */
static biobert_str word_before(biobert_str text, size_t first, size_t at) {
  size_t start = at;
  while (start > first) {
    size_t back = 1;
    while (back < 4 && start - back > first && (text.data[start - back] & 0xC0) == 0x80)
      back++;
    uint32_t code;
    bb_utf8_next(text.data + start - back, text.data + start, &code);
    if (!is_in_word(code)) break;
    start -= back;
  }
  return (biobert_str){text.data + start, at - start};
}

static bool is_abbreviation(biobert_str word) {
  if (word.len == 1 && word.data[0] >= 'A' && word.data[0] <= 'Z')
    return true; /* initial */
  for (size_t i = 0; i < sizeof abbreviations / sizeof abbreviations[0]; i++) {
    const char *known = abbreviations[i];
    if (strlen(known) != word.len) continue;
    size_t same = 0;
    while (same < word.len && (word.data[same] | 0x20) == (known[same] | 0x20)) same++;
    if (same == word.len) return true;
  }
  return false;
}

/* Does the sentence that began at `first` end with the mark at [at, at + bytes)? If so
 * *end is behind it and its closing quotes. */
static bool ends_here(biobert_str text, size_t first, size_t at, size_t bytes,
                      uint32_t mark, size_t *end) {
  size_t stop = at + bytes;
  uint32_t code = 0;
  while (stop < text.len) {
    size_t more = bb_utf8_next(text.data + stop, text.data + text.len, &code);
    if (!is_closing(code) && !is_stop(code)) break;
    stop += more;
  }
  *end = stop;
  if (stop == text.len || is_wide_stop(mark)) return true;
  if (!is_space(code)) return false;
  size_t newlines;
  size_t next = skip_spaces(text, stop, &newlines);
  if (next == text.len) return true;
  bb_utf8_next(text.data + next, text.data + text.len, &code);
  if (!can_begin(code)) return false;
  return mark != '.' || !is_abbreviation(word_before(text, first, at));
}

bool bb_next_sentence(biobert_str text, size_t from, biobert_span *out) {
  size_t newlines;
  size_t first = skip_spaces(text, from, &newlines);
  if (first >= text.len) return false;
  size_t at = first, last = first; /* last: behind the last character that is no space */
  while (at < text.len) {
    uint32_t code;
    size_t bytes = bb_utf8_next(text.data + at, text.data + text.len, &code);
    if (is_space(code)) {
      size_t next = skip_spaces(text, at, &newlines);
      if (newlines > 1) break; /* an empty line: a new paragraph */
      at = next;
      continue;
    }
    size_t end;
    if ((is_stop(code) || is_wide_stop(code)) &&
        ends_here(text, first, at, bytes, code, &end)) {
      last = end;
      break;
    }
    at += bytes;
    last = at;
  }
  *out = (biobert_span){first, last};
  return true;
}
