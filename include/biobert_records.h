/* biobert_records.h - the records of a file of literature, one after another.
 *
 *   1. biobert_records_open()    finds the format by the file's content
 *   2. biobert_records_next()    one record; a broken one has a message and stops nothing
 *   3. biobert_records_close()
 *
 * PubMed XML, MEDLINE (nbib), RIS, BibTeX, EndNote XML and .enw, Web of Science, Europe
 * PMC, CSL-JSON, CSV, JATS, TEI; plain or gzip. A file is streamed: memory is that of one record, whatever
 * the file's size. Nothing outside the file is read (no DTD, no entity, no URL). The
 * conventions are those of biobert.h. Part of libbiobert_records, which needs expat and
 * zlib; knows nothing of SQLite. */
#ifndef BIOBERT_RECORDS_H
#define BIOBERT_RECORDS_H

#include "biobert.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/* The texts of a record; all UTF-8 without NULs, white space folded to single spaces and
 * trimmed but for the line ends that are named here. Several values of one field are
 * joined with "; ". */
typedef enum biobert_record_field {
  BIOBERT_RECORD_PMCID,    /* "PMC123456" */
  BIOBERT_RECORD_DOI,      /* lower case, "10.1000/xyz": no resolver, no "doi:" */
  BIOBERT_RECORD_TITLE,    /* markup removed; a translated title without its brackets */
  BIOBERT_RECORD_ABSTRACT, /* a structured one: "LABEL: text", a line a section */
  BIOBERT_RECORD_ORIGINAL_TITLE, /* in the article's own language */
  BIOBERT_RECORD_OTHER_ABSTRACT, /* in other languages or of other kinds */
  BIOBERT_RECORD_AUTHORS,        /* "Family, Given; Family, Given; A Collective" */
  BIOBERT_RECORD_EDITORS,
  BIOBERT_RECORD_JOURNAL,
  BIOBERT_RECORD_DATE, /* "2001", "2001-05" or "2001-05-17": as exact as it is known */
  BIOBERT_RECORD_VOLUME,
  BIOBERT_RECORD_ISSUE,
  BIOBERT_RECORD_PAGES,
  BIOBERT_RECORD_PUBLISHER,
  BIOBERT_RECORD_ISSN,
  BIOBERT_RECORD_ISBN,
  BIOBERT_RECORD_KEYWORDS,
  BIOBERT_RECORD_MESH, /* "Descriptor/Qualifier", major ones with "*" */
  BIOBERT_RECORD_TYPE,
  BIOBERT_RECORD_LANGUAGE, /* ISO 639-1, where the file tells */
  BIOBERT_RECORD_URL,
  BIOBERT_RECORD_SECTION,      /* of a full text: headings joined with " / " */
  BIOBERT_RECORD_SECTION_TEXT, /* a paragraph a line */
  BIOBERT_RECORD_ERROR,        /* why the record could not be read, with line or byte */
  BIOBERT_RECORD_FIELDS,
} biobert_record_field;

typedef enum biobert_record_status {
  BIOBERT_RECORD_IS_CURRENT,
  BIOBERT_RECORD_IS_DELETED,   /* the file says to delete this PMID */
  BIOBERT_RECORD_IS_RETRACTED, /* a paper that was retracted; not the notice of it */
  BIOBERT_RECORD_IS_BROKEN,    /* see BIOBERT_RECORD_ERROR; other fields: what was read */
} biobert_record_status;

/* "current", "deleted", "retracted", "error". */
extern const char *const biobert_record_status_names[];

/* Borrowed until the next record is asked for. */
typedef struct biobert_record {
  uint64_t position;  /* ordinal in the file, from 0; a section's is its article's */
  const char *format; /* its name */
  biobert_record_status status;
  int64_t pmid, year, version; /* 0: there is none */
  int64_t fingerprint; /* of title, year and first author, folded: the same for one paper
                          from several sources. 0: the record is empty */
  biobert_str fields[BIOBERT_RECORD_FIELDS]; /* data NULL: there is none */
} biobert_record;

/* What can be read. */
typedef struct biobert_record_format {
  const char *name;       /* "pubmed-xml" */
  const char *what;       /* one line for people */
  const char *recognised; /* by what in the file */
} biobert_record_format;

/* NULL past the last one. */
const biobert_record_format *biobert_record_formats(size_t index);

typedef struct biobert_records biobert_records; /* an open file; one thread at a time */

/* Opens a regular file (a FIFO, device or directory is BIOBERT_IO at once). format: one
 * of the names, or empty: by the content. BIOBERT_RANGE: no such name. BIOBERT_FORMAT:
 * nothing that is known, and the message says what it looks like and what is read.
 * options: whether to go on, asked every few milliseconds; may be NULL. An empty file has
 * no records. */
biobert_status biobert_records_open(biobert_str path, biobert_str format,
                                    const biobert_open_options *options,
                                    biobert_records **out, biobert_error *err);
/* *record NULL: there are no more. What is wrong with one record is in the record; an
 * error is what ends the file: BIOBERT_IO (it cannot be read on; a record that it was in
 * has come before, broken), BIOBERT_NOMEM, BIOBERT_INTERRUPTED, and each further call
 * gives it again. */
biobert_status biobert_records_next(biobert_records *records,
                                    const biobert_record **record, biobert_error *err);
/* The format's name. */
const char *biobert_records_format(const biobert_records *records);
/* Bytes of the file (as it lies on disk) that have been read, of so many in all. */
uint64_t biobert_records_bytes_read(const biobert_records *records);
uint64_t biobert_records_bytes(const biobert_records *records);
void biobert_records_close(biobert_records *records);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
