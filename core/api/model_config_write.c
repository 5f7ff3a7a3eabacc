/* model_config_write.c - config.json, from that of the source. */
#include "api/model_config_write.h"

#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "format/json_edit.h"

/* clang-format off */
static const bb_folder_class classes[][2] = {
    [BB_FOLDER_MASKED_WORDS] = {
        {"BertForMaskedLM", "bert.", false, BB_TASK_FILL_MASK},
        {"DistilBertForMaskedLM", "distilbert.", false, BB_TASK_FILL_MASK}},
    [BB_FOLDER_TEXTS] = {
        {"BertForSequenceClassification", "bert.", true, BB_TASK_CLASSIFY},
        {"DistilBertForSequenceClassification", "distilbert.", false, BB_TASK_CLASSIFY}},
    [BB_FOLDER_CROSS_ENCODER] = {
        {"BertForSequenceClassification", "bert.", true, BB_TASK_RERANK},
        {"DistilBertForSequenceClassification", "distilbert.", false, BB_TASK_RERANK}},
    [BB_FOLDER_TOKENS] = {
        {"BertForTokenClassification", "bert.", false, BB_TASK_NER},
        {"DistilBertForTokenClassification", "distilbert.", false, BB_TASK_NER}},
    [BB_FOLDER_ANSWERS] = {
        {"BertForQuestionAnswering", "bert.", false, BB_TASK_ANSWER},
        {"DistilBertForQuestionAnswering", "distilbert.", false, BB_TASK_ANSWER}},
    [BB_FOLDER_SENTENCES] = {
        {"BertModel", "", true, BB_TASK_EMBED},
        {"DistilBertModel", "", false, BB_TASK_EMBED}},
};
/* clang-format on */

const bb_folder_class *bb_folder_class_of(const bb_model_folder *folder) {
  return &classes[folder->kind][folder->config->family == BB_FAMILY_DISTILBERT];
}

bb_bert_config bb_folder_config(const bb_model_folder *folder) {
  bb_bert_config c = *folder->config;
  c.task = bb_folder_class_of(folder)->task;
  if (c.no_types && c.family == BB_FAMILY_BERT) {
    c.types = 2;
    c.no_types = false;
  }
  return c;
}

/* Labels ----------------------------------------------------------------------------- */

static bool same(biobert_str a, biobert_str b) {
  return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

/* Of two labels that are spelled alike the last has the name, as in Python. */
static bool is_last(const bb_labels *labels, size_t at) {
  for (size_t i = at + 1; i < labels->count; i++)
    if (same(labels->items[i].name, labels->items[at].name)) return false;
  return true;
}

static void write_labels(bb_json_writer *w, const bb_labels *labels) {
  bb_write_key(w, "id2label");
  bb_write_raw(w, "{");
  for (size_t i = 0; i < labels->count; i++) {
    char id[24];
    snprintf(id, sizeof id, "%zu", i);
    bb_write_key(w, id);
    bb_write_string(w, labels->items[i].name);
  }
  bb_write_raw(w, "}");
  bb_write_key(w, "label2id");
  bb_write_raw(w, "{");
  for (size_t i = 0; i < labels->count; i++) {
    if (!is_last(labels, i)) continue;
    bb_write_key_str(w, labels->items[i].name);
    bb_write_int(w, (int64_t)i);
  }
  bb_write_raw(w, "}");
}

static bool has_labels(bb_folder_kind kind) {
  return kind == BB_FOLDER_TEXTS || kind == BB_FOLDER_CROSS_ENCODER ||
         kind == BB_FOLDER_TOKENS;
}

static void write_null(bb_json_writer *w, const char *key) {
  bb_write_key(w, key);
  bb_write_raw(w, "null");
}

static void write_text(bb_json_writer *w, const char *key, const char *value) {
  bb_write_key(w, key);
  bb_write_string(w, bb_str(value));
}

/* What a loss and a pipeline are chosen by; NULL: of no text classifier. */
static const char *problem_of(const bb_model_folder *f) {
  static const char *const problems[] = {
      [BB_SCORING_SOFTMAX] = "single_label_classification",
      [BB_SCORING_SIGMOID] = "multi_label_classification",
      [BB_SCORING_RAW] = "regression",
  };
  const bool number = has_labels(f->kind) && f->heads->scoring == BB_SCORING_RAW;
  if (f->kind == BB_FOLDER_TEXTS || (f->kind == BB_FOLDER_CROSS_ENCODER && number))
    return problems[f->heads->scoring];
  return NULL;
}

/* What releases 4 and 5 of sentence-transformers look for; 6 has a file for it. */
static void write_score(bb_json_writer *w, const bb_model_folder *f) {
  if (f->kind != BB_FOLDER_CROSS_ENCODER) {
    write_null(w, "sentence_transformers");
    return;
  }
  bb_write_key(w, "sentence_transformers");
  bb_write_raw(w, "{");
  write_text(w, "activation_fn", bb_activation_class(f->heads->rerank));
  bb_write_raw(w, "}");
}

static void write_task(bb_json_writer *w, const bb_model_folder *f) {
  const char *problem = problem_of(f);
  if (has_labels(f->kind)) {
    write_labels(w, &f->heads->labels);
  } else {
    write_null(w, "id2label");
    write_null(w, "label2id");
  }
  if (problem)
    write_text(w, "problem_type", problem);
  else
    write_null(w, "problem_type");
  write_score(w, f);
  if (f->kind != BB_FOLDER_MASKED_WORDS) return;
  bb_write_key(w, "tie_word_embeddings");
  bb_write_bool(w, !f->heads->decoder_memory);
}

/* All of it -------------------------------------------------------------------------- */

static void write_dropout(bb_json_writer *w, const bb_model_folder *f) {
  static const char *const keys[][2] = {
      [BB_FAMILY_BERT] = {"hidden_dropout_prob", "attention_probs_dropout_prob"},
      [BB_FAMILY_DISTILBERT] = {"dropout",             "attention_dropout"           },
  };
  for (size_t i = 0; i < 2 && f->dropout; i++) {
    bb_write_key(w, keys[f->config->family][i]);
    bb_write_float(w, *f->dropout);
  }
}

static void write_changes(bb_json_writer *w, const bb_model_folder *f) {
  /* Older spellings, code that came with the source, other precisions, DPR's. */
  static const char *const left_out[] = {
      "num_labels",      "sbert_ce_default_activation_function",
      "torch_dtype",     "quantization_config",
      "tokenizer_class", "auto_map",
      "projection_dim",
  };
  const bb_bert_config config = bb_folder_config(f);
  const int32_t pad = f->tokenizer->pad;
  bb_write_raw(w, "{");
  bb_write_key(w, "architectures");
  bb_write_raw(w, "[");
  bb_write_string(w, bb_str(bb_folder_class_of(f)->name));
  bb_write_raw(w, "]");
  bb_bert_config_write(&config, w);
  write_text(w, "dtype", "float32");
  if (pad >= 0 && (size_t)pad < config.vocabulary) {
    bb_write_key(w, "pad_token_id");
    bb_write_int(w, pad);
  }
  write_dropout(w, f);
  write_task(w, f);
  for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
    write_null(w, left_out[i]);
  bb_write_raw(w, "}");
}

/* Google's name for it is that of the checkpoints that BioBERT came as. */
static biobert_status read_source(const bb_model_folder *f, bb_json **out,
                                  biobert_error *err) {
  const biobert_status status = bb_folder_source_json(f, "config.json", out, err);
  return status || *out ? status : bb_folder_source_json(f, "bert_config.json", out, err);
}

biobert_status bb_model_config_write(const bb_model_folder *folder, const char *path,
                                     biobert_error *err) {
  bb_json *source = NULL;
  bb_json_writer changes = {0};
  biobert_status status = read_source(folder, &source, err);
  if (status) return status;
  write_changes(&changes, folder);
  status = bb_json_write_file(path, "config.json", source ? bb_json_root(source) : NULL,
                              &changes, err);
  bb_json_free(source);
  return status;
}
