/* piece_list.c - spellings in one block, found by a hash. */
#include "text/piece_list.h"

#include "base/mem.h"

enum { MIN_BYTES = 1 << 12 };

biobert_str bb_piece_list_text(const bb_piece_list *p, uint32_t index) {
  const biobert_span *place = &p->places[index];
  return (biobert_str){p->bytes + place->start, place->end - place->start};
}

static bool is_piece(const void *ctx, uint32_t index, const void *key) {
  biobert_str text = bb_piece_list_text(ctx, index);
  const biobert_str *wanted = key;
  return text.len == wanted->len && memcmp(text.data, wanted->data, text.len) == 0;
}

/* A new piece at the end. The block is made for an empty one too, which may be the first. */
static bool append(bb_piece_list *p, biobert_str text) {
  while (p->byte_count + text.len >= p->byte_capacity) {
    size_t capacity = p->byte_capacity ? 2 * p->byte_capacity : MIN_BYTES;
    char *bytes = bb_resize(p->allocator, p->bytes, capacity, 1);
    if (!bytes) return false;
    p->bytes = bytes;
    p->byte_capacity = capacity;
  }
  if (!bb_grow(p->allocator, (void **)&p->places, &p->capacity, p->count,
               sizeof *p->places))
    return false;
  memcpy(p->bytes + p->byte_count, text.data, text.len);
  p->places[p->count++] = (biobert_span){p->byte_count, p->byte_count + text.len};
  p->byte_count += text.len;
  return true;
}

static bb_index_slot *find_slot(const bb_piece_list *p, biobert_str text, uint32_t hash) {
  return bb_index_find(&p->table, &(bb_index_key){hash, is_piece, p, &text});
}

bool bb_piece_list_find(const bb_piece_list *p, biobert_str text, uint32_t *index) {
  if (p->count == 0) return false;
  const bb_index_slot *slot =
      find_slot(p, text, bb_hash_bytes(p->seed, text.data, text.len));
  if (slot->item) *index = slot->item - 1;
  return slot->item != 0;
}

bool bb_piece_list_add(bb_piece_list *p, biobert_str text, uint32_t *index) {
  if (!p->seed) p->seed = bb_hash_seed(p);
  if (!bb_index_make_room(&p->table, p->count, p->allocator)) return false;
  const uint32_t hash = bb_hash_bytes(p->seed, text.data, text.len);
  bb_index_slot *slot = find_slot(p, text, hash);
  if (!slot->item) {
    if (!append(p, text)) return false;
    *slot = (bb_index_slot){(uint32_t)p->count, hash};
  }
  *index = slot->item - 1;
  return true;
}

bool bb_piece_list_count(bb_piece_list *p, biobert_str text, uint64_t times) {
  uint32_t index;
  const size_t before = p->count;
  if (!bb_grow(p->allocator, (void **)&p->counts, &p->counts_capacity, before,
               sizeof *p->counts) ||
      !bb_piece_list_add(p, text, &index))
    return false;
  if (p->count > before) p->counts[index] = 0;
  p->counts[index] += times;
  return true;
}

void bb_piece_list_free(bb_piece_list *p) {
  bb_free(p->allocator, p->places);
  bb_free(p->allocator, p->bytes);
  bb_free(p->allocator, p->counts);
  bb_free(p->allocator, p->table.slots);
  *p = (bb_piece_list){0};
}
