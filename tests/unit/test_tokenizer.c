/* Spec of core/text/tokenizer.c, with vocabularies built here; what it says is what
 * tokenizers 0.23 does (tests/golden has the same against the reference itself). */
#include "check.h"
#include "token_list.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* The initializer of a view on a literal with NULs in it. */
#define VIEW(literal)                                                                    \
  { literal, sizeof(literal) - 1 }

enum { LONG_TEXT = 10 * 1000 * 1000 };

typedef struct row {
  const char *says;
  biobert_str text;
  const char *tokens;
} row;

static void check_rows(const bb_tokenizer *t, const row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    check_begin(rows[i].says);
    /* In memory of exactly this size, so that a sanitizer sees a read behind its end. */
    char *exact = malloc(rows[i].text.len ? rows[i].text.len : 1);
    memcpy(exact, rows[i].text.data, rows[i].text.len);
    CHECK_STR(tokens_as_line(t, (biobert_str){exact, rows[i].text.len}), rows[i].tokens);
    free(exact);
  }
}

/* Lower-cased ------------------------------------------------------------------------ */

static const char uncased_words[] =
    "[PAD] [UNK] [CLS] [SEP] [MASK] a ##a b ##b c ##c e ##e i ##i k o ##o s ##s p 5 ##3 "
    "un ##aff ##able cafe ab - , . # ing ##ing mask [ ] \xCF\x83 \xCF\x82 ##\xCF\x83 "
    "\xCE\xBF ##\xCE\xBF ##\xCE\xB4 \xC2\xB5 \xCE\xBC \xC3\x9F \xCF\x89 "
    "\xE1\x84\x92 ##\xE1\x85\xA1 ##\xE1\x86\xAB \xE4\xB8\xAD \xE6\x96\x87 "
    "\xEF\xBF\xBD ; = \xC2\xB7";

static const row uncased_rows[] = {
  /* clang-format off */
    {"an empty text has no tokens", VIEW(""), ""},
    {"white space alone has no tokens", VIEW(" \t\n\xC2\xA0\xE2\x80\x83"), ""},
    {"the longest piece wins at each step", VIEW("unaffable"),
     "un:0-2/0 ##aff:2-5/0 ##able:5-9/0"},
    {"one unknown piece makes the word unknown", VIEW("unaffx able"),
     "[UNK]:0-6/0 [UNK]:7-11/1"},
    {"punctuation is a word of its own", VIEW("a-b,c."),
     "a:0-1/0 -:1-2/1 b:2-3/2 ,:3-4/3 c:4-5/4 .:5-6/5"},
    {"'##' in a text is two words and continues nothing", VIEW("##ing"),
     "#:0-1/0 #:1-2/1 ing:2-5/2"},
    {"a symbol that is no punctuation stays in its word", VIEW("a\xC2\xB1" "b"),
     "[UNK]:0-4/0"},
    {"an equals sign is punctuation in ASCII", VIEW("a=b"), "a:0-1/0 =:1-2/1 b:2-3/2"},
    {"every white space of Unicode separates",
     VIEW("a\xC2\xA0" "b\xE2\x80\xAF" "c\xE3\x80\x80" "a\xE2\x80\xA8" "b"),
     "a:0-1/0 b:3-4/1 c:7-8/2 a:11-12/3 b:15-16/4"},
    {"capitals become small", VIEW("ABC"), "ab:0-2/0 ##c:2-3/0"},
    {"accents are dropped, and the place of the letter is that of the whole",
     VIEW("\xC3\xA9\xC3\xA0"), "e:0-2/0 ##a:2-4/0"},
    {"an accent at the end of a word is not in the word's place", VIEW("cafe\xCC\x81"),
     "cafe:0-4/0"},
    {"an accent inside a word is in no piece's place", VIEW("a\xCC\x81" "b"), "ab:0-4/0"},
    {"what is dropped inside a piece is in its place", VIEW("a\xE2\x80\x8B" "b"),
     "ab:0-5/0"},
    {"what is dropped around a word is not in its place",
     VIEW("\xE2\x80\x8B" "a\xE2\x80\x8B"), "a:3-4/0"},
    {"a soft hyphen is dropped", VIEW("a\xC2\xAD" "b"), "ab:0-4/0"},
    {"a byte order mark is dropped", VIEW("\xEF\xBB\xBF" "a"), "a:3-4/0"},
    {"a NUL is dropped and joins its neighbours", VIEW("a\0b"), "ab:0-3/0"},
    {"a tabulator is white space, another control character is dropped",
     VIEW("a\tb\x01" "c"), "a:0-1/0 b:2-3/1 ##c:4-5/1"},
    {"U+FFFD is dropped", VIEW("a\xEF\xBF\xBD" "b"), "ab:0-5/0"},
    {"a private character is dropped", VIEW("a\xEE\x80\x80" "b"), "ab:0-5/0"},
    {"a final capital sigma becomes the same small one", VIEW("\xCE\x9F\xCE\x94\xCE\xA3"),
     "\xCE\xBF:0-2/0 ##\xCE\xB4:2-4/0 ##\xCF\x83:4-6/0"},
    {"the dotted capital I becomes i", VIEW("\xC4\xB0"), "i:0-2/0"},
    {"the capital sharp s becomes a small one, not ss", VIEW("\xE1\xBA\x9E"),
     "\xC3\x9F:0-3/0"},
    {"the Kelvin sign becomes k", VIEW("\xE2\x84\xAA"), "k:0-3/0"},
    {"the Ohm sign becomes omega", VIEW("\xE2\x84\xA6"), "\xCF\x89:0-3/0"},
    {"the micro sign and the letter mu stay two", VIEW("\xC2\xB5 \xCE\xBC"),
     "\xC2\xB5:0-2/0 \xCE\xBC:3-5/1"},
    {"the Greek question mark becomes a semicolon", VIEW("a\xCD\xBE" "b"),
     "a:0-1/0 ;:1-3/1 b:3-4/2"},
    {"the ano teleia becomes a middle dot", VIEW("a\xCE\x87" "b"),
     "a:0-1/0 \xC2\xB7:1-3/1 b:3-4/2"},
    {"the parts of a Hangul syllable have its place", VIEW("\xED\x95\x9C"),
     "\xE1\x84\x92:0-3/0 ##\xE1\x85\xA1:0-3/0 ##\xE1\x86\xAB:0-3/0"},
    {"every Chinese character is a word", VIEW("a\xE4\xB8\xAD\xE6\x96\x87" "b"),
     "a:0-1/0 \xE4\xB8\xAD:1-4/1 \xE6\x96\x87:4-7/2 b:7-8/3"},
    {"punctuation newer than Unicode 8 stays in its word", VIEW("a\xE2\xB9\x8F" "b"),
     "[UNK]:0-5/0"},
    {"a mark newer than Unicode 8 is kept", VIEW("a\xE1\xB7\xBB" "b"), "[UNK]:0-5/0"},
    {"a byte that is no UTF-8 is dropped and joins its neighbours", VIEW("a\xFF" "b"),
     "ab:0-3/0"},
    {"a character that is cut off at the end is dropped", VIEW("a\xE4\xB8"), "a:0-1/0"},
    {"a character that is cut off before a letter is dropped", VIEW("a\xF0\x9F\x98" "b"),
     "ab:0-5/0"},
    {"an overlong form is dropped", VIEW("a\xC1\x81" "b"), "ab:0-4/0"},
    {"a lone surrogate is dropped", VIEW("a\xED\xA0\x80" "b"), "ab:0-5/0"},
    {"what lies beyond U+10FFFF is dropped", VIEW("a\xF4\x90\x80\x80" "b"), "ab:0-6/0"},
    {"a special token is found inside a word, and ends it", VIEW("a[MASK]b"),
     "a:0-1/0 [MASK]:1-7/1 b:7-8/2"},
    {"all five special tokens are found in text", VIEW("[PAD][UNK][CLS][SEP][MASK]"),
     "[PAD]:0-5/0 [UNK]:5-10/1 [CLS]:10-15/2 [SEP]:15-20/3 [MASK]:20-26/4"},
    {"a special token is looked for before lower-casing", VIEW("[mask]"),
     "[:0-1/0 mask:1-5/1 ]:5-6/2"},
    {"a special token is looked for before anything is dropped",
     VIEW("[MA\xE2\x80\x8BSK]"), "[:0-1/0 mask:1-8/1 ]:8-9/2"},
    {"half a special token is text", VIEW("[MASK"), "[:0-1/0 mask:1-5/1"},
  /* clang-format on */
};

/* With their case -------------------------------------------------------------------- */

static const char cased_words[] = "[UNK] [CLS] [SEP] A ##A a ##b e \xC3\xA9 ##\xCC\x81 "
                                  "\xC3\x85 K \xEA\xB0\x81 ##\xEF\xBF\xBD";

static const row cased_rows[] = {
  /* clang-format off */
    {"with case, capitals and small letters are two", VIEW("A a"), "A:0-1/0 a:2-3/1"},
    {"with case, a composed accent stays", VIEW("\xC3\xA9"), "\xC3\xA9:0-2/0"},
    {"with case, a combining accent stays a character of its own", VIEW("e\xCC\x81"),
     "e:0-1/0 ##\xCC\x81:1-3/0"},
    {"with case, nothing is composed", VIEW("A\xCC\x8A"), "[UNK]:0-3/0"},
    {"with case, the Kelvin sign is no K", VIEW("\xE2\x84\xAA K"), "[UNK]:0-3/0 K:4-5/1"},
    {"with case, a Hangul syllable stays whole", VIEW("\xEA\xB0\x81"),
     "\xEA\xB0\x81:0-3/0"},
    {"with case, a special token that the vocabulary lacks is text", VIEW("[MASK]"),
     "[UNK]:0-1/0 [UNK]:1-5/1 [UNK]:5-6/2"},
  /* clang-format on */
};

static void test_uncased(void) {
  bb_tokenizer t;
  tokenizer_begin(&t, uncased_words);
  tokenizer_end(&t);
  check_rows(&t, uncased_rows, COUNT(uncased_rows));
  bb_tokenizer_free(&t);
}

static void test_cased(void) {
  bb_tokenizer t;
  tokenizer_begin(&t, cased_words);
  t.normalizer.lowercase = t.normalizer.strip_accents = false;
  tokenizer_end(&t);
  check_rows(&t, cased_rows, COUNT(cased_rows));
  bb_tokenizer_free(&t);
}

static void test_uncleaned(void) {
  static const row rows[] = {
  /* clang-format off */
      {"where text is not cleaned, an ill-formed byte is U+FFFD", VIEW("a\xFF"),
       "a:0-1/0 ##\xEF\xBF\xBD:1-2/0"},
  /* clang-format on */
  };
  bb_tokenizer t;
  tokenizer_begin(&t, cased_words);
  t.normalizer = (bb_normalizer_options){0};
  tokenizer_end(&t);
  check_rows(&t, rows, COUNT(rows));
  bb_tokenizer_free(&t);
}

/* Added tokens ----------------------------------------------------------------------- */

static void test_added(void) {
  static const row rows[] = {
  /* clang-format off */
      {"a single word is not found where a letter touches it", VIEW("xmaby mab"),
       "[UNK]:0-5/0 mab:6-9/1"},
      {"a single word is found between punctuation", VIEW("(mab)"),
       "(:0-1/0 mab:1-4/1 ):4-5/2"},
      {"a single word is not found after a letter beyond ASCII",
       VIEW("\xCE\xB2mab"), "[UNK]:0-5/0"},
      {"a single word is not found before a letter beyond ASCII",
       VIEW("mab\xCE\xB2"), "[UNK]:0-5/0"},
      {"an ill-formed byte does not touch a single word",
       VIEW("\xFFmab\x80"), "mab:1-4/0"},
      {"lstrip takes the white space before it", VIEW("a \t<L> b"),
       "a:0-1/0 <L>:1-6/1 b:7-8/2"},
      {"rstrip takes the white space behind it", VIEW("a <R>\xC2\xA0 b"),
       "a:0-1/0 <R>:2-8/1 b:8-9/2"},
      {"white space that one token has taken is not taken by the next", VIEW("<R> <L>"),
       "<R>:0-4/0 <L>:4-7/1"},
      {"of two tokens that begin alike the longest is found", VIEW("Ca2+-ATP Ca2+-x"),
       "Ca2+-ATP:0-8/0 Ca2+:9-13/1 -:13-14/2 [UNK]:14-15/3"},
      {"a normalised token is found in any case", VIEW("covid-19 COVID-19 xCovid-19"),
       "COVID-19:0-8/0 COVID-19:9-17/1 [UNK]:18-19/2 COVID-19:19-27/3"},
      {"a normalised token is found with what is dropped in it",
       VIEW("CO\xC2\xADVID-19"), "COVID-19:0-10/0"},
      {"a normalised token with an accent is found without it",
       VIEW("\xC3\x85ng Ang A\xCC\x8Ang"),
       "\xC3\x85ng:0-4/0 \xC3\x85ng:5-8/1 \xC3\x85ng:9-14/2"},
      {"a token that is not normalised is found as it stands", VIEW("<l> <L>"),
       "<:0-1/0 [UNK]:1-2/1 >:2-3/2 <L>:3-7/3"},
  /* clang-format on */
  };
  bb_tokenizer t;
  tokenizer_begin(&t, "[UNK] [CLS] [SEP] a b - ( ) < >");
  tokenizer_add(&t, "mab", "word");
  tokenizer_add(&t, "<L>", "left");
  tokenizer_add(&t, "<R>", "right");
  tokenizer_add(&t, "Ca2+", "");
  tokenizer_add(&t, "Ca2+-ATP", "");
  tokenizer_add(&t, "COVID-19", "normalized");
  tokenizer_add(&t, "\xC3\x85ng", "normalized");
  tokenizer_end(&t);
  check_rows(&t, rows, COUNT(rows));
  bb_tokenizer_free(&t);

  static const char *const without[] = {"[CLS] [SEP] a", "[UNK] [SEP] a",
                                        "[UNK] [CLS] a"};
  static const char *const missing[] = {"[UNK]", "[CLS]", "[SEP]"};
  check_begin("a vocabulary without [UNK], [CLS] or [SEP] is refused by its name");
  for (size_t i = 0; i < COUNT(without); i++) {
    biobert_error err = {0};
    tokenizer_begin(&t, without[i]);
    CHECK_INT(bb_tokenizer_finish(&t, &err), BIOBERT_FORMAT);
    if (!strstr(err.message, missing[i])) CHECK_STR(err.message, missing[i]);
    bb_tokenizer_free(&t);
  }
}

static void test_added_spaces(void) {
  static const row rows[] = {
  /* clang-format off */
      {"nothing is left of white space that the one before has taken", VIEW("a  <R>  \u2028b"),
       "a:0-1/0  :1-2/1  :2-3/2 <R>:3-11/3 b:11-12/4"},
      {"nor in normalised text", VIEW("N  a"), "N:0-3/0 a:3-4/1"},
  /* clang-format on */
  };
  static const char *const spaces[] = {"left", "left,normalized"};
  for (size_t i = 0; i < COUNT(rows); i++) {
    bb_tokenizer t;
    tokenizer_begin(&t, "[UNK] [CLS] [SEP] a b < >");
    tokenizer_add(&t, " ", spaces[i]);
    tokenizer_add(&t, i == 0 ? "<R>" : "N", i == 0 ? "right" : "right,normalized");
    tokenizer_end(&t);
    check_rows(&t, &rows[i], 1);
    bb_tokenizer_free(&t);
  }
}

/* Long words and long texts ---------------------------------------------------------- */

static size_t count_of(const bb_tokenizer *t, const char *text, size_t bytes) {
  size_t count = 0;
  bb_tokenize(t, (biobert_str){text, bytes}, count_tokens, &count, &no_call, NULL);
  return count;
}

static bool refuse_all(void *ctx) {
  ++*(int *)ctx;
  return true;
}

static bool stop_after_three(void *ctx, const bb_token *token) {
  (void)token;
  return ++*(size_t *)ctx < 3;
}

static void test_limits(void) {
  bb_tokenizer t;
  tokenizer_begin(&t, uncased_words);
  tokenizer_end(&t);

  check_begin("a word of 100 characters is cut into pieces, one of 101 is unknown");
  char word[402];
  memset(word, 'a', sizeof word);
  CHECK_INT(count_of(&t, word, 100), 100);
  CHECK_INT(count_of(&t, word, 101), 1);
  CHECK_INT(count_of(&t, word, 402), 1);

  check_begin("characters are counted after normalising, not bytes");
  char accents[101 * 4];
  for (size_t i = 0; i < 101; i++) memcpy(accents + 2 * i, "\xC3\xA9", 2);
  CHECK_INT(count_of(&t, accents, 200), 100);
  CHECK_INT(count_of(&t, accents, 202), 1);
  for (size_t i = 0; i < 101; i++) memcpy(accents + 3 * i, "e\xCC\x81", 3);
  CHECK_INT(count_of(&t, accents, 300), 100);
  for (size_t i = 0; i < 100; i++) memcpy(accents + 4 * i, "\xF0\x9F\x98\x80", 4);
  CHECK_INT(count_of(&t, accents, 400), 1);

  check_begin("the place of a word that is too long is all of it");
  char expected[32];
  snprintf(expected, sizeof expected, "[UNK]:0-%d/0 a:%d-%d/1", 401, 402, 403);
  char two[403];
  memset(two, 'a', sizeof two);
  two[401] = ' ';
  CHECK_STR(tokens_as_line(&t, (biobert_str){two, sizeof two}), expected);

  char *text = malloc(LONG_TEXT);
  if (!CHECK(text != NULL)) return;
  check_begin("a text of 10 MB has all of its tokens");
  for (size_t i = 0; i < LONG_TEXT; i++) text[i] = i % 2 ? ' ' : 'a';
  CHECK_INT(count_of(&t, text, LONG_TEXT), LONG_TEXT / 2);

  check_begin("one word of 10 MB is one unknown token");
  memset(text, 'a', LONG_TEXT);
  CHECK_INT(count_of(&t, text, LONG_TEXT), 1);

  check_begin("10 MB of combining marks have no tokens");
  for (size_t i = 0; i + 1 < LONG_TEXT; i += 2)
    memcpy(text + i, i % 4 ? "\xCC\x81" : "\xCC\xA3", 2);
  CHECK_INT(count_of(&t, text, LONG_TEXT), 0);

  check_begin("whoever takes the tokens can end it");
  size_t taken = 0;
  memcpy(text, "a b c e ", 8);
  CHECK_INT(
      bb_tokenize(&t, (biobert_str){text, 8}, stop_after_three, &taken, &no_call, NULL),
      BIOBERT_OK);
  CHECK_INT(taken, 3);

  int asked = 0;
  bb_call call = {.cancel = refuse_all, .cancel_ctx = &asked};
  static const struct {
    const char *says, *unit;
  } rows[] = {
  /* clang-format off */
      {"a long text of words is stopped when the caller says so", "a "},
      {"a long text of special tokens is stopped when the caller says so", "[MASK]"},
      {"a long text of one word is stopped when the caller says so", "a"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    size_t unit = strlen(rows[i].unit), count = 0;
    check_begin(rows[i].says);
    for (size_t at = 0; at + unit <= LONG_TEXT; at += unit)
      memcpy(text + at, rows[i].unit, unit);
    biobert_error err = {0};
    asked = 0;
    CHECK_INT(bb_tokenize(&t, (biobert_str){text, LONG_TEXT}, count_tokens, &count, &call,
                          &err),
              BIOBERT_INTERRUPTED);
    CHECK_INT(asked, 1);
    CHECK(count < LONG_TEXT / unit / 10);
  }
  free(text);
  bb_tokenizer_free(&t);
}

/* Back to text ----------------------------------------------------------------------- */

/* ids of the words in `tokens`, which one space separates. */
static size_t ids_of(const bb_tokenizer *t, const char *tokens, int32_t *ids) {
  size_t count = 0;
  while (*tokens) {
    size_t len = strcspn(tokens, " ");
    ids[count] = bb_vocab_find_any(t->vocab, (biobert_str){tokens, len});
    count++;
    tokens += len + (tokens[len] == ' ');
  }
  return count;
}

static void test_detokenize(void) {
  static const struct {
    const char *says, *tokens, *text;
  } rows[] = {
  /* clang-format off */
      {"no tokens are an empty text", "", ""},
      {"words are put together with spaces", "we do", "we do"},
      {"pieces are put together without", "un ##aff ##able", "unaffable"},
      {"special tokens are left out", "[CLS] we [MASK] do [SEP]", "we do"},
      {"a text of special tokens alone is empty", "[CLS] [SEP]", ""},
      {"a piece that comes first keeps its '##'", "##aff un", "##aff un"},
      {"there is no space before a full stop, a comma, ? and !",
       "we , do . ! ?", "we, do.!?"},
      {"an apostrophe between two words keeps the space behind it", "do ' we", "do ' we"},
      {"n't stands at its word", "do n't", "don't"},
      {"'s stands at its word", "we 's", "we's"},
      {"'m, 've and 're stand at their words", "we 'm 've 're", "we'm've're"},
      {"a hyphen keeps its spaces", "we - do", "we - do"},
      {"an added token that is not special stays", "we [DRUG] do", "we [DRUG] do"},
  /* clang-format on */
  };
  bb_tokenizer t;
  tokenizer_begin(&t,
                  "[PAD] [UNK] [CLS] [SEP] [MASK] un ##aff ##able we do . , ? ! ' n't 's "
                  "'m 've 're -");
  tokenizer_add(&t, "[DRUG]", "");
  tokenizer_end(&t);
  for (size_t i = 0; i < COUNT(rows); i++) {
    int32_t ids[32];
    char *text = NULL;
    size_t len = 0, count = ids_of(&t, rows[i].tokens, ids);
    check_begin(rows[i].says);
    CHECK_INT(bb_detokenize(&t, ids, count, &no_call, &text, &len, NULL), BIOBERT_OK);
    CHECK_STR(text, rows[i].text);
    CHECK_INT(len, strlen(rows[i].text));
    free(text);
  }
  static const int32_t bad[] = {-1, 22, INT32_MAX, INT32_MIN};
  check_begin("an id that no token has is refused, with the ids that there are");
  for (size_t i = 0; i < COUNT(bad); i++) {
    char *text = NULL;
    size_t len;
    biobert_error err = {0};
    check_context("%d", bad[i]);
    CHECK_INT(bb_detokenize(&t, &bad[i], 1, &no_call, &text, &len, &err), BIOBERT_RANGE);
    CHECK(text == NULL);
    if (!strstr(err.message, "0 to 21")) CHECK_STR(err.message, "0 to 21");
  }
  bb_tokenizer_free(&t);
}

int main(void) {
  test_uncased();
  test_cased();
  test_uncleaned();
  test_added();
  test_added_spaces();
  test_limits();
  test_detokenize();
  return check_report();
}
