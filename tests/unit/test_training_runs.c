/* test_training_runs.c - a run of training: stopped, killed and gone on with, the same bits;
 * what it refuses; what it says. Runs from the root of the repository. */
#include "training_run.h"

#include <signal.h>
#include <sys/wait.h>

static const char MODEL[] = GOLDEN "relations";
/* Twelve steps: 3 epochs of 4 batches. */
static const char OPTIONS[] = "{\"epochs\": 3, \"batch\": 100, \"save_every\": 2}";
enum { ROWS = 24, HELD_OUT = 8 };

static biobert_status open_usual(run *r, const char *output, const char *options) {
  biobert_status status = run_open(r, "classify", MODEL, output, options);
  if (!status) add_numbered_rows(r, BIOBERT_LEARN, 0, ROWS);
  return status;
}

/* A whole run; its weights as bytes, which the caller frees. */
static char *weights_of(const char *folder, size_t *count) {
  char path[2 * FOLDER_PATH];
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  char *bytes = file_read(path, count);
  CHECK(bytes != NULL);
  return bytes;
}

static void run_whole(const char *output, const char *options) {
  run r;
  CHECK_INT(open_usual(&r, output, options), BIOBERT_OK);
  CHECK_INT(run_steps(&r, 0), BIOBERT_OK);
  run_close(&r);
}

static void expect_same_weights(const char *a, const char *b) {
  size_t n = 0, m = 0;
  char *x = weights_of(a, &n), *y = weights_of(b, &m);
  CHECK(x && y && n == m && memcmp(x, y, n) == 0);
  free(x);
  free(y);
}

/* The same bits ---------------------------------------------------------------------- */

static char whole[FOLDER_PATH]; /* of an undisturbed run */

static void test_threads(void) {
  check_begin("the number of threads changes no bit of the result");
  char one[FOLDER_PATH];
  run_whole(folder_path(whole, "whole"), OPTIONS);
  run_whole(folder_path(one, "one"), "{\"epochs\": 3, \"batch\": 100, \"threads\": 1}");
  expect_same_weights(whole, one);
}

static void test_stopped(void) {
  check_begin("a run that is closed after any step goes on there, to the same bits");
  for (uint64_t step = 1; step < 12; step += 3) {
    char output[FOLDER_PATH], name[32];
    run r;
    snprintf(name, sizeof name, "stopped%d", (int)step);
    folder_path(output, name);
    CHECK_INT(open_usual(&r, output, OPTIONS), BIOBERT_OK);
    CHECK_INT(run_steps(&r, step), BIOBERT_OK);
    run_close(&r);
    CHECK_INT(open_usual(&r, output, OPTIONS), BIOBERT_OK);
    CHECK_INT(biobert_training_next(r.training, &r.report, &err), BIOBERT_OK);
    CHECK(r.report.message && strstr(r.report.message, "goes on after step"));
    CHECK_INT(run_steps(&r, 0), BIOBERT_OK);
    run_close(&r);
    expect_same_weights(whole, output);
  }
}

/* True at the n-th question. */
static bool stop_at(void *ctx) {
  int *left = ctx;
  return (*left)-- <= 0;
}

static void test_interrupted(void) {
  check_begin("a run that is interrupted in a step goes on before it, to the same bits");
  char output[FOLDER_PATH];
  biobert_status status = BIOBERT_INTERRUPTED;
  folder_path(output, "interrupted");
  int interrupts = 0;
  for (int left = 60; status == BIOBERT_INTERRUPTED && interrupts < 1000; left += 7) {
    int questions = left;
    run r = {
        .settings = {.task = bb_str("classify"),
                     .output = bb_str(output),
                     .cancel = stop_at,
                     .cancel_ctx = &questions}
    };
    CHECK_INT(biobert_training_options_read(bb_str(OPTIONS), &r.options, &err),
              BIOBERT_OK);
    r.settings.model = open_model(MODEL, "");
    CHECK_INT(biobert_training_open(&r.settings, &r.options, &r.training, &err),
              BIOBERT_OK);
    questions = 10000; /* rows are read whole */
    add_numbered_rows(&r, BIOBERT_LEARN, 0, ROWS);
    questions = left;
    status = run_steps(&r, 0);
    interrupts += status == BIOBERT_INTERRUPTED;
    run_close(&r);
  }
  CHECK_INT(status, BIOBERT_OK);
  CHECK(interrupts > 0);
  expect_same_weights(whole, output);
}

static void test_killed(void) {
  check_begin(
      "a run that is killed at any moment goes on at a checkpoint, to the same bits");
  enum { KILLS = 20, LONGEST_MS = 60 };
  char output[FOLDER_PATH];
  folder_path(output, "killed");
  for (int i = 0; i < KILLS; i++) {
    const pid_t child = fork();
    if (child == 0) {
      run r;
      if (!open_usual(&r, output, OPTIONS)) run_steps(&r, 0);
      _exit(0);
    }
    usleep((useconds_t)(random_below(LONGEST_MS) * 1000));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
  }
  run_whole(output, OPTIONS);
  expect_same_weights(whole, output);
}

/* Refusals --------------------------------------------------------------------------- */

static void expect_refusal(run *r, biobert_status status, const char *words) {
  CHECK_INT(run_steps(r, 0), status);
  expect_message(words);
  run_close(r);
}

static void test_finished(void) {
  check_begin("a run that has ended says so, and trains nothing");
  run r;
  CHECK_INT(open_usual(&r, whole, OPTIONS), BIOBERT_OK);
  CHECK_INT(biobert_training_next(r.training, &r.report, &err), BIOBERT_OK);
  CHECK(r.report.done && r.report.step == 0);
  CHECK(r.report.message && strstr(r.report.message, "finished already"));
  run_close(&r);
}

static void test_other_arguments(void) {
  check_begin("the result of another run is not touched");
  run r;
  CHECK_INT(open_usual(&r, whole, "{\"epochs\": 2, \"batch\": 100}"), BIOBERT_OK);
  expect_refusal(&r, BIOBERT_RANGE, "other arguments");
  check_begin("a run that was begun with other rows is not gone on with");
  char output[FOLDER_PATH];
  folder_path(output, "rows");
  CHECK_INT(open_usual(&r, output, OPTIONS), BIOBERT_OK);
  CHECK_INT(run_steps(&r, 1), BIOBERT_OK);
  run_close(&r);
  CHECK_INT(open_usual(&r, output, OPTIONS), BIOBERT_OK);
  add_numbered_rows(&r, BIOBERT_LEARN, 100, 101);
  expect_refusal(&r, BIOBERT_RANGE, "other arguments, rows");
}

static void test_foreign_folders(void) {
  char output[FOLDER_PATH], file[2 * FOLDER_PATH];
  run r;
  check_begin("a folder with files of others is not written to");
  folder_path(output, "foreign");
  mkdir(output, 0700);
  snprintf(file, sizeof file, "%s/thesis.txt", output);
  file_write(file, "mine", 4);
  CHECK_INT(open_usual(&r, output, OPTIONS), BIOBERT_OK);
  expect_refusal(&r, BIOBERT_RANGE, "there already");
  check_begin("nor is the folder of the model itself");
  CHECK_INT(open_usual(&r, MODEL, OPTIONS), BIOBERT_OK);
  expect_refusal(&r, BIOBERT_RANGE, "there already");
  check_begin("checkpoints do not go between files of others");
  folder_path(output, "beside");
  snprintf(file, sizeof file, "%s.biobert-training", output);
  mkdir(file, 0700);
  snprintf(file, sizeof file, "%s.biobert-training/thesis.txt", output);
  file_write(file, "mine", 4);
  CHECK_INT(open_usual(&r, output, OPTIONS), BIOBERT_OK);
  expect_refusal(&r, BIOBERT_RANGE, "thesis.txt");
  check_begin("an empty folder is as good as none");
  folder_path(output, "empty");
  mkdir(output, 0700);
  run_whole(output, OPTIONS);
  expect_same_weights(whole, output);
}

static void test_two_processes(void) {
  check_begin("two processes do not train in one folder");
  char output[FOLDER_PATH];
  run a, b;
  folder_path(output, "two");
  CHECK_INT(open_usual(&a, output, OPTIONS), BIOBERT_OK);
  CHECK_INT(run_steps(&a, 1), BIOBERT_OK);
  CHECK_INT(open_usual(&b, output, OPTIONS), BIOBERT_OK);
  expect_refusal(&b, BIOBERT_RANGE, "another process");
  run_close(&a);
}

static void test_no_rows(void) {
  check_begin("without rows there is nothing to learn");
  char output[FOLDER_PATH];
  run r;
  const biobert_value nothing[] = {text_value(NULL), text_value("harms")};
  CHECK_INT(run_open(&r, "classify", MODEL, folder_path(output, "none"), OPTIONS),
            BIOBERT_OK);
  CHECK_INT(run_add(&r, BIOBERT_LEARN, 2, nothing), BIOBERT_OK);
  expect_refusal(&r, BIOBERT_RANGE,
                 "no row to learn from (1 rows, of which 1 have a NULL)");
}

static void test_one_label(void) {
  check_begin("where all rows have one label there is nothing to tell apart");
  char output[FOLDER_PATH];
  run r;
  const biobert_value values[] = {text_value("a text"), text_value("harms")};
  CHECK_INT(run_open(&r, "classify", MODEL, folder_path(output, "one_label"), OPTIONS),
            BIOBERT_OK);
  CHECK_INT(run_add(&r, BIOBERT_LEARN, 2, values), BIOBERT_OK);
  expect_refusal(&r, BIOBERT_RANGE, "all rows have the label 'harms'");
  check_begin("labels that are far from even are noted");
  CHECK_INT(open_usual(&r, folder_path(output, "uneven"), OPTIONS), BIOBERT_OK);
  for (int i = 1; i < 100; i++)
    if ((100 + i) % 3) add_numbered_rows(&r, BIOBERT_LEARN, 100 + i, 101 + i);
  CHECK_INT(run_steps(&r, 1), BIOBERT_OK);
  CHECK(r.report.message && strstr(r.report.message, "look at macro_f1"));
  run_close(&r);
}

static void test_not_finite(void) {
  check_begin("a loss that is not finite stops the run, with advice");
  char output[FOLDER_PATH], file[2 * FOLDER_PATH];
  const char *copy = copy_of("relations");
  static const unsigned char not_a_number[] = {0, 0, 0xC0, 0x7F};
  size_t count = 0;
  run r;
  snprintf(file, sizeof file, "%s/model.safetensors", copy);
  char *bytes = file_read(file, &count);
  for (size_t at = 8; at <= count / 2; at += sizeof not_a_number)
    memcpy(bytes + count - at, not_a_number, sizeof not_a_number);
  file_write(file, bytes, count);
  free(bytes);
  CHECK_INT(run_open(&r, "classify", copy, folder_path(output, "not_finite"), OPTIONS),
            BIOBERT_OK);
  add_numbered_rows(&r, BIOBERT_LEARN, 0, ROWS);
  expect_refusal(&r, BIOBERT_FORMAT, "take a smaller learning_rate");
}

/* Evaluation ------------------------------------------------------------------------- */

static const char EVALUATED[] =
    "{\"epochs\": 3, \"batch\": 100, \"evaluate\": \"SELECT 1\"}";

static void test_leak(void) {
  check_begin("a text to learn from that is also held out is an error with its row");
  char output[FOLDER_PATH];
  run r;
  CHECK_INT(open_usual(&r, folder_path(output, "leak"), EVALUATED), BIOBERT_OK);
  add_numbered_rows(&r, BIOBERT_EVALUATE, 100, 102);
  add_numbered_rows(&r, BIOBERT_EVALUATE, 5, 6);
  expect_refusal(&r, BIOBERT_RANGE,
                 "evaluate, row 3: the query has the same text in row 6");
}

static void test_unknown_label(void) {
  check_begin("a label that no row to learn from has is an error with its row");
  char output[FOLDER_PATH];
  run r;
  const biobert_value values[] = {text_value("a text"), text_value("heals")};
  CHECK_INT(open_usual(&r, folder_path(output, "label"), EVALUATED), BIOBERT_OK);
  CHECK_INT(run_add(&r, BIOBERT_EVALUATE, 2, values), BIOBERT_RANGE);
  expect_message("evaluate, row 1: the label 'heals' is in no row to learn from");
  run_close(&r);
}

/* Epochs' values; the number of them. */
static size_t run_epochs(run *r, double values[4], uint64_t stop_after) {
  size_t epochs = 0;
  while (!r->report.done && (!stop_after || r->report.step < stop_after)) {
    if (!CHECK_INT(biobert_training_next(r->training, &r->report, &err), BIOBERT_OK))
      return epochs;
    if (r->report.metric && epochs < 4) {
      CHECK_STR(r->report.metric, "macro_f1");
      CHECK(r->report.value >= 0 && r->report.value <= 1);
      values[epochs++] = r->report.value;
    }
  }
  return epochs;
}

static void open_evaluated(run *r, const char *output) {
  CHECK_INT(open_usual(r, output, EVALUATED), BIOBERT_OK);
  add_numbered_rows(r, BIOBERT_EVALUATE, 100, 100 + HELD_OUT);
}

static void test_evaluation(void) {
  check_begin("each epoch ends with its metric; a run gone on with has the same ones");
  char one[FOLDER_PATH], two[FOLDER_PATH];
  double a[4] = {0}, b[4] = {0};
  run r;
  open_evaluated(&r, folder_path(one, "evaluated"));
  CHECK_INT((long long)run_epochs(&r, a, 0), 3);
  CHECK(strstr(r.report.message, "accuracy") &&
        strstr(r.report.message, "before training"));
  run_close(&r);
  open_evaluated(&r, folder_path(two, "evaluated_twice"));
  size_t before = run_epochs(&r, b, 6);
  run_close(&r);
  open_evaluated(&r, two);
  CHECK_INT((long long)(before + run_epochs(&r, b + before, 0)), 3);
  run_close(&r);
  CHECK(memcmp(a, b, sizeof a) == 0);
  expect_same_weights(one, two);
}

/* A folder in the place of the best weights' file: they cannot be written. */
static void fail_best(const char *output, int epoch) {
  char path[2 * FOLDER_PATH];
  run r;
  snprintf(path, sizeof path, "%s.biobert-training/best-%d.safetensors", output, epoch);
  open_evaluated(&r, output);
  CHECK_INT(run_steps(&r, 1), BIOBERT_OK);
  CHECK_INT(mkdir(path, 0700), 0);
  const biobert_status status = run_steps(&r, 0);
  CHECK(status == BIOBERT_OK || status == BIOBERT_IO);
  run_close(&r);
  rmdir(path);
}

static void test_best_epoch(void) {
  check_begin("a run whose best weights could not be kept ends with those of that epoch");
  char one[FOLDER_PATH], output[FOLDER_PATH];
  run r;
  open_evaluated(&r, folder_path(one, "best"));
  CHECK_INT(run_steps(&r, 0), BIOBERT_OK);
  run_close(&r);
  folder_path(output, "best_failed");
  for (int epoch = 1; epoch <= 3; epoch++) {
    check_context("epoch %d", epoch);
    fail_best(output, epoch);
    open_evaluated(&r, output);
    CHECK_INT(run_steps(&r, 0), BIOBERT_OK);
    run_close(&r);
    expect_same_weights(one, output);
    folder_remove(output);
  }
}

/* What run.json has, and what is no state any more. */
static const struct {
  const char *from, *to;
} damages[] = {
    {"\"arguments\": \"",   "\"arguments\": \"0"},
    {"\"step\"",            "\"stop\""          },
    {"\"step\": ",          "\"step\": -"       },
    {"\"best_epoch\"",      "\"b\""             },
    {"\"best_file\"",       "\"b\""             },
    {"\"best_bits\"",       "\"b\""             },
    {"\"before_bits\"",     "\"b\""             },
    {"\"epoch_loss_bits\"", "\"b\""             },
    {"\"epoch_steps\"",     "\"b\""             },
    {"{",                   "["                 },
};

static void test_damaged_state(void) {
  check_begin("a run whose state is damaged is refused, with the file");
  char output[FOLDER_PATH], state[2 * FOLDER_PATH];
  size_t bytes = 0;
  run r;
  CHECK_INT(open_usual(&r, folder_path(output, "damaged"), OPTIONS), BIOBERT_OK);
  CHECK_INT(run_steps(&r, 1), BIOBERT_OK);
  run_close(&r);
  snprintf(state, sizeof state, "%s.biobert-training/run.json", output);
  char *whole_state = file_read(state, &bytes);
  for (size_t i = 0; i < COUNT(damages) && whole_state; i++) {
    check_context("%s", damages[i].to);
    CHECK(file_replace(state, damages[i].from, damages[i].to));
    CHECK_INT(open_usual(&r, output, OPTIONS), BIOBERT_OK);
    CHECK_INT(biobert_training_next(r.training, &r.report, &err), BIOBERT_FORMAT);
    expect_message("run.json");
    run_close(&r);
    file_write(state, whole_state, bytes);
  }
  free(whole_state);
  check_begin("and goes on when it is whole again");
  CHECK_INT(open_usual(&r, output, OPTIONS), BIOBERT_OK);
  CHECK_INT(run_steps(&r, 0), BIOBERT_OK);
  run_close(&r);
  expect_same_weights(whole, output);
}

/* Options ---------------------------------------------------------------------------- */

static void test_frozen(void) {
  check_begin("a frozen encoder stays as it is, bit for bit");
  char output[FOLDER_PATH];
  float before[DIMENSION], after[DIMENSION];
  biobert_session *session = NULL;
  run_whole(folder_path(output, "frozen"), "{\"epochs\": 1, \"freeze\": \"encoder\"}");
  float *vectors[] = {before, after};
  const char *const paths[] = {MODEL, output};
  for (int i = 0; i < 2; i++) {
    biobert_model *model = open_model(paths[i], "{\"pooling\": \"mean\"}");
    CHECK_INT(biobert_session_new(model, NULL, &session, &err), BIOBERT_OK);
    CHECK_INT(
        biobert_embed(session, bb_str("aspirin"), BIOBERT_DOCUMENT, vectors[i], &err),
        BIOBERT_OK);
    biobert_session_free(session);
    biobert_model_close(model);
  }
  CHECK(memcmp(before, after, sizeof before) == 0);
}

/* Of three layers two are frozen: what goes into the third is as it was, what comes out of
 * it is not. */
static void test_frozen_layers(void) {
  check_begin("frozen layers stay as they are, bit for bit, and those after them learn");
  enum { HIDDEN = 32, LAYERS = 3, FROZEN = 2 };
  char output[FOLDER_PATH];
  float before[LAYERS + 1][HIDDEN];
  run r;
  CHECK_INT(run_open(&r, "classify", GOLDEN "st_mean", folder_path(output, "layers"),
                     "{\"epochs\": 1, \"batch\": 100, \"freeze\": 2}"),
            BIOBERT_OK);
  add_numbered_rows(&r, BIOBERT_LEARN, 0, ROWS);
  CHECK_INT(run_steps(&r, 0), BIOBERT_OK);
  run_close(&r);
  const char *const paths[] = {GOLDEN "st_mean", output};
  for (int i = 0; i < 2; i++) {
    biobert_model *model = open_model(paths[i], "");
    biobert_session *session = NULL;
    CHECK_INT(biobert_session_new(model, NULL, &session, &err), BIOBERT_OK);
    for (size_t layer = 0; layer <= LAYERS; layer++) {
      float *states = NULL;
      size_t tokens;
      CHECK_INT(biobert_hidden_states(session, bb_str("aspirin"), layer, &states, &tokens,
                                      &err),
                BIOBERT_OK);
      check_context("layer %zu", layer);
      if (i == 0)
        memcpy(before[layer], states, sizeof before[layer]);
      else
        CHECK((memcmp(before[layer], states, sizeof before[layer]) == 0) ==
              (layer <= FROZEN));
      biobert_session_release(session, states);
    }
    biobert_session_free(session);
    biobert_model_close(model);
  }
}

static void test_memory(void) {
  check_begin("a memory limit that cannot be kept is refused, with what is needed");
  char output[FOLDER_PATH];
  run r;
  CHECK_INT(open_usual(&r, folder_path(output, "memory"), "{\"memory_limit\": 1000000}"),
            BIOBERT_OK);
  expect_refusal(&r, BIOBERT_RANGE, "memory_limit 1000000");
  check_begin("under a limit a step is read in parts, to the same losses");
  run a, b;
  char one[FOLDER_PATH], two[FOLDER_PATH];
  CHECK_INT(
      open_usual(&a, folder_path(one, "unlimited"), "{\"steps\": 3, \"dropout\": 0}"),
      BIOBERT_OK);
  CHECK_INT(open_usual(&b, folder_path(two, "limited"),
                       "{\"steps\": 3, \"dropout\": 0, \"memory_limit\": 1900000}"),
            BIOBERT_OK);
  static const double part_error = 1e-5; /* other sums of the same numbers */
  for (int step = 1; step <= 3; step++) {
    CHECK_INT(run_steps(&a, (uint64_t)step), BIOBERT_OK);
    CHECK_INT(run_steps(&b, (uint64_t)step), BIOBERT_OK);
    check_context("step %d: %g, %g", step, a.report.loss, b.report.loss);
    CHECK(fabs(a.report.loss - b.report.loss) < part_error);
  }
  run_close(&a);
  run_close(&b);
}

/* The score of the pair that a run has learnt from. */
static double score_after(const char *task, const char *model, double target) {
  char output[FOLDER_PATH], name[64];
  run r;
  const biobert_value values[] = {text_value("aspirin"), text_value("helps"),
                                  real_value(target)};
  double score = NAN;
  biobert_session *session = NULL;
  snprintf(name, sizeof name, "score_%s_%s", task, model);
  char path[128];
  snprintf(path, sizeof path, GOLDEN "%s", model);
  CHECK_INT(run_open(&r, task, path, folder_path(output, name),
                     "{\"steps\": 200, \"learning_rate\": 0.01, \"dropout\": 0}"),
            BIOBERT_OK);
  CHECK_INT(run_add(&r, BIOBERT_LEARN, 3, values), BIOBERT_OK);
  CHECK_INT(run_steps(&r, 0), BIOBERT_OK);
  run_close(&r);
  biobert_model *trained = open_model(output, "");
  CHECK_INT(biobert_session_new(trained, NULL, &session, &err), BIOBERT_OK);
  CHECK_INT(biobert_rerank(session, bb_str("aspirin"), bb_str("helps"), &score, &err),
            BIOBERT_OK);
  biobert_session_free(session);
  biobert_model_close(trained);
  return score;
}

static void test_scores(void) {
  static const double near = 0.1; /* after so few steps */
  check_begin("what was learnt as a number is given back as that number");
  CHECK(fabs(score_after("regress", "st_mean", 3) - 3) < near);
  CHECK(fabs(score_after("regress", "cross_encoder", 3) - 3) < near);
  check_begin("what was learnt as a part of 1 is given back through the sigmoid");
  CHECK(fabs(score_after("rerank", "st_mean", 0.8) - 0.8) < near);
  CHECK(fabs(score_after("rerank", "cross_encoder", 0.8) - 0.8) < near);
}

int main(void) {
  folder_begin();
  test_threads();
  test_stopped();
  test_interrupted();
  test_killed();
  test_finished();
  test_other_arguments();
  test_foreign_folders();
  test_two_processes();
  test_no_rows();
  test_one_label();
  test_not_finite();
  test_leak();
  test_unknown_label();
  test_evaluation();
  test_best_epoch();
  test_damaged_state();
  test_frozen();
  test_frozen_layers();
  test_memory();
  test_scores();
  return check_report();
}
