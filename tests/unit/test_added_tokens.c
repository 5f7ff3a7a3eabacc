/* Spec of core/text/added_tokens.c: what is found is what a search through all of them
 * finds, however many there are. */
#include "check.h"

#include "random.h"
#include "token_list.h"

enum {
  ROUNDS = 300,
  MAX_TOKENS = 40,
  MAX_LETTERS = 6,
  TEXT_LETTERS = 24,
  MANY = 1000000,
};

static const char letters[] = "aAb ";

static size_t random_word(char *word, size_t max) {
  size_t len = 1 + random_below(max);
  for (size_t i = 0; i < len; i++) word[i] = letters[random_below(sizeof letters - 1)];
  word[len] = '\0';
  return len;
}

/* The slow way ----------------------------------------------------------------------- */

static char lowered(char c, bool normalized) {
  return normalized && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool begins_with(const char *text, biobert_str token, bool normalized) {
  for (size_t i = 0; i < token.len; i++)
    if (text[i] != lowered(token.data[i], normalized)) return false;
  return true;
}

/* The longest at the beginning of the text, of two the one of the smaller id. */
static int32_t slow_search(const bb_tokenizer *t, const char *text, bool normalized) {
  int32_t best = -1;
  size_t longest = 0;
  for (size_t i = 0; i < t->added.count; i++) {
    const bb_added_token *a = &t->added.items[i];
    biobert_str token = bb_vocab_token(t->vocab, a->id);
    if (a->normalized != normalized || token.len <= longest) continue;
    if (!begins_with(text, token, normalized)) continue;
    longest = token.len;
    best = a->id;
  }
  return best;
}

static int32_t id_of(const bb_added_token *token) {
  return token ? token->id : -1;
}

static void check_text(const bb_tokenizer *t) {
  char text[TEXT_LETTERS + 1];
  bb_character characters[TEXT_LETTERS];
  size_t len = random_word(text, TEXT_LETTERS), end, steps = 0;
  for (size_t i = 0; i < len; i++) {
    text[i] = lowered(text[i], i % 2 == 0);
    characters[i] = (bb_character){(uint32_t)text[i], i, i + 1};
  }
  check_context("'%s'", text);
  for (size_t at = 0; at < len; at++) {
    const bb_added_token *raw =
        bb_added_in_bytes(&t->added, (biobert_str){text, len}, at, &end, &steps);
    CHECK_INT(id_of(raw), slow_search(t, text + at, false));
    const bb_added_token *normalized =
        bb_added_in_characters(&t->added, characters, len, at, &end, &steps);
    CHECK_INT(id_of(normalized), slow_search(t, text + at, true));
  }
}

static void test_found(void) {
  check_begin("the longest token that begins at a place is found, as by a slow search");
  for (int round = 0; round < ROUNDS; round++) {
    bb_tokenizer t;
    char word[MAX_LETTERS + 1];
    tokenizer_begin(&t, "[UNK] [CLS] [SEP] x");
    size_t count = 1 + random_below(MAX_TOKENS);
    for (size_t i = 0; i < count; i++) {
      random_word(word, MAX_LETTERS);
      if (bb_vocab_find_any(t.vocab, bb_str(word)) < 0)
        tokenizer_add(&t, word, random_below(2) ? "normalized" : "");
    }
    tokenizer_end(&t);
    for (int i = 0; i < 4; i++) check_text(&t);
    bb_tokenizer_free(&t);
  }
}

/* What is there twice ---------------------------------------------------------------- */

static void test_twice(void) {
  bb_tokenizer t;
  biobert_error err;
  tokenizer_begin(&t, "[UNK] [CLS] [SEP] a");
  tokenizer_add(&t, "ZZ", "");
  int32_t id = bb_vocab_find_any(t.vocab, bb_str("ZZ"));
  const bb_added_token later = {.id = id, .normalized = true, .special = true};
  tokenizer_add(&t, "YY", "");
  CHECK_INT(bb_added_put(&t.added, &later, &err), BIOBERT_OK);
  tokenizer_add(&t, "\xE2\x80\x8B", "normalized");
  tokenizer_add(&t, "yY", "normalized");
  tokenizer_add(&t, "Yy", "normalized");
  tokenizer_end(&t);

  check_begin("of one token that is put twice the later flags hold");
  CHECK_INT(t.added.count, 8); /* the three of BERT too */
  CHECK(bb_added_find(&t.added, id) && bb_added_find(&t.added, id)->special);
  CHECK_STR(tokens_as_line(&t, bb_str("zz")), "ZZ:0-2/0");

  check_begin("of two tokens of one normalised form the smaller id is found");
  CHECK_STR(tokens_as_line(&t, bb_str("yy YY")), "yY:0-2/0 YY:3-5/1");

  check_begin("a token of which normalising leaves nothing is never found");
  CHECK_STR(tokens_as_line(&t, bb_str("\xE2\x80\x8B"
                                      "a")),
            "a:3-4/0");

  check_begin("an id that was not added is no added token");
  CHECK(!bb_added_find(&t.added, 3));
  CHECK(!bb_added_find(&t.added, -1));
  bb_tokenizer_free(&t);
}

/* White space that a token takes ----------------------------------------------------- */

static void test_spaces(void) {
  static const struct {
    const char *says, *text, *tokens;
  } rows[] = {
      {"a token in the white space that another took is found as well", "<R>  x",
       "<R>:0-5/0 \xC2\xA0:3-5/1 \xC2\xA0:4-5/2 [UNK]:5-6/3"                                             },
      {"places do not go back",                                         "<R> <S>", "<R>:0-4/0  <S>:3-7/1"},
  };
  bb_tokenizer t;
  tokenizer_begin(&t, "[UNK] [CLS] [SEP] a");
  tokenizer_add(&t, "<R>", "right normalized");
  tokenizer_add(&t, " <S>", "normalized");
  tokenizer_add(&t, "\xC2\xA0", "normalized");
  tokenizer_end(&t);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    check_begin(rows[i].says);
    CHECK_STR(tokens_as_line(&t, bb_str(rows[i].text)), rows[i].tokens);
  }
  bb_tokenizer_free(&t);
}

/* Many ------------------------------------------------------------------------------- */

static size_t many_name(int i, char name[32]) {
  return (size_t)snprintf(name, 32, "%s-%d", i % 2 ? "Drug" : "gene", i);
}

static void test_many(void) {
  bb_tokenizer t;
  char name[32];
  tokenizer_begin(&t, "[UNK] [CLS] [SEP] x");
  for (int i = 0; i < MANY; i++) {
    many_name(i, name);
    tokenizer_add(&t, name, i % 2 ? "normalized" : "");
  }
  tokenizer_end(&t);
  check_begin("each of a million added tokens is found");
  size_t steps = 0;
  for (int i = 0; i < MANY; i++) {
    size_t end = 0, len = many_name(i, name);
    bb_character characters[32];
    for (size_t k = 0; k < len; k++)
      characters[k] = (bb_character){(uint32_t)lowered(name[k], true), k, k + 1};
    const bb_added_token *found =
        i % 2 ? bb_added_in_characters(&t.added, characters, len, 0, &end, &steps)
              : bb_added_in_bytes(&t.added, (biobert_str){name, len}, 0, &end, &steps);
    if (id_of(found) != i + 4 || end != len) CHECK_STR(name, "found");
  }
  check_begin("a look-up takes as many steps as the token has bytes");
  CHECK(steps < (size_t)MANY * sizeof name);
  bb_tokenizer_free(&t);
}

/* Stopping --------------------------------------------------------------------------- */

static bool count_and_go_on(void *ctx) {
  ++*(int *)ctx;
  return false;
}

static bool take_any(void *ctx, const bb_token *token) {
  (void)ctx;
  (void)token;
  return true;
}

static void test_stopping(void) {
  enum { DEPTH = 1000, TEXT = 200000 };
  static const char *const flags[] = {"", "normalized"};
  static char text[TEXT], token[DEPTH + 1];
  memset(text, 'a', sizeof text);
  memset(token, 'a', DEPTH);
  token[DEPTH - 1] = 'b';
  for (size_t i = 0; i < 2; i++) {
    check_begin("tokens that all but match everywhere let a text be interrupted");
    check_context("%s", flags[i]);
    bb_tokenizer t;
    tokenizer_begin(&t, "[UNK] [CLS] [SEP] a");
    tokenizer_add(&t, token, flags[i]);
    tokenizer_end(&t);
    int asked = 0;
    const bb_call call = {.cancel = count_and_go_on, .cancel_ctx = &asked};
    CHECK_INT(
        bb_tokenize(&t, (biobert_str){text, sizeof text}, take_any, NULL, &call, NULL),
        BIOBERT_OK);
    CHECK(asked > TEXT / (BB_POLL_BYTES / DEPTH) / 2);
    bb_tokenizer_free(&t);
  }
}

int main(void) {
  test_found();
  test_twice();
  test_spaces();
  test_many();
  test_stopping();
  return check_report();
}
