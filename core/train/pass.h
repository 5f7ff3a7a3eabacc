/* pass.h - the forward pass that training runs, and the same backwards.
 *
 * core/model/bert_forward.c is the meaning of batch_forward.c: the same equations for many
 * texts at once, with what the derivatives need kept. batch_backward.c has one function
 * for each step of batch_forward.c, in the opposite order: Rumelhart, Hinton & Williams
 * 1986 (doi:10.1038/323533a0).
 *
 * The texts of a batch are one below another, without padding: N tokens in all. Products
 * and sums run over whole batches, attention over one text at a time.
 *
 *   N tokens   T tokens of a text   H hidden   A attention heads   D = H / A   F inner
 *
 * The same bits with any number of workers: workers share out the rows or columns of a
 * result, and each number is one sum in a fixed order. */
#ifndef BB_TRAIN_PASS_H
#define BB_TRAIN_PASS_H

#include "base/pool.h"
#include "model/bert.h"
#include "train/dropout.h"

typedef struct bb_batch {
  const int32_t *ids;   /* [N], each below config.vocabulary */
  const uint8_t *types; /* [N], each below config.types */
  const size_t *starts; /* [texts + 1]: the first token of each text, and N */
  size_t texts;
} bb_batch;

/* What a layer's derivatives need. */
typedef struct bb_kept_layer {
  float *x;       /* [N, H] what the layer was given */
  float *qkv;     /* [N, 3H] queries, keys and values, heads side by side */
  float *context; /* [N, H] what the heads gathered */
  float *sum;     /* [N, H] x + attention: before its layer norm */
  float *y;       /* [N, H] after it */
  float *inner;   /* [N, F] y W1: before bias and activation */
  float *sum2;    /* [N, H] y + feed-forward: before its layer norm */
} bb_kept_layer;

typedef struct bb_pass {
  const bb_bert *bert; /* its weights: plain (bb_bert_wish.plain) */
  size_t workers;
  bb_cancel *cancel;
  bb_dropout dropout, attention_dropout;
  /* Tokens of the same step in batches before this one: what is left out depends on a
   * token's place in the step, not on where the step is cut into batches. */
  size_t before;
  int32_t pad; /* the word whose embedding is not trained, as in PyTorch; -1: none */

  /* The rest is bb_pass_reserve()'s. */
  bb_batch batch;
  size_t tokens, longest;
  bb_kept_layer *layers; /* [config.layers] */
  float *embedded;       /* [N, H] word + type + position: before its layer norm */
  float *states;         /* [N, H] the last layer's */
  float *spare[3];       /* [N, H] */
  float *wide[2];        /* [N, the larger of F and 3H] */
  float *scratch;        /* of products */
  float *worker_scratch; /* [workers, worker_floats]: attention */
  size_t worker_floats;
  float *memory;
  size_t floats;
} bb_pass;

/* Memory for a batch; larger than that of the batches before, or none is taken. NOMEM: the
 * pass is as it was. batch is borrowed until the next call. */
biobert_status bb_pass_reserve(bb_pass *pass, const bb_batch *batch, biobert_error *err);
/* Floats of its memory for so many tokens, in texts up to `longest`. */
size_t bb_pass_floats(const bb_pass *pass, size_t tokens, size_t longest);
void bb_pass_free(bb_pass *pass); /* the members, not *pass */

/* Fills pass->states. INTERRUPTED. */
biobert_status bb_pass_forward(bb_pass *pass, biobert_error *err);

/* gradient: tensors of the same shapes, to which the derivatives of the loss are added.
 * states: [N, H], the loss's derivatives by pass->states; written over. Call it after
 * bb_pass_forward(), with the batch and the weights of that call. */
biobert_status bb_pass_backward(bb_pass *pass, float *states,
                                const bb_bert_weights *gradient, biobert_error *err);

#endif
