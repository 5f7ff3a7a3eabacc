/* test_training_stops.c - a batch's loss and derivatives without memory, and stopped at
 * any question: the answer is that error, nothing is lost, and the same batch works
 * afterwards. Runs from the root of the repository. */
#include "base/mem_fault.h"
#include "trained_model.h"

#include "train/heads_pass.h"

/* A batch through a pass that is kept, as training does. */
typedef struct trial {
  example e;
  bb_cancel cancel;
  bb_pass pass;
  bb_heads_pass heads;
  bb_bert_weights gradient;
  bb_task_heads head_gradient;
  biobert_status (*loss_of)(struct trial *t, double *loss, biobert_error *why);
} trial;

/* Targets: of every token, every text, and the first two tokens. */
enum { MOST_TARGETS = 4096 };
static int32_t zeros[MOST_TARGETS];
static float numbers[MOST_TARGETS];
static size_t rising[] = {0, 1};
static bb_answer_target answers[MOST_TARGETS];

static biobert_status masked(trial *t, double *loss, biobert_error *why) {
  return bb_heads_masked(&t->heads, &(bb_masked){rising, zeros, 2}, loss, why);
}

static biobert_status tokens(trial *t, double *loss, biobert_error *why) {
  return bb_heads_tokens(&t->heads, zeros, loss, why);
}

static biobert_status texts(trial *t, double *loss, biobert_error *why) {
  const bb_text_targets targets = {BB_TEXT_LOSS_SOFTMAX, zeros, NULL};
  return bb_heads_texts(&t->heads, &targets, loss, why);
}

static biobert_status regression(trial *t, double *loss, biobert_error *why) {
  const bb_text_targets targets = {BB_TEXT_LOSS_SQUARES, NULL, numbers};
  return bb_heads_texts(&t->heads, &targets, loss, why);
}

static biobert_status spans(trial *t, double *loss, biobert_error *why) {
  return bb_heads_answers(&t->heads, answers, loss, why);
}

/* A pass that has no memory yet. */
static void begin_pass(trial *t, float *dstates) {
  const example *e = &t->e;
  t->pass = (bb_pass){.bert = &e->bert, .workers = 2, .cancel = &t->cancel, .pad = PAD};
  t->heads = (bb_heads_pass){.pass = &t->pass,
                             .heads = &e->heads,
                             .gradient = &t->head_gradient,
                             .encoder_gradient = &t->gradient,
                             .dstates = dstates};
}

static void begin(trial *t, const char *name) {
  t->e = open_example(name);
  const example *e = &t->e;
  CHECK_INT(bb_bert_weights_zeros(&e->bert.config, &e->bert.weights, &t->gradient, &err),
            BIOBERT_OK);
  CHECK_INT(bb_task_heads_zeros(&e->bert.config, &e->heads, &t->head_gradient, &err),
            BIOBERT_OK);
  begin_pass(t, bb_alloc_floats(NULL, e->tokens * e->bert.config.hidden));
}

static void end(trial *t) {
  bb_free_aligned(NULL, t->heads.dstates);
  bb_heads_free(&t->heads);
  bb_task_heads_free_zeros(&t->head_gradient);
  bb_bert_weights_free(&t->gradient);
  bb_pass_free(&t->pass);
  close_example(&t->e);
}

static biobert_status run_batch(trial *t, double *loss) {
  const bb_batch batch = batch_of(&t->e);
  t->cancel.stop = false;
  err = (biobert_error){0};
  biobert_status status = bb_pass_reserve(&t->pass, &batch, &err);
  if (!status) status = bb_pass_forward(&t->pass, &err);
  if (!status) status = t->loss_of(t, loss, &err);
  if (!status) status = bb_pass_backward(&t->pass, t->heads.dstates, &t->gradient, &err);
  return status;
}

/* Every try has a pass of its own: one that is kept takes memory once. */
static void fail_everywhere(trial *t, double expected) {
  bool failed = true;
  for (long points = 0; failed; points++) {
    double loss = NAN;
    float *dstates = t->heads.dstates;
    bb_heads_free(&t->heads);
    bb_pass_free(&t->pass);
    begin_pass(t, dstates);
    bb_mem_fail_after(points, true);
    const biobert_status status = run_batch(t, &loss);
    failed = bb_mem_fail_end();
    check_context("%s, allocation %ld: %s", t->e.name, points, err.message);
    CHECK_INT(status, failed ? BIOBERT_NOMEM : BIOBERT_OK);
    CHECK_INT(run_batch(t, &loss), BIOBERT_OK);
    CHECK(loss == expected);
  }
}

static long questions;

static bool ask(void *ctx) {
  (void)ctx;
  return questions-- == 0;
}

static void stop_everywhere(trial *t, double expected) {
  t->cancel.ask = ask;
  biobert_status status = BIOBERT_INTERRUPTED;
  long asked = 0;
  for (; status == BIOBERT_INTERRUPTED; asked++) {
    double loss = NAN;
    questions = asked;
    status = run_batch(t, &loss);
    check_context("%s, question %ld: %s", t->e.name, asked, err.message);
    CHECK_INT(status, questions < 0 ? BIOBERT_INTERRUPTED : BIOBERT_OK);
    if (!status) CHECK(loss == expected);
  }
  CHECK(asked > 1);
  t->cancel.ask = NULL;
}

static const struct {
  const char *model;
  biobert_status (*loss_of)(trial *t, double *loss, biobert_error *why);
} rows[] = {
    {"mlm_cased",  masked    },
    {"token_cls",  tokens    },
    {"relations",  texts     },
    {"regression", regression},
    {"qa",         spans     },
};

int main(void) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    static trial t;
    double loss = NAN;
    t = (trial){.loss_of = rows[i].loss_of};
    check_begin("a batch of training without memory says so, and works afterwards");
    begin(&t, rows[i].model);
    CHECK_INT(run_batch(&t, &loss), BIOBERT_OK);
    fail_everywhere(&t, loss);
    check_begin("a batch of training is stopped at any question, and works afterwards");
    stop_everywhere(&t, loss);
    end(&t);
  }
  return check_report();
}
