/* source.h - the bytes of a file of literature, plain or gzip, and its lines as UTF-8.
 *
 * Libraries hold files of forty years: UTF-8 with or without a byte-order mark, UTF-16,
 * Windows-1252, lines that end in CR LF, LF or CR. */
#ifndef BB_SOURCE_H
#define BB_SOURCE_H

#include "biobert_records.h"

typedef struct bb_source bb_source;

enum {
  BB_SOURCE_START = 1 << 16,   /* bytes by which a format is known */
  BB_LONGEST_RECORD = 1 << 26, /* bytes; a longer record is broken, and is skipped */
};

/* Refuses what is no regular file; gzip is known by its content. */
biobert_status bb_source_open(const char *path, const biobert_open_options *options,
                              bb_source **out, biobert_error *err);
void bb_source_close(bb_source *source);
/* The same file, from its beginning. */
biobert_status bb_source_open_again(const bb_source *source, bb_source **out,
                                    biobert_error *err);
const char *bb_source_path(const bb_source *source);

/* The first BB_SOURCE_START bytes (fewer: the file has no more), as they are, which stay
 * to be read. */
biobert_str bb_source_start(const bb_source *source);
/* The same as UTF-8 without its byte-order mark, NUL-terminated: what looks_like() gets. */
biobert_str bb_source_start_text(const bb_source *source);

/* At most `size` bytes as they are (what XML needs: it says its encoding itself); *got 0:
 * the end. BIOBERT_IO: a read error, or gzip data that is damaged or cut off, once what
 * was before it has been given. Asks whether to go on. */
biobert_status bb_source_read(bb_source *source, void *into, size_t size, size_t *got,
                              biobert_error *err);

/* The next line as UTF-8, without its end and without NULs; borrowed until the next call.
 * UTF-16 is known by its byte-order mark; a line that is not UTF-8 is Windows-1252. A
 * line longer than BB_LONGEST_RECORD is cut there, and the rest of it is left out.
 * *more false: the end. Not to be mixed with bb_source_read(). */
biobert_status bb_source_line(bb_source *source, biobert_str *line, bool *more,
                              biobert_error *err);
/* Of the line that bb_source_line() gave last, from 1. */
uint64_t bb_source_line_number(const bb_source *source);
/* The next bb_source_line() gives the last line once more. */
void bb_source_line_again(bb_source *source);
/* The line that was given last was longer than allowed. */
bool bb_source_line_was_cut(const bb_source *source);

uint64_t bb_source_bytes_read(const bb_source *source); /* of the file on disk */
uint64_t bb_source_bytes(const bb_source *source);

#endif
