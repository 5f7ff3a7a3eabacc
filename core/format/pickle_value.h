/* pickle_value.h - the values that a pickle of tensors has. */
#ifndef BB_PICKLE_VALUE_H
#define BB_PICKLE_VALUE_H

#include "format/tensors.h"

typedef enum bb_pickle_kind {
  BB_PICKLE_OTHER, /* None, floats: nothing that a tensor is made of */
  BB_PICKLE_BOOL,
  BB_PICKLE_INT,
  BB_PICKLE_STRING,
  BB_PICKLE_TUPLE,
  BB_PICKLE_LIST,
  BB_PICKLE_DICT,
  BB_PICKLE_GLOBAL,
  BB_PICKLE_STORAGE,
  BB_PICKLE_TENSOR,
} bb_pickle_kind;

typedef struct bb_pickle_value {
  bb_pickle_kind kind;
  uint32_t len; /* bytes of a string, items of a tuple */
  union {
    int64_t integer;  /* of a number; 0 or 1 of a boolean */
    const char *text; /* not NUL-terminated; lies in the pickle */
    const struct bb_pickle_value *items;
    struct bb_pickle_dict *dict; /* of a list too: its items are values without keys */
    const struct bb_pickle_global *global;
    const struct bb_pickle_storage *storage;
    const struct bb_pickle_tensor *tensor;
  } as;
} bb_pickle_value;

/* In the order of setting; a key may occur more than once. A dict may contain itself. */
typedef struct bb_pickle_entry {
  struct bb_pickle_entry *next;
  bb_pickle_value key, value;
} bb_pickle_entry;

typedef struct bb_pickle_dict {
  bb_pickle_entry *first, *last;
} bb_pickle_dict;

/* The bytes of tensors; where they are in the file, the container knows. A view is a
 * part of them that counts as a storage of its own (before PyTorch 0.4). */
typedef struct bb_pickle_storage {
  const struct bb_pickle_storage *next; /* in the order of the pickle */
  bb_dtype dtype;
  uint32_t element_bytes;
  biobert_str key;
  uint64_t elements;
  uint64_t view_start, view_elements; /* 0 and elements where it is no view */
} bb_pickle_storage;

/* As the pickle says, unchecked but for signs and rank. */
typedef struct bb_pickle_tensor {
  const bb_pickle_storage *storage;
  uint64_t offset; /* in elements */
  uint32_t rank;
  uint64_t shape[BB_MAX_RANK], stride[BB_MAX_RANK];
} bb_pickle_tensor;

/* The string, or {NULL, 0}. */
static inline biobert_str bb_pickle_string(const bb_pickle_value *value) {
  if (value->kind != BB_PICKLE_STRING) return (biobert_str){NULL, 0};
  return (biobert_str){value->as.text, value->len};
}

#endif
