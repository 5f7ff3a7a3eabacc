/* csv.c - tables of databases and reference managers: Scopus, Embase, PubMed, Web of
 * Science, Zotero, ASReview and others, by the names of their columns.
 *
 * Comma, semicolon or tab; what a heading is called changes by program and year, so that a
 * column counts by any of its names. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/status.h"
#include "records/abstracts.h"
#include "records/csv_reader.h"
#include "records/parsers.h"
#include "records/tagged_fields.h"
#include "records/wos.h"

/* Values ----------------------------------------------------------------------------- */

/* "['Marx, Karl', 'Lindgren, Astrid']": a list of Python, of which *rest is what is left.
 */
static bool next_item(biobert_str *rest, biobert_str *item) {
  biobert_str text = *rest;
  while (text.len && memchr("[, ", text.data[0], 3)) text = bb_from(text, 1);
  if (!text.len || !memchr("'\"", text.data[0], 2)) return false;
  const char *end = memchr(text.data + 1, text.data[0], text.len - 1);
  if (!end) return false;
  *item = (biobert_str){text.data + 1, (size_t)(end - text.data) - 1};
  *rest = bb_from(text, item->len + 2);
  return true;
}

static bool is_python_list(biobert_str value) {
  value = bb_trimmed(value);
  return bb_starts_with(value, "['") || bb_starts_with(value, "[\"");
}

/* "Smith JA, Doe B." and "Liu R., Adler D.G.": every part has initials behind a name. */
static bool are_initials(biobert_str value) {
  biobert_str part;
  while (bb_next_part(&value, ',', &part))
    if (!bb_person_of(part, BB_PERSON_INITIALS).given.len) return false;
  return true;
}

static void put_people(bb_record *r, biobert_record_field into, biobert_str value) {
  biobert_str item, name;
  if (is_python_list(value)) {
    while (next_item(&value, &item)) bb_record_add_name(r, into, item, BB_PERSON_COMMA);
    return;
  }
  const bool is_list = !memchr(value.data, ';', value.len) && are_initials(value);
  while (bb_next_part(&value, is_list ? ',' : ';', &name))
    bb_record_add_name(r, into, name, BB_PERSON_INITIALS);
}

/* The next of "cyst (diagnosis, surgery), cytology": commas in brackets part nothing. */
static bool next_word(biobert_str *rest, biobert_str *word) {
  size_t depth = 0, len = 0;
  for (; len < rest->len; len++) {
    const char c = rest->data[len];
    if (c == ',' && depth == 0) break;
    depth += c == '(';
    if (c == ')' && depth) depth--;
  }
  *word = (biobert_str){rest->data, len};
  *rest = bb_from(*rest, len < rest->len ? len + 1 : len);
  return word->len > 0;
}

static void put_words(bb_record *r, biobert_record_field into, biobert_str value) {
  biobert_str word;
  if (is_python_list(value))
    while (next_item(&value, &word)) bb_record_add(r, into, word);
  else if (memchr(value.data, ';', value.len) || memchr(value.data, '\n', value.len))
    bb_put_list(r, into, value);
  else
    while (next_word(&value, &word)) bb_record_add(r, into, word);
}

/* Embase: "Endoscopic Ultrasound (2014) 3:3 (152-160). Date of Publication: 2014" */
static void put_source(bb_record *r, biobert_record_field into, biobert_str value) {
  static const char published[] = "Date of Publication:";
  const char *date = bb_str_find(value, bb_str(published));
  const char *year = bb_str_find(value, bb_str(" ("));
  if (date)
    bb_record_refine_date(
        r, bb_from(value, (size_t)(date - value.data) + sizeof published - 1));
  if (!year) {
    bb_record_set(r, into, value);
    return;
  }
  bb_record_set(r, into, (biobert_str){value.data, (size_t)(year - value.data)});
  bb_record_set_date(r, bb_from(value, (size_t)(year - value.data)));
}

static void put_date(bb_record *r, biobert_record_field into, biobert_str value) {
  (void)into;
  bb_record_refine_date(r, value);
}

static void put_noted(bb_record *r, biobert_record_field into, biobert_str value) {
  (void)into;
  bb_record_set_noted(r, value);
}

/* Columns ---------------------------------------------------------------------------- */

/* BIOBERT_RECORD_FIELDS is what columns have that put() places by itself. */
enum { START_PAGE = BIOBERT_RECORD_FIELDS + 1, END_PAGE, FALLBACK };

typedef struct column_name {
  const char *name; /* small letters, blanks for all that is no letter or digit */
  biobert_record_field into;
  bb_put_field *put;
} column_name;

/* Better names first: of two columns for one field, that of the earlier row is read
 * first. */
static const column_name column_names[] = {
    {"title",                         BIOBERT_RECORD_TITLE,             bb_put_title   },
    {"article title",                 BIOBERT_RECORD_TITLE,             bb_put_title   },
    {"document title",                BIOBERT_RECORD_TITLE,             bb_put_title   },
    {"primary title",                 BIOBERT_RECORD_TITLE,             bb_put_title   },
    {"paper title",                   BIOBERT_RECORD_TITLE,             bb_put_title   },
    {"titles",                        BIOBERT_RECORD_TITLE,             bb_put_title   },
    {"abstract",                      BIOBERT_RECORD_ABSTRACT,          bb_put_abstract},
    {"abstract note",                 BIOBERT_RECORD_ABSTRACT,          bb_put_abstract},
    {"notes abstract",                BIOBERT_RECORD_ABSTRACT,          bb_put_abstract},
    {"abstracts",                     BIOBERT_RECORD_ABSTRACT,          bb_put_abstract},
    {"abstract text",                 BIOBERT_RECORD_ABSTRACT,          bb_put_abstract},
    {"original title",                BIOBERT_RECORD_ORIGINAL_TITLE,    bb_put_title   },
    {"original abstract",             BIOBERT_RECORD_OTHER_ABSTRACT,    bb_put_abstract},
    {"author full names",             BIOBERT_RECORD_FIELDS,            NULL           }, /* "Smith, John (7004212771)" */
    {"authors",                       BIOBERT_RECORD_AUTHORS,           put_people     },
    {"author",                        BIOBERT_RECORD_AUTHORS,           put_people     },
    {"author names",                  BIOBERT_RECORD_AUTHORS,           put_people     },
    {"author s",                      BIOBERT_RECORD_AUTHORS,           put_people     },
    {"first authors",                 BIOBERT_RECORD_AUTHORS,           put_people     },
    {"editors",                       BIOBERT_RECORD_EDITORS,           put_people     },
    {"editor",                        BIOBERT_RECORD_EDITORS,           put_people     },
    {"secondary authors",             BIOBERT_RECORD_EDITORS,           put_people     },
    {"source title",                  BIOBERT_RECORD_JOURNAL,           bb_put_title   },
    {"publication title",             BIOBERT_RECORD_JOURNAL,           bb_put_title   },
    {"journal",                       BIOBERT_RECORD_JOURNAL,           bb_put_title   },
    {"journal book",                  BIOBERT_RECORD_JOURNAL,           bb_put_title   },
    {"journal title",                 BIOBERT_RECORD_JOURNAL,           bb_put_title   },
    {"journal name",                  BIOBERT_RECORD_JOURNAL,           bb_put_title   },
    {"full journal title",            BIOBERT_RECORD_JOURNAL,           bb_put_title   },
    {"secondary title",               BIOBERT_RECORD_JOURNAL,           bb_put_title   },
    {"journal abbreviation",          BIOBERT_RECORD_JOURNAL,           bb_put_title   },
    {"source",                        BIOBERT_RECORD_JOURNAL,           put_source     },
    {"year",                          BIOBERT_RECORD_DATE,              put_date       },
    {"publication year",              BIOBERT_RECORD_DATE,              put_date       },
    {"pub year",                      BIOBERT_RECORD_DATE,              put_date       },
    {"date",                          BIOBERT_RECORD_DATE,              put_date       },
    {"publication date",              BIOBERT_RECORD_DATE,              put_date       },
    {"date of publication",           BIOBERT_RECORD_DATE,              put_date       },
    {"published",                     BIOBERT_RECORD_DATE,              put_date       },
    {"volume",                        BIOBERT_RECORD_VOLUME,            bb_record_set  },
    {"issue",                         BIOBERT_RECORD_ISSUE,             bb_record_set  },
    {"number",                        BIOBERT_RECORD_ISSUE,             bb_record_set  },
    {"pages",                         BIOBERT_RECORD_PAGES,             bb_record_set  },
    {"page start",                    (biobert_record_field)START_PAGE, NULL           },
    {"start page",                    (biobert_record_field)START_PAGE, NULL           },
    {"first page",                    (biobert_record_field)START_PAGE, NULL           },
    {"page end",                      (biobert_record_field)END_PAGE,   NULL           },
    {"end page",                      (biobert_record_field)END_PAGE,   NULL           },
    {"last page",                     (biobert_record_field)END_PAGE,   NULL           },
    {"art no",                        (biobert_record_field)FALLBACK,   NULL           },
    {"publisher",                     BIOBERT_RECORD_PUBLISHER,         bb_record_set  },
    {"issn",                          BIOBERT_RECORD_ISSN,              bb_put_serial  },
    {"isbn",                          BIOBERT_RECORD_ISBN,              bb_put_serial  },
    {"doi",                           BIOBERT_RECORD_DOI,               bb_put_doi     },
    {"doi link",                      BIOBERT_RECORD_DOI,               bb_put_doi     },
    {"digital object identifier",     BIOBERT_RECORD_DOI,               bb_put_doi     },
    {"pmid",                          BIOBERT_RECORD_FIELDS,            bb_put_pmid    },
    {"pubmed id",                     BIOBERT_RECORD_FIELDS,            bb_put_pmid    },
    {"medline pmid",                  BIOBERT_RECORD_FIELDS,            bb_put_pmid    },
    {"pmcid",                         BIOBERT_RECORD_PMCID,             bb_put_pmcid   },
    {"extra",                         BIOBERT_RECORD_FIELDS,            put_noted      }, /* Zotero */
    {"keywords",                      BIOBERT_RECORD_KEYWORDS,          put_words      },
    {"author keywords",               BIOBERT_RECORD_KEYWORDS,          put_words      },
    {"index keywords",                BIOBERT_RECORD_KEYWORDS,          put_words      },
    {"manual tags",                   BIOBERT_RECORD_KEYWORDS,          put_words      },
    {"automatic tags",                BIOBERT_RECORD_KEYWORDS,          put_words      },
    {"mesh",                          BIOBERT_RECORD_MESH,              put_words      },
    {"mesh terms",                    BIOBERT_RECORD_MESH,              put_words      },
    {"type",                          BIOBERT_RECORD_TYPE,              bb_record_set  },
    {"document type",                 BIOBERT_RECORD_TYPE,              bb_record_set  },
    {"publication type",              BIOBERT_RECORD_TYPE,              bb_record_set  },
    {"item type",                     BIOBERT_RECORD_TYPE,              bb_record_set  },
    {"type of reference",             BIOBERT_RECORD_TYPE,              bb_record_set  },
    {"language",                      BIOBERT_RECORD_LANGUAGE,          bb_put_language},
    {"language of original document", BIOBERT_RECORD_LANGUAGE,          bb_put_language},
    {"article language",              BIOBERT_RECORD_LANGUAGE,          bb_put_language},
    {"url",                           BIOBERT_RECORD_URL,               bb_record_set  },
    {"urls",                          BIOBERT_RECORD_URL,               bb_record_set  },
    {"link",                          BIOBERT_RECORD_URL,               bb_record_set  },
    {"open url link",                 BIOBERT_RECORD_URL,               bb_record_set  },
};

enum { NAMES = sizeof column_names / sizeof column_names[0] };

/* "Publication_Year " is "publication year". */
static bool is_named(biobert_str heading, const char *name) {
  size_t at = 0;
  bool gap = false;
  for (size_t i = 0; i < heading.len; i++) {
    char c = heading.data[i];
    if (c >= 'A' && c <= 'Z') c = (char)(c + ('a' - 'A'));
    const bool counts = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80);
    if (counts && gap && at && name[at++] != ' ') return false;
    gap = !counts;
    if (counts && name[at++] != c) return false;
  }
  return name[at] == '\0' && at > 0;
}

/* Reading ---------------------------------------------------------------------------- */

typedef struct csv {
  bb_csv_reader reader;
  size_t headings;
  size_t columns[NAMES]; /* 1 + the column of each name; 0: there is none */
  bool is_wos;           /* headings are Web of Science's tags */
  char (*wos_tags)[BB_TAG_BYTES];
  bb_wos_parts wos_parts;
} csv;

/* The first heading of this name + 1. */
static size_t column_of(const bb_csv_reader *r, const char *name) {
  for (size_t i = 0; i < r->count; i++)
    if (is_named(bb_csv_cell(r, i), name)) return i + 1;
  return 0;
}

static bool has_tag(const bb_csv_reader *r, const char *tag) {
  for (size_t i = 0; i < r->count; i++)
    if (bb_str_equal(bb_csv_cell(r, i), tag)) return true;
  return false;
}

/* How many columns are known, 0 where none is a title or an abstract. */
static size_t known_columns(const bb_csv_reader *r) {
  size_t known = 0;
  bool has_text = false;
  if (has_tag(r, "PT") && has_tag(r, "TI")) return r->count;
  for (size_t i = 0; i < NAMES; i++) {
    if (!column_of(r, column_names[i].name)) continue;
    known++;
    has_text |= column_names[i].into == BIOBERT_RECORD_TITLE ||
                column_names[i].into == BIOBERT_RECORD_ABSTRACT;
  }
  return has_text ? known : 0;
}

/* The delimiter with which most columns are known; '\0': none are with any. */
static char delimiter_of(bb_csv_reader *r, biobert_str heading) {
  static const char delimiters[] = {',', ';', '\t', '|'};
  char best = '\0';
  size_t most = 0;
  for (size_t i = 0; i < sizeof delimiters; i++) {
    r->delimiter = delimiters[i];
    bb_csv_split(r, heading);
    const size_t known = known_columns(r);
    if (known > most) best = delimiters[i];
    if (known > most) most = known;
  }
  return best;
}

static biobert_str first_line(biobert_str text) {
  biobert_str line = {"", 0};
  while (bb_next_part(&text, '\n', &line))
    if (bb_trimmed(line).len && !bb_starts_as(line, "sep=")) return bb_trimmed(line);
  return line;
}

static bool looks_like(biobert_str text) {
  enum { LONGEST_HEADING = 1 << 14 };
  bb_csv_reader reader = {.delimiter = ','};
  const biobert_str heading = first_line(text);
  const bool is = heading.len < LONGEST_HEADING && delimiter_of(&reader, heading);
  bb_csv_free(&reader);
  return is;
}

static biobert_status no_title(csv *c, bb_source *source, biobert_error *err) {
  char quoted[BB_QUOTE_BYTES];
  return bb_fail(err, BIOBERT_FORMAT,
                 "%s: no column is called title or abstract; the headings are %s",
                 bb_source_path(source),
                 bb_quote(quoted, (biobert_str){c->reader.raw.data, c->reader.read_at}));
}

static biobert_status find_columns(csv *c, bb_source *source, biobert_error *err) {
  bb_csv_reader *r = &c->reader;
  c->headings = r->count;
  c->is_wos = has_tag(r, "PT") && has_tag(r, "TI");
  for (size_t i = 0; i < NAMES; i++) c->columns[i] = column_of(r, column_names[i].name);
  if (!known_columns(r)) return no_title(c, source, err);
  if (!c->is_wos) return BIOBERT_OK;
  c->wos_tags = bb_alloc_zeroed(NULL, r->count, sizeof *c->wos_tags);
  if (!c->wos_tags) return bb_no_memory(err, bb_source_path(source));
  for (size_t i = 0; i < r->count; i++) {
    const biobert_str tag = bb_trimmed(bb_csv_cell(r, i));
    if (tag.len < BB_TAG_BYTES) memcpy(c->wos_tags[i], tag.data, tag.len);
  }
  return BIOBERT_OK;
}

static void close(void *state) {
  csv *c = state;
  bb_csv_free(&c->reader);
  bb_wos_free(&c->wos_parts);
  bb_free(NULL, c->wos_tags);
}

/* Reads the headings, after Excel's "sep=;". */
static biobert_status open(void *state, bb_source *source, biobert_error *err) {
  csv *c = state;
  bool more;
  c->reader.delimiter =
      delimiter_of(&c->reader, first_line(bb_source_start_text(source)));
  if (!c->reader.delimiter) c->reader.delimiter = ',';
  biobert_status status = bb_csv_next(&c->reader, source, &more, err);
  if (!status && more && bb_starts_as(bb_csv_cell(&c->reader, 0), "sep="))
    status = bb_csv_next(&c->reader, source, &more, err);
  if (!status && more) status = find_columns(c, source, err);
  if (status) close(c);
  return status;
}

/* Records ---------------------------------------------------------------------------- */

static biobert_str cell_of(const csv *c, int into) {
  for (size_t i = 0; i < NAMES; i++) {
    if ((int)column_names[i].into != into || !c->columns[i]) continue;
    const biobert_str cell = bb_trimmed(bb_csv_cell(&c->reader, c->columns[i] - 1));
    if (cell.len) return cell;
  }
  return (biobert_str){"", 0};
}

static void put_row(const csv *c, bb_record *r) {
  for (size_t i = 0; i < NAMES; i++) {
    if (!c->columns[i] || !column_names[i].put) continue;
    const biobert_record_field into = column_names[i].into;
    const biobert_str cell = bb_trimmed(bb_csv_cell(&c->reader, c->columns[i] - 1));
    const bool is_list = into == BIOBERT_RECORD_AUTHORS || into == BIOBERT_RECORD_EDITORS;
    if (cell.len && !(is_list && bb_record_has(r, into)))
      column_names[i].put(r, into, cell);
  }
  bb_record_set_pages(r, cell_of(c, START_PAGE), cell_of(c, END_PAGE));
  bb_record_set(r, BIOBERT_RECORD_PAGES, cell_of(c, FALLBACK));
}

static void put_wos_row(csv *c, bb_record *r) {
  bb_wos_start(&c->wos_parts);
  for (size_t i = 0; i < c->headings; i++)
    if (c->wos_tags[i][0])
      bb_wos_put(&c->wos_parts, r, c->wos_tags[i], bb_csv_cell(&c->reader, i));
  bb_wos_finish(&c->wos_parts, r);
}

/* Cells with text behind the last heading: a delimiter that is in no quotes has moved all
 * cells behind it. */
static size_t cells(const bb_csv_reader *r) {
  size_t count = r->count;
  while (count && bb_trimmed(bb_csv_cell(r, count - 1)).len == 0) count--;
  return count;
}

static void say_what_is_wrong(const csv *c, bb_record *r) {
  const unsigned long long line = c->reader.line;
  if (c->reader.is_open)
    bb_record_broken(r, "line %llu: a quote is never closed", line);
  else if (cells(&c->reader) > c->headings)
    bb_record_broken(r, "line %llu: %zu cells, and %zu headings", line, cells(&c->reader),
                     c->headings);
  r->too_long |= c->reader.is_cut;
}

static biobert_status next(void *state, bb_source *source, bb_record *r, bool *more,
                           biobert_error *err) {
  csv *c = state;
  biobert_status status;
  do {
    status = bb_csv_next(&c->reader, source, more, err);
  } while (!status && *more && cells(&c->reader) == 0);
  if (status || !*more) return status;
  if (c->is_wos)
    put_wos_row(c, r);
  else
    put_row(c, r);
  say_what_is_wrong(c, r);
  return BIOBERT_OK;
}

const bb_record_parser bb_csv = {
    .format = {"csv",
               "tables of Scopus, Embase, PubMed, Web of Science, Zotero, ASReview", "a first line that names a column title or abstract"},
    .looks_like = looks_like,
    .state_bytes = sizeof(csv),
    .open = open,
    .next = next,
    .close = close,
};
