/* session.h - what is behind biobert_session. */
#ifndef BB_SESSION_H
#define BB_SESSION_H

#include "api/model.h"

struct biobert_session {
  biobert_model *model;
  biobert_allocator allocator;
  bb_cancel cancel;
  bool (*ask)(void *ctx);
  void *ask_ctx;
  bb_scratch scratch;  /* made by the first text that is encoded */
  int32_t *ids;        /* [max_tokens] */
  uint8_t *types;      /* [max_tokens] */
  size_t *starts;      /* [max_tokens]: first byte of each token; SIZE_MAX for the added ones */
  float *vector_a, *vector_b; /* [widest] of the pipeline */
};

/* What the functions of core/text take. */
bb_call bb_session_call(const biobert_session *s);

#endif
