/* trained_folder.h - what training hands to the writer of model folders, made of a model
 * that is there: its own weights, as if none had changed. */
#ifndef BB_TEST_TRAINED_FOLDER_H
#define BB_TEST_TRAINED_FOLDER_H

#include <math.h>
#include <unistd.h>

#include "check.h"
#include "model_folder.h"

#include "api/model_write.h"
#include "base/mem.h"
#include "base/status.h"

typedef struct trained {
  biobert_model *model;
  bb_bert bert; /* plain */
  bb_task_heads heads;
  bb_model_card card;
  bb_model_folder folder;
} trained;

static inline bb_folder_kind kind_of(bb_task task) {
  static const bb_folder_kind kinds[] = {
      [BB_TASK_EMBED] = BB_FOLDER_SENTENCES, [BB_TASK_FILL_MASK] = BB_FOLDER_MASKED_WORDS,
      [BB_TASK_NER] = BB_FOLDER_TOKENS,      [BB_TASK_ANSWER] = BB_FOLDER_ANSWERS,
      [BB_TASK_CLASSIFY] = BB_FOLDER_TEXTS,  [BB_TASK_RERANK] = BB_FOLDER_CROSS_ENCODER,
  };
  return kinds[task];
}

/* Frees all but the model, which is closed. */
static inline void trained_free(trained *t) {
  t->heads.labels = (bb_labels){0}; /* the model's */
  bb_task_heads_free(&t->heads);
  bb_bert_weights_free(&t->bert.weights);
  biobert_model_close(t->model);
  *t = (trained){0};
}

static inline biobert_status trained_read(trained *t, biobert_error *why) {
  biobert_model *m = t->model;
  bb_weights *file = NULL;
  const char *folder = m->directory ? m->directory : m->path;
  biobert_status status = m->named_weights
                              ? bb_weights_open_file(m->named_weights, &file, why)
                              : bb_weights_open(folder, &file, why);
  if (status) return status;
  const bb_bert_wish wish = {.what = folder,
                             .prefix = m->encoder.text,
                             .config = &t->bert.config,
                             .kernels = &t->bert.kernels,
                             .with_pooler =
                                 bb_bert_weights_has_pooler(file, m->encoder.text),
                             .plain = true};
  status = bb_bert_weights_read(file, &wish, &t->bert.weights, why);
  t->heads = (bb_task_heads){
      .labels = m->heads.labels, .scoring = m->heads.scoring, .rerank = m->heads.rerank};
  if (m->pipeline.activation) t->heads.rerank = m->pipeline.activation;
  if (!status) status = bb_task_heads_read(file, &wish, &t->bert, &t->heads, why);
  bb_weights_close(file);
  return status;
}

static inline biobert_status trained_open(const char *path, const char *options,
                                          trained *out, biobert_error *why) {
  trained *t = out;
  *t = (trained){0};
  biobert_status status =
      biobert_model_open(bb_str(path), bb_str(options), &t->model, why);
  if (status) return status;
  t->bert = t->model->bert;
  t->bert.weights = (bb_bert_weights){0};
  status = trained_read(t, why);
  if (status) {
    trained_free(t);
    return status;
  }
  t->card = (bb_model_card){.base_model = path,
                            .fingerprint = "0123",
                            .task = "classify",
                            .query = bb_str("SELECT text, label FROM papers"),
                            .options = bb_str("{\"epochs\":3}"),
                            .rows = 1000,
                            .metric = "macro-F1",
                            .before = NAN,
                            .after = 0.8125,
                            .date = "2026-03-01"};
  t->folder = (bb_model_folder){.kind = kind_of(t->bert.config.task),
                                .source = t->model,
                                .config = &t->bert.config,
                                .tokenizer = &t->model->tokenizer,
                                .weights = &t->bert.weights,
                                .heads = &t->heads,
                                .pipeline = &t->model->pipeline,
                                .max_tokens = t->model->max_tokens,
                                .query_tokens = t->model->query_tokens,
                                .card = &t->card};
  return BIOBERT_OK;
}

/* Places ------------------------------------------------------------------------------- */

static inline bool exists(const char *path) {
  return access(path, F_OK) == 0;
}

static inline const char *next_path(char path[FOLDER_PATH]) {
  static int count;
  char name[32];
  snprintf(name, sizeof name, "written_%d", count++);
  return folder_path(path, name);
}

/* Nothing of this name, nor of the name that it has until it is whole. */
static inline void expect_nothing(const char *path) {
  char partial[FOLDER_PATH + 32];
  snprintf(partial, sizeof partial, "%s.biobert-partial", path);
  CHECK(!exists(path));
  CHECK(!exists(partial));
}

#endif
