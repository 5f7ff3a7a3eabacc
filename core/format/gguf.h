/* gguf.h - what a GGUF file says of itself: its keys, and the tensors that it lists.
 *
 * A GGUF file is a whole model: configuration and vocabulary are in its keys. Everything
 * below points into the file's header, which bb_gguf owns. */
#ifndef BB_GGUF_H
#define BB_GGUF_H

#include "base/file.h"

typedef enum bb_gguf_type {
  BB_GGUF_U8,
  BB_GGUF_I8,
  BB_GGUF_U16,
  BB_GGUF_I16,
  BB_GGUF_U32,
  BB_GGUF_I32,
  BB_GGUF_F32,
  BB_GGUF_BOOL,
  BB_GGUF_STRING,
  BB_GGUF_ARRAY,
  BB_GGUF_U64,
  BB_GGUF_I64,
  BB_GGUF_F64,
  BB_GGUF_TYPE_COUNT,
} bb_gguf_type;

enum { BB_GGUF_MAX_RANK = 4 };

typedef struct bb_gguf_value {
  bb_gguf_type type; /* of an array: that of its items */
  bool is_array;
  uint64_t count;    /* of items; 1 where it is no array */
  biobert_str bytes; /* of the items, one after another */
} bb_gguf_value;

typedef struct bb_gguf_key {
  biobert_str name;
  bb_gguf_value value;
} bb_gguf_key;

/* As the file says, unchecked. */
typedef struct bb_gguf_tensor {
  biobert_str name;
  uint32_t rank, type;
  uint64_t shape[BB_GGUF_MAX_RANK]; /* the row's length first */
  uint64_t offset;                  /* from the start of the data */
} bb_gguf_tensor;

typedef struct bb_gguf {
  char *header; /* what the rest points into */
  bb_gguf_key *keys;
  size_t key_count;
  bb_gguf_tensor *tensors;
  size_t tensor_count;
  uint64_t data;      /* offset of the first tensor's bytes in the file */
  uint64_t alignment; /* of every tensor's bytes */
} bb_gguf;

/* The caller frees *out with bb_gguf_free(). FORMAT: a number, a string or an array leads
 * out of the file, a key is there twice. */
biobert_status bb_gguf_parse(const bb_file *file, bb_gguf *out, biobert_error *err);
biobert_status bb_gguf_open(const char *path, bb_gguf *out, biobert_error *err);
void bb_gguf_free(bb_gguf *gguf); /* frees the members, not the struct */

/* NULL: there is no such key. */
const bb_gguf_value *bb_gguf_get(const bb_gguf *gguf, const char *key);
/* False (and *out as it was): absent, or of another kind. */
bool bb_gguf_int(const bb_gguf_value *value, int64_t *out);
bool bb_gguf_number(const bb_gguf_value *value, double *out);
bool bb_gguf_bool(const bb_gguf_value *value, bool *out);
bool bb_gguf_string(const bb_gguf_value *value, biobert_str *out);
/* Takes the first item off an array of strings / of integers; false: there is none. */
bool bb_gguf_next_string(bb_gguf_value *array, biobert_str *out);
bool bb_gguf_next_int(bb_gguf_value *array, int64_t *out);

#endif
