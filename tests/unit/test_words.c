/* Spec of core/index/words_syntax.c. Whether FTS5 takes what comes out is asked by
 * tests/fuzz/fuzz_words.c, of FTS5 itself. */
#include "check.h"

#include "base/mem.h"
#include "base/status.h"
#include "biobert_vectors.h"

static const char *const columns[] = {"title", "abstract"};

/* "! " in front: the rows that it does not find; "error" where it is refused. */
static const char *read_words(const char *typed) {
  static char line[256];
  biobert_words words;
  biobert_error err;
  if (biobert_words_read(NULL, bb_str(typed), columns, 2, &words, &err)) {
    CHECK(strncmp(err.message, "words: ", 7) == 0);
    return "error";
  }
  snprintf(line, sizeof line, "%s%s", words.excluded ? "! " : "", words.text);
  bb_free(NULL, words.text);
  return line;
}

static void test_rows(void) {
  static const struct {
    const char *says, *typed, *words;
  } rows[] = {
  /* clang-format off */
      {"nothing is no condition", "", ""},
      {"white space is none", " \t\n\v", ""},
      {"punctuation by itself is none", " - , & .", ""},
      {"FTS5's syntax stays letter for letter", "a  AND(b  OR \"c d\"*) NOT title:e",
       "a  AND(b  OR \"c d\"*) NOT title:e"},
      {"NEAR, columns, beginnings too", "NEAR(a b, 5) - {title abstract} : ^c + d wom*n",
       "NEAR(a b, 5) - {title abstract} : ^c + d wom*n"},
      {"a hyphen is quoted", "IL-6", "\"IL-6\""},
      {"an apostrophe is", "Crohn's disease", "\"Crohn's\" disease"},
      {"brackets and signs of chemistry are", "poly(A) Ca2+ Na+/K+-ATPase 10%",
       "\"poly(A)\" \"Ca2+\" \"Na+/K+-ATPase\" \"10%\""},
      {"a star at the end is still a beginning", "IL-6*", "\"IL-6\" *"},
      {"a star inside is text where syntax is none", "HLA-DRB1*15:01", "\"HLA-DRB1*15:01\""},
      {"a DOI is one phrase", "doi:10.1001/jama.2020", "\"doi:10.1001/jama.2020\""},
      {"operators stay operators beside it", "IL-6 AND (b OR NOT-c)",
       "\"IL-6\" AND (b OR \"NOT-c\")"},
      {"columns stay columns beside it", "title:IL-6 {abstract} : TNF-a",
       "title : \"IL-6\" {abstract } : \"TNF-a\""},
      {"NEAR takes it", "NEAR(IL-6 TNF-a, 5)", "NEAR(\"IL-6\" \"TNF-a\", 5)"},
      {"brackets side by side are both", "(a OR b) (c d)", "(a OR b) AND c d"},
      {"NOT in front turns it around", "NOT a", "! a"},
      {"twice is once again", "NOT NOT a", "a"},
      {"AND NOT is NOT", "a AND NOT b", "a NOT b"},
      {"OR NOT is all but those", "a OR NOT b", "! b NOT a"},
      {"two NOTs are neither", "NOT a AND NOT b", "! a OR b"},
      {"and in one more bracket", "c AND (NOT a AND NOT (b OR d))", "c NOT (a OR b OR d)"},
      {"NOT inside of a column", "title : (NOT a)", "! title : (a)"},
      {"a bracket does not leave its argument", "a) OR (b", "error"},
      {"nor stays open", "(a", "error"},
      {"nor a quotation", "a \"b", "error"},
      {"an operator needs two sides", "a AND", "error"},
      {"a minus is not NOT", "a -b", "error"},
      {"nor before a quotation", "a -\"b\"", "error"},
      {"a star in front finds nothing", "*itis", "error"},
      {"an unknown column is a mistake", "titel:a", "error"},
      {"with digits it is text", "12:30", "\"12:30\""},
      {"too many brackets", "((((((((((((((((a-b))))))))))))))))", "error"},
      {"an underscore and U+001A are of a word", "a_b\x1a", "a_b\x1a"},
      {"white space of every kind parts words", "a\fb\r\nIL-6", "a b \"IL-6\""},
      {"brackets of the text itself are quoted with it", "f{x}-y", "\"f{x}-y\""},
      {"a sum with a quotation is one phrase", "tumor+\"b c\" IL-6",
       "tumor + \"b c\" \"IL-6\""},
      {"a comma belongs to NEAR", "NEAR(IL-6 b,5)", "NEAR(\"IL-6\" b, 5)"},
      {"elsewhere it is text", "a,b-c", "\"a,b-c\""},
      {"NEAR leaves out what finds nothing", "NEAR(& IL-6, 5)", "NEAR(\"IL-6\", 5)"},
      {"operators need no space before a bracket", "IL-6 AND(b) OR(c) NOT(d)",
       "\"IL-6\" AND b OR c NOT d"},
      {"columns that are left out stay so", "-{title}: IL-6", "- {title } : \"IL-6\""},
      {"one column too", "-title: IL-6", "- title : \"IL-6\""},
      {"columns begin an item", "a {title}: IL-6", "a {title } : \"IL-6\""},
      {"an alternative inside of a column has its brackets", "title:(a OR IL-6)",
       "title : (a OR \"IL-6\")"},
      {"a column inside of a column too", "abstract:(title:(IL-6))",
       "abstract : (title : (\"IL-6\"))"},
      {"NOT may be the first of two", "NOT a AND b", "b NOT a"},
      {"a minus before a word in front of a quotation is not NOT", "-a\"b\"", "error"},
      {"nor before what is no column", "-x: IL-6", "error"},
      {"AND is no word", "AND a", "error"},
      {"nor is OR", "a OR OR b", "error"},
      {"nor is NOT behind a plus", "a + NOT b", "error"},
      {"NOT needs a right side", "a NOT", "error"},
      {"and not a bracket", "a NOT )", "error"},
      {"NEAR takes a number", "NEAR(a b, x)", "error"},
      {"of digits alone", "NEAR(a b, 1x)", "error"},
      {"and nothing behind it", "NEAR(a b, 5 c)", "error"},
      {"NEAR has words", "NEAR(, 5)", "error"},
      {"NEAR is closed", "NEAR(a b", "error"},
      {"a list of columns has its colon", "{title} IL-6", "error"},
      {"a list of columns holds columns", "{title AND}: a", "error"},
      {"a bracket is closed by its like", "(a } b)", "error"},
      {"a longer name is another column", "titles:a", "error"},
  /* clang-format on */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    check_begin(rows[i].says);
    CHECK_STR(read_words(rows[i].typed), rows[i].words);
  }
}

/* Each would take minutes, were it not linear. */
static void test_hostile(void) {
  enum { BYTES = 1 << 20 };
  static const char *const units[] = {"a*",
                                      "a:",
                                      "NOT(",
                                      "NEAR(a)",
                                      "a AND NOT b AND ",
                                      "a OR NOT b OR ",
                                      "\"a\"",
                                      "-",
                                      "a-",
                                      "(",
                                      "a(",
                                      "title:",
                                      "{",
                                      "IL-6 "};
  check_begin("a megabyte of anything takes moments");
  char *text = bb_alloc(NULL, BYTES, 1);
  if (!CHECK(text != NULL)) return;
  for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
    size_t length = strlen(units[u]);
    biobert_words words = {0};
    biobert_error err;
    for (size_t at = 0; at < BYTES; at++) text[at] = units[u][at % length];
    check_context("%s", units[u]);
    biobert_words_read(NULL, (biobert_str){text, BYTES}, columns, 2, &words, &err);
    bb_free(NULL, words.text);
  }
  bb_free(NULL, text);
}

int main(void) {
  test_rows();
  test_hostile();
  return check_report();
}
