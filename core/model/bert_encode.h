/* bert_encode.h - token ids -> hidden states, fast: bert_forward.h, shared out among
 * workers, in float32 or int8. */
#ifndef BB_BERT_ENCODE_H
#define BB_BERT_ENCODE_H

#include "base/pool.h"
#include "model/bert_scratch.h"

/* NOMEM leaves an empty scratch. */
biobert_status bb_scratch_init(bb_scratch *s, const bb_bert *bert, size_t tokens,
                               size_t workers, const biobert_allocator *allocator,
                               biobert_error *err);
void bb_scratch_free(bb_scratch *s);

/* The forward pass of BertModel, of at most s->tokens tokens; the last hidden states are
 * left in s->x. watch may be NULL; with a callback all states are computed, whatever
 * input->wanted says. INTERRUPTED: by cancel. */
biobert_status bb_bert_encode(const bb_bert *bert, const bb_input *input, bb_scratch *s,
                              bb_cancel *cancel, const bb_watch *watch,
                              biobert_error *err);

#endif
