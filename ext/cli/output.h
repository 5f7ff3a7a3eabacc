/* output.h - what a command answers, on standard output: text for people, or a row after
 * another as JSON lines or CSV. */
#ifndef EXT_CLI_OUTPUT_H
#define EXT_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/text.h"

typedef enum output_form { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_CSV } output_form;

typedef struct output {
  output_form form;
  bool styles;    /* text: with escape sequences */
  bool comments;  /* text: each line is an SQL comment, so that --sql gives a script */
  bool sql_aside; /* the answer is a file's bytes, among which SQL has no place */
  bool inside_line, broken;
  int reason;                /* broken: the errno of the first write that failed */
  sqlite3_str *header, *row; /* of the row that is being made */
  uint64_t rows, cells;
} output;

void output_begin(output *o, output_form form, bool comments);
/* False, and said: not everything was written. A reader that has gone (`| head`) is none
 * of that. */
bool output_end(output *o);
/* Passes on what was written until now; false: it cannot be. */
bool output_flush(output *o);
/* Whether there is no use in going on. */
static inline bool output_is_broken(const output *o) {
  return o->broken;
}

/* Text: a clean text with marks, wrapped at the terminal's width; the first line begins
 * after `first`, the others after so many spaces. */
void output_wrapped(output *o, const char *first, const char *text);
/* One line as it stands. */
void output_line(output *o, const char *format, ...);

/* A statement that is run, for --sql: beside JSON, CSV and files on standard error. */
void output_sql(output *o, const char *sql);

/* JSON and CSV: the cells of a row, then its end. text NULL: null. */
void output_text(output *o, const char *name, const char *text);
void output_integer(output *o, const char *name, int64_t value);
void output_real(output *o, const char *name, double value);
/* A value of a result: integers, reals and NULL as they are, all else as text. */
void output_column(output *o, const char *name, sqlite3_stmt *s, int column);
void output_end_row(output *o);

#endif
