/* jats.c - articles as publishers and PubMed Central have them: JATS, and the NLM DTD
 * before it.
 *
 * Of the body, text is read; figures, tables, notes and the list of references are not. */
#include "base/mem.h"
#include "base/status.h"
#include "records/full_text.h"
#include "records/parsers.h"
#include "records/serials.h"
#include "records/xml.h"
#include "records/xml_start.h"

typedef struct jats_state {
  bb_xml *xml; /* first */
  bb_full_text full;
  bb_text title, subtitle, translated;
  bool is_english, has_english; /* the article; the translated title */
  bb_text family, given, suffix;
  biobert_record_field role;
  bool has_name; /* of the person: others are its forms in other scripts */
  bb_text year, month, day, best_year, best_month, best_day;
  int rank, best_rank;                     /* of the dates */
  bb_text first_page, last_page, location; /* or a number of the article */
  biobert_record_field abstract;
  bb_text label, paragraphs; /* of a section of the abstract */
} jats_state;

static const biobert_str nothing = {NULL, 0};

/* The article ------------------------------------------------------------------------ */

static void article(const bb_xml_event *e) {
  jats_state *s = e->state;
  bb_record_set(e->record, BIOBERT_RECORD_TYPE, e->attributes[0]);
  bb_record_add_language(e->record, e->attributes[1]);
  s->is_english = !e->attributes[1].len || bb_starts_as(e->attributes[1], "en");
  s->has_english = false;
}

static void article_id(const bb_xml_event *e) {
  const biobert_str type = e->attributes[0];
  if (bb_str_equal(type, "doi")) bb_record_set_doi(e->record, e->text);
  if (bb_str_equal(type, "pmid")) bb_record_set_pmid(e->record, e->text);
  if (!bb_starts_with(type, "pmc")) return;
  bb_text number = {0};
  if (!bb_starts_as(bb_trimmed(e->text), "PMC")) bb_text_add(&number, bb_str("PMC"));
  bb_xml_append(e, &number, bb_trimmed(e->text));
  bb_record_set_pmcid(e->record, bb_text_view(&number));
  bb_text_free(&number);
}

/* What is retracted says by what; the notice is of the type "retraction". */
static void related(const bb_xml_event *e) {
  if (bb_str_equal(e->attributes[0], "retraction-forward"))
    e->record->shown.status = BIOBERT_RECORD_IS_RETRACTED;
}

static void translated_starts(const bb_xml_event *e) {
  jats_state *s = e->state;
  if (e->attributes[0].len) s->has_english = bb_starts_as(e->attributes[0], "en");
}

static void translated(const bb_xml_event *e) {
  jats_state *s = e->state;
  translated_starts(e);
  if (s->has_english && !s->translated.len) bb_xml_keep(e, &s->translated, e->text);
}

/* Persons ---------------------------------------------------------------------------- */

static void person_starts(const bb_xml_event *e) {
  jats_state *s = e->state;
  bb_text_clear(&s->family);
  bb_text_clear(&s->given);
  bb_text_clear(&s->suffix);
  s->has_name = false;
  s->role = BIOBERT_RECORD_FIELDS;
  if (!e->attributes[0].len || bb_starts_with(e->attributes[0], "author") ||
      bb_str_equal(e->attributes[0], "collab"))
    s->role = BIOBERT_RECORD_AUTHORS;
  if (bb_contains(e->attributes[0], "editor")) s->role = BIOBERT_RECORD_EDITORS;
}

static void name_ends(const bb_xml_event *e) {
  jats_state *s = e->state;
  if (s->has_name || s->role == BIOBERT_RECORD_FIELDS || !s->family.len) return;
  s->has_name = true;
  if (s->suffix.len) {
    bb_xml_append(e, &s->given, bb_str(" "));
    bb_xml_append(e, &s->given, bb_text_view(&s->suffix));
  }
  bb_record_add_person(e->record, s->role, bb_text_view(&s->family),
                       bb_text_view(&s->given));
}

static void collective(const bb_xml_event *e) {
  const jats_state *s = e->state;
  if (!s->has_name && s->role != BIOBERT_RECORD_FIELDS)
    bb_record_add_person(e->record, s->role, e->text, nothing);
}

/* Dates and pages -------------------------------------------------------------------- */

/* PubMed has the date of the issue where there is one. */
static int rank_of(biobert_str type) {
  static const char *const types[] = {"pmc-release", "",           "epub",
                                      "pub",         "collection", "ppub"};
  for (int i = 0; i < (int)(sizeof types / sizeof types[0]); i++)
    if (bb_str_equal(type, types[i])) return i;
  return 1;
}

static void date_starts(const bb_xml_event *e) {
  jats_state *s = e->state;
  bb_text_clear(&s->year);
  bb_text_clear(&s->month);
  bb_text_clear(&s->day);
  s->rank = 1 + rank_of(e->attributes[0].len ? e->attributes[0] : e->attributes[1]);
}

static void date_ends(const bb_xml_event *e) {
  jats_state *s = e->state;
  if (!s->year.len || s->rank <= s->best_rank) return;
  s->best_rank = s->rank;
  bb_xml_keep(e, &s->best_year, bb_text_view(&s->year));
  bb_xml_keep(e, &s->best_month, bb_text_view(&s->month));
  bb_xml_keep(e, &s->best_day, bb_text_view(&s->day));
}

static void set_pages(const bb_xml_event *e) {
  jats_state *s = e->state;
  bool range = s->last_page.len && s->first_page.len &&
               (s->last_page.len != s->first_page.len ||
                memcmp(s->last_page.data, s->first_page.data, s->first_page.len) != 0);
  if (range) {
    bb_xml_append(e, &s->first_page, bb_str("-"));
    bb_xml_append(e, &s->first_page, bb_text_view(&s->last_page));
  }
  bb_record_set(e->record, BIOBERT_RECORD_PAGES, bb_text_view(&s->first_page));
  bb_record_set(e->record, BIOBERT_RECORD_PAGES, bb_text_view(&s->location));
}

/* Abstracts -------------------------------------------------------------------------- */

static void give_section(const bb_xml_event *e) {
  jats_state *s = e->state;
  bb_record_add_section(e->record, s->abstract, bb_text_view(&s->label),
                        bb_text_view(&s->paragraphs));
  bb_text_clear(&s->label);
  bb_text_clear(&s->paragraphs);
}

/* One for people in a hurry, as a picture or in another language is not the abstract. */
static void abstract_starts(const bb_xml_event *e) {
  jats_state *s = e->state;
  bool other = e->attributes[0].len || bb_record_has(e->record, BIOBERT_RECORD_ABSTRACT);
  s->abstract = other ? BIOBERT_RECORD_OTHER_ABSTRACT : BIOBERT_RECORD_ABSTRACT;
}

static void translated_abstract(const bb_xml_event *e) {
  ((jats_state *)e->state)->abstract = BIOBERT_RECORD_OTHER_ABSTRACT;
}

static void abstract_paragraph(const bb_xml_event *e) {
  bb_record_add_section(e->record, ((jats_state *)e->state)->abstract, nothing, e->text);
}

static void section_paragraph(const bb_xml_event *e) {
  jats_state *s = e->state;
  bb_xml_append(e, &s->paragraphs, bb_str(" "));
  bb_xml_append(e, &s->paragraphs, e->text);
}

/* Sections of the body --------------------------------------------------------------- */

static void section_opens(const bb_xml_event *e) {
  bb_full_text_open_section(e, &((jats_state *)e->state)->full);
}

static void section_closes(const bb_xml_event *e) {
  bb_full_text_close_section(e, &((jats_state *)e->state)->full);
}

static void heading(const bb_xml_event *e) {
  bb_full_text_heading(e, &((jats_state *)e->state)->full);
}

static void paragraph(const bb_xml_event *e) {
  bb_full_text_paragraph(e, &((jats_state *)e->state)->full);
}

/* The record as a whole -------------------------------------------------------------- */

static void begin(const bb_xml_event *e) {
  jats_state *s = e->state;
  bb_full_text_begin(&s->full);
  s->best_rank = 0;
  s->abstract = BIOBERT_RECORD_ABSTRACT;
}

static void set_titles(const bb_xml_event *e) {
  jats_state *s = e->state;
  if (s->subtitle.len && s->title.len) {
    bb_xml_append(e, &s->title, bb_str(": "));
    bb_xml_append(e, &s->title, bb_text_view(&s->subtitle));
  }
  if (!s->is_english && s->translated.len) {
    bb_record_set_title(e->record, bb_text_view(&s->translated));
    bb_record_set(e->record, BIOBERT_RECORD_ORIGINAL_TITLE, bb_text_view(&s->title));
  }
  bb_record_set_title(e->record, bb_text_view(&s->title));
}

/* The article's metadata are whole. */
static void give_article(const bb_xml_event *e) {
  jats_state *s = e->state;
  if (s->full.is_given) return;
  set_titles(e);
  set_pages(e);
  bb_record_set_date_parts(e->record, bb_text_view(&s->best_year),
                           bb_text_view(&s->best_month), bb_text_view(&s->best_day));
  bb_full_text_give(e, &s->full);
}

/* The text of the body that is in no section. */
static void body_ends(const bb_xml_event *e) {
  jats_state *s = e->state;
  bb_full_text_open_section(e, &s->full);
  bb_full_text_close_section(e, &s->full);
}

static void end(const bb_xml_event *e) {
  give_article(e);
  bb_full_text_end(e, &((jats_state *)e->state)->full);
}

/* The format ------------------------------------------------------------------------- */

#define KEPT(where, member) BB_XML_KEEP(where, jats_state, member)
#define JOURNAL "front/journal-meta/"
#define META "front/article-meta/"
#define TITLES META "title-group/"
#define NAME(where)                                                                      \
  BB_XML_ROW(.path = where, .end = name_ends), KEPT(where "/surname", family),           \
      KEPT(where "/given-names", given), KEPT(where "/suffix", suffix)
#define PERSONS(where)                                                                   \
  BB_XML_START(where "/contrib", person_starts, "contrib-type"),                         \
      NAME(where "/contrib/name"), NAME(where "/contrib/string-name"),                   \
      NAME(where "/contrib/name-alternatives/name"),                                     \
      NAME(where "/contrib/name-alternatives/string-name"),                              \
      BB_XML_TEXT(where "/contrib/collab", collective),                                  \
      BB_XML_TEXT(where "/contrib/collab-alternatives/collab", collective)
#define ABSTRACT(where)                                                                  \
  BB_XML_TEXT(where "/p", abstract_paragraph),                                           \
      BB_XML_TEXT(where "/list", abstract_paragraph),                                    \
      BB_XML_ROW(.path = where "/sec+", .start = give_section, .end = give_section),     \
      KEPT(where "/sec/title", label), BB_XML_TEXT(where "/sec/p", section_paragraph),   \
      BB_XML_TEXT(where "/sec/list", section_paragraph)
#define TEXT(where)                                                                      \
  BB_XML_TEXT(where "/p", paragraph), BB_XML_TEXT(where "/list", paragraph),             \
      BB_XML_TEXT(where "/disp-quote", paragraph),                                       \
      BB_XML_TEXT(where "/disp-formula", paragraph),                                     \
      BB_XML_TEXT(where "/def-list", paragraph),                                         \
      BB_XML_TEXT(where "/boxed-text", paragraph),                                       \
      BB_XML_TEXT(where "/statement", paragraph),                                        \
      BB_XML_TEXT(where "/speech", paragraph),                                           \
      BB_XML_TEXT(where "/preformat", paragraph)

static const bb_xml_row rows[] = {
    BB_XML_START("", article, "article-type", "lang"),
    BB_XML_ROW(.path = "front", .end = give_article),
    BB_XML_PUT(JOURNAL "journal-title-group/journal-title", set, JOURNAL),
    BB_XML_PUT(JOURNAL "journal-title", set, JOURNAL),
    BB_XML_ROW(.path = JOURNAL "issn", .put = bb_record_add_serial),
    BB_XML_ROW(.path = META "isbn", .put = bb_record_add_serial),
    BB_XML_PUT(JOURNAL "publisher/publisher-name", set, PUBLISHER),
    BB_XML_TEXT(META "article-id", article_id, "pub-id-type"),
    BB_XML_START(META "related-article", related, "related-article-type"),
    KEPT(TITLES "article-title", title),
    KEPT(TITLES "subtitle", subtitle),
    BB_XML_START(TITLES "trans-title-group", translated_starts, "lang"),
    BB_XML_TEXT(TITLES "trans-title-group/trans-title", translated, "lang"),
    BB_XML_TEXT(TITLES "trans-title", translated, "lang"),
    PERSONS(META "contrib-group"),
    BB_XML_ROW(.path = META "pub-date", .start = date_starts, .end = date_ends,
               .attributes = {"pub-type", "date-type"}),
    KEPT(META "pub-date/year", year),
    KEPT(META "pub-date/month", month),
    KEPT(META "pub-date/season", month),
    KEPT(META "pub-date/day", day),
    BB_XML_PUT(META "volume", set, VOLUME),
    BB_XML_PUT(META "issue", set, ISSUE),
    KEPT(META "fpage", first_page),
    KEPT(META "lpage", last_page),
    KEPT(META "elocation-id", location),
    BB_XML_START(META "abstract", abstract_starts, "abstract-type"),
    ABSTRACT(META "abstract"),
    BB_XML_START(META "trans-abstract", translated_abstract),
    ABSTRACT(META "trans-abstract"),
    BB_XML_PUT(META "kwd-group/kwd", add, KEYWORDS),
    BB_XML_PUT(META "kwd-group/compound-kwd", add, KEYWORDS),

    BB_XML_ROW(.path = "body", .start = give_article, .end = body_ends),
    TEXT("body"),
    BB_XML_ROW(.path = "body/sec+", .start = section_opens, .end = section_closes),
    BB_XML_TEXT("body/sec/title", heading),
    TEXT("body/sec"),
};

static const bb_xml_record records[] = {
    {"article", NULL, "", false}
};

static const char *const left_out[] = {
    "annotation",
    "annotation-xml",
    "tex-math",
    "fig",
    "fig-group",
    "table-wrap",
    "table-wrap-group",
    "table",
    "ref-list",
    "fn",
    "supplementary-material",
    "media",
    "contrib-group",
    "object-id",
    NULL,
};

#define AT(member) offsetof(jats_state, member)
static const size_t texts[] = {
    BB_FULL_TEXT_AT(jats_state, full),
    AT(title),
    AT(subtitle),
    AT(translated),
    AT(family),
    AT(given),
    AT(suffix),
    AT(year),
    AT(month),
    AT(day),
    AT(best_year),
    AT(best_month),
    AT(best_day),
    AT(first_page),
    AT(last_page),
    AT(location),
    AT(label),
    AT(paragraphs),
    0,
};

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

/* DocBook has articles too. */
static bool looks_like(biobert_str start) {
  if (bb_xml_root_is(start, "pmc-articleset")) return true;
  return bb_xml_has_tag(start, "article") &&
         (bb_xml_has_tag(start, "front") || bb_xml_has_tag(start, "article-meta"));
}

static biobert_status open_file(void *state, bb_source *source, biobert_error *err) {
  return bb_xml_open(&format, state, source, err);
}

const bb_record_parser bb_jats = {
    .format = {"jats", "JATS XML (PubMed Central, publishers)",
               "article with front in it, or pmc-articleset, as XML's root"},
    .looks_like = looks_like,
    .state_bytes = sizeof(jats_state),
    .open = open_file,
    .next = bb_xml_next,
    .close = bb_xml_close,
};
