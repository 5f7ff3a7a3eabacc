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
