/* tei.c - articles that GROBID has read out of PDFs, and other TEI of the same form.
 *
 * What the article is, is in the header's biblStruct; of the body, text is read, without
 * figures and notes. */
#include "base/mem.h"
#include "base/status.h"
#include "records/full_text.h"
#include "records/parsers.h"
#include "records/serials.h"
#include "records/xml.h"
#include "records/xml_start.h"

typedef struct tei_state {
  bb_xml *xml; /* first */
  bb_full_text full;
  bb_text family, given, pages;
} tei_state;

/* The article ------------------------------------------------------------------------ */

static void language(const bb_xml_event *e) {
  bb_record_add_language(e->record, e->attributes[0]);
}

static void title(const bb_xml_event *e) {
  bb_record_set_title(e->record, e->text);
}

/* level: j of a journal, m of a book. */
static void container(const bb_xml_event *e) {
  bb_record_set(e->record, BIOBERT_RECORD_JOURNAL, e->text);
}

static void identifier(const bb_xml_event *e) {
  const biobert_str type = e->attributes[0];
  if (bb_same_word(type, "DOI")) bb_record_set_doi(e->record, e->text);
  if (bb_same_word(type, "PMID")) bb_record_set_pmid(e->record, e->text);
  if (bb_same_word(type, "PMCID")) bb_record_set_pmcid(e->record, e->text);
  if (bb_same_word(type, "ISSN") || bb_same_word(type, "eISSN") ||
      bb_same_word(type, "ISBN"))
    bb_record_add_serial(e->record, BIOBERT_RECORD_ISSN, e->text);
}

static void date(const bb_xml_event *e) {
  bb_record_set_date(e->record, e->attributes[0]);
  bb_record_set_date(e->record, e->text);
}

/* <biblScope unit="page" from="1" to="9"/>, or the text. */
static void add_pages(const bb_xml_event *e) {
  tei_state *s = e->state;
  bb_xml_keep(e, &s->pages, e->attributes[1]);
  if (e->attributes[2].len) bb_xml_append(e, &s->pages, bb_str("-"));
  bb_xml_append(e, &s->pages, e->attributes[2]);
  bb_record_set(e->record, BIOBERT_RECORD_PAGES, e->text);
  bb_record_set(e->record, BIOBERT_RECORD_PAGES, bb_text_view(&s->pages));
}

static void scope(const bb_xml_event *e) {
  const biobert_str unit = e->attributes[0];
  if (bb_str_equal(unit, "volume"))
    bb_record_set(e->record, BIOBERT_RECORD_VOLUME, e->text);
  if (bb_str_equal(unit, "issue"))
    bb_record_set(e->record, BIOBERT_RECORD_ISSUE, e->text);
  if (bb_str_equal(unit, "page") || bb_str_equal(unit, "pp")) add_pages(e);
}

/* Persons ---------------------------------------------------------------------------- */

static void person_starts(const bb_xml_event *e) {
  tei_state *s = e->state;
  bb_text_clear(&s->family);
  bb_text_clear(&s->given);
}

static void forename(const bb_xml_event *e) {
  tei_state *s = e->state;
  if (s->given.len) bb_xml_append(e, &s->given, bb_str(" "));
  bb_xml_append(e, &s->given, e->text);
}

static void add_person(const bb_xml_event *e, biobert_record_field field) {
  tei_state *s = e->state;
  if (!s->family.len) return;
  bb_record_add_person(e->record, field, bb_text_view(&s->family),
                       bb_text_view(&s->given));
}

static void author_ends(const bb_xml_event *e) {
  add_person(e, BIOBERT_RECORD_AUTHORS);
}

static void editor_ends(const bb_xml_event *e) {
  add_person(e, BIOBERT_RECORD_EDITORS);
}

static void collective(const bb_xml_event *e) {
  bb_record_add_person(e->record, BIOBERT_RECORD_AUTHORS, e->text,
                       (biobert_str){NULL, 0});
}

/* Sections --------------------------------------------------------------------------- */

static void section_opens(const bb_xml_event *e) {
  bb_full_text_open_section(e, &((tei_state *)e->state)->full);
}

static void section_closes(const bb_xml_event *e) {
  bb_full_text_close_section(e, &((tei_state *)e->state)->full);
}

static void heading(const bb_xml_event *e) {
  bb_full_text_heading(e, &((tei_state *)e->state)->full);
}

static void paragraph(const bb_xml_event *e) {
  bb_full_text_paragraph(e, &((tei_state *)e->state)->full);
}

/* The text of the body that is in no section. */
static void body_ends(const bb_xml_event *e) {
  section_opens(e);
  section_closes(e);
}

/* The record as a whole -------------------------------------------------------------- */

static void begin(const bb_xml_event *e) {
  bb_full_text_begin(&((tei_state *)e->state)->full);
}

static void give_article(const bb_xml_event *e) {
  bb_full_text_give(e, &((tei_state *)e->state)->full);
}

static void end(const bb_xml_event *e) {
  bb_full_text_end(e, &((tei_state *)e->state)->full);
}

/* The format ------------------------------------------------------------------------- */

#define KEPT(where, member) BB_XML_KEEP(where, tei_state, member)
#define DESCRIPTION "teiHeader/fileDesc/"
#define SOURCE DESCRIPTION "sourceDesc/biblStruct/"
#define BOOK SOURCE "monogr/"
#define PROFILE "teiHeader/profileDesc/"
#define PERSON(where, ends)                                                              \
  BB_XML_ROW(.path = where, .start = person_starts, .end = ends),                        \
      KEPT(where "/persName/surname", family),                                           \
      BB_XML_TEXT(where "/persName/forename", forename)
#define TEXT(where)                                                                      \
  BB_XML_TEXT(where "/p", paragraph), BB_XML_TEXT(where "/formula", paragraph),          \
      BB_XML_TEXT(where "/list", paragraph), BB_XML_TEXT(where "/quote", paragraph)

static const bb_xml_row rows[] = {
    BB_XML_START("teiHeader", language, "lang"),
    BB_XML_TEXT(DESCRIPTION "titleStmt/title", title),
    BB_XML_TEXT(SOURCE "analytic/title", title),
    PERSON(SOURCE "analytic/author", author_ends),
    BB_XML_TEXT(SOURCE "analytic/author/orgName", collective),
    BB_XML_TEXT(SOURCE "analytic/idno", identifier, "type"),
    BB_XML_TEXT(SOURCE "idno", identifier, "type"),
    BB_XML_TEXT(BOOK "title", container),
    BB_XML_TEXT(BOOK "idno", identifier, "type"),
    PERSON(BOOK "author", author_ends),
    PERSON(BOOK "editor", editor_ends),
    BB_XML_TEXT(BOOK "imprint/date", date, "when"),
    BB_XML_TEXT(BOOK "imprint/biblScope", scope, "unit", "from", "to"),
    BB_XML_PUT(BOOK "imprint/publisher", set, PUBLISHER),
    BB_XML_TEXT(DESCRIPTION "publicationStmt/date", date, "when"),
    BB_XML_PUT(DESCRIPTION "publicationStmt/publisher", set, PUBLISHER),
    BB_XML_TEXT(DESCRIPTION "publicationStmt/idno", identifier, "type"),
    BB_XML_PUT(PROFILE "abstract/p", add_line, ABSTRACT),
    BB_XML_PUT(PROFILE "abstract/div/p", add_line, ABSTRACT),
    BB_XML_PUT(PROFILE "textClass/keywords/term", add, KEYWORDS),
    BB_XML_PUT(PROFILE "textClass/keywords/list/item", add, KEYWORDS),
    BB_XML_START(PROFILE "langUsage/language", language, "ident"),
    BB_XML_ROW(.path = "text", .start = give_article),

    BB_XML_ROW(.path = "text/body", .end = body_ends),
    TEXT("text/body"),
    BB_XML_ROW(.path = "text/body/div+", .start = section_opens, .end = section_closes),
    BB_XML_TEXT("text/body/div/head", heading),
    TEXT("text/body/div"),
};

static const bb_xml_record records[] = {
    {"TEI",   NULL, "", false},
    {"TEI.2", NULL, "", false},
};

static const char *const left_out[] = {
    "figure", "table", "note", "listBibl", "annotation", "annotation-xml", NULL,
};

#define AT(member) offsetof(tei_state, member)
static const size_t texts[] = {BB_FULL_TEXT_AT(tei_state, full), AT(family), AT(given),
                               AT(pages), 0};

static const bb_xml_format format = {
    .records = records,
    .record_count = sizeof records / sizeof records[0],
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .left_out = left_out,
    .texts = texts,
    .begin = begin,
    .end = end,
    .gives = true,
};

static bool looks_like(biobert_str start) {
  return bb_xml_root_is(start, "TEI TEI.2 teiCorpus");
}

static biobert_status open_file(void *state, bb_source *source, biobert_error *err) {
  return bb_xml_open(&format, state, source, err);
}

const bb_record_parser bb_tei = {
    .format = {"tei", "TEI XML (GROBID)", "TEI as XML's root"},
    .looks_like = looks_like,
    .state_bytes = sizeof(tei_state),
    .open = open_file,
    .next = bb_xml_next,
    .close = bb_xml_close,
};
