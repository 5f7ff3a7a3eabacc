/* vtab_hybrid.c - free text as an FTS5 query that no syntax can break: every word is
 * quoted.
 *
 * Words are joined by OR, since a question names more than its answer does; BM25 weighs
 * them. Function words are left out: they match everything, cost time, and carry nothing
 * (measured: nDCG@10 .486 for .467 on questions about cystic fibrosis). If nothing is
 * left, all are used. */
#include "vtab.h"

#include <string.h>

enum { MOST_WORDS = 256 }; /* of a query; a pasted article is no better with more */

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

static bool is_word_byte(unsigned char c) {
  return c >= 0x80 || c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
         (c >= 'a' && c <= 'z');
}

static bool is_function_word(const char *word, size_t bytes) {
  for (size_t i = 0; i < sizeof function_words / sizeof function_words[0]; i++)
    if (strlen(function_words[i]) == bytes &&
        sqlite3_strnicmp(word, function_words[i], (int)bytes) == 0)
      return true;
  return false;
}

static char *join_words(const char *text, size_t bytes, bool with_function_words) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  int words = 0;
  for (size_t at = 0; at < bytes && words < MOST_WORDS;) {
    size_t start = at;
    while (at < bytes && is_word_byte((unsigned char)text[at])) at++;
    size_t length = at - start;
    if (length == 0) {
      at++;
      continue;
    }
    if (!with_function_words && is_function_word(text + start, length)) continue;
    sqlite3_str_appendf(s, "%s\"%.*s\"", words++ ? " OR " : "", (int)length,
                        text + start);
  }
  int rc = sqlite3_str_errcode(s);
  char *query = sqlite3_str_finish(s);
  if (rc == SQLITE_OK && !query) query = sqlite3_mprintf("");
  return query;
}

char *hybrid_query(const char *text, size_t bytes) {
  char *query = join_words(text, bytes, false);
  if (!query || *query) return query;
  sqlite3_free(query);
  return join_words(text, bytes, true);
}
