/* test_training_folders.c - what a run finds where it begins, and where it goes on: other
 * files, none, or a model that is another one by now. Runs from the root of the repository. */
#include <glob.h>

#include "training_run.h"

static const biobert_value row[] = {
    {.kind = BIOBERT_TEXT, .text = {"the gene of the cell", 20}}
};

/* Masked words from a model, or a new one, up to the first step. */
static biobert_status begin_run(run *r, const char *model, const char *output) {
  biobert_status status = run_open(r, "mlm", model, output, "{\"steps\": 3}");
  if (!status) status = run_add(r, BIOBERT_LEARN, 1, row);
  return status ? status : run_steps(r, 1);
}

static void test_no_place(void) {
  char output[FOLDER_PATH], file[FOLDER_PATH];
  run r;
  check_begin("a folder in no folder is not made: an error with its name");
  CHECK_INT(begin_run(&r, GOLDEN "mlm_cased", folder_path(output, "none/model")),
            BIOBERT_IO);
  expect_message("none/model");
  run_close(&r);
  check_begin("nor is one in a file");
  file_write(folder_path(file, "file"), "x", 1);
  CHECK_INT(begin_run(&r, GOLDEN "mlm_cased", folder_path(output, "file/model")),
            BIOBERT_IO);
  expect_message("file/model");
  run_close(&r);
  check_begin("checkpoints do not go where there is a file of their folder's name");
  file_write(folder_path(file, "taken.biobert-training"), "x", 1);
  CHECK_INT(begin_run(&r, GOLDEN "mlm_cased", folder_path(output, "taken")), BIOBERT_IO);
  expect_message("taken.biobert-training");
  run_close(&r);
}

/* A name has 255 bytes; that of the folder in which the model is made is one shorter than
 * that of the checkpoints. */
static void test_long_names(void) {
  enum { LONGEST_NAME = 255 };
  check_begin("a name that leaves no room for that of the checkpoints is an error");
  char name[LONGEST_NAME + 1], output[FOLDER_PATH];
  const size_t letters = LONGEST_NAME - strlen(".biobert-partial");
  run r;
  memset(name, 'x', letters);
  name[letters] = '\0';
  CHECK_INT(begin_run(&r, GOLDEN "mlm_cased", folder_path(output, name)), BIOBERT_IO);
  expect_message("File name too long");
  run_close(&r);
}

/* The weights are read again when a run begins. */
static void test_changed_model(void) {
  check_begin("a model whose weights have changed since it was loaded is not trained");
  char output[FOLDER_PATH], weights[2 * FOLDER_PATH];
  run r;
  const char *model = copy_of("mlm_cased");
  CHECK_INT(run_open(&r, "mlm", model, folder_path(output, "changed"), "{\"steps\": 3}"),
            BIOBERT_OK);
  CHECK_INT(run_add(&r, BIOBERT_LEARN, 1, row), BIOBERT_OK);
  char hash[BIOBERT_HASH_CHARS];
  CHECK_INT(biobert_model_sha256(r.settings.model, hash, &err), BIOBERT_OK);
  snprintf(weights, sizeof weights, "%s/model.safetensors", model);
  size_t bytes = 0;
  char *content = file_read(weights, &bytes);
  file_write(weights, content, bytes);
  free(content);
  CHECK_INT(run_steps(&r, 1), BIOBERT_IO);
  expect_message("has changed since the model was loaded: load it again");
  run_close(&r);
}

static void test_named_weights(void) {
  check_begin("a model that was opened by its file of weights is trained");
  char output[FOLDER_PATH];
  run r;
  CHECK_INT(
      begin_run(&r, GOLDEN "mlm_cased/model.safetensors", folder_path(output, "by_file")),
      BIOBERT_OK);
  CHECK_INT(run_steps(&r, 0), BIOBERT_OK);
  CHECK(r.report.done && r.report.loss > 0);
  run_close(&r);
}

/* A checkpoint is a file of tensors as the model's weights are one. */
static void test_foreign_checkpoint(void) {
  check_begin(
      "a checkpoint that is the file of another program is refused, with its name");
  char output[FOLDER_PATH], pattern[2 * FOLDER_PATH];
  run r;
  CHECK_INT(begin_run(&r, GOLDEN "mlm_cased", folder_path(output, "foreign")),
            BIOBERT_OK);
  run_close(&r);
  snprintf(pattern, sizeof pattern, "%s.biobert-training/*.safetensors", output);
  glob_t found;
  CHECK_INT(glob(pattern, 0, NULL, &found), 0);
  size_t bytes = 0;
  char *content = file_read(GOLDEN "mlm_cased/model.safetensors", &bytes);
  for (size_t i = 0; i < found.gl_pathc; i++)
    file_write(found.gl_pathv[i], content, bytes);
  free(content);
  globfree(&found);
  CHECK_INT(begin_run(&r, GOLDEN "mlm_cased", output), BIOBERT_FORMAT);
  expect_message("is missing, or has another size");
  run_close(&r);
}

static bool stop(void *ctx) {
  (void)ctx;
  return true;
}

static void test_stopped_rows(void) {
  check_begin("rows are not taken when the run is to stop");
  char output[FOLDER_PATH];
  run r = {
      .settings = {.task = bb_str("mlm"),
                   .output = bb_str(folder_path(output, "stopped")),
                   .cancel = stop}
  };
  CHECK_INT(biobert_training_options_read(bb_str(""), &r.options, &err), BIOBERT_OK);
  r.settings.model = open_model(GOLDEN "mlm_cased", "");
  CHECK_INT(biobert_training_open(&r.settings, &r.options, &r.training, &err),
            BIOBERT_OK);
  CHECK_INT(run_add(&r, BIOBERT_LEARN, 1, row), BIOBERT_INTERRUPTED);
  run_close(&r);
}

#define VOCABULARY(padding, mask)                                                        \
  "{\"steps\": 1, \"config\": {\"layers\": 1, \"hidden\": 8, \"heads\": 2, "             \
  "\"intermediate\": 8, \"lowercase\": true, \"vocabulary\": \"" padding                 \
  "[UNK]\\n[CLS]\\n[SEP]\\n" mask "the\\ngene\\ncell\\n\"}}"

static void test_vocabularies(void) {
  char output[FOLDER_PATH];
  run r;
  check_begin("a new model whose vocabulary has no [MASK] learns no masked words");
  CHECK_INT(run_open(&r, "mlm", NULL, folder_path(output, "no_mask"),
                     VOCABULARY("[PAD]\\n", "")),
            BIOBERT_OK);
  CHECK_INT(run_add(&r, BIOBERT_LEARN, 1, row), BIOBERT_OK);
  CHECK_INT(run_steps(&r, 0), BIOBERT_UNSUPPORTED);
  expect_message("has no [MASK]");
  run_close(&r);
}

static void test_no_labels(void) {
  check_begin("entities of which no text has one are nothing to learn");
  char output[FOLDER_PATH];
  run r;
  CHECK_INT(run_open(&r, "entities", GOLDEN "token_cls", folder_path(output, "none"), ""),
            BIOBERT_OK);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[\"the gene\", \"[]\"]"), BIOBERT_OK);
  CHECK_INT(run_steps(&r, 0), BIOBERT_RANGE);
  expect_message("query: no row has a label");
  run_close(&r);
}

int main(void) {
  folder_begin();
  test_no_place();
  test_long_names();
  test_changed_model();
  test_named_weights();
  test_foreign_checkpoint();
  test_stopped_rows();
  test_vocabularies();
  test_no_labels();
  return check_report();
}
