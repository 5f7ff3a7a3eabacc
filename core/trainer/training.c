/* training.c - opening, rows, closing: biobert_train.h. */
#include "base/file.h"
#include "base/folder_write.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/status.h"
#include "base/stop.h"
#include "trainer/new_model.h"
#include "trainer/trainer.h"

/* Opening ---------------------------------------------------------------------------- */

static bool copy_text(char **out, biobert_str text) {
  *out = text.data ? bb_copy_str(NULL, text) : NULL;
  return !text.data || *out;
}

static biobert_status copy_settings(biobert_training *t,
                                    const biobert_training_settings *s,
                                    const biobert_training_options *o,
                                    biobert_error *err) {
  t->options = *o;
  t->options.model = t->options.config = t->options.teacher = NULL;
  t->options.evaluate = t->options.json = NULL;
  t->cancel = (bb_cancel){.ask = s->cancel, .ctx = s->cancel_ctx};
  t->model = s->model ? biobert_model_share(s->model) : NULL;
  t->teacher = s->teacher ? biobert_model_share(s->teacher) : NULL;
  const bool copied = copy_text(&t->output, s->output) &&
                      copy_text(&t->trained_on, s->trained_on) &&
                      copy_text(&t->evaluate, bb_str(o->evaluate)) &&
                      copy_text(&t->config, bb_str(o->config)) &&
                      copy_text(&t->option_text, bb_str(o->json));
  return copied ? BIOBERT_OK : bb_no_memory(err, "training");
}

static biobert_status check_output(const biobert_training *t, biobert_error *err) {
  const size_t bytes = strlen(t->output);
  if (bytes == 0 || bb_os_is_separator(t->output[bytes - 1]))
    return bb_fail(err, BIOBERT_RANGE,
                   "output takes the name of a folder to make, without a / at its end");
  return BIOBERT_OK;
}

/* A new model is a folder as any other, which lies beside the run's checkpoints. */
static biobert_status make_model(biobert_training *t, const char *config,
                                 biobert_error *err) {
  const biobert_open_options how = {t->cancel.ask, t->cancel.ctx};
  bool found;
  biobert_status status = bb_run_files_open(t->output, &t->files, err);
  char *path = status ? NULL : bb_run_start_path(&t->files);
  if (!status && !path) status = bb_no_memory(err, "training");
  if (!status) status = bb_run_find(&t->files, &t->state, &found, err);
  if (!status && !found && bb_path_exists(path)) status = bb_folder_remove(path, err);
  if (!status && !bb_path_exists(path))
    status = bb_new_model_write(config, t->options.seed, path, err);
  if (!status)
    status =
        biobert_model_open_with(bb_str(path), (biobert_str){"", 0}, &how, &t->model, err);
  t->is_new = true;
  bb_free(NULL, path);
  return status;
}

static biobert_status check_models(const biobert_training *t, biobert_error *err) {
  const bool distils = t->task->row == bb_row_distil;
  if (distils != (t->teacher != NULL))
    return bb_fail(err, BIOBERT_RANGE, "options: %s",
                   distils ? "distil takes a teacher: the name of a loaded model"
                           : "teacher is an option of distil");
  if (t->options.max_tokens > t->model->bert.config.positions)
    return bb_fail(err, BIOBERT_RANGE,
                   "options: max_tokens %zu: the model takes at most %zu",
                   t->options.max_tokens, t->model->bert.config.positions);
  return BIOBERT_OK;
}

static biobert_status new_session(biobert_training *t, biobert_model *model,
                                  biobert_session **out, biobert_error *err) {
  const biobert_session_options how = {.cancel = t->cancel.ask,
                                       .cancel_ctx = t->cancel.ctx};
  return biobert_session_new(model, &how, out, err);
}

static biobert_status open_sessions(biobert_training *t, biobert_error *err) {
  biobert_status status = new_session(t, t->model, &t->session, err);
  if (!status && t->teacher)
    status = new_session(t, t->teacher, &t->teacher_session, err);
  if (status) return status;
  t->session->max_tokens = t->options.max_tokens;
  t->reader = (bb_row_reader){.session = t->session,
                              .teacher = t->teacher_session,
                              .max_tokens = bb_session_max(t->session, BIOBERT_DOCUMENT),
                              .whole_words = t->options.whole_words};
  return bb_session_prepare(t->session, err);
}

static void shape_sets(biobert_training *t) {
  static const char *const names[] = {"query", "evaluate"};
  const bool marks_words = t->task->row == bb_row_masked && t->options.whole_words;
  for (size_t i = 0; i < 2; i++) {
    t->sets[i].name = names[i];
    t->sets[i].examples = (bb_examples){
        .group = 1,
        .label_width = t->task->label_width,
        .labels_tokens = t->task->labels_tokens || marks_words,
    };
    if (t->teacher)
      t->sets[i].examples.number_width = biobert_model_dimension(t->teacher);
    else if (t->task->head == BB_TASK_RERANK)
      t->sets[i].examples.number_width = 1;
  }
  t->learn = &t->sets[BIOBERT_LEARN];
  t->held_out = &t->sets[BIOBERT_EVALUATE];
  t->held_out->keeps_answers = t->task->row == bb_row_answer;
}

static biobert_status open_training(biobert_training *t,
                                    const biobert_training_settings *s,
                                    const biobert_training_options *o,
                                    biobert_error *err) {
  biobert_status status = copy_settings(t, s, o, err);
  if (!status) status = bb_training_task_find(s->task, &t->task, err);
  if (!status) status = check_output(t, err);
  if (!status && o->config) status = make_model(t, o->config, err);
  if (!status) status = check_models(t, err);
  if (!status && bb_training_is_vectors(t))
    status = bb_vectors_check(&t->model->pipeline, err);
  if (!status) status = open_sessions(t, err);
  if (!status) shape_sets(t);
  return status;
}

biobert_status biobert_training_open(const biobert_training_settings *settings,
                                     const biobert_training_options *options,
                                     biobert_training **out, biobert_error *err) {
  biobert_training *t = bb_alloc_zeroed(NULL, 1, sizeof *t);
  if (!t) return bb_no_memory(err, "training");
  t->files.held = bb_os_no_folder;
  biobert_status status = open_training(t, settings, options, err);
  if (status)
    biobert_training_close(t);
  else
    *out = t;
  return status;
}

/* Rows ------------------------------------------------------------------------------- */

static biobert_status check_columns(bb_row_reader *r, const bb_training_task *task,
                                    size_t count, biobert_error *err) {
  bb_examples *e = &r->set->examples;
  if (count < task->least_columns || count > task->most_columns)
    return bb_fail(err, BIOBERT_RANGE, "%s: %s takes the columns %s, not %zu",
                   r->set->name, task->name, task->columns, count);
  if (task->row != bb_row_embed) return BIOBERT_OK;
  /* The sequences of an example are found by its number. */
  if (r->set->rows > 0 && e->group != count)
    return bb_fail(err, BIOBERT_RANGE, "%s, row %zu: %zu columns, after rows of %zu",
                   r->set->name, r->set->rows + 1, count, e->group);
  e->group = count;
  return BIOBERT_OK;
}

biobert_status biobert_training_add(biobert_training *t, biobert_rows rows,
                                    const biobert_value *columns, size_t count,
                                    biobert_error *err) {
  bb_row_reader *r = &t->reader;
  r->set = &t->sets[rows];
  r->labels_are_known = rows == BIOBERT_EVALUATE;
  biobert_status status = check_columns(r, t->task, count, err);
  if (status) return status;
  r->set->rows++;
  if (bb_cancelled(&t->cancel, 0)) return bb_interrupted(err, "training");
  return t->task->row(r, columns, count, err);
}

/* Closing ---------------------------------------------------------------------------- */

void biobert_training_close(biobert_training *t) {
  if (!t) return;
  if (t->begun && !t->finished) bb_training_save(t, NULL);
  bb_run_files_close(&t->files);
  if (t->has_learner) bb_learner_close(&t->learner);
  for (size_t i = 0; i < 2; i++) bb_row_set_free(&t->sets[i]);
  bb_label_names_free(&t->reader.labels);
  biobert_session_free(t->session);
  biobert_session_free(t->teacher_session);
  if (t->model) biobert_model_close(t->model);
  if (t->teacher) biobert_model_close(t->teacher);
  bb_free(NULL, t->output);
  bb_free(NULL, t->trained_on);
  bb_free(NULL, t->evaluate);
  bb_free(NULL, t->config);
  bb_free(NULL, t->option_text);
  bb_free(NULL, t->order);
  bb_free(NULL, t);
}
