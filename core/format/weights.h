/* weights.h - the tensors of a model, whatever file they lie in.
 *
 * weights.c holds the table of formats: one row a format, with how it is recognised and
 * how it is opened. A reader only lists its tensors (name, type, shape, strides, place in
 * a file), after it has checked them against the file; what is common to all formats,
 * reading and converting, is done here once. So no reader can forget a bounds check in a
 * hot loop, and a new format is one file and one row. */
#ifndef BB_WEIGHTS_H
#define BB_WEIGHTS_H

#include "base/file.h"
#include "format/dequantize.h"

enum { BB_MAX_RANK = 8, BB_MAX_TENSORS = 65536, BB_MAX_TENSOR_NAME = 1024 };

typedef struct bb_tensor {
  char *name;
  bb_dtype dtype;
  uint32_t rank;
  uint64_t shape[BB_MAX_RANK];
  uint64_t
      stride[BB_MAX_RANK]; /* in elements; row-major unless the file says otherwise */
  uint32_t file;           /* index into bb_weights.files */
  uint64_t offset;         /* of element [0, 0, ...], in bytes */
  bool has_crc;            /* the file says what the CRC-32C of its bytes is */
  uint32_t crc;
} bb_tensor;

enum { BB_PASSED_OVER_BYTES = 256 };

typedef struct bb_weights {
  const char *format; /* "safetensors", "pytorch", "tensorflow", "gguf" */
  /* Names of other forms of the weights in the same directory, that were not read. */
  char passed_over[BB_PASSED_OVER_BYTES];
  bb_file *files;
  size_t file_count;
  bb_tensor *tensors; /* sorted by name, names unique */
  size_t tensor_count;
} bb_weights;

/* Opens the weights of a model directory: the first format of the table that is there; a
 * GGUF only where it is named. BIOBERT_IO when there is none; the message lists the names
 * that were looked for. */
biobert_status bb_weights_open(const char *directory, bb_weights **out,
                               biobert_error *err);
/* The same for a named file (2_Dense/model.safetensors), the format by its first bytes;
 * for an index of several files; for a TensorFlow checkpoint by its .index. */
biobert_status bb_weights_open_file(const char *path, bb_weights **out,
                                    biobert_error *err);
void bb_weights_close(bb_weights *w);

/* NULL: no tensor of that name. */
const bb_tensor *bb_weights_find(const bb_weights *w, const char *name);

/* Reads a tensor as float32, row-major, into out (product of its shape many). Integers
 * are refused: they are no weights. FORMAT: its checksum is wrong. */
biobert_status bb_weights_read(const bb_weights *w, const bb_tensor *tensor, float *out,
                               biobert_error *err);

/* The same for a matrix, some rows at a time, without room for all of it where the file
 * has them one after another. A wrong checksum is found at the end. */
typedef void bb_rows_fn(void *ctx, size_t first, size_t count, const float *rows);
biobert_status bb_weights_read_rows(const bb_weights *w, const bb_tensor *tensor,
                                    bb_rows_fn *take, void *ctx, biobert_error *err);

/* "[384, 1536]" */
const char *bb_shape_text(const bb_tensor *tensor, char buffer[128]);

/* For the readers: ------------------------------------------------------------------- */

/* Adds a file (takes it over, also on failure) / a tensor (copies the name). Every tensor
 * is checked here: rank, name length and count within the limits above, whole blocks, the
 * furthest element (offset + sum (shape-1)*stride, in bytes, overflow-checked) inside its
 * file. */
biobert_status bb_weights_add_file(bb_weights *w, bb_file *file, biobert_error *err);
biobert_status bb_weights_add_tensor(bb_weights *w, const bb_tensor *tensor,
                                     biobert_error *err);
/* Fills in the strides of a tensor whose elements lie row after row. False: too large. */
bool bb_tensor_set_row_major(bb_tensor *tensor);

/* One reader a format: adds the tensors of one open file (already added to w as `file`).
 */
typedef biobert_status bb_weights_reader(bb_weights *w, uint32_t file,
                                         biobert_error *err);
bb_weights_reader bb_safetensors_read, bb_pytorch_zip_read, bb_pytorch_legacy_read,
    bb_tensorflow_read, bb_gguf_read;

/* Between the files of this layer: --------------------------------------------------- */

/* NULL: no memory. */
bb_weights *bb_weights_new(void);
/* Opens a file, adds it and reads its tensors. */
biobert_status bb_weights_add_path(bb_weights *w, const char *path, biobert_error *err);
/* After the last tensor: sorts them, refuses names that are there twice. */
biobert_status bb_weights_finish(bb_weights *w, biobert_error *err);
biobert_status bb_refuse_lfs_pointer(const char *path, biobert_error *err);
/* shards.c: weights in several files, by a path that ends in .index.json. */
biobert_status bb_shards_open(const char *path, bb_weights **out, biobert_error *err);

/* weights.c, for weights_read.c: elements of a tensor, and elements from its first to its
 * furthest; both 0 for an empty one. False: a number does not fit. */
bool bb_tensor_measure(const bb_tensor *t, uint64_t *count, uint64_t *span);

#endif
