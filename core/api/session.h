/* session.h - what is behind biobert_session. */
#ifndef BB_SESSION_H
#define BB_SESSION_H

#include "api/model.h"
#include "model/bert_encode.h"

/* What one thread needs to encode a text by itself. */
typedef struct bb_lane {
  bb_scratch scratch;
  float *vector_a, *vector_b; /* [widest] of the pipeline */
} bb_lane;

struct biobert_session {
  biobert_model *model;
  biobert_allocator allocator;
  bb_cancel cancel;
  bool (*ask)(void *ctx);
  void *ask_ctx;
  bb_scratch scratch;         /* made by the first text that is encoded */
  int32_t *ids;               /* [longest text] */
  uint8_t *types;             /* the same */
  size_t *starts;             /* first byte of each token; SIZE_MAX for the added ones */
  float *vector_a, *vector_b; /* [widest] of the pipeline */
  bb_lane *lanes;             /* of the other workers: embed_many.c */
  size_t lane_count;
};

/* What the functions of core/text take. */
bb_call bb_session_call(const biobert_session *s);

/* embed.c: the steps of a call. ------------------------------------------------------ */

/* Scratch and buffers, made or found; withdraws an earlier cancellation. */
biobert_status bb_session_prepare(biobert_session *s, biobert_error *err);
/* Scratch for a text of so many tokens; frees the lanes when it has to grow. */
biobert_status bb_session_make_room(biobert_session *s, size_t tokens,
                                    biobert_error *err);
/* [CLS] text [SEP] or [CLS] a [SEP] b [SEP] into ids and types, truncated as the
 * reference does; *count tokens. */
biobert_status bb_session_fill_single(biobert_session *s, biobert_str text, size_t *count,
                                      biobert_error *err);
biobert_status bb_session_fill_pair(biobert_session *s, biobert_str a, biobert_str b,
                                    size_t *count, biobert_error *err);
typedef struct bb_text_tokens {
  size_t count; /* [CLS] and [SEP] included */
  size_t first; /* the first that is pooled: behind the prompt, where it is not to be */
} bb_text_tokens;

/* [CLS] prompt text [SEP], the prompt being that of the role. */
biobert_status bb_session_fill_text(biobert_session *s, biobert_str text,
                                    biobert_role role, bb_text_tokens *out,
                                    biobert_error *err);
/* Pools what a lane's scratch has in x, and checks the vector. */
biobert_status bb_lane_finish(const bb_lane *lane, const biobert_model *model,
                              const bb_pooling_input *input, float *vector,
                              biobert_error *err);
/* embed_many.c: the lanes that the session owns. */
void bb_session_free_lanes(biobert_session *s);

/* FORMAT: a token without a row in the embeddings, by name. */
biobert_status bb_model_check_ids(const biobert_model *m, const int32_t *ids,
                                  size_t count, biobert_error *err);
size_t bb_model_longest(const biobert_model *m); /* tokens of its longest text */
/* prompt + text, or text itself where there is no prompt. *owned: free it. */
biobert_status bb_session_with_prompt(const biobert_session *s, const char *prompt,
                                      biobert_str text, biobert_str *out, char **owned,
                                      biobert_error *err);

/* The first `count` ids through the encoder; the states, or those that are wanted
 * (bb_input), are in scratch.x. watch may be NULL. */
biobert_status bb_session_encode(biobert_session *s, size_t count, size_t wanted,
                                 const bb_watch *watch, biobert_error *err);
/* heads_api.c: UNSUPPORTED, with what the model is instead, when it has no such head. */
biobert_status bb_session_need_head(const biobert_session *s, biobert_head head,
                                    biobert_error *err);

#endif
