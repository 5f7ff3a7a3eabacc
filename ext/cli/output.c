/* output.c - see output.h. */
#include "cli/output.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/os.h"
#include "cli/terminal.h"

void output_begin(output *o, output_form form, bool comments) {
  *o = (output){.form = form, .comments = comments};
  o->styles = terminal_has_styles(stdout) && !comments;
}

/* The first reason stays: a stream that has failed once may say later that it is empty. */
static void break_off(output *o, int reason) {
  if (!o->broken) o->reason = reason;
  o->broken = true;
}

static void write_bytes(output *o, const char *text, size_t bytes) {
  if (o->broken || !bytes) return;
  if (fwrite(text, 1, bytes, stdout) != bytes) break_off(o, errno);
}

/* Text, with what makes a comment of each line. */
static void write_text(output *o, const char *text) {
  while (*text) {
    size_t bytes = strcspn(text, "\n");
    if (!o->inside_line && o->comments) write_bytes(o, "-- ", 3);
    if (text[bytes]) bytes++;
    write_bytes(o, text, bytes);
    o->inside_line = text[bytes - 1] != '\n';
    text += bytes;
  }
}

bool output_flush(output *o) {
  if (fflush(stdout) != 0) break_off(o, errno);
  return !o->broken;
}

bool output_end(output *o) {
  sqlite3_free(sqlite3_str_finish(o->header));
  sqlite3_free(sqlite3_str_finish(o->row));
  output_flush(o);
  if (!o->broken || o->reason == EPIPE) return true;
  complain("cannot write the answer: %s", strerror(o->reason));
  return false;
}

/* Text ------------------------------------------------------------------------------- */

static void write_styled(output *o, const char *text, size_t bytes) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  terminal_append_styled(s, text, bytes, o->styles);
  char *styled = sqlite3_str_finish(s);
  if (styled) write_text(o, styled);
  sqlite3_free(styled);
}

void output_wrapped(output *o, const char *first, const char *text) {
  size_t indent = text_columns(first, strlen(first)), width = terminal_width();
  write_styled(o, first, strlen(first));
  do {
    size_t bytes = text_fit(text, width - indent);
    write_styled(o, text, bytes);
    write_text(o, "\n");
    text += bytes;
    while (*text == ' ') text++;
    if (*text)
      for (size_t i = 0; i < indent; i++) write_text(o, " ");
  } while (*text);
}

void output_line(output *o, const char *format, ...) {
  va_list args;
  va_start(args, format);
  char *line = sqlite3_vmprintf(format, args);
  va_end(args);
  if (line) write_styled(o, line, strlen(line));
  write_text(o, "\n");
  sqlite3_free(line);
}

/* The statement is no comment, whatever else is. */
void output_sql(output *o, const char *sql) {
  const bool aside = o->form != OUTPUT_TEXT || o->sql_aside;
  sql += strspn(sql, "\n");
  size_t bytes = strlen(sql);
  while (bytes && strchr(" \n;", sql[bytes - 1])) bytes--; /* of a file of sql/ */
  if (aside) {
    fprintf(stderr, "%.*s;\n", (int)bytes, sql);
    return;
  }
  if (o->inside_line) write_bytes(o, "\n", 1);
  o->inside_line = false;
  write_bytes(o, sql, bytes);
  write_bytes(o, ";\n", 2);
}

/* Rows ------------------------------------------------------------------------------- */

/* What comes in front of a cell. */
static void begin_cell(output *o, const char *name) {
  if (!o->row) o->row = sqlite3_str_new(NULL);
  if (!o->header) o->header = sqlite3_str_new(NULL);
  const char *before = o->cells++ ? "," : o->form == OUTPUT_JSON ? "{" : "";
  sqlite3_str_appendall(o->row, before);
  if (o->form == OUTPUT_JSON) {
    text_append_json(o->row, name, strlen(name));
    sqlite3_str_appendchar(o->row, 1, ':');
  } else if (o->rows == 0) {
    sqlite3_str_appendall(o->header, before);
    text_append_csv(o->header, name, strlen(name));
  }
}

/* CSV goes to programs as it is, and to a terminal without control characters. */
static void append_csv(sqlite3_str *row, const char *text) {
  if (!bb_os_is_terminal(stdout)) {
    text_append_csv(row, text, strlen(text));
    return;
  }
  sqlite3_str *clean = sqlite3_str_new(NULL);
  text_append_clean(clean, text, strlen(text));
  char *shown = sqlite3_str_finish(clean);
  if (shown) text_append_csv(row, shown, strlen(shown));
  sqlite3_free(shown);
}

void output_text(output *o, const char *name, const char *text) {
  begin_cell(o, name);
  if (o->form == OUTPUT_JSON && !text)
    sqlite3_str_appendall(o->row, "null");
  else if (o->form == OUTPUT_JSON)
    text_append_json(o->row, text, strlen(text));
  else if (text)
    append_csv(o->row, text);
}

void output_integer(output *o, const char *name, int64_t value) {
  begin_cell(o, name);
  sqlite3_str_appendf(o->row, "%lld", (long long)value);
}

void output_real(output *o, const char *name, double value) {
  begin_cell(o, name);
  if (isfinite(value))
    sqlite3_str_appendf(o->row, "%!.9g", value);
  else if (o->form == OUTPUT_JSON)
    sqlite3_str_appendall(o->row, "null");
}

void output_column(output *o, const char *name, sqlite3_stmt *s, int column) {
  switch (sqlite3_column_type(s, column)) {
  case SQLITE_INTEGER:
    output_integer(o, name, sqlite3_column_int64(s, column));
    break;
  case SQLITE_FLOAT:
    output_real(o, name, sqlite3_column_double(s, column));
    break;
  default:
    output_text(o, name, (const char *)sqlite3_column_text(s, column));
    break;
  }
}

static void write_row(output *o, sqlite3_str *s, const char *end) {
  sqlite3_str_appendall(s, end);
  const char *text = sqlite3_str_value(s);
  if (text) write_bytes(o, text, strlen(text));
  if (sqlite3_str_errcode(s) != SQLITE_OK) break_off(o, ENOMEM);
  sqlite3_str_reset(s);
}

void output_end_row(output *o) {
  if (o->form == OUTPUT_CSV && o->rows == 0) write_row(o, o->header, "\n");
  write_row(o, o->row, o->form == OUTPUT_JSON ? "}\n" : "\n");
  o->rows++;
  o->cells = 0;
  output_flush(o);
}
