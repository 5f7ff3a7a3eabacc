/* bert_weights.h - the weights of an encoder as float32 in memory, every shape checked.
 */
#ifndef BB_BERT_WEIGHTS_H
#define BB_BERT_WEIGHTS_H

#include "format/weights.h"
#include "kernels/product.h"
#include "model/bert_config.h"

/* Legend: V vocabulary, P positions, S token types, H hidden, F feed-forward. Matrices
 * are [out, in], row-major, as PyTorch stores them; those of a layer are packed for the
 * kernels that the model was loaded for (product.h). */
typedef struct bb_bert_layer {
  /* A matrix [H, 3D] and its bias a head, D = H / heads: query, key and value of the head
   * beside one another, so that a worker can do a head by itself. */
  float *qkv_w, *qkv_b;
  float *attention_w,
      *attention_b; /* [H, H], [H]: the projection of the heads' outputs */
  float *attention_gamma, *attention_beta; /* [H] */
  float *ffn_in_w, *ffn_in_b;              /* [F, H], [F] */
  float *ffn_out_w, *ffn_out_b;            /* [H, F], [H] */
  float *ffn_gamma, *ffn_beta;             /* [H] */
} bb_bert_layer;

typedef struct bb_bert_weights {
  float *words;        /* [V, H]; NULL in int8 */
  int8_t *word_codes;  /* [V, H]; each row times its scale is one of words */
  float *word_scales;  /* [V] */
  float *positions;    /* [P, H] */
  float *types;        /* [S, H] */
  float *gamma, *beta; /* [H] of the embedding layer */
  bb_bert_layer *layers;
  float *pooler_w, *pooler_b; /* [H, H], [H]; NULL where the file has none */
  bool int8;                  /* the matrices of the layers are, and the words */
  size_t bytes;
  float *memory; /* the block that holds all of the above */
} bb_bert_weights;

enum { BB_PREFIX_BYTES = 64 };

/* The prefix of an encoder's names in a file: "", "bert.", "module.bert.", ... */
typedef struct bb_encoder_prefix {
  char text[BB_PREFIX_BYTES];
  size_t choices; /* encoders in the file */
} bb_encoder_prefix;

/* encoder: the beginning of a prefix ("question_encoder"), or NULL for the shortest, of
 * equally long ones the first in the order of names. FORMAT: these are not the weights of
 * a BERT. RANGE: no encoder or more than one begins so; the message lists them. */
biobert_status bb_bert_weights_find(const bb_weights *file, const char *what,
                                    const char *encoder, bb_encoder_prefix *out,
                                    biobert_error *err);
/* "question_encoder.bert_model, ctx_encoder.bert_model" */
const char *bb_bert_weights_encoders(const bb_weights *file, char *buffer, size_t size);

typedef struct bb_bert_wish {
  const char *what; /* names the file in messages */
  const char *prefix;
  const bb_bert_config *config;
  const bb_kernels *kernels;
  bool with_pooler, int8;
  /* For bert_forward.c: matrices as they are in the file, not packed, and query, key and
   * value below one another ([3H, H], [3H]); not together with int8. */
  bool plain;
  bool new_pooler; /* with_pooler, but the file has none: zeros, for training */
} bb_bert_wish;

/* Reads the encoder's tensors; names with and without a prefix ("bert.", ...),
 * LayerNorm's old names (gamma, beta), DistilBERT's. with_pooler: read the pooler too.
 * Tensors that are not the encoder's are left alone. FORMAT: one is missing or has
 * another shape than the configuration says. file NULL: new weights, all zeros, plain. */
biobert_status bb_bert_weights_read(const bb_weights *file, const bb_bert_wish *wish,
                                    bb_bert_weights *out, biobert_error *err);
void bb_bert_weights_free(bb_bert_weights *w); /* frees the members, not the struct */

/* Plain weights, tensor by tensor, as the file has them: for training. */
typedef struct bb_bert_tensor {
  const char *name; /* after the encoder's prefix */
  float *values;    /* [rows, columns]; of a vector rows is 1 */
  size_t rows, columns;
  bool is_vector;
} bb_bert_tensor;
typedef void bb_bert_tensor_fn(void *ctx, const bb_bert_tensor *tensor);
/* All that bb_bert_weights_read() has read; the pooler's where there is one. */
void bb_bert_weights_each(const bb_bert_config *config, const bb_bert_weights *w,
                          bb_bert_tensor_fn *fn, void *ctx);
/* Tensors of the shapes of w's, all zeros. NOMEM. The caller frees them. */
biobert_status bb_bert_weights_zeros(const bb_bert_config *config,
                                     const bb_bert_weights *w, bb_bert_weights *out,
                                     biobert_error *err);

/* Packed floats of the query, key and value of one head: from head to head of a qkv_w. */
size_t bb_bert_head_floats(const bb_bert_config *config, const bb_kernels *kernels,
                           bool int8);
/* Of the encoder with this prefix: its word embeddings as they are in the file; true when
 * it has a pooler. */
const bb_tensor *bb_bert_weights_words(const bb_weights *file, const char *prefix);
bool bb_bert_weights_has_pooler(const bb_weights *file, const char *prefix);

#endif
