/* identifiers.c */
#include "records/identifiers.h"

#include <stddef.h>
#include <string.h>

#include "base/ascii.h"
#include "records/text_buffer.h"

static size_t digits(biobert_str text) {
  size_t n = 0;
  while (n < text.len && bb_is_digit(text.data[n])) n++;
  return n;
}

/* DOI -------------------------------------------------------------------------------- */

/* "10.1000/" or "10.1000.10/" and something behind it. */
static bool is_doi_prefix(biobert_str text) {
  if (!bb_starts_with(text, "10.")) return false;
  size_t at = 3;
  while (at < text.len && (bb_is_digit(text.data[at]) || text.data[at] == '.')) at++;
  return at > 3 && at + 1 < text.len && text.data[at] == '/' &&
         !bb_is_space(text.data[at + 1]);
}

/* A "/" that a URL has as "%2F" is not decoded here: such a link is none of a DOI. */
static bool ends_doi(char c) {
  return bb_is_space(c) || c == '"' || c == '{' || c == '}' || c == '|';
}

enum { BRACKETS = 3 };
static const char opening[] = "([<", closing[] = ")]>";

/* How many brackets of each kind close what is not open. */
static void count_surplus(biobert_str text, ptrdiff_t surplus[BRACKETS]) {
  for (int kind = 0; kind < BRACKETS; kind++) {
    surplus[kind] = 0;
    for (size_t i = 0; i < text.len; i++)
      surplus[kind] += (text.data[i] == closing[kind]) - (text.data[i] == opening[kind]);
  }
}

/* Punctuation of the sentence, and brackets that the DOI does not open itself. */
static size_t without_punctuation(biobert_str doi) {
  ptrdiff_t surplus[BRACKETS];
  size_t len = doi.len;
  count_surplus(doi, surplus);
  while (len) {
    const char last = doi.data[len - 1];
    const char *bracket = last ? strchr(closing, last) : NULL;
    if (bracket ? surplus[bracket - closing]-- <= 0 : !strchr(".,;:'", last)) break;
    len--;
  }
  return len;
}

biobert_str bb_find_doi(biobert_str value) {
  enum { LONGEST = 2048 };
  for (size_t at = 0; at + 4 < value.len; at++) {
    biobert_str doi = bb_from(value, at);
    if (at > 0 && (bb_is_digit(value.data[at - 1]) || value.data[at - 1] == '.'))
      continue;
    if (!is_doi_prefix(doi)) continue;
    size_t len = 0;
    while (len < doi.len && len < LONGEST && !ends_doi(doi.data[len])) len++;
    if (len == LONGEST) break;
    doi.len = len;
    doi.len = without_punctuation(doi);
    return doi;
  }
  return (biobert_str){NULL, 0};
}

/* PMID, PMCID ------------------------------------------------------------------------ */

/* The digits are all that is there, but for a word or bracket of what they are. */
static biobert_str after_last_slash(biobert_str text) {
  while (text.len && text.data[text.len - 1] == '/') text.len--;
  for (size_t at = text.len; at > 0; at--)
    if (text.data[at - 1] == '/') return bb_from(text, at);
  return text;
}

static biobert_str after_label(biobert_str text, const char *label) {
  if (bb_starts_as(text, label)) text = bb_trimmed(bb_from(text, strlen(label)));
  while (text.len && (text.data[0] == ':' || bb_is_space(text.data[0])))
    text = bb_from(text, 1);
  return text;
}

int64_t bb_find_pmid(biobert_str value) {
  enum { MOST_DIGITS = 10 };
  value = bb_trimmed(value);
  if (bb_starts_as(value, "http")) value = after_last_slash(value);
  value = after_label(value, "pmid");
  const size_t n = digits(value);
  const biobert_str rest = bb_trimmed(bb_from(value, n));
  if (n == 0 || n > MOST_DIGITS) return 0;
  if (rest.len && !bb_starts_as(rest, "[pmid]") && !bb_starts_as(rest, "[uid]")) return 0;
  int64_t pmid = 0;
  for (size_t i = 0; i < n; i++) pmid = pmid * 10 + (value.data[i] - '0');
  return pmid;
}

biobert_str bb_find_pmcid(biobert_str value) {
  enum { MOST_DIGITS = 10 };
  value = bb_trimmed(value);
  if (bb_starts_as(value, "http")) value = after_last_slash(value);
  value = after_label(value, "pmcid");
  if (!bb_starts_as(value, "pmc")) return (biobert_str){NULL, 0};
  value = bb_from(value, 3);
  const size_t n = digits(value);
  if (n == 0 || n > MOST_DIGITS) return (biobert_str){NULL, 0};
  return (biobert_str){value.data, n};
}
