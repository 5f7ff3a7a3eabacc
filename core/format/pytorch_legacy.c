/* pytorch_legacy.c - the reader of what torch.save() wrote before PyTorch 1.6.
 *
 *   pickle(0x1950a86a20f9469cfc6c), a magic number
 *   pickle(1001), the version of the format
 *   pickle({"protocol_version": 1001, "little_endian": True, "type_sizes": {...}})
 *   pickle(the object): names, shapes, which storage
 *   pickle([key, ...]): the storages in the order in which they follow
 *   of each storage: i64 elements, then their bytes
 *
 * Key and type of a storage are in the fourth pickle, its place is known only by adding
 * up all in front of it: so every key must be known, and the last storage must end where
 * the file ends. */
#include "format/pytorch_state.h"
#include "format/readers.h"

#include <inttypes.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status.h"

enum {
  VERSION = 1001,
  COUNT_BYTES = 8,              /* in front of the bytes of a storage */
  MAX_PICKLES_BYTES = 16 << 20, /* of all five; of BERT-large they have 100 KB */
};
static const char magic[] = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
enum { MAGIC_BYTES = sizeof magic - 1 };

/* A storage of a key; the pickle may name it many times, and views of it. */
struct place {
  const bb_pickle_storage *storage;
  uint64_t offset; /* of its bytes; 0: not met yet */
};

struct legacy {
  const bb_file *file;
  biobert_error *err;
  biobert_str rest;     /* of what was read, after the last pickle */
  uint64_t read_bytes;  /* from the start of the file */
  struct place *places; /* sorted by key, keys unique */
  size_t count;
};

static biobert_status refuse(const struct legacy *l, const char *why) {
  return bb_fail(l->err, BIOBERT_FORMAT, "%s: %s", l->file->path, why);
}

static biobert_status refuse_storage(const struct legacy *l, biobert_str key,
                                     const char *why) {
  char quoted[BB_QUOTE_BYTES];
  return bb_fail(l->err, BIOBERT_FORMAT, "%s: storage %s: %s", l->file->path,
                 bb_quote(quoted, key), why);
}

/* The next pickle; the caller frees it. */
static biobert_status next_pickle(struct legacy *l, bb_pickle **out) {
  size_t used = 0;
  const biobert_status status =
      bb_pickle_load_first(l->rest, l->file->path, &used, out, l->err);
  if (status) return status;
  l->rest.data += used;
  l->rest.len -= used;
  return BIOBERT_OK;
}

/* In front of the object ------------------------------------------------------------- */

static biobert_status check_version(struct legacy *l) {
  bb_pickle *pickle = NULL;
  const biobert_status status = next_pickle(l, &pickle);
  if (status) return status;
  const bb_pickle_value *root = bb_pickle_root(pickle);
  const bool known = root->kind == BB_PICKLE_INT && root->as.integer == VERSION;
  bb_pickle_free(pickle);
  if (known) return BIOBERT_OK;
  return bb_fail(l->err, BIOBERT_UNSUPPORTED,
                 "%s: another version of PyTorch's legacy format than %d", l->file->path,
                 VERSION);
}

static biobert_status check_byte_order(struct legacy *l) {
  bb_pickle *pickle = NULL;
  const biobert_status status = next_pickle(l, &pickle);
  if (status) return status;
  const bb_pickle_value *root = bb_pickle_root(pickle);
  const bb_pickle_entry *e = root->kind == BB_PICKLE_DICT ? root->as.dict->first : NULL;
  bool little = false;
  for (; e; e = e->next)
    if (bb_str_equal(bb_pickle_string(&e->key), "little_endian"))
      little = e->value.kind == BB_PICKLE_BOOL && e->value.as.integer == 1;
  bb_pickle_free(pickle);
  if (little) return BIOBERT_OK;
  return bb_fail(l->err, BIOBERT_UNSUPPORTED, "%s: its byte order is not little-endian",
                 l->file->path);
}

/* Storages --------------------------------------------------------------------------- */

static int compare_keys(biobert_str a, biobert_str b) {
  const int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
  return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_places(const void *a, const void *b) {
  const struct place *left = a, *right = b;
  return compare_keys(left->storage->key, right->storage->key);
}

static struct place *find_place(const struct legacy *l, biobert_str key) {
  const bb_pickle_storage wanted = {.key = key};
  const struct place place = {.storage = &wanted};
  if (l->count == 0) return NULL;
  return bsearch(&place, l->places, l->count, sizeof place, compare_places);
}

/* One place a key; all that name a key must agree on it. */
static biobert_status list_storages(struct legacy *l, const bb_pickle *pickle) {
  size_t count = 0, kept = 0;
  for (const bb_pickle_storage *s = bb_pickle_storages(pickle); s; s = s->next) count++;
  l->places = bb_alloc(NULL, count, sizeof *l->places);
  if (!l->places) return bb_no_memory(l->err, l->file->path);
  for (const bb_pickle_storage *s = bb_pickle_storages(pickle); s; s = s->next)
    l->places[l->count++] = (struct place){.storage = s};
  if (count) qsort(l->places, count, sizeof *l->places, compare_places);
  for (size_t i = 0; i < count; i++) {
    const bb_pickle_storage *s = l->places[i].storage;
    const bb_pickle_storage *before = kept ? l->places[kept - 1].storage : NULL;
    if (!before || compare_keys(before->key, s->key) != 0) {
      l->places[kept++] = l->places[i];
      continue;
    }
    if (before->elements != s->elements || before->dtype != s->dtype ||
        before->element_bytes != s->element_bytes)
      return refuse_storage(l, s->key, "two sizes or two types of one storage");
  }
  l->count = kept;
  return BIOBERT_OK;
}

/* The storage at *at, which moves after it. */
static biobert_status place_storage(struct legacy *l, biobert_str key, uint64_t *at) {
  unsigned char stored[COUNT_BYTES];
  uint64_t bytes, end;
  struct place *p = key.data ? find_place(l, key) : NULL;
  if (!p) return refuse_storage(l, key, "no tensor says of what type it is");
  if (p->offset) return refuse_storage(l, key, "it is there twice");
  const biobert_status status = bb_file_read(l->file, *at, stored, sizeof stored, l->err);
  if (status) return status;
  if (bb_read_u64(stored) != p->storage->elements)
    return refuse_storage(l, key, "it is not as large as it is said to be");
  p->offset = *at + COUNT_BYTES;
  if (__builtin_mul_overflow(p->storage->elements, p->storage->element_bytes, &bytes) ||
      __builtin_add_overflow(p->offset, bytes, &end) || end > l->file->size)
    return refuse_storage(l, key, "the file ends in it: cut off?");
  *at = end;
  return BIOBERT_OK;
}

static biobert_status place_storages(struct legacy *l, const bb_pickle_value *keys) {
  if (keys->kind != BB_PICKLE_LIST) return refuse(l, "no list of storages");
  uint64_t at = l->read_bytes - l->rest.len;
  biobert_status status = BIOBERT_OK;
  const bb_pickle_entry *e = keys->as.dict->first;
  for (; e && !status; e = e->next)
    status = place_storage(l, bb_pickle_string(&e->value), &at);
  if (status || at == l->file->size) return status;
  return bb_fail(l->err, BIOBERT_FORMAT,
                 "%s: %" PRIu64 " bytes behind the last storage, expected none",
                 l->file->path, l->file->size - at);
}

static const char *find_storage(const void *ctx, const bb_pickle_storage *s,
                                uint64_t *offset) {
  const struct place *p = find_place(ctx, s->key);
  if (!p || !p->offset) return "its storage is not in the file";
  *offset = p->offset;
  return NULL;
}

/* Everything ------------------------------------------------------------------------- */

/* On failure the caller still frees what `l`, *object and *keys have. */
static biobert_status read_pickles(struct legacy *l, bb_pickle **object,
                                   bb_pickle **keys) {
  if (l->rest.len < MAGIC_BYTES || memcmp(l->rest.data, magic, MAGIC_BYTES) != 0)
    return refuse(l, "the magic number of PyTorch's legacy format is damaged");
  l->rest.data += MAGIC_BYTES;
  l->rest.len -= MAGIC_BYTES;
  biobert_status status = check_version(l);
  if (!status) status = check_byte_order(l);
  if (!status) status = next_pickle(l, object);
  if (!status) status = next_pickle(l, keys);
  return status;
}

biobert_status bb_pytorch_legacy_read(bb_weights *w, uint32_t file, biobert_error *err) {
  const bb_file *f = &w->files[file];
  const size_t bytes = f->size < MAX_PICKLES_BYTES ? (size_t)f->size : MAX_PICKLES_BYTES;
  struct legacy l = {.file = f, .err = err, .read_bytes = bytes};
  bb_pickle *object = NULL, *keys = NULL;
  char *text = bb_alloc(NULL, bytes, 1);
  if (!text) return bb_no_memory(err, f->path);
  biobert_status status = bb_file_read(f, 0, text, bytes, err);
  if (status) goto done;
  l.rest = (biobert_str){text, bytes};
  status = read_pickles(&l, &object, &keys);
  if (status) goto done;
  status = list_storages(&l, object);
  if (status) goto done;
  status = place_storages(&l, bb_pickle_root(keys));
  if (status) goto done;
  status = bb_pytorch_add_tensors(w, file, object, find_storage, &l, err);

done:
  bb_pickle_free(object);
  bb_pickle_free(keys);
  bb_free(NULL, l.places);
  bb_free(NULL, text);
  return status;
}
