/* index_table.c - linear probing, and a hash of products folded. */
#include "base/index_table.h"

#include "base/mem.h"
#include "base/os.h"

enum { MIN_SLOTS = 1 << 10 };

static bb_index_slot *first_empty(const bb_index_table *t, uint32_t hash) {
  size_t at = hash & (t->slot_count - 1);
  while (t->slots[at].item) at = (at + 1) & (t->slot_count - 1);
  return &t->slots[at];
}

bool bb_index_make_room(bb_index_table *t, size_t count,
                        const biobert_allocator *allocator) {
  if ((count + 1) * 2 <= t->slot_count) return true;
  bb_index_table larger = {.slot_count = t->slots ? t->slot_count * 2 : MIN_SLOTS};
  larger.slots = bb_alloc_zeroed(allocator, larger.slot_count, sizeof *larger.slots);
  if (!larger.slots) return false;
  for (size_t i = 0; i < t->slot_count; i++)
    if (t->slots[i].item) *first_empty(&larger, t->slots[i].hash) = t->slots[i];
  bb_free(allocator, t->slots);
  *t = larger;
  return true;
}

bb_index_slot *bb_index_find(const bb_index_table *t, const bb_index_key *key) {
  size_t at = key->hash & (t->slot_count - 1);
  for (;; at = (at + 1) & (t->slot_count - 1)) {
    bb_index_slot *slot = &t->slots[at];
    if (!slot->item) return slot;
    if (slot->hash == key->hash && key->is(key->ctx, slot->item - 1, key->key))
      return slot;
  }
}

/* The product of 128 bits, folded. */
static uint64_t mix(uint64_t a, uint64_t b) {
  __extension__ typedef unsigned __int128 wide;
  wide product = (wide)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint32_t bb_hash_bytes(uint64_t seed, const void *bytes, size_t len) {
  uint64_t hash = seed ^ len;
  for (size_t i = 0; i < len; i += sizeof(uint64_t)) {
    uint64_t part = 0;
    memcpy(&part, (const char *)bytes + i, len - i < sizeof part ? len - i : sizeof part);
    hash = mix(hash ^ part, 0xD6E8FEB86659FD93u) ^ seed;
  }
  return (uint32_t)mix(hash, 0xA0761D6478BD642Fu);
}

uint64_t bb_hash_seed(const void *address) {
  const uint64_t parts[] = {(uint64_t)(uintptr_t)address, bb_os_clock_ns()};
  return (uint64_t)bb_hash_bytes(0x9E3779B97F4A7C15u, parts, sizeof parts) << 32 |
         bb_hash_bytes(0xC2B2AE3D27D4EB4Fu, parts, sizeof parts);
}
