/* safetensors_write.h - weights as a file that transformers opens. */
#ifndef BB_SAFETENSORS_WRITE_H
#define BB_SAFETENSORS_WRITE_H

#include "biobert.h"

typedef struct bb_tensor_out {
  const char *name;
  const float *values; /* [rows, columns], or of a vector [columns] */
  size_t rows, columns;
  bool is_vector;
} bb_tensor_out;

/* A new file; names are different. The layout is that of safetensors.c. */
biobert_status bb_safetensors_write(const char *path, const bb_tensor_out *tensors,
                                    size_t count, biobert_error *err);

#endif
