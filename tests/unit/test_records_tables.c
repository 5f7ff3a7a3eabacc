/* Tests of CSV and CSL-JSON. */
#include "check.h"
#include "record_list.h"

static record_list list;

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

static void test_csv_grammar(void) {
  check_begin("CSV: quotes, quotes in quotes, line ends in quotes, blank lines");
  read_text("\xEF\xBB\xBFtitle,abstract\r\n\"A \"\"title\"\", of two\r\nlines\",x\r\n\r\n"
            "A 5\" tube,\"y\"\r\n");
  CHECK_INT(list.count, 2);
  CHECK_FIELD(0, TITLE, "A \"title\", of two lines");
  CHECK_FIELD(0, ABSTRACT, "x");
  CHECK_FIELD(1, TITLE, "A 5\" tube");
  CHECK_FIELD(1, ABSTRACT, "y");

  check_begin("CSV: semicolons, tabs, and Excel's line of the separator");
  read_text("title;year\none, two;2001\n");
  CHECK_FIELD(0, TITLE, "one, two");
  CHECK_FIELD(0, DATE, "2001");
  read_text("title\tyear\none; two\t2002\n");
  CHECK_FIELD(0, TITLE, "one; two");
  read_text("sep=;\ntitle;year\none;2003\n");
  CHECK_INT(list.count, 1);
  CHECK_FIELD(0, DATE, "2003");

  check_begin("CSV: a quote that is never closed breaks its row, and no other");
  read_text("title,abstract\none,x\n\"two,x\nthree,x\nfour,x\n");
  CHECK_INT(list.count, 4);
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), 1);
  CHECK_FIELD(1, ERROR, "line 3: a quote is never closed");
  CHECK_FIELD(2, TITLE, "three");
  CHECK_FIELD(3, TITLE, "four");

  check_begin("CSV: a quote that is not closed does not take the next row into its cell");
  read_text(
      "title,abstract\n\"one\",\"x\"\n\"two\n\"three\",\"y\"\n\"four\",\"z,\nz\"\n");
  CHECK_INT(list.count, 4);
  CHECK_FIELD(1, ERROR, "line 3: a quote is never closed");
  CHECK_FIELD(2, TITLE, "three");
  CHECK_FIELD(2, ABSTRACT, "y");
  CHECK_FIELD(3, ABSTRACT, "z, z");

  check_begin("CSV: a comma that is in no quotes breaks its row");
  read_text("title,year,doi\nx,2001,10.1/x\ny, and z,2001,10.1/y\n"
            "short,2001\nlong,2001,10.1/z,,\n");
  CHECK_INT(list.count, 4);
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), 1);
  CHECK_FIELD(1, ERROR, "line 3: 4 cells, and 3 headings");
  CHECK_FIELD(3, DOI, "10.1/z");

  check_begin("CSV: without a title's column it is refused, with its headings");
  record_list_free(&list);
  list = read_records("name,size\na,1\n", 14, "csv");
  CHECK_INT(list.err.status, BIOBERT_FORMAT);
  CHECK(strstr(list.err.message, "name,size") != NULL);
}

static void test_csv_programs(void) {
  check_begin("CSV of Scopus");
  read_text(
      "\"Authors\",\"Author full names\",\"Title\",\"Year\",\"Source title\","
      "\"Volume\",\"Issue\",\"Art. No.\",\"Page start\",\"Page end\",\"DOI\","
      "\"Link\",\"Abstract\",\"Author Keywords\",\"Index Keywords\",\"ISSN\","
      "\"PubMed ID\",\"Language of Original Document\",\"Source\"\n"
      "\"Smith J.; Doe K.\",\"Smith, John (1); Doe, Karen (2)\",\"T\",2020,\"J\",1,2,"
      ",\"10\",\"19\",\"10.1/X\",\"http://s\",\"A.\",\"k1; k2\",\"k3\",12345678,"
      "77,English,Scopus\n");
  CHECK_FIELD(0, AUTHORS, "Smith, J.; Doe, K.");
  CHECK_FIELD(0, JOURNAL, "J");
  CHECK_FIELD(0, PAGES, "10-19");
  CHECK_FIELD(0, KEYWORDS, "k1; k2; k3");
  CHECK_FIELD(0, LANGUAGE, "en");
  if (list.count) CHECK_INT(list.records[0].pmid, 77);

  check_begin("CSV of PubMed");
  read_text("PMID,Title,Authors,Citation,First Author,Journal/Book,Publication Year,"
            "Create Date,PMCID,NIHMS ID,DOI\n"
            "123,T,\"Smith JA, van Doe K.\",c,Smith JA,J,2020,2020/01/02,PMC1,,10.1/x\n");
  CHECK_FIELD(0, AUTHORS, "Smith, JA; van Doe, K.");
  CHECK_FIELD(0, JOURNAL, "J");
  CHECK_FIELD(0, DATE, "2020");
  CHECK_FIELD(0, PAGES, NULL);
  if (list.count) CHECK_INT(list.records[0].pmid, 123);

  check_begin("CSV of Embase");
  read_text("Title,Author Names,Source,Abstract,Emtree Drug Index Terms\n"
            "T,\"Liu R., Adler D.G.\",Endoscopic Ultrasound (2014) 3:3 (152-160). "
            "Date of Publication: 1 May 2014,A,x\n");
  CHECK_FIELD(0, AUTHORS, "Liu, R.; Adler, D.G.");
  CHECK_FIELD(0, JOURNAL, "Endoscopic Ultrasound");
  CHECK_FIELD(0, DATE, "2014-05-01");

  check_begin("CSV of Zotero");
  read_text("Key,Item Type,Publication Year,Author,Title,Publication Title,Url,"
            "Abstract Note,Date,Manual Tags,Editor\n"
            "K,journalArticle,2020,\"Smith, John; Doe, K\",T,J,http://u,A,2020-05-01,"
            "a; b,\"Ed, I.\"\n");
  CHECK_FIELD(0, AUTHORS, "Smith, John; Doe, K");
  CHECK_FIELD(0, DATE, "2020-05-01");
  CHECK_FIELD(0, KEYWORDS, "a; b");
  CHECK_FIELD(0, EDITORS, "Ed, I.");

  check_begin("CSV of ASReview, with Python's lists");
  read_text("record_id,title,abstract,authors,keywords,publication_year,included\n"
            "1,T,A,\"['Marx, Karl', 'Lindgren, Astrid']\",\"['x', 'y, z']\",2014//,1\n");
  CHECK_FIELD(0, AUTHORS, "Marx, Karl; Lindgren, Astrid");
  CHECK_FIELD(0, KEYWORDS, "x; y, z");
  CHECK_FIELD(0, DATE, "2014");

  check_begin("a table of Web of Science");
  read_text("PT\tAU\tAF\tTI\tSO\tDE\tAB\tPY\tBP\tEP\tDI\tPM\n"
            "J\tSmith, J; Doe, K\t\tT\tJRNL\ta; b\tA.\t2001\t1\t9\t10.1/x\t77\n");
  CHECK_FIELD(0, AUTHORS, "Smith, J; Doe, K");
  CHECK_FIELD(0, JOURNAL, "JRNL");
  CHECK_FIELD(0, PAGES, "1-9");
  if (list.count) CHECK_INT(list.records[0].pmid, 77);
}

static void test_json(void) {
  check_begin("CSL-JSON: every field has its place");
  read_text("[{\"id\": 1, \"type\": \"article-journal\", \"title\": \"A <i>t</i>\",\n"
            "\"author\": [{\"family\": \"Berg\", \"given\": \"J.\",\n"
            "\"non-dropping-particle\": \"van\"}, {\"literal\": \"WHO\"}],\n"
            "\"issued\": {\"date-parts\": [[\"2001\", 5, 17]]}, \"volume\": 3,\n"
            "\"container-title\": \"J\", \"page\": \"1-9\", \"DOI\": \"10.1/X\",\n"
            "\"PMID\": \"77\", \"ISSN\": [\"1234-5678\", \"1234-567X\"]}]");
  CHECK_INT(list.count, 1);
  CHECK_FIELD(0, TITLE, "A t");
  CHECK_FIELD(0, AUTHORS, "van Berg, J.; WHO");
  CHECK_FIELD(0, DATE, "2001-05-17");
  CHECK_FIELD(0, VOLUME, "3");
  CHECK_FIELD(0, JOURNAL, "J");
  CHECK_FIELD(0, ISSN, "1234-5678; 1234-567X");
  if (list.count) CHECK_INT(list.records[0].pmid, 77);

  check_begin("OpenAlex: an abstract as an inverted index, in a page of results");
  read_text("{\"meta\": {\"count\": 1}, \"results\": [{\"display_name\": \"T\",\n"
            "\"ids\": {\"pmid\": \"https://pubmed.ncbi.nlm.nih.gov/77\"},\n"
            "\"abstract_inverted_index\": {\"to\": [1, 4], \"or\": [2], \"be\": [0, 5],\n"
            "\"not\": [3]}, \"publication_date\": \"2020-05-01\",\n"
            "\"authorships\": [{\"author\": {\"display_name\": \"John van Smith\"}}],\n"
            "\"biblio\": {\"first_page\": \"1\", \"last_page\": \"9\"},\n"
            "\"is_retracted\": true}]}");
  CHECK_INT(list.count, 1);
  CHECK_FIELD(0, ABSTRACT, "be to or not to be");
  CHECK_FIELD(0, AUTHORS, "van Smith, John");
  CHECK_FIELD(0, PAGES, "1-9");
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_RETRACTED), 1);
  if (list.count) CHECK_INT(list.records[0].pmid, 77);

  check_begin("Europe PMC: a page of results, whole and short ones");
  read_text(
      "{\"version\": \"6.9\", \"request\": {\"queryString\": \"x\"},\n"
      "\"resultList\": {\"result\": [{\"id\": \"77\", \"pmid\": \"77\",\n"
      "\"title\": \"An <i>article</i>.\", \"abstractText\": \"It &lt; that.\",\n"
      "\"authorList\": {\"author\": [{\"lastName\": \"Lee\", \"firstName\": \"Ann\"},\n"
      "{\"collectiveName\": \"A Group\"}]}, \"pubYear\": \"2020\",\n"
      "\"journalInfo\": {\"dateOfPublication\": \"2020 Feb\", \"volume\": \"3\",\n"
      "\"issue\": \"4\", \"journal\": {\"title\": \"J\", \"issn\": \"1234-5678\"}},\n"
      "\"pubTypeList\": {\"pubType\": [\"review\", \"Journal Article\"]},\n"
      "\"keywordList\": {\"keyword\": [\"a\", \"b\"]}, \"pageInfo\": \"1-9\"},\n"
      "{\"pmid\": \"78\", \"title\": \"Two\", \"authorString\": \"Lee J, Doe K.\",\n"
      "\"journalTitle\": \"K\", \"pubYear\": \"2021\"}]}}");
  CHECK_INT(list.count, 2);
  CHECK_FIELD(0, TITLE, "An article.");
  CHECK_FIELD(0, ABSTRACT, "It < that.");
  CHECK_FIELD(0, AUTHORS, "Lee, Ann; A Group");
  CHECK_FIELD(0, JOURNAL, "J");
  CHECK_FIELD(0, DATE, "2020-02");
  CHECK_FIELD(0, VOLUME, "3");
  CHECK_FIELD(0, ISSUE, "4");
  CHECK_FIELD(0, PAGES, "1-9");
  CHECK_FIELD(0, ISSN, "1234-5678");
  CHECK_FIELD(0, TYPE, "review; Journal Article");
  CHECK_FIELD(0, KEYWORDS, "a; b");
  CHECK_FIELD(1, AUTHORS, "Lee, J; Doe, K");
  CHECK_FIELD(1, JOURNAL, "K");
  CHECK_FIELD(1, DATE, "2021");
  if (list.count == 2) CHECK_INT(list.records[1].pmid, 78);

  check_begin("Zotero's note and field Extra have the identifiers that have no place");
  read_text("[{\"title\": \"T\", \"note\": \"Cited often\\nPMID: 77\\nPMCID: PMC5\"}]");
  CHECK_FIELD(0, PMCID, "PMC5");
  if (list.count) CHECK_INT(list.records[0].pmid, 77);
  read_text("Title,Extra\nT,PMID: 78 PMCID: PMC6\n");
  CHECK_FIELD(0, PMCID, "PMC6");
  if (list.count) CHECK_INT(list.records[0].pmid, 78);

  check_begin("JSON: an object a line; one that is broken costs its own line");
  read_text("{\"title\": \"one {\"}\n{\"title\": \"two\n{\"title\": \"three\"}\n"
            "{\"title\" 4}\n{\"title\": \"five\"}");
  CHECK_INT(list.count, 5);
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), 2);
  CHECK_FIELD(0, TITLE, "one {");
  CHECK_FIELD(1, ERROR, "the object at byte 19 is not closed");
  CHECK_FIELD(4, TITLE, "five");

  check_begin("JSON: an array that is cut off keeps what was whole");
  read_text("[{\"title\": \"one\"}, {\"title\": \"tw");
  CHECK_INT(list.count, 2);
  CHECK_FIELD(0, TITLE, "one");
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), 1);

  check_begin("JSON: an object that is not closed costs itself, and not those behind it");
  read_text("[\n  {\n    \"title\": \"one\"\n  },\n"
            "  {\n    \"title\": \"two\",\n    \"author\": [\n      {\n"
            "        \"family\": \"A\n"
            "  {\n    \"title\": \"three\",\n    \"author\": [\n      {\n"
            "        \"family\": \"B\"\n      },\n      {\n        \"family\": \"C\"\n"
            "      }\n    ]\n  },\n"
            "  {\n    \"title\": \"fo\"ur\"\n  },\n"
            "  {\n    \"title\": \"five\"\n  }\n]\n");
  CHECK_INT(list.count, 5);
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), 2);
  CHECK_FIELD(0, TITLE, "one");
  CHECK_FIELD(1, ERROR, "the object at byte 32 is not closed");
  CHECK_FIELD(2, TITLE, "three");
  CHECK_FIELD(2, AUTHORS, "B; C");
  CHECK_FIELD(3, ERROR, "the object at byte 231 is not closed");
  CHECK_FIELD(4, TITLE, "five");

  check_begin("JSON: places of words that are out of all bounds are left out");
  read_text("[{\"title\": \"T\", \"abstract_inverted_index\": {\"a\": [0], \"b\": "
            "[9000000000000], \"c\": [-1], \"d\": \"x\"}}]");
  CHECK_FIELD(0, ABSTRACT, "a");
}

int main(void) {
  test_csv_grammar();
  test_csv_programs();
  test_json();
  record_list_free(&list);
  return check_report();
}
