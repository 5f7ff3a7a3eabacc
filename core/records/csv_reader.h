/* csv_reader.h - rows of CSV (RFC 4180): cells apart by a delimiter, in quotes where they
 * have delimiters, quotes ("") or line ends in them. */
#ifndef BB_CSV_READER_H
#define BB_CSV_READER_H

#include "records/source.h"
#include "records/text_buffer.h"

typedef struct bb_csv_reader {
  char delimiter;
  bb_text raw;            /* lines that have been read from the file */
  size_t row_at, read_at; /* in `raw`: where the row begins, what has been split */
  bb_text cells;          /* their texts, each with a NUL behind it */
  size_t *ends;           /* of each cell in `cells` */
  size_t count, capacity;
  uint64_t line;  /* on which the row began */
  uint64_t lines; /* that have been split */
  bool is_cut;    /* longer than a record may be */
  bool is_open;   /* a quote is never closed: the row is its first line */
} bb_csv_reader;

void bb_csv_free(bb_csv_reader *reader); /* the members */
/* Splits a text of one line, for a look at it. */
bool bb_csv_split(bb_csv_reader *reader, biobert_str line);
/* The next row that is no blank line; *more false: there is none. */
biobert_status bb_csv_next(bb_csv_reader *reader, bb_source *source, bool *more,
                           biobert_error *err);
biobert_str bb_csv_cell(const bb_csv_reader *reader, size_t index);

#endif
