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
      {"a line break before a small letter ends nothing", "We\ndid", "[We\ndid]"},
      {"a line's end ends a heading", "Methods\nWe did", "[Methods] [We did]"},
      {"and each part of a list", "- aspirin\r\n- 12 mice\n- S. aureus",
       "[- aspirin] [- 12 mice] [- S. aureus]"},
      {"a labelled abstract has a sentence a line",
       "BACKGROUND: Little is known\nMETHODS: We measured it\nMAIN OUTCOME MEASURES: p",
       "[BACKGROUND: Little is known] [METHODS: We measured it] "
       "[MAIN OUTCOME MEASURES: p]"},
      {"and one before each label in one line",
       "BACKGROUND: Little is known MATERIALS AND METHODS: We measured it RESULTS: 12",
       "[BACKGROUND: Little is known] [MATERIALS AND METHODS: We measured it] "
       "[RESULTS: 12]"},
      {"capitals with a colon are no label by themselves", "the ratio IL-6: IL-8 in DNA: 2",
       "[the ratio IL-6: IL-8 in DNA: 2]"},
      {"a wrapped line that cannot end goes on", "levels of\nIL-6, IL-8,\nTNF by Fig.\n2",
       "[levels of\nIL-6, IL-8,\nTNF by Fig.\n2]"},
      {"paragraphs end sentences, and have their tags",
       "<p>One</p><p>two</p>\n<div>three", "[<p>One</p>] [<p>two</p>] [<div>three]"},
      {"a line break's tag belongs to its line", "one<br/>two <BR> three",
       "[one<br/>] [two <BR>] [three]"},
      {"a heading of JATS ends", "<jats:title>Aim</jats:title> <jats:p>we did. It",
       "[<jats:title>Aim</jats:title>] [<jats:p>we did.] [It]"},
      {"tags inside of a sentence end nothing", "in <i>S. aureus</i> and <b>IL-6</b>. It",
       "[in <i>S. aureus</i> and <b>IL-6</b>.] [It]"},
      {"a closing tag belongs to its sentence", "It was <i>final.</i> Then. </p> So",
       "[It was <i>final.</i>] [Then. </p>] [So]"},
      {"the inside of a tag is no text", "see <a href=\"x. Y\">this</a> one. It",
       "[see <a href=\"x. Y\">this</a> one.] [It]"},
      {"less than is no tag", "p <p and a<b. It", "[p <p and a<b.] [It]"},
      {"a mark alone is a sentence", ". A", "[.] [A]"},
      {"a wide ! needs no space", "\xE4\xB8\x80\xEF\xBC\x81\xE4\xBA\x8C",
       "[\xE4\xB8\x80\xEF\xBC\x81] [\xE4\xBA\x8C]"},
      {"a square bracket belongs to its sentence", "(see [It was.]) Then.",
       "[(see [It was.])] [Then.]"},
      {"an apostrophe does too", "He said 'stop.' She left.",
       "[He said 'stop.'] [She left.]"},
      {"a curly one does too", "\xE2\x80\x98Stop.\xE2\x80\x99 She left.",
       "[\xE2\x80\x98Stop.\xE2\x80\x99] [She left.]"},
      {"an angle quote does too", "\xC2\xABStop.\xC2\xBB She left.",
       "[\xC2\xABStop.\xC2\xBB] [She left.]"},
      {"a white CJK corner does too", "\xE4\xB8\x80\xE3\x80\x82\xE3\x80\x8F\xE4\xBA\x8C",
       "[\xE4\xB8\x80\xE3\x80\x82\xE3\x80\x8F] [\xE4\xBA\x8C]"},
      {"punctuation begins no sentence", "One. , two. ; three. : four. % five.",
       "[One. , two. ; three. : four. % five.]"},
      {"a label may have several words",
       "x AIMS/METHODS: a METHODS & RESULTS: b SETTING, RESULTS: c PRE-METHODS: d",
       "[x] [AIMS/METHODS: a] [METHODS & RESULTS: b] [SETTING, RESULTS: c] "
       "[PRE-METHODS: d]"},
      {"a label has at most 64 bytes",
       "x AAAAAAAAAA AAAAAAAAAA AAAAAAAAAA AAAAAAAAAA AAAAAAAAAA AAAAAAAAAA AAAAAAAAAA "
       "METHODS: y",
       "[x AAAAAAAAAA AAAAAAAAAA] [AAAAAAAAAA AAAAAAAAAA AAAAAAAAAA AAAAAAAAAA AAAAAAAAAA "
       "METHODS: y]"},
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
      "a",        "A",        ".",  "!",    " ",
      "\n",       "Fig.",     "\"", "\xFF", "\xE3\x80\x82",
      "\xE3\x80", "\xC2\xA0", "1",  ")",    "<p>",
      "</p>",     "<br>",     "<",  "<i>",  "</i>",
      "RESULTS:"};
  check_begin("any bytes have sentences in order that leave out nothing but white space");
  for (int i = 0; i < TEXTS; i++) {
    char text[128];
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
