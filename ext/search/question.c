/* question.c - free text as an FTS5 query that no syntax can break: every word is
 * quoted.
 *
 * Words are joined by OR, since a question names more than its answer does; BM25 weighs
 * them. Function words are left out: they match everything, cost time, and carry nothing
 * (measured: nDCG@10 .486 for .467 on questions about cystic fibrosis). If nothing is
 * left, all are used.
 *
 * A text that is nothing but an identifier is one phrase: the pieces of a DOI by
 * themselves ("10", "1001", "jama") are in every other paper. */
#include "search/question.h"

#include <string.h>

#include "biobert_vectors.h"
#include "sql/sqlite_api.h"

enum { MOST_WORDS = 256 }; /* of a query; a pasted article is no better with more */

static char *join_words(biobert_str text, bool with_function_words) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  biobert_str word;
  size_t at = 0;
  int words = 0;
  while (words < MOST_WORDS && biobert_next_word(text, &at, &word)) {
    if (!with_function_words && biobert_is_function_word(word)) continue;
    sqlite3_str_appendf(s, "%s\"%.*s\"", words++ ? " OR " : "", (int)word.len, word.data);
  }
  int rc = sqlite3_str_errcode(s);
  char *query = sqlite3_str_finish(s);
  if (rc == SQLITE_OK && !query) query = sqlite3_mprintf("");
  return query;
}

/* Identifiers ------------------------------------------------------------------------ */

enum {
  LEAST_CODE_DIGITS = 5,    /* NCT01234567 and PMC12345, not COVID-19 or IL-6 */
  LEAST_DOI_REGISTRANT = 4, /* digits behind "10." */
  MOST_NUMBER_DIGITS = 9,   /* a PMID has 8 so far */
  MOST_IDENTIFIER_BYTES = 256,
};

/* What people paste in front of one, in this order. */
static const char *const identifier_prefixes[] = {
    "https://",
    "http://",
    "www.",
    "dx.doi.org/",
    "doi.org/",
    "pubmed.ncbi.nlm.nih.gov/",
    "ncbi.nlm.nih.gov/pubmed/",
    "ncbi.nlm.nih.gov/pmc/articles/",
    "pmc.ncbi.nlm.nih.gov/articles/",
    "europepmc.org/article/med/",
    "clinicaltrials.gov/study/",
    "clinicaltrials.gov/ct2/show/",
    "arxiv.org/abs/",
    "doi",
    "pmid",
    "pmcid",
    "arxiv",
};

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_around(char c) {
  return c && strchr(" \t\n\r\v\f:\"'<>[]", c);
}

static void trim(biobert_str *text) {
  while (text->len && is_around(text->data[0])) {
    text->data++;
    text->len--;
  }
  while (text->len && (is_around(text->data[text->len - 1]) ||
                       memchr(".,;/", text->data[text->len - 1], 4)))
    text->len--;
}

/* A prefix that is a word only where something else than a word follows. */
static void skip_prefix(biobert_str *text, const char *prefix) {
  size_t length = strlen(prefix);
  if (text->len <= length || sqlite3_strnicmp(text->data, prefix, (int)length) != 0)
    return;
  if (is_letter(prefix[length - 1]) && !is_around(text->data[length])) return;
  text->data += length;
  text->len -= length;
  trim(text);
}

static size_t count_digits(biobert_str text, size_t from) {
  size_t end = from;
  while (end < text.len && is_digit(text.data[end])) end++;
  return end - from;
}

/* 10.1001/jama.2020.12345: any printable characters behind the slash, spaces no. */
static bool is_doi(biobert_str text) {
  if (text.len < 3 || memcmp(text.data, "10.", 3) != 0) return false;
  size_t slash = 3 + count_digits(text, 3);
  if (slash < 3 + LEAST_DOI_REGISTRANT) return false;
  while (slash < text.len && (is_digit(text.data[slash]) || text.data[slash] == '.'))
    slash++;
  return slash + 1 < text.len && text.data[slash] == '/';
}

static bool is_number(biobert_str text) {
  return text.len <= MOST_NUMBER_DIGITS && count_digits(text, 0) == text.len;
}

/* NCT01234567, GSE12345, NM_000546.6, S0140-6736(20)30183-5. */
static bool is_code(biobert_str text) {
  size_t digits = 0;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.data[i];
    if (!is_digit(c) && !is_letter(c) && !memchr("_-.:/()", c, 7)) return false;
    digits += is_digit(c);
  }
  return is_letter(text.data[0]) && digits >= LEAST_CODE_DIGITS;
}

/* The text as one identifier, without what is pasted in front of it; of length 0: it is
 * something else. */
static biobert_str identifier_of(biobert_str text) {
  const biobert_str none = {"", 0};
  trim(&text);
  for (size_t i = 0; i < sizeof identifier_prefixes / sizeof identifier_prefixes[0]; i++)
    skip_prefix(&text, identifier_prefixes[i]);
  if (text.len == 0 || text.len > MOST_IDENTIFIER_BYTES) return none;
  for (size_t i = 0; i < text.len; i++)
    if ((unsigned char)text.data[i] <= ' ' || text.data[i] == '"') return none;
  return is_number(text) || is_doi(text) || is_code(text) ? text : none;
}

char *hybrid_query(const char *text, size_t bytes, bool *identifier) {
  const biobert_str typed = {text, bytes};
  biobert_str one = identifier_of(typed);
  *identifier = one.len > 0;
  if (*identifier) return sqlite3_mprintf("\"%.*s\"", (int)one.len, one.data);
  char *query = join_words(typed, false);
  if (!query || *query) return query;
  sqlite3_free(query);
  return join_words(typed, true);
}
