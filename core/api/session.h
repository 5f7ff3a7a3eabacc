/* session.h - the inside of a biobert_session. */
#ifndef BB_SESSION_H
#define BB_SESSION_H

#include "api/model.h"
#include "model/bert_encode.h"

/* What a worker needs to encode a text by itself. */
typedef struct bb_worker_scratch {
  bb_scratch scratch;
  float *vector_a, *vector_b; /* [widest] of the pipeline */
} bb_worker_scratch;

struct biobert_session {
  biobert_model *model;
  biobert_allocator allocator;
  size_t max_tokens; /* of a text, where it is not the model's; 0: it is */
  bb_cancel cancel;
  bool (*ask)(void *ctx);
  void *ask_ctx;
  bb_scratch scratch;         /* made by the first text that is encoded */
  int32_t *ids;               /* [longest text] */
  uint8_t *types;             /* the same */
  size_t *starts;             /* first byte of each token; SIZE_MAX for the added ones */
  float *vector_a, *vector_b; /* [widest] of the pipeline */
  bb_worker_scratch *workers; /* of a batch, but the first, which has the session's own */
  size_t worker_count;
};

/* What the functions of core/text take. */
bb_call bb_session_call(const biobert_session *s);
size_t bb_model_longest(const biobert_model *m); /* tokens of its longest text */
/* Tokens that a text may have. */
size_t bb_session_max(const biobert_session *s, biobert_role role);

/* Scratch and buffers, made or found; withdraws an earlier cancellation. */
biobert_status bb_session_prepare(biobert_session *s, biobert_error *err);
/* Scratch for a text of so many tokens; frees the workers when it has to grow. */
biobert_status bb_session_make_room(biobert_session *s, size_t tokens,
                                    biobert_error *err);
/* At least `wanted` workers besides the first. They are kept. */
biobert_status bb_session_make_workers(biobert_session *s, size_t wanted,
                                       biobert_error *err);

#endif
