/* test_gradients.c - the passes that training runs (core/train) against PyTorch's
 * autograd in double precision (tests/golden/make_gradients.py), and against themselves
 * with other workers, instruction sets and dropout. Runs from the root of the repository. */
#include "check.h"

#include <math.h>
#include <stdlib.h>

#include "api/model.h"
#include "base/mem.h"
#include "base/status.h"
#include "train/pass.h"

#define GOLDEN "tests/golden/"

/* Of a derivative, relative to the largest of its tensor; float32 against double;
 * measured 6e-6. */
static const double GRADIENT_ERROR = 1e-5;
/* Of a tensor whose derivatives are zero by mathematics (a key's bias adds the same to
 * all scores of a row), relative to the largest of the query's bias. */
static const double ZERO_GRADIENT = 1e-5;
/* Of a hidden state, which is about 1. */
static const double STATE_ERROR = 2e-5;

enum { PAD = 0 }; /* of all models here */

static biobert_error err;

typedef struct example {
  const char *name;
  biobert_model *model;
  bb_bert bert;             /* plain */
  bb_bert_weights expected; /* derivatives */
  int32_t *ids;
  uint8_t *types;
  size_t *starts;
  size_t texts, tokens;
  float *states, *loss_by_states; /* [tokens, H] */
} example;

/* Reading ---------------------------------------------------------------------------- */

static float *read_tensor(const bb_weights *file, const char *name, size_t *count) {
  const bb_tensor *tensor = bb_weights_find(file, name);
  if (!CHECK(tensor != NULL)) exit(1);
  uint64_t elements = 0, span = 0;
  CHECK(bb_tensor_measure(tensor, &elements, &span));
  *count = (size_t)elements;
  float *values = bb_alloc_floats(NULL, *count);
  CHECK_INT(bb_weights_read(file, tensor, values, &err), BIOBERT_OK);
  return values;
}

static void read_batch(const bb_weights *file, example *e) {
  size_t count;
  float *ids = read_tensor(file, "batch.ids", &e->tokens);
  float *types = read_tensor(file, "batch.types", &e->tokens);
  float *lengths = read_tensor(file, "batch.lengths", &e->texts);
  e->states = read_tensor(file, "batch.states", &count);
  e->loss_by_states = read_tensor(file, "batch.loss_by_states", &count);
  e->ids = bb_alloc(NULL, e->tokens, sizeof *e->ids);
  e->types = bb_alloc(NULL, e->tokens, sizeof *e->types);
  e->starts = bb_alloc(NULL, e->texts + 1, sizeof *e->starts);
  for (size_t i = 0; i < e->tokens; i++) {
    e->ids[i] = (int32_t)ids[i];
    e->types[i] = (uint8_t)types[i];
  }
  e->starts[0] = 0;
  for (size_t i = 0; i < e->texts; i++)
    e->starts[i + 1] = e->starts[i] + (size_t)lengths[i];
  bb_free_aligned(NULL, ids);
  bb_free_aligned(NULL, types);
  bb_free_aligned(NULL, lengths);
}

static bb_bert_weights read_plain(const char *path, const char *prefix,
                                  const bb_bert *bert, bool directory) {
  bb_weights *file = NULL;
  bb_bert_weights weights = {0};
  biobert_status status = directory ? bb_weights_open(path, &file, &err)
                                    : bb_weights_open_file(path, &file, &err);
  if (!CHECK_INT(status, BIOBERT_OK)) exit(1);
  const bb_bert_wish wish = {.what = path,
                             .prefix = prefix,
                             .config = &bert->config,
                             .kernels = &bert->kernels,
                             .plain = true};
  CHECK_INT(bb_bert_weights_read(file, &wish, &weights, &err), BIOBERT_OK);
  bb_weights_close(file);
  return weights;
}

static example open_example(const char *name) {
  example e = {.name = name};
  char path[128];
  bb_weights *file = NULL;
  snprintf(path, sizeof path, GOLDEN "models/%s", name);
  CHECK_INT(biobert_model_open(bb_str(path), bb_str(""), &e.model, &err), BIOBERT_OK);
  e.bert = e.model->bert;
  e.bert.weights = read_plain(path, e.model->encoder.text, &e.bert, true);
  snprintf(path, sizeof path, GOLDEN "gradients/%s.safetensors", name);
  e.expected = read_plain(path, "", &e.bert, false);
  CHECK_INT(bb_weights_open_file(path, &file, &err), BIOBERT_OK);
  read_batch(file, &e);
  bb_weights_close(file);
  return e;
}

static void close_example(example *e) {
  bb_bert_weights_free(&e->bert.weights);
  bb_bert_weights_free(&e->expected);
  bb_free(NULL, e->ids);
  bb_free(NULL, e->types);
  bb_free(NULL, e->starts);
  bb_free_aligned(NULL, e->states);
  bb_free_aligned(NULL, e->loss_by_states);
  biobert_model_close(e->model);
}

/* Comparing -------------------------------------------------------------------------- */

enum { MAX_TENSORS = 100 };

typedef struct tensors {
  char names[MAX_TENSORS][128];
  bb_bert_tensor items[MAX_TENSORS];
  size_t count;
} tensors;

static void take_tensor(void *ctx, const bb_bert_tensor *tensor) {
  tensors *t = ctx;
  if (!CHECK(t->count < MAX_TENSORS)) return;
  snprintf(t->names[t->count], sizeof t->names[0], "%s", tensor->name);
  t->items[t->count++] = *tensor;
}

static double largest_of(const float *x, size_t n) {
  double largest = 0;
  for (size_t i = 0; i < n; i++)
    if (!(fabs((double)x[i]) <= largest)) largest = fabs((double)x[i]);
  return largest;
}

static double largest_difference(const float *a, const float *b, size_t n) {
  double largest = 0;
  for (size_t i = 0; i < n; i++) {
    const double difference = fabs((double)a[i] - (double)b[i]);
    if (!(difference <= largest)) largest = difference; /* NaN counts */
  }
  return largest;
}

static bool is_key_bias(const char *name) {
  return strstr(name, "key.bias") || strstr(name, "k_lin.bias");
}

static void compare_gradients(const example *e, const bb_bert_weights *gradient) {
  static tensors actual, expected;
  actual.count = expected.count = 0;
  bb_bert_weights_each(&e->bert.config, gradient, take_tensor, &actual);
  bb_bert_weights_each(&e->bert.config, &e->expected, take_tensor, &expected);
  CHECK_INT((long long)actual.count, (long long)expected.count);
  for (size_t i = 0; i < actual.count; i++) {
    const size_t n = actual.items[i].rows * actual.items[i].columns;
    const bool zero = is_key_bias(actual.names[i]);
    const double size = largest_of(expected.items[zero ? i - 1 : i].values, n);
    const double error =
        largest_difference(actual.items[i].values, expected.items[i].values, n) / size;
    check_context("%s, %s: %g", e->name, actual.names[i], error);
    CHECK(size > 0);
    CHECK(error < (zero ? ZERO_GRADIENT : GRADIENT_ERROR));
  }
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
  const bb_batch batch = {e->ids, e->types, e->starts, e->texts};
  CHECK_INT(bb_bert_weights_zeros(&e->bert.config, &e->bert.weights, &r.gradient, &err),
            BIOBERT_OK);
  CHECK_INT(bb_pass_reserve(&pass, &batch, &err), BIOBERT_OK);
  CHECK_INT(bb_pass_forward(&pass, &err), BIOBERT_OK);
  r.states = bb_alloc_floats(NULL, numbers);
  memcpy(r.states, pass.states, numbers * sizeof *r.states);
  float *d = bb_alloc_floats(NULL, numbers);
  memcpy(d, e->loss_by_states, numbers * sizeof *d);
  CHECK_INT(bb_pass_backward(&pass, d, &r.gradient, &err), BIOBERT_OK);
  bb_free_aligned(NULL, d);
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
  check_context("%s", name);
  CHECK(largest_difference(r.states, e.states, e.tokens * e.bert.config.hidden) <
        STATE_ERROR);
  compare_gradients(&e, &r.gradient);
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
  example e = open_example("distilbert_ner");
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
  double loss = 0;
  for (size_t i = 0; i < e->tokens * e->bert.config.hidden; i++)
    loss += (double)states[i] * (double)e->loss_by_states[i];
  return loss;
}

static void move_weights(example *e, const bb_bert_weights *along, double by) {
  float *w = e->bert.weights.memory;
  for (size_t i = 0; i < e->bert.weights.bytes / sizeof(float); i++)
    w[i] = (float)((double)w[i] + by * (double)along->memory[i]);
}

static void test_dropout_derivative(void) {
  check_begin("with dropout the derivatives are those of the loss with that dropout");
  example e = open_example("distilbert_ner");
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
  test_golden("distilbert_ner");
  test_golden("silu");
  test_golden("st_mean");
  test_workers();
  test_kernels();
  test_steps();
  test_dropout_derivative();
  return check_report();
}
