/* record.h - a record while it is read: parsers put values in, the caller sees
 * biobert_record.
 *
 * A failure (no memory, a record that is too long) is kept in the record, and all that
 * follows does nothing: parsers need not ask after each value. bb_record_finish() tells. */
#ifndef BB_RECORD_H
#define BB_RECORD_H

#include "biobert_records.h"
#include "records/persons.h"
#include "records/text_buffer.h"

typedef struct bb_record {
  biobert_record shown; /* filled by bb_record_finish() */
  bb_text texts[BIOBERT_RECORD_FIELDS];
  size_t bytes;  /* of all of them */
  bb_text plain; /* what bb_record_plain() gave last */
  bool no_memory, too_long;
  bool is_section; /* of the article that was given last: it has that one's ordinal */
} bb_record;

/* Empties it, for the record of this ordinal. */
void bb_record_start(bb_record *record, uint64_t position, const char *format);
void bb_record_free(bb_record *record); /* the members, not *record */

/* Values. An empty one (or one of white space) is none. */

/* The field's only value: the first one given holds. */
void bb_record_set(bb_record *record, biobert_record_field field, biobert_str value);
/* One of several: after "; ", unless it is there already (of the first thousands of
 * bytes). */
void bb_record_add(bb_record *record, biobert_record_field field, biobert_str value);
/* After a line's end. */
void bb_record_add_line(bb_record *record, biobert_record_field field, biobert_str value);
/* A section of a structured abstract, "LABEL: text" on a line of its own; label may be
 * empty. */
void bb_record_add_section(bb_record *record, biobert_record_field field,
                           biobert_str label, biobert_str text);
/* A title, which may be a translated one in brackets: "[Title in English]." -> "Title in
 * English". The first holds. */
void bb_record_set_title(bb_record *record, biobert_str value);
/* A value without its markup (HTML, JATS, MathML; character references are decoded), for
 * formats that have titles and abstracts with it; borrowed until the next call. */
biobert_str bb_record_plain(bb_record *record, biobert_str value);
bool bb_record_has(const bb_record *record, biobert_record_field field);
bool bb_record_is_empty(const bb_record *record); /* nothing at all was put in */

/* Identifiers, as they stand in files ("https://doi.org/10.1/X", "PMID: 123",
 * "10.1016/x [doi]"); what is none is left out. */
void bb_record_set_doi(bb_record *record, biobert_str value);
void bb_record_set_pmid(bb_record *record, biobert_str value);
void bb_record_set_pmcid(bb_record *record, biobert_str value);

/* Identifiers that begin a line of a note, as of Zotero's field Extra: "PMID: 31501885
 * PMCID: PMC7703786". */
void bb_record_set_noted(bb_record *record, biobert_str note);

/* Family and given names; given may be empty. Two authors may have one name: both stay. */
void bb_record_add_person(bb_record *record, biobert_record_field field,
                          biobert_str family, biobert_str given);
/* A person as one text, of one of the forms of persons.h. */
void bb_record_add_name(bb_record *record, biobert_record_field field, biobert_str name,
                        bb_person_form form);

/* A date in any of the forms that files have: "2001", "2001/05/17/Spring", "2001 May 17",
 * "1998 Dec-1999 Jan", "May 2001", "2001-05-17T00:00Z"; sets year and date. The first that
 * is one holds. A season or a range is its first month (spring: March, summer: June,
 * autumn: September, winter: December). */
void bb_record_set_date(bb_record *record, biobert_str value);
/* A date of the same year that is more exact takes its place. */
void bb_record_refine_date(bb_record *record, biobert_str value);
/* Its parts where a file has them apart; month may be a name or a number; empty: unknown. */
void bb_record_set_date_parts(bb_record *record, biobert_str year, biobert_str month,
                              biobert_str day);

/* "152" and "160" -> "152-160"; a start that is a range already is one. Either may be
 * empty. */
void bb_record_set_pages(bb_record *record, biobert_str start, biobert_str end);

/* "eng", "English", "en", "en-US" -> "en"; what is not known stays out. */
void bb_record_add_language(bb_record *record, biobert_str value);

/* The record could not be read; the first message holds, and says where: "line 12: ...". */
void bb_record_broken(bb_record *record, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Folds white space, cuts what is not to be shown, fills record->shown. A record that is
 * too long becomes a broken one. BIOBERT_NOMEM. */
biobert_status bb_record_finish(bb_record *record, biobert_error *err);

#endif
