/* pytorch_state.h - the tensors that a pickle of torch.save() describes, whatever
 * container their bytes lie in. */
#ifndef BB_PYTORCH_STATE_H
#define BB_PYTORCH_STATE_H

#include "format/pickle.h"

/* Where the first byte of a storage (not of its view) is, or why there is none. */
typedef const char *bb_find_storage_fn(const void *ctx, const bb_pickle_storage *storage,
                                       uint64_t *offset);

/* Adds every tensor of the state_dict: the pickle's dict, or the one below "state_dict",
 * "model" or "model_state_dict". */
biobert_status bb_pytorch_add_tensors(bb_weights *w, uint32_t file,
                                      const bb_pickle *pickle, bb_find_storage_fn *find,
                                      const void *ctx, biobert_error *err);

#endif
