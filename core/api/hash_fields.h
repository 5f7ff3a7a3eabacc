/* hash_fields.h - what fingerprints are hashes of, field by field. */
#ifndef BB_HASH_FIELDS_H
#define BB_HASH_FIELDS_H

#include "base/sha256.h"
#include "text/added_tokens.h"

/* With the NUL. */
void bb_hash_text(bb_sha256 *h, const char *text);
void bb_hash_number(bb_sha256 *h, const char *name, uint64_t value);
void bb_hash_token(bb_sha256 *h, biobert_str token);
void bb_hash_added(bb_sha256 *h, const bb_vocab *vocab, const bb_added_token *token);
/* Of many floats; part of them, if the reading stops (base/stop.h). */
void bb_hash_floats(bb_sha256 *h, const float *values, size_t count);
void bb_hash_end(bb_sha256 *h, char out[BIOBERT_HASH_CHARS]);

#endif
