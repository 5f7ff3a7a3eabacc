/* Spec of core/text/sentences.c. */
#include "check.h"

#include <stdlib.h>

#include "base/status.h"
#include "text/sentences.h"
#include "random.h"

/* "[One.] [Two.]" */
static const char *sentences_of(biobert_str text) {
  static char line[1024];
  biobert_span s;
  size_t len = 0;
  line[0] = '\0';
  for (size_t at = 0; bb_next_sentence(text, at, &s); at = s.end) {
    CHECK(s.start >= at && s.end > s.start && s.end <= text.len);
    if (s.end <= at) break;
    len += (size_t)snprintf(line + len, sizeof line - len, "%s[%.*s]", len ? " " : "",
                            (int)(s.end - s.start), text.data + s.start);
  }
  return line;
}

static void test_rows(void) {
  static const struct {
    const char *says, *text, *sentences;
  } rows[] = {
  /* clang-format off */
      {"an empty text has no sentences", "", ""},
      {"white space has no sentences", " \n\t ", ""},
      {"a text without a full stop is one sentence", "  Aspirin helps \n",
       "[Aspirin helps]"},
      {"a full stop before a capital ends a sentence", "One. Two.", "[One.] [Two.]"},
      {"a full stop at a line's end does too", "One.\nTwo.", "[One.] [Two.]"},
      {"so do ! and ?", "What? No! Yes.", "[What?] [No!] [Yes.]"},
      {"several marks end one sentence", "What?! Well... Yes.",
       "[What?!] [Well...] [Yes.]"},
      {"a full stop without white space ends nothing", "p.Arg1443 at bbb.org/x.html",
       "[p.Arg1443 at bbb.org/x.html]"},
      {"a decimal ends nothing",
       "It was 0.05 and 3.2. Then", "[It was 0.05 and 3.2.] [Then]"},
      {"a full stop before a small letter ends nothing", "the S. aureus strain. It",
       "[the S. aureus strain.] [It]"},
      {"et al. ends nothing", "Smith et al. 2001 and Lee et al. The end.",
       "[Smith et al. 2001 and Lee et al. The end.]"},
      {"et al. with a no-break space ends nothing", "Smith et\xC2\xA0" "al. Then.",
       "[Smith et\xC2\xA0" "al. Then.]"},
      {"Fig. 1 ends nothing",
       "See Fig. 1 and Figs. 2. Then", "[See Fig. 1 and Figs. 2.] [Then]"},
      {"an abbreviation in brackets ends nothing", "shown (Fig. 1). Then",
       "[shown (Fig. 1).] [Then]"},
      {"an abbreviation in quotes ends nothing",
       "the \xE2\x80\x9C" "Fig. 1\xE2\x80\x9D here",
       "[the \xE2\x80\x9C" "Fig. 1\xE2\x80\x9D here]"},
      {"titles end nothing",
       "Dr. Smith and Prof. Lee met.", "[Dr. Smith and Prof. Lee met.]"},
      {"e.g. and i.e. end nothing", "drugs, e.g. Aspirin, i.e. ASA.",
       "[drugs, e.g. Aspirin, i.e. ASA.]"},
      {"vs. ends nothing", "IL-6 vs. IL-8.", "[IL-6 vs. IL-8.]"},
      {"case does not matter to an abbreviation",
       "FIG. 2 and fig. 3.", "[FIG. 2 and fig. 3.]"},
      {"initials end nothing", "J. S. Bach wrote. He", "[J. S. Bach wrote.] [He]"},
      {"a word that ends like an abbreviation ends a sentence", "It was final. Then.",
       "[It was final.] [Then.]"},
      {"a word beyond ASCII that ends like one ends a sentence",
       "Das liegt im \xC3\xA9" "al. Dann.", "[Das liegt im \xC3\xA9" "al.] [Dann.]"},
      {"a closing quote belongs to its sentence", "He said \"stop.\" She left.",
       "[He said \"stop.\"] [She left.]"},
      {"a curly closing quote does too", "\xE2\x80\x9CStop.\xE2\x80\x9D She left.",
       "[\xE2\x80\x9CStop.\xE2\x80\x9D] [She left.]"},
      {"a closing bracket does too", "(It was.) Then.", "[(It was.)] [Then.]"},
      {"a sentence may begin with a quote", "One. \"Two.\"", "[One.] [\"Two.\"]"},
      {"a sentence may begin with a bracket", "One. (Two.)", "[One.] [(Two.)]"},
      {"a sentence may begin with a digit", "One. 12 mice.", "[One.] [12 mice.]"},
      {"a sentence may begin with a Greek letter", "One. \xCE\xB2-catenin.",
       "[One.] [\xCE\xB2-catenin.]"},
      {"CJK full stops need no space", "\xE4\xB8\x80\xE3\x80\x82\xE4\xBA\x8C\xEF\xBC\x9F",
       "[\xE4\xB8\x80\xE3\x80\x82] [\xE4\xBA\x8C\xEF\xBC\x9F]"},
      {"a CJK closing quote belongs to its sentence",
       "\xE4\xB8\x80\xE3\x80\x82\xE3\x80\x8D\xE4\xBA\x8C",
       "[\xE4\xB8\x80\xE3\x80\x82\xE3\x80\x8D] [\xE4\xBA\x8C]"},
      {"an empty line ends a sentence", "Methods\n\nWe did", "[Methods] [We did]"},
      {"so does one with white space in it, or of Windows", "A title\r\n \r\nWe did",
       "[A title] [We did]"},
      {"one line break ends nothing", "We\ndid", "[We\ndid]"},
      {"a mark alone is a sentence", ". A", "[.] [A]"},
  /* clang-format on */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    check_begin(rows[i].says);
    CHECK_STR(sentences_of(bb_str(rows[i].text)), rows[i].sentences);
  }
}

/* Every text ends; no byte that is not white space is left out. */
static void test_any_bytes(void) {
  enum { TEXTS = 20000 };
  static const char *const units[] = {
      "a",        "A",        ".", "!", " ", "\n", "Fig.", "\"", "\xFF", "\xE3\x80\x82",
      "\xE3\x80", "\xC2\xA0", "1", ")"};
  check_begin("any bytes have sentences in order that leave out nothing but white space");
  for (int i = 0; i < TEXTS; i++) {
    char text[64];
    size_t len = 0, behind = 0;
    for (int k = 0; k < 12; k++) {
      const char *unit = units[random_below(sizeof units / sizeof units[0])];
      memcpy(text + len, unit, strlen(unit));
      len += strlen(unit);
    }
    check_context("seed %d, %.*s", RANDOM_SEED, (int)len, text);
    char *exact = malloc(len); /* so that a sanitizer sees a read behind it */
    memcpy(exact, text, len);
    biobert_span s = {0, 0};
    while (bb_next_sentence((biobert_str){exact, len}, behind, &s)) {
      for (; behind < s.start; behind++)
        CHECK(strchr(" \n\xC2\xA0", exact[behind]) != NULL);
      if (!CHECK(s.end > s.start && s.end <= len)) break;
      behind = s.end;
    }
    free(exact);
  }
}

int main(void) {
  test_rows();
  test_any_bytes();
  return check_report();
}
