/* collection.c - documents and their vectors in memory, and a pass over their codes. */
#include "base/mem.h"
#include "base/status.h"
#include "biobert_vectors.h"

/* Numbers of vectors are uint32_t. */
enum { MAX_VECTORS = 1 << 30 };

void biobert_collection_free(biobert_collection *c) {
  biobert_collection_drop_codes(c);
  bb_free(c->allocator, c->address);
  bb_free(c->allocator, c->id);
  bb_free(c->allocator, c->first);
  bb_free(c->allocator, c->by_id);
}

/* Adding ----------------------------------------------------------------------------- */

/* Room for one chunk more in the three arrays. */
static bool reserve(biobert_collection *c) {
  enum { FIRST = 4 * BIOBERT_CHUNK_SLOTS };
  if (c->vectors + BIOBERT_CHUNK_SLOTS <= c->capacity) return true;
  const size_t larger = c->capacity ? c->capacity * 2 : FIRST;
  int64_t *address = bb_resize(c->allocator, c->address, larger, sizeof *address);
  if (!address) return false;
  c->address = address;
  int64_t *id = bb_resize(c->allocator, c->id, larger, sizeof *id);
  if (!id) return false;
  c->id = id;
  uint32_t *first = bb_resize(c->allocator, c->first, larger + 1, sizeof *first);
  if (!first) return false;
  c->first = first;
  c->capacity = larger;
  return true;
}

static void add_vector(biobert_collection *c, int64_t id, int64_t address) {
  const bool same = c->documents && c->id[c->documents - 1] == id &&
                    c->address[c->vectors - 1] == address - 1;
  if (!same) {
    c->first[c->documents] = (uint32_t)c->vectors;
    c->id[c->documents++] = id;
  }
  c->address[c->vectors++] = address;
}

biobert_status biobert_collection_add(biobert_collection *c, int64_t chunk,
                                      const biobert_slots *s, biobert_error *err) {
  const int64_t address = chunk * BIOBERT_CHUNK_SLOTS;
  const bool rises = c->vectors == 0 || address > c->address[c->vectors - 1];
  if (!rises || c->vectors > MAX_VECTORS) return bb_fail(err, BIOBERT_FORMAT, "a chunk");
  if (!reserve(c)) return bb_no_memory(err, "collection");
  for (int slot = 0; slot < s->count; slot++)
    if (biobert_slots_is_live(s, slot))
      add_vector(c, biobert_slots_id(s, slot), address + slot);
  c->first[c->documents] = (uint32_t)c->vectors;
  return BIOBERT_OK;
}

/* Finding ---------------------------------------------------------------------------- */

/* Merge sort of document numbers by id: stable, no worst case, no state but its
 * arguments. */
static void sort_by_id(const int64_t *id, uint32_t *order, uint32_t *spare, size_t n) {
  if (n < 2) return;
  size_t half = n / 2;
  sort_by_id(id, order, spare, half);
  sort_by_id(id, order + half, spare, n - half);
  if (id[order[half - 1]] <= id[order[half]]) return;
  memcpy(spare, order, half * sizeof *order);
  for (size_t left = 0, right = half, at = 0; left < half; at++)
    order[at] =
        right < n && id[order[right]] < id[spare[left]] ? order[right++] : spare[left++];
}

static bool make_by_id(biobert_collection *c) {
  if (c->by_id || c->documents == 0) return true;
  c->by_id = bb_alloc(c->allocator, c->documents, sizeof *c->by_id);
  uint32_t *spare = bb_alloc(c->allocator, c->documents, sizeof *spare);
  if (!c->by_id || !spare) {
    bb_free(c->allocator, c->by_id);
    bb_free(c->allocator, spare);
    c->by_id = NULL;
    return false;
  }
  for (size_t i = 0; i < c->documents; i++) c->by_id[i] = (uint32_t)i;
  sort_by_id(c->id, c->by_id, spare, c->documents);
  bb_free(c->allocator, spare);
  return true;
}

static size_t find_by_looking(const biobert_collection *c, int64_t id) {
  for (size_t i = 0; i < c->documents; i++)
    if (c->id[i] == id) return i;
  return SIZE_MAX;
}

size_t biobert_collection_find(biobert_collection *c, int64_t id) {
  if (!make_by_id(c)) return find_by_looking(c, id); /* slow, but right */
  size_t low = 0, high = c->documents;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (c->id[c->by_id[middle]] < id)
      low = middle + 1;
    else
      high = middle;
  }
  return low < c->documents && c->id[c->by_id[low]] == id ? c->by_id[low] : SIZE_MAX;
}

/* Codes ------------------------------------------------------------------------------ */

size_t biobert_collection_codes_bytes(const biobert_collection *c) {
  return c->vectors * (c->n + sizeof *c->code);
}

bool biobert_collection_keep_codes(biobert_collection *c) {
  c->codes = bb_alloc(c->allocator, c->vectors, c->n);
  c->code = c->codes ? bb_alloc(c->allocator, c->vectors, sizeof *c->code) : NULL;
  if (c->code) return true;
  biobert_collection_drop_codes(c);
  return false;
}

void biobert_collection_drop_codes(biobert_collection *c) {
  bb_free(c->allocator, c->codes);
  bb_free(c->allocator, c->code);
  c->codes = NULL;
  c->code = NULL;
}

/* Scanning --------------------------------------------------------------------------- */

/* The vectors from scan->vector on whose addresses follow one another, below `end`; at
 * most as many as a block has. */
static size_t run_length(const biobert_scan *scan, int64_t end) {
  const biobert_collection *c = scan->collection;
  const size_t from = scan->vector;
  size_t run = 1;
  while (from + run < c->vectors && c->address[from + run] < end &&
         c->address[from + run] == c->address[from] + (int64_t)run)
    run++;
  return run;
}

static void keep_codes(const biobert_scan *scan, const int8_t *codes,
                       const biobert_code *code, size_t count) {
  const biobert_collection *c = scan->collection;
  memcpy(c->codes + scan->vector * c->n, codes, count * c->n);
  memcpy(c->code + scan->vector, code, count * sizeof *code);
}

static void scan_run(biobert_scan *scan, const char *block, size_t slot, size_t count) {
  biobert_collection *c = scan->collection;
  biobert_code code[BIOBERT_CODES_SLOTS]; /* aligned, unlike the block */
  const int8_t *codes = (const int8_t *)block + slot * c->n;
  memcpy(code, block + BIOBERT_CODES_SLOTS * c->n + slot * sizeof *code,
         count * sizeof *code);
  biobert_query_scan(scan->query, codes, code, count, scan->estimate + scan->vector,
                     scan->error ? scan->error + scan->vector : NULL);
  for (size_t i = 0; i < count; i++)
    if (code[i].square == 0) c->null_vectors = true;
  if (c->codes) keep_codes(scan, codes, code, count);
  scan->vector += count;
}

biobert_status biobert_scan_block(biobert_scan *scan, int64_t row, const void *codes,
                                  size_t bytes, biobert_error *err) {
  const biobert_collection *c = scan->collection;
  if (row < 0 || row > BIOBERT_MAX_ADDRESS / BIOBERT_CODES_SLOTS ||
      !biobert_block_is_sound(row, codes, bytes, biobert_codes_bytes(c->n)))
    return bb_fail(err, BIOBERT_FORMAT, "a block of codes");
  const int64_t start = row * BIOBERT_CODES_SLOTS, end = start + BIOBERT_CODES_SLOTS;
  if (scan->vector < c->vectors && c->address[scan->vector] < start)
    return bb_fail(err, BIOBERT_FORMAT, "codes are missing");
  while (scan->vector < c->vectors && c->address[scan->vector] < end)
    scan_run(scan, codes, (size_t)(c->address[scan->vector] - start),
             run_length(scan, end));
  return BIOBERT_OK;
}

biobert_status biobert_scan_end(const biobert_scan *scan, biobert_error *err) {
  if (scan->vector == scan->collection->vectors) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_FORMAT, "codes are missing");
}
