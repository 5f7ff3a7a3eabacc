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

bool bb_field_is(const bb_field *f, const char *tag) {
  return strcmp(f->tag, tag) == 0;
}

/* Rows ------------------------------------------------------------------------------- */

const bb_tag *bb_find_tag(const bb_tag *tags, const char *tag) {
  for (; tags->tag; tags++)
    if (strcmp(tags->tag, tag) == 0) return tags;
  return NULL;
}

void bb_put_tagged(bb_record *record, const bb_tag *tags, const bb_field *field) {
  const bb_tag *row = bb_find_tag(tags, field->tag);
  if (row) row->put(record, row->into, bb_text_view(&field->value));
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

void bb_put_pmid(bb_record *record, biobert_record_field into, biobert_str value) {
  (void)into;
  bb_record_set_pmid(record, value);
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
  biobert_str line;
  while (bb_next_part(&value, '\n', &line)) bb_record_add_name(record, into, line, form);
}

void bb_put_name(bb_record *record, biobert_record_field into, biobert_str value) {
  put_names(record, into, value, BB_PERSON_COMMA);
}

void bb_put_name_initials(bb_record *record, biobert_record_field into,
                          biobert_str value) {
  put_names(record, into, value, BB_PERSON_INITIALS);
}
