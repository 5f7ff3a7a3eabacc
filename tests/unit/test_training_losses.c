/* test_training_losses.c - fifty steps of each task against PyTorch, transformers and
 * sentence-transformers (tests/golden/make_training.py). */
#include "training_run.h"

/* Of a step's loss; ours is in float32. Measured 2e-6. */
static const double STEP_ERROR = 1e-4;

static biobert_value value_of(const bb_json_node *node) {
  int64_t whole;
  double number;
  const biobert_str text = bb_json_string(node);
  if (text.data) return (biobert_value){.kind = BIOBERT_TEXT, .text = text};
  if (bb_json_int(node, &whole)) return integer_value(whole);
  if (bb_json_double(node, &number)) return real_value(number);
  return (biobert_value){.kind = BIOBERT_NULL};
}

static void add_rows(run *r, const bb_json_node *rows) {
  for (const bb_json_node *row = bb_json_first(rows); row; row = bb_json_next(row)) {
    biobert_value values[8];
    size_t count = 0;
    for (const bb_json_node *v = bb_json_first(row); v; v = bb_json_next(v))
      values[count++] = value_of(v);
    CHECK_INT(run_add(r, BIOBERT_LEARN, count, values), BIOBERT_OK);
  }
}

static void compare_steps(run *r, const bb_json_node *losses) {
  double worst = 0;
  for (const bb_json_node *loss = bb_json_first(losses); loss;
       loss = bb_json_next(loss)) {
    double expected = NAN;
    CHECK(bb_json_double(loss, &expected));
    if (!CHECK_INT(run_steps(r, r->report.step + 1), BIOBERT_OK)) return;
    const double error = fabs(r->report.loss - expected);
    if (!(error <= worst)) worst = error;
  }
  if (!(worst < STEP_ERROR)) printf("  worst error of a step's loss: %g\n", worst);
  CHECK(worst < STEP_ERROR);
  CHECK_INT((long long)r->report.step, (long long)r->report.steps);
}

/* The options as a text: the names in it are for SQL. */
static const char *options_of(const bb_json_node *root, char *buffer, size_t size) {
  double rate = NAN, decay = NAN, clip = NAN;
  int64_t steps = 0, warmup = 0, batch = 0;
  const bb_json_node *o = bb_json_get(root, "options");
  CHECK(bb_json_double(bb_json_get(o, "learning_rate"), &rate) &&
        bb_json_double(bb_json_get(o, "weight_decay"), &decay) &&
        bb_json_double(bb_json_get(o, "clip"), &clip) &&
        bb_json_int(bb_json_get(o, "steps"), &steps) &&
        bb_json_int(bb_json_get(o, "warmup"), &warmup) &&
        bb_json_int(bb_json_get(o, "batch"), &batch));
  snprintf(buffer, size,
           "{\"learning_rate\": %g, \"weight_decay\": %g, \"clip\": %g, \"steps\": %d, "
           "\"warmup\": %d, \"batch\": %d, \"dropout\": 0, \"threads\": 2}",
           rate, decay, clip, (int)steps, (int)warmup, (int)batch);
  return buffer;
}

static const char *model_path(const bb_json_node *root, const char *key, char *buffer,
                              size_t size) {
  const biobert_str name = bb_json_string(bb_json_get(root, key));
  if (!name.data) return NULL;
  snprintf(buffer, size, GOLDEN "%.*s", (int)name.len, name.data);
  return buffer;
}

static void open_golden(run *r, const bb_json_node *root, const char *output) {
  char options[256], model[128], teacher[128], task[32];
  const biobert_str name = bb_json_string(bb_json_get(root, "task"));
  const char *taught = model_path(root, "teacher", teacher, sizeof teacher);
  snprintf(task, sizeof task, "%.*s", (int)name.len, name.data);
  *r = (run){0};
  CHECK_INT(biobert_training_options_read(
                bb_str(options_of(root, options, sizeof options)), &r->options, &err),
            BIOBERT_OK);
  r->settings = (biobert_training_settings){
      .task = bb_str(task),
      .output = bb_str(output),
      .model = open_model(model_path(root, "model", model, sizeof model), ""),
      .teacher = taught ? open_model(taught, "") : NULL};
  CHECK_INT(biobert_training_open(&r->settings, &r->options, &r->training, &err),
            BIOBERT_OK);
}

static void test_task(const char *name) {
  char path[128], output[FOLDER_PATH], sentence[128];
  bb_json *json = NULL;
  run r;
  snprintf(sentence, sizeof sentence, "%s: fifty steps have the reference's losses",
           name);
  check_begin(sentence);
  snprintf(path, sizeof path, "tests/golden/training/%s.json", name);
  CHECK_INT(bb_json_read_file(path, &json, &err), BIOBERT_OK);
  const bb_json_node *root = bb_json_root(json);
  folder_path(output, name);
  open_golden(&r, root, output);
  add_rows(&r, bb_json_get(root, "rows"));
  compare_steps(&r, bb_json_get(root, "losses"));
  run_close(&r);
  bb_json_free(json);
}

int main(void) {
  static const char *const names[] = {
      "classify", "classify_pair", "classify_several", "regress", "rerank", "entities",
      "answer",   "embed",         "distil",
  };
  folder_begin();
  for (size_t i = 0; i < COUNT(names); i++) test_task(names[i]);
  return check_report();
}
