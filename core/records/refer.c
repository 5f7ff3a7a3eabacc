/* refer.c - refer, which EndNote and Google Scholar write as .enw: a tag is "%" and one
 * character.
 *
 * EndNote's help, "Tagged import formats"; refer(1).
 *
 *     %0 Journal Article
 *     %A Smith, John A.
 *     %T The title
 *
 * A record begins with %0; of refer's own files, which have none, after a blank line with
 * the tag that the one before it began with. */
#include <string.h>

#include "records/abstracts.h"
#include "records/parsers.h"
#include "records/tagged_fields.h"

typedef struct refer {
  bb_field field;
  bb_text year, date;          /* %D, and %8: "Feb 15", or a whole one */
  bb_text book;                /* %B: the journal of what has no %J */
  bb_text accession, database; /* %M; %~, %W */
} refer;

static void put_link(bb_record *r, biobert_record_field into, biobert_str value) {
  bb_record_add(r, into, value);
  if (bb_contains(value, "doi.org/")) bb_record_set_doi(r, value);
}

/* Those that keep() takes have no row. */
static const bb_tag tags[] = {
    {"0",  BIOBERT_RECORD_TYPE,           bb_record_set        },
    {"A",  BIOBERT_RECORD_AUTHORS,        bb_put_names_initials},
    {"E",  BIOBERT_RECORD_EDITORS,        bb_put_names_initials},
    {"T",  BIOBERT_RECORD_TITLE,          bb_put_title         },
    {"Q",  BIOBERT_RECORD_ORIGINAL_TITLE, bb_put_title         },
    {"J",  BIOBERT_RECORD_JOURNAL,        bb_put_title         },
    {"V",  BIOBERT_RECORD_VOLUME,         bb_record_set        },
    {"N",  BIOBERT_RECORD_ISSUE,          bb_record_set        },
    {"P",  BIOBERT_RECORD_PAGES,          bb_record_set        },
    {"I",  BIOBERT_RECORD_PUBLISHER,      bb_record_set        },
    {"@",  BIOBERT_RECORD_ISSN,           bb_put_serial        },
    {"K",  BIOBERT_RECORD_KEYWORDS,       bb_put_list          },
    {"G",  BIOBERT_RECORD_LANGUAGE,       bb_put_language      },
    {"U",  BIOBERT_RECORD_URL,            put_link             },
    {"R",  BIOBERT_RECORD_DOI,            bb_put_doi           },
    {"2",  BIOBERT_RECORD_PMCID,          bb_put_pmcid         },
    {"X",  BIOBERT_RECORD_ABSTRACT,       bb_put_abstract      },
    {NULL, BIOBERT_RECORD_FIELDS,         NULL                 },
};

static bool split(biobert_str line, char tag[BB_TAG_BYTES], biobert_str *value) {
  line = bb_starts_with(line, "\xEF\xBB\xBF") ? bb_from(line, 3) : line;
  if (line.len < 2 || line.data[0] != '%' || line.data[1] <= ' ' || line.data[1] > '~' ||
      (line.len > 2 && line.data[2] != ' '))
    return false;
  tag[0] = line.data[1];
  tag[1] = '\0';
  *value = bb_trimmed(bb_from(line, 2));
  return true;
}

/* Where a value waits until the record is whole; NULL: it does not. */
static bb_text *kept(refer *s, const bb_field *f) {
  if (bb_field_is(f, "D")) return &s->year;
  if (bb_field_is(f, "8")) return &s->date;
  if (bb_field_is(f, "B")) return &s->book;
  if (bb_field_is(f, "M")) return &s->accession;
  if (bb_field_is(f, "~") || bb_field_is(f, "W")) return &s->database;
  return NULL;
}

static bb_text *all_of(refer *s, size_t index) {
  bb_text *const texts[] = {&s->year, &s->date, &s->book, &s->accession, &s->database};
  return index < sizeof texts / sizeof texts[0] ? texts[index] : NULL;
}

static void start(void *state) {
  bb_text *text;
  for (size_t i = 0; (text = all_of(state, i)); i++) bb_text_clear(text);
}

static void put_field(void *state, bb_record *r, const bb_field *f) {
  bb_text *text = kept(state, f);
  if (text && !text->len) bb_text_add(text, bb_field_value(f));
  bb_put_tagged(r, tags, f);
}

/* "2020" and "Feb 15", or "2020/02/15". */
static void put_date(refer *s, bb_record *r) {
  bb_record_set_date(r, bb_text_view(&s->year));
  bb_record_refine_date(r, bb_text_view(&s->date));
  bb_text_add_char(&s->year, ' ');
  bb_text_add(&s->year, bb_text_view(&s->date));
  bb_record_refine_date(r, bb_text_view(&s->year));
}

static void finish(void *state, bb_record *r) {
  static const char *const pubmed[] = {"pubmed", "medline", "nlm"};
  refer *s = state;
  put_date(s, r);
  bb_put_title(r, BIOBERT_RECORD_JOURNAL, bb_text_view(&s->book));
  for (size_t i = 0; i < sizeof pubmed / sizeof pubmed[0]; i++)
    if (bb_contains_as(bb_text_view(&s->database), pubmed[i]))
      bb_record_set_pmid(r, bb_text_view(&s->accession));
  bb_text *text;
  for (size_t i = 0; (text = all_of(s, i)); i++) r->no_memory |= text->no_memory;
}

/* No tag ends a record. */
static const bb_tagged_format format = {split, "0", "", start, put_field, finish};

static biobert_status next(void *state, bb_source *source, bb_record *r, bool *more,
                           biobert_error *err) {
  refer *s = state;
  return bb_next_tagged(&format, s, &s->field, source, r, more, err);
}

static void close(void *state) {
  refer *s = state;
  bb_text *text;
  for (size_t i = 0; (text = all_of(s, i)); i++) bb_text_free(text);
  bb_field_free(&s->field);
}

/* The first line that is none blank is a tag, and there is an author or a title: LaTeX has
 * comments that begin alike. */
static bool looks_like(biobert_str text) {
  enum { LINES = 40 };
  biobert_str line, value;
  char tag[BB_TAG_BYTES];
  bool any = false;
  for (int i = 0; i < LINES && bb_next_part(&text, '\n', &line); i++) {
    if (bb_trimmed(line).len == 0) continue;
    const bool is_tag = split(line, tag, &value);
    if (!is_tag && !any) return false;
    any = true;
    if (is_tag && value.len && strchr("0AT", tag[0])) return true;
  }
  return false;
}

const bb_record_parser bb_refer = {
    .format = {"refer", "refer, EndNote's tagged format (.enw), of Google Scholar too",
               "lines that begin with \"%0 \", \"%A \" or \"%T \""},
    .looks_like = looks_like,
    .state_bytes = sizeof(refer),
    .next = next,
    .close = close,
};
