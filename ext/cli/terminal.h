/* terminal.h - what the person at the terminal sees: styles, width, messages, progress.
 */
#ifndef EXT_CLI_TERMINAL_H
#define EXT_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/text.h"

/* Whether styles are shown on a stream: on a terminal, and NO_COLOR is not set. */
bool terminal_has_styles(FILE *stream);

/* Columns of a line; 80 where there is no terminal. */
size_t terminal_width(void);

/* Appends a clean text with marks as escape sequences, or without them. */
void terminal_append_styled(sqlite3_str *out, const char *text, size_t bytes,
                            bool styles);

/* A message on standard error, "biobert: ..."; its control characters are removed. A
 * remark is not shown with --quiet. */
void complain(const char *format, ...);
void remark(bool quiet, const char *format, ...);

/* How far some work is: a bar on a terminal, a line every few seconds otherwise; all on
 * standard error. */
typedef struct progress {
  const char *what; /* "embedding" */
  const char *unit; /* "papers" */
  bool quiet;
  bool shown;          /* a bar that the next message has to clear */
  double begun, spoke; /* seconds */
} progress;

void progress_begin(progress *p, const char *what, const char *unit, bool quiet);
void progress_show(progress *p, uint64_t done, uint64_t total);
/* The same where nobody knows how much there is. */
void progress_count(progress *p, uint64_t done);
/* Removes the bar, so that a message can be written. */
void progress_clear(progress *p);

/* Seconds of a clock that never goes back. */
double clock_seconds(void);

#endif
