/* ris.c - RIS, what most reference managers and databases export.
 *
 * https://en.wikipedia.org/wiki/RIS_(file_format), and the specification of 2001 and 2011
 * by their descriptions: each program follows another one.
 *
 *     TY  - JOUR
 *     AU  - Smith, John A.
 *     ER  -
 *
 * Met in real files: TY or ER missing, fields behind ER, "1." before a record, tags in
 * small letters, one blank or a tab before the dash, values of several lines. */
#include <string.h>

#include "records/abstracts.h"
#include "records/parsers.h"
#include "records/tagged_fields.h"

/* Of one thing that has several tags, in the order in which they are believed. */
enum { TITLES = 3, JOURNALS = 6 };

typedef struct ris {
  bb_field field;
  bool is_book;
  bb_text titles[TITLES], journals[JOURNALS];
  bb_text book;                    /* BT: a book's title, or that of a chapter's book */
  bb_text abstract, note_abstract; /* AB, N2 */
  bb_text start_page, end_page, date, accession, database, notes;
  bb_text custom_2; /* C2: EndNote has the PMCID there, Scopus the PMID */
} ris;

static const char *const title_tags[TITLES] = {"TI", "T1", "CT"};
static const char *const journal_tags[JOURNALS] = {"JF", "T2", "JO", "J1", "J2", "JA"};

/* Tags ------------------------------------------------------------------------------- */

static void put_nothing(bb_record *r, biobert_record_field into, biobert_str value) {
  (void)r;
  (void)into;
  (void)value;
}

/* "PUBMED 31501885,EMBASE 2003512345", of Cochrane's CENTRAL */
static void put_sources(bb_record *r, biobert_record_field into, biobert_str value) {
  static const char pubmed[] = "PUBMED ";
  biobert_str part;
  (void)into;
  while (bb_next_part(&value, ',', &part))
    if (bb_starts_with(bb_trimmed(part), pubmed))
      bb_record_set_pmid(r, bb_from(bb_trimmed(part), sizeof pubmed - 1));
}

/* "23690738[pmid]", "PMC4756000[pmcid]" */
static void put_user_field(bb_record *r, biobert_record_field into, biobert_str value) {
  (void)into;
  if (bb_contains(value, "[pmid]")) bb_record_set_pmid(r, value);
  bb_record_set_pmcid(r, value);
}

/* Those that keep() takes have no function here. */
static const bb_tag tags[] = {
    {"TY", BIOBERT_RECORD_TYPE,      bb_record_add        },
    {"AU", BIOBERT_RECORD_AUTHORS,   bb_put_names_initials},
    {"A1", BIOBERT_RECORD_AUTHORS,   bb_put_names_initials},
    {"A2", BIOBERT_RECORD_EDITORS,   bb_put_names_initials},
    {"ED", BIOBERT_RECORD_EDITORS,   bb_put_names_initials},
    {"PY", BIOBERT_RECORD_DATE,      put_nothing          },
    {"Y1", BIOBERT_RECORD_DATE,      put_nothing          },
    {"DA", BIOBERT_RECORD_DATE,      put_nothing          },
    {"VL", BIOBERT_RECORD_VOLUME,    bb_record_set        },
    {"IS", BIOBERT_RECORD_ISSUE,     bb_record_set        },
    {"SP", BIOBERT_RECORD_PAGES,     put_nothing          },
    {"EP", BIOBERT_RECORD_PAGES,     put_nothing          },
    {"PB", BIOBERT_RECORD_PUBLISHER, bb_record_set        },
    {"SN", BIOBERT_RECORD_ISSN,      bb_put_serial        },
    {"KW", BIOBERT_RECORD_KEYWORDS,  bb_put_list          },
    {"LA", BIOBERT_RECORD_LANGUAGE,  bb_put_language      },
    {"UR", BIOBERT_RECORD_URL,       bb_record_set        },
    {"DO", BIOBERT_RECORD_DOI,       bb_put_doi           },
    {"C2", BIOBERT_RECORD_PMCID,     bb_put_pmcid         },
    {"C3", BIOBERT_RECORD_FIELDS,    put_sources          },
    {"U1", BIOBERT_RECORD_PMCID,     put_user_field       },
    {"U2", BIOBERT_RECORD_PMCID,     put_user_field       },
    {"AN", BIOBERT_RECORD_PMCID,     bb_put_pmcid         },
    {"AB", BIOBERT_RECORD_ABSTRACT,  put_nothing          },
    {"N2", BIOBERT_RECORD_ABSTRACT,  put_nothing          },
    {"TI", BIOBERT_RECORD_TITLE,     put_nothing          },
    {"T1", BIOBERT_RECORD_TITLE,     put_nothing          },
    {"T2", BIOBERT_RECORD_JOURNAL,   put_nothing          },
    {"JF", BIOBERT_RECORD_JOURNAL,   put_nothing          },
    {"ID", BIOBERT_RECORD_FIELDS,    put_nothing          },
    {"ER", BIOBERT_RECORD_FIELDS,    put_nothing          },
    {NULL, BIOBERT_RECORD_FIELDS,    NULL                 },
};

static char capital(char c) {
  return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

/* A tag is two characters, two blanks, a dash and a blank. One blank, or a tag in small
 * letters, is taken where the tag is one of ours: "is  - a" is text. */
static bool split(biobert_str line, char tag[BB_TAG_BYTES], biobert_str *value) {
  line = bb_starts_with(line, "\xEF\xBB\xBF") ? bb_from(line, 3) : line;
  if (line.len < 4) return false;
  const char first = capital(line.data[0]), second = capital(line.data[1]);
  if (!is_capital(first) || !(is_capital(second) || (second >= '0' && second <= '9')))
    return false;
  size_t dash = 2;
  while (dash < line.len && dash < 5 &&
         (line.data[dash] == ' ' || line.data[dash] == '\t'))
    dash++;
  if (dash == 2 || dash >= line.len || line.data[dash] != '-') return false;
  memcpy(tag, (char[]){first, second, '\0'}, 3);
  const bool is_exact = dash == 4 && first == line.data[0] && second == line.data[1] &&
                        (dash + 1 == line.len || line.data[dash + 1] == ' ');
  *value = bb_trimmed(bb_from(line, dash + 1));
  return is_exact || bb_find_tag(tags, tag) != NULL;
}

/* Values that are chosen among several tags ------------------------------------------- */

static void keep(bb_text *text, biobert_str value) {
  value = bb_trimmed(value);
  if (!text->len) bb_text_add(text, value);
}

static void keep_more(bb_text *text, biobert_str value) {
  if (text->len) bb_text_add_char(text, '\n');
  bb_text_add(text, value);
}

static bb_text *kept_among(bb_text *texts, const char *const *names, size_t count,
                           const bb_field *f) {
  for (size_t i = 0; i < count; i++)
    if (bb_field_is(f, names[i])) return &texts[i];
  return NULL;
}

/* Where the first value of a tag waits until the record is whole; NULL: it does not. */
static bb_text *kept(ris *s, const bb_field *f) {
  bb_text *among = kept_among(s->titles, title_tags, TITLES, f);
  if (!among) among = kept_among(s->journals, journal_tags, JOURNALS, f);
  if (among) return among;
  if (bb_field_is(f, "BT")) return &s->book;
  if (bb_field_is(f, "AB")) return &s->abstract;
  if (bb_field_is(f, "N2")) return &s->note_abstract;
  if (bb_field_is(f, "SP")) return &s->start_page;
  if (bb_field_is(f, "EP")) return &s->end_page;
  if (bb_field_is(f, "AN")) return &s->accession;
  if (bb_field_is(f, "C2")) return &s->custom_2;
  if (bb_field_is(f, "DB") || bb_field_is(f, "DP")) return &s->database;
  return NULL;
}

static bool is_note(const bb_field *f) {
  return bb_field_is(f, "N1") || bb_field_is(f, "M1") || bb_field_is(f, "M3") ||
         bb_field_is(f, "L3") || bb_field_is(f, "UR") || bb_field_is(f, "L2");
}

static bb_text *all_of(ris *s, size_t index) {
  bb_text *const others[] = {
      &s->book, &s->abstract,  &s->note_abstract, &s->start_page, &s->end_page,
      &s->date, &s->accession, &s->database,      &s->notes,      &s->custom_2};
  if (index < TITLES) return &s->titles[index];
  if ((index -= TITLES) < JOURNALS) return &s->journals[index];
  index -= JOURNALS;
  return index < sizeof others / sizeof others[0] ? others[index] : NULL;
}

static void start(void *state) {
  ris *s = state;
  bb_text *text;
  s->is_book = false;
  for (size_t i = 0; (text = all_of(s, i)); i++) bb_text_clear(text);
}

static void put_field(void *state, bb_record *r, const bb_field *f) {
  ris *s = state;
  const biobert_str value = bb_field_value(f);
  bb_text *text = kept(s, f);
  if (text) keep(text, value);
  if (bb_field_is(f, "TY"))
    s->is_book = bb_same_word(value, "BOOK") || bb_same_word(value, "EBOOK");
  if (is_note(f)) keep_more(&s->notes, value);
  /* PY and Y1 say the year; DA may be the day on which it came out online. */
  if (bb_field_is(f, "PY") || bb_field_is(f, "Y1")) bb_record_refine_date(r, value);
  if (bb_field_is(f, "DA")) keep(&s->date, value);
  bb_put_tagged(r, tags, f);
}

/* The whole record --------------------------------------------------------------------- */

/* AB and N2 are mostly the same text twice. */
static void put_abstracts(const ris *s, bb_record *r) {
  const biobert_str a = bb_text_view(&s->abstract), b = bb_text_view(&s->note_abstract);
  bb_record_add_abstract(r, BIOBERT_RECORD_ABSTRACT, a.len ? a : b);
  if (!a.len || !b.len) return;
  bb_record_add_abstract(r, BIOBERT_RECORD_OTHER_ABSTRACT, b);
  bb_text *first = &r->texts[BIOBERT_RECORD_ABSTRACT];
  bb_text *second = &r->texts[BIOBERT_RECORD_OTHER_ABSTRACT];
  if (!first->len || first->len != second->len ||
      memcmp(first->data, second->data, first->len) != 0)
    return;
  r->bytes -= second->len;
  second->len = 0;
}

/* "doi: 10.1063/1.1954747" in a note, "https://doi.org/..." as the link. */
static void find_in_notes(const ris *s, bb_record *r) {
  biobert_str notes = bb_text_view(&s->notes), line;
  while (bb_next_part(&notes, '\n', &line)) {
    line = bb_trimmed(line);
    const bool has_doi = bb_starts_as(line, "doi") || bb_starts_with(line, "10.") ||
                         bb_contains(line, "doi.org/");
    if (has_doi) bb_record_set_doi(r, line);
    bb_record_set_noted(r, line);
    if (bb_starts_as(line, "pmid")) bb_record_set_pmid(r, line);
    if (bb_contains(line, "pubmed") && bb_starts_as(line, "http"))
      bb_record_set_pmid(r, line);
  }
}

static void put_titles(const ris *s, bb_record *r) {
  const biobert_str book = bb_text_view(&s->book);
  for (size_t i = 0; i < TITLES; i++)
    bb_put_title(r, BIOBERT_RECORD_TITLE, bb_text_view(&s->titles[i]));
  if (s->is_book || !bb_record_has(r, BIOBERT_RECORD_TITLE))
    bb_put_title(r, BIOBERT_RECORD_TITLE, book);
  else
    bb_put_title(r, BIOBERT_RECORD_JOURNAL, book);
  for (size_t i = 0; i < JOURNALS; i++)
    bb_put_title(r, BIOBERT_RECORD_JOURNAL, bb_text_view(&s->journals[i]));
}

/* "Ovid MEDLINE(R) ALL", "PubMed"; the accession numbers of others are their own, and longer
 * in ProQuest's "MEDLINE; Health Collection". */
static void set_pmid(const ris *s, bb_record *r) {
  enum { LONGEST_PMID = 8 };
  const biobert_str database = bb_text_view(&s->database);
  const biobert_str accession = bb_text_view(&s->accession);
  const bool is_pubmed =
      bb_contains_as(database, "pubmed") || bb_contains_as(database, "medline");
  if (is_pubmed && accession.len <= LONGEST_PMID) bb_record_set_pmid(r, accession);
  if (bb_starts_as(database, "scopus")) bb_record_set_pmid(r, bb_text_view(&s->custom_2));
}

static void finish(void *state, bb_record *r) {
  ris *s = state;
  put_titles(s, r);
  put_abstracts(s, r);
  bb_record_set_pages(r, bb_text_view(&s->start_page), bb_text_view(&s->end_page));
  bb_record_refine_date(r, bb_text_view(&s->date));
  set_pmid(s, r);
  find_in_notes(s, r);
  bb_text *text;
  for (size_t i = 0; (text = all_of(s, i)); i++) r->no_memory |= text->no_memory;
}

static const bb_tagged_format format = {split, "TY", "ER", start, put_field, finish};

static biobert_status next(void *state, bb_source *source, bb_record *r, bool *more,
                           biobert_error *err) {
  ris *s = state;
  return bb_next_tagged(&format, s, &s->field, source, r, more, err);
}

static void close(void *state) {
  ris *s = state;
  bb_text *text;
  for (size_t i = 0; (text = all_of(s, i)); i++) bb_text_free(text);
  bb_field_free(&s->field);
}

/* TY, or of a file without it several of its tags. */
static bool looks_like(biobert_str text) {
  enum { LINES = 100, ENOUGH = 3 };
  biobert_str line, value;
  char tag[BB_TAG_BYTES];
  int known = 0;
  for (int i = 0; i < LINES && bb_next_part(&text, '\n', &line); i++) {
    if (!split(line, tag, &value)) continue;
    known += bb_find_tag(tags, tag) != NULL;
    if (strcmp(tag, "TY") == 0 || known >= ENOUGH) return true;
  }
  return false;
}

const bb_record_parser bb_ris = {
    .format = {"ris", "RIS, of reference managers and databases",
               "lines that begin with \"TY  - \" and the like"},
    .looks_like = looks_like,
    .state_bytes = sizeof(ris),
    .next = next,
    .close = close,
};
