/* input.h - text to the model's input: token ids and types in the session. */
#ifndef BB_INPUT_H
#define BB_INPUT_H

#include "api/session.h"

/* [CLS] text [SEP] or [CLS] a [SEP] b [SEP] into ids and types, truncated as the
 * reference does; *count tokens. */
biobert_status bb_session_fill_single(biobert_session *s, biobert_str text, size_t *count,
                                      biobert_error *err);
biobert_status bb_session_fill_pair(biobert_session *s, biobert_str a, biobert_str b,
                                    size_t *count, biobert_error *err);
typedef struct bb_text_tokens {
  size_t count; /* [CLS] and [SEP] included */
  size_t first; /* the first that is pooled: after the prompt, where it is not to be */
} bb_text_tokens;

/* [CLS] prompt text [SEP], the prompt being that of the role. */
biobert_status bb_session_fill_text(biobert_session *s, biobert_str text,
                                    biobert_role role, bb_text_tokens *out,
                                    biobert_error *err);
/* prompt + text, or text itself where there is no prompt. *owned: free it. */
biobert_status bb_session_with_prompt(const biobert_session *s, const char *prompt,
                                      biobert_str text, biobert_str *out, char **owned,
                                      biobert_error *err);

/* FORMAT: a token without a row in the embeddings, by name. */
biobert_status bb_model_check_ids(const biobert_model *m, const int32_t *ids,
                                  size_t count, biobert_error *err);

#endif
