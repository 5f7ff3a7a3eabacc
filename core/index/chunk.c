/* chunk.c - the bytes of chunks and blocks (biobert_vectors.h has the layout). */
#include <string.h>

#include "base/bytes.h"
#include "biobert_vectors.h"

static uint64_t sum_of(int64_t row, const void *data, size_t bytes) {
  return biobert_hash((biobert_str){data, bytes}, (uint64_t)row);
}

/* Slots ------------------------------------------------------------------------------ */

/* The number of slots in use is in the sum too. */
static uint64_t slots_sum(int64_t chunk, const biobert_slots *s) {
  const int64_t row = chunk * (BIOBERT_CHUNK_SLOTS + 1) + s->count;
  const biobert_str ids = {(const char *)s->ids, BIOBERT_IDS_BYTES - BIOBERT_SUM_BYTES};
  return biobert_hash(ids, sum_of(row, s->live, BIOBERT_LIVE_BYTES));
}

bool biobert_slots_read(int64_t chunk, int64_t count, const void *live, size_t live_bytes,
                        const void *ids, size_t ids_bytes, biobert_slots *out) {
  if (chunk < 0 || chunk > BIOBERT_MAX_ADDRESS / BIOBERT_CHUNK_SLOTS || count < 0 ||
      count > BIOBERT_CHUNK_SLOTS || !live || !ids || live_bytes != BIOBERT_LIVE_BYTES ||
      ids_bytes != BIOBERT_IDS_BYTES)
    return false;
  out->count = (int)count;
  memcpy(out->live, live, BIOBERT_LIVE_BYTES);
  memcpy(out->ids, ids, BIOBERT_IDS_BYTES);
  const unsigned char *sum = out->ids + BIOBERT_IDS_BYTES - BIOBERT_SUM_BYTES;
  return bb_read_u64(sum) == slots_sum(chunk, out);
}

void biobert_slots_seal(int64_t chunk, biobert_slots *s) {
  const uint64_t sum = slots_sum(chunk, s);
  memcpy(s->ids + BIOBERT_IDS_BYTES - BIOBERT_SUM_BYTES, &sum, sizeof sum);
}

void biobert_slots_put(biobert_slots *s, int slot, int64_t id) {
  s->live[slot / 8] |= (unsigned char)(1 << slot % 8);
  memcpy(s->ids + 8 * slot, &id, sizeof id);
}

void biobert_slots_clear(biobert_slots *s, int slot) {
  s->live[slot / 8] &= (unsigned char)~(1 << slot % 8);
  memset(s->ids + 8 * slot, 0, 8);
}

bool biobert_slots_is_live(const biobert_slots *s, int slot) {
  return slot < s->count && s->live[slot / 8] & 1 << slot % 8;
}

int64_t biobert_slots_id(const biobert_slots *s, int slot) {
  return (int64_t)bb_read_u64(s->ids + 8 * slot);
}

/* Blocks ----------------------------------------------------------------------------- */

size_t biobert_codes_bytes(size_t n) {
  return BIOBERT_CODES_SLOTS * (n + sizeof(biobert_code)) + BIOBERT_SUM_BYTES;
}

size_t biobert_full_bytes(biobert_store store, size_t n) {
  return BIOBERT_FULL_SLOTS * biobert_store_bytes(store, n) + BIOBERT_SUM_BYTES;
}

bool biobert_block_is_sound(int64_t row, const void *data, size_t bytes,
                            size_t expected) {
  if (!data || bytes != expected) return false;
  const size_t content = bytes - BIOBERT_SUM_BYTES;
  return bb_read_u64((const char *)data + content) == sum_of(row, data, content);
}

void biobert_block_seal(int64_t row, void *data, size_t bytes) {
  const size_t content = bytes - BIOBERT_SUM_BYTES;
  const uint64_t sum = sum_of(row, data, content);
  memcpy((char *)data + content, &sum, sizeof sum);
}

/* Where the values of an address lie in its block of codes, and what follows them.
 */
static size_t codes_at(size_t n, int64_t address) {
  return (size_t)(address % BIOBERT_CODES_SLOTS) * n;
}

static size_t code_at(size_t n, int64_t address) {
  return BIOBERT_CODES_SLOTS * n +
         (size_t)(address % BIOBERT_CODES_SLOTS) * sizeof(biobert_code);
}

static size_t full_at(biobert_store store, size_t n, int64_t address) {
  return (size_t)(address % BIOBERT_FULL_SLOTS) * biobert_store_bytes(store, n);
}

void biobert_blocks_put(biobert_metric metric, biobert_store store, size_t n,
                        int64_t address, const float *vector, void *codes, void *full,
                        float *stored) {
  char *place = (char *)full + full_at(store, n, address);
  biobert_code code;
  biobert_store_pack(store, vector, n, place);
  biobert_store_unpack(store, place, n, stored);
  biobert_encode(metric, stored, n, (int8_t *)codes + codes_at(n, address), &code);
  memcpy((char *)codes + code_at(n, address), &code, sizeof code);
}

void biobert_blocks_clear(biobert_store store, size_t n, int64_t address, void *codes,
                          void *full) {
  memset((char *)codes + codes_at(n, address), 0, n);
  memset((char *)codes + code_at(n, address), 0, sizeof(biobert_code));
  memset((char *)full + full_at(store, n, address), 0, biobert_store_bytes(store, n));
}

void biobert_full_get(biobert_store store, size_t n, int64_t address, const void *full,
                      float *vector) {
  biobert_store_unpack(store, (const char *)full + full_at(store, n, address), n, vector);
}

bool biobert_codes_are_of(biobert_metric metric, size_t n, int64_t address,
                          const void *codes, const float *vector, int8_t *made) {
  biobert_code code;
  biobert_encode(metric, vector, n, made, &code);
  return memcmp((const char *)codes + codes_at(n, address), made, n) == 0 &&
         memcmp((const char *)codes + code_at(n, address), &code, sizeof code) == 0;
}
