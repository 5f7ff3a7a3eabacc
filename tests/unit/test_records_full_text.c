/* Tests of core/records/jats.c and tei.c: an article is a row, and each section after it. */
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

/* The rows' sections in a line: what is of the article is "-". */
static void check_sections(const char *expected) {
  char found[256] = "";
  for (size_t i = 0; i < list.count; i++) {
    const char *section = field(i, BIOBERT_RECORD_SECTION);
    snprintf(found + strlen(found), sizeof found - strlen(found), "%s|",
             section ? section : "-");
  }
  CHECK_STR(found, expected);
}

/* JATS 1.3, Archiving and Interchange. */
static const char jats[] =
    "<?xml version=\"1.0\"?>\n<article article-type=\"research-article\" xml:lang=\"de\">"
    "<front><journal-meta><journal-title-group><journal-title>J</journal-title>"
    "</journal-title-group><issn pub-type=\"epub\">2312-0541</issn><publisher>"
    "<publisher-name>P</publisher-name></publisher></journal-meta><article-meta>"
    "<article-id pub-id-type=\"pmid\">12</article-id>"
    "<article-id pub-id-type=\"pmc\">34</article-id>"
    "<article-id pub-id-type=\"doi\">10.1/X</article-id>"
    "<title-group><article-title>Der "
    "<italic>Titel</italic></article-title><subtitle>Unter"
    "</subtitle><trans-title-group xml:lang=\"en\"><trans-title>The title</trans-title>"
    "</trans-title-group></title-group>"
    "<contrib-group><contrib contrib-type=\"author\"><name><surname>A</surname>"
    "<given-names>B</given-names></name></contrib><contrib "
    "contrib-type=\"author\"><collab>"
    "Group<contrib-group><contrib><name><surname>Member</surname></name></contrib>"
    "</contrib-group></collab></contrib><contrib contrib-type=\"editor\"><name><surname>E"
    "</surname></name></contrib></contrib-group>"
    "<pub-date pub-type=\"pmc-release\"><year>2022</year></pub-date>"
    "<pub-date pub-type=\"epub\"><day>3</day><month>2</month><year>2020</year></pub-date>"
    "<volume>7</volume><issue>1</issue><fpage>1</fpage><lpage>9</lpage>"
    "<abstract><title>Abstract</title><sec><title>Aim</title><p>One.</p><p>Two.</p></sec>"
    "<sec><title>Results</title><p>Three.</p></sec></abstract>"
    "<abstract abstract-type=\"graphical\"><p>Picture.</p></abstract>"
    "<trans-abstract xml:lang=\"de\"><p>Deutsch.</p></trans-abstract>"
    "<kwd-group><kwd>k1</kwd><kwd>k2</kwd></kwd-group></article-meta></front>"
    "<body><p>Lead.</p><sec><title>Intro</title><p>Text "
    "<fig><caption><p>Figure</p></caption>"
    "</fig>more<xref>1</xref>.</p><p>Second.</p><sec><title>Deep</title><p>Deeper.</"
    "p><sec/>"
    "</sec></sec><sec><title>Methods</title><sec><title>Sub</title><table-wrap><p>Cell</"
    "p>"
    "</table-wrap><p>Sub text.</p></sec></sec></body>"
    "<back><ref-list><ref><mixed-citation>Reference</mixed-citation></ref></ref-list></"
    "back>"
    "<sub-article><front-stub/><body><p>Reply</p></body></sub-article></article>";

static void test_jats(void) {
  check_begin("an article of JATS has every field of its own");
  read_text(jats);
  CHECK_FIELD(0, TITLE, "The title");
  CHECK_FIELD(0, ORIGINAL_TITLE, "Der Titel: Unter");
  CHECK_FIELD(0, ABSTRACT, "Aim: One. Two.\nResults: Three.");
  CHECK_FIELD(0, OTHER_ABSTRACT, "Picture.\nDeutsch.");
  CHECK_FIELD(0, AUTHORS, "A, B; Group");
  CHECK_FIELD(0, EDITORS, "E");
  CHECK_FIELD(0, JOURNAL, "J");
  CHECK_FIELD(0, DATE, "2020-02-03");
  CHECK_FIELD(0, PAGES, "1-9");
  CHECK_FIELD(0, PMCID, "PMC34");
  CHECK_FIELD(0, DOI, "10.1/x");
  CHECK_FIELD(0, ISSN, "2312-0541");
  CHECK_FIELD(0, KEYWORDS, "k1; k2");
  CHECK_FIELD(0, LANGUAGE, "de");
  CHECK_FIELD(0, SECTION, NULL);
  CHECK_FIELD(0, SECTION_TEXT, NULL);

  check_begin("sections follow in their order, with the headings that they are under");
  check_sections("-|Text|Intro|Intro / Deep|Methods / Sub|");
  CHECK_FIELD(1, SECTION_TEXT, "Lead.");
  CHECK_FIELD(2, SECTION_TEXT, "Text more1.\nSecond.");
  CHECK_FIELD(4, SECTION_TEXT, "Sub text.");
  for (size_t i = 1; i < list.count; i++) {
    CHECK_FIELD(i, ABSTRACT, NULL);
    CHECK_FIELD(i, DOI, "10.1/x");
    CHECK_INT(list.records[i].pmid, 12);
    CHECK_INT(list.records[i].position, 0);
  }
}

static void test_article_sets(void) {
  check_begin("the articles of a set have ordinals of their own");
#define PMC(title, body)                                                                 \
  "<article><front><article-meta><title-group><article-title>" title                     \
  "</article-title></title-group></article-meta></front>" body "</article>"
  read_text(
      "<pmc-articleset>" PMC("A", "<body><sec><title>S</title><p>x</p></sec></body>")
          PMC("B", "") "</pmc-articleset>");
  check_sections("-|S|-|");
  if (list.count == 3) CHECK_INT(list.records[2].position, 1);
  CHECK_FIELD(2, TITLE, "B");

  check_begin("an article that breaks keeps its sections, and the next one is read");
  read_text("<pmc-articleset>" PMC("A", "<body><sec><title>S</title><p>x</p></sec>"
                                        "<sec><title>T</title><p>a & b</p></sec></body>")
                PMC("B", "") "</pmc-articleset>");
  check_sections("-|S|T|-|");
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), 1);
  if (list.count == 4) {
    CHECK_INT(list.records[2].status, BIOBERT_RECORD_IS_BROKEN);
    CHECK_INT(list.records[2].position, 0);
    CHECK_INT(list.records[3].position, 1);
  }
  check_begin("a retracted article says by what, and the notice is none");
  read_text(
      "<article><front><article-meta><related-article "
      "related-article-type=\"retraction-forward\"/></article-meta></front></article>");
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_RETRACTED), 1);
  read_text(
      "<article article-type=\"retraction\"><front><article-meta><related-article "
      "related-article-type=\"retracted-article\"/></article-meta></front></article>");
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_RETRACTED), 0);
}

/* As GROBID 0.8 writes it. */
static const char tei[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<TEI xml:space=\"preserve\" xmlns=\"http://www.tei-c.org/ns/1.0\">"
    "<teiHeader xml:lang=\"en\"><fileDesc><titleStmt><title level=\"a\" "
    "type=\"main\">The "
    "title</title></titleStmt><publicationStmt><publisher>P</publisher><date "
    "type=\"published\""
    " when=\"2019-04-05\">5 April 2019</date></publicationStmt><sourceDesc><biblStruct>"
    "<analytic><author role=\"corresp\"><persName><forename type=\"first\">Ann</forename>"
    "<forename type=\"middle\">B</forename><surname>C</surname></persName><affiliation>"
    "<orgName type=\"institution\">Uni</orgName></affiliation></author><title "
    "level=\"a\">The "
    "title</title></analytic><monogr><title level=\"j\" type=\"main\">J</title><idno "
    "type=\"ISSN\">2312-0541</idno><imprint><biblScope "
    "unit=\"volume\">3</biblScope><biblScope "
    "unit=\"page\" from=\"1\" to=\"9\"/><date when=\"2019-04\"/></imprint></monogr><idno "
    "type=\"DOI\">10.1/Y</idno></biblStruct></sourceDesc></"
    "fileDesc><profileDesc><textClass>"
    "<keywords><term>k1</term><term>k2</term></keywords></"
    "textClass><abstract><div><p>The "
    "abstract.</p></div></abstract></profileDesc></teiHeader><text xml:lang=\"en\"><body>"
    "<div xmlns=\"http://www.tei-c.org/ns/1.0\"><head n=\"1\">Intro</head><p>Text <ref "
    "type=\"bibr\">[1]</ref>.</p><p>Second.</p></div><div><head>Methods</head><p>M.</p></"
    "div>"
    "<figure><head>Fig</head><figDesc>Figure</figDesc></figure></body><back><div "
    "type=\"references\"><listBibl><biblStruct><analytic><title>Ref</title></analytic>"
    "</biblStruct></listBibl></div></back></text></TEI>";

static void test_tei(void) {
  check_begin("an article of TEI has every field of its own");
  read_text(tei);
  CHECK_FIELD(0, TITLE, "The title");
  CHECK_FIELD(0, ABSTRACT, "The abstract.");
  CHECK_FIELD(0, AUTHORS, "C, Ann B");
  CHECK_FIELD(0, JOURNAL, "J");
  CHECK_FIELD(0, DATE, "2019-04-05");
  CHECK_FIELD(0, VOLUME, "3");
  CHECK_FIELD(0, PAGES, "1-9");
  CHECK_FIELD(0, PUBLISHER, "P");
  CHECK_FIELD(0, ISSN, "2312-0541");
  CHECK_FIELD(0, DOI, "10.1/y");
  CHECK_FIELD(0, KEYWORDS, "k1; k2");
  CHECK_FIELD(0, LANGUAGE, "en");
  check_begin("sections follow in their order");
  check_sections("-|Intro|Methods|");
  CHECK_FIELD(1, SECTION_TEXT, "Text [1].\nSecond.");
  CHECK_FIELD(2, SECTION_TEXT, "M.");
}

int main(void) {
  test_jats();
  test_article_sets();
  test_tei();
  record_list_free(&list);
  return check_report();
}
