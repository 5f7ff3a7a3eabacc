/* weights.h - the tensors of a model, whatever file they lie in.
 *
 * weights.c holds the table of formats: one row a format, with how it is recognised and how
 * it is opened. A reader only lists its tensors (name, type, shape, strides, place in a
 * file), after it has checked them against the file; what is common to all formats, reading
 * and converting, is done here once. So no reader can forget a bounds check in a hot loop,
 * and a new format is one file and one row. */
#ifndef BB_WEIGHTS_H
#define BB_WEIGHTS_H

#include "base/file.h"

typedef enum bb_dtype {
  BB_F32,
  BB_F16,
  BB_BF16,
  BB_F64,
  BB_INTEGER, /* any integer or boolean type: listed, never read as weights */
} bb_dtype;

enum { BB_MAX_RANK = 8, BB_MAX_TENSORS = 65536, BB_MAX_TENSOR_NAME = 1024 };

typedef struct bb_tensor {
  char *name;
  bb_dtype dtype;
  uint32_t rank;
  uint64_t shape[BB_MAX_RANK];
  uint64_t stride[BB_MAX_RANK]; /* in elements; row-major unless the file says otherwise */
  uint32_t file;                /* index into bb_weights.files */
  uint64_t offset;              /* of element [0, 0, ...], in bytes */
} bb_tensor;

typedef struct bb_weights {
  const char *format; /* "safetensors", "pytorch" */
  bb_file *files;
  size_t file_count;
  bb_tensor *tensors; /* sorted by name, names unique */
  size_t tensor_count;
} bb_weights;

/* Opens the weights of a model directory: the first format of the table that is there.
 * BIOBERT_IO when there is none; the message lists the names that were looked for. */
biobert_status bb_weights_open(const char *directory, bb_weights **out, biobert_error *err);
/* The same for a named file (2_Dense/model.safetensors); the format by its first bytes. */
biobert_status bb_weights_open_file(const char *path, bb_weights **out, biobert_error *err);
void bb_weights_close(bb_weights *w);

/* NULL: no tensor of that name. */
const bb_tensor *bb_weights_find(const bb_weights *w, const char *name);

/* Reads a tensor as float32, row-major, into out (product of its shape many). Integers are
 * refused: they are no weights. */
biobert_status bb_weights_read(const bb_weights *w, const bb_tensor *tensor, float *out,
                               biobert_error *err);

/* "[384, 1536]" */
const char *bb_shape_text(const bb_tensor *tensor, char buffer[128]);

/* For the readers: ------------------------------------------------------------------------ */

/* Adds a file (takes it over, also on failure) / a tensor (copies the name). Every tensor is
 * checked here: rank, name length and count within the limits above, the furthest element
 * (offset + sum (shape-1)*stride, in bytes, overflow-checked) inside its file. */
biobert_status bb_weights_add_file(bb_weights *w, bb_file *file, biobert_error *err);
biobert_status bb_weights_add_tensor(bb_weights *w, const bb_tensor *tensor,
                                     biobert_error *err);
size_t bb_dtype_bytes(bb_dtype dtype); /* 0 for BB_INTEGER: its width is the reader's matter */

/* One reader a format: adds the tensors of one open file (already added to w as `file`). */
biobert_status bb_safetensors_read(bb_weights *w, uint32_t file, biobert_error *err);
biobert_status bb_pytorch_zip_read(bb_weights *w, uint32_t file, biobert_error *err);

#endif
