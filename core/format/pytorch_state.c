/* pytorch_state.c - from a state_dict to tensors. */
#include "format/pytorch_state.h"

#include "base/mem.h"
#include "base/status.h"

struct state {
  bb_weights *w;
  uint32_t file;
  bb_find_storage_fn *find;
  const void *ctx;
  biobert_error *err;
};

static biobert_status refuse(const struct state *s, const char *why) {
  return bb_fail(s->err, BIOBERT_FORMAT, "%s: %s", s->w->files[s->file].path, why);
}

static biobert_status refuse_tensor(const struct state *s, biobert_str tensor,
                                    const char *why) {
  char name[BB_QUOTE_BYTES];
  return bb_fail(s->err, BIOBERT_FORMAT, "%s: tensor %s: %s", s->w->files[s->file].path,
                 bb_quote(name, tensor), why);
}

/* Whether any value of the dict is a tensor under a name. */
static bool has_tensors(const bb_pickle_value *value) {
  if (value->kind != BB_PICKLE_DICT) return false;
  for (const bb_pickle_entry *e = value->as.dict->first; e; e = e->next)
    if (e->key.kind == BB_PICKLE_STRING && e->value.kind == BB_PICKLE_TENSOR) return true;
  return false;
}

/* The dict with the weights: a checkpoint keeps it under one of these names beside the
 * state of the training. */
static biobert_status find_state(const struct state *s, const bb_pickle_value *root,
                                 const bb_pickle_value **state) {
  static const char *const names[] = {"state_dict", "model", "model_state_dict"};
  if (root->kind != BB_PICKLE_DICT)
    return refuse(s, "the pickle holds no dict of tensors");
  size_t found = 0;
  *state = root;
  for (const bb_pickle_entry *e = root->as.dict->first; e; e = e->next) {
    if (!has_tensors(&e->value)) continue;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
      if (!bb_str_equal(bb_pickle_string(&e->key), names[i])) continue;
      found++;
      *state = &e->value;
    }
  }
  if (found > 1) return refuse(s, "the pickle holds several dicts of tensors");
  if (!has_tensors(*state)) return refuse(s, "the pickle holds no dict of tensors");
  return BIOBERT_OK;
}

/* Whether every element lies in the storage; an empty tensor only has to begin there. */
static bool is_inside(const bb_pickle_tensor *t, uint64_t elements) {
  uint64_t last = t->offset, step;
  for (uint32_t i = 0; i < t->rank; i++)
    if (t->shape[i] == 0) return t->offset <= elements;
  for (uint32_t i = 0; i < t->rank; i++) {
    if (__builtin_mul_overflow(t->shape[i] - 1, t->stride[i], &step)) return false;
    if (__builtin_add_overflow(last, step, &last)) return false;
  }
  return last < elements;
}

static biobert_status add_tensor(const struct state *s, const bb_pickle_entry *e) {
  const bb_pickle_tensor *t = e->value.as.tensor;
  const bb_pickle_storage *storage = t->storage;
  const biobert_str name = bb_pickle_string(&e->key);
  uint64_t place = 0;
  if (memchr(name.data, '\0', name.len))
    return refuse_tensor(s, name, "a NUL in the name");
  const char *why = s->find(s->ctx, storage, &place);
  if (why) return refuse_tensor(s, name, why);
  if (!is_inside(t, storage->view_elements))
    return refuse_tensor(s, name, "it reaches out of its storage");

  bb_tensor added = {.dtype = storage->dtype, .rank = t->rank, .file = s->file};
  added.offset = place + (storage->view_start + t->offset) * storage->element_bytes;
  memcpy(added.shape, t->shape, sizeof added.shape);
  memcpy(added.stride, t->stride, sizeof added.stride);
  added.name = bb_copy_str(NULL, name);
  if (!added.name) return bb_no_memory(s->err, "a tensor's name");
  const biobert_status status = bb_weights_add_tensor(s->w, &added, s->err);
  bb_free(NULL, added.name);
  return status;
}

biobert_status bb_pytorch_add_tensors(bb_weights *w, uint32_t file,
                                      const bb_pickle *pickle, bb_find_storage_fn *find,
                                      const void *ctx, biobert_error *err) {
  const struct state s = {w, file, find, ctx, err};
  const bb_pickle_value *state = NULL;
  biobert_status status = find_state(&s, bb_pickle_root(pickle), &state);
  if (status) return status;
  for (const bb_pickle_entry *e = state->as.dict->first; e && !status; e = e->next)
    if (e->key.kind == BB_PICKLE_STRING && e->value.kind == BB_PICKLE_TENSOR)
      status = add_tensor(&s, e);
  return status;
}
