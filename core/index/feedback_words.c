/* feedback_words.c - which words the best documents of a search have more often than
 * others: the lexical half's step of feedback.
 *
 * A word's value is (sum over the documents of weight x count / length) x log(N / df), N
 * documents of which df have the word. Words are compared as they are written, without
 * regard to the case of ASCII's letters; df is what FTS5 says, so of all forms that have
 * the word's stem. Function words, what has a digit, and the question's own words are
 * left out.
 *
 * Only the value of a few words is computed: their share bounds it, since words that next
 * to no document has are not chosen, and words come by falling share until none that is
 * left can be among the best. For the same reason df is counted no further than it may
 * reach. */
#include "index/feedback_words.h"

#include <math.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/status.h"
#include "index/plain_words.h"

enum {
  FEW_OF =
      1000, /* a word of no more than one document, and one in so many, is not chosen */
  MANY_OF = 4, /* nor one of one document in so many */
};

/* Of a document, in bytes: an abstract. What a paper is about is said at its beginning;
 * with all of it the words of methods and references come first on collections of full
 * texts, and the time would grow with the documents (tests/recall/README.md). */
enum { TEXT_BYTES = 2000 };

void bb_feedback_words_free(bb_feedback_words *f) {
  for (size_t i = 0; i < f->text_count; i++) bb_free(f->allocator, f->texts[i]);
  bb_free(f->allocator, f->all);
  f->text_count = 0;
  f->all = NULL;
}

/* Collecting ------------------------------------------------------------------------- */

/* A folded copy that lives as long as f. data NULL: no memory. */
static biobert_str keep_folded(bb_feedback_words *f, biobert_str text) {
  char *folded = bb_alloc(f->allocator, text.len, 1);
  if (!folded) return (biobert_str){NULL, 0};
  for (size_t i = 0; i < text.len; i++) folded[i] = bb_lower(text.data[i]);
  f->texts[f->text_count++] = folded;
  return (biobert_str){folded, text.len};
}

static size_t count_words(biobert_str text) {
  biobert_str word;
  size_t at = 0, count = 0;
  while (biobert_next_word(text, &at, &word)) count++;
  return count;
}

/* Each of the text's words that may be chosen, with a share. */
static bool add_words(bb_feedback_words *f, biobert_str text, double share) {
  biobert_str word;
  size_t at = 0;
  while (biobert_next_word(text, &at, &word)) {
    if (!bb_is_plain_word(word) || biobert_is_function_word(word)) continue;
    if (!bb_grow(f->allocator, (void **)&f->all, &f->capacity, f->count, sizeof *f->all))
      return false;
    f->all[f->count++] = (bb_occurrence){word, share};
  }
  return true;
}

/* The beginning of a text, cut between two words. */
static biobert_str beginning_of(biobert_str text) {
  biobert_str word;
  if (text.len <= TEXT_BYTES) return text;
  size_t at = 0, end = 0;
  while (biobert_next_word(text, &at, &word) && at <= TEXT_BYTES) end = at;
  return (biobert_str){text.data, end};
}

bool bb_feedback_words_add(bb_feedback_words *f, biobert_str text, double weight) {
  if (!text.data) return true;
  text = keep_folded(f, beginning_of(text));
  const size_t length = count_words(text);
  return text.data && (length == 0 || add_words(f, text, weight / (double)length));
}

bool bb_feedback_words_leave_out(bb_feedback_words *f, biobert_str question) {
  if (!question.data) return true;
  question = keep_folded(f, question);
  return question.data && add_words(f, question, -(double)INFINITY);
}

/* Merging ---------------------------------------------------------------------------- */

static int compare_words(biobert_str a, biobert_str b) {
  const size_t shorter = a.len < b.len ? a.len : b.len;
  const int order = memcmp(a.data, b.data, shorter);
  if (order != 0) return order;
  return a.len < b.len ? -1 : a.len > b.len;
}

/* By word, then by share: sums come out the same in every order of the texts' words. */
static int by_word(const void *x, const void *y) {
  const bb_occurrence *a = x, *b = y;
  const int order = compare_words(a->word, b->word);
  if (order != 0) return order;
  return a->share < b->share ? -1 : a->share > b->share;
}

static int by_share(const void *x, const void *y) {
  const bb_occurrence *a = x, *b = y;
  if (a->share != b->share) return a->share > b->share ? -1 : 1;
  return compare_words(a->word, b->word);
}

/* Each word once, by falling share. */
static void merge(bb_feedback_words *f) {
  size_t kept = 0;
  if (f->count == 0) return;
  qsort(f->all, f->count, sizeof *f->all, by_word);
  for (size_t i = 1; i < f->count; i++) {
    if (compare_words(f->all[kept].word, f->all[i].word) == 0)
      f->all[kept].share += f->all[i].share;
    else
      f->all[++kept] = f->all[i];
  }
  f->count = kept + 1;
  qsort(f->all, f->count, sizeof *f->all, by_share);
}

/* Choosing --------------------------------------------------------------------------- */

/* The best so far, by falling value. */
typedef struct best_words {
  bb_feedback_word *words; /* [BB_FEEDBACK_WORDS] */
  size_t count;
} best_words;

/* What a value has to exceed. */
static double floor_of(const best_words *best) {
  return best->count < BB_FEEDBACK_WORDS ? 0 : best->words[best->count - 1].value;
}

static void put(best_words *best, bb_feedback_word word) {
  if (!(word.value > floor_of(best))) return;
  size_t at = best->count < BB_FEEDBACK_WORDS ? best->count++ : best->count - 1;
  for (; at > 0 && best->words[at - 1].value < word.value; at--)
    best->words[at] = best->words[at - 1];
  best->words[at] = word;
}

/* Of documents that have a word, for it to be chosen: more than `few`, fewer than
 * `many`. */
typedef struct wanted_range {
  double documents, few, many;
} wanted_range;

/* A word of these papers alone finds no others; one of every fourth sets nothing apart. */
static wanted_range wanted_of(size_t documents) {
  const double n = (double)documents;
  return (wanted_range){n, 1 + n / FEW_OF, n / MANY_OF};
}

/* Words of this share that so many documents have are not among the best: any more need
 * not be counted. */
static size_t limit_of(const best_words *best, double share, const wanted_range *wanted) {
  const double enough = wanted->documents * exp(-floor_of(best) / share);
  return (size_t)ceil(enough < wanted->many ? enough : wanted->many);
}

biobert_status bb_feedback_words_choose(bb_feedback_words *f, size_t documents,
                                        const biobert_lexicon *lexicon,
                                        bb_feedback_word words[BB_FEEDBACK_WORDS],
                                        size_t *count, biobert_error *err) {
  const wanted_range wanted = wanted_of(documents);
  best_words best = {words, 0};
  *count = 0;
  merge(f);
  for (size_t i = 0; i < f->count; i++) {
    const bb_occurrence *o = &f->all[i];
    size_t having;
    if (!(o->share * log(wanted.documents / wanted.few) > floor_of(&best))) break;
    biobert_status status = lexicon->count(
        lexicon->ctx, o->word, limit_of(&best, o->share, &wanted), &having, err);
    if (status) return status;
    const double n = (double)having;
    if (n > wanted.few && n < wanted.many)
      put(&best,
          (bb_feedback_word){o->word, o->share * log(wanted.documents / n), having});
  }
  *count = best.count;
  return BIOBERT_OK;
}
