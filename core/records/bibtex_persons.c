/* bibtex_persons.c - what is in braces is not looked into, but shown. */
#include "records/bibtex_persons.h"

#include <string.h>

#include "base/status.h"
#include "records/tex_text.h"

/* The first place outside of braces where `c` is (' ': any white space or ~), or the
 * length. */
static size_t find_outside(biobert_str text, size_t at, char c) {
  size_t depth = 0;
  for (; at < text.len; at++) {
    const char here = text.data[at];
    if (here == '{') depth++;
    if (here == '}' && depth > 0) depth--;
    const bool found = c == ' ' ? bb_is_space(here) || here == '~' : here == c;
    if (found && depth == 0 && !(at && text.data[at - 1] == '\\')) break;
  }
  return at;
}

static biobert_str part(biobert_str text, size_t from, size_t to) {
  return bb_trimmed((biobert_str){text.data + from, to > from ? to - from : 0});
}

/* Cuts the next name off. */
static bool next_name(biobert_str *rest, biobert_str *name) {
  if (!rest->len) return false;
  for (size_t at = 0; at < rest->len;) {
    const size_t space = find_outside(*rest, at, ' ');
    size_t word = space;
    while (word < rest->len && bb_is_space(rest->data[word])) word++;
    const biobert_str next = bb_from(*rest, word);
    if (bb_starts_as(next, "and") && next.len > 3 && bb_is_space(next.data[3])) {
      *name = part(*rest, 0, space);
      *rest = bb_from(next, 3);
      return true;
    }
    at = word > at ? word : at + 1;
  }
  *name = bb_trimmed(*rest);
  *rest = bb_from(*rest, rest->len);
  return true;
}

static bool is_lower(biobert_str word) {
  return word.len && word.data[0] >= 'a' && word.data[0] <= 'z';
}

/* Where the family name begins in "First von Last" and "von Last": at its first word in
 * lower case, or at the last word. */
static size_t family_start(biobert_str name) {
  size_t last = 0;
  for (size_t at = 0; at < name.len;) {
    const size_t end = find_outside(name, at, ' ');
    if (is_lower(part(name, at, end)) && end < name.len) return at;
    if (end > at) last = at;
    at = end + 1;
  }
  return last;
}

static bool is_collective(biobert_str name) {
  return name.data[0] == '{' && bb_tex_group_end(name, 0) == name.len;
}

static void add(bb_record *record, biobert_record_field field, biobert_str family,
                biobert_str given, biobert_str junior) {
  bb_text last = {0}, first = {0};
  bb_tex_add(&last, family);
  bb_tex_add(&first, given);
  if (first.len && junior.len) bb_text_add_char(&first, ' ');
  bb_tex_add(&first, junior);
  record->no_memory |= last.no_memory || first.no_memory;
  bb_record_add_person(record, field, bb_text_view(&last), bb_text_view(&first));
  bb_text_free(&last);
  bb_text_free(&first);
}

static void add_name(bb_record *record, biobert_record_field field, biobert_str name) {
  const biobert_str none = {NULL, 0};
  const size_t comma = find_outside(name, 0, ',');
  if (!name.len || bb_same_word(name, "others")) return;
  if (is_collective(name)) {
    add(record, field, name, none, none);
  } else if (comma == name.len) {
    const size_t family = family_start(name);
    add(record, field, part(name, family, name.len), part(name, 0, family), none);
  } else {
    const size_t second = find_outside(name, comma + 1, ',');
    const bool junior = second < name.len;
    add(record, field, part(name, 0, comma),
        junior ? part(name, second + 1, name.len) : part(name, comma + 1, name.len),
        junior ? part(name, comma + 1, second) : none);
  }
}

void bb_bibtex_add_persons(bb_record *record, biobert_record_field field,
                           const char *names) {
  biobert_str rest = bb_str(names), name;
  while (names && next_name(&rest, &name)) add_name(record, field, name);
}
