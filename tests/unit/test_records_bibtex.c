/* Tests of core/records/bibtex.c: BibTeX's grammar, TeX in its values, broken files. The
 * expectations are what BibTeX and biblatex print. */
#include "check.h"
#include "record_list.h"

static record_list list;

static void read_bytes(const char *text, size_t size) {
  record_list_free(&list);
  list = read_records(text, size, "bibtex");
  check_context("%s", list.err.message);
  CHECK_INT(list.err.status, BIOBERT_OK);
  check_context("%.200s", text);
}

static void read_text(const char *text) {
  read_bytes(text, strlen(text));
}

static const char *field(size_t record, biobert_record_field which) {
  return record < list.count ? list.records[record].fields[which] : "(no such record)";
}

#define CHECK_FIELD(record, which, expected)                                             \
  CHECK_STR(field(record, BIOBERT_RECORD_##which), expected)

static void test_entry(void) {
  check_begin("an entry has every field of its own");
  read_text(
      "% Encoding: UTF-8\n@Article{key:1,\n  Title = {{A} {Title} of it},\n"
      "  author = \"Smith, John and Doe, Jane\",\n journal = {J},\n volume = 5, "
      "number=2,\n"
      "  pages = {11--19}, year = {2001}, month = may,\n  doi = "
      "{https://doi.org/10.1/A\\_B},\n"
      "  url = {http://x.org/~me/a\\_b}, issn = {0012-9658}, keywords = {a, b},\n"
      "  abstract = {Some text.}, note = {PMID: 77}, langid = {english}, pmcid={PMC9},\n"
      "  file = {:C\\:\\\\x.pdf:PDF},\n}\n");
  CHECK_INT(list.count, 1);
  CHECK_FIELD(0, TITLE, "A Title of it");
  CHECK_FIELD(0, AUTHORS, "Smith, John; Doe, Jane");
  CHECK_FIELD(0, JOURNAL, "J");
  CHECK_FIELD(0, VOLUME, "5");
  CHECK_FIELD(0, ISSUE, "2");
  CHECK_FIELD(0, PAGES, "11-19");
  CHECK_FIELD(0, DATE, "2001-05");
  CHECK_FIELD(0, DOI, "10.1/a_b");
  CHECK_FIELD(0, URL, "http://x.org/~me/a_b");
  CHECK_FIELD(0, ISSN, "0012-9658");
  CHECK_FIELD(0, KEYWORDS, "a; b");
  CHECK_FIELD(0, ABSTRACT, "Some text.");
  CHECK_FIELD(0, PMCID, "PMC9");
  CHECK_FIELD(0, LANGUAGE, "en");
  CHECK_FIELD(0, TYPE, "article");
  if (list.count) CHECK_INT(list.records[0].pmid, 77);
}

static void test_grammar(void) {
  static const struct {
    const char *text, *title;
  } cases[] = {
      {"@string{a = {One}} @string(b = \"Two\") @book{k, title = a # { and } # b}",
       "One and Two"                                                                                 },
      {"@STRING{A = {One}} @book{k, title = a}",                                    "One"            },
      {"@book(k, title = {In parentheses})",                                        "In parentheses" },
      {"@book{k, title = \"with {\"}quotes{\"}\"}",                                 "with \"quotes\""},
      {"@comment{@book{x, title={no}}} @book{k, title={T}}",                        "T"              },
      {"@preamble{\"\\newcommand{\\x}{y}\"} @book{k, title={T}}",                   "T"              },
      {"text a@b.org @book{k, title={T}}",                                          "T"              },
      {"@book{title={T}}",                                                          "T"              },
      {"@book{,title={T},}",                                                        "T"              },
      {"@book{k, title={T} year={2000}}",                                           "T"              },
      {"@book{k,\ntitle\n=\n{T\n  U}\n}",                                           "T U"            },
      {"@book{k, TITLE = unknown}",                                                 "unknown"        },
      {"@book{k, title = {A}, subtitle = {B}}",                                     "A: B"           },
  };
  check_begin("BibTeX's grammar is read");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    read_text(cases[i].text);
    CHECK_INT(list.count, 1);
    CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), 0);
    CHECK_FIELD(0, TITLE, cases[i].title);
  }
}

static void test_tex(void) {
  static const struct {
    const char *tex, *text;
  } cases[] = {
      {"{\\'E}tude",                      "Étude"                    },
      {"\\'{e} \\'e {\\'{e}}",            "é é é"                  },
      {"M{\\\"u}ller \\\"{U}",            "Müller Ü"                },
      {"\\'{\\i} {\\'\\i}",               "í í"                     },
      {"\\c{c} \\c c \\v{s} \\H{o}",      "ç ç š ő"               },
      {"\\~{n} \\~n \\^o \\`a \\=a",      "ñ ñ ô à ā"            },
      {"\\'{\\^{e}} \\~{\\^{o}}",         "ế ỗ"                   },
      {"\\.{z} \\u{g} \\k{a} \\r{u}",     "ż ğ ą ů"               },
      {"Stra{\\ss}e Stra\\ss e",          "Straße Straße"           },
      {"{\\O}rsted \\L{}odz \\aa",        "Ørsted Łodz å"          },
      {"TGF-$\\beta_{1}$ cells",          "TGF-β1 cells"             },
      {"{\\textbeta}2 \\beta cells",      "β2 β cells"              },
      {"10\\,mg at 5$^\\circ$C",          "10 mg at 5°C"             },
      {"p $<$ 0.05, $x \\leq 3$",         "p < 0.05, x ≤3"          },
      {"A \\& B, 5\\%, a\\_b \\$5",       "A & B, 5%, a_b $5"         },
      {"costs $5",                        "costs $5"                  },
      {"\\emph{in vivo} {\\it of} x",     "in vivo of x"              },
      {"``quoted'' -- it's---so",         "“quoted” – it's—so"},
      {"Smith~et~al.",                    "Smith et al."              },
      {"\\href{http://x}{text}",          "text"                      },
      {"H$_2$O and CO\\textsubscript{2}", "H2O and CO2"               },
      {"<i>E. coli</i> \\textless 3",     "E. coli < 3"               },
      {"a\\",                             "a\\"                       },
      {"\\~{}",                           "~"                         },
  };
  check_begin("TeX in a title is its text");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char text[256];
    snprintf(text, sizeof text, "@book{k, title = {%s}}", cases[i].tex);
    read_text(text);
    CHECK_FIELD(0, TITLE, cases[i].text);
  }
}

static void test_names(void) {
  static const struct {
    const char *tex, *text;
  } cases[] = {
      {"John Smith",                        "Smith, John"                  },
      {"Smith, John",                       "Smith, John"                  },
      {"Smith, Jr, John",                   "Smith, John Jr"               },
      {"Ludwig van Beethoven",              "van Beethoven, Ludwig"        },
      {"van der Berg, Hans",                "van der Berg, Hans"           },
      {"John {von Smith}",                  "von Smith, John"              },
      {"{World Health and Others} and A B", "World Health and Others; B, A"},
      {"A B and others",                    "B, A"                         },
      {"A B and\n  C D",                    "B, A; D, C"                   },
      {"Andy Sand and Andrea And",          "Sand, Andy; And, Andrea"      },
      {"M{\\\"u}ller, A.",                  "Müller, A."                  },
      {"Plato",                             "Plato"                        },
      {"and",                               "and"                          },
  };
  check_begin("names in BibTeX's three forms, and collectives");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char text[256];
    snprintf(text, sizeof text, "@book{k, author = {%s}}", cases[i].tex);
    read_text(text);
    CHECK_FIELD(0, AUTHORS, cases[i].text);
  }
}

static void test_parents(void) {
  check_begin("crossref and xdata are inherited, wherever the parent is");
  read_text("@book{p0, title={Before}, year=1990}\n"
            "@incollection{a, title={A}, crossref={P0}}\n"
            "@incollection{b, title={B}, crossref={p1}, xdata={x}}\n"
            "@book{p1, title={Behind}, publisher={P}, doi={10.1/p}, xdata={y}}\n"
            "@xdata{x, volume={7}}\n@xdata{y, year={2003}}\n");
  CHECK_INT(list.count, 4);
  CHECK_FIELD(1, JOURNAL, "Before");
  CHECK_FIELD(1, DATE, "1990");
  CHECK_FIELD(2, TITLE, "B");
  CHECK_FIELD(2, JOURNAL, "Behind");
  CHECK_FIELD(2, PUBLISHER, "P");
  CHECK_FIELD(2, VOLUME, "7");
  CHECK_FIELD(2, DATE, "2003");
  CHECK_FIELD(2, DOI, NULL);
  CHECK_FIELD(3, TITLE, "Behind");
  check_begin("parents that name each other in a circle end");
  read_text("@book{a, crossref={b}, title={A}}\n@book{b, crossref={a}, title={B}}\n"
            "@xdata{x, xdata={x}}\n@book{c, xdata={x}, title={C}}");
  CHECK_INT(list.count, 3);
}

static void test_dates(void) {
  check_begin("biblatex's date and eprint are read");
  read_text("@article{k, date={2001-05-17/2001-06}, journaltitle={J}, eprint={123}, "
            "eprinttype={pubmed}, year={1999}}");
  CHECK_FIELD(0, DATE, "2001-05-17");
  CHECK_FIELD(0, JOURNAL, "J");
  if (list.count) CHECK_INT(list.records[0].pmid, 123);
}

static void test_encodings(void) {
  check_begin("a file in another encoding than it says is read");
  read_text("% Encoding: UTF-8\n@book{k, title={caf\xE9}}");
  CHECK_FIELD(0, TITLE, "café");
  read_bytes("\xFF\xFE@\0b\0o\0o\0k\0{\0k\0,\0t\0i\0t\0l\0e\0=\0{\0\xE9\0}\0}\0", 38);
  CHECK_FIELD(0, TITLE, "é");
}

static void test_broken(void) {
  static const char text[] =
      "@book{a, title={A}}\n@book{b, title={B {x}},\n  year=2000}\n"
      "@book{c, title={C}}\n";
  check_begin("a broken entry costs itself alone, and is named with its line");
  read_text(
      "@book{a, title={A}}\n@book{b, title={B {x},\n year=2000}\n@book{c, title={C}}\n");
  CHECK_INT(list.count, 3);
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), 1);
  CHECK_FIELD(2, TITLE, "C");
  CHECK(strstr(field(1, BIOBERT_RECORD_ERROR), "line 4") != NULL);
  read_text("@book{a, title={A}, = {x}}\n@book{c, title={C}}\n@book{d}");
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), 2);
  CHECK_FIELD(0, TITLE, "A");
  CHECK_FIELD(1, TITLE, "C");
  check_begin("a file cut off at any byte has the entries before the cut");
  for (size_t size = 0; size < sizeof text; size++) {
    const size_t whole = (size >= 19) + (size >= 56) + (size >= 76);
    read_bytes(text, size);
    check_context("%zu bytes", size);
    CHECK_INT(list.count - records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), whole);
    CHECK(list.count <= whole + 1);
  }
}

static void test_recognised(void) {
  check_begin("BibTeX is known by its content");
  record_list_free(&list);
  const char text[] = "Some comment\n\n @article {k,\n title={T}}";
  list = read_records(text, strlen(text), "");
  CHECK_FIELD(0, TITLE, "T");
  record_list_free(&list);
  const char returns[] = "% x\r\r@article{,\r  title = {T},\r}\r";
  list = read_records(returns, strlen(returns), "");
  CHECK_FIELD(0, TITLE, "T");
}

int main(void) {
  test_entry();
  test_grammar();
  test_tex();
  test_names();
  test_parents();
  test_dates();
  test_encodings();
  test_broken();
  test_recognised();
  record_list_free(&list);
  return check_report();
}
