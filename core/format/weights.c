/* weights.c - the table of formats, and what is common to all of them.
 *
 * A file's format is known by its first bytes, whatever its name says: the name only
 * decides for files without a mark at the front. */
#include "format/weights.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status.h"
#include "format/json.h"

enum {
  HEAD_BYTES = 512,      /* the furthest mark, tar's, ends at 262 */
  BLOCK_BYTES = 1 << 20, /* read and converted at a time; arbitrary */
  MAX_INDEX_BYTES =
      32 << 20,     /* BB_MAX_TENSORS names of 400 bytes; real ones have 20 KB */
  MAX_SHARDS = 256, /* arbitrary; models of 70 GB have 30 */
  MAX_TENSOR_BYTES_FACTOR = 2, /* all tensors against all files: a decoder tied to the
                                  word embeddings less than doubles them */
};

typedef struct format {
  const char *name;
  const char *file, *index; /* what a model directory calls it; NULL: no such name */
  const char *suffix;       /* decides where no mark does; NULL: never */
  const char *mark; /* bytes at mark_at; of several that fit, the longest decides */
  size_t mark_at;
  biobert_status (*read)(bb_weights *w, uint32_t file, biobert_error *err);
  const char *refusal; /* instead of read: why not, and what to do */
} format;

#define SAVE_AS_SAFETENSORS                                                              \
  "save the model again with transformers' model.save_pretrained(), which writes "       \
  "model.safetensors"

/* In order of preference. (clang-format 14 would align the braces of unlike rows.) */
/* clang-format off */
static const format formats[] = {
    {.name = "safetensors",
     .file = "model.safetensors",
     .index = "model.safetensors.index.json",
     .suffix = ".safetensors",
     .mark = "{",
     .mark_at = 8,
     .read = bb_safetensors_read},
    {.name = "pytorch",
     .file = "pytorch_model.bin",
     .index = "pytorch_model.bin.index.json",
     .suffix = ".bin",
     .mark = "PK\x03\x04",
     .read = bb_pytorch_zip_read},
    {.name = "pytorch legacy",
     .mark = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19",
     .refusal = "PyTorch's legacy format (before 1.6) is not read yet: save it again by "
                "torch.save(torch.load(...)) or as safetensors"},
    {.name = "pytorch tar",
     .mark = "ustar",
     .mark_at = 257,
     .refusal = "PyTorch's tar format (before 0.1.10) is not read: save it again with "
                "torch.save(torch.load(...)) or as safetensors"},
    {.name = "gguf",
     .file = "model.gguf",
     .suffix = ".gguf",
     .mark = "GGUF",
     .refusal = "GGUF is not read yet: take the model's safetensors or PyTorch files"},
    {.name = "tensorflow",
     .file = "bert_model.ckpt.index",
     .suffix = ".ckpt.index",
     .refusal = "TensorFlow checkpoints are not read yet: " SAVE_AS_SAFETENSORS},
    {.name = "keras",
     .file = "tf_model.h5",
     .suffix = ".h5",
     .mark = "\x89HDF\r\n\x1a\n",
     .refusal = "Keras' HDF5 files are not read: " SAVE_AS_SAFETENSORS},
    {.name = "flax",
     .file = "flax_model.msgpack",
     .suffix = ".msgpack",
     .refusal = "Flax' msgpack files are not read: " SAVE_AS_SAFETENSORS},
};
/* clang-format on */
enum { FORMAT_COUNT = sizeof formats / sizeof formats[0] };

/* The arrays of a bb_weights grow; how far they may is this file's matter. */
typedef struct holder {
  bb_weights w; /* first: a bb_weights made here is a holder */
  size_t file_capacity, tensor_capacity;
} holder;

/* Tensors -------------------------------------------------------------------------- */

size_t bb_dtype_bytes(bb_dtype dtype) {
  static const size_t bytes[] = {
      [BB_F32] = 4, [BB_F16] = 2, [BB_BF16] = 2, [BB_F64] = 8, [BB_INTEGER] = 0};
  return bytes[dtype];
}

static uint64_t element_count(const bb_tensor *t) {
  uint64_t count = 1;
  for (uint32_t i = 0; i < t->rank; i++) count *= t->shape[i];
  return count;
}

/* Elements of a tensor, and elements from its first to its furthest; both 0 for an empty
 * one. False: a number does not fit. */
static bool measure(const bb_tensor *t, uint64_t *count, uint64_t *span) {
  *count = 1;
  *span = 1;
  bool empty = false, fits = true;
  for (uint32_t i = 0; i < t->rank; i++) {
    uint64_t far;
    if (t->shape[i] == 0) {
      empty = true;
      continue;
    }
    fits &= !__builtin_mul_overflow(*count, t->shape[i], count);
    fits &= !__builtin_mul_overflow(t->shape[i] - 1, t->stride[i], &far);
    fits &= !__builtin_add_overflow(*span, far, span);
  }
  if (empty) *count = *span = 0;
  return fits;
}

/* Every element of the tensor lies in its file, and it has no more of them than the file
 * could hold: a stride of 0 would make any number of one. */
static biobert_status check_extent(const bb_weights *w, const bb_tensor *t,
                                   biobert_error *err) {
  const bb_file *file = &w->files[t->file];
  const uint64_t width = t->dtype == BB_INTEGER ? 1 : bb_dtype_bytes(t->dtype);
  uint64_t count, span, end;
  bool fits = measure(t, &count, &span);
  fits = fits && !__builtin_mul_overflow(span, width, &end);
  fits = fits && !__builtin_add_overflow(end, t->offset, &end);
  fits = fits && !__builtin_mul_overflow(count, width, &count);
  if (fits && end <= file->size && count <= file->size) return BIOBERT_OK;
  char name[BB_QUOTE_BYTES], shape[128];
  return bb_fail(err, BIOBERT_FORMAT,
                 "%s: tensor %s of shape %s does not fit in the file's %" PRIu64 " bytes",
                 file->path, bb_quote(name, bb_str(t->name)), bb_shape_text(t, shape),
                 file->size);
}

biobert_status bb_weights_add_file(bb_weights *w, bb_file *file, biobert_error *err) {
  holder *h = (holder *)w;
  void *files = w->files;
  if (!bb_grow(NULL, &files, &h->file_capacity, w->file_count, sizeof *file)) {
    const biobert_status status = bb_no_memory(err, file->path);
    bb_file_close(file);
    return status;
  }
  w->files = files;
  w->files[w->file_count++] = *file;
  *file = (bb_file){0};
  return BIOBERT_OK;
}

biobert_status bb_weights_add_tensor(bb_weights *w, const bb_tensor *tensor,
                                     biobert_error *err) {
  holder *h = (holder *)w;
  const char *path = w->files[tensor->file].path;
  char quoted[BB_QUOTE_BYTES];
  bb_quote(quoted, bb_str(tensor->name));
  if (strlen(tensor->name) > BB_MAX_TENSOR_NAME)
    return bb_fail(err, BIOBERT_FORMAT, "%s: tensor name %s has %zu bytes, more than %d",
                   path, quoted, strlen(tensor->name), BB_MAX_TENSOR_NAME);
  if (tensor->rank > BB_MAX_RANK)
    return bb_fail(err, BIOBERT_FORMAT,
                   "%s: tensor %s has %" PRIu32 " dimensions, more than %d", path, quoted,
                   tensor->rank, BB_MAX_RANK);
  if (w->tensor_count == BB_MAX_TENSORS)
    return bb_fail(err, BIOBERT_FORMAT, "%s: more than %d tensors", path, BB_MAX_TENSORS);
  const biobert_status status = check_extent(w, tensor, err);
  if (status) return status;

  void *tensors = w->tensors;
  if (!bb_grow(NULL, &tensors, &h->tensor_capacity, w->tensor_count, sizeof *tensor))
    return bb_no_memory(err, path);
  w->tensors = tensors;
  bb_tensor *added = &w->tensors[w->tensor_count];
  *added = *tensor;
  added->name = bb_copy_str(NULL, bb_str(tensor->name));
  if (!added->name) return bb_no_memory(err, path);
  w->tensor_count++;
  return BIOBERT_OK;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(((const bb_tensor *)a)->name, ((const bb_tensor *)b)->name);
}

const bb_tensor *bb_weights_find(const bb_weights *w, const char *name) {
  size_t low = 0, high = w->tensor_count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    const int order = strcmp(name, w->tensors[middle].name);
    if (order == 0) return &w->tensors[middle];
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}

const char *bb_shape_text(const bb_tensor *tensor, char buffer[128]) {
  enum { BYTES = 128, DIMENSION = 24 }; /* ", 18446744073709551615]" and its NUL */
  size_t length = (size_t)snprintf(buffer, BYTES, "[");
  for (uint32_t i = 0; i < tensor->rank; i++) {
    const char *comma = i ? ", " : "";
    if (length + DIMENSION + sizeof "..." > BYTES) {
      length += (size_t)snprintf(buffer + length, BYTES - length, "%s...", comma);
      break;
    }
    length += (size_t)snprintf(buffer + length, BYTES - length, "%s%" PRIu64, comma,
                               tensor->shape[i]);
  }
  snprintf(buffer + length, BYTES - length, "]");
  return buffer;
}

/* Opening -------------------------------------------------------------------------- */

static bool has_suffix(const char *path, const char *suffix) {
  const size_t length = strlen(path), wanted = suffix ? strlen(suffix) : 0;
  return suffix && length >= wanted && strcmp(path + length - wanted, suffix) == 0;
}

static const format *format_of(const char *path, const char *head, size_t bytes) {
  const format *best = NULL;
  size_t best_length = 0;
  for (size_t i = 0; i < FORMAT_COUNT; i++) {
    const format *f = &formats[i];
    const size_t length = f->mark ? strlen(f->mark) : 0;
    if (length <= best_length || bytes < f->mark_at + length) continue;
    if (memcmp(head + f->mark_at, f->mark, length) != 0) continue;
    best = f;
    best_length = length;
  }
  for (size_t i = 0; i < FORMAT_COUNT && !best; i++)
    if (has_suffix(path, formats[i].suffix)) best = &formats[i];
  return best;
}

static biobert_status refuse_lfs_pointer(const char *path, biobert_error *err) {
  return bb_fail(
      err, BIOBERT_FORMAT,
      "%s: a git-lfs pointer in place of the file itself: run `git lfs pull` where "
      "it was cloned, or `make model` for the default model",
      path);
}

static biobert_status read_file(bb_weights *w, uint32_t index, biobert_error *err) {
  const bb_file *file = &w->files[index];
  char head[HEAD_BYTES];
  const size_t bytes = file->size < sizeof head ? (size_t)file->size : sizeof head;
  const biobert_status status = bb_file_read(file, 0, head, bytes, err);
  if (status) return status;
  if (bb_is_lfs_pointer(head, bytes)) return refuse_lfs_pointer(file->path, err);
  const format *f = format_of(file->path, head, bytes);
  if (!f)
    return bb_fail(err, BIOBERT_FORMAT,
                   "%s: neither safetensors nor PyTorch weights, by its first bytes",
                   file->path);
  if (!f->read)
    return bb_fail(err, BIOBERT_UNSUPPORTED, "%s: %s", file->path, f->refusal);
  if (!w->format) w->format = f->name;
  return f->read(w, index, err);
}

static biobert_status add_and_read(bb_weights *w, const char *path, biobert_error *err) {
  bb_file file = {0};
  biobert_status status = bb_file_open(path, &file, err);
  if (status) return status;
  status = bb_weights_add_file(w, &file, err);
  if (status) return status;
  return read_file(w, (uint32_t)(w->file_count - 1), err);
}

/* What a caller would need to read every tensor once; a pickle may name one storage many
 * times. */
static biobert_status check_amount(const bb_weights *w, biobert_error *err) {
  uint64_t files = 0, tensors = 0;
  for (size_t i = 0; i < w->file_count; i++) files += w->files[i].size;
  for (size_t i = 0; i < w->tensor_count; i++) {
    const bb_tensor *t = &w->tensors[i];
    tensors += element_count(t) * bb_dtype_bytes(t->dtype);
    /* Each is smaller than its file: looked at one by one, the sum cannot overflow. */
    if (tensors / MAX_TENSOR_BYTES_FACTOR > files)
      return bb_fail(
          err, BIOBERT_FORMAT,
          "%s: its tensors share their bytes so often that they would take more "
          "than %d times the %" PRIu64 " bytes of the file",
          w->files[0].path, MAX_TENSOR_BYTES_FACTOR, files);
  }
  return BIOBERT_OK;
}

static biobert_status finish(bb_weights *w, biobert_error *err) {
  if (w->tensor_count > 1)
    qsort(w->tensors, w->tensor_count, sizeof *w->tensors, compare_names);
  for (size_t i = 1; i < w->tensor_count; i++) {
    const bb_tensor *t = &w->tensors[i];
    if (strcmp(t[-1].name, t->name) != 0) continue;
    char name[BB_QUOTE_BYTES];
    return bb_fail(err, BIOBERT_FORMAT, "%s: tensor %s is there twice",
                   w->files[t->file].path, bb_quote(name, bb_str(t->name)));
  }
  return check_amount(w, err);
}

static bb_weights *new_weights(void) {
  holder *h = bb_alloc_zeroed(NULL, 1, sizeof *h);
  return h ? &h->w : NULL;
}

biobert_status bb_weights_open_file(const char *path, bb_weights **out,
                                    biobert_error *err) {
  bb_weights *w = new_weights();
  if (!w) return bb_no_memory(err, path);
  biobert_status status = add_and_read(w, path, err);
  if (status) goto done;
  status = finish(w, err);
  if (status) goto done;
  *out = w;
  w = NULL;

done:
  bb_weights_close(w);
  return status;
}

void bb_weights_close(bb_weights *w) {
  if (!w) return;
  for (size_t i = 0; i < w->tensor_count; i++) bb_free(NULL, w->tensors[i].name);
  for (size_t i = 0; i < w->file_count; i++) bb_file_close(&w->files[i]);
  bb_free(NULL, w->tensors);
  bb_free(NULL, w->files);
  bb_free(NULL, w);
}

/* Weights in several files --------------------------------------------------------- */

/* {"weight_map": {tensor: file in the same directory}} */
typedef struct shard_index {
  const char *directory, *path;
  bb_json *json;
  const bb_json_node *map;
} shard_index;

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* Which file of w is called so; file_count if none. Neighbours in the map mostly share a
 * file, so the search starts at the one found last. */
static size_t shard_named(const bb_weights *w, biobert_str name, size_t start) {
  for (size_t i = 0; i < w->file_count; i++) {
    const size_t at = (start + i) % w->file_count;
    if (bb_str_equal(name, last_part(w->files[at].path))) return at;
  }
  return w->file_count;
}

/* A name that could lead out of the directory is refused, not cleaned. */
static biobert_status check_shard_name(const shard_index *index,
                                       const bb_json_node *entry, biobert_error *err) {
  const biobert_str name = bb_json_string(entry);
  char quoted[BB_QUOTE_BYTES];
  if (!name.data || name.len == 0)
    return bb_fail(err, BIOBERT_FORMAT, "%s: weight_map: %s is %s, expected a file name",
                   index->path, bb_quote(quoted, bb_json_key(entry)),
                   bb_json_kind_name(bb_json_kind_of(entry)));
  const bool plain = !memchr(name.data, '/', name.len) &&
                     !memchr(name.data, '\\', name.len) &&
                     !memchr(name.data, '\0', name.len) && !bb_str_equal(name, "..") &&
                     !bb_str_equal(name, ".");
  if (plain) return BIOBERT_OK;
  return bb_fail(
      err, BIOBERT_FORMAT,
      "%s: weight_map names the file \"%s\", expected one of the same directory",
      index->path, bb_quote(quoted, name));
}

static biobert_status open_shard(bb_weights *w, const shard_index *index,
                                 biobert_str name, biobert_error *err) {
  if (w->file_count == MAX_SHARDS)
    return bb_fail(err, BIOBERT_FORMAT, "%s: weight_map names more than %d files",
                   index->path, MAX_SHARDS);
  char *path = bb_path_join(bb_str(index->directory), name);
  if (!path) return bb_no_memory(err, index->path);
  const biobert_status status = add_and_read(w, path, err);
  bb_free(NULL, path);
  return status;
}

static biobert_status open_shards(bb_weights *w, const shard_index *index,
                                  biobert_error *err) {
  size_t shard = 0;
  for (const bb_json_node *e = bb_json_first(index->map); e; e = bb_json_next(e)) {
    biobert_status status = check_shard_name(index, e, err);
    if (status) return status;
    shard = shard_named(w, bb_json_string(e), shard);
    if (shard < w->file_count) continue;
    status = open_shard(w, index, bb_json_string(e), err);
    if (status) return status;
  }
  return BIOBERT_OK;
}

/* The map and the files say the same of every tensor in the map. */
static biobert_status check_map(const bb_weights *w, const shard_index *index,
                                biobert_error *err) {
  size_t shard = 0;
  for (const bb_json_node *e = bb_json_first(index->map); e; e = bb_json_next(e)) {
    const biobert_str name = bb_json_key(e);
    shard = shard_named(w, bb_json_string(e), shard);
    const bool whole = !memchr(name.data, '\0', name.len);
    const bb_tensor *t = whole ? bb_weights_find(w, name.data) : NULL;
    if (t && t->file == shard) continue;
    char tensor[BB_QUOTE_BYTES], file[BB_QUOTE_BYTES];
    return bb_fail(err, BIOBERT_FORMAT,
                   "%s: tensor %s is not in %s, where weight_map puts it", index->path,
                   bb_quote(tensor, name), bb_quote(file, bb_json_string(e)));
  }
  return BIOBERT_OK;
}

static biobert_status read_index(shard_index *index, biobert_error *err) {
  bb_buffer text = {0};
  biobert_status status = bb_file_read_all(index->path, MAX_INDEX_BYTES, &text, err);
  if (status) return status;
  if (bb_is_lfs_pointer(text.data, text.len))
    status = refuse_lfs_pointer(index->path, err);
  else
    status =
        bb_json_parse((biobert_str){text.data, text.len}, index->path, &index->json, err);
  bb_free(NULL, text.data);
  if (status) return status;
  index->map = bb_json_get(bb_json_root(index->json), "weight_map");
  if (bb_json_kind_of(index->map) == BB_JSON_OBJECT) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_FORMAT, "%s: weight_map is %s, expected an object",
                 index->path,
                 index->map ? bb_json_kind_name(bb_json_kind_of(index->map)) : "absent");
}

static biobert_status open_index(const char *directory, const char *path,
                                 bb_weights **out, biobert_error *err) {
  shard_index index = {.directory = directory, .path = path};
  bb_weights *w = NULL;
  biobert_status status = read_index(&index, err);
  if (status) goto done;
  w = new_weights();
  if (!w) {
    status = bb_no_memory(err, path);
    goto done;
  }
  status = open_shards(w, &index, err);
  if (status) goto done;
  status = finish(w, err);
  if (status) goto done;
  status = check_map(w, &index, err);
  if (status) goto done;
  *out = w;
  w = NULL;

done:
  bb_json_free(index.json);
  bb_weights_close(w);
  return status;
}

static biobert_status refuse_directory(const char *directory, biobert_error *err) {
  char names[256] = "";
  size_t length = 0;
  for (size_t i = 0; i < FORMAT_COUNT; i++) {
    const format *f = &formats[i];
    if (!f->read) continue;
    length += (size_t)snprintf(names + length, sizeof names - length, "%s%s, %s",
                               length ? ", " : "", f->file, f->index);
  }
  return bb_fail(err, BIOBERT_IO, "%s: no weights: looked for %s", directory, names);
}

/* *found: whether the directory has a file of this name; only then does the status say
 * anything. */
static biobert_status try_name(const char *directory, const char *name, bool *found,
                               bb_weights **out, biobert_error *err) {
  *found = false;
  if (!name) return BIOBERT_OK;
  char *path = bb_path_join(bb_str(directory), bb_str(name));
  if (!path) {
    *found = true;
    return bb_no_memory(err, directory);
  }
  biobert_status status = BIOBERT_OK;
  *found = bb_path_exists(path);
  if (*found && has_suffix(name, ".index.json"))
    status = open_index(directory, path, out, err);
  else if (*found)
    status = bb_weights_open_file(path, out, err);
  bb_free(NULL, path);
  return status;
}

biobert_status bb_weights_open(const char *directory, bb_weights **out,
                               biobert_error *err) {
  for (size_t i = 0; i < FORMAT_COUNT; i++) {
    const char *const names[] = {formats[i].file, formats[i].index};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
      bool found;
      const biobert_status status = try_name(directory, names[k], &found, out, err);
      if (found) return status;
    }
  }
  return refuse_directory(directory, err);
}

/* Reading -------------------------------------------------------------------------- */

static float float_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static void convert_f32(const unsigned char *from, size_t count, float *to) {
  memcpy(to, from, count * sizeof *to);
}

/* IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. Exact; a NaN keeps
 * its payload and becomes quiet, as the processors' own conversion does it. */
static float float_of_f16(uint16_t half) {
  enum { QUIET = 1 << 22 };
  const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
  const uint32_t exponent = half >> 10 & 0x1F, fraction = half & 0x3FF;
  if (exponent == 0x1F)
    return float_of_bits(sign | 0x7F800000 | (fraction ? QUIET : 0) | fraction << 13);
  if (exponent)
    return float_of_bits(sign | (exponent + (127 - 15)) << 23 | fraction << 13);
  const float magnitude = (float)fraction * 0x1p-24f; /* subnormal, or zero */
  return sign ? -magnitude : magnitude;
}

static void convert_f16(const unsigned char *from, size_t count, float *to) {
  for (size_t i = 0; i < count; i++) to[i] = float_of_f16(bb_read_u16(from + 2 * i));
}

/* bfloat16 is the upper half of a float32. */
static void convert_bf16(const unsigned char *from, size_t count, float *to) {
  for (size_t i = 0; i < count; i++)
    to[i] = float_of_bits((uint32_t)bb_read_u16(from + 2 * i) << 16);
}

static void convert_f64(const unsigned char *from, size_t count, float *to) {
  for (size_t i = 0; i < count; i++) {
    double value;
    memcpy(&value, from + sizeof value * i, sizeof value);
    to[i] = (float)value;
  }
}

typedef void convert_fn(const unsigned char *from, size_t count, float *to);
static convert_fn *const convert[] = {[BB_F32] = convert_f32,
                                      [BB_F16] = convert_f16,
                                      [BB_BF16] = convert_bf16,
                                      [BB_F64] = convert_f64};

/* A dimension of one element has a stride that means nothing. */
static bool is_row_major(const bb_tensor *t) {
  uint64_t expected = 1;
  for (uint32_t i = t->rank; i-- > 0;) {
    if (t->shape[i] != 1 && t->stride[i] != expected) return false;
    expected *= t->shape[i];
  }
  return true;
}

static biobert_status read_row_major(const bb_file *file, const bb_tensor *t, float *out,
                                     biobert_error *err) {
  const size_t width = bb_dtype_bytes(t->dtype), block = BLOCK_BYTES / width;
  const uint64_t count = element_count(t);
  if (t->dtype == BB_F32)
    return bb_file_read(file, t->offset, out, (size_t)count * width, err);
  unsigned char *buffer = bb_alloc(NULL, BLOCK_BYTES, 1);
  if (!buffer) return bb_no_memory(err, t->name);
  biobert_status status = BIOBERT_OK;
  for (uint64_t at = 0; at < count && !status; at += block) {
    const size_t some = count - at < block ? (size_t)(count - at) : block;
    status = bb_file_read(file, t->offset + at * width, buffer, some * width, err);
    if (!status) convert[t->dtype](buffer, some, out + at);
  }
  bb_free(NULL, buffer);
  return status;
}

/* span: the bytes from the first to the furthest element. */
static void gather(const bb_tensor *t, const unsigned char *span, float *out) {
  const size_t width = bb_dtype_bytes(t->dtype);
  uint64_t index[BB_MAX_RANK] = {0}, from = 0;
  const uint64_t count = element_count(t);
  for (uint64_t i = 0; i < count; i++) {
    convert[t->dtype](span + from * width, 1, out + i);
    for (uint32_t d = t->rank; d-- > 0;) {
      from += t->stride[d];
      if (++index[d] < t->shape[d]) break;
      from -= t->stride[d] * t->shape[d];
      index[d] = 0;
    }
  }
}

static biobert_status read_strided(const bb_file *file, const bb_tensor *t, float *out,
                                   biobert_error *err) {
  uint64_t count, elements;
  measure(t, &count, &elements); /* fits: bb_weights_add_tensor() saw to it */
  const size_t width = bb_dtype_bytes(t->dtype);
  unsigned char *span = bb_alloc(NULL, (size_t)elements, width);
  if (!span) return bb_no_memory(err, t->name);
  const biobert_status status =
      bb_file_read(file, t->offset, span, (size_t)elements * width, err);
  if (!status) gather(t, span, out);
  bb_free(NULL, span);
  return status;
}

biobert_status bb_weights_read(const bb_weights *w, const bb_tensor *tensor, float *out,
                               biobert_error *err) {
  const bb_file *file = &w->files[tensor->file];
  char name[BB_QUOTE_BYTES];
  if (tensor->dtype == BB_INTEGER)
    return bb_fail(
        err, BIOBERT_UNSUPPORTED,
        "%s: tensor %s is of a type that holds no weights: F32, F16, BF16 and F64 "
        "are read",
        file->path, bb_quote(name, bb_str(tensor->name)));
  if (element_count(tensor) == 0) return BIOBERT_OK;
  return is_row_major(tensor) ? read_row_major(file, tensor, out, err)
                              : read_strided(file, tensor, out, err);
}
