/* added_tokens.c - two tries of the added tokens.
 *
 * Source of the behaviour: tokenizers 0.23, added_vocabulary.rs: leftmost, longest; the
 * flags are those of the last definition. A pattern is a string of bytes in both tries:
 * normalised characters are put into UTF-8 as they are looked up. */
#include "text/added_tokens.h"

#include "base/mem.h"
#include "base/status.h"
#include "base/stop.h"
#include "base/utf8.h"

/* By id ------------------------------------------------------------------------------ */

biobert_status bb_added_put(bb_added_tokens *a, const bb_added_token *token,
                            biobert_error *err) {
  if (!bb_grow(NULL, (void **)&a->items, &a->capacity, a->count, sizeof *a->items))
    return bb_no_memory(err, "added tokens");
  a->items[a->count] = *token;
  a->items[a->count++].order = a->put++;
  return BIOBERT_OK;
}

/* Of one id, the last that was put comes first. */
static int by_id(const void *x, const void *y) {
  const bb_added_token *a = x, *b = y;
  if (a->id != b->id) return a->id < b->id ? -1 : 1;
  return (a->order < b->order) - (a->order > b->order);
}

void bb_added_sort(bb_added_tokens *a) {
  if (a->sorted == a->count) return;
  qsort(a->items, a->count, sizeof *a->items, by_id);
  size_t kept = 1;
  for (size_t i = 1; i < a->count; i++)
    if (a->items[i].id != a->items[kept - 1].id) a->items[kept++] = a->items[i];
  a->count = a->sorted = kept;
}

const bb_added_token *bb_added_find(const bb_added_tokens *a, int32_t id) {
  size_t low = 0, high = a->sorted;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (a->items[middle].id < id)
      low = middle + 1;
    else
      high = middle;
  }
  return low < a->sorted && a->items[low].id == id ? &a->items[low] : NULL;
}

/* Making a trie ---------------------------------------------------------------------- */

static biobert_status add_pattern(bb_trie *t, const bb_pattern *pattern,
                                  biobert_error *err) {
  if (!bb_grow(NULL, (void **)&t->patterns, &t->capacity, t->count, sizeof *t->patterns))
    return bb_no_memory(err, "added tokens");
  t->patterns[t->count++] = *pattern;
  return BIOBERT_OK;
}

static size_t shared_bytes(const bb_pattern *a, const bb_pattern *b, size_t from) {
  while (from < a->len && from < b->len && a->text[from] == b->text[from]) from++;
  return from;
}

/* Items are in the order of ids: of patterns that are alike the smaller id comes first.
 */
static int by_text(const void *x, const void *y) {
  const bb_pattern *a = x, *b = y;
  const int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
  if (order) return order;
  if (a->len != b->len) return a->len < b->len ? -1 : 1;
  return (a->token > b->token) - (a->token < b->token);
}

static int by_text_unless_stopped(const void *x, const void *y) {
  return bb_reading_stops() ? 0 : by_text(x, y);
}

static void sort_patterns(bb_trie *t) {
  if (t->count == 0) return;
  qsort(t->patterns, t->count, sizeof *t->patterns, by_text_unless_stopped);
  size_t kept = 1;
  for (size_t i = 1; i < t->count; i++) {
    const bb_pattern *last = &t->patterns[kept - 1], *next = &t->patterns[i];
    if (last->len != next->len || memcmp(last->text, next->text, next->len) != 0)
      t->patterns[kept++] = *next;
  }
  t->count = kept;
}

static biobert_status add_node(bb_trie *t, const bb_trie_node *node, biobert_error *err) {
  if (!bb_grow(NULL, (void **)&t->nodes, &t->node_capacity, t->node_count,
               sizeof *t->nodes))
    return bb_no_memory(err, "added tokens");
  t->nodes[t->node_count++] = *node;
  return BIOBERT_OK;
}

/* The patterns of a node, as groups that go on with the same byte. */
static biobert_status add_children(bb_trie *t, size_t parent, biobert_error *err) {
  const bb_trie_node node = t->nodes[parent];
  const bb_pattern *p = t->patterns;
  const size_t children = t->node_count;
  uint32_t at = node.first;
  if (p[at].len == node.depth) at++;
  while (at < node.end) {
    const char byte = p[at].text[node.depth];
    uint32_t end = at + 1;
    while (end < node.end && p[end].text[node.depth] == byte) end++;
    const size_t depth = shared_bytes(&p[at], &p[end - 1], node.depth);
    const bb_trie_node child = {
        .first = at, .end = end, .depth = (uint32_t)depth, .byte = (unsigned char)byte};
    const biobert_status status = add_node(t, &child, err);
    if (status) return status;
    at = end;
  }
  t->nodes[parent].children = (uint32_t)children;
  t->nodes[parent].child_count = (uint16_t)(t->node_count - children);
  return BIOBERT_OK;
}

/* The children of each node in turn lie after all that were made before. */
static biobert_status make_trie(bb_trie *t, biobert_error *err) {
  sort_patterns(t);
  if (t->count == 0) return BIOBERT_OK;
  const bb_trie_node root = {.end = (uint32_t)t->count};
  biobert_status status = add_node(t, &root, err);
  for (size_t i = 0; i < t->node_count && !status; i++)
    status = bb_reading_stops() ? bb_interrupted(err, "added tokens")
                                : add_children(t, i, err);
  if (status) return status;
  for (uint32_t i = 0; i < t->nodes[0].child_count; i++)
    t->start[t->nodes[1 + i].byte] = 1 + i;
  return BIOBERT_OK;
}

/* Both tries ------------------------------------------------------------------------- */

typedef struct form {
  char *text; /* of all forms, one after another */
  size_t len, capacity;
  bool no_memory;
} form;

static bool append_character(void *ctx, const bb_character *c) {
  form *f = ctx;
  char bytes[4];
  const size_t count = bb_utf8_put(c->code, bytes);
  for (size_t i = 0; i < count && !f->no_memory; i++) {
    if (bb_grow(NULL, (void **)&f->text, &f->capacity, f->len, 1))
      f->text[f->len++] = bytes[i];
    else
      f->no_memory = true;
  }
  return !f->no_memory;
}

/* A pattern whose text is the next bytes of f; none where nothing is left of the token:
 * it is never found. */
static biobert_status add_form(bb_added_tokens *a, form *f, uint32_t token,
                               biobert_str content,
                               const bb_normalizer_options *normalizer,
                               biobert_error *err) {
  const size_t from = f->len;
  bool stopped;
  biobert_status status =
      bb_normalize(normalizer, content, (biobert_span){0, content.len}, append_character,
                   f, &(bb_call){0}, &stopped, err);
  if (!status && f->no_memory) status = bb_no_memory(err, "added tokens");
  const bb_pattern pattern = {.len = (uint32_t)(f->len - from), .token = token};
  if (!status && pattern.len) status = add_pattern(&a->normalized, &pattern, err);
  return status;
}

/* Once all forms are made, and do not move any more. */
static void place_forms(bb_added_tokens *a, char *forms) {
  a->forms = forms;
  for (size_t i = 0; i < a->normalized.count; i++) {
    a->normalized.patterns[i].text = forms;
    forms += a->normalized.patterns[i].len;
  }
}

biobert_status bb_added_finish(bb_added_tokens *a, const bb_vocab *vocab,
                               const bb_normalizer_options *normalizer,
                               biobert_error *err) {
  form f = {0};
  biobert_status status = BIOBERT_OK;
  bb_added_sort(a);
  for (uint32_t i = 0; i < a->count && !status; i++) {
    const biobert_str content = bb_vocab_token(vocab, a->items[i].id);
    const bb_pattern raw = {content.data, (uint32_t)content.len, i};
    if (content.len == 0) continue;
    if (bb_reading_stops()) status = bb_interrupted(err, "added tokens");
    if (status) break;
    status = a->items[i].normalized ? add_form(a, &f, i, content, normalizer, err)
                                    : add_pattern(&a->raw, &raw, err);
  }
  place_forms(a, f.text);
  if (!status) status = make_trie(&a->raw, err);
  if (!status) status = make_trie(&a->normalized, err);
  return status;
}

static void free_trie(bb_trie *t) {
  bb_free(NULL, t->patterns);
  bb_free(NULL, t->nodes);
}

void bb_added_free(bb_added_tokens *a) {
  free_trie(&a->raw);
  free_trie(&a->normalized);
  bb_free(NULL, a->forms);
  bb_free(NULL, a->items);
  *a = (bb_added_tokens){0};
}

/* Looking up ------------------------------------------------------------------------- */

/* So many bytes deep, and inside or at the end of this node's. */
typedef struct place {
  uint32_t node, depth;
} place;

/* The child that goes on with this byte; 0: there is none. */
static uint32_t child_of(const bb_trie *t, uint32_t parent, unsigned char byte) {
  if (parent == 0) return t->start[byte];
  const bb_trie_node *node = &t->nodes[parent];
  uint32_t low = node->children, high = low + node->child_count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (t->nodes[middle].byte == byte) return middle;
    if (t->nodes[middle].byte < byte)
      low = middle + 1;
    else
      high = middle;
  }
  return 0;
}

static bool step(const bb_trie *t, place *p, char byte) {
  const bb_trie_node *node = &t->nodes[p->node];
  if (p->depth < node->depth) {
    if (t->patterns[node->first].text[p->depth] != byte) return false;
  } else {
    const uint32_t child = child_of(t, p->node, (unsigned char)byte);
    if (!child) return false;
    p->node = child;
  }
  p->depth++;
  return true;
}

/* The pattern that ends here, or NULL. */
static const bb_pattern *pattern_at(const bb_trie *t, const place *p) {
  const bb_pattern *pattern = &t->patterns[t->nodes[p->node].first];
  return pattern->len == p->depth ? pattern : NULL;
}

const bb_added_token *bb_added_in_bytes(const bb_added_tokens *a, biobert_str text,
                                        size_t at, size_t *end, size_t *steps) {
  const bb_trie *t = &a->raw;
  const bb_added_token *found = NULL;
  place p = {0};
  if (t->count == 0) return NULL;
  while (at < text.len && step(t, &p, text.data[at])) {
    at++;
    const bb_pattern *pattern = pattern_at(t, &p);
    if (!pattern) continue;
    found = &a->items[pattern->token];
    *end = at;
  }
  *steps += p.depth;
  return found;
}

const bb_added_token *bb_added_in_characters(const bb_added_tokens *a,
                                             const bb_character *characters, size_t count,
                                             size_t at, size_t *end, size_t *steps) {
  const bb_trie *t = &a->normalized;
  const bb_added_token *found = NULL;
  place p = {0};
  bool goes_on = t->count > 0;
  for (; at < count && goes_on; at++) {
    char bytes[4];
    const size_t length = bb_utf8_put(characters[at].code, bytes);
    for (size_t i = 0; i < length && goes_on; i++) goes_on = step(t, &p, bytes[i]);
    const bb_pattern *pattern = goes_on ? pattern_at(t, &p) : NULL;
    if (!pattern) continue;
    found = &a->items[pattern->token];
    *end = at + 1;
  }
  *steps += p.depth;
  return found;
}
