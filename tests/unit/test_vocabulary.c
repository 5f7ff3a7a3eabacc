/* Spec of biobert_vocabulary_learn(): which tokens, against the same computed in the
 * simplest way; and hostile texts, interrupts and failing allocations. */
#include "check.h"

#include "asker.h"
#include "base/mem.h"
#include "base/mem_fault.h"
#include "base/status.h"
#include "random.h"
#include "text/tokenizer.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define SPECIALS "[PAD] [UNK] [CLS] [SEP] [MASK]"

static biobert_error err;

/* Learning --------------------------------------------------------------------------- */

/* The tokens with spaces between them; the caller frees *out. */
static biobert_status learn(const biobert_str *texts, size_t count, int64_t size,
                            const char *options, asker *asks, char **out) {
  const biobert_session_options how = {.cancel = asks ? ask : NULL, .cancel_ctx = asks};
  biobert_vocabulary *v = NULL;
  biobert_str text;
  biobert_status status = biobert_vocabulary_new(size, bb_str(options), &how, &v, &err);
  for (size_t i = 0; i < count && !status; i++)
    status = biobert_vocabulary_add(v, texts[i], &err);
  if (!status) status = biobert_vocabulary_learn(v, &text, &err);
  if (!status) {
    *out = bb_copy_str(NULL, (biobert_str){text.data, text.len - 1});
    if (!*out) status = BIOBERT_NOMEM;
  }
  for (char *at = status ? NULL : *out; at && (at = strchr(at, '\n'));) *at = ' ';
  biobert_vocabulary_free(v);
  return status;
}

static void check_learns(const biobert_str *texts, size_t count, int64_t size,
                         const char *options, const char *expected) {
  char *tokens = NULL;
  CHECK_INT(learn(texts, count, size, options, NULL, &tokens), BIOBERT_OK);
  CHECK_STR(tokens ? tokens : err.message, expected);
  bb_free(NULL, tokens);
}

static void test_tokens(void) {
  static const struct {
    const char *says, *text;
    int64_t size;
    const char *options, *expected;
  } rows[] = {
  /* clang-format off */
      {"no words leave the special tokens", "", 100, "", SPECIALS},
      {"the pair that occurs most often is joined first, of equal ones the first by name",
       "abc abd abc abd", 15, "",
       SPECIALS " a b c d ##a ##b ##c ##d ab abc"},
      {"letters that occur less than min_count times are no tokens, nor are words of them "
       "learnt from", "ab ab abz abz abq", 100, "{\"min_count\": 3}",
       SPECIALS " a b ##a ##b"},
      {"words are lower-cased without accents", "\xC3\x89t\xC3\xA9 ete", 100, "",
       SPECIALS " e t ##e ##t ##te ete"},
      {"or they are not", "\xC3\x89 \xC3\x89", 100, "{\"lowercase\": false}",
       SPECIALS " \xC3\x89 ##\xC3\x89"},
      {"punctuation is a word and is inside of none", "a.a.", 100, "",
       SPECIALS " . a ##a"},
      {"so are Chinese characters", "\xE4\xB8\xAD\xE4\xB8\xAD", 100, "",
       SPECIALS " \xE4\xB8\xAD"},
      {"names of special tokens are no words", "[SEP] a [CLS]a[MASK][MASK]", 100, "",
       SPECIALS " a ##a"},
      {"in another spelling they are", "[sep] [sep]", 12, "{\"min_count\": 2}",
       SPECIALS " [ ] e p ##e ##p"},
      {"the most frequent letters are taken where not all fit", "c c c b b a a a", 9, "",
       SPECIALS " a c ##a ##c"},
      {"a letter that occurs twice in a word counts twice", "aa", 100, "",
       SPECIALS " a ##a"},
      {"what overlaps is joined from the left", "aaaa aaaa", 100, "",
       SPECIALS " a ##a ##aa ##aaa aaaa"},
      {"a null option is none", "a a", 100, "{\"min_count\": null}", SPECIALS " a ##a"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    const biobert_str text = bb_str(rows[i].text);
    check_begin(rows[i].says);
    check_learns(&text, 1, rows[i].size, rows[i].options, rows[i].expected);
  }
}

static void test_refusals(void) {
  static const struct {
    const char *says;
    int64_t size;
    const char *options, *message;
  } rows[] = {
  /* clang-format off */
      {"a vocabulary of nothing",    0,            "", "6 to 4000000 can be had"},
      {"of less than nothing",       -1,           "", "6 to 4000000 can be had"},
      {"of 10^9 tokens",             1000000000,   "", "6 to 4000000 can be had"},
      {"an option that is none",     100, "{\"limit\": 1}", "not one of: lowercase, min_count"},
      {"options that are a list",    100, "[]",             "a JSON object was expected"},
      {"options that are no JSON",   100, "{",              "options"},
      {"a count of nothing",         100, "{\"min_count\": 0}", "from 1 to 1000000000"},
      {"a fraction",                 100, "{\"min_count\": 1.5}", "from 1 to 1000000000"},
      {"a text for true",            100, "{\"lowercase\": \"no\"}", "not \"no\""},
  /* clang-format on */
  };
  check_begin("what is out of range is refused, and the message says what is not");
  for (size_t i = 0; i < COUNT(rows); i++) {
    char *tokens = NULL;
    check_context("%s", rows[i].says);
    CHECK_INT(learn(NULL, 0, rows[i].size, rows[i].options, NULL, &tokens),
              BIOBERT_RANGE);
    if (!CHECK(strstr(err.message, rows[i].message) != NULL))
      printf("  %s\n", err.message);
  }
}

/* In the simplest way ---------------------------------------------------------------- */

enum { WORDS = 40, LETTERS = 12, PIECE = 24, MAX_TOKENS = 200 };

typedef char piece[PIECE]; /* as a vocabulary spells it */

typedef struct simple_word {
  piece parts[LETTERS];
  size_t count;
} simple_word;

static void joined(const piece left, const piece right, piece out) {
  snprintf(out, PIECE, "%.9s%.9s", left, right + 2);
}

/* Whether a pair comes before another of the same count. */
static bool first_of_equals(const piece *a, const piece *b) {
  piece x, y;
  joined(a[0], a[1], x);
  joined(b[0], b[1], y);
  int order = strcmp(x, y);
  return order ? order < 0 : strlen(a[0]) < strlen(b[0]);
}

static size_t occurrences(const simple_word *words, const char *left, const char *right) {
  size_t count = 0;
  for (size_t i = 0; i < WORDS; i++)
    for (size_t at = 0; at + 1 < words[i].count; at++)
      count += strcmp(words[i].parts[at], left) == 0 &&
               strcmp(words[i].parts[at + 1], right) == 0;
  return count;
}

/* The pair to be joined; how often it occurs. */
static size_t best_pair(const simple_word *words, piece pair[2]) {
  size_t best = 0;
  for (size_t i = 0; i < WORDS; i++)
    for (size_t at = 0; at + 1 < words[i].count; at++) {
      const piece *here = &words[i].parts[at];
      size_t count = occurrences(words, here[0], here[1]);
      if (count < best || (count == best && !first_of_equals(here, (const piece *)pair)))
        continue;
      best = count;
      memcpy(pair, here, 2 * sizeof *here);
    }
  return best;
}

static void join_everywhere(simple_word *words, piece pair[2], const piece whole) {
  for (size_t i = 0; i < WORDS; i++) {
    simple_word *w = &words[i];
    for (size_t at = 0; at + 1 < w->count; at++) {
      if (strcmp(w->parts[at], pair[0]) != 0 || strcmp(w->parts[at + 1], pair[1]) != 0)
        continue;
      memcpy(w->parts[at], whole, PIECE);
      memmove(w->parts[at + 1], w->parts[at + 2], (w->count - at - 2) * PIECE);
      w->count--;
    }
  }
}

/* Words of three letters, in which all are. */
static void random_words(simple_word *words, char *text) {
  strcpy(text, "abc abc");
  for (size_t i = 0; i < WORDS; i++) {
    words[i].count = i < 2 ? 3 : 1 + random_below(7);
    if (i >= 2) strcat(text, " ");
    for (size_t at = 0; at < words[i].count; at++) {
      const char letter = (char)('a' + (i < 2 ? at : random_below(3)));
      snprintf(words[i].parts[at], PIECE, "%s%c", at ? "##" : "", letter);
      if (i >= 2) strncat(text, &letter, 1);
    }
  }
}

static void learn_simply(simple_word *words, size_t size, char *tokens) {
  strcpy(tokens, SPECIALS " a b c ##a ##b ##c");
  size_t count = 11;
  piece pair[2], whole;
  while (count < size && best_pair(words, pair) >= 2) {
    joined(pair[0], pair[1], whole);
    join_everywhere(words, pair, whole);
    char spaced[PIECE + 2];
    snprintf(spaced, sizeof spaced, " %s ", whole);
    strcat(tokens, " ");
    if (!strstr(tokens, spaced)) {
      strcat(tokens, whole);
      count++;
    } else {
      tokens[strlen(tokens) - 1] = '\0';
    }
  }
}

static void test_simply(void) {
  enum { TRIES = 100 };
  check_begin("the tokens are those of counting all pairs anew for each");
  for (int i = 0; i < TRIES; i++) {
    static char text[4096], expected[8192];
    static simple_word words[WORDS];
    random_words(words, text);
    const size_t size = 11 + random_below(MAX_TOKENS / 2);
    learn_simply(words, size, expected);
    const biobert_str whole = bb_str(text);
    check_context("%d: %s", i, text);
    check_learns(&whole, 1, (int64_t)size, "", expected);
  }
}

/* Orders, hard texts ----------------------------------------------------------------- */

static const char *const sentences[] = {
    "Aspirin reduced the risk of stroke in patients with cancer.",
    "The kinase binds (Fig. 1) to DNA; the kinases bind to DNA.",
    "Patients with stroke were given aspirin, insulin or neither.",
    "Reduced risks of strokes: the patient's cancers.",
};

static void test_order(void) {
  enum { TEXTS = COUNT(sentences) };
  biobert_str texts[TEXTS], turned[TEXTS];
  char *a = NULL, *b = NULL;
  for (size_t i = 0; i < TEXTS; i++)
    turned[TEXTS - 1 - i] = texts[i] = bb_str(sentences[i]);
  check_begin("the order of the texts does not matter");
  CHECK_INT(learn(texts, TEXTS, 80, "", NULL, &a), BIOBERT_OK);
  CHECK_INT(learn(turned, TEXTS, 80, "", NULL, &b), BIOBERT_OK);
  CHECK_STR(a, b);
  bb_free(NULL, a);
  bb_free(NULL, b);
}

/* Whether a token is none of [UNK]. */
static bool is_known(void *ctx, const bb_token *token) {
  const bb_tokenizer *t = ctx;
  CHECK(token->id != t->unk);
  return true;
}

static void test_tokenizer(void) {
  check_begin("a tokenizer with the vocabulary knows all words that it was learnt from");
  biobert_vocabulary *v = NULL;
  biobert_str lines;
  bb_tokenizer t = {
      .normalizer = {true, true, true, true}
  };
  CHECK_INT(biobert_vocabulary_new(120, bb_str("{\"min_count\": 1}"), NULL, &v, &err),
            BIOBERT_OK);
  for (size_t i = 0; i < COUNT(sentences); i++)
    CHECK_INT(biobert_vocabulary_add(v, bb_str(sentences[i]), &err), BIOBERT_OK);
  CHECK_INT(biobert_vocabulary_learn(v, &lines, &err), BIOBERT_OK);
  CHECK_INT(bb_vocab_new(&t.vocab, &err), BIOBERT_OK);
  CHECK_INT(bb_vocab_add_lines(t.vocab, lines, "test", &err), BIOBERT_OK);
  CHECK_INT((long long)bb_vocab_size(t.vocab), 120);
  CHECK_INT(bb_tokenizer_finish(&t, &err), BIOBERT_OK);
  CHECK_INT((long long)t.mask, BB_MASK);
  for (size_t i = 0; i < COUNT(sentences); i++)
    CHECK_INT(bb_tokenize(&t, bb_str(sentences[i]), is_known, &t, &(bb_call){0}, &err),
              BIOBERT_OK);
  bb_tokenizer_free(&t);
  biobert_vocabulary_free(v);
}

/* `count` times c; the caller frees it. */
static char *repeated(char c, size_t count) {
  char *text = bb_alloc(NULL, count + 1, 1);
  memset(text, c, count);
  text[count] = '\0';
  return text;
}

static void test_hard_texts(void) {
  static const char ill_formed[] = "\xFF\xC3 a\0b\xED\xA0\x80 ab\0";
  check_begin("NULs and ill-formed bytes are left out, as the tokenizer does");
  check_learns(&(biobert_str){ill_formed, sizeof ill_formed - 1}, 1, 100, "",
               SPECIALS " a b ##a ##b ab");
  check_begin("a word of 100 letters is learnt from, one of 101 is not");
  char *word = repeated('a', 101);
  check_learns(&(biobert_str){word, 101}, 1, 100, "", SPECIALS);
  check_learns(&(biobert_str){word, 100}, 1, 9, "", SPECIALS " a ##a ##aa ##aaaa");
  bb_free(NULL, word);
  check_begin("a word of 10 MB is no word");
  enum { LONG = 10000000 };
  word = repeated('a', LONG);
  check_learns(&(biobert_str){word, LONG}, 1, 100, "", SPECIALS);
  bb_free(NULL, word);
}

/* Interrupts, memory ----------------------------------------------------------------- */

/* Many different words of few letters. */
static char *many_words(size_t count) {
  enum { WORD_BYTES = 9 };
  char *text = bb_alloc(NULL, count * WORD_BYTES + 1, 1), *at = text;
  for (size_t i = 0; i < count; i++) {
    for (int j = 1; j < WORD_BYTES; j++) *at++ = (char)('a' + random_below(4));
    *at++ = ' ';
  }
  *at = '\0';
  return text;
}

static void test_stops(void) {
  check_begin("counting and learning can be stopped wherever they are");
  char *text = many_words(20000), *tokens = NULL;
  const biobert_str whole = bb_str(text);
  asker never = {0};
  CHECK_INT(learn(&whole, 1, 1000, "", &never, &tokens), BIOBERT_OK);
  bb_free(NULL, tokens);
  CHECK(never.asked > 20);
  for (long n = 1; n <= never.asked; n += 1 + n / 4) {
    asker a = {.max = n};
    CHECK_INT(learn(&whole, 1, 1000, "", &a, &tokens), BIOBERT_INTERRUPTED);
    CHECK_INT(a.asked, n);
  }
  bb_free(NULL, text);
}

static void test_no_memory(void) {
  check_begin("every allocation may fail");
  char *text = many_words(1500);
  const biobert_str whole = bb_str(text);
  bool failed = true;
  for (long n = 0; failed; n += 1 + n / 16) {
    char *tokens = NULL;
    bb_mem_fail_after(n, true);
    biobert_status status = learn(&whole, 1, 300, "{\"min_count\": 1}", NULL, &tokens);
    failed = bb_mem_fail_end();
    check_context("%ld allocations", n);
    CHECK_INT(status, failed ? BIOBERT_NOMEM : BIOBERT_OK);
    if (!status) bb_free(NULL, tokens);
  }
  bb_free(NULL, text);
}

int main(void) {
  test_tokens();
  test_refusals();
  test_simply();
  test_order();
  test_tokenizer();
  test_hard_texts();
  test_stops();
  test_no_memory();
  return check_report();
}
