/* Tests of the formats of tagged lines: MEDLINE, RIS, Web of Science. */
#include "check.h"
#include "record_list.h"

static record_list list;

/* By the content: that it is known is part of each test. */
static void read_text(const char *text) {
  record_list_free(&list);
  list = read_records(text, strlen(text), "");
  check_context("%s", list.err.message);
  CHECK_INT(list.err.status, BIOBERT_OK);
  check_context("%.200s", text);
}

static const char *field(size_t record, biobert_record_field which) {
  return record < list.count ? list.records[record].fields[which] : "(no such record)";
}

#define CHECK_FIELD(record, which, expected)                                             \
  CHECK_STR(field(record, BIOBERT_RECORD_##which), expected)

static void test_medline(void) {
  check_begin("MEDLINE: every field has its place");
  read_text("\nPMID- 123\nOWN - NLM\nIS  - 0955-2359 (Print)\nVI  - 20\nIP  - 4\n"
            "DP  - 2009 Nov-Dec\nTI  - From danger to health: advice\n      for girls.\n"
            "PG  - 454-81\nAB  - AIM: One. RESULTS: Two\n      TI  - no tag.\n"
            "FAU - Long, Vicky\nAU  - Long V\nAU  - Doe J\nCN  - A Group, of many\n"
            "LA  - eng\nPT  - Journal Article\nPT  - Review\nJT  - Journal of it\n"
            "TA  - J It\nPMC - PMC99\nAID - S1234 [pii]\nAID - 10.1000/X [doi]\n"
            "MH  - Neoplasms/*genetics/metabolism\nMH  - *Humans\nOT  - word one\n"
            "OT  - *word two\nOAB - Resume\nOABL- fre\n");
  CHECK_INT(list.count, 1);
  if (list.count) CHECK_INT(list.records[0].pmid, 123);
  CHECK_FIELD(0, TITLE, "From danger to health: advice for girls.");
  CHECK_FIELD(0, ABSTRACT, "AIM: One.\nRESULTS: Two TI - no tag.");
  CHECK_FIELD(0, AUTHORS, "Long, Vicky; Doe, J; A Group, of many");
  CHECK_FIELD(0, JOURNAL, "Journal of it");
  CHECK_FIELD(0, DATE, "2009-11");
  CHECK_FIELD(0, VOLUME, "20");
  CHECK_FIELD(0, ISSUE, "4");
  CHECK_FIELD(0, PAGES, "454-81");
  CHECK_FIELD(0, ISSN, "0955-2359");
  CHECK_FIELD(0, DOI, "10.1000/x");
  CHECK_FIELD(0, PMCID, "PMC99");
  CHECK_FIELD(0, MESH, "Neoplasms/*genetics; Neoplasms/metabolism; *Humans");
  CHECK_FIELD(0, KEYWORDS, "word one; *word two");
  CHECK_FIELD(0, TYPE, "Journal Article; Review");
  CHECK_FIELD(0, LANGUAGE, "en");
  CHECK_FIELD(0, OTHER_ABSTRACT, "Resume");

  check_begin("MEDLINE: a record ends at a blank line, or before the next PMID");
  read_text("PMID- 1\nTI  - One\nPMID- 2\nTI  - Two\n\n\nTI  - Three\r\n\r\nPMID- 4\r\n");
  CHECK_INT(list.count, 4);
  CHECK_FIELD(2, TITLE, "Three");
  if (list.count == 4) CHECK_INT(list.records[3].pmid, 4);

  check_begin("MEDLINE: a line that is no field loses nothing");
  read_text("PMID- 27433151\nSO  invalid line\nTI  - A title\n");
  CHECK_FIELD(0, TITLE, "A title");
  if (list.count) CHECK_INT(list.records[0].pmid, 27433151);

  check_begin("MEDLINE: a retracted paper is one, the notice of it is not");
  read_text("PMID- 1\nPT  - Retracted Publication\n\nPMID- 2\n"
            "PT  - Retraction of Publication\n");
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_RETRACTED), 1);

  check_begin("MEDLINE: a translated title, an own one, and none but that");
  read_text("PMID- 1\nTI  - [On it].\nTT  - Davon.\n\nPMID- 2\nTI  - [Not Available].\n"
            "TT  - Hiervon.\n");
  CHECK_FIELD(0, TITLE, "On it.");
  CHECK_FIELD(0, ORIGINAL_TITLE, "Davon.");
  CHECK_FIELD(1, TITLE, "Hiervon.");
}

static void test_ris(void) {
  check_begin("RIS: every field has its place");
  read_text("\xEF\xBB\xBFTY  - JOUR\nAU  - Smith, John\nA1  - Liu R.\nED  - Doe, J.\n"
            "T1  - The <i>title</i>\nT2  - Journal of it\nJA  - J It\nPY  - 2001//\n"
            "DA  - 2001/05/17/Spring\nVL  - 3\nIS  - 4\nSP  - 10\nEP  - 19\n"
            "PB  - House\nSN  - 0306-4530 (ISSN)\nSN  - 978-1-4822-5326-9\n"
            "KW  - one\nKW  - two; three\nfour\nLA  - English\nUR  - http://x.org/1\n"
            "DO  - https://doi.org/10.1000/ABC\nU1  - 77[pmid]\nC2  - PMC5\n"
            "N2  - The\nabstract.\nER  - \n");
  CHECK_INT(list.count, 1);
  if (list.count) CHECK_INT(list.records[0].pmid, 77);
  CHECK_FIELD(0, AUTHORS, "Smith, John; Liu, R.");
  CHECK_FIELD(0, EDITORS, "Doe, J.");
  CHECK_FIELD(0, TITLE, "The title");
  CHECK_FIELD(0, JOURNAL, "Journal of it");
  CHECK_FIELD(0, DATE, "2001-05-17");
  CHECK_FIELD(0, PAGES, "10-19");
  CHECK_FIELD(0, ISSN, "0306-4530");
  CHECK_FIELD(0, ISBN, "978-1-4822-5326-9");
  CHECK_FIELD(0, KEYWORDS, "one; two; three; four");
  CHECK_FIELD(0, LANGUAGE, "en");
  CHECK_FIELD(0, URL, "http://x.org/1");
  CHECK_FIELD(0, DOI, "10.1000/abc");
  CHECK_FIELD(0, PMCID, "PMC5");
  CHECK_FIELD(0, ABSTRACT, "The abstract.");
  CHECK_FIELD(0, TYPE, "JOUR");

  check_begin("RIS: the year is that of PY, whatever day it came out online");
  read_text("TY  - JOUR\nDA  - 2019/12/30\nPY  - 2020\nER  - \n");
  CHECK_FIELD(0, DATE, "2020");

  check_begin("RIS: ER is missing, between records and at the end");
  read_text("TY  - JOUR\nTI  - One\nTY  - JOUR\nTI  - Two\n");
  CHECK_INT(list.count, 2);
  CHECK_FIELD(1, TITLE, "Two");

  check_begin("RIS: what is behind ER is no record");
  read_text("1.\nTY  - JOUR\nTI  - One\nER  - \nC1  - stray\n\n2.\nTY  - JOUR\n"
            "TI  - Two\nER  - end\n\n");
  CHECK_INT(list.count, 2);
  CHECK_FIELD(1, TITLE, "Two");

  check_begin("RIS: TY is missing");
  read_text("JF  - Journal\nT1  - One\nAU  - Smith, J\nER  -\n\nTY  - JOUR\nER  -\n");
  CHECK_INT(list.count, 2);
  CHECK_FIELD(0, TITLE, "One");

  check_begin("RIS: small letters, one blank, a tab before the dash");
  read_text("ty  - JOUR\nti - One\nAU\t- Smith, J\nab  - is  - a dash\nER  -\n");
  CHECK_INT(list.count, 1);
  CHECK_FIELD(0, TITLE, "One");
  CHECK_FIELD(0, AUTHORS, "Smith, J");
  CHECK_FIELD(0, ABSTRACT, "is - a dash");

  check_begin("RIS: AB and N2 that differ are both there, that are the same once");
  read_text("TY  - JOUR\nN2  - Other\nAB  - This\nER  -\nTY  - JOUR\nAB  - This\n"
            "N2  - This \nER  -\n");
  CHECK_FIELD(0, ABSTRACT, "This");
  CHECK_FIELD(0, OTHER_ABSTRACT, "Other");
  CHECK_FIELD(1, ABSTRACT, "This");
  CHECK_FIELD(1, OTHER_ABSTRACT, NULL);

  check_begin("RIS: BT is a book's title, and of a chapter that of its book");
  read_text("TY  - BOOK\nBT  - The book\nER  -\nTY  - CHAP\nTI  - A chapter\n"
            "BT  - The book\nER  -\n");
  CHECK_FIELD(0, TITLE, "The book");
  CHECK_FIELD(1, TITLE, "A chapter");
  CHECK_FIELD(1, JOURNAL, "The book");

  check_begin("RIS: a DOI and a PMID in notes");
  read_text("TY  - JOUR\nM3  - doi: 10.1063/1.19\nN1  - PMID: 12\nER  -\n"
            "TY  - JOUR\nUR  - https://doi.org/10.1/y\nDB  - PubMed\nAN  - 13\nER  -\n");
  CHECK_FIELD(0, DOI, "10.1063/1.19");
  CHECK_FIELD(1, DOI, "10.1/y");
  if (list.count == 2) CHECK_INT(list.records[0].pmid * 100 + list.records[1].pmid, 1213);
}

static long long pmid(size_t record) {
  return record < list.count ? list.records[record].pmid : -1;
}

/* What each database has where. */
static void test_ris_programs(void) {
  check_begin("RIS: without TY and ER, blank lines part records that begin alike");
  read_text("DB  - Ovid MEDLINE(R)\nUI  - 1\nAU  - Lee J\nTI  - One\nAB  - It.\n\n"
            "More of it.\n\nKW  - a word\n\nDB  - Ovid MEDLINE(R)\nUI  - 2\n"
            "AU  - Kim S\nTI  - Two\n");
  CHECK_INT(list.count, 2);
  CHECK_FIELD(0, TITLE, "One");
  CHECK_FIELD(0, ABSTRACT, "It. More of it.");
  CHECK_FIELD(0, KEYWORDS, "a word");
  CHECK_FIELD(0, AUTHORS, "Lee, J");
  CHECK_FIELD(1, TITLE, "Two");
  CHECK_FIELD(1, AUTHORS, "Kim, S");

  check_begin("RIS: the PMIDs of Ovid, Scopus, CENTRAL and Zotero, and no other numbers");
  read_text("TY  - JOUR\nDB  - Ovid MEDLINE(R) ALL\nAN  - 11\nTI  - Ovid\nER  - \n"
            "TY  - JOUR\nDB  - MEDLINE; Health Collection\nAN  - 2299777777\n"
            "TI  - ProQuest's own\nER  - \n"
            "TY  - JOUR\nDB  - Embase\nAN  - 12\nTI  - Embase's own\nER  - \n"
            "TY  - JOUR\nDB  - Scopus\nC2  - 13\nTI  - Scopus\nER  - \n"
            "TY  - JOUR\nC2  - 14\nTI  - C2 of another\nER  - \n"
            "TY  - JOUR\nC3  - EMBASE 99,PUBMED 15\nTI  - CENTRAL\nER  - \n"
            "TY  - JOUR\nN1  - <p>PMID: 16 PMCID: PMC7</p>\nTI  - Zotero\nER  - \n"
            "TY  - JOUR\nN1  - Comment in PMID: 17\nTI  - of another\nER  - \n");
  static const long long expected[] = {11, 0, 0, 13, 0, 15, 16, 0};
  CHECK_INT(list.count, 8);
  for (size_t i = 0; i < 8; i++) CHECK_INT(pmid(i), expected[i]);
  CHECK_FIELD(6, PMCID, "PMC7");

  check_begin("\"[No abstract available]\" is none");
  read_text("TY  - JOUR\nTI  - One\nAB  - [No abstract available]\nER  - \n"
            "TY  - JOUR\nTI  - Two\nAB  - No abstract available for mice.\nER  - \n");
  CHECK(list.count == 2 && !list.records[0].fields[BIOBERT_RECORD_ABSTRACT]);
  CHECK_FIELD(1, ABSTRACT, "No abstract available for mice.");
}

static void test_wos(void) {
  check_begin("Web of Science: every field has its place");
  read_text(
      "FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nAU Smith, J\n   Doe, K\n"
      "AF Smith, John\n   Doe, Karen\nTI A title\n   of two lines\n"
      "SO JOURNAL OF IT\nLA English\nDT Article; Early Access\nDE one; two\n"
      "ID THREE\nAB The abstract.\nC1 [Smith, J] Univ, Town.\nSN 0306-4530\n"
      "EI 1234-567X\nPD MAY 17\nPY 2001\nVL 3\nIS 4\nBP 10\nEP 19\n"
      "DI 10.1000/ABC\nPM 77\nER\n\nPT B\nTI Two\nAR e12\nPD NOV-DEC\nPY 2002\n"
      "ER\n\nEF");
  CHECK_INT(list.count, 2);
  CHECK_FIELD(0, AUTHORS, "Smith, John; Doe, Karen");
  CHECK_FIELD(0, TITLE, "A title of two lines");
  CHECK_FIELD(0, JOURNAL, "JOURNAL OF IT");
  CHECK_FIELD(0, KEYWORDS, "one; two; THREE");
  CHECK_FIELD(0, TYPE, "Article; Early Access");
  CHECK_FIELD(0, ABSTRACT, "The abstract.");
  CHECK_FIELD(0, ISSN, "0306-4530; 1234-567X");
  CHECK_FIELD(0, DATE, "2001-05-17");
  CHECK_FIELD(0, PAGES, "10-19");
  CHECK_FIELD(0, DOI, "10.1000/abc");
  CHECK_FIELD(1, PAGES, "e12");
  CHECK_FIELD(1, DATE, "2002-11");
}

/* A field is repeated until the record is longer than any may be; the one after it is
 * read. */
static void test_refer(void) {
  check_begin("refer (.enw): every field has its place");
  read_text("\xEF\xBB\xBF%0 Journal Article\n%A Lee, Jinhyuk\n%A Yoon, W.\n%E Ed, I.\n"
            "%T A title\nof two lines\n%Q Ein Titel\n%J Journal of it\n%D 2020\n"
            "%8 Feb 15\n%V 36\n%N 4\n%P 1-9\n%@ 1367-4803\n%I A press\n%G eng\n"
            "%K one\ntwo\n%R 10.1000/X\n%U https://x.org/\n%M 77\n%~ PubMed\n%2 PMC5\n"
            "%X It is\n\nso.\n%+ Seoul\n\n%0 Book Section\n%T Two\n%B A book\n"
            "%U https://doi.org/10.1000/y\n%M 78\n%~ Embase\n%8 2021/03/02\n");
  CHECK_INT(list.count, 2);
  CHECK_INT(pmid(0), 77);
  CHECK_FIELD(0, TITLE, "A title of two lines");
  CHECK_FIELD(0, ORIGINAL_TITLE, "Ein Titel");
  CHECK_FIELD(0, AUTHORS, "Lee, Jinhyuk; Yoon, W.");
  CHECK_FIELD(0, EDITORS, "Ed, I.");
  CHECK_FIELD(0, JOURNAL, "Journal of it");
  CHECK_FIELD(0, DATE, "2020-02-15");
  CHECK_FIELD(0, VOLUME, "36");
  CHECK_FIELD(0, ISSUE, "4");
  CHECK_FIELD(0, PAGES, "1-9");
  CHECK_FIELD(0, ISSN, "1367-4803");
  CHECK_FIELD(0, PUBLISHER, "A press");
  CHECK_FIELD(0, LANGUAGE, "en");
  CHECK_FIELD(0, KEYWORDS, "one; two");
  CHECK_FIELD(0, DOI, "10.1000/x");
  CHECK_FIELD(0, PMCID, "PMC5");
  CHECK_FIELD(0, URL, "https://x.org/");
  CHECK_FIELD(0, TYPE, "Journal Article");
  CHECK_FIELD(0, ABSTRACT, "It is so.");
  CHECK_INT(pmid(1), 0);
  CHECK_FIELD(1, JOURNAL, "A book");
  CHECK_FIELD(1, DOI, "10.1000/y");
  CHECK_FIELD(1, DATE, "2021-03-02");

  check_begin("refer: records without %0 are parted by blank lines");
  read_text("%A A\n%T One\n\n%A B\n%T Two\n\n\n%A C\n%T Three\n");
  CHECK_INT(list.count, 3);
  CHECK_FIELD(2, TITLE, "Three");

  check_begin("a file of BibTeX that begins with a comment of LaTeX is BibTeX");
  read_text("% A library\n%T\n@article{a, title={One}}\n");
  CHECK_FIELD(0, TITLE, "One");
}

static void test_endless(void) {
  enum { FIELD_BYTES = 1 << 16, FIELDS = 1100 };
  static const char head[] = "TY  - JOUR\n", tail[] = "ER  -\nTY  - JOUR\nTI  - y\n";
  const size_t size = sizeof head + sizeof tail + (size_t)FIELDS * FIELD_BYTES;
  char *text = malloc(size), *at = text;
  if (!text) exit(2);
  at = mempcpy(at, head, sizeof head - 1);
  for (size_t i = 0; i < FIELDS; i++) {
    const int tag = snprintf(at, FIELD_BYTES, "KW  - %zu ", i);
    memset(at + tag, 'x', FIELD_BYTES - (size_t)tag);
    at[FIELD_BYTES - 1] = '\n';
    at += FIELD_BYTES;
  }
  at = mempcpy(at, tail, sizeof tail - 1);
  check_begin("endless fields break their record alone");
  record_list_free(&list);
  list = read_records(text, (size_t)(at - text), "ris");
  CHECK_INT(list.count, 2);
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), 1);
  CHECK_FIELD(0, ERROR, "the record is longer than 64 MiB");
  CHECK_FIELD(1, TITLE, "y");
  free(text);
}

int main(void) {
  test_medline();
  test_ris();
  test_ris_programs();
  test_wos();
  test_refer();
  test_endless();
  record_list_free(&list);
  return check_report();
}
