/* plain_words.c - a text's words: runs of letters, digits, _ and everything beyond ASCII,
 * as FTS5's tokenizers cut them, or coarser; FTS5 then cuts a quoted run for itself. */
#include "index/plain_words.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"

enum { MIN_LETTERS = 3 };

/* Sorted. They match everything and carry nothing. */
static const char *const function_words[] = {
    "a",     "about", "after", "all",   "also",  "an",    "and",   "any",   "are",
    "as",    "at",    "be",    "been",  "but",   "by",    "can",   "could", "did",
    "do",    "does",  "for",   "from",  "had",   "has",   "have",  "how",   "i",
    "if",    "in",    "into",  "is",    "it",    "its",   "may",   "more",  "most",
    "no",    "not",   "of",    "on",    "or",    "other", "our",   "s",     "should",
    "so",    "some",  "such",  "than",  "that",  "the",   "their", "them",  "then",
    "there", "these", "they",  "this",  "those", "to",    "was",   "we",    "were",
    "what",  "when",  "where", "which", "while", "who",   "why",   "will",  "with",
    "would", "you",
};

static bool is_word_byte(char c) {
  return bb_is_letter(c) || bb_is_digit(c) || c == '_' || (c & 0x80);
}

bool biobert_next_word(biobert_str text, size_t *at, biobert_str *word) {
  size_t start = *at;
  while (start < text.len && !is_word_byte(text.data[start])) start++;
  size_t end = start;
  while (end < text.len && is_word_byte(text.data[end])) end++;
  *at = end;
  *word = (biobert_str){text.data + start, end - start};
  return end > start;
}

/* As strcmp(), without regard to the case of the word. */
static int compare(biobert_str word, const char *with) {
  for (size_t i = 0; i < word.len; i++)
    if (bb_lower(word.data[i]) != with[i])
      return (unsigned char)bb_lower(word.data[i]) < (unsigned char)with[i] ? -1 : 1;
  return with[word.len] ? -1 : 0;
}

bool biobert_is_function_word(biobert_str word) {
  size_t low = 0, high = sizeof function_words / sizeof *function_words;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const int order = compare(word, function_words[middle]);
    if (order == 0) return true;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return false;
}

/* Beyond ASCII: no controls and signs of Latin-1, no punctuation, arrows, mathematics or
 * shapes, nothing private, nothing ill-formed. */
static bool is_letter_beyond_ascii(uint32_t code) {
  static const struct {
    uint32_t first, last;
  } others[] = {
      {0x0080, 0x00BF},
      {0x00D7, 0x00D7},
      {0x00F7, 0x00F7},
      {0x2000, 0x2BFF},
      {0x3000, 0x303F},
      {0xD800, 0xF8FF},
      {0xFE00, 0xFE6F},
      {0xFF00, 0xFF20},
      {0xFFF0, 0xFFFF},
  };
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (code >= others[i].first && code <= others[i].last) return false;
  return true;
}

bool bb_is_plain_word(biobert_str word) {
  size_t letters = 0;
  uint32_t code;
  if (word.len > BB_MAX_WORD_BYTES) return false;
  const char *end = word.data + word.len;
  for (const char *p = word.data; p < end; letters++) {
    p += bb_utf8_next(p, end, &code);
    if (code < 0x80 ? !bb_is_letter((char)code) : !is_letter_beyond_ascii(code))
      return false;
  }
  return letters >= MIN_LETTERS;
}
