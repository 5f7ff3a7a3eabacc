/* embed.h - the steps from a session's ids to a vector. */
#ifndef BB_EMBED_H
#define BB_EMBED_H

#include "api/session.h"

/* The first `count` ids through the encoder; the states, or those that are wanted
 * (bb_input), are in scratch.x. watch may be NULL. */
biobert_status bb_session_encode(biobert_session *s, size_t count, size_t wanted,
                                 const bb_watch *watch, biobert_error *err);
/* Pools the states in a worker's scratch.x, and checks the vector. */
biobert_status bb_pool_states(const bb_worker_scratch *worker, const biobert_model *model,
                              const bb_pooling_input *input, float *vector,
                              biobert_error *err);

#endif
