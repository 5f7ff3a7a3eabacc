/* test_training_evaluation.c - what the metric of each task says of a model that has learnt,
 * and of one that has not. Runs from the root of the repository. */
#include "training_run.h"

enum { MOST_ROWS = 4 };

#define LEARNS                                                                           \
  "{\"epochs\": 30, \"learning_rate\": 0.01, \"dropout\": 0, \"evaluate\": \"SELECT "    \
  "1\"}"

typedef struct measured {
  const char *task, *model, *options, *learn[MOST_ROWS], *held_out[MOST_ROWS];
} measured;

/* The best value of the run's epochs. */
static double best_of_run(const measured *m) {
  char model[128], output[FOLDER_PATH];
  double best = -1;
  run r;
  snprintf(model, sizeof model, GOLDEN "%s", m->model);
  CHECK_INT(run_open(&r, m->task, model, folder_path(output, "measured"), m->options),
            BIOBERT_OK);
  for (int i = 0; i < MOST_ROWS; i++) {
    if (m->learn[i]) CHECK_INT(run_add_json(&r, BIOBERT_LEARN, m->learn[i]), BIOBERT_OK);
    if (m->held_out[i])
      CHECK_INT(run_add_json(&r, BIOBERT_EVALUATE, m->held_out[i]), BIOBERT_OK);
  }
  biobert_status status = BIOBERT_OK;
  while (!status && !r.report.done) {
    status = biobert_training_next(r.training, &r.report, &err);
    if (!status && r.report.metric && r.report.value > best) best = r.report.value;
  }
  CHECK_INT(status, BIOBERT_OK);
  run_close(&r);
  folder_remove(output);
  return best;
}

#define SPAN(start, end)                                                                 \
  "{\\\"start_byte\\\":" #start ",\\\"end_byte\\\":" #end ",\\\"label\\\":\\\"D\\\"}"

static void test_entities(void) {
  check_begin("entities that are found as they are have F1 1, of one word and of two");
  static const measured m = {
      "entities",
      "token_cls",
      LEARNS,
      {"[\"aspirin helps\", \"[" SPAN(0, 7) "]\"]",
        "[\"the gene helps\", \"[" SPAN(0,            8) "]\"]",
        "[\"helps the gene\", \"[" SPAN(6, 14) "]\"]", "[\"helps against\", \"[]\"]"},
      {"[\"aspirin against\", \"[" SPAN(0,                      7) "]\"]",
        "[\"the gene against\", \"[" SPAN(0, 8) "]\"]"}
  };
  const double value = best_of_run(&m);
  check_context("%g", value);
  CHECK(value > 0.6 && value <= 1);
}

static void test_answers(void) {
  check_begin("answers that are found as they are have F1 1");
  static const measured m = {
      "answer",
      "qa",
      LEARNS,
      {"[\"what\", \"aspirin helps\", \"aspirin\", 0]",
        "[\"what\", \"gene helps\", \"gene\", 0]",         "[\"who\", \"gene helps\", null, null]"     },
      {"[\"what\", \"against aspirin \\n\", \"aspirin\", 8]",
        "[\"what\", \"aspirin against\", \"aspirin\", 0]", "[\"who\", \"aspirin against\", null, null]"}
  };
  const double value = best_of_run(&m);
  check_context("%g", value);
  CHECK(value > 0.6 && value <= 1);
}

static void test_numbers(void) {
  check_begin("the order of numbers is learnt, and Spearman's correlation says so");
  static const measured m = {
      "regress",
      "cross_encoder",
      LEARNS,
      {"[\"aspirin\", 3]", "[\"gene\", 1]", "[\"helps\", 2]"},
      {"[\"aspirin aspirin\", 3]",                  "[\"gene gene\", 1]"       }
  };
  CHECK(best_of_run(&m) > 0.9);
}

/* Perplexity: the least is the best. */
static void test_masked(void) {
  check_begin("of masked words the epoch with the least perplexity is kept");
  char output[FOLDER_PATH], learn[1024] = "", held_out[1024] = "";
  double before = INFINITY, last = 0;
  run r;
  for (int i = 0; i < 12; i++) {
    strcat(learn, "aspirin inhibits the kinase of cells ");
    strcat(held_out, "the kinase of cells aspirin inhibits ");
  }
  const biobert_value row = text_value(learn), held_out_row = text_value(held_out);
  CHECK_INT(
      run_open(&r, "mlm", GOLDEN "mlm_cased", folder_path(output, "masked"),
               "{\"epochs\": 3, \"learning_rate\": 0.001, \"evaluate\": \"SELECT 1\"}"),
      BIOBERT_OK);
  CHECK_INT(run_add(&r, BIOBERT_LEARN, 1, &row), BIOBERT_OK);
  CHECK_INT(run_add(&r, BIOBERT_EVALUATE, 1, &held_out_row), BIOBERT_OK);
  while (!err.status && !r.report.done) {
    CHECK_INT(biobert_training_next(r.training, &r.report, &err), BIOBERT_OK);
    if (!r.report.metric || r.report.done) continue;
    CHECK_STR(r.report.metric, "perplexity");
    if (isinf(before)) before = r.report.value;
    last = r.report.value;
  }
  check_context("%g, then %g", before, last);
  CHECK(last > 1 && last < before);
  run_close(&r);
}

/* Thirty pairs of which a model that has learnt nothing finds few among the first ten. */
static void test_neighbours(void) {
  check_begin(
      "a positive that stands behind the tenth counts nothing, an equal one is no rival");
  char output[FOLDER_PATH], row[96];
  run r;
  CHECK_INT(
      run_open(&r, "embed", GOLDEN "st_mean", folder_path(output, "neighbours"),
               "{\"steps\": 1, \"learning_rate\": 1e-9, \"evaluate\": \"SELECT 1\"}"),
      BIOBERT_OK);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[\"what\", \"the gene\"]"), BIOBERT_OK);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[\"which\", \"a cell\"]"), BIOBERT_OK);
  for (int i = 0; i < 30; i++) {
    snprintf(row, sizeof row, "[\"question %d of %c\", \"answer %c of %d\"]", i,
             'a' + i % 7, 'a' + i % 5, i < 2 ? 0 : i * 7 % 30);
    if (i == 1) snprintf(row, sizeof row, "[\"another question\", \"answer a of 0\"]");
    CHECK_INT(run_add_json(&r, BIOBERT_EVALUATE, row), BIOBERT_OK);
  }
  CHECK_INT(run_steps(&r, 0), BIOBERT_OK);
  check_context("%g", r.report.value);
  CHECK(r.report.value > 0 && r.report.value < 0.9);
  run_close(&r);
}

/* The losses of three steps of pairs under a limit of memory. */
static void pair_losses(const char *output, const char *options, double losses[3]) {
  char row[96];
  run r;
  CHECK_INT(run_open(&r, "embed", GOLDEN "st_mean", output, options), BIOBERT_OK);
  for (int i = 0; i < 24; i++) {
    snprintf(row, sizeof row, "[\"question %d of the gene\", \"answer %d of a cell\"]", i,
             i);
    CHECK_INT(run_add_json(&r, BIOBERT_LEARN, row), BIOBERT_OK);
  }
  for (int step = 0; step < 3; step++) {
    CHECK_INT(run_steps(&r, (uint64_t)step + 1), BIOBERT_OK);
    losses[step] = r.report.loss;
  }
  run_close(&r);
}

static void test_parts(void) {
  check_begin("pairs under a limit of memory are read in parts, to the same losses");
  static const double part_error = 1e-5; /* other sums of the same numbers */
  char one[FOLDER_PATH], two[FOLDER_PATH];
  double whole[3] = {0}, parts[3] = {0};
  pair_losses(folder_path(one, "whole"), "{\"steps\": 3, \"dropout\": 0}", whole);
  pair_losses(folder_path(two, "parts"),
              "{\"steps\": 3, \"dropout\": 0, \"memory_limit\": 1900000}", parts);
  for (int step = 0; step < 3; step++) {
    check_context("step %d: %g, %g", step, whole[step], parts[step]);
    CHECK(whole[step] > 0 && fabs(whole[step] - parts[step]) < part_error);
  }
}

int main(void) {
  folder_begin();
  test_entities();
  test_answers();
  test_numbers();
  test_masked();
  test_neighbours();
  test_parts();
  return check_report();
}
