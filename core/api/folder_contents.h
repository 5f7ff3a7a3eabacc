/* folder_contents.h - what the folder of a trained model is made of. */
#ifndef BB_FOLDER_CONTENTS_H
#define BB_FOLDER_CONTENTS_H

#include "api/model.h"
#include "api/model_card.h"

/* A class of transformers, or a layout of sentence-transformers. */
typedef enum bb_folder_kind {
  BB_FOLDER_MASKED_WORDS,  /* BertForMaskedLM */
  BB_FOLDER_TEXTS,         /* BertForSequenceClassification, of several labels */
  BB_FOLDER_CROSS_ENCODER, /* the same of one label, and CrossEncoder's files */
  BB_FOLDER_TOKENS,        /* BertForTokenClassification */
  BB_FOLDER_ANSWERS,       /* BertForQuestionAnswering */
  BB_FOLDER_SENTENCES,     /* BertModel, and SentenceTransformer's files */
} bb_folder_kind;

/* Everything is borrowed. Of a DistilBERT (config->family) the classes are DistilBertFor...
 * and the tensors have its names. */
typedef struct bb_model_folder {
  bb_folder_kind kind;
  /* Settings that nothing below says are kept from its config.json, tokenizer_config.json
   * and config_sentence_transformers.json. NULL: a new model. */
  const biobert_model *source;
  const bb_bert_config *config; /* sizes; task and labels are not looked at */
  const bb_tokenizer *tokenizer;
  /* Plain (bb_bert_wish.plain). TEXTS and CROSS_ENCODER of a BERT need the pooler;
   * SENTENCES keep it where there is one; the others have none in transformers, and it is
   * left out. */
  const bb_bert_weights *weights;
  /* The head of the kind, its labels and scoring: SOFTMAX is one label a text, SIGMOID
   * several, RAW a number. A cross-encoder's score goes through `rerank`, which is Identity
   * ("linear") or the sigmoid. Tensors lie in `memory`; without `decoder_memory` the
   * decoder is the word embeddings. NULL for SENTENCES. */
  const bb_task_heads *heads;
  /* SENTENCES: pooling, steps, prompts, similarity, dimension. CROSS_ENCODER: its
   * pair_prompt; may be NULL there. Lengths and folders in it are not looked at. */
  const bb_pipeline *pipeline;
  size_t max_tokens, query_tokens; /* of a text, and of a query; 0: the positions; the
                                      same */
  const float *dropout;            /* NULL: as the source, or transformers' own */
  const bb_model_card *card;
  /* Written as biobert_training.json, by which a finished run is known again; {NULL, 0}:
   * no such file. */
  biobert_str record;
} bb_model_folder;

size_t bb_folder_max_tokens(const bb_model_folder *folder); /* of a text */
/* A JSON file of the source, to be freed with bb_json_free(); NULL: there is no source, or
 * none of this name that is an object and can be read: its settings are then lost, the
 * training is not. NOMEM, INTERRUPTED. */
biobert_status bb_folder_source_json(const bb_model_folder *folder, const char *name,
                                     bb_json **out, biobert_error *err);

#endif
