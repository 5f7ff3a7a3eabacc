/* bibtex_entry.h - the entries of a BibTeX file, one after another: BibTeX's grammar.
 *
 * A reader of our own. libbtparse (0.89) was tried: its state is global, and on broken
 * files it ends the process (an assertion fails; fatal errors call exit(); text of the
 * file becomes a printf format): 112 of 20,000 mutated files did so. */
#ifndef BB_BIBTEX_ENTRY_H
#define BB_BIBTEX_ENTRY_H

#include "records/bibtex_names.h"
#include "records/source.h"

typedef struct bb_bibtex_field {
  size_t name, value; /* offsets in the entry's text, NUL-terminated */
} bb_bibtex_field;

typedef enum bb_bibtex_kind {
  BB_BIBTEX_ENTRY,   /* of a work, or @xdata */
  BB_BIBTEX_STRING,  /* its fields are macros */
  BB_BIBTEX_IGNORED, /* @comment, @preamble */
} bb_bibtex_kind;

/* Starts as {0}. */
typedef struct bb_bibtex_entry {
  bb_bibtex_kind kind;
  bb_text text;     /* what the offsets are of */
  size_t type, key; /* in lower case; as it is */
  bb_bibtex_field *fields;
  size_t count, capacity;
  uint64_t line;      /* where it begins */
  const char *broken; /* why it could not be read to its end; NULL: it was */
  uint64_t broken_line;
  bool no_memory;
} bb_bibtex_entry;

/* Starts as {.source = ...}. */
typedef struct bb_bibtex_reader {
  bb_source *source;
  biobert_str line; /* the rest of it */
  bool in_line, at_line_start, ended;
  bb_bibtex_names macros;
  bb_text word;
} bb_bibtex_reader;

void bb_bibtex_reader_free(bb_bibtex_reader *reader); /* the members, not *reader */
void bb_bibtex_entry_free(bb_bibtex_entry *entry);    /* the same */

/* The next entry, whatever it is; *more false: there is none. Macros are replaced. */
biobert_status bb_bibtex_next(bb_bibtex_reader *reader, bb_bibtex_entry *entry,
                              bool *more, biobert_error *err);

const char *bb_bibtex_text(const bb_bibtex_entry *entry, size_t at);
/* A field's value, TeX with its braces; NULL: there is none. name in lower case. */
const char *bb_bibtex_value(const bb_bibtex_entry *entry, const char *name);
/* Adds a field, unless the entry has it. */
void bb_bibtex_add_field(bb_bibtex_entry *entry, biobert_str name, biobert_str value);

#endif
