/* bibtex_names.c - a hash table that only grows. */
#include "records/bibtex_names.h"

#include <strings.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/status.h"
#include "records/source.h"

void bb_bibtex_names_free(bb_bibtex_names *names) {
  bb_text_free(&names->text);
  bb_free(NULL, names->slots);
}

/* FNV-1a (Fowler, Noll, Vo). */
static size_t hash_of(biobert_str name) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (size_t i = 0; i < name.len; i++)
    hash = (hash ^ (unsigned char)bb_lower(name.data[i])) * 0x100000001B3u;
  return (size_t)(hash ^ hash >> 32);
}

static biobert_str name_of(const bb_bibtex_names *names, const bb_bibtex_name *slot) {
  return bb_str(names->text.data + slot->name);
}

/* The name's slot, or the free one where it would be; the table has one. */
static bb_bibtex_name *slot_of(const bb_bibtex_names *names, biobert_str name) {
  size_t i = hash_of(name) & (names->capacity - 1);
  for (;; i = (i + 1) & (names->capacity - 1)) {
    bb_bibtex_name *slot = &names->slots[i];
    if (!slot->name) return slot;
    const biobert_str other = name_of(names, slot);
    if (other.len == name.len && strncasecmp(other.data, name.data, name.len) == 0)
      return slot;
  }
}

const char *bb_bibtex_names_get(const bb_bibtex_names *names, biobert_str name) {
  if (!names->count) return NULL;
  const bb_bibtex_name *slot = slot_of(names, name);
  return slot->name ? names->text.data + slot->value : NULL;
}

static bool make_larger(bb_bibtex_names *names) {
  enum { FIRST = 64 };
  const size_t larger = names->capacity ? names->capacity * 2 : FIRST;
  bb_bibtex_name *slots = bb_alloc_zeroed(NULL, larger, sizeof *slots);
  if (!slots) return false;
  bb_bibtex_names old = *names;
  names->slots = slots;
  names->capacity = larger;
  for (size_t i = 0; i < old.capacity; i++)
    if (old.slots[i].name) *slot_of(names, name_of(names, &old.slots[i])) = old.slots[i];
  bb_free(NULL, old.slots);
  return true;
}

/* Its offset; the text's first byte is none's. */
static size_t keep(bb_text *text, biobert_str value) {
  if (text->len == 0) bb_text_add_char(text, '\0');
  const size_t at = text->len;
  bb_text_add(text, value);
  bb_text_add_char(text, '\0');
  return at;
}

void bb_bibtex_names_set(bb_bibtex_names *names, biobert_str name, biobert_str value) {
  if (names->no_memory || !name.len) return;
  if (names->text.len + name.len + value.len > BB_LONGEST_RECORD) return;
  if (2 * names->count >= names->capacity && !make_larger(names)) {
    names->no_memory = true;
    return;
  }
  const size_t kept = keep(&names->text, name), at = keep(&names->text, value);
  names->no_memory |= names->text.no_memory;
  if (names->no_memory) return;
  bb_bibtex_name *slot = slot_of(names, bb_str(names->text.data + kept));
  names->count += !slot->name;
  *slot = (bb_bibtex_name){kept, at};
}
