/* tensors.h - the tensors of a model: name, type, shape and place in a file.
 *
 * A reader only lists its tensors, and every one is checked against its file here, in one
 * place, when it is added. So no reader can forget a bounds check, and none is needed
 * where values are read. */
#ifndef BB_TENSORS_H
#define BB_TENSORS_H

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

/* NULL: no memory. */
bb_weights *bb_weights_new(void);
void bb_weights_close(bb_weights *w);

/* Adds a file (takes it over, also on failure) / a tensor (copies the name). Every tensor
 * is checked here: rank, name length and count within the limits above, whole blocks, the
 * furthest element (offset + sum (shape-1)*stride, in bytes, overflow-checked) inside its
 * file. */
biobert_status bb_weights_add_file(bb_weights *w, bb_file *file, biobert_error *err);
biobert_status bb_weights_add_tensor(bb_weights *w, const bb_tensor *tensor,
                                     biobert_error *err);
/* After the last tensor: sorts them, refuses names that are there twice. */
biobert_status bb_weights_finish(bb_weights *w, biobert_error *err);

/* NULL: no tensor of that name. */
const bb_tensor *bb_weights_find(const bb_weights *w, const char *name);

/* Fills in the strides of a tensor whose elements lie row after row. False: too large. */
bool bb_tensor_set_row_major(bb_tensor *tensor);
/* Elements of a tensor, and elements from its first to its furthest; both 0 for an empty
 * one. False: a number does not fit. */
bool bb_tensor_measure(const bb_tensor *t, uint64_t *count, uint64_t *span);
/* "[384, 1536]" */
const char *bb_shape_text(const bb_tensor *tensor, char buffer[128]);

#endif
