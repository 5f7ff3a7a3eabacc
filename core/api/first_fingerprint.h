/* first_fingerprint.h - the first version of the fingerprint. */
#ifndef BB_FIRST_FINGERPRINT_H
#define BB_FIRST_FINGERPRINT_H

#include "api/model.h"

/* Whether the first version of the model's fingerprint was this. */
biobert_status bb_first_fingerprint_is(biobert_model *model, const char *fingerprint,
                                       bool *is, biobert_error *err);

#endif
