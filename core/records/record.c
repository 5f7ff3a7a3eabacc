/* record.c - values on their way into a record. */
#include "records/record.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/status.h"
#include "records/dates.h"
#include "records/paper_fingerprint.h"
#include "records/identifiers.h"
#include "records/languages.h"
#include "records/source.h"

const char *const biobert_record_status_names[] = {
    [BIOBERT_RECORD_IS_CURRENT] = "current",
    [BIOBERT_RECORD_IS_DELETED] = "deleted",
    [BIOBERT_RECORD_IS_RETRACTED] = "retracted",
    [BIOBERT_RECORD_IS_BROKEN] = "error",
};

void bb_record_start(bb_record *r, uint64_t position, const char *format) {
  r->shown = (biobert_record){.position = position, .format = format};
  for (size_t i = 0; i < BIOBERT_RECORD_FIELDS; i++) bb_text_clear(&r->texts[i]);
  r->bytes = 0;
  r->no_memory = r->too_long = r->is_section = false;
}

void bb_record_free(bb_record *r) {
  for (size_t i = 0; i < BIOBERT_RECORD_FIELDS; i++) bb_text_free(&r->texts[i]);
  bb_text_free(&r->plain);
}

/* Texts ------------------------------------------------------------------------------ */

/* Whether there is room for a value; what is longer than a whole record is not looked at. */
static bool has_room(bb_record *r, biobert_str value) {
  if (r->no_memory || r->too_long) return false;
  r->too_long = value.len > BB_LONGEST_RECORD - r->bytes;
  return !r->too_long;
}

/* After `separator` unless the field is empty. Returns where the value begins. */
static size_t append(bb_record *r, biobert_record_field field, const char *separator,
                     biobert_str value) {
  bb_text *text = &r->texts[field];
  const size_t before = text->len;
  if (value.len == 0 || !has_room(r, value)) return before;
  if (before) bb_text_add(text, bb_str(separator));
  const size_t start = text->len;
  if (bb_text_add_folded(text, value) == 0) text->len = before;
  r->no_memory |= text->no_memory;
  r->bytes += text->len - before;
  return start;
}

void bb_record_set(bb_record *r, biobert_record_field field, biobert_str value) {
  if (!bb_record_has(r, field)) append(r, field, "", value);
}

/* Whether the item that begins at `start`, the last one, is among those before it. Only
 * the first ones are looked at: a hostile file may have a million. */
static bool is_repeated(const bb_text *text, size_t start) {
  enum { LOOKED_AT = 1 << 13 };
  const biobert_str item = {text->data + start, text->len - start};
  const size_t end = start < LOOKED_AT ? start : LOOKED_AT;
  const char *at = text->data;
  while ((size_t)(at - text->data) + item.len + 2 <= end) {
    const char *found =
        bb_str_find((biobert_str){at, end - (size_t)(at - text->data)}, item);
    if (!found) return false;
    const size_t before = (size_t)(found - text->data), after = before + item.len;
    const bool begins = before == 0 || (before >= 2 && memcmp(found - 2, "; ", 2) == 0);
    if (begins && after + 2 <= start && memcmp(found + item.len, "; ", 2) == 0)
      return true;
    at = found + 1;
  }
  return false;
}

void bb_record_add(bb_record *r, biobert_record_field field, biobert_str value) {
  bb_text *text = &r->texts[field];
  const size_t before = text->len, start = append(r, field, "; ", value);
  if (text->len == before || before == 0 || !is_repeated(text, start)) return;
  r->bytes -= text->len - before;
  text->len = before;
}

void bb_record_add_line(bb_record *r, biobert_record_field field, biobert_str value) {
  append(r, field, "\n", value);
}

void bb_record_add_section(bb_record *r, biobert_record_field field, biobert_str label,
                           biobert_str text) {
  const size_t before = r->texts[field].len;
  label = bb_trimmed(label);
  if (label.len && label.data[label.len - 1] == ':') label.len--;
  append(r, field, "\n", label);
  if (r->texts[field].len == before) {
    append(r, field, "\n", text);
  } else {
    const size_t labelled = r->texts[field].len;
    append(r, field, ": ", text);
    if (r->texts[field].len > labelled) return;
    r->bytes -= labelled - before; /* a heading of nothing */
    r->texts[field].len = before;
  }
}

bool bb_record_has(const bb_record *r, biobert_record_field field) {
  return r->texts[field].len > 0;
}

bool bb_record_is_empty(const bb_record *r) {
  return r->bytes == 0 && !r->shown.pmid && !r->shown.year && !r->too_long;
}

biobert_str bb_record_plain(bb_record *r, biobert_str value) {
  if (!value.len || value.len > BB_LONGEST_RECORD || r->no_memory) return value;
  if (!memchr(value.data, '<', value.len) && !memchr(value.data, '&', value.len))
    return value;
  bb_text_clear(&r->plain);
  char *room = bb_text_room(&r->plain, biobert_plain(value, NULL));
  r->no_memory |= !room;
  if (!room) return (biobert_str){NULL, 0};
  r->plain.len = biobert_plain(value, room);
  return bb_text_view(&r->plain);
}

/* Titles ----------------------------------------------------------------------------- */

/* The bracket that closes the first one; the length where none does. */
static size_t closing_bracket(biobert_str text) {
  size_t depth = 0;
  for (size_t i = 0; i < text.len; i++) {
    depth += text.data[i] == '[';
    if (text.data[i] == ']' && --depth == 0) return i;
  }
  return text.len;
}

/* PubMed has titles that were translated into English in brackets. */
static void drop_brackets(bb_text *title) {
  if (title->len < 3 || title->data[0] != '[') return;
  const size_t close = closing_bracket(bb_text_view(title));
  size_t rest = close + 1;
  while (rest < title->len && strchr(".?!", title->data[rest])) rest++;
  if (rest != title->len) return;
  memmove(title->data + close, title->data + close + 1, title->len - close - 1);
  memmove(title->data, title->data + 1, title->len - 2);
  title->len -= 2;
  /* What PubMed has where nobody has translated it. */
  if (bb_starts_as(bb_text_view(title), "not available") && title->len <= 14)
    title->len = 0;
}

void bb_record_set_title(bb_record *r, biobert_str value) {
  if (bb_record_has(r, BIOBERT_RECORD_TITLE)) return;
  bb_text *title = &r->texts[BIOBERT_RECORD_TITLE];
  append(r, BIOBERT_RECORD_TITLE, "", value);
  const size_t before = title->len;
  drop_brackets(title);
  r->bytes -= before - title->len;
}

/* Identifiers ------------------------------------------------------------------------ */

void bb_record_set_doi(bb_record *r, biobert_str value) {
  if (bb_record_has(r, BIOBERT_RECORD_DOI)) return;
  bb_record_set(r, BIOBERT_RECORD_DOI, bb_find_doi(value));
  bb_text *doi = &r->texts[BIOBERT_RECORD_DOI];
  for (size_t i = 0; i < doi->len; i++)
    if (doi->data[i] >= 'A' && doi->data[i] <= 'Z') doi->data[i] += 'a' - 'A';
}

void bb_record_set_pmid(bb_record *r, biobert_str value) {
  if (!r->shown.pmid) r->shown.pmid = bb_find_pmid(value);
}

void bb_record_set_pmcid(bb_record *r, biobert_str value) {
  const biobert_str digits = bb_find_pmcid(value);
  if (!digits.len || bb_record_has(r, BIOBERT_RECORD_PMCID)) return;
  char text[32];
  const int len = snprintf(text, sizeof text, "PMC%.*s", (int)digits.len, digits.data);
  bb_record_set(r, BIOBERT_RECORD_PMCID, (biobert_str){text, (size_t)len});
}

/* "31501885" of "31501885 PMCID: PMC7703786", which is cut off. */
static biobert_str next_value(biobert_str *rest) {
  const biobert_str text = bb_trimmed(*rest);
  size_t len = 0;
  while (len < text.len && !bb_is_space(text.data[len])) len++;
  *rest = bb_trimmed(bb_from(text, len));
  return (biobert_str){text.data, len};
}

static bool set_labelled(bb_record *r, biobert_str *rest) {
  static const struct {
    const char *label;
    void (*set)(bb_record *record, biobert_str value);
  } labels[] = {
      {"PMID:",  bb_record_set_pmid },
      {"PMCID:", bb_record_set_pmcid},
      {"DOI:",   bb_record_set_doi  },
  };
  for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
    if (!bb_starts_as(*rest, labels[i].label)) continue;
    *rest = bb_from(*rest, strlen(labels[i].label));
    labels[i].set(r, next_value(rest));
    return true;
  }
  return false;
}

void bb_record_set_noted(bb_record *r, biobert_str note) {
  biobert_str line;
  note = bb_record_plain(r, note);
  while (bb_next_part(&note, '\n', &line)) {
    line = bb_trimmed(line);
    while (line.len && set_labelled(r, &line)) continue;
  }
}

/* Persons, dates, languages ---------------------------------------------------------- */

void bb_record_add_person(bb_record *r, biobert_record_field field, biobert_str family,
                          biobert_str given) {
  const size_t before = r->texts[field].len;
  append(r, field, "; ", family);
  append(r, field, r->texts[field].len > before ? ", " : "; ", given);
}

void bb_record_add_name(bb_record *r, biobert_record_field field, biobert_str name,
                        bb_person_form form) {
  const bb_person person = bb_person_of(name, form);
  bb_record_add_person(r, field, person.family, person.given);
}

static void set_date(bb_record *r, bb_date date) {
  char iso[BB_DATE_BYTES];
  r->shown.year = date.year;
  bb_record_set(r, BIOBERT_RECORD_DATE, bb_date_iso(date, iso));
}

void bb_record_set_date(bb_record *r, biobert_str value) {
  bb_date date;
  if (!r->shown.year && bb_date_read(value, &date)) set_date(r, date);
}

void bb_record_refine_date(bb_record *r, biobert_str value) {
  char iso[BB_DATE_BYTES];
  bb_date date;
  bb_record_set_date(r, value);
  bb_text *known = &r->texts[BIOBERT_RECORD_DATE];
  if (!known->len || !bb_date_read(value, &date)) return;
  const biobert_str finer = bb_date_iso(date, iso);
  if (finer.len <= known->len || memcmp(finer.data, known->data, known->len) != 0) return;
  r->bytes -= known->len;
  known->len = 0;
  bb_record_set(r, BIOBERT_RECORD_DATE, finer);
}

void bb_record_set_date_parts(bb_record *r, biobert_str year, biobert_str month,
                              biobert_str day) {
  bb_date date;
  if (!r->shown.year && bb_date_read_parts(year, month, day, &date)) set_date(r, date);
}

void bb_record_set_pages(bb_record *r, biobert_str start, biobert_str end) {
  if (bb_record_has(r, BIOBERT_RECORD_PAGES)) return;
  start = bb_trimmed(start);
  end = bb_trimmed(end);
  append(r, BIOBERT_RECORD_PAGES, "", start);
  const bool is_same =
      start.len == end.len && end.len && memcmp(start.data, end.data, end.len) == 0;
  if (is_same || (start.len && memchr(start.data, '-', start.len))) return;
  append(r, BIOBERT_RECORD_PAGES, "-", end);
}

void bb_record_add_language(bb_record *r, biobert_str value) {
  const char *code = bb_language_code(value);
  if (code) bb_record_add(r, BIOBERT_RECORD_LANGUAGE, bb_str(code));
}

/* The end ---------------------------------------------------------------------------- */

void bb_record_broken(bb_record *r, const char *format, ...) {
  enum { LONGEST = 512 };
  char message[LONGEST];
  r->shown.status = BIOBERT_RECORD_IS_BROKEN;
  if (bb_record_has(r, BIOBERT_RECORD_ERROR)) return;
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  bb_text *error = &r->texts[BIOBERT_RECORD_ERROR];
  bb_text_add_folded(error, bb_str(message));
  r->no_memory |= error->no_memory;
}

/* An article of which no translated title is there has its own one. */
static void give_title(bb_record *r) {
  if (bb_record_has(r, BIOBERT_RECORD_TITLE)) return;
  bb_record_set(r, BIOBERT_RECORD_TITLE,
                bb_text_view(&r->texts[BIOBERT_RECORD_ORIGINAL_TITLE]));
}

biobert_status bb_record_finish(bb_record *r, biobert_error *err) {
  give_title(r);
  if (r->too_long)
    bb_record_broken(r, "the record is longer than %d MiB", BB_LONGEST_RECORD >> 20);
  if (r->no_memory) return bb_no_memory(err, "a record");
  for (size_t i = 0; i < BIOBERT_RECORD_FIELDS; i++)
    r->shown.fields[i] = bb_text_view(&r->texts[i]);
  r->shown.fingerprint = bb_fingerprint(&r->shown);
  return BIOBERT_OK;
}
