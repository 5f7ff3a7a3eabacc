/* Spec of core/text/chunker.c: what holds for every text, and where it cuts. */
#include "check.h"
#include "token_list.h"

#include "base/utf8.h"
#include "text/chunker.h"
#include "text/unicode_tables.h"
#include "random.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum {
  RANDOM_TEXTS = 4000,
  LONGEST_TEXT = 4096,
};

/* What holds for every text ---------------------------------------------------------- */

static size_t count_of(const bb_tokenizer *t, biobert_str text, size_t start,
                       size_t end) {
  size_t count = 0;
  biobert_str part = {text.data + start, end - start};
  CHECK_INT(bb_tokenize(t, part, count_tokens, &count, &no_call, NULL), BIOBERT_OK);
  return count;
}

/* All pieces are those of its first character (a Hangul syllable has three): nothing
 * could be cut off. */
static bool is_one_character(const bb_tokenizer *t, biobert_str text,
                             const biobert_chunk *c) {
  uint32_t code;
  size_t bytes = bb_utf8_next(text.data + c->start, text.data + c->end, &code);
  return count_of(t, text, c->start, c->start + bytes) == c->tokens;
}

static bool is_space_at(biobert_str text, size_t at) {
  uint32_t code;
  bb_utf8_next(text.data + at, text.data + text.len, &code);
  return bb_char_class_of(code).flags & BB_CHAR_SPACE;
}

typedef struct cover {
  const biobert_chunk *chunks;
  size_t count, missing;
} cover;

/* A token's bytes are all in chunks; chunks are in order and may overlap. */
static bool find_token(void *ctx, const bb_token *token) {
  cover *c = ctx;
  size_t at = token->start;
  for (size_t i = 0; i < c->count && at < token->end; i++)
    if (c->chunks[i].start <= at && c->chunks[i].end > at) at = c->chunks[i].end;
  if (at < token->end) c->missing++;
  return true;
}

static void check_chunk(const bb_tokenizer *t, biobert_str text, const biobert_chunk *c,
                        size_t max_tokens) {
  if (!CHECK(c->start < c->end && c->end <= text.len)) return;
  size_t tokens = count_of(t, text, c->start, c->end);
  CHECK_INT(tokens, c->tokens);
  CHECK(tokens <= max_tokens || is_one_character(t, text, c));
  CHECK(!is_space_at(text, c->start));
}

static void check_properties(const bb_tokenizer *t, biobert_str text, size_t max_tokens,
                             size_t overlap) {
  biobert_chunk *chunks = NULL;
  size_t count = 0;
  CHECK_INT(bb_chunk(t, text, max_tokens, overlap, &no_call, &chunks, &count, NULL),
            BIOBERT_OK);
  for (size_t i = 0; i < count; i++) {
    check_chunk(t, text, &chunks[i], max_tokens);
    if (i == 0) continue;
    CHECK(chunks[i].start > chunks[i - 1].start && chunks[i].end > chunks[i - 1].end);
    if (chunks[i].start < chunks[i - 1].end)
      CHECK(count_of(t, text, chunks[i].start, chunks[i - 1].end) <= overlap);
  }
  cover c = {chunks, count, 0};
  bb_tokenize(t, text, find_token, &c, &no_call, NULL);
  CHECK_INT(c.missing, 0);
  free(chunks);
}

static const char *const units[] = {
    "ab",
    "ba",
    "abba",
    "b",
    "c",
    "x",
    "abc",
    "unaffable",
    "Fig.",
    "et al.",
    ".",
    ". A",
    "! ",
    "?\" ",
    ", ",
    "-",
    "(",
    ")",
    "0.05",
    "\n\n",
    " ",
    " ",
    " ",
    "  ",
    "\t",
    "\r\n",
    "\xC2\xA0",
    "\xC3\xA9",
    "e\xCC\x81",
    "\xCC\x81",
    "\xE2\x80\x8B",
    "\xE4\xB8\xAD",
    "\xE3\x80\x82",
    "\xED\x95\x9C",
    "\xFF",
    "\xE2\x82",
    "\xF0\x9F\x98\x80",
    "[MASK]",
    "[SEP]",
    "[",
    "\xCE\xB2",
};

/* Text of up to LONGEST_TEXT bytes: of all units, or mostly of letters. */
static size_t random_text(char *text, size_t pieces, bool letters) {
  size_t len = 0;
  for (size_t i = 0; i < pieces; i++) {
    const char *unit =
        units[random_below(letters && random_below(40) ? 8 : COUNT(units))];
    if (len + strlen(unit) > LONGEST_TEXT) break;
    memcpy(text + len, unit, strlen(unit));
    len += strlen(unit);
  }
  return len;
}

static void test_random(const char *says, const char *words, bool letters) {
  check_begin(says);
  printf("seed %d\n", RANDOM_SEED);
  bb_tokenizer t;
  tokenizer_begin(&t, words);
  tokenizer_end(&t);
  for (int i = 0; i < RANDOM_TEXTS && check_state.failures == 0; i++) {
    static char text[LONGEST_TEXT];
    size_t len = random_text(text, random_below(i % 10 ? 60 : 600), letters);
    size_t max_tokens = 1 + random_below(i % 3 ? 12 : 60);
    size_t overlap = random_below(max_tokens);
    check_context("seed %d, text %d, max_tokens %zu, overlap %zu: %.*s", RANDOM_SEED, i,
                  max_tokens, overlap, len < 150 ? (int)len : 150, text);
    char *exact = malloc(len ? len : 1); /* so that a sanitizer sees a read behind it */
    memcpy(exact, text, len);
    check_properties(&t, (biobert_str){exact, len}, max_tokens, overlap);
    free(exact);
  }
  bb_tokenizer_free(&t);
}

/* Where it cuts ---------------------------------------------------------------------- */

/* "[a b] [c]" */
static const char *chunks_of(const bb_tokenizer *t, const char *text, size_t max_tokens,
                             size_t overlap) {
  static char line[1024];
  biobert_chunk *chunks = NULL;
  size_t count = 0, len = 0;
  line[0] = '\0';
  CHECK_INT(
      bb_chunk(t, bb_str(text), max_tokens, overlap, &no_call, &chunks, &count, NULL),
      BIOBERT_OK);
  for (size_t i = 0; i < count; i++)
    len +=
        (size_t)snprintf(line + len, sizeof line - len, "%s[%.*s]", i ? " " : "",
                         (int)(chunks[i].end - chunks[i].start), text + chunks[i].start);
  free(chunks);
  return line;
}

static void test_rows(void) {
  static const struct {
    const char *says, *text;
    size_t max_tokens, overlap;
    const char *chunks;
  } rows[] = {
  /* clang-format off */
      {"an empty text has no chunks", "", 5, 0, ""},
      {"a text of white space has no chunks", " \n\t\xC2\xA0 ", 5, 0, ""},
      {"a text that fits is one chunk without the white space round it",
       "  a b. \n", 5, 0,
       "[a b.]"},
      {"whole sentences are kept together", "A b c. A b. B c. A.", 6, 0,
       "[A b c.] [A b. B c.] [A.]"},
      {"a chunk ends with a sentence although more words would fit",
       "A b. A b c a b.", 5, 0,
       "[A b.] [A b c a b] [.]"},
      {"an abbreviation ends no sentence",
       "A et al. b c. B.", 8, 0, "[A et al. b c.] [B.]"},
      {"an empty line is preferred to a word's end",
       "a b\n\nc a b", 4, 0, "[a b] [c a b]"},
      {"a sentence that does not fit is cut between words", "a b c a b c", 4, 0,
       "[a b c a] [b c]"},
      {"a word that does not fit is cut inside", "abcabc a", 3, 0, "[abc] [abc] [a]"},
      {"a chunk repeats the end of the one before", "a b c a b c", 3, 1,
       "[a b c] [c a b] [b c]"},
      {"it repeats a whole sentence if it can", "a b. B c. A b c.", 7, 4,
       "[a b. B c.] [B c. A b c.]"},
      {"it repeats nothing where the next word needs the room", "a b abc", 3, 2,
       "[a b] [abc]"},
      {"the largest overlap still goes on", "a b c a", 3, 2, "[a b c] [b c a]"},
      {"a limit of one piece gives one chunk a piece", "a bc", 1, 0, "[a] [b] [c]"},
      {"an accent that is dropped stays with its word", "a e\xCC\x81 b", 2, 0,
       "[a e\xCC\x81] [b]"},
      {"a cut word is cut between characters", "\xCE\xB2\xCE\xB2\xCE\xB2", 2, 0,
       "[\xCE\xB2\xCE\xB2] [\xCE\xB2]"},
  /* clang-format on */
  };
  bb_tokenizer t;
  tokenizer_begin(&t,
                  "[UNK] [CLS] [SEP] a ##a b ##b c ##c e et al . , \xCE\xB2 ##\xCE\xB2");
  tokenizer_end(&t);
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    CHECK_STR(chunks_of(&t, rows[i].text, rows[i].max_tokens, rows[i].overlap),
              rows[i].chunks);
  }
  bb_tokenizer_free(&t);
}

static bool say_yes(void *ctx) {
  ++*(int *)ctx;
  return true;
}

static void test_long(void) {
  enum { LONG = 4 << 20 };
  bb_tokenizer t;
  tokenizer_begin(&t, "[UNK] [CLS] [SEP] a ##a .");
  tokenizer_end(&t);
  char *text = malloc(LONG);
  if (!CHECK(text != NULL)) return;
  for (size_t i = 0; i < LONG; i++) text[i] = i % 2 ? ' ' : 'a';
  biobert_chunk *chunks = NULL;
  size_t count = 0;
  check_begin("a text of 4 MB is cut in a time that grows with its length only");
  CHECK_INT(
      bb_chunk(&t, (biobert_str){text, LONG}, 100, 0, &no_call, &chunks, &count, NULL),
      BIOBERT_OK);
  CHECK_INT(count, (LONG / 2 + 99) / 100);
  free(chunks);

  check_begin(
      "a long text is stopped when the caller says so, and nothing is left behind");
  int asked = 0;
  biobert_error err = {0};
  bb_call call = {.cancel = say_yes, .cancel_ctx = &asked};
  chunks = NULL;
  CHECK_INT(bb_chunk(&t, (biobert_str){text, LONG}, 100, 0, &call, &chunks, &count, &err),
            BIOBERT_INTERRUPTED);
  CHECK(chunks == NULL);
  free(text);
  bb_tokenizer_free(&t);
}

int main(void) {
  static const char many[] = "[PAD] [UNK] [CLS] [SEP] [MASK] ab ##ab ba ##ba a ##a b ##b "
                             "c ##c x ##x e ##e un ##aff "
                             "##able fig et al . ! ? , - ( ) \" 0 05 [ ] \xE4\xB8\xAD "
                             "\xE3\x80\x82 \xCE\xB2 ##\xCE\xB2 "
                             "\xE1\x84\x92 ##\xE1\x84\x92 ##\xE1\x85\xA1 ##\xE1\x86\xAB";
  static const char few[] =
      "[UNK] [CLS] [SEP] ab abb ba ##a ##b ##c b c abab ##abc . , [";
  test_random("chunks of random texts fit, are in order and leave nothing out", many,
              false);
  test_random("chunks of long words fit, are in order and leave nothing out", many, true);
  test_random("they do where a part of a word has other pieces than in the word", few,
              true);
  test_rows();
  test_long();
  return check_report();
}
