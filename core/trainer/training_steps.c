/* training_steps.c - one call, one row: a step of the optimizer, or what comes after an epoch. */
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/names.h"
#include "base/os.h"
#include "base/status.h"
#include "base/stop.h"
#include "trainer/trainer.h"
#include "trainer/vectors.h"

static double seconds_now(void) {
  return (double)bb_os_clock_ns() * 1e-9;
}

/* Adds to what the row says. */
static void say(biobert_training *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(biobert_training *t, const char *format, ...) {
  va_list args;
  va_start(args, format);
  bb_list_add_v(t->message, sizeof t->message, "; ", format, args);
  va_end(args);
}

/* A step ----------------------------------------------------------------------------- */

static biobert_status learn_part(biobert_training *t, const bb_step_part *part,
                                 double *loss, biobert_error *err) {
  bb_learner *l = &t->learner;
  bb_learner_batch batch = bb_part_batch(part);
  double share = 0;
  batch.step = (uint32_t)t->state.step;
  batch.dropout = true;
  biobert_status status = bb_learner_read(l, &batch, err);
  if (!status) status = t->loss(l, part, &share, err);
  if (!status) status = bb_learner_backward(l, err);
  *loss += share;
  return status;
}

static biobert_status learn_parts(biobert_training *t, const bb_step_batch *step,
                                  double *loss, biobert_error *err) {
  size_t *starts = bb_alloc(NULL, step->sequences + 1, sizeof *starts);
  if (!starts) return bb_no_memory(err, "training: a batch");
  biobert_status status = BIOBERT_OK;
  *loss = 0;
  t->learner.heads_pass.targets = t->task->targets(step);
  for (size_t first = 0; first < step->sequences && !status;) {
    const bb_step_part part = bb_part_at(step, first, t->part_tokens, starts);
    status = learn_part(t, &part, loss, err);
    first = part.end;
  }
  bb_free(NULL, starts);
  return status;
}

static biobert_status learn_step(biobert_training *t, const bb_step_batch *step,
                                 double *loss, biobert_error *err) {
  bb_learner_begin(&t->learner);
  if (bb_training_is_vectors(t))
    return bb_learn_vectors(&t->learner,
                            &(bb_vectors_step){.step = step,
                                               .number = (uint32_t)t->state.step,
                                               .part_tokens = t->part_tokens,
                                               .has_teacher = t->teacher != NULL},
                            loss, err);
  return learn_parts(t, step, loss, err);
}

static double rate_of(const biobert_training *t) {
  return t->options.learning_rate * bb_schedule_at(&t->schedule, t->state.step);
}

static biobert_status not_finite(const biobert_training *t, biobert_error *err) {
  return bb_fail(
      err, BIOBERT_FORMAT,
      "step %llu: the loss or its derivatives are not finite: take a smaller "
      "learning_rate than %g, a longer warmup, or clip; the last checkpoint has "
      "the weights of step %llu",
      (unsigned long long)t->state.step + 1, t->options.learning_rate,
      (unsigned long long)t->saved_step);
}

static biobert_status move_weights(biobert_training *t, double loss, biobert_error *err) {
  bb_update update = {.adamw = bb_adamw_defaults(rate_of(t)),
                      .clip = t->options.clip,
                      .step = t->state.step + 1};
  update.adamw.decay = t->options.weight_decay;
  if (!isfinite(loss) || !bb_learner_update(&t->learner, &update)) {
    t->is_broken = true;
    return not_finite(t, err);
  }
  return BIOBERT_OK;
}

/* The mean over the steps so far, later ones counting more. */
static void measure_time(biobert_training *t, double seconds, size_t tokens,
                         biobert_training_report *report) {
  static const double of_last = 0.1;
  t->seconds_per_step =
      t->seconds_per_step > 0
          ? t->seconds_per_step + of_last * (seconds - t->seconds_per_step)
          : seconds;
  report->tokens_per_second = seconds > 0 ? (double)tokens / seconds : 0;
  report->eta_seconds = (double)(t->schedule.steps - t->state.step) * t->seconds_per_step;
}

static biobert_status save_in_turn(biobert_training *t, biobert_error *err) {
  if (t->state.step % t->options.save_every != 0) return BIOBERT_OK;
  return bb_training_save(t, err);
}

static void report_step(biobert_training *t, double loss, double rate,
                        biobert_training_report *report) {
  report->step = t->state.step;
  report->loss = loss;
  report->learning_rate = rate;
}

static biobert_status step(biobert_training *t, biobert_training_report *report,
                           biobert_error *err) {
  const bb_examples *e = &t->learn->examples;
  const double begun = seconds_now(), rate = rate_of(t);
  const size_t end = bb_epoch_batch_end(e, t->order, t->next, t->options.batch);
  bb_step_batch batch;
  double loss;
  t->masking.epoch = t->epoch;
  biobert_status status =
      bb_step_batch_make(e, t->order + t->next, end - t->next, &t->masking, &batch, err);
  if (status) return status;
  status = learn_step(t, &batch, &loss, err);
  if (!status) status = move_weights(t, loss, err);
  const size_t tokens = batch.tokens;
  bb_step_batch_free(&batch);
  if (status) return status;
  t->next = end;
  t->state.step++;
  t->state.epoch_loss += loss;
  t->state.epoch_steps++;
  t->epoch_ended = end == e->count || t->state.step == t->schedule.steps;
  report_step(t, loss, rate, report);
  measure_time(t, seconds_now() - begun, tokens, report);
  return save_in_turn(t, err);
}

/* An epoch's end --------------------------------------------------------------------- */

static biobert_status measure(biobert_training *t, double *value,
                              char note[BB_NOTE_BYTES], biobert_error *err) {
  bb_evaluation e = {.loss = t->loss,
                     .targets = t->task->targets,
                     .learner = &t->learner,
                     .set = t->held_out,
                     .masking = &t->held_out_masking,
                     .multiple = t->multiple,
                     .batch = t->part_tokens};
  biobert_status status = t->task->measure(&e, value, err);
  snprintf(note, BB_NOTE_BYTES, "%s", e.note);
  return status;
}

/* A tie keeps the earlier epoch. */
static bool is_better(const biobert_training *t, double value) {
  if (t->state.best_epoch == 0) return true;
  return t->task->smaller_is_better ? value < t->state.best : value > t->state.best;
}

static biobert_status take_best(biobert_training *t, double value, biobert_error *err) {
  if (!is_better(t, value)) return BIOBERT_OK;
  biobert_status status = bb_run_save_best(&t->files, &t->learner, t->epoch + 1, err);
  if (status) return status; /* its weights are not there: it is measured again */
  t->state.best = value;
  t->state.best_epoch = t->epoch + 1;
  return BIOBERT_OK;
}

/* Of the rows held out, or without any the mean loss. */
static biobert_status measure_epoch(biobert_training *t, biobert_training_report *report,
                                    biobert_error *err) {
  char note[BB_NOTE_BYTES] = "";
  report->metric = "loss";
  report->value = report->loss;
  if (!t->evaluate) return BIOBERT_OK;
  report->metric = t->task->metric;
  biobert_status status = measure(t, &report->value, note, err);
  if (!status) status = take_best(t, report->value, err);
  if (note[0]) say(t, "%s", note);
  say(t, "%s %.4f before training", t->task->metric, t->state.before);
  return status;
}

static biobert_status finish(biobert_training *t, biobert_training_report *report,
                             biobert_error *err) {
  biobert_status status = bb_training_write(t, err);
  if (status) return status;
  say(t, "%s: written%s", t->output, t->evaluate ? ", the best epoch's weights" : "");
  report->done = t->finished = true;
  return BIOBERT_OK;
}

static biobert_status end_epoch(biobert_training *t, biobert_training_report *report,
                                biobert_error *err) {
  report->step = t->state.step;
  report->loss = t->state.epoch_loss / (double)t->state.epoch_steps;
  biobert_status status = measure_epoch(t, report, err);
  if (status) return status;
  t->epoch_ended = false;
  t->state.epoch_loss = 0;
  t->state.epoch_steps = 0;
  status = bb_training_save(t, err);
  if (!status && t->state.step == t->schedule.steps) return finish(t, report, err);
  if (!status && t->next == t->learn->examples.count) {
    t->epoch++;
    t->next = 0;
    bb_epoch_order(t->options.seed, t->epoch, t->order, t->learn->examples.count);
  }
  return status;
}

/* Accuracy says little where one label is much more frequent than another. */
static void say_imbalance(biobert_training *t) {
  enum { MUCH = 5 };
  const bb_examples *e = &t->learn->examples;
  const bb_labels *labels = &t->learner.heads.labels;
  size_t rarest = SIZE_MAX, most = 0;
  if (t->task->head != BB_TASK_CLASSIFY || t->multiple) return;
  for (size_t i = 0; i < labels->count; i++) {
    size_t count = 0;
    for (size_t j = 0; j < e->count; j++) count += (size_t)e->labels[j] == i;
    if (count < rarest) rarest = count;
    if (count > most) most = count;
  }
  if (most >= MUCH * rarest)
    say(t,
        "the most frequent label has %zu rows, the rarest %zu: look at macro_f1, not at "
        "accuracy",
        most, rarest);
}

/* The first row, too, says what was skipped and where the run goes on. */
static biobert_status begin(biobert_training *t, biobert_error *err) {
  char note[BB_NOTE_BYTES];
  biobert_status status = bb_training_begin(t, err);
  if (status || t->finished) return status;
  if (t->evaluate && isnan(t->state.before))
    status = measure(t, &t->state.before, note, err);
  const size_t skipped = t->learn->skipped + t->held_out->skipped;
  if (t->state.step == 0) say_imbalance(t);
  if (skipped) say(t, "%zu rows with a NULL are left out", skipped);
  if (t->state.step) say(t, "goes on after step %llu", (unsigned long long)t->state.step);
  return status;
}

/* The weights are those of the last whole step. */
static void save_stopped(biobert_training *t) {
  if (t->begun && t->state.step != t->saved_step) bb_training_save(t, NULL);
}

static biobert_status next_row(biobert_training *t, biobert_training_report *report,
                               biobert_error *err) {
  biobert_status status = BIOBERT_OK;
  if (!t->begun && !t->finished) status = begin(t, err);
  if (status) return status;
  *report = (biobert_training_report){.steps = t->schedule.steps, .epoch = t->epoch + 1};
  if (t->finished)
    report->done = true;
  else if (t->epoch_ended)
    status = end_epoch(t, report, err);
  else if (t->state.step == t->schedule.steps)
    status = finish(t, report, err);
  else
    status = step(t, report, err);
  return status;
}

/* What reads and writes files is stopped as well; but for the checkpoint of a run that is. */
biobert_status biobert_training_next(biobert_training *t, biobert_training_report *report,
                                     biobert_error *err) {
  t->cancel.stop = false;
  if (!t->finished) t->message[0] = '\0';
  bb_stop_reading(&t->cancel);
  biobert_status status = next_row(t, report, err);
  bb_stop_reading(NULL);
  if (status) save_stopped(t);
  if (!status && t->message[0]) report->message = t->message;
  return status;
}
