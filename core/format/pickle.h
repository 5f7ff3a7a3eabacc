/* pickle.h - the values of a pickle as torch.save() writes it, without running anything.
 *
 * A pickle is a program for a machine that can call any function by name. This one has a
 * closed list of opcodes (pickle.c) and of names (pickle_names.c); whatever else occurs
 * is refused with its name. What the names stand for, storages and tensors, is described,
 * never made. */
#ifndef BB_PICKLE_H
#define BB_PICKLE_H

#include "format/pickle_value.h"

typedef struct bb_pickle bb_pickle;

/* `data` must outlive the result, which points into it; `what` names the file in
 * messages. */
biobert_status bb_pickle_load(biobert_str data, const char *what, bb_pickle **out,
                              biobert_error *err);
/* The same where other bytes may follow; *used: those of the pickle. */
biobert_status bb_pickle_load_first(biobert_str data, const char *what, size_t *used,
                                    bb_pickle **out, biobert_error *err);
void bb_pickle_free(bb_pickle *pickle);
const bb_pickle_value *bb_pickle_root(const bb_pickle *pickle);

/* Every storage that is named, as often as it is; NULL: none. */
const bb_pickle_storage *bb_pickle_storages(const bb_pickle *pickle);

#endif
