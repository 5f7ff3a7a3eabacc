/* identity.h - the files of a model's weights, and their hash. */
#ifndef BB_IDENTITY_H
#define BB_IDENTITY_H

#include "api/model.h"

/* Takes the files of the weights over from their reader. The members are freed by
 * bb_identity_free(). */
biobert_status bb_identity_take(biobert_model *m, bb_file *files, size_t count,
                                biobert_error *err);
/* Finds the hash in the cache folder, if it is there. */
void bb_identity_recall(biobert_model *m);
void bb_identity_free(biobert_model *m);

#endif
