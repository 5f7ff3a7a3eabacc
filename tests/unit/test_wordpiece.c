/* Spec of core/text/wordpiece.c. */
#include "check.h"
#include "token_list.h"

#include <stdint.h>

#include "base/utf8.h"
#include "text/wordpiece.h"
#include "random.h"

enum { RANDOM_WORDS = 20000 };

/* "un ##aff", "" for an unknown word; a place of a piece that does not join is "?". */
static const char *pieces_of(const bb_vocab *v, const char *word) {
  static char line[1024];
  uint16_t char_end[BB_WORD_MAX_CHARS];
  bb_piece pieces[BB_WORD_MAX_CHARS];
  size_t chars = 0, len = 0, at = 0;
  for (const char *p = word, *end = word + strlen(word); p < end; chars++) {
    uint32_t code;
    p += bb_utf8_next(p, end, &code);
    char_end[chars] = (uint16_t)(p - word);
  }
  size_t count = bb_wordpiece(v, word, char_end, chars, pieces);
  line[0] = '\0';
  for (size_t i = 0; i < count; i++) {
    biobert_str text = bb_vocab_token(v, pieces[i].id);
    len += (size_t)snprintf(line + len, sizeof line - len, "%s%.*s", i ? " " : "",
                            (int)text.len, text.data);
    if (pieces[i].first != at) return "?";
    at = pieces[i].end;
  }
  return count && at != chars ? "?" : line;
}

/* The longest match, character by character, as tokenization.py has it: a second time,
 * and slowly. Letters only. */
static const char *reference_pieces(const bb_vocab *v, const char *word) {
  static char line[1024];
  size_t start = 0, chars = strlen(word), len = 0;
  line[0] = '\0';
  while (start < chars) {
    size_t end = chars;
    char piece[128];
    for (; end > start; end--) {
      snprintf(piece, sizeof piece, "%s%.*s", start ? "##" : "", (int)(end - start),
               word + start);
      if (bb_vocab_find(v, bb_str(piece)) >= 0) break;
    }
    if (end == start) return "";
    len +=
        (size_t)snprintf(line + len, sizeof line - len, "%s%s", start ? " " : "", piece);
    start = end;
  }
  return line;
}

static void test_rows(void) {
  static const struct {
    const char *says, *word, *pieces;
  } rows[] = {
  /* clang-format off */
      {"the longest piece wins at each step",
       "unaffable", "un ##aff ##able"},
      {"a word in the vocabulary stays whole",
       "un", "un"},
      {"one unknown piece makes the word unknown",
       "unaffXble", ""},
      {"an unknown end makes the word unknown",
       "unaffx", ""},
      {"an unknown beginning makes the word unknown",
       "xaff", ""},
      {"the empty word has no pieces",
       "", ""},
      {"a piece of the inside does not begin a word",
       "able", ""},
      {"a piece of the beginning does not go on",
       "affun", ""},
      {"the longest match is not taken back when it leads nowhere",
       "unabx", ""},
      {"'#' in a word is a character like another",
       "un##aff", ""},
      {"a piece ends between characters, not bytes",
       "\xCE\xB2\xCE\xB1", "\xCE\xB2 ##\xCE\xB1"},
      {"a byte that two characters share is no piece",
       "\xCE\xB3", ""},
  /* clang-format on */
  };
  bb_tokenizer t;
  tokenizer_begin(&t, "[UNK] un ##aff ##able ##ab ##a ##bx aff \xCE\xB2 ##\xCE\xB1");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    check_begin(rows[i].says);
    CHECK_STR(pieces_of(t.vocab, rows[i].word), rows[i].pieces);
  }
  bb_tokenizer_free(&t);
}

static void test_random(void) {
  check_begin("random words have the pieces that trying every length gives");
  bb_tokenizer t;
  tokenizer_begin(
      &t, "[UNK] a b ab aba bb abab ##a ##b ##ab ##ba ##bab ##abba ##aaaa c ##ca");
  for (size_t i = 0; i < RANDOM_WORDS; i++) {
    char word[BB_WORD_MAX_CHARS + 1];
    size_t length = random_u32() % (i % 10 ? 12 : sizeof word);
    for (size_t k = 0; k < length; k++) word[k] = "ababababc"[random_u32() % 9];
    word[length] = '\0';
    check_context("seed %d, %s", RANDOM_SEED, word);
    CHECK_STR(pieces_of(t.vocab, word), reference_pieces(t.vocab, word));
  }
  bb_tokenizer_free(&t);
}

static void test_longest_word(void) {
  check_begin("a word of the most characters and bytes is cut");
  bb_tokenizer t;
  tokenizer_begin(&t, "[UNK] \xF0\x9F\x98\x80 ##\xF0\x9F\x98\x80");
  char word[BB_WORD_MAX_BYTES + 1];
  for (size_t i = 0; i < BB_WORD_MAX_CHARS; i++)
    memcpy(word + 4 * i, "\xF0\x9F\x98\x80", 5);
  uint16_t char_end[BB_WORD_MAX_CHARS];
  bb_piece pieces[BB_WORD_MAX_CHARS];
  for (size_t i = 0; i < BB_WORD_MAX_CHARS; i++) char_end[i] = (uint16_t)(4 * i + 4);
  CHECK_INT(bb_wordpiece(t.vocab, word, char_end, BB_WORD_MAX_CHARS, pieces),
            BB_WORD_MAX_CHARS);
  CHECK_INT(pieces[0].id, 1);
  CHECK_INT(pieces[BB_WORD_MAX_CHARS - 1].id, 2);
  bb_tokenizer_free(&t);
}

int main(void) {
  test_rows();
  test_random();
  test_longest_word();
  return check_report();
}
