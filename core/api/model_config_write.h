/* model_config_write.h - config.json of a trained model. */
#ifndef BB_MODEL_CONFIG_WRITE_H
#define BB_MODEL_CONFIG_WRITE_H

#include "api/folder_contents.h"

/* What transformers calls a kind, for BERT and DistilBERT. */
typedef struct bb_folder_class {
  const char *name;   /* "BertForMaskedLM" */
  const char *prefix; /* before the encoder's tensors: "bert." */
  bool pooler;        /* it has one */
  bb_task task;
} bb_folder_class;

const bb_folder_class *bb_folder_class_of(const bb_model_folder *folder);

/* The configuration of what is written: that of `folder` with the task of its kind, and two
 * token types where a BERT's weights have none, since transformers wants them. */
bb_bert_config bb_folder_config(const bb_model_folder *folder);

/* Writes config.json. */
biobert_status bb_model_config_write(const bb_model_folder *folder, const char *path,
                                     biobert_error *err);

#endif
