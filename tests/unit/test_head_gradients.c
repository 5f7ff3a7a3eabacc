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

static void compare_run(run *r, const example *e) {
  size_t count;
  float *expected = read_floats(e, "batch.loss", &count);
  CHECK_INT(bb_pass_backward(&r->pass, r->heads.dstates, &r->gradient, &err), BIOBERT_OK);
  check_context("%s: loss %.9g, expected %.9g", e->name, r->loss, (double)*expected);
  CHECK(fabs(r->loss - (double)*expected) <= LOSS_ERROR * (double)*expected);
  compare_encoders(e, &r->gradient);
  compare_heads(e, &r->head_gradient);
  bb_free_aligned(NULL, expected);
}

static void end_run(run *r) {
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

/* A head's loss of the example's batch, into r->loss. */
typedef void head_loss(run *r, const example *e);

static void masked_loss(run *r, const example *e) {
  size_t count;
  int32_t *where = read_labels(e, "batch.positions", &count);
  int32_t *targets = read_labels(e, "batch.targets", &count);
  size_t *positions = bb_alloc(NULL, count, sizeof *positions);
  for (size_t i = 0; i < count; i++) positions[i] = (size_t)where[i];
  const bb_masked masked = {positions, targets, count};
  CHECK_INT(bb_heads_masked(&r->heads, &masked, &r->loss, &err), BIOBERT_OK);
  bb_free(NULL, positions);
  bb_free(NULL, where);
  bb_free(NULL, targets);
}

static void token_loss(run *r, const example *e) {
  size_t count;
  int32_t *labels = read_labels(e, "batch.labels", &count);
  CHECK_INT(bb_heads_tokens(&r->heads, labels, &r->loss, &err), BIOBERT_OK);
  bb_free(NULL, labels);
}

static void text_loss(run *r, const example *e) {
  size_t count;
  int32_t *labels = read_labels(e, "batch.labels", &count);
  const bb_text_targets targets = {BB_TEXT_LOSS_SOFTMAX, labels, NULL};
  CHECK_INT(bb_heads_texts(&r->heads, &targets, &r->loss, &err), BIOBERT_OK);
  bb_free(NULL, labels);
}

static void number_loss(run *r, const example *e, bb_text_loss loss) {
  size_t count;
  float *numbers = read_floats(e, "batch.targets", &count);
  const bb_text_targets targets = {loss, NULL, numbers};
  CHECK_INT(bb_heads_texts(&r->heads, &targets, &r->loss, &err), BIOBERT_OK);
  bb_free_aligned(NULL, numbers);
}

static void binary_loss(run *r, const example *e) {
  number_loss(r, e, BB_TEXT_LOSS_BINARY);
}

static void squares_loss(run *r, const example *e) {
  number_loss(r, e, BB_TEXT_LOSS_SQUARES);
}

static void answer_loss(run *r, const example *e) {
  size_t count;
  int32_t *ends = read_labels(e, "batch.targets", &count);
  bb_answer_target *targets = bb_alloc(NULL, count / 2, sizeof *targets);
  for (size_t i = 0; i < count / 2; i++)
    targets[i] = (bb_answer_target){(size_t)ends[2 * i], (size_t)ends[2 * i + 1]};
  CHECK_INT(bb_heads_answers(&r->heads, targets, &r->loss, &err), BIOBERT_OK);
  bb_free(NULL, targets);
  bb_free(NULL, ends);
}

static void test_golden(const char *name, head_loss *loss) {
  example e = open_example(name);
  run r;
  begin_run(&r, &e);
  loss(&r, &e);
  compare_run(&r, &e);
  end_run(&r);
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
  end_run(&r);
  close_example(&e);
}

/* Dropout ---------------------------------------------------------------------------- */

/* Of one number, by which its loss is taken on either side. */
static const double STEP = 1e-2;
/* Relative; two losses in float32, whose difference has lost three digits. */
static const double DIFFERENCE_ERROR = 2e-2;
static const float RATE = 0.3f;

static double loss_at(run *r, const example *e, head_loss *loss, float *x, double value) {
  const float kept = *x;
  *x = (float)value;
  loss(r, e);
  *x = kept;
  return r->loss;
}

/* Of x, the number with the largest derivative: by differences, and as d says. A wrong
 * mask is off by 1 / (1 - RATE) at least. */
static void compare_largest(run *r, const example *e, head_loss *loss, float *x,
                            const float *d, size_t count) {
  size_t at = 0;
  for (size_t i = 1; i < count; i++)
    if (fabsf(d[i]) > fabsf(d[at])) at = i;
  const double by_backward = (double)d[at];
  const double above = loss_at(r, e, loss, &x[at], (double)x[at] + STEP);
  const double below = loss_at(r, e, loss, &x[at], (double)x[at] - STEP);
  const double slope = (above - below) / (2 * STEP);
  check_context("%s: by differences %g, by the pass %g", e->name, slope, by_backward);
  CHECK(fabs(slope - by_backward) < DIFFERENCE_ERROR * fabs(by_backward));
}

/* matrix: where bb_task_heads has that of the head, [labels, H]. */
static void test_dropout(const char *name, head_loss *loss, size_t matrix,
                         size_t labels) {
  example e = open_example(name);
  run r;
  begin_run(&r, &e);
  const size_t H = e.bert.config.hidden;
  float *w, *by_w;
  memcpy(&w, (char *)&e.heads + matrix, sizeof w);
  memcpy(&by_w, (char *)&r.head_gradient + matrix, sizeof by_w);
  r.heads.dropout = (bb_dropout){11, 3, RATE};
  loss(&r, &e);
  const double with = r.loss;
  compare_largest(&r, &e, loss, r.pass.states, r.heads.dstates, e.tokens * H);
  memset(by_w, 0, labels * H * sizeof *by_w);
  loss(&r, &e);
  CHECK(r.loss == with);
  compare_largest(&r, &e, loss, w, by_w, labels * H);
  r.heads.dropout.rate = 0;
  loss(&r, &e);
  CHECK(r.loss != with);
  end_run(&r);
  close_example(&e);
}

int main(void) {
  check_begin("masked words: loss and derivatives are autograd's");
  test_golden("mlm_cased", masked_loss);
  test_golden("mlm_untied", masked_loss);
  test_golden("distilbert_mlm", masked_loss);
  check_begin("labels of tokens: loss and derivatives are autograd's");
  test_golden("token_cls", token_loss);
  test_golden("distilbert_ner", token_loss);
  check_begin("labels of texts: loss and derivatives are autograd's");
  test_golden("relations", text_loss);
  test_golden("distilbert_text", text_loss);
  check_begin("several labels, and numbers: loss and derivatives are autograd's");
  test_golden("multi_label", binary_loss);
  test_golden("regression", squares_loss);
  check_begin("answers: loss and derivatives are autograd's");
  test_golden("qa", answer_loss);
  test_nothing_masked();
  check_begin(
      "with dropout of what a head reads, the derivatives are those of that loss");
  test_dropout("token_cls", token_loss, offsetof(bb_task_heads, token_w), 5);
  test_dropout("relations", text_loss, offsetof(bb_task_heads, text_w), 3);
  test_dropout("distilbert_text", text_loss, offsetof(bb_task_heads, text_w), 3);
  test_dropout("qa", answer_loss, offsetof(bb_task_heads, answer_w), 2);
  return check_report();
}
