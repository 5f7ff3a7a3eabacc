/* pair_counts.c - a hash table of pairs, and a heap that is put right when it is asked.
 *
 * A pair that has grown is queued again; one that has shrunk stays where it is, and is
 * queued anew with its count when it comes to the top. */
#include "text/pair_counts.h"

#include "base/mem.h"

/* The table -------------------------------------------------------------------------- */

/* splitmix64's finish. */
static uint32_t hash_of(uint32_t left, uint32_t right) {
  uint64_t x = ((uint64_t)left << 32 | right) + 0x9E3779B97F4A7C15u;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return (uint32_t)(x ^ x >> 31);
}

static bool is_pair(const void *ctx, uint32_t index, const void *key) {
  const bb_pair *pair = &((const bb_pairs *)ctx)->items[index], *wanted = key;
  return pair->left == wanted->left && pair->right == wanted->right;
}

static bb_index_slot *find_slot(const bb_pairs *p, const bb_pair *wanted) {
  const uint32_t hash = hash_of(wanted->left, wanted->right);
  return bb_index_find(&p->table, &(bb_index_key){hash, is_pair, p, wanted});
}

static bb_pair *find_or_make(bb_pairs *p, bb_pair wanted) {
  if (!bb_index_make_room(&p->table, p->count, p->allocator)) return NULL;
  bb_index_slot *slot = find_slot(p, &wanted);
  if (slot->item) return &p->items[slot->item - 1];
  if (!bb_grow(p->allocator, (void **)&p->items, &p->capacity, p->count,
               sizeof *p->items))
    return NULL;
  p->items[p->count++] = wanted;
  *slot = (bb_index_slot){(uint32_t)p->count, hash_of(wanted.left, wanted.right)};
  return &p->items[p->count - 1];
}

static bool note_grown(bb_pairs *p, bb_pair *pair) {
  if (pair->grown) return true;
  if (!bb_grow(p->allocator, (void **)&p->grown, &p->grown_capacity, p->grown_count,
               sizeof *p->grown))
    return false;
  p->grown[p->grown_count++] = (uint32_t)(pair - p->items);
  pair->grown = true;
  return true;
}

/* Notes that a pair is in a word, unless that was noted last. */
static bool note_word(bb_pairs *p, bb_pair *pair, uint32_t word) {
  if (pair->places && p->places[pair->places - 1].word == word) return true;
  uint32_t at = p->unused;
  if (at) {
    p->unused = p->places[at - 1].next;
  } else {
    if (p->place_count == UINT32_MAX ||
        !bb_grow(p->allocator, (void **)&p->places, &p->place_capacity, p->place_count,
                 sizeof *p->places))
      return false;
    at = (uint32_t)++p->place_count;
  }
  p->places[at - 1] = (bb_pair_place){word, pair->places};
  pair->places = at;
  return true;
}

bool bb_pairs_add(bb_pairs *p, uint32_t left, uint32_t right, int64_t change,
                  uint32_t word) {
  bb_pair *pair = find_or_make(p, (bb_pair){.left = left, .right = right});
  if (!pair || !note_grown(p, pair)) return false;
  pair->count += change;
  return note_word(p, pair, word);
}

void bb_pairs_take(bb_pairs *p, uint32_t left, uint32_t right, int64_t change) {
  const bb_pair wanted = {.left = left, .right = right};
  p->items[find_slot(p, &wanted)->item - 1].count -= change;
}

bool bb_pairs_next_word(bb_pairs *p, bb_pair *pair, uint32_t *word) {
  if (!pair->places) return false;
  const uint32_t at = pair->places;
  bb_pair_place *place = &p->places[at - 1];
  *word = place->word;
  pair->places = place->next;
  place->next = p->unused;
  p->unused = at;
  return true;
}

/* The queue -------------------------------------------------------------------------- */

static bool comes_before(const bb_pairs *p, const bb_queued *a, const bb_queued *b) {
  if (a->count != b->count) return a->count > b->count;
  if (a->pair == b->pair) return false;
  return p->before(p->ctx, &p->items[a->pair], &p->items[b->pair]);
}

static void swap(bb_queued *a, bb_queued *b) {
  bb_queued was = *a;
  *a = *b;
  *b = was;
}

static bool enqueue(bb_pairs *p, uint32_t pair) {
  if (!bb_grow(p->allocator, (void **)&p->queue, &p->queue_capacity, p->queued,
               sizeof *p->queue))
    return false;
  size_t at = p->queued++;
  p->queue[at] = (bb_queued){p->items[pair].count, pair};
  for (size_t parent; at > 0; at = parent) {
    parent = (at - 1) / 2;
    if (!comes_before(p, &p->queue[at], &p->queue[parent])) break;
    swap(&p->queue[at], &p->queue[parent]);
  }
  return true;
}

/* The top has changed: down to where it belongs. */
static void sink(bb_pairs *p) {
  for (size_t at = 0, child; (child = 2 * at + 1) < p->queued; at = child) {
    if (child + 1 < p->queued && comes_before(p, &p->queue[child + 1], &p->queue[child]))
      child++;
    if (!comes_before(p, &p->queue[child], &p->queue[at])) break;
    swap(&p->queue[child], &p->queue[at]);
  }
}

bool bb_pairs_queue_grown(bb_pairs *p) {
  bool ok = true;
  for (size_t i = 0; i < p->grown_count; i++) {
    bb_pair *pair = &p->items[p->grown[i]];
    pair->grown = false;
    if (ok && pair->count >= p->min_count) ok = enqueue(p, p->grown[i]);
  }
  p->grown_count = 0;
  return ok;
}

bool bb_pairs_next(bb_pairs *p, bb_pair *out) {
  while (p->queued > 0) {
    bb_queued *top = &p->queue[0];
    bb_pair *pair = &p->items[top->pair];
    const bool is_right = top->count == pair->count;
    if (top->count > pair->count && pair->count >= p->min_count)
      top->count = pair->count;
    else
      *top = p->queue[--p->queued];
    sink(p);
    if (!is_right) continue;
    *out = *pair;
    *pair = (bb_pair){.left = out->left, .right = out->right};
    return true;
  }
  return false;
}

void bb_pairs_free(bb_pairs *p) {
  bb_free(p->allocator, p->items);
  bb_free(p->allocator, p->places);
  bb_free(p->allocator, p->table.slots);
  bb_free(p->allocator, p->queue);
  bb_free(p->allocator, p->grown);
  *p = (bb_pairs){0};
}
