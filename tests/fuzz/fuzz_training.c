/* Fuzz target of core/trainer: options and rows of every task, hostile ones too. The first
 * byte chooses the task; then the options as JSON up to an empty line; then rows, one a
 * line, whose columns are apart by tabs (column_of() says how they are read); one that
 * begins with > is held out.
 *
 * What is refused has a reason. A run that was left after its first call and gone on with
 * has the losses of one that was not, to the last bit; a folder that is written opens. */
#include <math.h>

#include "base/status.h"
#include "biobert_train.h"
#include "fuzz_folder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_ROWS = 64, MAX_COLUMNS = 5, CALLS = 3 };

#define MODELS "tests/golden/models/"

static const struct {
  const char *name, *model, *teacher;
} tasks[] = {
    {"mlm",      MODELS "mlm_cased",   NULL           },
    {"classify", MODELS "multi_label", NULL           },
    {"regress",  MODELS "st_mean",     NULL           },
    {"rerank",   MODELS "st_mean",     NULL           },
    {"entities", MODELS "token_cls",   NULL           },
    {"answer",   MODELS "qa",          NULL           },
    {"embed",    MODELS "st_dense",    NULL           },
    {"distil",   MODELS "st_mean",     MODELS "st_cls"},
    {"classify", MODELS "seq_cls",     NULL           },
};
enum { TASKS = sizeof tasks / sizeof tasks[0] };

typedef struct row {
  biobert_rows set;
  size_t count;
  biobert_value columns[MAX_COLUMNS];
} row;

typedef struct input {
  size_t task, row_count;
  biobert_str options;
  row rows[MAX_ROWS];
} input;

/* Reading the input ------------------------------------------------------------------ */

/* Cuts *rest at the next `end` and returns what was before it. */
static biobert_str next_field(biobert_str *rest, char end) {
  biobert_str field = *rest;
  const char *cut = rest->len ? memchr(rest->data, end, rest->len) : NULL;
  if (cut) field.len = (size_t)(cut - rest->data);
  rest->data += field.len + (cut != NULL);
  rest->len -= field.len + (cut != NULL);
  return field;
}

/* Nothing: NULL; ! a blob; # a whole number; ~ a number; else the text. */
static biobert_value column_of(biobert_str field) {
  char number[64];
  if (field.len == 0) return (biobert_value){.kind = BIOBERT_NULL};
  snprintf(number, sizeof number, "%.*s", (int)field.len - 1, field.data + 1);
  biobert_value value = {.kind = BIOBERT_TEXT, .text = field};
  if (field.data[0] == '!') return (biobert_value){.kind = BIOBERT_BLOB};
  if (field.data[0] == '#') {
    value =
        (biobert_value){.kind = BIOBERT_INTEGER, .integer = strtoll(number, NULL, 10)};
    value.real = (double)value.integer;
  }
  if (field.data[0] == '~')
    value = (biobert_value){.kind = BIOBERT_REAL, .real = strtod(number, NULL)};
  return value;
}

static void read_row(biobert_str line, row *out) {
  const bool held_out = line.len && line.data[0] == '>';
  line.data += held_out;
  line.len -= held_out;
  *out = (row){.set = held_out ? BIOBERT_EVALUATE : BIOBERT_LEARN};
  do out->columns[out->count++] = column_of(next_field(&line, '\t'));
  while (line.len && out->count < MAX_COLUMNS);
}

static void read_input(const uint8_t *data, size_t size, input *in) {
  biobert_str rest = {(const char *)data + 1, size - 1};
  in->task = data[0] % TASKS;
  in->options = fuzz_next_part(&rest);
  for (in->row_count = 0; rest.data && rest.len && in->row_count < MAX_ROWS;)
    read_row(next_field(&rest, '\n'), &in->rows[in->row_count++]);
}

/* A new model may be as large as it is told to be: here small ones are made. */
static bool is_small(const char *config) {
  int digits = 0;
  for (; *config; config++) {
    const bool digit = *config >= (digits ? '0' : '1') && *config <= '9';
    if (digits > 2 || (digits && (*config == 'e' || *config == 'E'))) return false;
    digits = digit ? digits + 1 : 0;
  }
  return true;
}

/* A run ------------------------------------------------------------------------------ */

/* Opened when first asked for, and kept. */
static biobert_model *model_of(const char *path) {
  static struct {
    const char *path;
    biobert_model *model;
  } kept[2 * TASKS];
  size_t i = 0;
  if (!path) return NULL;
  while (kept[i].path && strcmp(kept[i].path, path) != 0) i++;
  kept[i].path = path;
  if (!kept[i].model &&
      biobert_model_open(bb_str(path), bb_str(""), &kept[i].model, NULL))
    abort();
  return kept[i].model;
}

static const char *output_path(void) {
  static char path[80];
  snprintf(path, sizeof path, "%s/model", fuzz_folder());
  return path;
}

static void remove_output(void) {
  char checkpoints[128];
  snprintf(checkpoints, sizeof checkpoints, "%s.biobert-training", output_path());
  nftw(output_path(), fuzz_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
  nftw(checkpoints, fuzz_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void check_refusal(biobert_status status, const biobert_error *err) {
  if (status != BIOBERT_RANGE && status != BIOBERT_FORMAT &&
      status != BIOBERT_UNSUPPORTED)
    abort();
  if (!memchr(err->message, '\0', sizeof err->message) || !err->message[0]) abort();
}

static biobert_training *open_run(const input *in, const biobert_training_options *o) {
  const biobert_training_settings settings = {
      .task = bb_str(tasks[in->task].name),
      .output = bb_str(output_path()),
      .trained_on = bb_str("SELECT text FROM papers"),
      .model = o->config ? NULL : model_of(tasks[in->task].model),
      .teacher = model_of(tasks[in->task].teacher),
  };
  biobert_error err;
  biobert_training *t = NULL;
  biobert_status status = biobert_training_open(&settings, o, &t, &err);
  for (size_t i = 0; !status && i < in->row_count; i++)
    status = biobert_training_add(t, in->rows[i].set, in->rows[i].columns,
                                  in->rows[i].count, &err);
  if (!status) return t;
  check_refusal(status, &err);
  biobert_training_close(t);
  return NULL;
}

static void check_folder(void) {
  biobert_model *m = NULL;
  if (biobert_model_open(bb_str(output_path()), bb_str(""), &m, NULL)) abort();
  biobert_model_close(m);
}

/* The loss of each step; NaN: it was not made. */
typedef struct losses {
  double of[CALLS + 1];
} losses;

/* False: the run has ended. */
static bool go_on(biobert_training *t, int calls, losses *l) {
  biobert_training_report report = {0};
  biobert_error err;
  for (int i = 0; i < calls && !report.done; i++) {
    const biobert_status status = biobert_training_next(t, &report, &err);
    if (status) check_refusal(status, &err);
    if (status) return false;
    if (report.step > report.steps) abort();
    if (report.step && !isfinite(report.loss)) abort();
    if (!report.metric && report.step && report.step <= CALLS)
      l->of[report.step] = report.loss;
  }
  if (report.done) check_folder();
  return !report.done;
}

/* The same steps, left after the first call or not. */
static void run_steps(const input *in, const biobert_training_options *o, bool leaves,
                      losses *l) {
  remove_output();
  for (int i = 0; i <= CALLS; i++) l->of[i] = NAN;
  biobert_training *t = open_run(in, o);
  const bool more = t && go_on(t, leaves ? 1 : CALLS, l);
  biobert_training_close(t);
  if (!more || !leaves) return;
  t = open_run(in, o);
  if (!t) abort(); /* it was taken before */
  go_on(t, CALLS - 1, l);
  biobert_training_close(t);
}

static void check_runs(const input *in, const biobert_training_options *o) {
  losses whole, left;
  run_steps(in, o, false, &whole);
  if (isnan(whole.of[1])) return;
  run_steps(in, o, true, &left);
  for (int i = 1; i <= CALLS; i++)
    if (!isnan(whole.of[i]) && !isnan(left.of[i]) && whole.of[i] != left.of[i]) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static input in;
  biobert_training_options o = {0};
  biobert_error err;
  if (size == 0) return 0;
  read_input(data, size, &in);
  const biobert_status status = biobert_training_options_read(in.options, &o, &err);
  if (status) check_refusal(status, &err);
  o.threads = 1;
  if (!status && (!o.config || is_small(o.config))) check_runs(&in, &o);
  biobert_training_options_free(&o);
  return 0;
}
