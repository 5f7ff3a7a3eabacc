/* Spec of core/text/vocab.c. */
#include "check.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/status.h"
#include "text/vocab.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* The initializer of a view on a literal with NULs in it. */
#define VIEW(literal)                                                                    \
  { literal, sizeof(literal) - 1 }

static biobert_error err;

static bb_vocab *new_vocab(void) {
  bb_vocab *v = NULL;
  if (bb_vocab_new(&v, &err)) exit(2);
  return v;
}

/* The token of an id, "-" for none. */
static const char *token_of(const bb_vocab *v, int32_t id) {
  biobert_str token = bb_vocab_token(v, id);
  return token.data ? token.data : "-";
}

/* vocab.txt -------------------------------------------------------------------------- */

static void test_lines(void) {
  static const struct {
    const char *says;
    biobert_str text;
    size_t size;
    const char *tokens[4]; /* by id */
  } rows[] = {
  /* clang-format off */
      {"an empty file has no tokens", VIEW(""), 0, {"-", "-", "-", "-"}},
      {"the id of a token is the number of its line", VIEW("a\nb\n##c\n"), 3,
       {"a", "b", "##c", "-"}},
      {"the last line needs no newline", VIEW("a\nb"), 2, {"a", "b", "-", "-"}},
      {"a byte order mark is no part of the first token",
       VIEW("\xEF\xBB\xBF[PAD]\na\n"), 2,
       {"[PAD]", "a", "-", "-"}},
      {"a byte order mark alone has no tokens", VIEW("\xEF\xBB\xBF"), 0,
       {"-", "-", "-", "-"}},
      {"lines may end as in Windows", VIEW("a\r\nb\r\n"), 2, {"a", "b", "-", "-"}},
      {"white space at the end of a line is cut off",
       VIEW("a \t\nb\xC2\xA0\nc\xE3\x80\x80"), 3,
       {"a", "b", "c", "-"}},
      {"white space at the beginning of a line stays", VIEW(" a\n\tb\n"), 2,
       {" a", "\tb", "-", "-"}},
      {"an empty line is a token and takes an id", VIEW("a\n\nb\n"), 3,
       {"a", "", "b", "-"}},
      {"U+FFFD is a token like another", VIEW("\xEF\xBF\xBD\n"), 1,
       {"\xEF\xBF\xBD", "-", "-", "-"}},
      {"equal lines each keep their id", VIEW("a\na\n"), 2, {"a", "a", "-", "-"}},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    bb_vocab *v = new_vocab();
    check_begin(rows[i].says);
    CHECK_INT(bb_vocab_add_lines(v, rows[i].text, "vocab.txt", &err), BIOBERT_OK);
    CHECK_INT(bb_vocab_size(v), rows[i].size);
    for (int32_t id = 0; id < 4; id++) CHECK_STR(token_of(v, id), rows[i].tokens[id]);
    bb_vocab_free(v);
  }
  check_begin("of two equal lines the last gives the id");
  bb_vocab *v = new_vocab();
  CHECK_INT(bb_vocab_add_lines(v, bb_str("a\nb\na\nc\n"), "vocab.txt", &err), BIOBERT_OK);
  CHECK_INT(bb_vocab_find(v, bb_str("a")), 2);
  CHECK_INT(bb_vocab_find(v, bb_str("b")), 1);
  bb_vocab_free(v);
}

static void test_lines_refused(void) {
  static char long_line[BB_TOKEN_MAX_BYTES + 4] = "a\n";
  memset(long_line + 2, 'x', BB_TOKEN_MAX_BYTES + 1);
  const struct {
    const char *says;
    biobert_str text;
    const char *words[2];
  } rows[] = {
  /* clang-format off */
      {"a line that is no UTF-8 is refused by its number", VIEW("a\nb\xFF\n"),
       {"vocab.txt: line 2", "UTF-8"}},
      {"a line in Latin-1 is refused by its number", VIEW("caf\xE9\n"),
       {"vocab.txt: line 1", "UTF-8"}},
      {"a character that is cut off is refused", VIEW("a\xE2\x82\n"),
       {"vocab.txt: line 1", "UTF-8"}},
      {"three bytes of a character of four are refused", VIEW("a\n\xF0\x9F\x98\n"),
       {"vocab.txt: line 2", "UTF-8"}},
      {"a line that is too long is refused by its number",
       {long_line, sizeof long_line - 1},
       {"vocab.txt: line 2", "1025 bytes, at most 1024"}},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    bb_vocab *v = new_vocab();
    check_begin(rows[i].says);
    err = (biobert_error){0};
    CHECK_INT(bb_vocab_add_lines(v, rows[i].text, "vocab.txt", &err), BIOBERT_FORMAT);
    for (size_t k = 0; k < 2; k++)
      if (!strstr(err.message, rows[i].words[k]))
        CHECK_STR(err.message, rows[i].words[k]);
    bb_vocab_free(v);
  }
}

/* Tokens one by one ------------------------------------------------------------------ */

static void test_ids(void) {
  static const struct {
    const char *says;
    int32_t id;
    biobert_status status;
  } rows[] = {
  /* clang-format off */
      {"the least id is 0",                 0,                   BIOBERT_OK    },
      {"a negative id is refused",          -1,                  BIOBERT_FORMAT},
      {"the largest id is the limit's",     BB_VOCAB_MAX_ID - 1, BIOBERT_OK    },
      {"an id above the limit is refused",  BB_VOCAB_MAX_ID,     BIOBERT_FORMAT},
      {"the largest int32 is refused",      INT32_MAX,           BIOBERT_FORMAT},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    bb_vocab *v = new_vocab();
    check_begin(rows[i].says);
    CHECK_INT(bb_vocab_add(v, bb_str("a"), rows[i].id, &err), rows[i].status);
    CHECK_INT(bb_vocab_size(v), rows[i].status ? 0 : (size_t)rows[i].id + 1);
    CHECK_INT(bb_vocab_find(v, bb_str("a")), rows[i].status ? -1 : rows[i].id);
    bb_vocab_free(v);
  }
  bb_vocab *v = new_vocab();
  check_begin("two tokens of one id are refused");
  CHECK_INT(bb_vocab_add(v, bb_str("a"), 7, &err), BIOBERT_OK);
  CHECK_INT(bb_vocab_add(v, bb_str("b"), 7, &err), BIOBERT_FORMAT);
  CHECK(strstr(err.message, "two tokens have id 7") != NULL);

  check_begin("an id without a token has no spelling");
  CHECK(bb_vocab_token(v, 6).data == NULL && bb_vocab_token(v, 8).data == NULL);
  CHECK(bb_vocab_token(v, -1).data == NULL && bb_vocab_token(v, INT32_MAX).data == NULL);

  check_begin("a token with a NUL in it is another than the one before the NUL");
  CHECK_INT(bb_vocab_add(v, (biobert_str)VIEW("a\0b"), 9, &err), BIOBERT_OK);
  CHECK_INT(bb_vocab_find(v, bb_str("a")), 7);
  CHECK_INT(bb_vocab_find(v, (biobert_str)VIEW("a\0b")), 9);
  CHECK_INT(bb_vocab_token(v, 9).len, 3);
  bb_vocab_free(v);
}

static int32_t find_piece(const bb_vocab *v, const char *piece, bool inside) {
  uint64_t hash = bb_piece_hash_start(inside);
  for (const char *p = piece; *p; p++) hash = bb_piece_hash_byte(hash, (unsigned char)*p);
  return bb_vocab_find_piece(v, bb_str(piece), inside, hash);
}

static void test_pieces(void) {
  bb_vocab *v = new_vocab();
  CHECK_INT(bb_vocab_add_lines(v, bb_str("a\n##a\n##\n\n###b\n"), "vocab.txt", &err), 0);
  check_begin("a piece at the beginning of a word is another than the same inside");
  CHECK_INT(find_piece(v, "a", false), 0);
  CHECK_INT(find_piece(v, "a", true), 1);
  CHECK_INT(find_piece(v, "#b", true), 4);
  CHECK_INT(find_piece(v, "b", true), -1);
  check_begin(
      "'##' alone is the empty piece inside a word, an empty line the one before it");
  CHECK_INT(find_piece(v, "", true), 2);
  CHECK_INT(find_piece(v, "", false), 3);

  check_begin("a spelling alone is no piece, but has its id");
  CHECK_INT(bb_vocab_add_spelling(v, bb_str("[DRUG]"), 5, &err), BIOBERT_OK);
  CHECK_INT(bb_vocab_find(v, bb_str("[DRUG]")), -1);
  CHECK_STR(token_of(v, 5), "[DRUG]");
  CHECK_INT(bb_vocab_size(v), 6);
  CHECK_INT(bb_vocab_longest(v), 4);
  bb_vocab_free(v);
}

static void test_large(void) {
  enum { TOKENS = 150000 }; /* more than the multilingual vocabulary */
  check_begin("a large vocabulary finds every token again");
  bb_vocab *v = new_vocab();
  char token[32];
  for (int32_t id = 0; id < TOKENS; id++) {
    snprintf(token, sizeof token, "%st%d", id % 2 ? "##" : "", id);
    if (!CHECK_INT(bb_vocab_add(v, bb_str(token), id, &err), BIOBERT_OK)) break;
  }
  for (int32_t id = 0; id < TOKENS; id++) {
    snprintf(token, sizeof token, "%st%d", id % 2 ? "##" : "", id);
    check_context("%s", token);
    CHECK_INT(bb_vocab_find(v, bb_str(token)), id);
    CHECK_STR(token_of(v, id), token);
  }
  CHECK_INT(bb_vocab_find(v, bb_str("t1")), -1);
  CHECK_INT(bb_vocab_size(v), TOKENS);
  bb_vocab_free(v);
}

int main(void) {
  test_lines();
  test_lines_refused();
  test_ids();
  test_pieces();
  test_large();
  check_begin("there is nothing to free in no vocabulary");
  bb_vocab_free(NULL);
  CHECK(true);
  return check_report();
}
