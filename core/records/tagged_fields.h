/* tagged_fields.h - formats of lines that begin with a tag: MEDLINE, RIS, Web of Science.
 *
 * A field is such a line and the lines after it that begin with none. */
#ifndef BB_TAGGED_FIELDS_H
#define BB_TAGGED_FIELDS_H

#include "records/record.h"
#include "records/source.h"

enum { BB_TAG_BYTES = 5 };

/* Whether a line begins with a tag, which is cut off: "AB  - text" -> "AB", "text". The
 * tag is in capitals and NUL-terminated. */
typedef bool bb_split_tag(biobert_str line, char tag[BB_TAG_BYTES], biobert_str *value);

/* Starts as {0}. */
typedef struct bb_field {
  char tag[BB_TAG_BYTES];
  bb_text value;    /* lines joined with '\n' */
  uint64_t line;    /* of its tag */
  bool after_blank; /* a blank line is before it */
  bool is_cut;      /* longer than a record may be */
  bool again;       /* bb_next_field() gives it once more */
  bool was_blank;   /* the line that was read last */
} bb_field;

void bb_field_free(bb_field *field);
/* The next field; *more false: there is none. Lines before the first tag are left out. */
biobert_status bb_next_field(bb_field *field, bb_split_tag *split, bb_source *source,
                             bool *more, biobert_error *err);
/* Without white space at its ends, such as the blank line behind it. */
biobert_str bb_field_value(const bb_field *field);
bool bb_field_is(const bb_field *field, const char *tag);

/* A format of which each record has a first and a last tag. */
typedef struct bb_tagged_format {
  bb_split_tag *split;
  const char *first, *last;
  void (*start)(void *state);
  void (*put)(void *state, bb_record *record, const bb_field *field);
  void (*finish)(void *state, bb_record *record); /* all of its fields are there */
} bb_tagged_format;

/* Reads a record. Where its last tag is missing it ends before the next first one, or,
 * without a first one too, at a blank line before the tag that it began with; a
 * record without its first tag counts if it has a title, an abstract or an identifier:
 * programs leave fields of no record behind one. */
biobert_status bb_next_tagged(const bb_tagged_format *format, void *state,
                              bb_field *field, bb_source *source, bb_record *record,
                              bool *more, biobert_error *err);

/* A row for each tag that says where its value goes. */
typedef void bb_put_field(bb_record *record, biobert_record_field into,
                          biobert_str value);

typedef struct bb_tag {
  const char *tag;
  biobert_record_field into;
  bb_put_field *put;
} bb_tag;

/* NULL: a tag of which nothing is read. `tags` ends with a row without one. */
const bb_tag *bb_find_tag(const bb_tag *tags, const char *tag);
/* Puts the field's value where its row says. */
void bb_put_tagged(bb_record *record, const bb_tag *tags, const bb_field *field);

/* What rows need besides bb_record_set() and bb_record_add(). */
bb_put_field bb_put_title, bb_put_abstract, bb_put_doi, bb_put_pmid, bb_put_pmcid,
    bb_put_date, bb_put_language;
/* Values that are apart by ";" or lines, each added. */
bb_put_field bb_put_list;
/* Names, apart by ";" or lines. */
bb_put_field bb_put_names, bb_put_names_initials;
/* "Lee J, Yoon W.": names with initials, apart by commas, and a full stop. */
bb_put_field bb_put_author_string;
/* ISSNs and ISBNs, told apart by their digits: "0306-4530 (ISSN)". */
bb_put_field bb_put_serial;

#endif
