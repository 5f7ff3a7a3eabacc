/* xml_text.c - markup is dropped, and what it says of spaces is kept. */
#include "records/xml_text.h"

#include <string.h>

#include "base/status.h"
#include "text/markup.h"

void bb_xml_text_begin(bb_xml_text *t, const char *const *excluded) {
  bb_text_clear(&t->text);
  t->excluded = excluded;
  t->depth = t->left_out = t->formula = t->formula_text = 0;
}

static bool is_blank(biobert_str text) {
  return bb_trimmed(text).len == 0;
}

/* Between the elements of a formula white space is layout. */
void bb_xml_text_add(bb_xml_text *t, biobert_str more) {
  if (t->left_out || (t->formula && !t->formula_text && is_blank(more))) return;
  bb_text_add(&t->text, more);
}

void bb_xml_text_add_entity(bb_xml_text *t, const char *name) {
  if (t->left_out) return;
  const bb_named_character *c = bb_find_named_character(bb_str(name));
  if (!c) bb_text_add_char(&t->text, '&');
  bb_text_add(&t->text, bb_str(c ? c->text : name));
  if (!c) bb_text_add_char(&t->text, ';');
}

static bool is_excluded(const bb_xml_text *t, const char *name) {
  const char *const *other = t->excluded;
  while (other && *other && strcmp(*other, name) != 0) other++;
  return other && *other;
}

/* Words in two paragraphs or cells are two words. */
static void part_words(bb_xml_text *t, const char *name) {
  bb_markup_kind kind = bb_element_kind(bb_str(name));
  if (kind == BB_MARKUP_BLOCK || kind == BB_MARKUP_CELL) bb_text_add_char(&t->text, ' ');
}

void bb_xml_text_open(bb_xml_text *t, const char *name) {
  t->depth++;
  if (t->left_out) return;
  if (is_excluded(t, name)) t->left_out = t->depth;
  if (!t->formula && strcmp(name, "math") == 0) t->formula = t->depth;
  if (t->formula && !t->formula_text && strcmp(name, "mtext") == 0)
    t->formula_text = t->depth;
  part_words(t, name);
}

void bb_xml_text_close(bb_xml_text *t, const char *name) {
  if (t->left_out == t->depth) t->left_out = 0;
  if (t->formula == t->depth) t->formula = 0;
  if (t->formula_text == t->depth) t->formula_text = 0;
  t->depth--;
  if (!t->left_out) part_words(t, name);
}
