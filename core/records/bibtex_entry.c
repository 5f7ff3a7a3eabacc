/* bibtex_entry.c - one pass over the lines. An entry that is not closed ends where a line
 * begins another one, so that it costs itself alone. */
#include "records/bibtex_entry.h"

#include "base/ascii.h"
#include "base/mem.h"
#include "base/status.h"

void bb_bibtex_reader_free(bb_bibtex_reader *r) {
  bb_bibtex_names_free(&r->macros);
  bb_text_free(&r->word);
}

void bb_bibtex_entry_free(bb_bibtex_entry *e) {
  bb_text_free(&e->text);
  bb_free(NULL, e->fields);
}

/* What an entry has ------------------------------------------------------------------ */

const char *bb_bibtex_text(const bb_bibtex_entry *e, size_t at) {
  return e->text.data + at;
}

const char *bb_bibtex_value(const bb_bibtex_entry *e, const char *name) {
  for (size_t i = 0; i < e->count; i++)
    if (strcmp(bb_bibtex_text(e, e->fields[i].name), name) == 0)
      return bb_bibtex_text(e, e->fields[i].value);
  return NULL;
}

/* Its offset. */
static size_t keep(bb_bibtex_entry *e, biobert_str value) {
  const size_t at = e->text.len;
  bb_text_add(&e->text, value);
  bb_text_add_char(&e->text, '\0');
  e->no_memory |= e->text.no_memory;
  return e->no_memory ? 0 : at;
}

/* Fields are looked for one by one; a hostile entry may have a million. */
static void add_field(bb_bibtex_entry *e, size_t name, size_t value) {
  enum { MAX_FIELDS = 1000 };
  if (e->count >= MAX_FIELDS && e->kind != BB_BIBTEX_STRING) return;
  if (e->no_memory ||
      !bb_grow(NULL, (void **)&e->fields, &e->capacity, e->count, sizeof *e->fields)) {
    e->no_memory = true;
    return;
  }
  e->fields[e->count++] = (bb_bibtex_field){name, value};
}

void bb_bibtex_add_field(bb_bibtex_entry *e, biobert_str name, biobert_str value) {
  if (e->no_memory) return;
  const size_t at = keep(e, name);
  if (e->no_memory || bb_bibtex_value(e, bb_bibtex_text(e, at))) return;
  add_field(e, at, keep(e, value));
}

/* Characters ------------------------------------------------------------------------- */

static biobert_status next_line(bb_bibtex_reader *r, biobert_error *err) {
  bool more = false;
  biobert_status status = bb_source_line(r->source, &r->line, &more, err);
  if (status) return status;
  r->in_line = r->at_line_start = more;
  r->ended = !more;
  return BIOBERT_OK;
}

/* The character that is next: '\n' at a line's end, '\0' at the file's. */
static char peek(const bb_bibtex_reader *r) {
  if (r->ended) return '\0';
  return r->line.len ? r->line.data[0] : '\n';
}

static biobert_status advance(bb_bibtex_reader *r, biobert_error *err) {
  if (r->ended) return BIOBERT_OK;
  if (!r->line.len) return next_line(r, err);
  r->at_line_start &= bb_is_space(r->line.data[0]);
  r->line = bb_from(r->line, 1);
  return BIOBERT_OK;
}

static biobert_status skip_spaces(bb_bibtex_reader *r, biobert_error *err) {
  biobert_status status = BIOBERT_OK;
  while (!status && !r->ended && bb_is_space(peek(r))) status = advance(r, err);
  return status;
}

/* "@article{" or "@comment (" at the beginning of what is left of the line. */
static bool is_start(const bb_bibtex_reader *r) {
  size_t at = 1;
  if (r->ended || !r->line.len || r->line.data[0] != '@') return false;
  while (at < r->line.len && bb_is_space(r->line.data[at])) at++;
  const size_t word = at;
  while (at < r->line.len && bb_is_letter(r->line.data[at])) at++;
  if (at == word) return false;
  while (at < r->line.len && bb_is_space(r->line.data[at])) at++;
  return at == r->line.len || r->line.data[at] == '{' || r->line.data[at] == '(';
}

/* Inside an entry: another one begins on a line of its own. */
static bool begins_another(const bb_bibtex_reader *r) {
  return r->at_line_start && is_start(r) && memchr(r->line.data, '{', r->line.len);
}

static void breaks(bb_bibtex_reader *r, bb_bibtex_entry *e, const char *why) {
  if (e->broken) return;
  e->broken = why;
  e->broken_line = bb_source_line_number(r->source);
}

/* False: nothing more of this entry can be read. */
static bool goes_on(bb_bibtex_reader *r, bb_bibtex_entry *e) {
  if (r->ended) breaks(r, e, "the file ends inside of this entry");
  if (begins_another(r)) breaks(r, e, "another entry begins before this one has ended");
  if (e->text.len > BB_LONGEST_RECORD) breaks(r, e, "the entry is too long");
  return !e->broken && !e->no_memory;
}

/* Takes characters into r->word until one of `stops`. */
static biobert_status read_word(bb_bibtex_reader *r, bb_bibtex_entry *e,
                                const char *stops, biobert_error *err) {
  biobert_status status = BIOBERT_OK;
  bb_text_clear(&r->word);
  while (!status && goes_on(r, e) && !strchr(stops, peek(r))) {
    bb_text_add_char(&r->word, peek(r));
    e->no_memory |= r->word.no_memory;
    status = advance(r, err);
  }
  return status;
}

/* Values ----------------------------------------------------------------------------- */

/* {...} or "...", whose braces are kept, into the entry's text. */
static biobert_status read_quoted(bb_bibtex_reader *r, bb_bibtex_entry *e, char close,
                                  biobert_error *err) {
  size_t depth = 0;
  biobert_status status = advance(r, err);
  while (!status && goes_on(r, e)) {
    const char c = peek(r);
    const bool ends = c == close && depth == 0;
    depth += c == '{';
    if (c == '}' && depth > 0) depth--;
    if (!ends) bb_text_add_char(&e->text, c);
    e->no_memory |= e->text.no_memory;
    status = advance(r, err);
    if (ends) break;
  }
  return status;
}

/* A number, or the name of a macro. */
static biobert_status read_bare(bb_bibtex_reader *r, bb_bibtex_entry *e,
                                biobert_error *err) {
  biobert_status status = read_word(r, e, " \t\r\n,#{}()\"=", err);
  const biobert_str word = bb_text_view(&r->word);
  const char *macro = word.len ? bb_bibtex_names_get(&r->macros, word) : NULL;
  if (!status && !word.len) breaks(r, e, "there is no value");
  bb_text_add(&e->text, macro ? bb_str(macro) : word);
  e->no_memory |= e->text.no_memory;
  return status;
}

static biobert_status read_piece(bb_bibtex_reader *r, bb_bibtex_entry *e,
                                 biobert_error *err) {
  if (peek(r) == '{') return read_quoted(r, e, '}', err);
  if (peek(r) == '"') return read_quoted(r, e, '"', err);
  return read_bare(r, e, err);
}

/* Pieces with # between them. */
static biobert_status read_value(bb_bibtex_reader *r, bb_bibtex_entry *e,
                                 biobert_error *err) {
  for (;;) {
    biobert_status status = skip_spaces(r, err);
    if (!status && goes_on(r, e)) status = read_piece(r, e, err);
    if (!status) status = skip_spaces(r, err);
    if (status || e->broken || peek(r) != '#') return status;
    if ((status = advance(r, err))) return status;
  }
}

static void lower_case(char *text) {
  for (; *text; text++)
    if (*text >= 'A' && *text <= 'Z') *text += 'a' - 'A';
}

/* `name = value`; the name is in r->word. */
static biobert_status read_field(bb_bibtex_reader *r, bb_bibtex_entry *e,
                                 biobert_error *err) {
  const size_t name = keep(e, bb_trimmed(bb_text_view(&r->word)));
  const size_t value = e->text.len;
  if (e->no_memory) return BIOBERT_OK;
  lower_case(e->text.data + name);
  biobert_status status = advance(r, err);
  if (!status) status = read_value(r, e, err);
  bb_text_add_char(&e->text, '\0');
  e->no_memory |= e->text.no_memory;
  if (!status) add_field(e, name, value);
  return status;
}

/* Entries ---------------------------------------------------------------------------- */

/* The key is what is before the first comma, unless that is a field already. */
static biobert_status read_fields(bb_bibtex_reader *r, bb_bibtex_entry *e, char close,
                                  biobert_error *err) {
  bool has_key = e->kind == BB_BIBTEX_STRING;
  for (;;) {
    biobert_status status = skip_spaces(r, err);
    if (!status) status = read_word(r, e, close == '}' ? ",=}{\"" : ",=)}{\"", err);
    if (status || e->broken || e->no_memory) return status;
    const char c = peek(r);
    const biobert_str word = bb_trimmed(bb_text_view(&r->word));
    if (c == '=' && word.len) {
      has_key = true;
      if ((status = read_field(r, e, err)) || e->broken) return status;
      continue;
    }
    if (!has_key && word.len) e->key = keep(e, word);
    has_key = true;
    if (c != ',' && c != close) {
      breaks(r, e, "a field has no name");
      return BIOBERT_OK;
    }
    if ((status = advance(r, err)) || c == close) return status;
  }
}

static void add_macros(bb_bibtex_reader *r, const bb_bibtex_entry *e) {
  for (size_t i = 0; i < e->count; i++)
    bb_bibtex_names_set(&r->macros, bb_str(bb_bibtex_text(e, e->fields[i].name)),
                        bb_str(bb_bibtex_text(e, e->fields[i].value)));
}

static bb_bibtex_kind kind_of(const char *type) {
  if (strcmp(type, "string") == 0) return BB_BIBTEX_STRING;
  const bool ignored = strcmp(type, "comment") == 0 || strcmp(type, "preamble") == 0;
  return ignored ? BB_BIBTEX_IGNORED : BB_BIBTEX_ENTRY;
}

/* Braces of a comment balance, or it is the rest of the line. */
static biobert_status skip_ignored(bb_bibtex_reader *r, biobert_error *err) {
  size_t depth = 0;
  biobert_status status = BIOBERT_OK;
  while (!status && !r->ended) {
    const char c = peek(r);
    depth += c == '{';
    if (c == '}' && depth > 0) depth--;
    status = advance(r, err);
    if (depth == 0 && (c == '}' || c == '\n')) break;
  }
  return status;
}

static void begin_entry(bb_bibtex_reader *r, bb_bibtex_entry *e) {
  bb_text_clear(&e->text);
  bb_text_add_char(&e->text, '\0'); /* what has no key has an empty one */
  e->count = e->key = e->type = 0;
  e->broken = NULL;
  e->no_memory = e->text.no_memory;
  e->line = bb_source_line_number(r->source);
}

/* From the `@` on. */
static biobert_status read_entry(bb_bibtex_reader *r, bb_bibtex_entry *e,
                                 biobert_error *err) {
  begin_entry(r, e);
  biobert_status status = advance(r, err);
  r->at_line_start = false;
  if (!status) status = read_word(r, e, "{( \t\n", err);
  e->type = keep(e, bb_text_view(&r->word));
  if (status || e->no_memory) return status;
  lower_case(e->text.data + e->type);
  e->kind = kind_of(bb_bibtex_text(e, e->type));
  if (e->kind == BB_BIBTEX_IGNORED) return skip_ignored(r, err);
  status = skip_spaces(r, err);
  if (status || (peek(r) != '{' && peek(r) != '(')) {
    e->kind = BB_BIBTEX_IGNORED;
    return status;
  }
  const char close = peek(r) == '{' ? '}' : ')';
  status = advance(r, err);
  if (!status) status = read_fields(r, e, close, err);
  if (!status && e->kind == BB_BIBTEX_STRING && !e->no_memory) add_macros(r, e);
  return status;
}

biobert_status bb_bibtex_next(bb_bibtex_reader *r, bb_bibtex_entry *e, bool *more,
                              biobert_error *err) {
  biobert_status status = BIOBERT_OK;
  *more = false;
  if (!r->in_line && !r->ended) status = next_line(r, err);
  while (!status && !r->ended && !is_start(r)) {
    const char *at =
        r->line.len > 1 ? memchr(r->line.data + 1, '@', r->line.len - 1) : NULL;
    r->line = bb_from(r->line, at ? (size_t)(at - r->line.data) : r->line.len);
    if (!at) status = next_line(r, err);
  }
  if (status || r->ended) return status;
  *more = true;
  status = read_entry(r, e, err);
  const bool failed = e->no_memory || r->macros.no_memory;
  return !status && failed ? bb_no_memory(err, "BibTeX") : status;
}
