/* index_table.h - a hash table of the items of an array, by their indexes: open
 * addressing, half full at most. Items are never taken out. */
#ifndef BB_INDEX_TABLE_H
#define BB_INDEX_TABLE_H

#include "biobert.h"

/* The hash is kept, so that a table that grows does not read its items. */
typedef struct bb_index_slot {
  uint32_t item; /* 1 + its index; 0: the slot is empty */
  uint32_t hash;
} bb_index_slot;

/* Starts as {0}. */
typedef struct bb_index_table {
  bb_index_slot *slots;
  size_t slot_count;
} bb_index_table;

/* A key, and whether an item has it. */
typedef struct bb_index_key {
  uint32_t hash;
  bool (*is)(const void *ctx, uint32_t index, const void *key);
  const void *ctx, *key;
} bb_index_key;

/* Makes room for one item more than `count`, which are there. False: no memory, and the
 * table is as it was. */
bool bb_index_make_room(bb_index_table *t, size_t count,
                        const biobert_allocator *allocator);
/* The slot of the item with this key, or the empty one where it belongs. */
bb_index_slot *bb_index_find(const bb_index_table *t, const bb_index_key *key);

/* A hash of bytes that nobody can make collide who does not know the seed. */
uint32_t bb_hash_bytes(uint64_t seed, const void *bytes, size_t len);
/* Another one in each process and for each address. */
uint64_t bb_hash_seed(const void *address);

#endif
