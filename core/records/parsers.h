/* parsers.h - the table of formats: what a parser is.
 *
 * To add a format: a file with a `const bb_record_parser`, its row in records.c. */
#ifndef BB_RECORDS_PARSERS_H
#define BB_RECORDS_PARSERS_H

#include "records/record.h"
#include "records/source.h"

typedef struct bb_record_parser {
  biobert_record_format format;
  /* Whether a file that begins so is of this format. Formats are asked in the table's
   * order, and no two may say yes to what one of their programs writes. */
  bool (*looks_like)(biobert_str start);
  size_t state_bytes; /* of the parser's own struct, zeroed before open() */
  /* NULL: nothing to do. */
  biobert_status (*open)(void *state, bb_source *source, biobert_error *err);
  /* Reads one record into `record`, which was started with the next ordinal; *more false:
   * there was none. Errors are those that end the file; what is wrong with a record is
   * bb_record_broken(), and reading goes on behind it. */
  biobert_status (*next)(void *state, bb_source *source, bb_record *record, bool *more,
                         biobert_error *err);
  void (*close)(void *state); /* NULL: nothing to free */
} bb_record_parser;

extern const bb_record_parser bb_pubmed_xml, bb_medline, bb_ris, bb_bibtex,
    bb_endnote_xml, bb_europepmc_xml, bb_wos, bb_refer, bb_csl_json, bb_csv, bb_jats,
    bb_tei;

#endif
