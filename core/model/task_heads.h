/* task_heads.h - what an encoder has for a task: the layers after the last hidden states.
 *
 * Legend as in bert_weights.h, and L labels. Sources: Devlin et al. 2019
 * (arXiv:1810.04805), sections 3.1 (masked words), 4.1 (texts), 4.2 (answers) and 5.3
 * (tokens); transformers' modeling_bert.py. */
#ifndef BB_TASK_HEADS_H
#define BB_TASK_HEADS_H

#include "model/bert.h"
#include "model/labels.h"

/* How the logits of a text become scores. */
typedef enum bb_scoring {
  BB_SCORING_SOFTMAX,
  BB_SCORING_SIGMOID,
  BB_SCORING_RAW
} bb_scoring;

typedef struct bb_task_heads {
  /* Masked words: logits = LayerNorm(act(h W^T + b)) D^T + d. NULL: no such head. */
  float *transform_w, *transform_b;        /* [H, H], [H] */
  float *transform_gamma, *transform_beta; /* [H] */
  const float *decoder_w;                  /* [V, H]: the word embeddings, where tied */
  float *decoder_b;                        /* [V] */
  /* Tokens: logits = h W^T + b; texts: logits = pooler(h_[CLS]) W^T + b. */
  float *token_w, *token_b; /* [L, H], [L] */
  float *text_w, *text_b;   /* [L, H], [L] */
  float *pre_w, *pre_b;     /* DistilBERT, in place of the pooler: relu(h W^T + b) */
  /* Answers: the logits of being the first and the last token of one. */
  float *answer_w, *answer_b; /* [2, H], [2] */
  bb_labels labels;
  bb_scoring scoring;
  const bb_activation *rerank; /* of a cross-encoder's one logit */
  size_t bytes;
  float *memory, *decoder_memory; /* the blocks that hold all of the above */
} bb_task_heads;

/* What config.json says beyond bb_bert_config: labels, problem_type, activation_fn. */
biobert_status bb_task_heads_configure(const bb_json_node *root, const char *what,
                                       const bb_bert_config *config, bb_task_heads *out,
                                       biobert_error *err);
/* True when the architecture has a head that reads the pooler. */
bool bb_task_heads_need_pooler(const bb_bert_config *config);
/* Reads the heads that the architecture has and the file holds; one whose first tensor is
 * not there is absent, of one that is there every tensor must be. bert: with its weights.
 * FORMAT: a tensor is missing, or has another shape than the configuration says. */
biobert_status bb_task_heads_read(const bb_weights *file, const bb_bert_wish *wish,
                                  const bb_bert *bert, bb_task_heads *heads,
                                  biobert_error *err);
/* The first tensor of a head that the file holds and whose task was not named; NULL:
 * none. */
const char *bb_task_heads_undeclared(const bb_weights *file, const bb_bert_wish *wish);
void bb_task_heads_free(bb_task_heads *heads); /* frees the members, not the struct */

/* For training: the head of the task, all zeros, a decoder tied to `words` [V, H]; labels
 * and the rest of *heads stay. NOMEM. */
biobert_status bb_task_heads_make(const bb_bert_config *config, const float *words,
                                  bb_task_heads *heads, biobert_error *err);
/* For training: all tensors of the head that bb_task_heads_read() has read, a decoder of
 * its own among them; and tensors of the same shapes, all zeros, with the labels of
 * `heads` borrowed. NOMEM. The caller frees them with bb_task_heads_free_zeros(). */
void bb_task_heads_each(const bb_bert_config *config, const bb_task_heads *heads,
                        bb_bert_tensor_fn *fn, void *ctx);
biobert_status bb_task_heads_zeros(const bb_bert_config *config,
                                   const bb_task_heads *heads, bb_task_heads *out,
                                   biobert_error *err);
void bb_task_heads_free_zeros(bb_task_heads *zeros);

/* state: the masked token's [H]; hidden: [H] to work in; logits: [V]. */
void bb_task_heads_mask(const bb_bert *bert, const bb_task_heads *heads,
                        const float *state, float *hidden, float *logits);
/* states: [T, H]; logits: [T, L]. */
void bb_task_heads_tokens(const bb_bert *bert, const bb_task_heads *heads,
                          const float *states, size_t tokens, float *logits);
/* states: [T, H], of which only [CLS] is looked at; pooled: [H] to work in; logits: [L].
 */
void bb_task_heads_text(const bb_bert *bert, const bb_task_heads *heads,
                        const float *states, float *pooled, float *logits);
/* states: [T, H]; logits: [T, 2], first and last. */
void bb_task_heads_answer(const bb_bert *bert, const bb_task_heads *heads,
                          const float *states, size_t tokens, float *logits);

#endif
