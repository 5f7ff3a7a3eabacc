/* test_model_write_errors.c - what is in the way of a model's folder, and what is not to
 * be had while it is written, is an error that leaves nothing behind. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "opened_model.h"

#include "base/folder_write.h"
#include "base/mem_fault.h"
#include "base/stop.h"
#include "trained_folder.h"

/* What is in the way ------------------------------------------------------------------- */

static void expect_refused(const trained *t, const char *path, biobert_status status,
                           const char *words) {
  check_context("%s", path);
  err = (biobert_error){0};
  CHECK_INT(bb_model_folder_check(&t->folder, path, &err), status);
  CHECK_INT(bb_model_folder_write(&t->folder, path, &err), status);
  expect_message(words);
}

static void test_existing(void) {
  char path[FOLDER_PATH], link[FOLDER_PATH];
  trained t;
  check_begin("nothing that is there is written over: folder, file, link, the source");
  const char *source = copy_of("st_mean");
  CHECK_INT(trained_open(source, "", &t, &err), BIOBERT_OK);
  mkdir(next_path(path), 0700);
  expect_refused(&t, path, BIOBERT_RANGE, "is there already");
  CHECK(rmdir(path) == 0);
  file_write(path, "x", 1);
  expect_refused(&t, path, BIOBERT_RANGE, "is there already");
  CHECK(symlink("/nowhere/at/all", next_path(link)) == 0);
  expect_refused(&t, link, BIOBERT_RANGE, "is there already");
  expect_refused(&t, source, BIOBERT_RANGE, "is there already");
  snprintf(link, sizeof link, "%s///", source);
  expect_refused(&t, link, BIOBERT_RANGE, "is there already");
  expect_refused(&t, "/", BIOBERT_RANGE, "is there already");
  expect_refused(&t, ".", BIOBERT_RANGE, "is there already");
  trained_free(&t);
}

static void test_no_place(void) {
  char path[FOLDER_PATH], below[FOLDER_PATH];
  trained t;
  check_begin("where no folder can be made is an error that says why");
  CHECK_INT(trained_open(GOLDEN "st_mean", "", &t, &err), BIOBERT_OK);
  join(below, next_path(path), "folder");
  expect_refused(&t, below, BIOBERT_IO, "No such file");
  file_write(path, "x", 1);
  expect_refused(&t, below, BIOBERT_IO, "Not a directory");
  expect_refused(&t, "/proc/biobert_folder", BIOBERT_IO, "/proc/biobert_folder");
  expect_refused(&t, "", BIOBERT_RANGE, "empty");
  trained_free(&t);
}

/* The source would be removed as what a killed run left. */
static void test_source_in_the_way(void) {
  char path[FOLDER_PATH], partial[FOLDER_PATH], moved[FOLDER_PATH];
  trained t;
  check_begin("a source under the name of what is not yet whole is not removed");
  snprintf(moved, sizeof moved, "%s", copy_of("st_mean"));
  if (snprintf(partial, sizeof partial, "%s.biobert-partial", next_path(path)) < 0)
    return;
  CHECK(rename(moved, partial) == 0);
  CHECK_INT(trained_open(partial, "", &t, &err), BIOBERT_OK);
  expect_refused(&t, path, BIOBERT_RANGE, "name another");
  CHECK(exists(partial));
  trained_free(&t);
}

static void test_left_over(void) {
  char path[FOLDER_PATH], partial[FOLDER_PATH], inside[FOLDER_PATH], kept[FOLDER_PATH];
  trained t;
  check_begin("what a killed run left is replaced, and what its links lead to is not");
  CHECK_INT(trained_open(GOLDEN "st_dense", "", &t, &err), BIOBERT_OK);
  if (snprintf(partial, sizeof partial, "%s.biobert-partial", next_path(path)) < 0)
    return;
  join(inside, partial, "1_Pooling");
  make_folders(inside);
  join(inside, partial, "1_Pooling/config.json");
  file_write(inside, "{", 1);
  mkdir(next_path(kept), 0700);
  join(inside, kept, "precious");
  file_write(inside, "x", 1);
  join(inside, partial, "link");
  CHECK(symlink(kept, inside) == 0);
  CHECK_INT(bb_model_folder_write(&t.folder, path, &err), BIOBERT_OK);
  CHECK(!exists(partial));
  join(inside, path, "link");
  CHECK(!exists(inside));
  join(inside, kept, "precious");
  CHECK(exists(inside));
  trained_free(&t);
}

static void test_two_writers(void) {
  char path[FOLDER_PATH];
  trained t;
  bb_folder_out out;
  check_begin("of two that write one folder at once the second is refused");
  CHECK_INT(trained_open(GOLDEN "st_mean", "", &t, &err), BIOBERT_OK);
  CHECK_INT(bb_folder_out_open(next_path(path), &out, &err), BIOBERT_OK);
  expect_refused(&t, path, BIOBERT_RANGE, "another process is writing it");
  CHECK(exists(out.partial));
  bb_folder_out_discard(&out);
  CHECK_INT(bb_model_folder_write(&t.folder, path, &err), BIOBERT_OK);
  trained_free(&t);
}

static void test_target_appears(void) {
  char path[FOLDER_PATH];
  bb_folder_out out;
  check_begin("a folder that appeared meanwhile is not replaced");
  CHECK_INT(bb_folder_out_open(next_path(path), &out, &err), BIOBERT_OK);
  mkdir(path, 0700);
  CHECK_INT(bb_folder_out_close(&out, BIOBERT_OK, &err), BIOBERT_RANGE);
  CHECK(rmdir(path) == 0);
  expect_nothing(path);
}

/* The child writes until it is killed, after so many microseconds. */
static void kill_a_writer(const trained *t, const char *path, useconds_t after) {
  const pid_t child = fork();
  if (child == 0) {
    bb_model_folder_write(&t->folder, path, &err);
    _exit(0);
  }
  if (!CHECK(child > 0)) return;
  usleep(after);
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}

static void test_killed(void) {
  enum { ROUNDS = 20, STEP_US = 800 };
  trained t;
  int whole = 0;
  check_begin(
      "a writer that is killed leaves all of a folder or none, and the next writes");
  CHECK_INT(trained_open(GOLDEN "st_dense", "", &t, &err), BIOBERT_OK);
  for (int i = 0; i < ROUNDS; i++) {
    char path[FOLDER_PATH];
    kill_a_writer(&t, next_path(path), (useconds_t)(i * STEP_US));
    check_context("round %d", i);
    if (exists(path))
      whole++;
    else
      CHECK_INT(bb_model_folder_write(&t.folder, path, &err), BIOBERT_OK);
    biobert_model *written = open_model(path, "");
    CHECK(written != NULL);
    biobert_model_close(written);
  }
  check_context("%d whole", whole);
  CHECK(whole < ROUNDS);
  trained_free(&t);
}

/* What is not to be had ---------------------------------------------------------------- */

static void test_no_room(void) {
  char path[FOLDER_PATH];
  struct rlimit before, small;
  trained t;
  check_begin("without room on the disk nothing is left, whichever file did not fit");
  CHECK_INT(trained_open(GOLDEN "st_dense", "", &t, &err), BIOBERT_OK);
  next_path(path);
  signal(SIGXFSZ, SIG_IGN);
  getrlimit(RLIMIT_FSIZE, &before);
  for (rlim_t room = 0; room < 64 * 1024; room = room * 3 + 100) {
    small = (struct rlimit){room, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    const biobert_status status = bb_model_folder_write(&t.folder, path, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    check_context("%lu bytes", (unsigned long)room);
    CHECK_INT(status, BIOBERT_IO);
    expect_message("File too large");
    expect_nothing(path);
  }
  trained_free(&t);
}

typedef struct asker {
  long asked, stop; /* true from the stop-th question on; 0: never */
} asker;

static bool ask(void *ctx) {
  asker *a = ctx;
  a->asked++;
  return a->stop && a->asked >= a->stop;
}

static biobert_status write_asking(const trained *t, const char *path, asker *a) {
  bb_cancel cancel = {.ask = ask, .ctx = a};
  bb_stop_reading(&cancel);
  const biobert_status status = bb_model_folder_write(&t->folder, path, &err);
  bb_stop_reading(NULL);
  return status;
}

static void test_interrupt(void) {
  char path[FOLDER_PATH];
  asker never = {0};
  trained t;
  check_begin("it can be stopped before every file, and nothing is left");
  CHECK_INT(trained_open(GOLDEN "st_dense", "", &t, &err), BIOBERT_OK);
  CHECK_INT(write_asking(&t, next_path(path), &never), BIOBERT_OK);
  CHECK(never.asked > 10);
  next_path(path);
  for (long n = 1; n <= never.asked; n++) {
    asker a = {.stop = n};
    CHECK_INT(write_asking(&t, path, &a), BIOBERT_INTERRUPTED);
    expect_nothing(path);
  }
  trained_free(&t);
}

/* Each write syncs a dozen files: of most models one allocation in so many. */
enum { SAMPLE = 15 };

/* Every step-th allocation fails, alone or with all later ones. */
static void fail_everywhere(const char *source, long step) {
  trained t;
  CHECK_INT(trained_open(source, "", &t, &err), BIOBERT_OK);
  for (int once = 0; once < 2; once++) {
    bool failed = true;
    for (long points = 0; failed; points += step) {
      char path[FOLDER_PATH];
      next_path(path);
      bb_mem_fail_after(points, once);
      const biobert_status status = bb_model_folder_write(&t.folder, path, &err);
      failed = bb_mem_fail_end();
      check_context("%s, %ld, %s", source, points, err.message);
      CHECK_INT(status, failed ? BIOBERT_NOMEM : BIOBERT_OK);
      if (failed) expect_nothing(path);
      if (status != BIOBERT_NOMEM && failed) break;
    }
  }
  trained_free(&t);
}

static void test_no_memory(void) {
  check_begin("without memory it says so, wherever, and nothing is left");
  fail_everywhere(GOLDEN "st_dense", 1);
  fail_everywhere(GOLDEN "cross_encoder", SAMPLE);
  fail_everywhere(GOLDEN "form_gguf_f32/model.gguf", SAMPLE);
}

static void test_parts_missing(void) {
  char path[FOLDER_PATH];
  trained t;
  check_begin("a head or a pooler that a class reads must be there");
  CHECK_INT(trained_open(GOLDEN "relations", "", &t, &err), BIOBERT_OK);
  next_path(path);
  t.folder.kind = BB_FOLDER_ANSWERS;
  CHECK_INT(bb_model_folder_write(&t.folder, path, &err), BIOBERT_RANGE);
  expect_message("BertForQuestionAnswering: what comes after the encoder is missing");
  t.folder.kind = BB_FOLDER_TEXTS;
  t.bert.weights.pooler_w = NULL;
  CHECK_INT(bb_model_folder_write(&t.folder, path, &err), BIOBERT_RANGE);
  expect_message("the pooler is missing");
  expect_nothing(path);
  trained_free(&t);
}

static void test_unnamed(void) {
  char path[FOLDER_PATH];
  trained t;
  check_begin("what sentence-transformers has no name for is refused before training");
  next_path(path);
  CHECK_INT(trained_open(GOLDEN "pooler", "{\"pooling\":\"pooler\"}", &t, &err),
            BIOBERT_OK);
  expect_refused(&t, path, BIOBERT_UNSUPPORTED, "pooling 'pooler' has no name");
  trained_free(&t);
  CHECK_INT(trained_open(GOLDEN "cross_encoder", "", &t, &err), BIOBERT_OK);
  t.heads.rerank = bb_activation_find(bb_str("gelu_new"));
  expect_refused(&t, path, BIOBERT_UNSUPPORTED, "activation 'gelu_new' has no name");
  expect_nothing(path);
  trained_free(&t);
}

int main(void) {
  folder_begin();
  test_existing();
  test_no_place();
  test_source_in_the_way();
  test_left_over();
  test_two_writers();
  test_target_appears();
  test_killed();
  test_no_room();
  test_interrupt();
  test_no_memory();
  test_parts_missing();
  test_unnamed();
  return check_report();
}
