/* tagged_fields.c */
#include "records/tagged_fields.h"

#include <string.h>

#include "base/status.h"
#include "records/abstracts.h"

void bb_field_free(bb_field *f) {
  bb_text_free(&f->value);
  *f = (bb_field){.again = false};
}

static void add_line(bb_field *f, biobert_str line, bool was_cut) {
  const size_t room = BB_LONGEST_RECORD - f->value.len;
  f->is_cut |= was_cut || line.len >= room;
  if (line.len >= room) return;
  if (f->value.len) bb_text_add_char(&f->value, '\n');
  bb_text_add(&f->value, line);
}

static void begin(bb_field *f, const char tag[BB_TAG_BYTES], uint64_t line) {
  memcpy(f->tag, tag, BB_TAG_BYTES);
  bb_text_clear(&f->value);
  f->line = line;
  f->after_blank = f->was_blank;
  f->is_cut = false;
}

biobert_status bb_next_field(bb_field *f, bb_split_tag *split, bb_source *source,
                             bool *more, biobert_error *err) {
  *more = true;
  if (f->again) {
    f->again = false;
    return BIOBERT_OK;
  }
  bool begun = false;
  for (;;) {
    biobert_str line, value;
    char tag[BB_TAG_BYTES];
    bool is_line;
    biobert_status status = bb_source_line(source, &line, &is_line, err);
    if (status == BIOBERT_IO && begun) break; /* the next call says it again */
    if (status) return status;
    if (!is_line) break;
    const bool is_tag = split(line, tag, &value);
    if (is_tag && begun) {
      bb_source_line_again(source);
      break;
    }
    if (is_tag) begin(f, tag, bb_source_line_number(source));
    begun |= is_tag;
    if (begun) add_line(f, is_tag ? value : line, bb_source_line_was_cut(source));
    f->was_blank = bb_trimmed(line).len == 0;
  }
  *more = begun;
  return f->value.no_memory ? bb_no_memory(err, bb_source_path(source)) : BIOBERT_OK;
}

biobert_str bb_field_value(const bb_field *f) {
  return bb_trimmed(bb_text_view(&f->value));
}

bool bb_field_is(const bb_field *f, const char *tag) {
  return strcmp(f->tag, tag) == 0;
}

/* Records ---------------------------------------------------------------------------- */

static bool is_worth(const bb_record *r) {
  return r->shown.pmid || r->too_long || bb_record_has(r, BIOBERT_RECORD_TITLE) ||
         bb_record_has(r, BIOBERT_RECORD_ABSTRACT) ||
         bb_record_has(r, BIOBERT_RECORD_DOI);
}

/* The fields of one record; has_first: it has its first tag, which may be there twice. Of
 * one without it the next begins as this one did, after a blank line. */
static biobert_status read_fields(const bb_tagged_format *format, void *state,
                                  bb_field *f, bb_source *source, bb_record *record,
                                  bool *any, bool *has_first, biobert_error *err) {
  char opening[BB_TAG_BYTES] = "";
  bool others = false;
  *any = *has_first = false;
  for (;;) {
    bool is_field;
    biobert_status status = bb_next_field(f, format->split, source, &is_field, err);
    if (status || !is_field) return status;
    const bool is_first = bb_field_is(f, format->first);
    f->again = others &&
               (is_first || (!*has_first && f->after_blank && bb_field_is(f, opening)));
    if (f->again) return BIOBERT_OK;
    if (!*any) memcpy(opening, f->tag, BB_TAG_BYTES);
    *any = true;
    *has_first |= is_first;
    others |= !is_first;
    if (bb_field_is(f, format->last)) return BIOBERT_OK;
    format->put(state, record, f);
  }
}

biobert_status bb_next_tagged(const bb_tagged_format *format, void *state, bb_field *f,
                              bb_source *source, bb_record *record, bool *more,
                              biobert_error *err) {
  bool any = true;
  *more = false;
  while (any && !*more) {
    bool has_first;
    bb_record_start(record, record->shown.position, record->shown.format);
    format->start(state);
    biobert_status status =
        read_fields(format, state, f, source, record, &any, &has_first, err);
    format->finish(state, record);
    if (status) return status;
    *more = has_first || is_worth(record);
  }
  return BIOBERT_OK;
}

/* Rows ------------------------------------------------------------------------------- */

const bb_tag *bb_find_tag(const bb_tag *tags, const char *tag) {
  for (; tags->tag; tags++)
    if (strcmp(tags->tag, tag) == 0) return tags;
  return NULL;
}

void bb_put_tagged(bb_record *record, const bb_tag *tags, const bb_field *field) {
  const bb_tag *row = bb_find_tag(tags, field->tag);
  const biobert_str value = bb_field_value(field);
  if (row && value.len) row->put(record, row->into, value);
  record->too_long |= field->is_cut;
}

void bb_put_title(bb_record *record, biobert_record_field into, biobert_str value) {
  if (into == BIOBERT_RECORD_TITLE)
    bb_record_set_title(record, bb_record_plain(record, value));
  else
    bb_record_set(record, into, bb_record_plain(record, value));
}

void bb_put_abstract(bb_record *record, biobert_record_field into, biobert_str value) {
  if (!bb_record_has(record, into)) bb_record_add_abstract(record, into, value);
}

void bb_put_doi(bb_record *record, biobert_record_field into, biobert_str value) {
  (void)into;
  bb_record_set_doi(record, value);
}

/* Of its first line: what is behind it is a line that the file has lost its tag of. */
void bb_put_pmid(bb_record *record, biobert_record_field into, biobert_str value) {
  biobert_str line;
  (void)into;
  if (bb_next_part(&value, '\n', &line)) bb_record_set_pmid(record, line);
}

void bb_put_pmcid(bb_record *record, biobert_record_field into, biobert_str value) {
  (void)into;
  bb_record_set_pmcid(record, value);
}

void bb_put_date(bb_record *record, biobert_record_field into, biobert_str value) {
  (void)into;
  bb_record_set_date(record, value);
}

void bb_put_language(bb_record *record, biobert_record_field into, biobert_str value) {
  (void)into;
  bb_record_add_language(record, value);
}

void bb_put_list(bb_record *record, biobert_record_field into, biobert_str value) {
  biobert_str line, item;
  while (bb_next_part(&value, '\n', &line))
    while (bb_next_part(&line, ';', &item)) bb_record_add(record, into, item);
}

static void put_names(bb_record *record, biobert_record_field into, biobert_str value,
                      bb_person_form form) {
  biobert_str line, name;
  while (bb_next_part(&value, '\n', &line))
    while (bb_next_part(&line, ';', &name)) bb_record_add_name(record, into, name, form);
}

void bb_put_names(bb_record *record, biobert_record_field into, biobert_str value) {
  put_names(record, into, value, BB_PERSON_COMMA);
}

void bb_put_names_initials(bb_record *record, biobert_record_field into,
                           biobert_str value) {
  put_names(record, into, value, BB_PERSON_INITIALS);
}

void bb_put_author_string(bb_record *record, biobert_record_field into,
                          biobert_str value) {
  biobert_str name;
  value = bb_trimmed(value);
  if (value.len && value.data[value.len - 1] == '.') value.len--;
  while (bb_next_part(&value, ',', &name))
    bb_record_add_name(record, into, name, BB_PERSON_INITIALS);
}

/* The number in front, and how many digits it has: an X may be the last one. */
static size_t serial_digits(biobert_str value, biobert_str *number) {
  size_t len = 0, digits = 0;
  for (; len < value.len; len++) {
    const char c = value.data[len];
    const bool is_digit = (c >= '0' && c <= '9') || c == 'X' || c == 'x';
    if (!is_digit && c != '-') break;
    digits += is_digit;
  }
  *number = (biobert_str){value.data, len};
  return digits;
}

void bb_put_serial(bb_record *record, biobert_record_field into, biobert_str value) {
  enum { ISSN = 8, ISBN_10 = 10, ISBN_13 = 13 };
  biobert_str line, part, number;
  (void)into;
  while (bb_next_part(&value, '\n', &line))
    while (bb_next_part(&line, ';', &part)) {
      const size_t digits = serial_digits(bb_trimmed(part), &number);
      if (digits == ISSN) bb_record_add(record, BIOBERT_RECORD_ISSN, number);
      if (digits == ISBN_10 || digits == ISBN_13)
        bb_record_add(record, BIOBERT_RECORD_ISBN, number);
    }
}
