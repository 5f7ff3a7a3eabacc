/* bert_forward.h - token ids -> hidden states, as the papers write it. */
#ifndef BB_BERT_FORWARD_H
#define BB_BERT_FORWARD_H

#include "model/bert.h"

/* The forward pass of BertModel in float32, on the calling thread. bert: its weights read
 * as they are in the file (bb_bert_wish.plain). states: [T, H], the last layer's;
 * input->wanted is not looked at. watch may be NULL. NOMEM: states are undefined. */
biobert_status bb_bert_forward(const bb_bert *bert, const bb_input *input,
                               const bb_watch *watch, float *states, biobert_error *err);

#endif
