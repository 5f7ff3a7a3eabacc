/* Spec of core/base/status.c. */
#include "check.h"

#include "base/status.h"

/* The initializer of a view on a literal with NULs in it. */
#define VIEW(literal)                                                                    \
  { literal, sizeof(literal) - 1 }
#define TEN "0123456789"

static void test_quote(void) {
  static const struct {
    const char *says;
    biobert_str value;
    const char *shown;
  } rows[] = {
  /* clang-format off */
      {"a short value is shown as it is", VIEW("mean"), "mean"},
      {"an empty value is shown as nothing", VIEW(""), ""},
      {"characters beyond ASCII are shown", VIEW("\xCE\xB2-catenin"), "\xCE\xB2-catenin"},
      {"control characters are shown as '?'", VIEW("a\n\x1B[1m\x7F" "b"), "a??[1m?b"},
      {"the control characters of ISO 8859 are shown as '?'",
       VIEW("a\xC2\x9B" "b"), "a?b"},
      {"a NUL does not end the value", VIEW("a\0b"), "a?b"},
      {"an ill-formed byte is shown as '?'", VIEW("a\xFF" "b"), "a?b"},
      {"a character that is cut off is shown as '?'", VIEW("a\xF0\x9F\x98"), "a?"},
      {"a lone surrogate is no character", VIEW("\xED\xA0\x80"), "???"},
      {"U+FFFD itself is shown", VIEW("\xEF\xBF\xBD"), "\xEF\xBF\xBD"},
      {"63 bytes are shown whole", VIEW(TEN TEN TEN TEN TEN TEN "012"),
       TEN TEN TEN TEN TEN TEN "012"},
      {"64 bytes are shortened to 60 and three full stops",
       VIEW(TEN TEN TEN TEN TEN TEN "0123"), TEN TEN TEN TEN TEN TEN "..."},
      {"a value is cut in front of the character that does not fit",
       VIEW(TEN TEN TEN TEN TEN "01234567\xE2\x82\xAC" TEN),
       TEN TEN TEN TEN TEN "01234567..."},
      {"a value is cut behind the character that just fits",
       VIEW(TEN TEN TEN TEN TEN "0123456\xE2\x82\xAC" TEN),
       TEN TEN TEN TEN TEN "0123456\xE2\x82\xAC..."},
  /* clang-format on */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    check_begin(rows[i].says);
    char buffer[BB_QUOTE_BYTES];
    memset(buffer, 'x', sizeof buffer);
    CHECK(bb_quote(buffer, rows[i].value) == buffer);
    CHECK_STR(buffer, rows[i].shown);
  }
  check_begin("a value of no address is shown as nothing");
  char buffer[BB_QUOTE_BYTES] = "x";
  CHECK_STR(bb_quote(buffer, (biobert_str){NULL, 0}), "");
}

/* The message that a text of `before` letters and then many characters of three bytes
 * gives. */
static void check_cut(size_t before) {
  char text[1024];
  memset(text, 'a', before);
  size_t at = before;
  for (; at + 3 < sizeof text; at += 3) memcpy(text + at, "\xE2\x82\xAC", 3);
  text[at] = '\0';
  biobert_error err;
  bb_fail(&err, BIOBERT_IO, "%s", text);
  size_t length = strlen(err.message);
  check_context("%zu letters before", before);
  CHECK(length >= sizeof err.message - 4 - 3 && length < sizeof err.message);
  CHECK_STR(err.message + length - 3, "...");
  CHECK(memcmp(err.message, text, length - 3) == 0);
  CHECK_INT((length - 3 - before) % 3, 0);
}

int main(void) {
  test_quote();

  check_begin("an error has the status and the text that it was made of");
  biobert_error err = {0};
  CHECK_INT(bb_fail(&err, BIOBERT_RANGE, "k is %d, from 1 to %s", 0, "10"),
            BIOBERT_RANGE);
  CHECK_INT(err.status, BIOBERT_RANGE);
  CHECK_STR(err.message, "k is 0, from 1 to 10");

  check_begin("the error may be left out");
  CHECK_INT(bb_fail(NULL, BIOBERT_IO, "%s", "x"), BIOBERT_IO);
  CHECK_INT(bb_no_memory(NULL, "x"), BIOBERT_NOMEM);

  check_begin("out of memory has one text");
  CHECK_INT(bb_no_memory(&err, "vector"), BIOBERT_NOMEM);
  CHECK_STR(err.message, "vector: out of memory");

  check_begin("a message that is too long is cut in front of a whole character");
  for (size_t before = 0; before < 7; before++) check_cut(before);

  check_begin("a view is equal to the text of its length and no other");
  CHECK(bb_str_equal(bb_str("mean"), "mean"));
  CHECK(!bb_str_equal(bb_str("mean"), "mean_x"));
  CHECK(!bb_str_equal((biobert_str)VIEW("mean\0"), "mean"));
  CHECK(!bb_str_equal((biobert_str){NULL, 0}, "mean"));
  return check_report();
}
