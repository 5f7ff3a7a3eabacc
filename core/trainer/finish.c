/* finish.c - the folder of a run that has ended. */
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/status.h"
#include "format/json_file.h"
#include "format/json_write.h"
#include "trainer/trainer.h"

static const char record_name[] = "biobert_training.json";

/* The record ------------------------------------------------------------------------- */

static char *record_text(const biobert_training *t, size_t *bytes) {
  bb_json_writer w = {0};
  bb_write_raw(&w, "{\n  \"arguments\": ");
  bb_write_string(&w, bb_str(t->state.arguments));
  bb_write_raw(&w, ",\n  \"task\": ");
  bb_write_string(&w, bb_str(t->task->name));
  bb_write_raw(&w, ",\n  \"steps\": ");
  bb_write_int(&w, (int64_t)t->state.step);
  bb_write_raw(&w, ",\n  \"best_epoch\": ");
  bb_write_int(&w, (int64_t)t->state.best_epoch);
  bb_write_raw(&w, "\n}\n");
  return bb_writer_take(&w, bytes);
}

static biobert_status read_record(biobert_training *t, const char *path,
                                  const char *arguments, biobert_error *err) {
  bb_json *json = NULL;
  biobert_status status = bb_json_read_file(path, &json, err);
  if (status) return status;
  const biobert_str said = bb_json_string(bb_json_get(bb_json_root(json), "arguments"));
  t->finished = bb_str_equal(said, arguments);
  bb_json_free(json);
  if (t->finished) {
    snprintf(t->message, sizeof t->message, "%s: this run is finished already",
             t->output);
    return BIOBERT_OK;
  }
  return bb_fail(
      err, BIOBERT_RANGE,
      "%s: has the result of a run with other arguments, rows or another model: "
      "remove it, or name another output",
      t->output);
}

/* What the writer will be given, but for what training makes. */
static bb_model_folder folder_of(const biobert_training *t) {
  const biobert_model *m = t->model;
  return (bb_model_folder){
      .kind = t->task->folder,
      .source = m,
      .config = &m->bert.config,
      .tokenizer = &m->tokenizer,
      .pipeline = &m->pipeline,
      .max_tokens = t->options.max_tokens ? t->options.max_tokens : m->max_tokens,
      .query_tokens = t->options.max_tokens ? t->options.max_tokens : m->query_tokens};
}

biobert_status bb_training_find_finished(biobert_training *t, const char *arguments,
                                         biobert_error *err) {
  char *record = bb_path_join(bb_str(t->output), bb_str(record_name));
  if (!record) return bb_no_memory(err, "training");
  biobert_status status = BIOBERT_OK;
  if (bb_path_exists(record)) {
    status = read_record(t, record, arguments, err);
  } else {
    const bb_model_folder folder = folder_of(t);
    bb_os_remove_folder(t->output); /* an empty one is as good as none; others stay */
    status = bb_model_folder_check(&folder, t->output, err);
  }
  bb_free(NULL, record);
  return status;
}

/* The card --------------------------------------------------------------------------- */

static void today(char date[16]) {
  const time_t now = time(NULL);
  struct tm parts;
  date[0] = '\0';
  if (gmtime_r(&now, &parts)) strftime(date, 16, "%Y-%m-%d", &parts);
}

static const char *base_name(const biobert_model *m) {
  const char *slash = bb_os_last_separator(m->path);
  return slash && slash[1] ? slash + 1 : m->path;
}

static biobert_status describe(const biobert_training *t, bb_model_card *card,
                               char fingerprint[BIOBERT_HASH_CHARS], char date[16],
                               biobert_error *err) {
  biobert_status status = biobert_model_fingerprint(t->model, fingerprint, err);
  today(date);
  *card = (bb_model_card){
      .base_model = t->is_new ? NULL : base_name(t->model),
      .fingerprint = t->is_new ? NULL : fingerprint,
      .task = t->task->name,
      .query = bb_str(t->trained_on),
      .evaluate = bb_str(t->evaluate),
      .options = bb_str(t->option_text),
      .rows = t->learn->rows - t->learn->skipped,
      .evaluation_rows = t->held_out->rows - t->held_out->skipped,
      .steps = t->state.step,
      .metric = t->evaluate ? t->task->metric : NULL,
      .before = t->state.before,
      .after = t->evaluate ? t->state.best : NAN,
      .date = date,
  };
  return status;
}

/* The model's, with the layers that were trained in its steps, or the activation of the
 * score that was. */
static bb_pipeline trained_pipeline(const biobert_training *t) {
  bb_pipeline p = t->model->pipeline;
  if (!bb_training_is_vectors(t)) {
    p.activation = t->learner.heads.rerank;
    return p;
  }
  memcpy(p.steps, t->learner.pipeline.steps, sizeof p.steps);
  p.step_count = t->learner.pipeline.step_count;
  if (t->teacher) p.dimension = 0; /* a projection's is its own */
  return p;
}

biobert_status bb_training_write(biobert_training *t, biobert_error *err) {
  char fingerprint[BIOBERT_HASH_CHARS], date[16];
  bb_model_card card;
  size_t bytes = 0;
  bb_model_folder folder = folder_of(t);
  const bb_pipeline pipeline = trained_pipeline(t);
  biobert_status status = bb_run_load_best(&t->files, &t->learner, err);
  if (!status) status = describe(t, &card, fingerprint, date, err);
  char *record = status ? NULL : record_text(t, &bytes);
  if (!status && !record) status = bb_no_memory(err, "training");
  if (!status) {
    folder.config = &t->learner.bert.config;
    folder.weights = &t->learner.bert.weights;
    folder.heads = bb_training_is_vectors(t) ? NULL : &t->learner.heads;
    folder.pipeline = &pipeline;
    folder.card = &card;
    folder.record = (biobert_str){record, bytes};
    status = bb_model_folder_write(&folder, t->output, err);
  }
  bb_free(NULL, record);
  return status ? status : bb_run_remove(&t->files, err);
}
