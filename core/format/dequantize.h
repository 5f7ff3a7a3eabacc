/* dequantize.h - the types of stored numbers, and how each becomes float32.
 *
 * A quantised type stores a block of elements at a time, with scales of their own;
 * elements of such a tensor are counted like any others, but only whole blocks can be
 * read. */
#ifndef BB_DEQUANTIZE_H
#define BB_DEQUANTIZE_H

#include <stddef.h>
#include <stdint.h>

typedef enum bb_dtype {
  BB_F32,
  BB_F16,
  BB_BF16,
  BB_F64,
  BB_Q4_0,
  BB_Q4_1,
  BB_Q5_0,
  BB_Q5_1,
  BB_Q8_0,
  BB_Q2_K,
  BB_Q3_K,
  BB_Q4_K,
  BB_Q5_K,
  BB_Q6_K,
  BB_INTEGER, /* any integer or boolean type: listed, never read as weights */
  BB_DTYPE_COUNT,
} bb_dtype;

/* `from` may lie anywhere; count is a multiple of the type's elements. */
typedef void bb_convert_fn(const unsigned char *from, size_t count, float *to);

typedef struct bb_dtype_form {
  const char *name;
  size_t elements, bytes; /* of a block; 1 element where there are no blocks */
  bb_convert_fn *convert; /* NULL: holds no weights */
} bb_dtype_form;

/* BB_INTEGER counts as one byte an element: its width is the reader's matter. */
extern const bb_dtype_form bb_dtype_forms[BB_DTYPE_COUNT];

#endif
