/* replaced_vectors.c - the vectors that an UPDATE has replaced so far.
 *
 * Up to SQLite 3.41 an UPDATE ... FROM reads whole rows before it writes the first. Where
 * several rows of the FROM meet one of the table, that row comes again, with the vector
 * that the first time has replaced: it must be known as the old one, and not taken as a
 * new one. A set of hashes, each of a document's id and a vector; it is of one statement:
 * write_begin_statement() forgets it. */
#include "search/replaced_vectors.h"

#include <string.h>

/* An open-addressing hash table. */
typedef struct replaced {
  size_t count, capacity; /* a power of two, at most half full */
  uint64_t slots[];       /* 0: free */
} replaced;

void write_begin_statement(index_table *t) {
  if (t->writing) return; /* a statement of ours, within the user's */
  sqlite3_free(t->replaced);
  t->replaced = NULL;
}

static uint64_t replaced_key(sqlite3_int64 id, biobert_str vector) {
  uint64_t key = biobert_hash(vector, (uint64_t)id);
  return key ? key : 1;
}

/* Where a key is, or belongs. */
static uint64_t *replaced_place(replaced *r, uint64_t key) {
  size_t at = key & (r->capacity - 1);
  while (r->slots[at] && r->slots[at] != key) at = (at + 1) & (r->capacity - 1);
  return &r->slots[at];
}

static bool replaced_grow(index_table *t) {
  enum { FIRST = 64 };
  replaced *old = t->replaced;
  size_t capacity = old ? old->capacity * 2 : FIRST;
  size_t bytes = sizeof *old + capacity * sizeof *old->slots;
  replaced *r = sqlite3_malloc64(bytes);
  if (!r) return false;
  memset(r, 0, bytes);
  r->capacity = capacity;
  for (size_t i = 0; old && i < old->capacity; i++)
    if (old->slots[i]) *replaced_place(r, old->slots[i]) = old->slots[i];
  r->count = old ? old->count : 0;
  sqlite3_free(old);
  t->replaced = r;
  return true;
}

int replaced_add(index_table *t, sqlite3_int64 id, const embedded *e) {
  size_t n = t->dimension;
  for (int i = 0; i < e->count; i++) {
    const replaced *full = t->replaced;
    if ((!full || full->count * 2 >= full->capacity) && !replaced_grow(t))
      return SQLITE_NOMEM;
    biobert_str vector = {(const char *)(e->vectors + (size_t)i * n), n * sizeof(float)};
    uint64_t key = replaced_key(id, vector), *place = replaced_place(t->replaced, key);
    t->replaced->count += !*place;
    *place = key;
  }
  return SQLITE_OK;
}

bool replaced_has(const index_table *t, sqlite3_int64 id, biobert_str vector) {
  uint64_t key = replaced_key(id, vector);
  return t->replaced && *replaced_place(t->replaced, key) == key;
}
