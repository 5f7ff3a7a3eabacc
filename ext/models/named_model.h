/* named_model.h - a model under a name: its session, and the last few vectors.
 *
 * Who keeps a pointer across calls owns a reference: an unloaded model lives on until the
 * last statement that uses it has ended. */
#ifndef EXT_NAMED_MODEL_H
#define EXT_NAMED_MODEL_H

#include "sql/errors.h"
#include "sql/interruption.h"

enum { NAMED_MODEL_MAX_NAME_BYTES = 64 };

typedef struct named_model named_model;

/* The model is the caller's on failure (out of memory: NULL). `poll` is borrowed: it must
 * live as long as the sessions run. */
named_model *named_model_new(const char *name, biobert_model *model,
                             interrupt_poll *poll);
named_model *named_model_share(named_model *m);
void named_model_release(named_model *m); /* NULL is allowed */

const char *named_model_name(const named_model *m);
biobert_model *named_model_model(const named_model *m);
/* Computes what biobert_model_sha256() and biobert_model_fingerprint() answer with, for
 * seconds if it is not known: an interrupt stops it. */
biobert_status named_model_hash(named_model *m, biobert_error *err);
/* Made on first use; one a model and connection. */
biobert_status named_model_session(named_model *m, biobert_session **out,
                                   biobert_error *err);

/* The vector of a text, or of a pair (b.data not NULL); one that was asked for a moment
 * ago is not computed again. Borrowed until the next call; dimension in *n. */
biobert_status named_model_embed(named_model *m, biobert_role role, biobert_str a,
                                 biobert_str b, const float **vector, size_t *n,
                                 biobert_error *err);

/* The cross-encoder's score of a pair; remembered in the same way. */
biobert_status named_model_rerank(named_model *m, biobert_str query, biobert_str text,
                                  double *score, biobert_error *err);

#endif
