/* europepmc_xml.c - what Europe PMC's web service answers as XML (resultType=core, and lite).
 *
 * https://europepmc.org/RestfulWebService */
#include "base/mem.h"
#include "base/status.h"
#include "records/abstracts.h"
#include "records/parsers.h"
#include "records/serials.h"
#include "records/tagged_fields.h"
#include "records/xml.h"
#include "records/xml_start.h"

typedef struct europepmc_state {
  bb_xml *xml; /* first */
  bb_text family, given;
  bb_text names; /* authorString: "Lee J, Yoon W." */
  bb_text year;
} europepmc_state;

/* Values ----------------------------------------------------------------------------- */

/* The texts have markup of HTML, escaped. */
static void title(const bb_xml_event *e) {
  bb_put_title(e->record, BIOBERT_RECORD_TITLE, e->text);
}

static void abstract(const bb_xml_event *e) {
  bb_record_add_abstract(e->record, BIOBERT_RECORD_ABSTRACT, e->text);
}

static void pmid(const bb_xml_event *e) {
  bb_record_set_pmid(e->record, e->text);
}

static void pmcid(const bb_xml_event *e) {
  bb_record_set_pmcid(e->record, e->text);
}

static void doi(const bb_xml_event *e) {
  bb_record_set_doi(e->record, e->text);
}

static void date(const bb_xml_event *e) {
  bb_record_set_date(e->record, e->text);
}

static void language(const bb_xml_event *e) {
  bb_record_add_language(e->record, e->text);
}

static void begin_author(const bb_xml_event *e) {
  europepmc_state *s = e->state;
  bb_text_clear(&s->family);
  bb_text_clear(&s->given);
}

static void end_author(const bb_xml_event *e) {
  const europepmc_state *s = e->state;
  bb_record_add_person(e->record, BIOBERT_RECORD_AUTHORS, bb_text_view(&s->family),
                       bb_text_view(&s->given));
}

static void end(const bb_xml_event *e) {
  const europepmc_state *s = e->state;
  bb_record_set_date(e->record, bb_text_view(&s->year));
  if (!bb_record_has(e->record, BIOBERT_RECORD_AUTHORS)) /* there is no list of them */
    bb_put_author_string(e->record, BIOBERT_RECORD_AUTHORS, bb_text_view(&s->names));
}

/* The format ------------------------------------------------------------------------- */

#define KEPT(where, member) BB_XML_KEEP(where, europepmc_state, member)
#define ISSUE "journalInfo/"

static const bb_xml_row rows[] = {
    BB_XML_TEXT("pmid", pmid),
    BB_XML_TEXT("pmcid", pmcid),
    BB_XML_TEXT("doi", doi),
    BB_XML_TEXT("title", title),
    BB_XML_TEXT("abstractText", abstract),
    BB_XML_ROW(.path = "authorList/author", .start = begin_author, .end = end_author),
    KEPT("authorList/author/lastName", family),
    KEPT("authorList/author/collectiveName", family),
    KEPT("authorList/author/firstName", given),
    KEPT("authorString", names),
    BB_XML_PUT(ISSUE "volume", set, VOLUME),
    BB_XML_PUT(ISSUE "issue", set, ISSUE),
    BB_XML_TEXT(ISSUE "dateOfPublication", date),
    BB_XML_PUT(ISSUE "journal/title", set, JOURNAL),
    BB_XML_ROW(.path = ISSUE "journal/ISSN", .put = bb_record_add_serial),
    BB_XML_ROW(.path = ISSUE "journal/ESSN", .put = bb_record_add_serial),
    BB_XML_PUT("journalTitle", set, JOURNAL),
    BB_XML_PUT("journalVolume", set, VOLUME),
    BB_XML_PUT("issue", set, ISSUE),
    KEPT("pubYear", year),
    BB_XML_PUT("pageInfo", set, PAGES),
    BB_XML_TEXT("language", language),
    BB_XML_PUT("pubTypeList/pubType", add, TYPE),
    BB_XML_PUT("keywordList/keyword", add, KEYWORDS),
};

static const bb_xml_record records[] = {
    {"result", "resultList", "", false}
};

#define AT(member) offsetof(europepmc_state, member)
static const size_t texts[] = {AT(family), AT(given), AT(names), AT(year), 0};

static const bb_xml_format format = {
    .records = records,
    .record_count = sizeof records / sizeof records[0],
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .texts = texts,
    .end = end,
};

static bool looks_like(biobert_str start) {
  return bb_xml_root_is(start, "responseWrapper") && bb_xml_has_tag(start, "resultList");
}

static biobert_status open_file(void *state, bb_source *source, biobert_error *err) {
  return bb_xml_open(&format, state, source, err);
}

const bb_record_parser bb_europepmc_xml = {
    .format = {"europepmc-xml", "XML of Europe PMC's web service",
               "a root element responseWrapper"},
    .looks_like = looks_like,
    .state_bytes = sizeof(europepmc_state),
    .open = open_file,
    .next = bb_xml_next,
    .close = bb_xml_close,
};
