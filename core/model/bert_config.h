/* bert_config.h - what config.json says about an encoder, checked. */
#ifndef BB_BERT_CONFIG_H
#define BB_BERT_CONFIG_H

#include "format/json_write.h"
#include "model/activations.h"

/* Limits that a real model keeps far below; they bound what a hostile file can ask for.
 */
enum {
  BB_MAX_LAYERS = 128,
  BB_MAX_HIDDEN = 16384,
  BB_MAX_FFN = 65536,
  BB_MAX_POSITIONS = BIOBERT_MAX_TOKENS,
  BB_MAX_TYPES = 16,
};

typedef enum bb_task {
  BB_TASK_EMBED,
  BB_TASK_FILL_MASK,
  BB_TASK_NER,
  BB_TASK_ANSWER,
  BB_TASK_CLASSIFY,
  BB_TASK_RERANK,
} bb_task;
enum { BB_TASK_COUNT = BB_TASK_RERANK + 1 };

/* Of a configuration that says nothing: Devlin et al. 2019, A.2. */
#define BB_USUAL_DROPOUT 0.1f

/* Two namings of one encoder. */
typedef enum bb_family { BB_FAMILY_BERT, BB_FAMILY_DISTILBERT } bb_family;

typedef struct bb_bert_config {
  bb_family family;
  bool no_types;  /* the weights have no token types: types is 1, and its row is zeros */
  bool pools_cls; /* its vector is the state of [CLS], whatever has no modules.json */
  char architecture[64];    /* "BertModel" */
  bool names_architecture;  /* config.json does: the task is told */
  char tokenizer_class[64]; /* "BertJapaneseTokenizer"; "": not said here */
  bb_task task;
  size_t vocabulary, hidden, layers, heads, ffn, positions, types;
  float eps;
  /* Of training: of the encoder, and of what each task head reads. Where a head of the
   * family leaves nothing out (masked words; answers of a BERT) the rate is 0. */
  float dropout, attention_dropout, head_dropout[BB_TASK_COUNT];
  const bb_activation *activation;
  char *labels; /* JSON array of the label names in order of their ids, or NULL */
} bb_bert_config;

/* root: config.json. `what` names it in messages; task: one of bb_task_name()'s, or NULL
 * for what the architecture says. UNSUPPORTED: a model of another family, by name, with
 * what to take instead. */
biobert_status bb_bert_config_read(const bb_json_node *root, const char *what,
                                   const char *task, bb_bert_config *out,
                                   biobert_error *err);
void bb_bert_config_free(bb_bert_config *config); /* frees the members, not the struct */

/* The members of config.json that say the sizes, the activation and the model_type. */
void bb_bert_config_write(const bb_bert_config *config, bb_json_writer *w);

const char *bb_task_name(bb_task task);
bool bb_task_find(biobert_str name, bb_task *out); /* false: no such task */
#endif
