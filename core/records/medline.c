/* medline.c - PubMed's and NLM's tagged text (.nbib, "PubMed format").
 *
 * https://www.nlm.nih.gov/bsd/mms/medlineelements.html
 *
 *     PMID- 27169098
 *     TI  - Proteomics: a new perspective
 *           for cancer.
 *
 * A tag of up to four letters, blanks up to the dash; what goes on begins with six blanks,
 * whatever is behind them. A record has no end: a blank line, or the next PMID. */
#include <string.h>

#include "records/abstracts.h"
#include "records/parsers.h"
#include "records/tagged_fields.h"

typedef struct medline {
  bb_field field;
  bb_text title; /* TI, which may come in pieces */
  bb_text journal_abbreviation, electronic_date, book;
} medline;

static bool is_tag_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool split(biobert_str line, char tag[BB_TAG_BYTES], biobert_str *value) {
  enum { DASH = 4 };
  size_t len = 0;
  while (len < line.len && len < DASH && is_tag_letter(line.data[len])) len++;
  size_t dash = len;
  while (dash < line.len && dash < DASH && line.data[dash] == ' ') dash++;
  if (len < 2 || dash >= line.len || line.data[dash] != '-' ||
      line.data[0] < 'A' /* "10-" */)
    return false;
  memcpy(tag, line.data, len);
  tag[len] = '\0';
  *value = bb_trimmed(bb_from(line, dash + 1));
  return true;
}

/* Values ----------------------------------------------------------------------------- */

/* "10.1016/x [doi]", "S0140-6736(20) [pii]"; books have "doi:10.1016/x". */
static void put_article_id(bb_record *r, biobert_record_field into, biobert_str value) {
  (void)into;
  if (memmem(value.data, value.len, "[doi]", 5) || bb_starts_as(value, "doi:"))
    bb_record_set_doi(r, value);
}

/* "0955-2359 (Print)" */
static void put_issn(bb_record *r, biobert_record_field into, biobert_str value) {
  biobert_str number;
  if (bb_next_part(&value, ' ', &number)) bb_record_add(r, into, number);
}

static void put_type(bb_record *r, biobert_record_field into, biobert_str value) {
  bb_record_add(r, into, value);
  if (bb_same_word(value, "Retracted Publication"))
    r->shown.status = BIOBERT_RECORD_IS_RETRACTED;
}

/* It may have a comma in it, which is not one between two names. */
static void put_collective(bb_record *r, biobert_record_field into, biobert_str value) {
  bb_record_add_person(r, into, value, (biobert_str){"", 0});
}

/* "Neoplasms/metabolism/therapy" has two qualifiers of one descriptor. */
static void put_mesh(bb_record *r, biobert_record_field into, biobert_str value) {
  biobert_str descriptor, qualifier;
  if (!bb_next_part(&value, '/', &descriptor)) return;
  if (!value.data) bb_record_add(r, into, descriptor);
  while (bb_next_part(&value, '/', &qualifier)) {
    bb_text heading = {0};
    bb_text_add(&heading, descriptor);
    bb_text_add_char(&heading, '/');
    bb_text_add(&heading, qualifier);
    bb_record_add(r, into, bb_text_view(&heading));
    r->no_memory |= heading.no_memory;
    bb_text_free(&heading);
  }
}

/* By which a file is known. */
static void put_nothing(bb_record *r, biobert_record_field into, biobert_str value) {
  (void)r;
  (void)into;
  (void)value;
}

static const bb_tag tags[] = {
    {"PMID", BIOBERT_RECORD_FIELDS,         bb_put_pmid           },
    {"PMC",  BIOBERT_RECORD_PMCID,          bb_put_pmcid          },
    {"AID",  BIOBERT_RECORD_DOI,            put_article_id        },
    {"LID",  BIOBERT_RECORD_DOI,            put_article_id        },
    {"TT",   BIOBERT_RECORD_ORIGINAL_TITLE, bb_put_title          },
    {"AB",   BIOBERT_RECORD_ABSTRACT,       bb_record_add_abstract},
    {"OAB",  BIOBERT_RECORD_OTHER_ABSTRACT, bb_record_add_abstract},
    {"FAU",  BIOBERT_RECORD_AUTHORS,        bb_put_names          },
    {"AU",   BIOBERT_RECORD_AUTHORS,        bb_put_names_initials },
    {"CN",   BIOBERT_RECORD_AUTHORS,        put_collective        },
    {"FED",  BIOBERT_RECORD_EDITORS,        bb_put_names          },
    {"ED",   BIOBERT_RECORD_EDITORS,        bb_put_names_initials },
    {"OWN",  BIOBERT_RECORD_FIELDS,         put_nothing           },
    {"STAT", BIOBERT_RECORD_FIELDS,         put_nothing           },
    {"PMCR", BIOBERT_RECORD_FIELDS,         put_nothing           },
    {"JT",   BIOBERT_RECORD_JOURNAL,        bb_record_set         },
    {"DP",   BIOBERT_RECORD_DATE,           bb_put_date           },
    {"VI",   BIOBERT_RECORD_VOLUME,         bb_record_set         },
    {"IP",   BIOBERT_RECORD_ISSUE,          bb_record_set         },
    {"PG",   BIOBERT_RECORD_PAGES,          bb_record_set         },
    {"PB",   BIOBERT_RECORD_PUBLISHER,      bb_record_set         },
    {"IS",   BIOBERT_RECORD_ISSN,           put_issn              },
    {"ISBN", BIOBERT_RECORD_ISBN,           put_issn              },
    {"OT",   BIOBERT_RECORD_KEYWORDS,       bb_record_add         },
    {"MH",   BIOBERT_RECORD_MESH,           put_mesh              },
    {"PT",   BIOBERT_RECORD_TYPE,           put_type              },
    {"LA",   BIOBERT_RECORD_LANGUAGE,       bb_put_language       },
    {NULL,   BIOBERT_RECORD_FIELDS,         NULL                  },
};

/* Records ---------------------------------------------------------------------------- */

/* Kept until all fields are there. */
static void keep(bb_text *text, biobert_str value) {
  if (text->len && value.len) bb_text_add_char(text, ' ');
  bb_text_add(text, value);
}

/* An author has two fields, FAU and, behind it, AU: the second one has nothing new. */
static bool repeats_full_name(const bb_field *f, const char before[BB_TAG_BYTES]) {
  return (bb_field_is(f, "AU") && strcmp(before, "FAU") == 0) ||
         (bb_field_is(f, "ED") && strcmp(before, "FED") == 0);
}

static void put_field(medline *m, bb_record *r, const char before[BB_TAG_BYTES]) {
  const bb_field *f = &m->field;
  const biobert_str value = bb_text_view(&f->value);
  if (bb_field_is(f, "TI"))
    keep(&m->title, value);
  else if (bb_field_is(f, "BTI"))
    keep(&m->book, value);
  else if (bb_field_is(f, "TA"))
    keep(&m->journal_abbreviation, value);
  else if (bb_field_is(f, "DEP"))
    keep(&m->electronic_date, value);
  else if (!repeats_full_name(f, before))
    bb_put_tagged(r, tags, f);
  r->too_long |= f->is_cut;
}

static void start(medline *m) {
  bb_text_clear(&m->title);
  bb_text_clear(&m->book);
  bb_text_clear(&m->journal_abbreviation);
  bb_text_clear(&m->electronic_date);
}

/* What the record says in two ways, best first. */
static void finish(const medline *m, bb_record *r) {
  bb_put_title(r, BIOBERT_RECORD_TITLE, bb_text_view(&m->title));
  bb_put_title(r, BIOBERT_RECORD_TITLE, bb_text_view(&m->book));
  if (m->title.len) bb_put_title(r, BIOBERT_RECORD_JOURNAL, bb_text_view(&m->book));
  bb_record_set(r, BIOBERT_RECORD_JOURNAL, bb_text_view(&m->journal_abbreviation));
  bb_record_set_date(r, bb_text_view(&m->electronic_date));
  r->no_memory |= m->title.no_memory || m->book.no_memory ||
                  m->journal_abbreviation.no_memory || m->electronic_date.no_memory;
}

/* PMID begins a record, and so does a tag behind a blank line. */
static bool begins_record(const bb_field *f) {
  return bb_field_is(f, "PMID") || f->after_blank;
}

static biobert_status next(void *state, bb_source *source, bb_record *r, bool *more,
                           biobert_error *err) {
  medline *m = state;
  char before[BB_TAG_BYTES] = "";
  *more = false;
  start(m);
  for (;;) {
    bool is_field;
    biobert_status status = bb_next_field(&m->field, split, source, &is_field, err);
    if (status) return status;
    if (!is_field) break;
    m->field.again = *more && begins_record(&m->field);
    if (m->field.again) break;
    *more = true;
    put_field(m, r, before);
    memcpy(before, m->field.tag, BB_TAG_BYTES);
  }
  if (*more) finish(m, r);
  return BIOBERT_OK;
}

static void close(void *state) {
  medline *m = state;
  bb_field_free(&m->field);
  bb_text_free(&m->title);
  bb_text_free(&m->book);
  bb_text_free(&m->journal_abbreviation);
  bb_text_free(&m->electronic_date);
}

/* A tag of more than two letters near the beginning: what RIS has not. */
static bool looks_like(biobert_str start) {
  enum { LINES = 40 };
  biobert_str line, value;
  char tag[BB_TAG_BYTES];
  for (int i = 0; i < LINES && bb_next_part(&start, '\n', &line); i++) {
    if (!split(line, tag, &value)) continue;
    if (strcmp(tag, "TY") == 0) return false;
    if (bb_find_tag(tags, tag) && strlen(tag) > 2) return true;
  }
  return false;
}

const bb_record_parser bb_medline = {
    .format = {"medline", "MEDLINE and PubMed's tagged text (.nbib)",
               "lines that begin with \"PMID- \""},
    .looks_like = looks_like,
    .state_bytes = sizeof(medline),
    .next = next,
    .close = close,
};
