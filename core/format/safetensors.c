/* safetensors.c - the reader of safetensors.
 *
 *   u64 N | N bytes of JSON | the bytes of the tensors
 *   {"name": {"dtype": "F32", "shape": [384, 384], "data_offsets": [begin, end]}, ...,
 *    "__metadata__": {"key": "text"}}
 *
 * Offsets count from the end of the header. As in the reference implementation the
 * tensors must cover the rest of the file exactly, without gaps, overlaps or bytes after
 * the last: so no two readers can see two models in one file. */
#include "format/readers.h"

#include <inttypes.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status.h"
#include "format/json.h"

enum {
  LENGTH_BYTES = 8,
  MAX_HEADER_BYTES = 100 * 1000 * 1000, /* the reference implementation's limit */
  MEMBERS = 3,                          /* of a tensor's description */
};

/* The types of whole bytes; F4 and F6 are refused like any unknown name. */
static const struct {
  const char *name;
  bb_dtype dtype;
  uint64_t bytes;
} types[] = {
    {"F32",     BB_F32,     4},
    {"F16",     BB_F16,     2},
    {"BF16",    BB_BF16,    2},
    {"F64",     BB_F64,     8},
    {"BOOL",    BB_INTEGER, 1},
    {"U8",      BB_INTEGER, 1},
    {"I8",      BB_INTEGER, 1},
    {"I16",     BB_INTEGER, 2},
    {"U16",     BB_INTEGER, 2},
    {"I32",     BB_INTEGER, 4},
    {"U32",     BB_INTEGER, 4},
    {"I64",     BB_INTEGER, 8},
    {"U64",     BB_INTEGER, 8},
    {"C64",     BB_INTEGER, 8},
    {"F8_E5M2", BB_INTEGER, 1},
    {"F8_E4M3", BB_INTEGER, 1},
    {"F8_E8M0", BB_INTEGER, 1},
};

struct range {
  uint64_t begin, end;
  const bb_json_node *tensor;
};

struct reader {
  bb_weights *w;
  uint32_t file;
  const char *path;
  uint64_t data_offset, data_bytes;
  struct range *ranges;
  size_t count;
  biobert_error *err;
};

static biobert_status refuse(const struct reader *r, const bb_json_node *tensor,
                             const char *why) {
  char name[BB_QUOTE_BYTES];
  return bb_fail(r->err, BIOBERT_FORMAT, "%s: tensor %s: %s", r->path,
                 bb_quote(name, bb_json_key(tensor)), why);
}

static bool read_count(const bb_json_node *node, uint64_t *out) {
  int64_t value;
  if (!bb_json_int(node, &value) || value < 0) return false;
  *out = (uint64_t)value;
  return true;
}

static biobert_status read_shape(const struct reader *r, const bb_json_node *entry,
                                 bb_tensor *t) {
  const bb_json_node *shape = bb_json_get(entry, "shape");
  if (bb_json_kind_of(shape) != BB_JSON_ARRAY)
    return refuse(r, entry, "shape is no array of numbers");
  if (bb_json_count(shape) > BB_MAX_RANK)
    return refuse(r, entry, "shape has too many dimensions");
  for (const bb_json_node *d = bb_json_first(shape); d; d = bb_json_next(d))
    if (!read_count(d, &t->shape[t->rank++]))
      return refuse(r, entry, "shape holds something that is no whole number from 0");
  return bb_tensor_set_row_major(t) ? BIOBERT_OK : refuse(r, entry, "shape is too large");
}

static biobert_status read_range(const struct reader *r, const bb_json_node *entry,
                                 struct range *out) {
  const bb_json_node *offsets = bb_json_get(entry, "data_offsets");
  const bb_json_node *begin = bb_json_first(offsets), *end = bb_json_next(begin);
  if (bb_json_kind_of(offsets) != BB_JSON_ARRAY || bb_json_count(offsets) != 2 ||
      !read_count(begin, &out->begin) || !read_count(end, &out->end))
    return refuse(r, entry, "data_offsets is no pair of whole numbers from 0");
  if (out->begin > out->end || out->end > r->data_bytes)
    return refuse(r, entry,
                  "data_offsets lead out of the file: it is cut off or damaged");
  out->tensor = entry;
  return BIOBERT_OK;
}

static biobert_status read_type(const struct reader *r, const bb_json_node *entry,
                                bb_dtype *dtype, uint64_t *bytes) {
  const biobert_str name = bb_json_string(bb_json_get(entry, "dtype"));
  if (!name.data) return refuse(r, entry, "dtype is no string");
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    if (!bb_str_equal(name, types[i].name)) continue;
    *dtype = types[i].dtype;
    *bytes = types[i].bytes;
    return BIOBERT_OK;
  }
  char tensor[BB_QUOTE_BYTES], type[BB_QUOTE_BYTES];
  return bb_fail(r->err, BIOBERT_UNSUPPORTED, "%s: tensor %s: dtype %s is not known",
                 r->path, bb_quote(tensor, bb_json_key(entry)), bb_quote(type, name));
}

static biobert_status read_tensor(struct reader *r, const bb_json_node *entry) {
  const biobert_str name = bb_json_key(entry);
  bb_tensor t = {.file = r->file};
  struct range *range = &r->ranges[r->count++];
  uint64_t bytes = 0; /* of an element, then of all */
  if (memchr(name.data, '\0', name.len)) return refuse(r, entry, "a NUL in the name");
  if (bb_json_kind_of(entry) != BB_JSON_OBJECT || bb_json_count(entry) != MEMBERS)
    return refuse(r, entry, "expected dtype, shape and data_offsets");
  biobert_status status = read_type(r, entry, &t.dtype, &bytes);
  if (status) return status;
  status = read_shape(r, entry, &t);
  if (status) return status;
  status = read_range(r, entry, range);
  if (status) return status;

  bool fits = true;
  for (uint32_t i = 0; i < t.rank; i++)
    fits = fits && !__builtin_mul_overflow(bytes, t.shape[i], &bytes);
  if (!fits || bytes != range->end - range->begin)
    return refuse(r, entry, "dtype and shape do not give the size that data_offsets say");
  t.offset = r->data_offset + range->begin;
  t.name = bb_copy_str(NULL, name);
  if (!t.name) return bb_no_memory(r->err, r->path);
  status = bb_weights_add_tensor(r->w, &t, r->err);
  bb_free(NULL, t.name);
  return status;
}

static biobert_status check_metadata(const struct reader *r,
                                     const bb_json_node *metadata) {
  bool strings = bb_json_kind_of(metadata) == BB_JSON_OBJECT;
  if (bb_json_kind_of(metadata) == BB_JSON_NULL)
    return BIOBERT_OK; /* so in the reference */
  for (const bb_json_node *m = bb_json_first(metadata); m; m = bb_json_next(m))
    strings = strings && bb_json_kind_of(m) == BB_JSON_STRING;
  if (strings) return BIOBERT_OK;
  return bb_fail(r->err, BIOBERT_FORMAT, "%s: __metadata__ is no object of strings",
                 r->path);
}

static int compare_ranges(const void *a, const void *b) {
  const struct range *left = a, *right = b;
  if (left->begin != right->begin) return left->begin < right->begin ? -1 : 1;
  return (left->end > right->end) - (left->end < right->end);
}

static biobert_status check_coverage(const struct reader *r) {
  uint64_t at = 0;
  if (r->count) qsort(r->ranges, r->count, sizeof *r->ranges, compare_ranges);
  for (size_t i = 0; i < r->count; i++) {
    const struct range *range = &r->ranges[i];
    if (range->begin < at) return refuse(r, range->tensor, "overlaps another tensor");
    if (range->begin > at) return refuse(r, range->tensor, "a gap before its bytes");
    at = range->end;
  }
  if (at == r->data_bytes) return BIOBERT_OK;
  return bb_fail(r->err, BIOBERT_FORMAT,
                 "%s: %" PRIu64 " bytes behind the last tensor, expected none", r->path,
                 r->data_bytes - at);
}

static biobert_status read_tensors(struct reader *r, const bb_json_node *root) {
  if (bb_json_count(root) > BB_MAX_TENSORS + 1)
    return bb_fail(r->err, BIOBERT_FORMAT, "%s: %zu tensors, more than %d", r->path,
                   bb_json_count(root), BB_MAX_TENSORS);
  r->ranges = bb_alloc(NULL, bb_json_count(root), sizeof *r->ranges);
  if (!r->ranges) return bb_no_memory(r->err, r->path);
  biobert_status status = BIOBERT_OK;
  for (const bb_json_node *e = bb_json_first(root); e && !status; e = bb_json_next(e))
    status = bb_str_equal(bb_json_key(e), "__metadata__") ? check_metadata(r, e)
                                                          : read_tensor(r, e);
  if (!status) status = check_coverage(r);
  bb_free(NULL, r->ranges);
  return status;
}

static biobert_status read_header(const bb_file *file, uint64_t *bytes, bb_json **out,
                                  biobert_error *err) {
  unsigned char length[LENGTH_BYTES];
  if (file->size < LENGTH_BYTES)
    return bb_fail(err, BIOBERT_FORMAT,
                   "%s: %" PRIu64 " bytes are too few for safetensors", file->path,
                   file->size);
  biobert_status status = bb_file_read(file, 0, length, sizeof length, err);
  if (status) return status;
  *bytes = bb_read_u64(length);
  if (*bytes > MAX_HEADER_BYTES || *bytes > file->size - LENGTH_BYTES)
    return bb_fail(err, BIOBERT_FORMAT,
                   "%s: a header of %" PRIu64 " bytes in a file of %" PRIu64
                   ": cut off, or no safetensors",
                   file->path, *bytes, file->size);
  char *text = bb_alloc(NULL, (size_t)*bytes, 1);
  if (!text) return bb_no_memory(err, file->path);
  status = bb_file_read(file, LENGTH_BYTES, text, (size_t)*bytes, err);
  if (!status && (*bytes == 0 || text[0] != '{'))
    status = bb_fail(err, BIOBERT_FORMAT, "%s: the header of safetensors begins with '{'",
                     file->path);
  if (!status)
    status = bb_json_parse((biobert_str){text, (size_t)*bytes}, file->path, out, err);
  bb_free(NULL, text);
  return status;
}

biobert_status bb_safetensors_read(bb_weights *w, uint32_t file, biobert_error *err) {
  const bb_file *f = &w->files[file];
  uint64_t header_bytes = 0;
  bb_json *json = NULL;
  biobert_status status = read_header(f, &header_bytes, &json, err);
  if (status) return status;
  struct reader r = {.w = w,
                     .file = file,
                     .path = f->path,
                     .data_offset = LENGTH_BYTES + header_bytes,
                     .data_bytes = f->size - LENGTH_BYTES - header_bytes,
                     .err = err};
  status = read_tensors(&r, bb_json_root(json));
  bb_json_free(json);
  return status;
}
