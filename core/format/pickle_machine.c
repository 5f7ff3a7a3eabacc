/* pickle_machine.c - the memory and the stack of the pickle reader. */
#include "format/pickle_machine.h"

#include "base/mem.h"
#include "base/status.h"

biobert_status pickle_refuse(const struct machine *m, const char *why) {
  return bb_fail(m->err, BIOBERT_FORMAT, "%s: no valid pickle at byte %zu: %s", m->what,
                 (size_t)(m->at - m->begin), why);
}

biobert_status pickle_no_memory(const struct machine *m) {
  return bb_no_memory(m->err, m->what);
}

/* Memory ----------------------------------------------------------------------------- */

static void *arena_alloc(bb_pickle *pickle, size_t bytes) {
  const size_t unit = sizeof(max_align_t), units = (bytes + unit - 1) / unit;
  struct chunk *c = pickle->chunks;
  if (!c || c->size - c->used < units) {
    const size_t size = units > CHUNK_BYTES / unit ? units : CHUNK_BYTES / unit;
    c = bb_alloc(NULL, sizeof *c + size * unit, 1);
    if (!c) return NULL;
    c->next = pickle->chunks;
    c->used = 0;
    c->size = size;
    pickle->chunks = c;
  }
  void *block = c->data + c->used;
  c->used += units;
  return block;
}

/* Room for `count` values of some kind; the limit bounds what a pickle can make us take.
 */
biobert_status pickle_take(struct machine *m, size_t count, size_t size, void **out) {
  if (count > MAX_VALUES - m->values) return pickle_refuse(m, "too many values");
  m->values += count;
  *out = arena_alloc(m->pickle, count * size);
  return *out ? BIOBERT_OK : pickle_no_memory(m);
}

/* The stack -------------------------------------------------------------------------- */

biobert_status pickle_push(struct machine *m, bb_pickle_value value) {
  if (m->depth == MAX_STACK) return pickle_refuse(m, "too many values on the stack");
  void *stack = m->stack;
  if (!bb_grow(NULL, &stack, &m->stack_capacity, m->depth, sizeof value))
    return pickle_no_memory(m);
  m->stack = stack;
  m->stack[m->depth++] = value;
  return BIOBERT_OK;
}

/* Values above the last mark. */
size_t pickle_available(const struct machine *m) {
  return m->depth - (m->mark_count ? m->marks[m->mark_count - 1] : 0);
}

biobert_status pickle_pop(struct machine *m, bb_pickle_value *out) {
  if (pickle_available(m) == 0) return pickle_refuse(m, "nothing is left on the stack");
  *out = m->stack[--m->depth];
  return BIOBERT_OK;
}

/* The topmost value, which stays; NULL if there is none. */
bb_pickle_value *pickle_top(struct machine *m) {
  return pickle_available(m) ? &m->stack[m->depth - 1] : NULL;
}

/* Takes the values above the last mark, and the mark. They stay readable until the next
 * push. */
biobert_status pickle_pop_mark(struct machine *m, const bb_pickle_value **items,
                               size_t *count) {
  if (m->mark_count == 0) return pickle_refuse(m, "no mark is left on the stack");
  *count = pickle_available(m);
  m->depth = m->marks[--m->mark_count];
  *items = m->stack + m->depth;
  return BIOBERT_OK;
}

/* Dicts and lists -------------------------------------------------------------------- */

biobert_status pickle_new_dict(struct machine *m, bb_pickle_value *out) {
  void *block;
  const biobert_status status = pickle_take(m, 1, sizeof(bb_pickle_dict), &block);
  if (status) return status;
  bb_pickle_dict *dict = block;
  *dict = (bb_pickle_dict){0};
  *out = (bb_pickle_value){BB_PICKLE_DICT, 0, {.dict = dict}};
  return BIOBERT_OK;
}

biobert_status pickle_set_item(struct machine *m, bb_pickle_dict *dict,
                               const bb_pickle_value pair[2]) {
  void *block;
  const biobert_status status = pickle_take(m, 1, sizeof(bb_pickle_entry), &block);
  if (status) return status;
  bb_pickle_entry *entry = block;
  *entry = (bb_pickle_entry){.key = pair[0], .value = pair[1]};
  if (dict->last)
    dict->last->next = entry;
  else
    dict->first = entry;
  dict->last = entry;
  return BIOBERT_OK;
}
