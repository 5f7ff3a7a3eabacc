/* trained_model.h - a small model's plain weights, a batch, and the derivatives that
 * PyTorch's autograd gives (tests/golden/make_gradients.py), for tests of core/train. They
 * run from the root of the repository. */
#ifndef BB_TEST_TRAINED_MODEL_H
#define BB_TEST_TRAINED_MODEL_H

#include <math.h>
#include <stdlib.h>

#include "api/model.h"
#include "base/mem.h"
#include "base/status.h"
#include "check.h"
#include "train/pass.h"

#define GOLDEN "tests/golden/"

/* Of a derivative, relative to the largest of its tensor; float32 against double;
 * measured 6e-6. */
static const double GRADIENT_ERROR = 1e-5;
/* Derivatives that are zero by mathematics: a key's bias adds the same to all scores of a
 * row, that of answers' ends the same to all tokens. Autograd's in double precision are
 * below the first, ours in float32 below the second, where other tensors' are about 10. */
static const double ZERO_IN_DOUBLE = 1e-10, ZERO_GRADIENT = 1e-5;

enum { PAD = 0 }; /* of all models here */

static biobert_error err;

typedef struct example {
  const char *name;
  biobert_model *model;
  bb_bert bert;             /* plain */
  bb_task_heads heads;      /* of the plain weights; labels are the model's */
  bb_bert_weights expected; /* derivatives */
  bb_task_heads expected_heads;
  bb_weights *file; /* of derivatives, and of what they were computed from */
  int32_t *ids;
  uint8_t *types;
  size_t *starts;
  size_t texts, tokens;
} example;

/* Reading ---------------------------------------------------------------------------- */

static inline float *read_floats(const example *e, const char *name, size_t *count) {
  const bb_tensor *tensor = bb_weights_find(e->file, name);
  uint64_t elements = 0, span = 0;
  if (!CHECK(tensor && bb_tensor_measure(tensor, &elements, &span))) exit(1);
  *count = (size_t)elements;
  float *values = bb_alloc_floats(NULL, *count);
  CHECK_INT(bb_weights_read(e->file, tensor, values, &err), BIOBERT_OK);
  return values;
}

static inline void read_batch(example *e) {
  float *ids = read_floats(e, "batch.ids", &e->tokens);
  float *types = read_floats(e, "batch.types", &e->tokens);
  float *lengths = read_floats(e, "batch.lengths", &e->texts);
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

/* Encoder and head of a file, which has a pooler if the derivatives have. */
static inline void read_plain(const example *e, const bb_weights *file,
                              const char *prefix, bool pooler, bb_bert_weights *encoder,
                              bb_task_heads *heads) {
  bb_bert bert = e->bert;
  const bb_bert_wish wish = {.what = e->name,
                             .prefix = prefix,
                             .config = &bert.config,
                             .kernels = &bert.kernels,
                             .with_pooler = pooler,
                             .plain = true};
  CHECK_INT(bb_bert_weights_read(file, &wish, encoder, &err), BIOBERT_OK);
  bert.weights = *encoder;
  *heads = (bb_task_heads){.labels = e->model->heads.labels};
  CHECK_INT(bb_task_heads_read(file, &wish, &bert, heads, &err), BIOBERT_OK);
}

static inline example open_example(const char *name) {
  example e = {.name = name};
  char path[128];
  bb_weights *weights = NULL;
  bb_encoder_prefix prefix;
  snprintf(path, sizeof path, GOLDEN "models/%s", name);
  CHECK_INT(biobert_model_open(bb_str(path), bb_str(""), &e.model, &err), BIOBERT_OK);
  CHECK_INT(bb_weights_open(path, &weights, &err), BIOBERT_OK);
  snprintf(path, sizeof path, GOLDEN "gradients/%s.safetensors", name);
  CHECK_INT(bb_weights_open_file(path, &e.file, &err), BIOBERT_OK);
  if (!CHECK(e.model && weights && e.file)) exit(1);
  e.bert = e.model->bert;
  CHECK_INT(bb_bert_weights_find(e.file, name, NULL, &prefix, &err), BIOBERT_OK);
  const bool pooler = bb_bert_weights_has_pooler(e.file, prefix.text);
  read_plain(&e, e.file, prefix.text, pooler, &e.expected, &e.expected_heads);
  read_plain(&e, weights, e.model->encoder.text, pooler, &e.bert.weights, &e.heads);
  bb_weights_close(weights);
  read_batch(&e);
  return e;
}

static inline bb_batch batch_of(const example *e) {
  return (bb_batch){e->ids, e->types, e->starts, e->texts};
}

static inline void close_example(example *e) {
  bb_bert_weights_free(&e->bert.weights);
  bb_bert_weights_free(&e->expected);
  bb_task_heads_free_zeros(&e->heads);
  bb_task_heads_free_zeros(&e->expected_heads);
  bb_weights_close(e->file);
  bb_free(NULL, e->ids);
  bb_free(NULL, e->types);
  bb_free(NULL, e->starts);
  biobert_model_close(e->model);
}

/* Comparing -------------------------------------------------------------------------- */

enum { MAX_TENSORS = 100 };

typedef struct tensors {
  char names[MAX_TENSORS][128];
  bb_bert_tensor items[MAX_TENSORS];
  size_t count;
} tensors;

static inline void take_tensor(void *ctx, const bb_bert_tensor *tensor) {
  tensors *t = ctx;
  if (!CHECK(t->count < MAX_TENSORS)) return;
  snprintf(t->names[t->count], sizeof t->names[0], "%s", tensor->name);
  t->items[t->count++] = *tensor;
}

static inline double largest_of(const float *x, size_t n) {
  double largest = 0;
  for (size_t i = 0; i < n; i++)
    if (!(fabs((double)x[i]) <= largest)) largest = fabs((double)x[i]);
  return largest;
}

static inline double largest_difference(const float *a, const float *b, size_t n) {
  double largest = 0;
  for (size_t i = 0; i < n; i++) {
    const double difference = fabs((double)a[i] - (double)b[i]);
    if (!(difference <= largest)) largest = difference; /* NaN counts */
  }
  return largest;
}

static inline void compare_tensor(const bb_bert_tensor *actual,
                                  const bb_bert_tensor *expected) {
  const size_t n = actual->rows * actual->columns;
  const double size = largest_of(expected->values, n);
  if (size < ZERO_IN_DOUBLE) {
    CHECK(largest_of(actual->values, n) < ZERO_GRADIENT);
    return;
  }
  const double error = largest_difference(actual->values, expected->values, n);
  if (error >= GRADIENT_ERROR * size) printf("  relative error %g\n", error / size);
  CHECK(error < GRADIENT_ERROR * size);
}

/* Tensors in one order. */
static inline void compare_tensors(const example *e, const tensors *actual,
                                   const tensors *expected) {
  CHECK_INT((long long)actual->count, (long long)expected->count);
  for (size_t i = 0; i < actual->count; i++) {
    check_context("%s, %s", e->name, actual->names[i]);
    CHECK_STR(actual->names[i], expected->names[i]);
    compare_tensor(&actual->items[i], &expected->items[i]);
  }
}

static inline void compare_encoders(const example *e, const bb_bert_weights *gradient) {
  static tensors actual, expected;
  actual.count = expected.count = 0;
  bb_bert_weights_each(&e->bert.config, gradient, take_tensor, &actual);
  bb_bert_weights_each(&e->bert.config, &e->expected, take_tensor, &expected);
  compare_tensors(e, &actual, &expected);
}

static inline void compare_heads(const example *e, const bb_task_heads *gradient) {
  static tensors actual, expected;
  actual.count = expected.count = 0;
  bb_task_heads_each(&e->bert.config, gradient, take_tensor, &actual);
  bb_task_heads_each(&e->bert.config, &e->expected_heads, take_tensor, &expected);
  CHECK(actual.count > 0 &&
        largest_of(expected.items[0].values, expected.items[0].columns) > 0);
  compare_tensors(e, &actual, &expected);
}

#endif
