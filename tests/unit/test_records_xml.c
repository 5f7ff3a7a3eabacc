/* Tests of core/records/xml.c and of the formats on it: what PubMed's files hold, and what
 * broken and hostile files do. */
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

/* PubMed ----------------------------------------------------------------------------- */

#define ARTICLE(pmid, rest)                                                              \
  "<PubmedArticle><MedlineCitation><PMID Version=\"1\">" pmid "</PMID>" rest             \
  "</MedlineCitation></PubmedArticle>"
#define IN_ARTICLE(rest) ARTICLE("7", "<Article>" rest "</Article>")

static void read_article(const char *text) {
  read_text(text);
  CHECK_INT(list.count, 1);
  if (list.count == 1) CHECK_INT(list.records[0].pmid, 7);
}

/* Elements and their order: NLM's pubmed_250101.dtd. */
static const char whole_article[] =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
    "<!DOCTYPE PubmedArticleSet PUBLIC \"-//NLM//DTD PubMedArticle, 1st January "
    "2025//EN\""
    " \"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd\">\n"
    "<PubmedArticleSet><PubmedArticle><MedlineCitation Status=\"MEDLINE\">\n"
    "<PMID Version=\"2\">123</PMID>"
    "<DateRevised><Year>2020</Year><Month>01</Month><Day>02</Day></DateRevised>\n"
    "<Article PubModel=\"Print\"><Journal><ISSN IssnType=\"Print\">0028-0836</ISSN>"
    "<JournalIssue><Volume>5</Volume><Issue>2</Issue>"
    "<PubDate><Year>2001</Year><Month>May</Month><Day>7</Day></PubDate></JournalIssue>"
    "<Title>Nature &amp; more</Title><ISOAbbreviation>Nat</ISOAbbreviation></Journal>\n"
    "<ArticleTitle>The <i>p</i>53<sup>+<sub>2</sub></sup> gene.</ArticleTitle>"
    "<Pagination><MedlinePgn>11-9</MedlinePgn></Pagination>"
    "<ELocationID EIdType=\"doi\" ValidYN=\"Y\">10.1/other</ELocationID>"
    "<Abstract><AbstractText Label=\"AIM\" NlmCategory=\"OBJECTIVE\">To\n  "
    "find.</AbstractText>"
    "<AbstractText Label=\"RESULTS\">Found &#946;.</AbstractText>"
    "<CopyrightInformation>Theirs</CopyrightInformation></Abstract>"
    "<AuthorList><Author ValidYN=\"Y\"><LastName>M\xC3\xBCller</LastName><ForeName>Ann "
    "B</ForeName>"
    "<Initials>AB</Initials><Suffix>Jr</Suffix></Author>"
    "<Author ValidYN=\"Y\"><CollectiveName>The Group, Inc</CollectiveName></Author>"
    "<Author ValidYN=\"N\"><LastName>Wrogn</LastName><Initials>W</Initials></Author>"
    "<Author "
    "ValidYN=\"Y\"><LastName>Last</LastName><Initials>L</Initials></Author></AuthorList>"
    "<Language>eng</Language><Language>fre</Language>"
    "<PublicationTypeList><PublicationType UI=\"D016428\">Journal "
    "Article</PublicationType>"
    "<PublicationType>Review</PublicationType></PublicationTypeList>"
    "<ArticleDate><Year>2000</Year><Month>12</Month><Day>01</Day></ArticleDate></Article>"
    "<MedlineJournalInfo><MedlineTA>Nature</MedlineTA>"
    "<ISSNLinking>1476-4687</ISSNLinking></MedlineJournalInfo>"
    "<CommentsCorrectionsList><CommentsCorrections RefType=\"Cites\"><PMID>999</PMID>"
    "</CommentsCorrections></CommentsCorrectionsList>"
    "<MeshHeadingList><MeshHeading><DescriptorName "
    "MajorTopicYN=\"Y\">Mice</DescriptorName>"
    "</MeshHeading><MeshHeading><DescriptorName MajorTopicYN=\"N\">Genes, "
    "p53</DescriptorName>"
    "<QualifierName MajorTopicYN=\"Y\">genetics</QualifierName>"
    "<QualifierName "
    "MajorTopicYN=\"N\">history</QualifierName></MeshHeading></MeshHeadingList>"
    "<OtherAbstract Type=\"Publisher\" "
    "Language=\"fre\"><AbstractText>Trouver.</AbstractText>"
    "</OtherAbstract>"
    "<KeywordList><Keyword>one</Keyword><Keyword>two; three</Keyword></KeywordList>"
    "</MedlineCitation><PubmedData><ArticleIdList><ArticleId "
    "IdType=\"pubmed\">123</ArticleId>"
    "<ArticleId IdType=\"doi\">10.1000/ABC</ArticleId>"
    "<ArticleId IdType=\"pmc\">PMC42</ArticleId></ArticleIdList>"
    "<ReferenceList><Reference><ArticleIdList><ArticleId "
    "IdType=\"doi\">10.9/ref</ArticleId>"
    "<ArticleId "
    "IdType=\"pmc\">PMC9</ArticleId></ArticleIdList></Reference></ReferenceList>"
    "</PubmedData></PubmedArticle></PubmedArticleSet>\n";

static void test_article(void) {
  check_begin("an article of PubMed has every field of its own");
  read_text(whole_article);
  CHECK_INT(list.count, 1);
  if (list.count != 1) return;
  CHECK_INT(list.records[0].pmid, 123);
  CHECK_INT(list.records[0].version, 2);
  CHECK_INT(list.records[0].year, 2001);
  CHECK_INT(list.records[0].status, BIOBERT_RECORD_IS_CURRENT);
  CHECK_FIELD(0, DATE, "2001-05-07");
  CHECK_FIELD(0, DOI, "10.1000/abc");
  CHECK_FIELD(0, PMCID, "PMC42");
  CHECK_FIELD(0, TITLE, "The p53+2 gene.");
  CHECK_FIELD(0, ABSTRACT, "AIM: To find.\nRESULTS: Found \xCE\xB2.");
  CHECK_FIELD(0, OTHER_ABSTRACT, "Trouver.");
  CHECK_FIELD(0, ORIGINAL_TITLE, NULL);
  CHECK_FIELD(0, AUTHORS, "M\xC3\xBCller, Ann B Jr; The Group, Inc; Last, L");
  CHECK_FIELD(0, JOURNAL, "Nature & more");
  CHECK_FIELD(0, VOLUME, "5");
  CHECK_FIELD(0, ISSUE, "2");
  CHECK_FIELD(0, PAGES, "11-9");
  CHECK_FIELD(0, ISSN, "0028-0836; 1476-4687");
  CHECK_FIELD(0, KEYWORDS, "one; two; three");
  CHECK_FIELD(0, MESH, "*Mice; Genes, p53/*genetics; Genes, p53/history");
  CHECK_FIELD(0, TYPE, "Journal Article; Review");
  CHECK_FIELD(0, LANGUAGE, "en; fr");
  CHECK_FIELD(0, ERROR, NULL);
}

static void test_titles(void) {
  check_begin("a translated title has no brackets, and the vernacular one is kept apart");
  read_article(IN_ARTICLE("<ArticleTitle>[In English].</ArticleTitle>"
                          "<VernacularTitle>Auf Deutsch.</VernacularTitle>"));
  CHECK_FIELD(0, ORIGINAL_TITLE, "Auf Deutsch.");
  CHECK(strstr(field(0, BIOBERT_RECORD_TITLE), "In English") ==
        field(0, BIOBERT_RECORD_TITLE));
  check_begin("where only a vernacular title is there, it is the title too");
  read_article(IN_ARTICLE("<ArticleTitle>[Not Available].</ArticleTitle>"
                          "<VernacularTitle>Auf Deutsch.</VernacularTitle>"));
  CHECK_FIELD(0, TITLE, "Auf Deutsch.");
  CHECK_FIELD(0, ORIGINAL_TITLE, "Auf Deutsch.");
  check_begin("a title that begins with brackets is left as it is");
  read_article(IN_ARTICLE("<ArticleTitle>[3H]dopamine in [rats].</ArticleTitle>"));
  CHECK_FIELD(0, TITLE, "[3H]dopamine in [rats].");
}

static void test_formulas(void) {
  check_begin("a formula is its text, without the white space of its layout");
  read_article(IN_ARTICLE(
      "<ArticleTitle>Of <mml:math xmlns:mml=\"http://www.w3.org/1998/Math/MathML\">\n"
      "  <mml:msup>\n  <mml:mi>x</mml:mi>\n  <mml:mn>2</mml:mn>\n  </mml:msup>"
      "<mml:mtext> of </mml:mtext><mml:mi>y</mml:mi></mml:math> here</ArticleTitle>"));
  CHECK_FIELD(0, TITLE, "Of x2 of y here");
}

static void test_dates(void) {
  check_begin("MedlineDate and seasons give the first month");
#define DATED(date)                                                                      \
  IN_ARTICLE("<Journal><JournalIssue><PubDate>" date                                     \
             "</PubDate></JournalIssue></Journal>")
  read_article(DATED("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>"));
  CHECK_FIELD(0, DATE, "1998-12");
  read_article(DATED("<MedlineDate>2001 Spring</MedlineDate>"));
  CHECK_FIELD(0, DATE, "2001-03");
  read_article(DATED("<Year>1990</Year><Season>Summer</Season>"));
  CHECK_FIELD(0, DATE, "1990-06");
  read_article(DATED("<Year>1990</Year>"));
  CHECK_FIELD(0, DATE, "1990");
  check_begin("an article without a PubDate has its ArticleDate");
  read_article(IN_ARTICLE("<ArticleDate DateType=\"Electronic\"><Year>2020</Year>"
                          "<Month>03</Month><Day>04</Day></ArticleDate>"));
  CHECK_FIELD(0, DATE, "2020-03-04");
}

static void test_identifiers(void) {
  check_begin(
      "the DOI of ELocationID counts where ArticleIdList has none, if it is valid");
  read_article(
      IN_ARTICLE("<ELocationID EIdType=\"doi\" ValidYN=\"N\">10.1/bad</ELocationID>"
                 "<ELocationID EIdType=\"pii\">S1</ELocationID>"
                 "<ELocationID EIdType=\"doi\" ValidYN=\"Y\">10.1/good</ELocationID>"));
  CHECK_FIELD(0, DOI, "10.1/good");
  check_begin("pages are StartPage and EndPage where MedlinePgn is missing");
  read_article(IN_ARTICLE(
      "<Pagination><StartPage>3</StartPage><EndPage>9</EndPage></Pagination>"));
  CHECK_FIELD(0, PAGES, "3-9");
}

static void test_retractions(void) {
  check_begin("a retracted paper is retracted, and the notice of it is not");
#define TYPED(type)                                                                      \
  IN_ARTICLE("<PublicationTypeList><PublicationType>" type                               \
             "</PublicationType></PublicationTypeList>")
#define CORRECTED(type)                                                                  \
  ARTICLE("7", "<CommentsCorrectionsList><CommentsCorrections RefType=\"" type           \
               "\"><PMID>8</PMID></CommentsCorrections></CommentsCorrectionsList>")
  static const struct {
    const char *text;
    biobert_record_status status;
  } cases[] = {
      {TYPED("Retracted Publication"),     BIOBERT_RECORD_IS_RETRACTED},
      {TYPED("Retraction of Publication"), BIOBERT_RECORD_IS_CURRENT  },
      {CORRECTED("RetractionIn"),          BIOBERT_RECORD_IS_RETRACTED},
      {CORRECTED("RetractionOf"),          BIOBERT_RECORD_IS_CURRENT  },
      {CORRECTED("PartialRetractionIn"),   BIOBERT_RECORD_IS_CURRENT  },
      {CORRECTED("ErratumIn"),             BIOBERT_RECORD_IS_CURRENT  },
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    read_article(cases[i].text);
    if (list.count) CHECK_INT(list.records[0].status, cases[i].status);
  }
}

static void test_other_elements(void) {
  check_begin("each PMID of DeleteCitation is a record to delete");
  read_text("<PubmedArticleSet>" ARTICLE(
      "1", "") "<DeleteCitation><PMID Version=\"1\">5</PMID>"
               "<PMID Version=\"2\">6</PMID></DeleteCitation></PubmedArticleSet>");
  CHECK_INT(list.count, 3);
  if (list.count == 3) {
    CHECK_INT(list.records[0].status, BIOBERT_RECORD_IS_CURRENT);
    CHECK_INT(list.records[1].pmid, 5);
    CHECK_INT(list.records[2].pmid, 6);
    CHECK_INT(list.records[2].version, 2);
    CHECK_INT(list.records[2].position, 2);
    CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_DELETED), 2);
  }
  check_begin("MedlineCitation is a record without PubmedArticle around it");
  read_text("<MedlineCitationSet><MedlineCitation><PMID>3</PMID><Article><ArticleTitle>A"
            "</ArticleTitle></Article></MedlineCitation></MedlineCitationSet>");
  CHECK_INT(list.count, 1);
  CHECK_FIELD(0, TITLE, "A");

  check_begin("a chapter has its own title, and the book in the journal's place");
#define BOOK(rest)                                                                       \
  "<PubmedBookArticle><BookDocument><PMID>4</PMID><ArticleIdList><ArticleId "            \
  "IdType=\"doi\">10.5/b</ArticleId></ArticleIdList><Book><Publisher><PublisherName>P"   \
  "</PublisherName></Publisher><BookTitle>The Book</BookTitle><PubDate><Year>2009"       \
  "</Year></PubDate><AuthorList Type=\"editors\"><Author><LastName>Ed</LastName>"        \
  "<ForeName>I</ForeName></Author></AuthorList><Isbn>9780387310732</Isbn></Book>" rest   \
  "</BookDocument></PubmedBookArticle>"
  read_text(BOOK("<ArticleTitle>The Chapter</ArticleTitle><Abstract><AbstractText>A"
                 "</AbstractText></Abstract>"));
  CHECK_FIELD(0, TITLE, "The Chapter");
  CHECK_FIELD(0, JOURNAL, "The Book");
  CHECK_FIELD(0, EDITORS, "Ed, I");
  CHECK_FIELD(0, AUTHORS, NULL);
  CHECK_FIELD(0, PUBLISHER, "P");
  CHECK_FIELD(0, ISBN, "9780387310732");
  CHECK_FIELD(0, DOI, "10.5/b");
  CHECK_FIELD(0, ABSTRACT, "A");
  check_begin("a book has its title");
  read_text(BOOK(""));
  CHECK_FIELD(0, TITLE, "The Book");
  CHECK_FIELD(0, JOURNAL, NULL);
}

/* EndNote ---------------------------------------------------------------------------- */

#define STYLED(text)                                                                     \
  "<style face=\"normal\" font=\"default\" size=\"100%\">" text "</style>"

static const char endnote[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" ?><xml><records><record>"
    "<database name=\"My.enl\" path=\"C:\\My.enl\">My.enl</database>"
    "<rec-number>1</rec-number><ref-type name=\"Journal Article\">17</ref-type>"
    "<contributors><authors><author>" STYLED(
        "Ahmad, A. S.") "</author>"
                        "<author>" STYLED(
                            "World Health Organization,") "</author></authors>"
                                                          "<secondary-authors><"
                                                          "author>" STYLED(
                                                              "Ed, I.") "</author></"
                                                                        "secondary-"
                                                                        "authors>"
                                                                        "</"
                                                                        "contributors><"
                                                                        "titles><"
                                                                        "title>" STYLED("Trends in ") "<style face=\"italic\">E. coli"
                                                                                                      "</style>" STYLED(" &amp; others") "</title><secondary-title>" STYLED(
                                                                                                          "Br J Cancer") "</secondary-title></titles><periodical><full-title>" STYLED("Br J Cancer") "</full-title></periodical><pages>" STYLED("943-7") "</pages><volume>" STYLED("112") "</volume><number>" STYLED("5") "</number><keywords><keyword>" STYLED("Age") "</keyword><keyword>" STYLED("Sex") "</keyword></keywords><dates><year>" STYLED("2015") "</year><pub-dates><date>" STYLED("Mar 3") "</date></pub-dates></dates><publisher>" STYLED("P") "</publisher><isbn>" STYLED("1532-1827 (Electronic)&#xD;0007-0920 (Linking)") "</isbn><accession-num>" STYLED("25647015") "</accession-num><abstract>" STYLED("Of A &lt; B.") "</abstract><urls><related-urls><url>" STYLED("http://www.ncbi.nlm.nih.gov/pubmed/25647015") "</url></related-urls></urls>"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                          "<custom2>" STYLED(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                              "PMC7") "</custom2><electronic-resource-num>" STYLED("https://doi.org/10.1038/BJC.2014.606") "</electronic-resource-num><language>" STYLED("eng") "</language></record>";

static void test_endnote(void) {
  check_begin("EndNote's styles are left out, and each field has its place");
  read_text(endnote);
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_CURRENT), 1);
  CHECK_FIELD(0, TITLE, "Trends in E. coli & others");
  CHECK_FIELD(0, AUTHORS, "Ahmad, A. S.; World Health Organization");
  CHECK_FIELD(0, EDITORS, "Ed, I.");
  CHECK_FIELD(0, JOURNAL, "Br J Cancer");
  CHECK_FIELD(0, DATE, "2015-03-03");
  CHECK_FIELD(0, VOLUME, "112");
  CHECK_FIELD(0, ISSUE, "5");
  CHECK_FIELD(0, PAGES, "943-7");
  CHECK_FIELD(0, KEYWORDS, "Age; Sex");
  CHECK_FIELD(0, PUBLISHER, "P");
  CHECK_FIELD(0, ISSN, "1532-1827");
  CHECK_FIELD(0, ABSTRACT, "Of A < B.");
  CHECK_FIELD(0, DOI, "10.1038/bjc.2014.606");
  CHECK_FIELD(0, PMCID, "PMC7");
  CHECK_FIELD(0, TYPE, "Journal Article");
  CHECK_FIELD(0, LANGUAGE, "en");
  if (list.count) CHECK_INT(list.records[0].pmid, 25647015);
  check_begin("a record that is cut off by another library's file costs itself");
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), 1); /* no </records> */
  char twice[2 * sizeof endnote];
  snprintf(twice, sizeof twice, "%.*s%s", (int)(sizeof endnote / 2), endnote, endnote);
  read_text(twice);
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_CURRENT), 1);
  check_begin("a record that is not closed costs itself, and not the one behind it");
#define TITLE(t) "<record><ref-type name=\"Book\">6</ref-type><titles><title>" t
#define CLOSED "</title></titles></record>\n"
  read_text("<xml><records>\n" TITLE("One") CLOSED TITLE("Two\n") TITLE("Three")
                CLOSED TITLE("Four") CLOSED "</records></xml>");
  CHECK_INT(list.count, 4);
  CHECK_FIELD(0, TITLE, "One");
  CHECK_FIELD(1, ERROR, "line 4, byte 163: a record begins before this one has ended");
  CHECK_FIELD(2, TITLE, "Three");
  CHECK_FIELD(3, TITLE, "Four");

  check_begin("an accession number of another database is no PMID");
  read_text(
      "<xml><records><record><ref-type name=\"Book\">6</ref-type><titles><title>T"
      "</title></titles><isbn>978-0-387-31073-2</isbn><accession-num>123</accession-num>"
      "<remote-database-name>Embase</remote-database-name></record></records></xml>");
  CHECK_INT(list.count, 1);
  if (list.count) CHECK_INT(list.records[0].pmid, 0);
  CHECK_FIELD(0, ISBN, "978-0-387-31073-2");
}

static void test_europepmc(void) {
  check_begin("Europe PMC's XML: whole results, and short ones");
  read_text(
      "<?xml "
      "version=\"1.0\"?>\n<responseWrapper><hitCount>2</hitCount><resultList><result>"
      "<id>77</id><pmid>77</pmid><pmcid>PMC5</pmcid><doi>10.1/X</doi>"
      "<title>Of &lt;i&gt;E. coli&lt;/i&gt;</title><authorString>Lee J.</authorString>"
      "<authorList><author><fullName>Lee J</fullName><firstName>Jin</firstName>"
      "<lastName>Lee</lastName></author><author><collectiveName>A Group</collectiveName>"
      "</author></authorList><journalInfo><issue>4</issue><volume>36</volume>"
      "<dateOfPublication>2020 Feb</dateOfPublication><journal><title>J</title>"
      "<ISSN>1234-5678</ISSN></journal></journalInfo><pubYear>2020</pubYear>"
      "<pageInfo>1-9</pageInfo><abstractText>a &amp;lt; b</abstractText>"
      "<language>eng</language><pubTypeList><pubType>Review</pubType></pubTypeList>"
      "<keywordList><keyword>k</keyword></keywordList><citedByCount>3</citedByCount>"
      "</result><result><pmid>78</pmid><title>Two</title><authorString>Lee J, Doe K."
      "</authorString><journalTitle>K</journalTitle><pubYear>2021</pubYear></result>"
      "</resultList></responseWrapper>");
  CHECK_INT(list.count, 2);
  if (list.count) CHECK_INT(list.records[0].pmid, 77);
  CHECK_FIELD(0, PMCID, "PMC5");
  CHECK_FIELD(0, DOI, "10.1/x");
  CHECK_FIELD(0, TITLE, "Of E. coli");
  CHECK_FIELD(0, AUTHORS, "Lee, Jin; A Group");
  CHECK_FIELD(0, JOURNAL, "J");
  CHECK_FIELD(0, DATE, "2020-02");
  CHECK_FIELD(0, VOLUME, "36");
  CHECK_FIELD(0, ISSUE, "4");
  CHECK_FIELD(0, PAGES, "1-9");
  CHECK_FIELD(0, ISSN, "1234-5678");
  CHECK_FIELD(0, ABSTRACT, "a < b");
  CHECK_FIELD(0, LANGUAGE, "en");
  CHECK_FIELD(0, TYPE, "Review");
  CHECK_FIELD(0, KEYWORDS, "k");
  CHECK_FIELD(1, AUTHORS, "Lee, J; Doe, K");
  CHECK_FIELD(1, JOURNAL, "K");
  CHECK_FIELD(1, DATE, "2021");
}

/* Broken files ----------------------------------------------------------------------- */

#define TITLED(pmid, title)                                                              \
  ARTICLE(pmid, "<Article><ArticleTitle>" title "</ArticleTitle></Article>")

/* A document of which one record is broken: which others are there. */
static void check_others(const char *text, const char *pmids, size_t broken) {
  char found[64] = "";
  read_text(text);
  for (size_t i = 0; i < list.count; i++)
    if (list.records[i].status != BIOBERT_RECORD_IS_BROKEN)
      snprintf(found + strlen(found), sizeof found - strlen(found), "%lld ",
               list.records[i].pmid);
  CHECK_STR(found, pmids);
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), broken);
  for (size_t i = 0; i < list.count; i++) CHECK_INT(list.records[i].position, i);
}

static void test_broken(void) {
  check_begin("what is not well-formed costs its record alone");
#define SET(rest) "<PubmedArticleSet>\n" rest "</PubmedArticleSet>"
  check_others(SET(TITLED("1", "A") TITLED("2", "p < 0.05") TITLED("3", "C")), "1 3 ", 1);
  check_others(SET(TITLED("1", "A") TITLED("2", "<i>x</b>") TITLED("3", "C")), "1 3 ", 1);
  check_others(SET(TITLED("1", "A") TITLED("2", "\x01") TITLED("3", "C")), "1 3 ", 1);
  check_others(SET(TITLED("1", "A") TITLED("2", "\xFF") TITLED("3", "C")), "1 3 ", 1);
  check_others(SET(TITLED("1", "&") TITLED("2", "&") TITLED("3", "C")), "3 ", 2);
  check_others(SET(TITLED("1", "A") "<PubmedArticle a=\"<\">" TITLED("3", "C")), "1 3 ",
               1);
  check_others(SET(TITLED("1", "A") "<PubmedArticle/>" TITLED("3", "C")), "1 3 ", 1);

  check_begin("a start tag that the file's end cuts off is not tried for ever");
  static const char cut[] = "<?xml ve0<e?A\n<TEI xm=\"p$resAe";
  record_list_free(&list);
  list = read_records(cut, strlen(cut), "tei");
  CHECK_INT(list.count, 2); /* the beginning, and the tag */

  check_begin("the message names the line and the byte");
  read_text("<PubmedArticleSet>\n" TITLED("1", "A") "\n" TITLED("2", "x < y"));
  CHECK(list.count == 2 && strstr(field(1, BIOBERT_RECORD_ERROR), "line 3, byte "));
  if (list.count == 2) CHECK_INT(list.records[1].pmid, 2); /* what was read */
  read_text("<PubmedArticleSet>\n" TITLED("1", "&") "\n\n" TITLED("2", "x\n\n& y"));
  CHECK(list.count == 2 && strstr(field(1, BIOBERT_RECORD_ERROR), "line 6, byte "));
}

static void test_several_documents(void) {
  check_begin("documents one after another in a file are all read");
#define DECLARED(rest) "<?xml version=\"1.0\"?>\n" SET(rest)
  check_others(DECLARED(TITLED("1", "A")) "\n" DECLARED(TITLED("2", "B")), "1 2 ", 0);
  check_others(DECLARED(TITLED("1", "A")) DECLARED(TITLED("2", "B")) "\n\n", "1 2 ", 0);
  check_others(TITLED("1", "A") TITLED("2", "B") TITLED("3", "C"), "1 2 3 ", 0);
  check_others("\n" DECLARED(TITLED("1", "A")), "1 ", 0);
  check_others(DECLARED(TITLED("1", "A")) "\xEF\xBB\xBF" DECLARED(TITLED("2", "B")),
               "1 2 ", 0);

  check_begin("a file that was cut off before another one costs the cut record");
  check_others(
      "<PubmedArticleSet>" TITLED(
          "1", "A") "<PubmedArticle><MedlineCitation><PMID>2" DECLARED(TITLED("3", "C")),
      "1 3 ", 1);
  check_others("<PubmedArticleSet>" TITLED("1", "A") "<PubmedArticle><MedlineCitation>"
                                                     "<PMID>2</PMID><Article>" SET(
                                                         TITLED("3", "C")),
               "1 3 ", 1);
  check_others(
      "<PubmedArticleSet>" TITLED("1", "A") "<PubmedArt" DECLARED(TITLED("3", "C")),
      "1 3 ", 1);
}

static void test_every_cut(void) {
  check_begin("a file cut off at any byte has all records before the cut");
  static const char text[] =
      "<?xml version=\"1.0\"?><!DOCTYPE a PUBLIC \"-\" \"b\">"
      "<PubmedArticleSet>" TITLED("1", "A &amp; <i>b</i>") "<!-- c -->" TITLED(
          "2", "<![CDATA[x]]>\xC3\xA9") "</PubmedArticleSet>\n";
  for (size_t size = 0; size < sizeof text; size++) {
    char cut[sizeof text] = "";
    size_t whole = 0;
    memcpy(cut, text, size);
    for (const char *at = cut; (at = strstr(at, "</PubmedArticle>")); at++) whole++;
    record_list_free(&list);
    list = read_records(text, size, "pubmed-xml");
    check_context("%zu bytes: %s", size, list.err.message);
    CHECK_INT(list.err.status, BIOBERT_OK);
    CHECK_INT(list.count - records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), whole);
    CHECK(records_that_are(&list, BIOBERT_RECORD_IS_BROKEN) <= 1);
  }
}

/* Encodings -------------------------------------------------------------------------- */

static char *as_utf16(const char *text, bool big, size_t *size) {
  *size = 2 * strlen(text) + 2;
  char *wide = calloc(1, *size);
  if (!wide) abort();
  wide[!big] = (char)0xFE;
  wide[big] = (char)0xFF;
  for (size_t i = 0; text[i]; i++) wide[2 * i + 2 + big] = text[i];
  return wide;
}

static void test_encodings(void) {
  static const char text[] = "<PubmedArticleSet>" TITLED("1", "A") TITLED("2", "p < 1")
      TITLED("3", "C") "</PubmedArticleSet>";
  check_begin("UTF-16 of both orders is read, and read on after a broken record");
  for (int big = 0; big < 2; big++) {
    size_t size;
    char *wide = as_utf16(text, big, &size);
    record_list_free(&list);
    list = read_records(wide, size, "");
    CHECK_INT(list.count, 3);
    CHECK_FIELD(0, TITLE, "A");
    CHECK_FIELD(2, TITLE, "C");
    CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), 1);
    free(wide);
  }
  check_begin("a file whose root is not of ASCII ends, whatever breaks in it");
  size_t wide_size;
  char *root = as_utf16("<rxot>" TITLED("1", "A") TITLED("2", "&") TITLED("3", "C"), 0,
                        &wide_size);
  root[2 + 2 * 2] = (char)0xE9; /* r\u00E9ot */
  record_list_free(&list);
  list = read_records(root, wide_size, "pubmed-xml");
  CHECK_FIELD(0, TITLE, "A");
  CHECK_INT(list.count - records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), 2);
  free(root);
  check_begin("an encoding of 8 bits is what the declaration says");
#define ENCODED(name, rest) "<?xml version=\"1.0\" encoding=\"" name "\"?>" SET(rest)
  read_text(ENCODED("ISO-8859-1", TITLED("1", "\xE9")));
  CHECK_FIELD(0, TITLE, "\xC3\xA9");
  read_text(ENCODED("windows-1252", TITLED("1", "\x93q\x94")));
  CHECK_FIELD(0, TITLE, "\xE2\x80\x9Cq\xE2\x80\x9D");
  read_text(ENCODED("ISO-8859-2", TITLED("1", "\xB3")));
  CHECK_FIELD(0, TITLE, "\xC5\x82");
  check_begin("the encoding holds after a broken record");
  read_text(ENCODED("windows-1252", TITLED("1", "&") TITLED("2", "\x93q\x94")));
  CHECK_FIELD(1, TITLE, "\xE2\x80\x9Cq\xE2\x80\x9D");
  check_begin("UTF-8 that says it is UTF-16, or something unknown, is read as UTF-8");
  read_text(ENCODED("utf-16", TITLED("1", "\xC3\xA9")));
  CHECK_FIELD(0, TITLE, "\xC3\xA9");
  read_text(ENCODED("utf8", TITLED("1", "\xC3\xA9")));
  CHECK_FIELD(0, TITLE, "\xC3\xA9");
  read_text(ENCODED("x-unheard-of", TITLED("1", "\xC3\xA9")));
  CHECK_FIELD(0, TITLE, "\xC3\xA9");
}

/* Entities --------------------------------------------------------------------------- */

#define DOCTYPE(subset) "<!DOCTYPE PubmedArticleSet [" subset "]>\n"

static void test_entities(void) {
  check_begin("entities of a DTD that is not read are the characters of HTML");
  read_article("<!DOCTYPE PubmedArticle SYSTEM \"http://localhost/none.dtd\">" IN_ARTICLE(
      "<ArticleTitle>&alpha;&lt;&eacute; &unheard;</ArticleTitle>"));
  CHECK_FIELD(0, TITLE, "\xCE\xB1<\xC3\xA9 &unheard;");
  read_article(IN_ARTICLE("<ArticleTitle>&beta;</ArticleTitle>"));
  CHECK_FIELD(0, TITLE, "\xCE\xB2");

  check_begin("a billion laughs are refused by name, and the records are read");
  read_text(DOCTYPE("<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;&lol;\">")
                SET(TITLED("1", "&lol2;") TITLED("2", "B")));
  CHECK_INT(list.count, 3);
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), 1);
  CHECK(list.count && strstr(field(0, BIOBERT_RECORD_ERROR), "entity") &&
        strstr(field(0, BIOBERT_RECORD_ERROR), "lol"));
  CHECK_FIELD(1, TITLE, "&lol2;");

  check_begin("an entity that is a file is not opened");
  char secret[] = "/tmp/records_xml_XXXXXX", text[1024];
  const int fd = mkstemp(secret);
  CHECK(fd >= 0 && write(fd, "SECRET", 6) == 6);
  snprintf(text, sizeof text,
           DOCTYPE("<!ENTITY x SYSTEM \"file://%s\"><!ENTITY %% p SYSTEM \"%s\"> %%p;")
               SET(TITLED("1", "&x;")),
           secret, secret);
  read_text(text);
  for (size_t i = 0; i < list.count; i++) {
    const char *title = field(i, BIOBERT_RECORD_TITLE);
    CHECK(!title || !strstr(title, "SECRET"));
  }
  close(fd);
  unlink(secret);
}

/* Large ------------------------------------------------------------------------------ */

/* A document with `middle` so many times in its title. */
static char *repeated(const char *before, const char *middle, size_t count,
                      const char *after, size_t *size) {
  const size_t length = strlen(middle);
  *size = strlen(before) + count * length + strlen(after);
  char *text = malloc(*size + 1);
  if (!text) abort();
  char *at = stpcpy(text, before);
  for (size_t i = 0; i < count; i++, at += length) memcpy(at, middle, length);
  strcpy(at, after);
  return text;
}

static void check_large(const char *before, const char *middle, size_t count,
                        const char *after, const char *titles, size_t broken) {
  size_t size;
  char *text = repeated(before, middle, count, after, &size), found[64] = "";
  record_list_free(&list);
  list = read_records(text, size, "");
  CHECK_INT(list.err.status, BIOBERT_OK);
  for (size_t i = 0; i < list.count; i++) {
    const char *title = field(i, BIOBERT_RECORD_TITLE);
    if (list.records[i].status != BIOBERT_RECORD_IS_BROKEN && title)
      snprintf(found + strlen(found), sizeof found - strlen(found), "%.8s ", title);
  }
  CHECK_STR(found, titles);
  CHECK_INT(records_that_are(&list, BIOBERT_RECORD_IS_BROKEN), broken);
  free(text);
}

static void test_large(void) {
  enum { DEPTH = 1000000, ATTRIBUTES = 100000, MORE_THAN_A_RECORD = 70 << 20 };
#define START "<PubmedArticleSet>" TITLED("1", "A")
#define OPEN "<PubmedArticle><MedlineCitation><Article><ArticleTitle>"
#define CLOSE "</ArticleTitle></Article></MedlineCitation></PubmedArticle>"
#define LAST TITLED("3", "C") "</PubmedArticleSet>"
  check_begin("elements a million deep cost their record");
  check_large(START OPEN, "<i>", DEPTH, LAST, "A C ", 1);
  check_large(START "<PubmedArticle>", "<x>", DEPTH, LAST, "A C ", 1);
  check_begin("a hundred thousand attributes cost their record");
  check_large(START OPEN "<i ", "aaaaaaaaaaaaaaa='' ", ATTRIBUTES, "/>" CLOSE LAST,
              "A C ", 1);
  check_begin("a tag that does not end costs its record");
  check_large(START OPEN "<i a='", "aaaaaaaa", 1 << 19, "'/>" CLOSE LAST, "A C ", 1);
  check_begin("a record that is longer than allowed costs itself");
  check_large(START OPEN, "words of text ", MORE_THAN_A_RECORD / 14, CLOSE LAST, "A C ",
              1);
  check_begin("a start tag at any place of what is read at once is found");
  for (size_t pad = 65536 - 200; pad < 65536 + 20; pad++) {
    check_context("%zu bytes", pad);
    check_large("<PubmedArticleSet><PubmedArticle>&", " ", pad, LAST, "C ", 1);
  }
}

static void test_roots(void) {
  check_begin("a file is PubMed's by its root or by an article in it");
  read_text("<!-- <RIS> --><?x y?><!DOCTYPE a [<!ELEMENT b ANY>]><PubmedArticleSet/>");
  CHECK_INT(list.count, 0);
  check_others("<wrapper><inner>" TITLED("1", "A") "</inner></wrapper>", "1 ", 0);
}

int main(void) {
  test_article();
  test_titles();
  test_formulas();
  test_dates();
  test_identifiers();
  test_retractions();
  test_other_elements();
  test_endnote();
  test_europepmc();
  test_broken();
  test_several_documents();
  test_every_cut();
  test_encodings();
  test_entities();
  test_large();
  test_roots();
  record_list_free(&list);
  return check_report();
}
