/* wos.c - Web of Science's "plain text file": two capitals, a blank, the value; what goes
 * on begins with three blanks.
 *
 * https://images.webofknowledge.com/images/help/WOS/hs_wos_fieldtags.html
 *
 *     FN Clarivate Analytics Web of Science
 *     PT J
 *     AU Smith, J
 *        Doe, K
 *     ER
 *     EF
 */
#include "records/wos.h"

#include <string.h>

#include "records/abstracts.h"
#include "records/parsers.h"
#include "records/tagged_fields.h"

typedef struct wos {
  bb_field field;
  bb_wos_parts parts;
} wos;

static void put_nothing(bb_record *r, biobert_record_field into, biobert_str value) {
  (void)r;
  (void)into;
  (void)value;
}

static void put_issn(bb_record *r, biobert_record_field into, biobert_str value) {
  (void)into;
  bb_put_serial(r, BIOBERT_RECORD_ISSN, value);
}

const bb_tag bb_wos_tags[] = {
    {"TI", BIOBERT_RECORD_TITLE,     bb_put_title   },
    {"AB", BIOBERT_RECORD_ABSTRACT,  bb_put_abstract},
    {"BE", BIOBERT_RECORD_EDITORS,   bb_put_names   },
    {"SO", BIOBERT_RECORD_JOURNAL,   bb_put_title   },
    {"VL", BIOBERT_RECORD_VOLUME,    bb_record_set  },
    {"IS", BIOBERT_RECORD_ISSUE,     bb_record_set  },
    {"PU", BIOBERT_RECORD_PUBLISHER, bb_record_set  },
    {"SN", BIOBERT_RECORD_ISSN,      put_issn       },
    {"EI", BIOBERT_RECORD_ISSN,      put_issn       },
    {"BN", BIOBERT_RECORD_ISBN,      put_issn       },
    {"DE", BIOBERT_RECORD_KEYWORDS,  bb_put_list    },
    {"ID", BIOBERT_RECORD_KEYWORDS,  bb_put_list    },
    {"DT", BIOBERT_RECORD_TYPE,      bb_put_list    },
    {"LA", BIOBERT_RECORD_LANGUAGE,  bb_put_language},
    {"DI", BIOBERT_RECORD_DOI,       bb_put_doi     },
    {"PM", BIOBERT_RECORD_FIELDS,    bb_put_pmid    },
    {"PT", BIOBERT_RECORD_FIELDS,    put_nothing    },
    {"ER", BIOBERT_RECORD_FIELDS,    put_nothing    },
    {NULL, BIOBERT_RECORD_FIELDS,    NULL           },
};

/* Parts ------------------------------------------------------------------------------ */

typedef enum part { AF, AU, CA, PY, PD, BP, EP, AR, J9 } part;

static const char part_tags[BB_WOS_PARTS][3] = {
    [AF] = "AF", [AU] = "AU", [CA] = "CA", [PY] = "PY", [PD] = "PD",
    [BP] = "BP", [EP] = "EP", [AR] = "AR", [J9] = "J9",
};

void bb_wos_start(bb_wos_parts *p) {
  for (size_t i = 0; i < BB_WOS_PARTS; i++) bb_text_clear(&p->texts[i]);
}

void bb_wos_free(bb_wos_parts *p) {
  for (size_t i = 0; i < BB_WOS_PARTS; i++) bb_text_free(&p->texts[i]);
}

void bb_wos_put(bb_wos_parts *p, bb_record *r, const char *tag, biobert_str value) {
  const bb_tag *row = bb_find_tag(bb_wos_tags, tag);
  for (size_t i = 0; i < BB_WOS_PARTS; i++)
    if (strcmp(tag, part_tags[i]) == 0 && !p->texts[i].len)
      bb_text_add(&p->texts[i], value);
  if (row) row->put(r, row->into, value);
}

static biobert_str view(const bb_wos_parts *p, part which) {
  return bb_text_view(&p->texts[which]);
}

/* "MAY 17", "NOV-DEC" behind the year. */
static void put_date(const bb_wos_parts *p, bb_record *r) {
  bb_text date = {0};
  bb_text_add(&date, view(p, PY));
  bb_text_add_char(&date, ' ');
  bb_text_add(&date, view(p, PD));
  bb_record_set_date(r, bb_text_view(&date));
  r->no_memory |= date.no_memory;
  bb_text_free(&date);
}

void bb_wos_finish(const bb_wos_parts *p, bb_record *r) {
  const biobert_str full = view(p, AF), start = view(p, BP), end = view(p, EP);
  bb_put_names(r, BIOBERT_RECORD_AUTHORS, full.len ? full : view(p, AU));
  bb_put_names(r, BIOBERT_RECORD_AUTHORS, view(p, CA));
  put_date(p, r);
  bb_record_set_pages(r, start, end);
  bb_record_set(r, BIOBERT_RECORD_PAGES, view(p, AR));
  bb_record_set(r, BIOBERT_RECORD_JOURNAL, view(p, J9));
  for (size_t i = 0; i < BB_WOS_PARTS; i++) r->no_memory |= p->texts[i].no_memory;
}

/* Lines ------------------------------------------------------------------------------ */

static bool is_capital_or_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool split(biobert_str line, char tag[BB_TAG_BYTES], biobert_str *value) {
  if (line.len < 2 || line.data[0] < 'A' || !is_capital_or_digit(line.data[0]) ||
      !is_capital_or_digit(line.data[1]) || (line.len > 2 && line.data[2] != ' '))
    return false;
  memcpy(tag, line.data, 2);
  tag[2] = '\0';
  *value = bb_trimmed(bb_from(line, 2));
  return true;
}

static void start(void *state) {
  bb_wos_start(&((wos *)state)->parts);
}

static void put_field(void *state, bb_record *r, const bb_field *f) {
  bb_wos_put(&((wos *)state)->parts, r, f->tag, bb_text_view(&f->value));
  r->too_long |= f->is_cut;
}

static void finish(void *state, bb_record *r) {
  bb_wos_finish(&((wos *)state)->parts, r);
}

static const bb_tagged_format format = {split, "PT", "ER", start, put_field, finish};

static biobert_status next(void *state, bb_source *source, bb_record *r, bool *more,
                           biobert_error *err) {
  wos *w = state;
  return bb_next_tagged(&format, w, &w->field, source, r, more, err);
}

static void close(void *state) {
  wos *w = state;
  bb_wos_free(&w->parts);
  bb_field_free(&w->field);
}

/* FN and VR in front, or a record at once. */
static bool looks_like(biobert_str text) {
  enum { LINES = 10 };
  biobert_str line, value;
  char tag[BB_TAG_BYTES];
  for (int i = 0; i < LINES && bb_next_part(&text, '\n', &line); i++) {
    if (bb_trimmed(line).len == 0) continue;
    if (!split(line, tag, &value)) return false;
    if (strcmp(tag, "PT") == 0) return value.len <= 2;
    if (strcmp(tag, "FN") != 0 && strcmp(tag, "VR") != 0) return false;
  }
  return false;
}

const bb_record_parser bb_wos = {
    .format = {"wos", "Web of Science's plain text", "lines that begin with \"PT J\""},
    .looks_like = looks_like,
    .state_bytes = sizeof(wos),
    .next = next,
    .close = close,
};
