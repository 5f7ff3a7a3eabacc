/* Tests of what core/records makes of identifiers, dates, persons, titles, abstracts. The
 * expectations follow from the examples of the formats' own documentation. */
#include "base/status.h"
#include "check.h"
#include "records/abstracts.h"
#include "records/dates.h"
#include "records/identifiers.h"
#include "records/languages.h"
#include "records/record.h"

static const char *shown(biobert_str text) {
  static char buffer[256];
  snprintf(buffer, sizeof buffer, "%.*s", (int)text.len, text.len ? text.data : "");
  return buffer;
}

static void test_identifiers(void) {
  static const char *const dois[][2] = {
      {"10.1000/xyz",                                                        "10.1000/xyz"                  },
      {"https://doi.org/10.1000/ABC",                                        "10.1000/ABC"                  },
      {"http://dx.doi.org/10.1002/cpp.2398",                                 "10.1002/cpp.2398"             },
      {"doi: 10.1063/1.1954747.",                                            "10.1063/1.1954747"            },
      {"10.1016/x [doi]",                                                    "10.1016/x"                    },
      {"S0140-6736(20)30183-5 [pii]",                                        ""                             },
      {"10.1016/S0140-6736(20)30183-5",                                      "10.1016/S0140-6736(20)30183-5"},
      {"(see 10.1000/xyz)",                                                  "10.1000/xyz"                  },
      {"10.1002/(SICI)1097-0258(19980815)17:15<1661::AID-SIM968>3.0.CO;2-2",
       "10.1002/(SICI)1097-0258(19980815)17:15<1661::AID-SIM968>3.0.CO;2-2"                                 },
      {"10.4",                                                               ""                             },
      {"10.1000/",                                                           ""                             },
      {"",                                                                   ""                             },
      {"110.1000/x",                                                         ""                             },
  };
  check_begin("a DOI is found in what files have in its place");
  for (size_t i = 0; i < sizeof dois / sizeof dois[0]; i++) {
    check_context("%s", dois[i][0]);
    CHECK_STR(shown(bb_find_doi(bb_str(dois[i][0]))), dois[i][1]);
  }
  check_begin("a PMID is a number, with what says that it is one");
  CHECK_INT(bb_find_pmid(bb_str(" 123 ")), 123);
  CHECK_INT(bb_find_pmid(bb_str("PMID: 123")), 123);
  CHECK_INT(bb_find_pmid(bb_str("23690738[pmid]")), 23690738);
  CHECK_INT(bb_find_pmid(bb_str("https://pubmed.ncbi.nlm.nih.gov/123/")), 123);
  CHECK_INT(bb_find_pmid(bb_str("123abc")), 0);
  CHECK_INT(bb_find_pmid(bb_str("99999999999")), 0);
  check_begin("a PMCID has its letters in front");
  CHECK_STR(shown(bb_find_pmcid(bb_str("pmc123.2"))), "123");
  CHECK_STR(shown(bb_find_pmcid(bb_str("https://x.org/articles/PMC9/"))), "9");
  CHECK_STR(shown(bb_find_pmcid(bb_str("123"))), "");
}

static void test_dates(void) {
  static const char *const dates[][2] = {
      {"2001",              "2001"      },
      {"2001/05/17/Spring", "2001-05-17"},
      {"2001///",           "2001"      },
      {"2001///Spring",     "2001-03"   },
      {"2001 May 17",       "2001-05-17"},
      {"2001 May-Jun",      "2001-05"   },
      {"1998 Dec-1999 Jan", "1998-12"   },
      {"1999-2000",         "1999"      },
      {"2001 Summer",       "2001-06"   },
      {"Autumn 2001",       "2001-09"   },
      {"2001 Winter",       "2001-12"   },
      {"2001 2nd Quart",    "2001-04"   },
      {"May 2001",          "2001-05"   },
      {"17 May 2001",       "2001-05-17"},
      {"2001-05-17T00:00Z", "2001-05-17"},
      {"20010517",          "2001-05-17"},
      {"05/17/2001",        "2001-05-17"},
      {"17.5.2001",         "2001-05-17"},
      {"2015/october",      "2015-10"   },
      {"2013 06 10",        "2013-06-10"},
      {"2001-02-30",        "2001-02"   },
      {"2000-02-29",        "2000-02-29"},
      {"1900-02-29",        "1900-02"   },
      {"2001-13-01",        "2001"      },
      {"99",                ""          },
      {"YEAR/MONTH/DAY/",   ""          },
      {"",                  ""          },
      {"in press",          ""          },
  };
  check_begin("a date is as exact as its text, and a range its first month");
  for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
    char iso[BB_DATE_BYTES];
    bb_date date;
    check_context("%s", dates[i][0]);
    const bool is = bb_date_read(bb_str(dates[i][0]), &date);
    CHECK_STR(is ? shown(bb_date_iso(date, iso)) : "", dates[i][1]);
  }
}

static const char *name(const char *text, bb_person_form form) {
  static char buffer[128];
  const bb_person p = bb_person_of(bb_str(text), form);
  snprintf(buffer, sizeof buffer, "%.*s|%.*s", (int)p.family.len, p.family.data,
           (int)p.given.len, p.given.data);
  return buffer;
}

static void test_persons(void) {
  check_begin("a name is cut between family and given names");
  CHECK_STR(name("Smith, John A.", BB_PERSON_COMMA), "Smith|John A.");
  CHECK_STR(name("Smith, John, Jr.", BB_PERSON_GIVEN_FIRST), "Smith|John, Jr.");
  CHECK_STR(name("van der Berg JP", BB_PERSON_INITIALS), "van der Berg|JP");
  CHECK_STR(name("Smith JA Jr", BB_PERSON_INITIALS), "Smith|JA Jr");
  CHECK_STR(name("Liu R.", BB_PERSON_INITIALS), "Liu|R.");
  CHECK_STR(name("World Health Organization", BB_PERSON_INITIALS),
            "World Health Organization|");
  CHECK_STR(name("Selvamani", BB_PERSON_INITIALS), "Selvamani|");
  CHECK_STR(name("John van der Smith", BB_PERSON_GIVEN_FIRST), "van der Smith|John");
  CHECK_STR(name("Plato", BB_PERSON_GIVEN_FIRST), "Plato|");
}

static void test_languages(void) {
  static const char *const rows[][2] = {
      {"eng",                  "en"},
      {"English",              "en"},
      {"en-US",                "en"},
      {"ger",                  "de"},
      {"deu",                  "de"},
      {"Chinese (Simplified)", "zh"},
      {"scr",                  "hr"},
  };
  check_begin("a language is its code of two letters");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    CHECK_STR(bb_language_code(bb_str(rows[i][0])), rows[i][1]);
  CHECK(!bb_language_code(bb_str("und")) && !bb_language_code(bb_str("")));
}

/* A record's field after one call. */
static bb_record record;

static const char *field(biobert_record_field which) {
  CHECK_INT(bb_record_finish(&record, NULL), BIOBERT_OK);
  return shown(record.shown.fields[which]);
}

static const char *title(const char *text) {
  bb_record_start(&record, 0, "test");
  bb_record_set_title(&record, bb_str(text));
  return field(BIOBERT_RECORD_TITLE);
}

static const char *abstract(const char *text) {
  bb_record_start(&record, 0, "test");
  bb_record_add_abstract(&record, BIOBERT_RECORD_ABSTRACT, bb_str(text));
  return field(BIOBERT_RECORD_ABSTRACT);
}

static void test_texts(void) {
  check_begin(
      "white space is folded, whatever it is, and control characters are left out");
  CHECK_STR(title("  a\t\n b\xC2\xA0\xE2\x80\x89"
                  "c\x01 \xEF\xBB\xBF"),
            "a b c");
  check_begin("ill-formed UTF-8 is U+FFFD");
  CHECK_STR(title("a\xFF"
                  "b"),
            "a\xEF\xBF\xBD"
            "b");
  check_begin("a translated title loses its brackets, another one keeps them");
  CHECK_STR(title("[Headache and the weather]."), "Headache and the weather.");
  CHECK_STR(title("[[3H]thymidine in mice]"), "[3H]thymidine in mice");
  CHECK_STR(title("[3H]thymidine [in mice]"), "[3H]thymidine [in mice]");
  CHECK_STR(title("[Not Available]."), "");
  check_begin("a structured abstract has a line for each section");
  CHECK_STR(abstract("BACKGROUND: One. METHODS AND RESULTS: Two (A: b). CONCLUSION: x"),
            "BACKGROUND: One.\nMETHODS AND RESULTS: Two (A: b).\nCONCLUSION: x");
  CHECK_STR(abstract("A plain text. RESULTS: none."), "A plain text. RESULTS: none.");
  CHECK_STR(abstract("<p>p &lt; 0.05 in CO<sub>2</sub></p>"), "p < 0.05 in CO2");
  check_begin("a value that is there already is not added again");
  bb_record_start(&record, 0, "test");
  bb_record_add(&record, BIOBERT_RECORD_KEYWORDS, bb_str("gene"));
  bb_record_add(&record, BIOBERT_RECORD_KEYWORDS, bb_str("genes"));
  bb_record_add(&record, BIOBERT_RECORD_KEYWORDS, bb_str(" gene "));
  bb_record_add(&record, BIOBERT_RECORD_KEYWORDS, bb_str("ene"));
  bb_record_add(&record, BIOBERT_RECORD_KEYWORDS, bb_str("s"));
  CHECK_STR(field(BIOBERT_RECORD_KEYWORDS), "gene; genes; ene; s");
}

static int64_t fingerprint(const char *heading, const char *year, const char *author) {
  bb_record_start(&record, 0, "test");
  bb_record_set_title(&record, bb_str(heading));
  bb_record_set_date(&record, bb_str(year));
  bb_record_add_name(&record, BIOBERT_RECORD_AUTHORS, bb_str(author), BB_PERSON_INITIALS);
  bb_record_finish(&record, NULL);
  return record.shown.fingerprint;
}

static void test_fingerprint(void) {
  check_begin("one paper has one fingerprint, however it is written");
  const int64_t it = fingerprint("Aspirin: a trial.", "2001", "Smith, John");
  CHECK(it > 0);
  CHECK_INT(fingerprint("ASPIRIN - A  Trial", "2001-05", "smith J"), it);
  CHECK(fingerprint("Aspirin: a trial.", "2002", "Smith, John") != it);
  CHECK(fingerprint("Aspirin: a trial.", "2001", "Smit, John") != it);
  CHECK(fingerprint("Aspirin: no trial.", "2001", "Smith, John") != it);
  CHECK_INT(fingerprint("", "", ""), 0);
}

int main(void) {
  test_identifiers();
  test_dates();
  test_persons();
  test_languages();
  test_texts();
  test_fingerprint();
  bb_record_free(&record);
  return check_report();
}
