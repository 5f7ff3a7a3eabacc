/* weights.h - the weights of a model, whatever files they lie in: open them, find a
 * tensor (tensors.h), read it as float32.
 *
 * formats.c holds the table of formats: one row a format, with how it is recognised and
 * who reads it. A reader only lists tensors; converting is common to all formats and done
 * once, in weights_read.c. So a new format is one file and one row. */
#ifndef BB_WEIGHTS_H
#define BB_WEIGHTS_H

#include "format/tensors.h"

/* Opens the weights of a model directory: the first format of the table that is there; a
 * GGUF only where it is named. BIOBERT_IO when there is none; the message lists the names
 * that were looked for. */
biobert_status bb_weights_open(const char *directory, bb_weights **out,
                               biobert_error *err);
/* The same for a named file (2_Dense/model.safetensors), the format by its first bytes;
 * for an index of several files; for a TensorFlow checkpoint by its .index. */
biobert_status bb_weights_open_file(const char *path, bb_weights **out,
                                    biobert_error *err);

/* Reads a tensor as float32, row-major, into out (product of its shape many). Integers
 * are refused: they are no weights. FORMAT: its checksum is wrong. */
biobert_status bb_weights_read(const bb_weights *w, const bb_tensor *tensor, float *out,
                               biobert_error *err);

/* The same for a matrix, some rows at a time, without room for all of it where the file
 * has them one after another. A wrong checksum is found at the end. */
typedef void bb_rows_fn(void *ctx, size_t first, size_t count, const float *rows);
biobert_status bb_weights_read_rows(const bb_weights *w, const bb_tensor *tensor,
                                    bb_rows_fn *take, void *ctx, biobert_error *err);

#endif
