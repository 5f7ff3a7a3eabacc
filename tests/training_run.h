/* training_run.h - runs of biobert_train.h in a temporary folder, for tests of
 * core/trainer. They run from the root of the repository. */
#ifndef BB_TEST_TRAINING_RUN_H
#define BB_TEST_TRAINING_RUN_H

#include "biobert_train.h"
#include "format/json_file.h"
#include "opened_model.h"

/* A run, and what it is made of. */
typedef struct run {
  biobert_training_options options;
  biobert_training_settings settings;
  biobert_training *training;
  biobert_training_report report; /* the last one */
} run;

static inline biobert_value text_value(const char *text) {
  if (!text) return (biobert_value){.kind = BIOBERT_NULL};
  return (biobert_value){.kind = BIOBERT_TEXT, .text = bb_str(text)};
}

static inline biobert_value integer_value(int64_t number) {
  return (biobert_value){
      .kind = BIOBERT_INTEGER, .integer = number, .real = (double)number};
}

static inline biobert_value real_value(double number) {
  return (biobert_value){.kind = BIOBERT_REAL, .real = number};
}

/* output is borrowed until the run is closed. */
static inline biobert_status run_open(run *r, const char *task, const char *model,
                                      const char *output, const char *options) {
  *r = (run){
      .settings = {.task = bb_str(task),
                   .output = bb_str(output),
                   .trained_on = bb_str("SELECT text FROM papers")}
  };
  err = (biobert_error){0};
  biobert_status status =
      biobert_training_options_read(bb_str(options), &r->options, &err);
  if (!status && model) r->settings.model = open_model(model, "");
  if (!status)
    status = biobert_training_open(&r->settings, &r->options, &r->training, &err);
  return status;
}

static inline void run_close(run *r) {
  biobert_training_close(r->training);
  biobert_model_close(r->settings.model);
  biobert_model_close(r->settings.teacher);
  biobert_training_options_free(&r->options);
  *r = (run){0};
}

static inline biobert_status run_add(run *r, biobert_rows rows, size_t count,
                                     const biobert_value *values) {
  return biobert_training_add(r->training, rows, values, count, &err);
}

/* A row of up to four columns, as JSON has them: "text", 1, 0.5, null. */
static inline biobert_status run_add_json(run *r, biobert_rows rows,
                                          const char *json_text) {
  biobert_value values[8];
  size_t count = 0;
  bb_json *json = NULL;
  CHECK_INT(bb_json_parse(bb_str(json_text), "row", &json, &err), BIOBERT_OK);
  const bb_json_node *v = bb_json_first(bb_json_root(json));
  for (; v && count < COUNT(values); v = bb_json_next(v)) {
    int64_t whole;
    double number;
    const biobert_str text = bb_json_string(v);
    if (text.data)
      values[count++] = (biobert_value){.kind = BIOBERT_TEXT, .text = text};
    else if (bb_json_int(v, &whole))
      values[count++] = integer_value(whole);
    else if (bb_json_double(v, &number))
      values[count++] = real_value(number);
    else
      values[count++] = (biobert_value){.kind = BIOBERT_NULL};
  }
  biobert_status status = run_add(r, rows, count, values);
  bb_json_free(json);
  return status;
}

/* Up to its end, or until so many steps are made (0: to the end). */
static inline biobert_status run_steps(run *r, uint64_t steps) {
  biobert_status status = BIOBERT_OK;
  while (!status && !r->report.done && (steps == 0 || r->report.step < steps))
    status = biobert_training_next(r->training, &r->report, &err);
  return status;
}

/* "text N of the study": different texts, two labels. */
static inline void add_numbered_rows(run *r, biobert_rows rows, int first, int end) {
  for (int i = first; i < end; i++) {
    char text[64];
    snprintf(text, sizeof text, "aspirin study number %d of disease %c", i, 'a' + i % 7);
    const biobert_value values[] = {text_value(text),
                                    text_value(i % 3 ? "treats" : "harms")};
    CHECK_INT(run_add(r, rows, 2, values), BIOBERT_OK);
  }
}

#endif
