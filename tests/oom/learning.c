/* learning.c - makes allocations of training fail: the first from each place in the code,
 * and one in some, alone and with all later ones. Each time the run must say that there is
 * no memory, or end well; and then the same run must end well with memory, from where it
 * is. OOM_LEARNING_STEP: one in so many (1: each); OOM_ONLY: tasks with this in their
 * names. */
#include "training_run.h"

#include "base/mem_fault.h"
#include "places.h"
#include "step_given.h"

/* One point of so many, a prime: in the tasks' different rhythms all kinds are met. */
enum { DEFAULT_STEP = 61, MOST_ALLOCATIONS = 1 << 20, CALLERS = 6 };

int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

typedef struct task {
  const char *name, *model, *teacher, *options;
  size_t columns;
  biobert_value rows[2][4]; /* the second is held out */
} task;

static struct {
  _Atomic long count;
  uint64_t places[MOST_ALLOCATIONS];
} allocations;

static char output[FOLDER_PATH], checkpoints[2 * FOLDER_PATH];

static biobert_status run_rows(run *r, const task *t) {
  biobert_status status = BIOBERT_OK;
  for (int i = 0; i < 2 && !status; i++)
    status = run_add(r, i ? BIOBERT_EVALUATE : BIOBERT_LEARN, t->columns, t->rows[i]);
  return status ? status : run_steps(r, 0);
}

/* Without CHECKs: what fails here may fail. */
static biobert_status run_task(const task *t) {
  run r = {
      .settings = {.task = bb_str(t->name), .output = bb_str(output)}
  };
  err = (biobert_error){0};
  biobert_status status =
      biobert_training_options_read(bb_str(t->options), &r.options, &err);
  if (!status && t->model)
    status = biobert_model_open(bb_str(t->model), bb_str(""), &r.settings.model, &err);
  if (!status && t->teacher)
    status =
        biobert_model_open(bb_str(t->teacher), bb_str(""), &r.settings.teacher, &err);
  if (!status) status = biobert_training_open(&r.settings, &r.options, &r.training, &err);
  if (!status) status = run_rows(&r, t);
  run_close(&r);
  return status;
}

static void clear(void) {
  folder_remove(output);
  folder_remove(checkpoints);
}

static void fail_at(const task *t, long point, bool once) {
  clear();
  bb_mem_fail_after(point, once);
  const biobert_status status = run_task(t);
  const bool failed = bb_mem_fail_end();
  check_context("allocation %ld fails%s: %s", point, once ? " once" : "", err.message);
  CHECK(failed);
  if (status) CHECK_INT(status, BIOBERT_NOMEM);
  CHECK_INT(run_task(t), BIOBERT_OK);
}

static void note_allocation(void) {
  const long number = allocations.count++;
  if (number < MOST_ALLOCATIONS) allocations.places[number] = place_here(CALLERS);
}

/* Where a run asks for memory, one allocation after another. */
static void note_places(const task *t) {
  clear();
  allocations.count = 0;
  bb_mem_watch(note_allocation);
  CHECK_INT(run_task(t), BIOBERT_OK);
  bb_mem_watch(NULL);
  CHECK(allocations.count < MOST_ALLOCATIONS);
}

static long fail_points(const task *t) {
  const long step = step_given("OOM_LEARNING_STEP", DEFAULT_STEP);
  long points = 0;
  for (long point = 0; point < allocations.count; point++)
    if (place_is_new(allocations.places[point]) || point % step == 0) {
      fail_at(t, point, true);
      fail_at(t, point, false);
      points += 2;
    }
  return points;
}

static void test_task(const task *t) {
  char sentence[128];
  snprintf(sentence, sizeof sentence, "training without memory: %s", t->name);
  check_begin(sentence);
  note_places(t);
  const long points = fail_points(t);
  check_context("after all of them");
  CHECK(!__lsan_do_recoverable_leak_check || __lsan_do_recoverable_leak_check() == 0);
  printf("  %5ld points: %s\n", points, sentence);
}

#define TEXT(words)                                                                      \
  {                                                                                      \
    .kind = BIOBERT_TEXT, .text = { words, sizeof(words) - 1 }                           \
  }
#define WHOLE(number)                                                                    \
  { .kind = BIOBERT_INTEGER, .integer = number, .real = number }

static const char EVALUATED[] = "{\"steps\": 1, \"evaluate\": \"SELECT 1\"}";

static const task tasks[] = {
    {"mlm",
     GOLDEN "mlm_cased",
     NULL,                       EVALUATED,
     1,                                                                     {{TEXT("aspirin inhibits the kinase of cells")}, {TEXT("the gene of the virus")}}},
    {"classify",
     GOLDEN "multi_label",
     NULL,                       EVALUATED,
     2,                                                                     {{TEXT("aspirin"), TEXT("[\"a\", \"b\"]")}, {TEXT("gene"), TEXT("[\"b\"]")}}     },
    {"regress",
     GOLDEN "st_mean",
     NULL,                       EVALUATED,
     3,                                                                     {{TEXT("aspirin"), TEXT("gene"), WHOLE(1)}, {TEXT("gene"), TEXT("b"), WHOLE(2)}} },
    {"entities",
     GOLDEN "token_cls",
     NULL,                       EVALUATED,
     2,                                                                     {{TEXT("aspirin"), TEXT("[{\"start_byte\":0,\"end_byte\":7,\"label\":\"D\"}]")},
      {TEXT("gene"), TEXT("[]")}}                                                                                                                     },
    {"answer",
     GOLDEN "qa",
     NULL,                       EVALUATED,
     4,                                                                     {{TEXT("what"), TEXT("the gene"), TEXT("gene"), WHOLE(4)},
      {TEXT("what"), TEXT("a gene"), TEXT("gene"), WHOLE(2)}}                                                                                         },
    {"embed",
     GOLDEN "st_dense",
     NULL,                       EVALUATED,
     2,                                                                     {{TEXT("what"), TEXT("the gene")}, {TEXT("which"), TEXT("a gene")}}              },
    {"distil",
     GOLDEN "st_mean",
     GOLDEN "st_cls",
     "{\"steps\": 1, \"projection\": true, \"evaluate\": \"SELECT 1\"}", 1,
     {{TEXT("the gene")}, {TEXT("a gene")}}                                                                                                                  },
    {"mlm",
     NULL,                 NULL,
     "{\"steps\": 1, \"evaluate\": \"SELECT 1\", \"config\": {\"layers\": 1, \"hidden\": "
     "8, "
     "\"heads\": 2, \"intermediate\": 8, \"vocabulary\": "
     "\"[PAD]\\n[UNK]\\n[CLS]\\n[SEP]\\n[MASK]\\nacg\\n\"}}",            1,
     {{TEXT("acg acg")}, {TEXT("acg acg acg")}}                                                                                                              },
};

int main(void) {
  folder_begin();
  folder_path(output, "model");
  snprintf(checkpoints, sizeof checkpoints, "%s.biobert-training", output);
  const char *only = getenv("OOM_ONLY");
  for (size_t i = 0; i < COUNT(tasks); i++)
    if (!only || strstr(tasks[i].name, only)) test_task(&tasks[i]);
  return check_report();
}
