/* endnote_xml.c - what EndNote, Zotero, Mendeley and others write as EndNote XML.
 *
 * Every text may be in `style` elements. There is no published DTD: fields are those of
 * EndNote's own exports (RSXML.dtd of the program). */
#include "base/mem.h"
#include "base/status.h"
#include "records/abstracts.h"
#include "records/parsers.h"
#include "records/serials.h"
#include "records/xml.h"
#include "records/xml_start.h"

typedef struct endnote_state {
  bb_xml *xml; /* first */
  bb_text title, translated;
  bb_text container, journal; /* secondary-title; periodical/full-title */
  bb_text year, date;
  bb_text accession, database;
} endnote_state;

static biobert_str no_text(void) {
  return (biobert_str){NULL, 0};
}

/* Values -------------------------------------------------------------------------- */

static void type(const bb_xml_event *e) {
  bb_record_set(e->record, BIOBERT_RECORD_TYPE, e->attributes[0]);
}

/* EndNote keeps the lines of its form: several names may be in one element. */
static void add_names(const bb_xml_event *e, biobert_record_field field) {
  biobert_str lines = e->text, line;
  while (bb_next_part(&lines, '\n', &line)) {
    biobert_str part;
    while (bb_next_part(&line, '\r', &part)) {
      part = bb_trimmed(part);
      /* A comma at the end says that all of it is one name. */
      bool whole = part.len && part.data[part.len - 1] == ',';
      if (whole) {
        part.len--;
        bb_record_add_person(e->record, field, part, no_text());
      } else if (part.len) {
        bb_record_add_name(e->record, field, part, BB_PERSON_INITIALS);
      }
    }
  }
}

static void author(const bb_xml_event *e) {
  add_names(e, BIOBERT_RECORD_AUTHORS);
}

static void editor(const bb_xml_event *e) {
  add_names(e, BIOBERT_RECORD_EDITORS);
}

static void keyword(const bb_xml_event *e) {
  biobert_str rest = e->text, part;
  while (bb_next_part(&rest, '\r', &part))
    bb_record_add(e->record, BIOBERT_RECORD_KEYWORDS, part);
}

static void abstract(const bb_xml_event *e) {
  bb_record_add_abstract(e->record, BIOBERT_RECORD_ABSTRACT, e->text);
}

static void doi(const bb_xml_event *e) {
  bb_record_set_doi(e->record, e->text);
}

static void url(const bb_xml_event *e) {
  bb_record_add(e->record, BIOBERT_RECORD_URL, e->text);
  if (bb_contains(e->text, "doi.org/")) doi(e);
}

static void pmcid(const bb_xml_event *e) {
  if (bb_starts_as(bb_trimmed(e->text), "PMC")) bb_record_set_pmcid(e->record, e->text);
}

static void language(const bb_xml_event *e) {
  bb_record_add_language(e->record, e->text);
}

/* The record as a whole -------------------------------------------------------------- */

static void set_titles(const endnote_state *s, bb_record *record) {
  if (s->translated.len)
    bb_record_set(record, BIOBERT_RECORD_ORIGINAL_TITLE, bb_text_view(&s->title));
  bb_record_set_title(record, bb_text_view(&s->translated));
  bb_record_set_title(record, bb_text_view(&s->title));
  bb_record_set(record, BIOBERT_RECORD_JOURNAL, bb_text_view(&s->container));
  bb_record_set(record, BIOBERT_RECORD_JOURNAL, bb_text_view(&s->journal));
}

/* The date is "Mar 3", or has a year of its own. */
static void set_date(const bb_xml_event *e) {
  endnote_state *s = e->state;
  bb_xml_append(e, &s->year, bb_str(" "));
  bb_xml_append(e, &s->year, bb_text_view(&s->date));
  bb_record_set_date(e->record, bb_text_view(&s->year));
}

/* The accession number is a PMID where the database is PubMed's. */
static void set_pmid(const endnote_state *s, bb_record *record) {
  const char *const names[] = {"pubmed", "medline", "nlm"};
  const biobert_str url = bb_text_view(&record->texts[BIOBERT_RECORD_URL]);
  bool is_pmid = bb_contains(url, "/pubmed");
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    is_pmid |= bb_contains_as(bb_text_view(&s->database), names[i]);
  if (is_pmid) bb_record_set_pmid(record, bb_text_view(&s->accession));
}

static void end(const bb_xml_event *e) {
  endnote_state *s = e->state;
  set_titles(s, e->record);
  set_date(e);
  set_pmid(s, e->record);
}

/* The format ------------------------------------------------------------------------- */

#define KEPT(where, member) BB_XML_KEEP(where, endnote_state, member)
#define PERSONS "contributors/"
#define URLS "urls/"

static const bb_xml_row rows[] = {
    BB_XML_START("ref-type", type, "name"),
    BB_XML_TEXT(PERSONS "authors/author", author),
    BB_XML_TEXT(PERSONS "secondary-authors/author", editor),
    KEPT("titles/title", title),
    KEPT("titles/translated-title", translated),
    KEPT("titles/secondary-title", container),
    KEPT("periodical/full-title", journal),
    BB_XML_PUT("pages", set, PAGES),
    BB_XML_PUT("volume", set, VOLUME),
    BB_XML_PUT("number", set, ISSUE),
    BB_XML_TEXT("keywords/keyword", keyword),
    KEPT("dates/year", year),
    KEPT("dates/pub-dates/date", date),
    BB_XML_PUT("publisher", set, PUBLISHER),
    BB_XML_ROW(.path = "isbn", .put = bb_record_add_serial),
    BB_XML_TEXT("abstract", abstract),
    BB_XML_TEXT("electronic-resource-num", doi),
    BB_XML_TEXT("custom2", pmcid),
    BB_XML_TEXT("language", language),
    BB_XML_TEXT(URLS "related-urls/url", url),
    BB_XML_TEXT(URLS "web-urls/url", url),
    KEPT("accession-num", accession),
    KEPT("remote-database-name", database),
};

static const bb_xml_record records[] = {
    {"record", "records", "", false}
};

#define AT(member) offsetof(endnote_state, member)
static const size_t texts[] = {AT(title),     AT(translated), AT(container),
                               AT(journal),   AT(year),       AT(date),
                               AT(accession), AT(database),   0};

static const bb_xml_format format = {
    .records = records,
    .record_count = sizeof records / sizeof records[0],
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .texts = texts,
    .end = end,
};

static bool looks_like(biobert_str start) {
  return bb_xml_root_is(start, "xml records") && bb_xml_has_tag(start, "record") &&
         bb_xml_has_tag(start, "ref-type");
}

static biobert_status open_file(void *state, bb_source *source, biobert_error *err) {
  return bb_xml_open(&format, state, source, err);
}

const bb_record_parser bb_endnote_xml = {
    .format = {"endnote-xml", "EndNote XML", "records of XML with a ref-type"},
    .looks_like = looks_like,
    .state_bytes = sizeof(endnote_state),
    .open = open_file,
    .next = bb_xml_next,
    .close = bb_xml_close,
};
