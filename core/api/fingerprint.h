/* fingerprint.h - between the two versions of the fingerprint. */
#ifndef BB_FINGERPRINT_H
#define BB_FINGERPRINT_H

#include "api/model.h"
#include "base/sha256.h"

/* With the NUL. */
void bb_hash_text(bb_sha256 *h, const char *text);
void bb_hash_number(bb_sha256 *h, const char *name, uint64_t value);
void bb_hash_token(bb_sha256 *h, biobert_str token);
void bb_hash_added(bb_sha256 *h, const bb_vocab *vocab, const bb_added_token *token);
void bb_hash_end(bb_sha256 *h, char out[BIOBERT_HASH_CHARS]);

/* Whether the first version of the fingerprint was this. */
biobert_status bb_first_fingerprint_is(biobert_model *model, const char *fingerprint,
                                       bool *is, biobert_error *err);

#endif
