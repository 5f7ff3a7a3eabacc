/* gguf.c - the reader of GGUF's header.
 *
 *   "GGUF" | u32 version | u64 tensors | u64 keys
 *   of each key:    string name | u32 type | value
 *   of each tensor: string name | u32 rank | u64 shape[rank] | u32 type | u64 offset
 *   zeros up to a multiple of general.alignment, and the bytes of the tensors
 *
 *   string  u64 bytes | bytes                array  u32 type | u64 count | values
 *
 * Every count is compared with the bytes that are left before anything is made of it.
 * Source: docs/gguf.md of ggml. */
#include "format/gguf.h"

#include <inttypes.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status.h"
#include "format/tensors.h"

enum {
  OLDEST = 2,
  NEWEST = 3,
  /* Names, keys and vocabulary; multilingual BERT's 120,000 tokens take 3 MB. */
  MAX_HEADER_BYTES = 32 << 20,
  MAX_KEYS = 4096,
  MIN_KEY_BYTES = 8 + 4 + 1, /* an empty name, a type, the shortest value */
  MIN_TENSOR_BYTES = 8 + 4 + 4 + 8,
  ALIGNMENT = 32,
  MAX_ALIGNMENT = 1 << 20, /* arbitrary; files have 32 */
};

/* Bytes of a value of a type; 0: they vary. */
static const size_t widths[BB_GGUF_TYPE_COUNT] = {
    [BB_GGUF_U8] = 1,  [BB_GGUF_I8] = 1,  [BB_GGUF_U16] = 2, [BB_GGUF_I16] = 2,
    [BB_GGUF_U32] = 4, [BB_GGUF_I32] = 4, [BB_GGUF_F32] = 4, [BB_GGUF_BOOL] = 1,
    [BB_GGUF_U64] = 8, [BB_GGUF_I64] = 8, [BB_GGUF_F64] = 8,
};

struct cursor {
  const char *what;
  biobert_str rest;
  size_t whole;
  biobert_error *err;
};

static biobert_status refuse(const struct cursor *c, const char *why) {
  return bb_fail(c->err, BIOBERT_FORMAT, "%s: byte %zu: %s", c->what,
                 c->whole - c->rest.len, why);
}

static bool take(biobert_str *from, uint64_t bytes, biobert_str *out) {
  if (bytes > from->len) return false;
  *out = (biobert_str){from->data, (size_t)bytes};
  from->data += bytes;
  from->len -= (size_t)bytes;
  return true;
}

static bool take_number(biobert_str *from, size_t bytes, uint64_t *out) {
  biobert_str taken;
  if (!take(from, bytes, &taken)) return false;
  *out = 0;
  memcpy(out, taken.data, bytes);
  return true;
}

static bool take_string(biobert_str *from, biobert_str *out) {
  uint64_t bytes;
  return take_number(from, sizeof bytes, &bytes) && take(from, bytes, out);
}

static biobert_status cut_off(const struct cursor *c) {
  return refuse(c, "the header leads out of the file: cut off or damaged");
}

/* Keys ------------------------------------------------------------------------------- */

/* The bytes of `count` values. */
static biobert_status take_items(struct cursor *c, bb_gguf_value *v) {
  uint64_t bytes;
  const char *begin = c->rest.data;
  if (widths[v->type]) {
    if (__builtin_mul_overflow(v->count, widths[v->type], &bytes) ||
        !take(&c->rest, bytes, &v->bytes))
      return cut_off(c);
    return BIOBERT_OK;
  }
  for (uint64_t i = 0; i < v->count; i++) {
    biobert_str ignored;
    if (!take_string(&c->rest, &ignored)) return cut_off(c);
  }
  v->bytes = (biobert_str){begin, (size_t)(c->rest.data - begin)};
  return BIOBERT_OK;
}

static biobert_status take_value(struct cursor *c, bb_gguf_value *v) {
  uint64_t type;
  *v = (bb_gguf_value){.count = 1};
  if (!take_number(&c->rest, 4, &type)) return cut_off(c);
  v->is_array = type == BB_GGUF_ARRAY;
  if (v->is_array &&
      (!take_number(&c->rest, 4, &type) || !take_number(&c->rest, 8, &v->count)))
    return cut_off(c);
  if (type == BB_GGUF_ARRAY) return refuse(c, "an array of arrays");
  if (type >= BB_GGUF_TYPE_COUNT) return refuse(c, "a value of an unknown type");
  v->type = (bb_gguf_type)type;
  return take_items(c, v);
}

static int compare_text(biobert_str a, biobert_str b) {
  const int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
  return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_keys(const void *a, const void *b) {
  return compare_text(((const bb_gguf_key *)a)->name, ((const bb_gguf_key *)b)->name);
}

static biobert_status take_keys(struct cursor *c, uint64_t count, bb_gguf *g) {
  if (count > MAX_KEYS || count > c->rest.len / MIN_KEY_BYTES)
    return refuse(c, "more keys than there is room for");
  g->keys = bb_alloc(NULL, (size_t)count, sizeof *g->keys);
  if (!g->keys) return bb_no_memory(c->err, c->what);
  for (; g->key_count < count; g->key_count++) {
    bb_gguf_key *key = &g->keys[g->key_count];
    if (!take_string(&c->rest, &key->name)) return cut_off(c);
    const biobert_status status = take_value(c, &key->value);
    if (status) return status;
  }
  if (count) qsort(g->keys, g->key_count, sizeof *g->keys, compare_keys);
  for (size_t i = 1; i < g->key_count; i++) {
    if (compare_keys(&g->keys[i - 1], &g->keys[i]) != 0) continue;
    char quoted[BB_QUOTE_BYTES];
    return bb_fail(c->err, BIOBERT_FORMAT, "%s: key %s is there twice", c->what,
                   bb_quote(quoted, g->keys[i].name));
  }
  return BIOBERT_OK;
}

/* Tensors ---------------------------------------------------------------------------- */

static biobert_status take_tensor(struct cursor *c, bb_gguf_tensor *t) {
  uint64_t rank, type;
  *t = (bb_gguf_tensor){0};
  if (!take_string(&c->rest, &t->name) || !take_number(&c->rest, 4, &rank))
    return cut_off(c);
  if (t->name.len == 0 || t->name.len > BB_MAX_TENSOR_NAME ||
      memchr(t->name.data, '\0', t->name.len))
    return refuse(c, "a tensor's name is empty, too long or holds a NUL");
  if (rank > BB_GGUF_MAX_RANK) return refuse(c, "a tensor of more than 4 dimensions");
  t->rank = (uint32_t)rank;
  for (uint32_t i = 0; i < t->rank; i++)
    if (!take_number(&c->rest, 8, &t->shape[i])) return cut_off(c);
  if (!take_number(&c->rest, 4, &type) || !take_number(&c->rest, 8, &t->offset))
    return cut_off(c);
  t->type = (uint32_t)type;
  return BIOBERT_OK;
}

static biobert_status take_tensors(struct cursor *c, uint64_t count, bb_gguf *g) {
  if (count > BB_MAX_TENSORS || count > c->rest.len / MIN_TENSOR_BYTES)
    return refuse(c, "more tensors than there is room for");
  g->tensors = bb_alloc(NULL, (size_t)count, sizeof *g->tensors);
  if (!g->tensors) return bb_no_memory(c->err, c->what);
  biobert_status status = BIOBERT_OK;
  for (; g->tensor_count < count && !status; g->tensor_count++)
    status = take_tensor(c, &g->tensors[g->tensor_count]);
  return status;
}

static biobert_status find_data(const struct cursor *c, bb_gguf *g) {
  const bb_gguf_value *value = bb_gguf_get(g, "general.alignment");
  int64_t alignment = ALIGNMENT;
  if (value && (!bb_gguf_int(value, &alignment) || alignment < 1 ||
                alignment > MAX_ALIGNMENT || (alignment & (alignment - 1))))
    return bb_fail(c->err, BIOBERT_FORMAT,
                   "%s: general.alignment is no power of two up to %d", c->what,
                   MAX_ALIGNMENT);
  g->alignment = (uint64_t)alignment;
  const uint64_t end = c->whole - c->rest.len;
  g->data = (end + g->alignment - 1) & ~(g->alignment - 1);
  return BIOBERT_OK;
}

/* Everything ------------------------------------------------------------------------- */

static biobert_status take_all(struct cursor *c, bb_gguf *g) {
  biobert_str mark;
  uint64_t version, tensors, keys;
  if (!take(&c->rest, 4, &mark) || memcmp(mark.data, "GGUF", 4) != 0)
    return refuse(c, "no GGUF");
  if (!take_number(&c->rest, 4, &version)) return cut_off(c);
  if (version < OLDEST || version > NEWEST)
    return bb_fail(c->err, BIOBERT_UNSUPPORTED,
                   "%s: version %" PRIu64 " of GGUF, expected %d or %d%s", c->what,
                   version, OLDEST, NEWEST, version >> 16 ? " (is it big-endian?)" : "");
  if (!take_number(&c->rest, 8, &tensors) || !take_number(&c->rest, 8, &keys))
    return cut_off(c);
  biobert_status status = take_keys(c, keys, g);
  if (!status) status = take_tensors(c, tensors, g);
  if (!status) status = find_data(c, g);
  return status;
}

biobert_status bb_gguf_parse(const bb_file *file, bb_gguf *out, biobert_error *err) {
  const size_t bytes =
      file->size < MAX_HEADER_BYTES ? (size_t)file->size : MAX_HEADER_BYTES;
  bb_gguf g = {.header = bb_alloc(NULL, bytes, 1)};
  if (!g.header) return bb_no_memory(err, file->path);
  struct cursor c = {
      .what = file->path, .rest = {g.header, bytes},
           .whole = bytes, .err = err
  };
  biobert_status status = bb_file_read(file, 0, g.header, bytes, err);
  if (!status && bb_is_lfs_pointer(g.header, bytes))
    status = bb_refuse_lfs_pointer(file->path, err);
  if (!status) status = take_all(&c, &g);
  if (status) {
    bb_gguf_free(&g);
    return status;
  }
  *out = g;
  return BIOBERT_OK;
}

biobert_status bb_gguf_open(const char *path, bb_gguf *out, biobert_error *err) {
  bb_file file = {0};
  biobert_status status = bb_file_open(path, &file, err);
  if (status) return status;
  status = bb_gguf_parse(&file, out, err);
  bb_file_close(&file);
  return status;
}

void bb_gguf_free(bb_gguf *gguf) {
  bb_free(NULL, gguf->header);
  bb_free(NULL, gguf->keys);
  bb_free(NULL, gguf->tensors);
  *gguf = (bb_gguf){0};
}

/* Values ----------------------------------------------------------------------------- */

const bb_gguf_value *bb_gguf_get(const bb_gguf *gguf, const char *key) {
  const bb_gguf_key wanted = {.name = bb_str(key)};
  if (gguf->key_count == 0) return NULL;
  const bb_gguf_key *found =
      bsearch(&wanted, gguf->keys, gguf->key_count, sizeof wanted, compare_keys);
  return found ? &found->value : NULL;
}

static bool is_signed(bb_gguf_type type) {
  return type == BB_GGUF_I8 || type == BB_GGUF_I16 || type == BB_GGUF_I32 ||
         type == BB_GGUF_I64;
}

static bool is_integer(bb_gguf_type type) {
  return is_signed(type) || type == BB_GGUF_U8 || type == BB_GGUF_U16 ||
         type == BB_GGUF_U32 || type == BB_GGUF_U64;
}

bool bb_gguf_next_int(bb_gguf_value *array, int64_t *out) {
  uint64_t value;
  const size_t width = widths[array->type];
  if (!is_integer(array->type) || !take_number(&array->bytes, width, &value))
    return false;
  const unsigned shift = (unsigned)(64 - 8 * width);
  if (is_signed(array->type))
    *out = (int64_t)(value << shift) >> shift;
  else if (value > INT64_MAX)
    return false;
  else
    *out = (int64_t)value;
  return true;
}

bool bb_gguf_next_string(bb_gguf_value *array, biobert_str *out) {
  return array->type == BB_GGUF_STRING && take_string(&array->bytes, out);
}

bool bb_gguf_int(const bb_gguf_value *value, int64_t *out) {
  if (!value || value->is_array) return false;
  bb_gguf_value item = *value;
  return bb_gguf_next_int(&item, out);
}

bool bb_gguf_number(const bb_gguf_value *value, double *out) {
  int64_t whole;
  if (bb_gguf_int(value, &whole)) {
    *out = (double)whole;
    return true;
  }
  if (!value || value->is_array) return false;
  if (value->type == BB_GGUF_F32)
    *out = (double)bb_read_f32(value->bytes.data);
  else if (value->type == BB_GGUF_F64)
    memcpy(out, value->bytes.data, sizeof *out);
  else
    return false;
  return true;
}

bool bb_gguf_bool(const bb_gguf_value *value, bool *out) {
  if (!value || value->is_array || value->type != BB_GGUF_BOOL) return false;
  *out = value->bytes.data[0] != 0;
  return true;
}

bool bb_gguf_string(const bb_gguf_value *value, biobert_str *out) {
  if (!value || value->is_array) return false;
  bb_gguf_value item = *value;
  return bb_gguf_next_string(&item, out);
}
