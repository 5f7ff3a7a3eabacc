/* test_gradients.c - the passes that training runs (core/train) against PyTorch's
 * autograd in double precision (tests/golden/make_gradients.py), and against themselves
 * with other workers, instruction sets and dropout. Runs from the root of the repository. */
#include "trained_model.h"

/* Of a hidden state, which is about 1. */
static const double STATE_ERROR = 2e-5;

/* The loss: states times fixed numbers. */
typedef struct fixed_loss {
  float *states, *by_states; /* [tokens, H] */
} fixed_loss;

static fixed_loss read_loss(const example *e) {
  size_t count;
  return (fixed_loss){read_floats(e, "batch.states", &count),
                      read_floats(e, "batch.loss_by_states", &count)};
}

static void free_loss(fixed_loss *l) {
  bb_free_aligned(NULL, l->states);
  bb_free_aligned(NULL, l->by_states);
}

/* Running ---------------------------------------------------------------------------- */

typedef struct result {
  float *states; /* [tokens, H] */
  bb_bert_weights gradient;
} result;

static result run(const example *e, size_t workers, float rate, uint32_t step) {
  bb_cancel never = {0};
  result r = {0};
  const size_t numbers = e->tokens * e->bert.config.hidden;
  bb_pass pass = {
      .bert = &e->bert,
      .workers = workers,
      .cancel = &never,
      .dropout = {1, step, rate},
      .attention_dropout = {1, step, rate}
  };
  const bb_batch batch = batch_of(e);
  fixed_loss loss = read_loss(e);
  CHECK_INT(bb_bert_weights_zeros(&e->bert.config, &e->bert.weights, &r.gradient, &err),
            BIOBERT_OK);
  CHECK_INT(bb_pass_reserve(&pass, &batch, &err), BIOBERT_OK);
  CHECK_INT(bb_pass_forward(&pass, &err), BIOBERT_OK);
  r.states = bb_alloc_floats(NULL, numbers);
  memcpy(r.states, pass.states, numbers * sizeof *r.states);
  float *d = bb_alloc_floats(NULL, numbers);
  memcpy(d, loss.by_states, numbers * sizeof *d);
  CHECK_INT(bb_pass_backward(&pass, d, &r.gradient, &err), BIOBERT_OK);
  bb_free_aligned(NULL, d);
  free_loss(&loss);
  bb_pass_free(&pass);
  return r;
}

static void free_result(result *r) {
  bb_free_aligned(NULL, r->states);
  bb_bert_weights_free(&r->gradient);
}

static bool same_bits(const example *e, const result *a, const result *b) {
  const size_t numbers = e->tokens * e->bert.config.hidden;
  return memcmp(a->states, b->states, numbers * sizeof *a->states) == 0 &&
         memcmp(a->gradient.memory, b->gradient.memory, a->gradient.bytes) == 0;
}

static void test_golden(const char *name) {
  example e = open_example(name);
  result r = run(&e, 1, 0, 0);
  fixed_loss loss = read_loss(&e);
  check_context("%s", name);
  CHECK(largest_difference(r.states, loss.states, e.tokens * e.bert.config.hidden) <
        STATE_ERROR);
  compare_encoders(&e, &r.gradient);
  free_loss(&loss);
  free_result(&r);
  close_example(&e);
}

static void test_workers(void) {
  check_begin("states and derivatives have the same bits with any number of workers");
  example e = open_example("gelu_new");
  for (float rate = 0; rate < 0.5f; rate += 0.25f) {
    result one = run(&e, 1, rate, 3), three = run(&e, 3, rate, 3);
    check_context("dropout %g", (double)rate);
    CHECK(same_bits(&e, &one, &three));
    free_result(&one);
    free_result(&three);
  }
  close_example(&e);
}

static void test_kernels(void) {
  check_begin("states and derivatives have the same bits on every instruction set");
  example e = open_example("silu");
  result fast = run(&e, 1, 0.1f, 3);
  bb_kernels_init(&e.bert.kernels, 0);
  result scalar = run(&e, 1, 0.1f, 3);
  CHECK(same_bits(&e, &fast, &scalar));
  free_result(&fast);
  free_result(&scalar);
  close_example(&e);
}

static void test_steps(void) {
  check_begin("dropout is the same for the same step, and another for the next one");
  example e = open_example("st_mean");
  result a = run(&e, 1, 0.1f, 3), b = run(&e, 1, 0.1f, 3), c = run(&e, 1, 0.1f, 4);
  CHECK(same_bits(&e, &a, &b));
  CHECK(!same_bits(&e, &a, &c));
  free_result(&a);
  free_result(&b);
  free_result(&c);
  close_example(&e);
}

/* With dropout: the derivative of the loss along a direction, by differences. */
static const double STEP = 1e-3;
/* Relative; two losses in float32, whose difference has lost three digits. */
static const double DIFFERENCE_ERROR = 2e-2;

static double loss_of(const example *e, const float *states) {
  fixed_loss fixed = read_loss(e);
  double loss = 0;
  for (size_t i = 0; i < e->tokens * e->bert.config.hidden; i++)
    loss += (double)states[i] * (double)fixed.by_states[i];
  free_loss(&fixed);
  return loss;
}

static void move_weights(example *e, const bb_bert_weights *along, double by) {
  float *w = e->bert.weights.memory;
  for (size_t i = 0; i < e->bert.weights.bytes / sizeof(float); i++)
    w[i] = (float)((double)w[i] + by * (double)along->memory[i]);
}

static void test_dropout_derivative(void) {
  check_begin("with dropout the derivatives are those of the loss with that dropout");
  example e = open_example("silu");
  result at = run(&e, 1, 0.2f, 9);
  double length = 0;
  for (size_t i = 0; i < at.gradient.bytes / sizeof(float); i++)
    length += (double)at.gradient.memory[i] * (double)at.gradient.memory[i];
  move_weights(&e, &at.gradient, STEP / sqrt(length));
  result above = run(&e, 1, 0.2f, 9);
  move_weights(&e, &at.gradient, -2 * STEP / sqrt(length));
  result below = run(&e, 1, 0.2f, 9);
  const double slope =
      (loss_of(&e, above.states) - loss_of(&e, below.states)) / (2 * STEP);
  check_context("by differences %g, by derivatives %g", slope, sqrt(length));
  CHECK(fabs(slope / sqrt(length) - 1) < DIFFERENCE_ERROR);
  free_result(&at);
  free_result(&above);
  free_result(&below);
  close_example(&e);
}

int main(void) {
  check_begin("derivatives of all weights are autograd's");
  test_golden("gelu_new");
  test_golden("silu");
  test_golden("st_mean");
  test_workers();
  test_kernels();
  test_steps();
  test_dropout_derivative();
  return check_report();
}
