/* bert_config.h - what config.json says about an encoder, checked. */
#ifndef BB_BERT_CONFIG_H
#define BB_BERT_CONFIG_H

#include "format/json.h"
#include "kernels/kernels.h"

/* Limits that a real model keeps far below; they bound what a hostile file can ask for.
 */
enum {
  BB_MAX_LAYERS = 128,
  BB_MAX_HIDDEN = 16384,
  BB_MAX_FFN = 65536,
  BB_MAX_POSITIONS = 65536,
  BB_MAX_TYPES = 16,
};

/* x[i] = f(x[i] + bias[i]) */
typedef void bb_activation_fn(const bb_kernels *k, float *x, const float *bias, size_t n);

typedef struct bb_activation {
  const char *name; /* as in config.json's hidden_act */
  bb_activation_fn *apply;
  bb_activation_fn *apply_roughly; /* what becomes bytes; NULL: there is no other way */
} bb_activation;

typedef enum bb_task {
  BB_TASK_EMBED,
  BB_TASK_FILL_MASK,
  BB_TASK_NER,
  BB_TASK_ANSWER,
  BB_TASK_CLASSIFY,
  BB_TASK_RERANK,
} bb_task;

/* Two namings of one encoder. */
typedef enum bb_family { BB_FAMILY_BERT, BB_FAMILY_DISTILBERT } bb_family;

typedef struct bb_bert_config {
  bb_family family;
  bool no_types; /* the weights have no token types: types is 1, and its row is zeros */
  char architecture[64]; /* "BertModel" */
  bb_task task;
  size_t vocabulary, hidden, layers, heads, ffn, positions, types;
  float eps;
  const bb_activation *activation;
  char *labels; /* JSON array of the label names in order of their ids, or NULL */
} bb_bert_config;

/* root: config.json. `what` names it in messages. UNSUPPORTED: a model of another family,
 * by name, with what to take instead. */
biobert_status bb_bert_config_read(const bb_json_node *root, const char *what,
                                   bb_bert_config *out, biobert_error *err);
void bb_bert_config_free(bb_bert_config *config); /* what it owns */

const char *bb_task_name(bb_task task);
/* NULL: no such activation. Accepts PyTorch's dotted class names too, as
 * sentence-transformers' Dense module writes them. */
const bb_activation *bb_activation_find(biobert_str name);

#endif
