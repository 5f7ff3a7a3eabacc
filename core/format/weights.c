/* weights.c - the table of formats, and what is common to all of them.
 *
 * A file's format is known by its first bytes, whatever its name says: the name only
 * decides for files without a mark at the front. */
#include "format/weights.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/names.h"

enum {
  HEAD_BYTES = 512,            /* the furthest mark, tar's, ends at 262 */
  MAX_TENSOR_BYTES_FACTOR = 2, /* all tensors against all files: a decoder tied to the
                                  word embeddings less than doubles them */
};

typedef struct format {
  const char *name;
  const char *file, *index; /* what a model directory calls it; NULL: no such name */
  const char *within;       /* or any name with this in it, and the suffix; NULL: none */
  const char *suffix;       /* decides where no mark does; NULL: never */
  const char *mark; /* bytes at mark_at; of several that fit, the longest decides */
  size_t mark_at;
  bool when_named; /* is not taken from a directory, only by its own path */
  bb_weights_reader *read;
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
     .read = bb_pytorch_legacy_read},
    {.name = "pytorch tar",
     .mark = "ustar",
     .mark_at = 257,
     .refusal = "PyTorch's tar format (before 0.1.10) is not read: save it again with "
                "torch.save(torch.load(...)) or as safetensors"},
    {.name = "tensorflow",
     .file = "bert_model.ckpt.index",
     .within = ".ckpt",
     .suffix = ".index",
     .read = bb_tensorflow_read},
    {.name = "tensorflow 1",
     .suffix = ".ckpt",
     .refusal = "a TensorFlow checkpoint in one file (before 2017) is not read: only those of "
                ".index and .data files"},
    {.name = "gguf",
     .within = "",
     .suffix = ".gguf",
     .mark = "GGUF",
     .when_named = true,
     .read = bb_gguf_read},
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

/* Tensors ---------------------------------------------------------------------------- */

bool bb_tensor_measure(const bb_tensor *t, uint64_t *count, uint64_t *span) {
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

bool bb_tensor_set_row_major(bb_tensor *t) {
  uint64_t stride = 1;
  for (uint32_t i = t->rank; i-- > 0;) {
    t->stride[i] = stride;
    if (__builtin_mul_overflow(stride, t->shape[i], &stride)) return false;
  }
  return true;
}

/* Bytes of so many elements in a row. */
static bool bytes_of(bb_dtype dtype, uint64_t elements, uint64_t *bytes) {
  const bb_dtype_form *form = &bb_dtype_forms[dtype];
  return elements % form->elements == 0 &&
         !__builtin_mul_overflow(elements / form->elements, form->bytes, bytes);
}

/* Blocks run along the rows: a row has whole ones, and the rows lie one after another. */
static bool has_whole_blocks(const bb_tensor *t) {
  const size_t elements = bb_dtype_forms[t->dtype].elements;
  bb_tensor plain = *t;
  if (elements == 1) return true;
  return t->rank > 0 && t->shape[t->rank - 1] % elements == 0 &&
         bb_tensor_set_row_major(&plain) &&
         memcmp(plain.stride, t->stride, t->rank * sizeof *t->stride) == 0;
}

/* Every element of the tensor lies in its file, and it has no more of them than the file
 * could hold: a stride of 0 would make any number of one. */
static biobert_status check_extent(const bb_weights *w, const bb_tensor *t,
                                   biobert_error *err) {
  const bb_file *file = &w->files[t->file];
  uint64_t count, span, end;
  bool fits = bb_tensor_measure(t, &count, &span) && has_whole_blocks(t);
  fits = fits && bytes_of(t->dtype, span, &end);
  fits = fits && !__builtin_add_overflow(end, t->offset, &end);
  fits = fits && bytes_of(t->dtype, count, &count);
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
  enum { BYTES = 128 };
  static const char more[] = ", ...";
  char list[BYTES - sizeof more - sizeof "[]"] = "";
  bool fits = true;
  for (uint32_t i = 0; i < tensor->rank && fits; i++)
    fits = bb_list_add(list, sizeof list, ", ", "%" PRIu64, tensor->shape[i]);
  snprintf(buffer, BYTES, "[%s%s]", list, fits ? "" : more);
  return buffer;
}

/* Opening ---------------------------------------------------------------------------- */

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

biobert_status bb_refuse_lfs_pointer(const char *path, biobert_error *err) {
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
  if (bb_is_lfs_pointer(head, bytes)) return bb_refuse_lfs_pointer(file->path, err);
  const format *f = format_of(file->path, head, bytes);
  if (!f)
    return bb_fail(
        err, BIOBERT_FORMAT,
        "%s: neither safetensors, PyTorch, TensorFlow nor GGUF weights, by its "
        "first bytes",
        file->path);
  if (!f->read)
    return bb_fail(err, BIOBERT_UNSUPPORTED, "%s: %s", file->path, f->refusal);
  if (!w->format) w->format = f->name;
  return f->read(w, index, err);
}

biobert_status bb_weights_add_path(bb_weights *w, const char *path, biobert_error *err) {
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
    uint64_t count, span, bytes = 0;
    bb_tensor_measure(t, &count, &span);
    if (t->dtype != BB_INTEGER) bytes_of(t->dtype, count, &bytes);
    tensors += bytes;
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

biobert_status bb_weights_finish(bb_weights *w, biobert_error *err) {
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

bb_weights *bb_weights_new(void) {
  holder *h = bb_alloc_zeroed(NULL, 1, sizeof *h);
  return h ? &h->w : NULL;
}

static biobert_status open_one(const char *path, bb_weights **out, biobert_error *err) {
  bb_weights *w = bb_weights_new();
  if (!w) return bb_no_memory(err, path);
  biobert_status status = bb_weights_add_path(w, path, err);
  if (status) goto done;
  status = bb_weights_finish(w, err);
  if (status) goto done;
  *out = w;
  w = NULL;

done:
  bb_weights_close(w);
  return status;
}

biobert_status bb_weights_open_file(const char *path, bb_weights **out,
                                    biobert_error *err) {
  return has_suffix(path, ".index.json") ? bb_shards_open(path, out, err)
                                         : open_one(path, out, err);
}

void bb_weights_close(bb_weights *w) {
  if (!w) return;
  for (size_t i = 0; i < w->tensor_count; i++) bb_free(NULL, w->tensors[i].name);
  for (size_t i = 0; i < w->file_count; i++) bb_file_close(&w->files[i]);
  bb_free(NULL, w->tensors);
  bb_free(NULL, w->files);
  bb_free(NULL, w);
}

/* Directories ------------------------------------------------------------------------ */

/* What a directory has of one format. */
typedef struct form {
  const format *format;
  char name[NAME_MAX + 1]; /* of several the first in the order of names */
  size_t count;
} form;

static bool is_there(const char *directory, const char *name) {
  char path[PATH_MAX]; /* not allocated: no memory would look like no file */
  int bytes = name ? snprintf(path, sizeof path, "%s/%s", directory, name) : -1;
  return bytes > 0 && (size_t)bytes < sizeof path && bb_path_exists(path);
}

static void scan(const char *directory, form *found) {
  DIR *folder = opendir(directory);
  if (!folder) return;
  for (struct dirent *e; (e = readdir(folder));) {
    if (e->d_name[0] == '.' || !has_suffix(e->d_name, found->format->suffix) ||
        !strstr(e->d_name, found->format->within))
      continue;
    if (found->count++ == 0 || strcmp(e->d_name, found->name) < 0)
      snprintf(found->name, sizeof found->name, "%s", e->d_name);
  }
  closedir(folder);
}

static bool find_form(const char *directory, const format *f, form *found) {
  const char *const names[] = {f->file, f->index};
  *found = (form){.format = f};
  for (size_t i = 0; i < 2 && !found->count; i++) {
    if (!is_there(directory, names[i])) continue;
    snprintf(found->name, sizeof found->name, "%s", names[i]);
    found->count = 1;
  }
  if (!found->count && f->within) scan(directory, found);
  return found->count > 0;
}

static biobert_status refuse_directory(const char *directory, biobert_error *err) {
  char names[256] = "";
  DIR *folder = opendir(directory); /* without which scan() has found nothing */
  if (!folder) return bb_fail(err, BIOBERT_IO, "%s: %s", directory, strerror(errno));
  closedir(folder);
  for (size_t i = 0; i < FORMAT_COUNT; i++) {
    const format *f = &formats[i];
    if (!f->read || !f->file) continue;
    bb_list_add(names, sizeof names, ", ", "%s", f->file);
    if (f->index) bb_list_add(names, sizeof names, ", ", "%s", f->index);
  }
  return bb_fail(err, BIOBERT_IO, "%s: no weights: looked for %s", directory, names);
}

static biobert_status open_form(const char *directory, const form *f, bb_weights **out,
                                biobert_error *err) {
  if (f->count > 1)
    return bb_fail(err, BIOBERT_UNSUPPORTED,
                   "%s: %zu %s files, such as %s: name the one that is meant", directory,
                   f->count, f->format->name, f->name);
  if (f->format->when_named)
    return bb_fail(err, BIOBERT_UNSUPPORTED,
                   "%s: no weights but in %s, which is taken only by its own path: load "
                   "%s/%s",
                   directory, f->name, directory, f->name);
  char *path = bb_path_join(bb_str(directory), bb_str(f->name));
  if (!path) return bb_no_memory(err, directory);
  const biobert_status status = bb_weights_open_file(path, out, err);
  bb_free(NULL, path);
  return status;
}

/* Of two forms, the one to take: what can be read, without being named. */
static bool goes_before(const format *f, const format *best) {
  if (!best) return true;
  if (!best->read) return f->read != NULL;
  return best->when_named && f->read && !f->when_named;
}

biobert_status bb_weights_open(const char *directory, bb_weights **out,
                               biobert_error *err) {
  form best = {0}, other;
  char passed_over[BB_PASSED_OVER_BYTES] = "";
  for (size_t i = 0; i < FORMAT_COUNT; i++) {
    if (!find_form(directory, &formats[i], &other)) continue;
    if (goes_before(other.format, best.format))
      best = other;
    else if (other.format->read)
      bb_list_add(passed_over, sizeof passed_over, ", ", "%s", other.name);
  }
  if (!best.format) return refuse_directory(directory, err);
  const biobert_status status = open_form(directory, &best, out, err);
  if (!status) memcpy((*out)->passed_over, passed_over, sizeof passed_over);
  return status;
}
