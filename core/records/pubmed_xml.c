/* pubmed_xml.c - PubMed's baseline and update files, and what efetch gives.
 *
 * The DTD is NLM's pubmed_250101.dtd; in older files MedlineCitation is a record alone.
 * The identifiers of the papers that an article cites have the same elements as its own,
 * in another place. */
#include "base/mem.h"
#include "base/status.h"
#include "records/parsers.h"
#include "records/xml.h"
#include "records/xml_start.h"

typedef struct pubmed_state {
  bb_xml *xml;   /* first */
  bb_text doi;   /* from ELocationID: counts where no ArticleId is one */
  bb_text label; /* of a section of the abstract */
  bb_text family, given, initials, suffix;
  bb_text year, month, day;
  bb_text first_page, last_page;
  bb_text descriptor, heading; /* of MeSH, without and with a qualifier */
  bool is_qualified;
  bb_text book;        /* the title */
  bool is_name_of_old; /* a misspelt form of the author that was given before */
  bool is_editor;
} pubmed_state;

/* The record itself ------------------------------------------------------------------ */

/* A version; 0 where it is none. */
static int64_t small_number(biobert_str text) {
  int64_t number = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (text.data[i] < '0' || text.data[i] > '9' || i == 9) return 0;
    number = number * 10 + (text.data[i] - '0');
  }
  return number;
}

static void pmid(const bb_xml_event *e) {
  bb_record_set_pmid(e->record, e->text);
  e->record->shown.version = small_number(e->attributes[0]);
}

static void deleted(const bb_xml_event *e) {
  pmid(e);
  e->record->shown.status = BIOBERT_RECORD_IS_DELETED;
}

static void article_id(const bb_xml_event *e) {
  if (bb_str_equal(e->attributes[0], "doi")) bb_record_set_doi(e->record, e->text);
  if (bb_str_equal(e->attributes[0], "pmc")) bb_record_set_pmcid(e->record, e->text);
  if (bb_str_equal(e->attributes[0], "pubmed")) bb_record_set_pmid(e->record, e->text);
}

static void location_id(const bb_xml_event *e) {
  pubmed_state *s = e->state;
  bool valid = !bb_str_equal(e->attributes[1], "N");
  if (valid && bb_str_equal(e->attributes[0], "doi")) bb_xml_keep(e, &s->doi, e->text);
}

/* A notice has the type "Retraction of Publication" and RetractionOf. */
static void type(const bb_xml_event *e) {
  bb_record_add(e->record, BIOBERT_RECORD_TYPE, e->text);
  if (bb_str_equal(e->text, "Retracted Publication"))
    e->record->shown.status = BIOBERT_RECORD_IS_RETRACTED;
}

static void correction(const bb_xml_event *e) {
  if (bb_str_equal(e->attributes[0], "RetractionIn"))
    e->record->shown.status = BIOBERT_RECORD_IS_RETRACTED;
}

static void language(const bb_xml_event *e) {
  bb_record_add_language(e->record, e->text);
}

/* Titles and abstracts --------------------------------------------------------------- */

static void title(const bb_xml_event *e) {
  bb_record_set_title(e->record, e->text);
}

/* UNASSIGNED is the category of what has none. */
static void section_starts(const bb_xml_event *e) {
  pubmed_state *s = e->state;
  biobert_str label = e->attributes[0];
  if (!label.len && !bb_str_equal(e->attributes[1], "UNASSIGNED") &&
      !bb_str_equal(e->attributes[1], "UNLABELLED"))
    label = e->attributes[1];
  bb_xml_keep(e, &s->label, label);
}

static void add_section(const bb_xml_event *e, biobert_record_field field) {
  pubmed_state *s = e->state;
  bb_record_add_section(e->record, field, bb_text_view(&s->label), e->text);
}

static void abstract_section(const bb_xml_event *e) {
  add_section(e, BIOBERT_RECORD_ABSTRACT);
}

static void other_section(const bb_xml_event *e) {
  add_section(e, BIOBERT_RECORD_OTHER_ABSTRACT);
}

/* Persons ---------------------------------------------------------------------------- */

static void authors_start(const bb_xml_event *e) {
  pubmed_state *s = e->state;
  s->is_editor = bb_str_equal(e->attributes[0], "editors");
}

static void author_starts(const bb_xml_event *e) {
  pubmed_state *s = e->state;
  bb_text_clear(&s->family);
  bb_text_clear(&s->given);
  bb_text_clear(&s->initials);
  bb_text_clear(&s->suffix);
  /* Where a name has been corrected, the wrong one is kept beside it. */
  s->is_name_of_old = bb_str_equal(e->attributes[0], "N");
}

static biobert_record_field role(const pubmed_state *s) {
  return s->is_editor ? BIOBERT_RECORD_EDITORS : BIOBERT_RECORD_AUTHORS;
}

static void collective(const bb_xml_event *e) {
  const pubmed_state *s = e->state;
  if (!s->is_name_of_old)
    bb_record_add_person(e->record, role(s), e->text, (biobert_str){NULL, 0});
}

static void author_ends(const bb_xml_event *e) {
  pubmed_state *s = e->state;
  if (s->is_name_of_old || !s->family.len) return;
  bb_text *names = s->given.len ? &s->given : &s->initials;
  if (s->suffix.len) {
    bb_xml_append(e, names, bb_str(" "));
    bb_xml_append(e, names, bb_text_view(&s->suffix));
  }
  bb_record_add_person(e->record, role(s), bb_text_view(&s->family), bb_text_view(names));
}

/* Dates and pages -------------------------------------------------------------------- */

static void date_starts(const bb_xml_event *e) {
  pubmed_state *s = e->state;
  bb_text_clear(&s->year);
  bb_text_clear(&s->month);
  bb_text_clear(&s->day);
}

static void date_ends(const bb_xml_event *e) {
  const pubmed_state *s = e->state;
  bb_record_set_date_parts(e->record, bb_text_view(&s->year), bb_text_view(&s->month),
                           bb_text_view(&s->day));
}

static void medline_date(const bb_xml_event *e) {
  bb_record_set_date(e->record, e->text);
}

/* MeSH ------------------------------------------------------------------------------- */

static void add_star(const bb_xml_event *e, bb_text *heading) {
  if (bb_str_equal(e->attributes[0], "Y")) bb_xml_append(e, heading, bb_str("*"));
  bb_xml_append(e, heading, e->text);
}

static void descriptor(const bb_xml_event *e) {
  pubmed_state *s = e->state;
  bb_text_clear(&s->descriptor);
  s->is_qualified = false;
  add_star(e, &s->descriptor);
}

static void qualifier(const bb_xml_event *e) {
  pubmed_state *s = e->state;
  s->is_qualified = true;
  bb_xml_keep(e, &s->heading, bb_text_view(&s->descriptor));
  bb_xml_append(e, &s->heading, bb_str("/"));
  add_star(e, &s->heading);
  bb_record_add(e->record, BIOBERT_RECORD_MESH, bb_text_view(&s->heading));
}

static void heading_ends(const bb_xml_event *e) {
  const pubmed_state *s = e->state;
  if (!s->is_qualified)
    bb_record_add(e->record, BIOBERT_RECORD_MESH, bb_text_view(&s->descriptor));
}

/* Beginning and end ------------------------------------------------------------------ */

/* A chapter's book is what a journal is to an article. */
static void set_book_title(const pubmed_state *s, bb_record *record) {
  bool is_chapter = bb_record_has(record, BIOBERT_RECORD_TITLE);
  bb_record_set(record, is_chapter ? BIOBERT_RECORD_JOURNAL : BIOBERT_RECORD_TITLE,
                bb_text_view(&s->book));
}

static void set_pages(const bb_xml_event *e) {
  pubmed_state *s = e->state;
  if (s->last_page.len) {
    bb_xml_append(e, &s->first_page, bb_str("-"));
    bb_xml_append(e, &s->first_page, bb_text_view(&s->last_page));
  }
  bb_record_set(e->record, BIOBERT_RECORD_PAGES, bb_text_view(&s->first_page));
}

static void end(const bb_xml_event *e) {
  pubmed_state *s = e->state;
  bb_record_set_doi(e->record, bb_text_view(&s->doi));
  set_book_title(s, e->record);
  set_pages(e);
}

/* The format ------------------------------------------------------------------------- */

#define CITATION "MedlineCitation/"
#define ARTICLE CITATION "Article/"
#define ISSUE ARTICLE "Journal/JournalIssue/"
#define MESH CITATION "MeshHeadingList/MeshHeading"
#define DOCUMENT "BookDocument/"
#define BOOK DOCUMENT "Book/"

#define KEPT(where, member) BB_XML_KEEP(where, pubmed_state, member)
#define PMID(where) BB_XML_TEXT(where "PMID", pmid, "Version")
#define IDENTIFIERS(where)                                                               \
  BB_XML_TEXT(where "ArticleIdList/ArticleId", article_id, "IdType")
#define LOCATION(where)                                                                  \
  BB_XML_TEXT(where "ELocationID", location_id, "EIdType", "ValidYN")
#define ABSTRACT(where, function)                                                        \
  BB_XML_ROW(.path = where "/AbstractText", .start = section_starts, .text = function,   \
             .attributes = {"Label", "NlmCategory"})
#define DATE(where)                                                                      \
  BB_XML_ROW(.path = where, .start = date_starts, .end = date_ends),                     \
      KEPT(where "/Year", year), KEPT(where "/Month", month),                            \
      KEPT(where "/Season", month), KEPT(where "/Day", day),                             \
      BB_XML_TEXT(where "/MedlineDate", medline_date)
#define AUTHORS(where)                                                                   \
  BB_XML_START(where "AuthorList", authors_start, "Type"),                               \
      BB_XML_ROW(.path = where "AuthorList/Author", .start = author_starts,              \
                 .end = author_ends, .attributes = {"ValidYN"}),                         \
      KEPT(where "AuthorList/Author/LastName", family),                                  \
      KEPT(where "AuthorList/Author/ForeName", given),                                   \
      KEPT(where "AuthorList/Author/Initials", initials),                                \
      KEPT(where "AuthorList/Author/Suffix", suffix),                                    \
      BB_XML_TEXT(where "AuthorList/Author/CollectiveName", collective)
#define PAGES(where)                                                                     \
  BB_XML_PUT(where "Pagination/MedlinePgn", set, PAGES),                                 \
      KEPT(where "Pagination/StartPage", first_page),                                    \
      KEPT(where "Pagination/EndPage", last_page)

static const bb_xml_row rows[] = {
    PMID(CITATION),
    BB_XML_TEXT(ARTICLE "ArticleTitle", title),
    BB_XML_PUT(ARTICLE "VernacularTitle", set, ORIGINAL_TITLE),
    ABSTRACT(ARTICLE "Abstract", abstract_section),
    ABSTRACT(CITATION "OtherAbstract", other_section),
    AUTHORS(ARTICLE),
    BB_XML_PUT(ARTICLE "Journal/Title", set, JOURNAL),
    BB_XML_PUT(ARTICLE "Journal/ISOAbbreviation", set, JOURNAL),
    BB_XML_PUT(CITATION "MedlineJournalInfo/MedlineTA", set, JOURNAL),
    BB_XML_PUT(ARTICLE "Journal/ISSN", add, ISSN),
    BB_XML_PUT(CITATION "MedlineJournalInfo/ISSNLinking", add, ISSN),
    BB_XML_PUT(ISSUE "Volume", set, VOLUME),
    BB_XML_PUT(ISSUE "Issue", set, ISSUE),
    DATE(ISSUE "PubDate"),
    DATE(ARTICLE "ArticleDate"),
    PAGES(ARTICLE),
    LOCATION(ARTICLE),
    BB_XML_TEXT(ARTICLE "Language", language),
    BB_XML_TEXT(ARTICLE "PublicationTypeList/PublicationType", type),
    BB_XML_START(CITATION "CommentsCorrectionsList/CommentsCorrections", correction,
                 "RefType"),
    BB_XML_ROW(.path = MESH, .end = heading_ends),
    BB_XML_TEXT(MESH "/DescriptorName", descriptor, "MajorTopicYN"),
    BB_XML_TEXT(MESH "/QualifierName", qualifier, "MajorTopicYN"),
    BB_XML_PUT(CITATION "KeywordList/Keyword", add, KEYWORDS),
    IDENTIFIERS("PubmedData/"),

    PMID(DOCUMENT),
    IDENTIFIERS(DOCUMENT),
    BB_XML_TEXT(DOCUMENT "ArticleTitle", title),
    BB_XML_PUT(DOCUMENT "VernacularTitle", set, ORIGINAL_TITLE),
    ABSTRACT(DOCUMENT "Abstract", abstract_section),
    ABSTRACT(DOCUMENT "OtherAbstract", other_section),
    AUTHORS(DOCUMENT),
    PAGES(DOCUMENT),
    BB_XML_TEXT(DOCUMENT "Language", language),
    BB_XML_TEXT(DOCUMENT "PublicationType", type),
    BB_XML_PUT(DOCUMENT "KeywordList/Keyword", add, KEYWORDS),
    KEPT(BOOK "BookTitle", book),
    BB_XML_PUT(BOOK "Publisher/PublisherName", set, PUBLISHER),
    DATE(BOOK "PubDate"),
    DATE(DOCUMENT "ContributionDate"),
    AUTHORS(BOOK),
    BB_XML_PUT(BOOK "Volume", set, VOLUME),
    BB_XML_PUT(BOOK "Isbn", add, ISBN),
    LOCATION(BOOK),
    IDENTIFIERS("PubmedBookData/"),

    BB_XML_TEXT("DeletedPMID", deleted, "Version"),
};

static const bb_xml_record records[] = {
    {"PubmedArticle",     NULL,             "",                false},
    {"PubmedBookArticle", NULL,             "",                false},
    {"MedlineCitation",   NULL,             "MedlineCitation", true },
    {"PMID",              "DeleteCitation", "DeletedPMID",     true },
    {"PMID",              "DeleteDocument", "DeletedPMID",     true },
};

/* A formula's TeX beside its MathML. */
static const char *const left_out[] = {"annotation", "annotation-xml", "tex-math", NULL};

#define AT(member) offsetof(pubmed_state, member)
static const size_t texts[] = {
    AT(doi),       AT(label),   AT(family),     AT(given), AT(initials),
    AT(suffix),    AT(year),    AT(month),      AT(day),   AT(first_page),
    AT(last_page), AT(heading), AT(descriptor), AT(book),  0};

static const bb_xml_format format = {
    .records = records,
    .record_count = sizeof records / sizeof records[0],
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .left_out = left_out,
    .texts = texts,
    .end = end,
};

static bool looks_like(biobert_str start) {
  return bb_xml_root_is(start, "PubmedArticleSet PubmedArticle PubmedBookArticleSet "
                               "PubmedBookArticle MedlineCitationSet MedlineCitation "
                               "DeleteCitation") ||
         bb_xml_has_tag(start, "PubmedArticle");
}

static biobert_status open_file(void *state, bb_source *source, biobert_error *err) {
  return bb_xml_open(&format, state, source, err);
}

const bb_record_parser bb_pubmed_xml = {
    .format = {"pubmed-xml", "PubMed XML (baseline, updates, efetch)",
               "PubmedArticle or a set of them as XML's root"},
    .looks_like = looks_like,
    .state_bytes = sizeof(pubmed_state),
    .open = open_file,
    .next = bb_xml_next,
    .close = bb_xml_close,
};
