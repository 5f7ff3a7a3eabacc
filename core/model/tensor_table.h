/* tensor_table.h - which tensor of a file goes into which field, with what shape: tables
 * of rows, and their one reader. */
#ifndef BB_TENSOR_TABLE_H
#define BB_TENSOR_TABLE_H

#include "format/weights.h"

typedef enum bb_dim {
  BB_DIM_ONE, /* as rows: a vector */
  BB_DIM_TWO,
  BB_DIM_HIDDEN,
  BB_DIM_FFN,
  BB_DIM_VOCABULARY,
  BB_DIM_POSITIONS,
  BB_DIM_TYPES,
  BB_DIM_LABELS,
  BB_DIM_IN, /* of a dense layer */
  BB_DIM_OUT,
  BB_DIM_COUNT,
} bb_dim;

/* One tensor: its name after the prefix, the float * that it fills, its shape. Several
 * rows may share a field: then this is number `part` of `parts`, one after another. */
typedef struct bb_tensor_row {
  const char *name;
  size_t field; /* offsetof() in the struct that is read */
  bb_dim rows, cols;
  size_t part, parts;
  const char *other; /* another name that it may have; NULL: none */
} bb_tensor_row;

/* The usual row; one of three that share a field; one with another name. */
#define BB_TENSOR(name, field, rows, cols)                                               \
  { name, field, BB_DIM_##rows, BB_DIM_##cols, 0, 1, NULL }
#define BB_TENSOR_PART(name, field, rows, cols, part)                                    \
  { name, field, BB_DIM_##rows, BB_DIM_##cols, part, 3, NULL }
#define BB_TENSOR_OR(name, field, rows, cols, other)                                     \
  { name, field, BB_DIM_##rows, BB_DIM_##cols, 0, 1, other }

/* How rows are kept if not as they are in the file. */
typedef struct bb_table_form {
  size_t (*floats)(const void *ctx, const bb_tensor_row *row); /* 0 for part > 0 */
  biobert_status (*read)(const void *ctx, const bb_tensor_row *row,
                         const bb_tensor *tensor, float *field, biobert_error *err);
  const void *ctx;
} bb_table_form;

/* Tables are read twice, into one block of memory: without it (next NULL) they are
 * checked and added up, with it they are read. */
typedef struct bb_tensor_table {
  const bb_weights *file;
  const char *what;     /* names the file in messages */
  const char *declared; /* what has declared the shapes: "the configuration" */
  const char *prefix;   /* before all names */
  size_t dims[BB_DIM_COUNT];
  bool is_new;               /* not in the file: all zeros, for training */
  const bb_table_form *form; /* NULL: as they are */
  size_t floats;             /* that the block needs */
  float *next;               /* the free part of the block */
} bb_tensor_table;

/* base: the struct with the fields; middle: comes between the prefix and the names.
 * FORMAT: a tensor is missing, or has another shape. */
biobert_status bb_table_read(bb_tensor_table *t, const char *middle,
                             const bb_tensor_row *rows, size_t count, void *base,
                             biobert_error *err);

/* A tensor by its name after the prefix; NULL: there is none, or name is NULL.
 * LayerNorm's weight and bias are found by their old names too (gamma, beta). */
const bb_tensor *bb_table_find(const bb_tensor_table *t, const char *middle,
                               const char *name);
biobert_status bb_table_check(const bb_tensor_table *t, const bb_tensor_row *row,
                              const bb_tensor *tensor, biobert_error *err);
/* Elements of a row's tensor. */
size_t bb_table_size(const bb_tensor_table *t, const bb_tensor_row *row);

#endif
