/* heads_pass.h - a batch's loss by a task head, and its derivatives: by the encoder's
 * states, by the head's weights, and where a head reads them, by the pooler's and the word
 * embeddings.
 *
 * Each function follows bb_pass_forward() and is followed by bb_pass_backward():
 *
 *   states -> logits -> loss;   loss -> logits -> the head's gradient, dstates
 *
 * Losses are means over what has a target: Devlin et al. 2019 (arXiv:1810.04805), sections
 * 3.1 and 4; transformers' modeling_bert.py. */
#ifndef BB_TRAIN_HEADS_PASS_H
#define BB_TRAIN_HEADS_PASS_H

#include "model/task_heads.h"
#include "train/pass.h"

typedef struct bb_heads_pass {
  bb_pass *pass;
  const bb_task_heads *heads;
  /* The derivatives are added to these; decoder_w of a tied decoder is
   * encoder_gradient->words. gradient NULL: the loss alone is wanted. */
  const bb_task_heads *gradient;
  const bb_bert_weights *encoder_gradient;
  float *dstates;     /* [N, H]: written */
  bb_dropout dropout; /* of what the head reads */
  /* Of a step whose texts come in several batches: what has a target in all of them, so
   * that the batches' losses and derivatives add up to the step's. 0: one batch. */
  size_t targets;
  float *logits; /* NULL, or where a copy goes: of the tokens, the texts */

  /* The rest is bb_heads_reserve()'s. */
  float *memory;
  size_t floats;
} bb_heads_pass;

/* Of a batch, for what adds its memory up: rows of H that a head works in, and the part of
 * the tokens that masked words are (at most, but for chance). */
enum { BB_HEAD_ROWS = 5, BB_MASKED_PART = 6 };

void bb_heads_free(bb_heads_pass *h); /* the members, not *h */

/* Masked words: targets[i] is what token positions[i] was. */
typedef struct bb_masked {
  const size_t *positions; /* [count], tokens of the batch, rising */
  const int32_t *targets;  /* [count] */
  size_t count;            /* 0: the loss is 0 */
} bb_masked;
biobert_status bb_heads_masked(bb_heads_pass *h, const bb_masked *masked, double *loss,
                               biobert_error *err);

enum { BB_NO_TARGET = -1 }; /* a token or text that does not count */

/* Tokens: labels [N], or BB_NO_TARGET. */
biobert_status bb_heads_tokens(bb_heads_pass *h, const int32_t *labels, double *loss,
                               biobert_error *err);

/* Texts, by their [CLS]. */
typedef enum bb_text_loss {
  BB_TEXT_LOSS_SOFTMAX, /* labels */
  BB_TEXT_LOSS_BINARY,  /* targets */
  BB_TEXT_LOSS_SQUARES, /* targets */
} bb_text_loss;
typedef struct bb_text_targets {
  bb_text_loss loss;
  const int32_t *labels; /* [texts] */
  const float *targets;  /* [texts, labels of the head] */
} bb_text_targets;
biobert_status bb_heads_texts(bb_heads_pass *h, const bb_text_targets *targets,
                              double *loss, biobert_error *err);

/* Answers: the first and the last token, as positions in the text; (0, 0) is "none
 * here". (loss of the first + loss of the last) / 2. */
typedef struct bb_answer_target {
  size_t first, last;
} bb_answer_target;
biobert_status bb_heads_answers(bb_heads_pass *h, const bb_answer_target *targets,
                                double *loss, biobert_error *err);

#endif
