/* test_head_gradients.c - losses by task heads and all derivatives of them against
 * PyTorch's autograd in double precision (tests/golden/make_gradients.py). Runs from the
 * root of the repository. */
#include "trained_model.h"

#include "train/heads_pass.h"

/* Of a loss, relative. */
static const double LOSS_ERROR = 1e-5;

/* A batch's loss and derivatives. */
typedef struct run {
  bb_cancel never;
  bb_pass pass;
  bb_heads_pass heads;
  bb_bert_weights gradient;
  bb_task_heads head_gradient;
  double loss;
} run;

/* In place: its parts point at one another. */
static void begin_run(run *r, const example *e) {
  const bb_batch batch = batch_of(e);
  *r = (run){.loss = NAN};
  r->pass = (bb_pass){.bert = &e->bert, .workers = 2, .cancel = &r->never, .pad = PAD};
  CHECK_INT(bb_bert_weights_zeros(&e->bert.config, &e->bert.weights, &r->gradient, &err),
            BIOBERT_OK);
  CHECK_INT(bb_task_heads_zeros(&e->bert.config, &e->heads, &r->head_gradient, &err),
            BIOBERT_OK);
  CHECK_INT(bb_pass_reserve(&r->pass, &batch, &err), BIOBERT_OK);
  CHECK_INT(bb_pass_forward(&r->pass, &err), BIOBERT_OK);
  r->heads = (bb_heads_pass){
      .pass = &r->pass,
      .heads = &e->heads,
      .gradient = &r->head_gradient,
      .encoder_gradient = &r->gradient,
      .dstates = bb_alloc_floats(NULL, e->tokens * e->bert.config.hidden)};
}

static void end_run(run *r, const example *e) {
  size_t count;
  float *expected = read_floats(e, "batch.loss", &count);
  CHECK_INT(bb_pass_backward(&r->pass, r->heads.dstates, &r->gradient, &err), BIOBERT_OK);
  check_context("%s: loss %.9g, expected %.9g", e->name, r->loss, (double)*expected);
  CHECK(fabs(r->loss - (double)*expected) <= LOSS_ERROR * (double)*expected);
  compare_encoders(e, &r->gradient);
  compare_heads(e, &r->head_gradient);
  bb_free_aligned(NULL, expected);
  bb_free_aligned(NULL, r->heads.dstates);
  bb_heads_free(&r->heads);
  bb_task_heads_free_zeros(&r->head_gradient);
  bb_bert_weights_free(&r->gradient);
  bb_pass_free(&r->pass);
}

/* Integers that the file has as floats; the caller frees them. */
static int32_t *read_labels(const example *e, const char *name, size_t *count) {
  float *floats = read_floats(e, name, count);
  int32_t *labels = bb_alloc(NULL, *count, sizeof *labels);
  for (size_t i = 0; i < *count; i++) labels[i] = (int32_t)floats[i];
  bb_free_aligned(NULL, floats);
  return labels;
}

static void test_masked(const char *name) {
  example e = open_example(name);
  size_t count;
  int32_t *where = read_labels(&e, "batch.positions", &count);
  int32_t *targets = read_labels(&e, "batch.targets", &count);
  size_t *positions = bb_alloc(NULL, count, sizeof *positions);
  for (size_t i = 0; i < count; i++) positions[i] = (size_t)where[i];
  run r;
  begin_run(&r, &e);
  CHECK_INT(
      bb_heads_masked(&r.heads, &(bb_masked){positions, targets, count}, &r.loss, &err),
      BIOBERT_OK);
  end_run(&r, &e);
  bb_free(NULL, positions);
  bb_free(NULL, where);
  bb_free(NULL, targets);
  close_example(&e);
}

static void test_tokens(const char *name) {
  example e = open_example(name);
  size_t count;
  int32_t *labels = read_labels(&e, "batch.labels", &count);
  run r;
  begin_run(&r, &e);
  CHECK_INT(bb_heads_tokens(&r.heads, labels, &r.loss, &err), BIOBERT_OK);
  end_run(&r, &e);
  bb_free(NULL, labels);
  close_example(&e);
}

static void test_texts(const char *name) {
  example e = open_example(name);
  size_t count;
  int32_t *labels = read_labels(&e, "batch.labels", &count);
  run r;
  begin_run(&r, &e);
  CHECK_INT(bb_heads_texts(&r.heads,
                           &(bb_text_targets){BB_TEXT_LOSS_SOFTMAX, labels, NULL},
                           &r.loss, &err),
            BIOBERT_OK);
  end_run(&r, &e);
  bb_free(NULL, labels);
  close_example(&e);
}

static void test_numbers(const char *name, bb_text_loss loss) {
  example e = open_example(name);
  size_t count;
  float *targets = read_floats(&e, "batch.targets", &count);
  run r;
  begin_run(&r, &e);
  CHECK_INT(
      bb_heads_texts(&r.heads, &(bb_text_targets){loss, NULL, targets}, &r.loss, &err),
      BIOBERT_OK);
  end_run(&r, &e);
  bb_free_aligned(NULL, targets);
  close_example(&e);
}

static void test_answers(const char *name) {
  example e = open_example(name);
  size_t count;
  int32_t *ends = read_labels(&e, "batch.targets", &count);
  bb_answer_target *targets = bb_alloc(NULL, count / 2, sizeof *targets);
  for (size_t i = 0; i < count / 2; i++)
    targets[i] = (bb_answer_target){(size_t)ends[2 * i], (size_t)ends[2 * i + 1]};
  run r;
  begin_run(&r, &e);
  CHECK_INT(bb_heads_answers(&r.heads, targets, &r.loss, &err), BIOBERT_OK);
  end_run(&r, &e);
  bb_free(NULL, targets);
  bb_free(NULL, ends);
  close_example(&e);
}

static void test_nothing_masked(void) {
  check_begin("a batch without a masked word has no loss and no derivatives");
  example e = open_example("mlm_cased");
  run r;
  begin_run(&r, &e);
  CHECK_INT(bb_heads_masked(&r.heads, &(bb_masked){0}, &r.loss, &err), BIOBERT_OK);
  CHECK(r.loss == 0);
  CHECK(largest_of(r.heads.dstates, e.tokens * e.bert.config.hidden) == 0);
  bb_free_aligned(NULL, r.heads.dstates);
  bb_heads_free(&r.heads);
  bb_task_heads_free_zeros(&r.head_gradient);
  bb_bert_weights_free(&r.gradient);
  bb_pass_free(&r.pass);
  close_example(&e);
}

int main(void) {
  check_begin("masked words: loss and derivatives are autograd's");
  test_masked("mlm_cased");
  test_masked("mlm_untied");
  test_masked("distilbert_mlm");
  check_begin("labels of tokens: loss and derivatives are autograd's");
  test_tokens("token_cls");
  test_tokens("distilbert_ner");
  check_begin("labels of texts: loss and derivatives are autograd's");
  test_texts("relations");
  test_texts("distilbert_text");
  check_begin("several labels, and numbers: loss and derivatives are autograd's");
  test_numbers("multi_label", BB_TEXT_LOSS_BINARY);
  test_numbers("regression", BB_TEXT_LOSS_SQUARES);
  check_begin("answers: loss and derivatives are autograd's");
  test_answers("qa");
  test_nothing_masked();
  return check_report();
}
