/* csv_reader.c - a row is split as its lines come. Where a quote is never closed, all to
 * the file's end would be one cell: then the row is its first line alone, and the lines
 * behind it are read again. */
#include "records/csv_reader.h"

#include <string.h>

#include "base/mem.h"
#include "base/status.h"

/* A row of several lines that is longer than this has a quote that is never closed. */
enum { LONGEST_ROW = 1 << 20 };

void bb_csv_free(bb_csv_reader *r) {
  bb_text_free(&r->raw);
  bb_text_free(&r->cells);
  bb_free(NULL, r->ends);
  *r = (bb_csv_reader){.delimiter = ','};
}

/* Cells ------------------------------------------------------------------------------ */

static void end_cell(bb_csv_reader *r) {
  void *ends = r->ends;
  bb_text_add_char(&r->cells, '\0');
  if (!bb_grow(NULL, &ends, &r->capacity, r->count, sizeof *r->ends))
    r->cells.no_memory = true;
  r->ends = ends;
  if (r->cells.no_memory) return;
  r->ends[r->count++] = r->cells.len - 1;
}

biobert_str bb_csv_cell(const bb_csv_reader *r, size_t index) {
  if (index >= r->count) return (biobert_str){"", 0};
  const size_t start = index ? r->ends[index - 1] + 1 : 0;
  return (biobert_str){r->cells.data + start, r->ends[index] - start};
}

/* Bytes of the text before a quote or, outside of quotes, a delimiter. */
static size_t run(const bb_csv_reader *r, biobert_str text, bool quoted) {
  size_t len = 0;
  while (len < text.len && text.data[len] != '"' &&
         (quoted || text.data[len] != r->delimiter))
    len++;
  return len;
}

/* Adds a line; *quoted: inside quotes, before and after it. A quote in the middle of a
 * cell that began without one is a character: 5" tube. */
static void add_line(bb_csv_reader *r, biobert_str line, bool *quoted) {
  bool at_start = !*quoted;
  while (line.len) {
    const size_t len = run(r, line, *quoted);
    bb_text_add(&r->cells, (biobert_str){line.data, len});
    at_start &= len == 0;
    line = bb_from(line, len);
    if (!line.len) break;
    const bool is_quote = line.data[0] == '"';
    const bool is_doubled = is_quote && line.len > 1 && line.data[1] == '"';
    line = bb_from(line, *quoted && is_doubled ? 2 : 1);
    if (!is_quote) end_cell(r);
    if (is_quote && ((*quoted && is_doubled) || (!*quoted && !at_start)))
      bb_text_add_char(&r->cells, '"');
    else if (is_quote)
      *quoted = !*quoted;
    at_start = !is_quote;
  }
}

static void begin(bb_csv_reader *r) {
  bb_text_clear(&r->cells);
  r->count = 0;
}

bool bb_csv_split(bb_csv_reader *r, biobert_str line) {
  bool quoted = false;
  begin(r);
  add_line(r, line, &quoted);
  end_cell(r);
  return !quoted;
}

/* Lines ------------------------------------------------------------------------------ */

/* Drops the rows that are done; what is left moves to the front when it is the smaller
 * part. */
static void begin_row(bb_csv_reader *r) {
  begin(r);
  r->is_cut = r->is_open = false;
  r->row_at = r->read_at;
  if (!r->raw.len || r->row_at <= r->raw.len / 2) return;
  memmove(r->raw.data, r->raw.data + r->row_at, r->raw.len - r->row_at);
  r->raw.len -= r->row_at;
  r->row_at = r->read_at = 0;
}

/* The next line: one that was read before, or of the file. */
static biobert_status next_line(bb_csv_reader *r, bb_source *source, biobert_str *line,
                                bool *more, biobert_error *err) {
  if (r->read_at == r->raw.len) {
    biobert_status status = bb_source_line(source, line, more, err);
    if (status || !*more) return status;
    r->is_cut |= bb_source_line_was_cut(source);
    bb_text_add(&r->raw, *line);
    bb_text_add_char(&r->raw, '\n');
    if (r->raw.no_memory) return bb_no_memory(err, bb_source_path(source));
  }
  const char *start = r->raw.data + r->read_at;
  const char *end = memchr(start, '\n', r->raw.len - r->read_at);
  *line = (biobert_str){start, (size_t)(end - start)};
  *more = true;
  r->read_at += line->len + 1;
  r->lines++;
  return BIOBERT_OK;
}

/* The row is its first line; those behind it are split again. */
static void give_up(bb_csv_reader *r) {
  const char *start = r->raw.data + r->row_at;
  const char *end = memchr(start, '\n', r->raw.len - r->row_at);
  const biobert_str first = {start, (size_t)(end - start)};
  bool quoted = false;
  begin(r);
  add_line(r, first, &quoted);
  end_cell(r);
  r->is_open = true;
  r->read_at = r->row_at + first.len + 1;
  r->lines = r->line;
}

/* Whether a line inside quotes is the next row's: its quote would end the cell, and has
 * text behind it. */
static bool begins_next_row(const bb_csv_reader *r, biobert_str line) {
  return line.len > 1 && line.data[0] == '"' && line.data[1] != '"' &&
         line.data[1] != r->delimiter && !bb_is_space(line.data[1]);
}

biobert_status bb_csv_next(bb_csv_reader *r, bb_source *source, bool *more,
                           biobert_error *err) {
  bool quoted = false, any = false, is_line = true;
  begin_row(r);
  while (is_line && (!any || quoted)) {
    biobert_str line;
    biobert_status status = next_line(r, source, &line, &is_line, err);
    if (status) return status;
    if (!is_line || (quoted && begins_next_row(r, line))) break;
    if (!any && bb_trimmed(line).len == 0) {
      begin_row(r);
      continue;
    }
    if (!any) r->line = r->lines;
    if (any) bb_text_add_char(&r->cells, '\n');
    any = true;
    add_line(r, line, &quoted);
    if (quoted && r->read_at - r->row_at > LONGEST_ROW) break;
  }
  if (any) end_cell(r);
  if (quoted) give_up(r);
  *more = any;
  return r->cells.no_memory ? bb_no_memory(err, bb_source_path(source)) : BIOBERT_OK;
}
