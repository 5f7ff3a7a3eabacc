/* labels.c - labels of a classifier, and the schemes that mark where an entity begins.
 *
 * IOB1, IOB2: Ramshaw & Marcus 1995 (cmp-lg/9505040); BILOU: Ratinov & Roth 2009
 * (W09-1119); BIOES is BILOU with other letters. Of B- and I- the reading is that of
 * transformers' group_entities(): an I- that follows no word of its tag begins an entity,
 * as IOB1 wants. */
#include "model/labels.h"

#include <string.h>

#include "base/mem.h"
#include "base/status.h"

static const struct {
  char letter;
  bb_part part;
  bool sure; /* a prefix anywhere; else only beside a B- or I- of the same tag */
} schemes[] = {
    {'B', BB_PART_BEGIN,  true },
    {'I', BB_PART_INSIDE, true },
    {'L', BB_PART_LAST,   false},
    {'E', BB_PART_LAST,   false},
    {'U', BB_PART_SINGLE, false},
    {'S', BB_PART_SINGLE, false},
    {'W', BB_PART_SINGLE, false},
};

static bool same(biobert_str a, biobert_str b) {
  return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

/* "B-Disease" is the letter B and the tag "Disease"; "B" alone, as BioBERT's own corpora
 * have it, the letter B and no tag. False: a name of another form. */
static bool split(biobert_str name, char *letter, biobert_str *tag) {
  if (name.len == 0 || (name.len > 1 && name.data[1] != '-')) return false;
  size_t skipped = name.len > 1 ? 2 : 1;
  *letter = name.data[0];
  *tag = (biobert_str){name.data + skipped, name.len - skipped};
  return true;
}

static bool has_label(const bb_labels *labels, char letter, biobert_str tag) {
  for (size_t i = 0; i < labels->count; i++) {
    char own;
    biobert_str rest;
    if (split(labels->items[i].name, &own, &rest) && own == letter && same(rest, tag))
      return true;
  }
  return false;
}

/* "E-coli" is a label, not the end of a "coli", unless the model can also begin a "coli".
 * A letter alone is of a scheme only where B and I both are labels: blood groups have a B
 * and an O. */
static bool has_scheme(const bb_labels *labels, biobert_str tag) {
  bool begins = has_label(labels, 'B', tag), inside = has_label(labels, 'I', tag);
  return tag.len ? begins || inside : begins && inside;
}

static void read_scheme(const bb_labels *labels, bb_label *label) {
  char letter;
  biobert_str tag;
  label->tag = label->name;
  label->part = BB_PART_INSIDE;
  if (!split(label->name, &letter, &tag)) return;
  for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
    bool sure = schemes[i].sure && label->name.len > 1;
    if (schemes[i].letter != letter || !(sure || has_scheme(labels, tag))) continue;
    label->tag = tag;
    label->part = schemes[i].part;
  }
}

biobert_status bb_labels_read(const char *array, const char *what, bb_labels *out,
                              biobert_error *err) {
  bb_labels labels = {0};
  biobert_status status = bb_json_parse(bb_str(array), what, &labels.json, err);
  if (status) return status;
  const bb_json_node *root = bb_json_root(labels.json);
  labels.items = bb_alloc_zeroed(NULL, bb_json_count(root), sizeof *labels.items);
  if (!labels.items) {
    bb_labels_free(&labels);
    return bb_no_memory(err, what);
  }
  for (const bb_json_node *n = bb_json_first(root); n; n = bb_json_next(n))
    labels.items[labels.count++].name = bb_json_string(n);
  for (size_t i = 0; i < labels.count; i++) read_scheme(&labels, &labels.items[i]);
  *out = labels;
  return BIOBERT_OK;
}

void bb_labels_free(bb_labels *labels) {
  bb_json_free(labels->json);
  bb_free(NULL, labels->items);
  *labels = (bb_labels){0};
}

bool bb_label_is_outside(const bb_label *label) {
  return bb_str_equal(label->tag, "O");
}

bool bb_label_joins(const bb_label *label, const bb_label *next) {
  bool begins = next->part == BB_PART_BEGIN || next->part == BB_PART_SINGLE;
  bool ended = label->part == BB_PART_LAST || label->part == BB_PART_SINGLE;
  return !begins && !ended && same(label->tag, next->tag);
}
