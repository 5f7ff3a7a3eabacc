/* json_elements.c - only braces and strings are looked at here; json.h reads what they
 * enclose. */
#include "records/json_elements.h"

#include <string.h>

#include "base/status.h"

void bb_json_elements_free(bb_json_elements *e) {
  bb_text_free(&e->text);
  bb_text_free(&e->rest);
}

/* Where in a text a byte is. */
typedef struct place {
  size_t depth; /* of braces and brackets */
  bool in_string, is_escaped;
} place;

static void step(place *p, char c) {
  if (p->in_string) {
    if (c == '"' && !p->is_escaped) p->in_string = false;
    p->is_escaped = c == '\\' && !p->is_escaped;
    return;
  }
  p->in_string = c == '"';
  if (c == '{' || c == '[') p->depth++;
  if ((c == '}' || c == ']') && p->depth) p->depth--;
}

/* What kind of file it is ------------------------------------------------------------- */

static bool is_list_name(biobert_str text) {
  static const char *const names[] = {"\"results\"", "\"items\"", "\"references\"",
                                      "\"data\"", "\"result\""};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (bb_starts_with(text, names[i])) return true;
  return false;
}

/* `{"meta": ..., "results": [{`: the bytes before its bracket; 0: it is no such object. */
static uint64_t list_at(biobert_str text) {
  enum { DEEPEST = 2 };
  place p = {0};
  for (size_t at = 0; at < text.len; at++) {
    if (!p.in_string && p.depth && p.depth <= DEEPEST &&
        is_list_name(bb_from(text, at))) {
      biobert_str rest = bb_from(text, at);
      while (rest.len && rest.data[0] != ':') rest = bb_from(rest, 1);
      if (rest.len) rest = bb_trimmed(bb_from(rest, 1));
      if (bb_starts_with(rest, "[")) {
        const size_t bracket = (size_t)(rest.data - text.data);
        rest = bb_trimmed(bb_from(rest, 1));
        if (bb_starts_with(rest, "{")) return bracket;
      }
    }
    step(&p, text.data[at]);
  }
  return 0;
}

/* The first line is a whole object, and not the only one. */
static bool has_object_a_line(biobert_str text) {
  place p = {0};
  size_t at = 0;
  while (at < text.len && text.data[at] != '\n') step(&p, text.data[at++]);
  return at < text.len && at > 0 && p.depth == 0 && !p.in_string && text.data[0] == '{';
}

static void begin(bb_json_elements *e, bb_source *source) {
  const biobert_str start = bb_source_start(source);
  size_t first = bb_starts_with(start, "\xEF\xBB\xBF") ? 3 : 0;
  while (first < start.len && bb_is_space(start.data[first])) first++;
  const biobert_str text = bb_from(start, first);
  e->begun = e->in_blanks = true;
  e->is_by_lines = has_object_a_line(text);
  if (bb_starts_with(text, "{") && !e->is_by_lines) e->skip = list_at(text);
  if (e->skip) e->skip += first;
}

/* Objects ---------------------------------------------------------------------------- */

static void look_at_line(bb_json_elements *e, char c) {
  const bool is_blank = c == ' ' || c == '\t';
  e->begins_line = e->in_blanks && !is_blank && c != '\n';
  if (c == '\n') e->blanks = 0;
  if (e->in_blanks && is_blank) e->blanks++;
  e->in_blanks = c == '\n' || (e->in_blanks && is_blank);
}

/* The next byte; *more false: the end. */
static biobert_status next_byte(bb_json_elements *e, bb_source *source, char *c,
                                bool *more, biobert_error *err) {
  *more = true;
  if (e->rest_at < e->rest.len) {
    *c = e->rest.data[e->rest_at++];
    e->read++;
    look_at_line(e, *c);
    return BIOBERT_OK;
  }
  if (e->from == e->to) {
    biobert_status status =
        bb_source_read(source, e->window, sizeof e->window, &e->to, err);
    e->from = 0;
    if (status) e->to = 0;
    *more = e->to > 0;
    if (status || !*more) return status;
  }
  *c = e->window[e->from++];
  e->read++;
  look_at_line(e, *c);
  return BIOBERT_OK;
}

/* Whether the byte that was read is the brace of the next object. It is read again then. */
static bool is_next_brace(bb_json_elements *e, char c) {
  if (!e->by_columns || c != '{' || !e->begins_line || e->blanks != e->column)
    return false;
  e->rest_at--;
  e->read--;
  e->in_blanks = true;
  return true;
}

/* Where in an object that is not closed another one begins; 0: nowhere. */
static size_t next_brace(const bb_json_elements *e) {
  const biobert_str text = bb_text_view(&e->text);
  for (size_t at = 0; at + e->column + 2 < text.len; at++) {
    if (text.data[at] != '\n') continue;
    size_t blanks = 0;
    while (text.data[at + 1 + blanks] == ' ' || text.data[at + 1 + blanks] == '\t') {
      if (at + 2 + blanks == text.len) return 0;
      blanks++;
    }
    if (blanks == e->column && text.data[at + 1 + blanks] == '{') return at + 1 + blanks;
  }
  return 0;
}

/* The file has ended in an object: what is behind its beginning is read once more. */
static void read_rest_again(bb_json_elements *e) {
  if (e->by_columns || e->is_by_lines || e->is_cut || e->column == BB_NO_COLUMN) return;
  const size_t brace = next_brace(e);
  if (!brace) return;
  bb_text_add(&e->rest, bb_from(bb_text_view(&e->text), brace));
  e->text.no_memory |= e->rest.no_memory;
  e->read -= e->rest.len;
  e->blanks = e->column;
  e->in_blanks = e->by_columns = true;
}

static void keep(bb_json_elements *e, char c) {
  e->is_cut |= e->text.len >= BB_LONGEST_RECORD;
  if (!e->is_cut) bb_text_add_char(&e->text, c);
}

/* From the brace on, which has been read, to the one that closes it. */
static biobert_status read_object(bb_json_elements *e, bb_source *source,
                                  biobert_error *err) {
  place p = {0};
  char c = '{';
  bool more = true;
  for (;;) {
    keep(e, c);
    step(&p, c);
    if (p.depth == 0) return BIOBERT_OK;
    biobert_status status = next_byte(e, source, &c, &more, err);
    if (status) return status;
    if (!more || (e->is_by_lines && c == '\n') || is_next_brace(e, c)) {
      e->is_open = true;
      return BIOBERT_OK;
    }
  }
}

biobert_status bb_next_element(bb_json_elements *e, bb_source *source, bool *more,
                               biobert_error *err) {
  bb_text_clear(&e->text);
  e->is_cut = e->is_open = false;
  if (!e->begun) begin(e, source);
  char c = '\0';
  do {
    biobert_status status = next_byte(e, source, &c, more, err);
    if (status || !*more) return status;
  } while (c != '{' || e->read <= e->skip);
  e->at = e->read - 1;
  if (!e->by_columns) e->column = e->begins_line ? e->blanks : BB_NO_COLUMN;
  biobert_status status = read_object(e, source, err);
  if (!status && e->is_open) read_rest_again(e);
  if (!status && e->text.no_memory) status = bb_no_memory(err, bb_source_path(source));
  return status;
}
