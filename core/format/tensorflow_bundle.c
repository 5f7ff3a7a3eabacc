/* tensorflow_bundle.c - the reader of TensorFlow's checkpoints (since 2017).
 *
 *   <prefix>.index                   a LevelDB table: "" -> header,
 *                                    name of a variable -> entry
 *   <prefix>.data-00000-of-00001     the bytes of the variables
 *
 *   header  1 number of data files
 *           2 byte order (0: little)
 *   entry   1 type
 *           2 shape {2 dimension {1 size}}
 *           3 data file
 *           4 offset
 *           5 bytes
 *           6 masked CRC-32C of the bytes
 *           7 slices
 *
 * Header and entries are Protocol Buffers: tag = number of the field << 3 | kind, and
 * what is 0 is not stored. The graph (<prefix>.meta), which is a program, is not looked
 * at. Source: tensor_bundle.proto and tensor_bundle.h of TensorFlow. */
#include "format/readers.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status.h"
#include "format/crc32c.h"
#include "format/leveldb_table.h"
#include "format/tensorflow_names.h"
#include "format/varint.h"

enum {
  MAX_INDEX_BYTES =
      64 << 20,         /* 1 KiB a tensor; BERT-base has 9 KB, 26 KB with Adam's slots */
  MAX_DATA_FILES = 256, /* arbitrary; checkpoints of one machine have 1 */
  SUFFIX_BYTES = 6,     /* ".index" */
};

/* DataType of types.proto. */
static const struct {
  uint64_t number;
  bb_dtype dtype;
  uint64_t bytes;
} types[] = {
    {1,  BB_F32,     4},
    {2,  BB_F64,     8},
    {3,  BB_INTEGER, 4},
    {4,  BB_INTEGER, 1},
    {5,  BB_INTEGER, 2},
    {6,  BB_INTEGER, 1},
    {9,  BB_INTEGER, 8},
    {10, BB_INTEGER, 1},
    {14, BB_BF16,    2},
    {19, BB_F16,     2},
};

struct bundle {
  bb_weights *w;
  const char *path; /* of the index; a copy, because adding a file moves the others */
  uint64_t data_files;
  uint32_t
      opened[MAX_DATA_FILES]; /* index into w->files, 0 (the index itself): not yet */
  bool objects;               /* a checkpoint of TensorFlow 2's objects */
};

struct entry {
  uint64_t type, file, offset, bytes;
  uint32_t crc;
  bool sliced, unknown_rank;
  bb_tensor tensor; /* shape and rank */
};

/* Protocol Buffers ------------------------------------------------------------------- */

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

struct field {
  uint64_t number;
  enum wire wire;
  uint64_t value;    /* of VARINT, FIXED64, FIXED32 */
  biobert_str bytes; /* of BYTES */
};

static bool take_bytes(biobert_str *from, uint64_t count, const char **out) {
  if (count > from->len) return false;
  *out = from->data;
  from->data += count;
  from->len -= (size_t)count;
  return true;
}

/* Takes a field off the front. False: damaged. */
static bool next_field(biobert_str *from, struct field *f) {
  uint64_t tag;
  const char *bytes;
  *f = (struct field){0};
  if (!bb_read_varint(from, &tag)) return false;
  f->number = tag >> 3;
  f->wire = (enum wire)(tag & 7);
  switch (f->wire) {
  case VARINT:
    return bb_read_varint(from, &f->value);
  case FIXED64:
    if (!take_bytes(from, sizeof(uint64_t), &bytes)) return false;
    f->value = bb_read_u64(bytes);
    return true;
  case FIXED32:
    if (!take_bytes(from, sizeof(uint32_t), &bytes)) return false;
    f->value = bb_read_u32(bytes);
    return true;
  case BYTES:
    if (!bb_read_varint(from, &f->value) || !take_bytes(from, f->value, &f->bytes.data))
      return false;
    f->bytes.len = (size_t)f->value;
    return true;
  }
  return false; /* a kind that is not known cannot be skipped */
}

/* {1 size, 2 name}: only the size matters. */
static bool read_dimension(biobert_str from, uint64_t *size) {
  struct field f;
  *size = 0;
  while (from.len > 0) {
    if (!next_field(&from, &f)) return false;
    if (f.number == 1 && f.wire == VARINT) *size = f.value;
  }
  return true;
}

static bool read_shape(biobert_str from, struct entry *e) {
  struct field f;
  while (from.len > 0) {
    if (!next_field(&from, &f)) return false;
    if (f.number == 3 && f.value) e->unknown_rank = true;
    if (f.number != 2 || f.wire != BYTES) continue;
    if (e->tensor.rank == BB_MAX_RANK ||
        !read_dimension(f.bytes, &e->tensor.shape[e->tensor.rank++]))
      return false;
  }
  return true;
}

static bool read_entry(biobert_str from, struct entry *e) {
  struct field f;
  *e = (struct entry){0};
  uint64_t *const numbers[] = {
      [1] = &e->type, [3] = &e->file, [4] = &e->offset, [5] = &e->bytes};
  while (from.len > 0) {
    if (!next_field(&from, &f)) return false;
    if (f.number == 2 && f.wire == BYTES && !read_shape(f.bytes, e)) return false;
    if (f.number == 6 && f.wire == FIXED32) e->crc = (uint32_t)f.value;
    if (f.number == 7) e->sliced = true;
    if (f.wire == VARINT && f.number < sizeof numbers / sizeof numbers[0] &&
        numbers[f.number])
      *numbers[f.number] = f.value;
  }
  return true;
}

/* Variables -------------------------------------------------------------------------- */

static biobert_status read_header(struct bundle *b, biobert_str value,
                                  biobert_error *err) {
  struct field f;
  uint64_t big_endian = 0;
  while (value.len > 0) {
    if (!next_field(&value, &f))
      return bb_fail(err, BIOBERT_FORMAT, "%s: the header is damaged", b->path);
    if (f.number == 1) b->data_files = f.value;
    if (f.number == 2) big_endian = f.value;
  }
  if (big_endian)
    return bb_fail(err, BIOBERT_UNSUPPORTED, "%s: its byte order is not little-endian",
                   b->path);
  if (b->data_files >= 1 && b->data_files <= MAX_DATA_FILES) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_FORMAT, "%s: %" PRIu64 " data files, expected 1 to %d",
                 b->path, b->data_files, MAX_DATA_FILES);
}

/* Opens a data file when the first variable of it is met. */
static biobert_status open_data(struct bundle *b, uint64_t number, uint32_t *file,
                                biobert_error *err) {
  enum { DATA_BYTES = 48 }; /* ".data-00000-of-00001", of larger numbers too */
  if (!b->opened[number]) {
    const size_t prefix = strlen(b->path) - SUFFIX_BYTES, size = prefix + DATA_BYTES;
    bb_file data = {0};
    char *path = bb_alloc(NULL, size, 1);
    if (!path) return bb_no_memory(err, b->path);
    snprintf(path, size, "%.*s.data-%05" PRIu64 "-of-%05" PRIu64, (int)prefix, b->path,
             number, b->data_files);
    biobert_status status = bb_file_open(path, &data, err);
    if (!status) status = bb_weights_add_file(b->w, &data, err);
    bb_free(NULL, path);
    if (status) return status;
    b->opened[number] = (uint32_t)(b->w->file_count - 1);
  }
  *file = b->opened[number];
  return BIOBERT_OK;
}

static biobert_status refuse(const struct bundle *b, biobert_str variable,
                             const char *why, biobert_error *err) {
  char quoted[BB_QUOTE_BYTES];
  return bb_fail(err, BIOBERT_FORMAT, "%s: variable %s: %s", b->path,
                 bb_quote(quoted, variable), why);
}

/* Type, shape and size agree; the type is known. */
static biobert_status check_entry(const struct bundle *b, biobert_str key,
                                  struct entry *e, biobert_error *err) {
  char quoted[BB_QUOTE_BYTES];
  uint64_t bytes = 0;
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    if (types[i].number != e->type) continue;
    e->tensor.dtype = types[i].dtype;
    bytes = types[i].bytes;
  }
  if (!bytes)
    return bb_fail(err, BIOBERT_UNSUPPORTED,
                   "%s: variable %s is of type %" PRIu64
                   ", expected a float or an integer",
                   b->path, bb_quote(quoted, key), e->type);
  bool fits = bb_tensor_set_row_major(&e->tensor);
  for (uint32_t i = 0; i < e->tensor.rank; i++)
    fits = fits && !__builtin_mul_overflow(bytes, e->tensor.shape[i], &bytes);
  if (!fits || bytes != e->bytes)
    return refuse(b, key, "type and shape do not give its size", err);
  if (e->file >= b->data_files)
    return refuse(b, key, "it lies in a data file that is not there", err);
  return BIOBERT_OK;
}

/* A stored [in, out] as the [out, in] that it is here: by its strides. */
static void turn(bb_tensor *t) {
  if (t->rank != 2) return;
  const uint64_t rows = t->shape[0], cols = t->shape[1];
  t->shape[0] = cols;
  t->shape[1] = rows;
  t->stride[0] = 1;
  t->stride[1] = cols;
}

static biobert_status add_variable(struct bundle *b, biobert_str key, biobert_str value,
                                   biobert_error *err) {
  struct entry e;
  char name[BB_MAX_TENSOR_NAME + 1];
  bool turned;
  if (bb_str_equal(key, "_CHECKPOINTABLE_OBJECT_GRAPH")) b->objects = true;
  if (!bb_tensorflow_name(key, name, &turned)) return BIOBERT_OK;
  if (!read_entry(value, &e) || e.unknown_rank)
    return refuse(b, key, "its description is damaged", err);
  if (e.sliced)
    return bb_fail(err, BIOBERT_UNSUPPORTED,
                   "%s: variable %s is stored in slices, which BERT's are not", b->path,
                   name);
  biobert_status status = check_entry(b, key, &e, err);
  if (!status) status = open_data(b, e.file, &e.tensor.file, err);
  if (status) return status;
  e.tensor.name = name;
  e.tensor.offset = e.offset;
  e.tensor.has_crc = true;
  e.tensor.crc = bb_crc32c_unmask(e.crc);
  if (turned) turn(&e.tensor);
  return bb_weights_add_tensor(b->w, &e.tensor, err);
}

static biobert_status read_pair(void *ctx, biobert_str key, biobert_str value,
                                biobert_error *err) {
  struct bundle *b = ctx;
  if (key.len == 0) return read_header(b, value, err);
  if (b->data_files == 0)
    return bb_fail(err, BIOBERT_FORMAT, "%s: the table has no header", b->path);
  return add_variable(b, key, value, err);
}

/* The names of the objects are those of a program: they do not say which tensor is which.
 */
static biobert_status check_kind(const struct bundle *b, biobert_error *err) {
  for (size_t i = 0; b->objects && i < b->w->tensor_count; i++)
    if (strstr(b->w->tensors[i].name, "word_embeddings.weight")) return BIOBERT_OK;
  if (!b->objects) return BIOBERT_OK;
  return bb_fail(
      err, BIOBERT_UNSUPPORTED,
      "%s: a checkpoint of TensorFlow 2's objects (tf.train.Checkpoint), without "
      "the variable names of Google's BERT: save the model with transformers "
      "instead",
      b->path);
}

biobert_status bb_tensorflow_read(bb_weights *w, uint32_t file, biobert_error *err) {
  bb_buffer text = {0};
  char *path = bb_copy_str(NULL, bb_str(w->files[file].path));
  if (!path) return bb_no_memory(err, "a path");
  struct bundle b = {.w = w, .path = path};
  biobert_status status = BIOBERT_OK;
  const size_t len = strlen(path);
  if (len <= SUFFIX_BYTES || strcmp(path + len - SUFFIX_BYTES, ".index") != 0)
    status =
        bb_fail(err, BIOBERT_FORMAT, "%s: expected a name that ends in .index", path);
  if (!status) status = bb_file_read_all(path, MAX_INDEX_BYTES, &text, err);
  if (!status)
    status = bb_leveldb_table_read((biobert_str){text.data, text.len}, path, read_pair,
                                   &b, err);
  if (!status) status = check_kind(&b, err);
  bb_free(NULL, text.data);
  bb_free(NULL, path);
  return status;
}
