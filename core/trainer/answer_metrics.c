/* answer_metrics.c - SQuAD's normalised comparison of two answers. */
#include <string.h>

#include "base/mem.h"
#include "trainer/metrics.h"

static bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_punctuation(char c) { /* Python's string.punctuation */
  return c && strchr("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", c) != NULL;
}

static bool is_article(biobert_str word) {
  static const char *const articles[] = {"a", "an", "the"};
  for (size_t i = 0; i < sizeof articles / sizeof *articles; i++)
    if (word.len == strlen(articles[i]) && memcmp(word.data, articles[i], word.len) == 0)
      return true;
  return false;
}

typedef struct words {
  char *text; /* what the words are views of */
  biobert_str *items;
  size_t count;
} words;

static void free_words(words *w) {
  bb_free(NULL, w->text);
  bb_free(NULL, w->items);
}

/* Lower case of ASCII letters: both sides are of one text, so others seldom differ. */
static bool split(biobert_str text, words *out) {
  *out = (words){bb_alloc(NULL, text.len, 1),
                 bb_alloc(NULL, text.len / 2 + 1, sizeof *out->items), 0};
  if (!out->text || !out->items) return false;
  size_t bytes = 0;
  for (size_t i = 0; i < text.len; i++) {
    const char c = text.data[i];
    if (is_punctuation(c)) continue;
    out->text[bytes++] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
  }
  for (size_t i = 0; i < bytes; i++) {
    size_t start = i;
    while (i < bytes && !is_space(out->text[i])) i++;
    const biobert_str word = {out->text + start, i - start};
    if (word.len && !is_article(word)) out->items[out->count++] = word;
  }
  return true;
}

static int by_bytes(const void *a, const void *b) {
  const biobert_str *x = a, *y = b;
  const int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
  return order ? order : (x->len > y->len) - (x->len < y->len);
}

static bool equal(const words *a, const words *b) {
  if (a->count != b->count) return false;
  for (size_t i = 0; i < a->count; i++)
    if (by_bytes(&a->items[i], &b->items[i]) != 0) return false;
  return true;
}

/* Words in both, as often as in the one that has fewer. Sorts both. */
static size_t common(words *a, words *b) {
  size_t i = 0, j = 0, count = 0;
  if (a->count) qsort(a->items, a->count, sizeof *a->items, by_bytes);
  if (b->count) qsort(b->items, b->count, sizeof *b->items, by_bytes);
  while (i < a->count && j < b->count) {
    const int order = by_bytes(&a->items[i], &b->items[j]);
    count += order == 0;
    i += order <= 0;
    j += order >= 0;
  }
  return count;
}

bool bb_answer_compare(biobert_str predicted, biobert_str expected,
                       bb_answer_score *out) {
  words a, b = {0};
  const bool there = split(predicted, &a) && split(expected, &b);
  if (there) {
    out->exact = equal(&a, &b);
    const size_t shared = out->exact ? a.count : common(&a, &b);
    const bool empty = a.count == 0 || b.count == 0;
    out->f1 = empty ? out->exact : 2.0 * (double)shared / (double)(a.count + b.count);
  }
  free_words(&a);
  free_words(&b);
  return there;
}
