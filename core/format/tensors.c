/* tensors.c - the tensors of a model, and the files they lie in: adding and finding them.
 */
#include "format/tensors.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/names.h"

/* All tensors against all files: a decoder tied to the word embeddings less than doubles
 * them. */
enum { MAX_TENSOR_BYTES_FACTOR = 2 };

/* The arrays of a bb_weights grow; their capacities are hidden from its readers. */
typedef struct holder {
  bb_weights w; /* first: a bb_weights made here is a holder */
  size_t file_capacity, tensor_capacity;
} holder;

bb_weights *bb_weights_new(void) {
  holder *h = bb_alloc_zeroed(NULL, 1, sizeof *h);
  return h ? &h->w : NULL;
}

void bb_weights_close(bb_weights *w) {
  if (!w) return;
  for (size_t i = 0; i < w->tensor_count; i++) bb_free(NULL, w->tensors[i].name);
  for (size_t i = 0; i < w->file_count; i++) bb_file_close(&w->files[i]);
  bb_free(NULL, w->tensors);
  bb_free(NULL, w->files);
  bb_free(NULL, w);
}

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
