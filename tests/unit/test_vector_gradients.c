/* test_vector_gradients.c - losses of texts' vectors and all derivatives of them against
 * sentence-transformers' modules and PyTorch's autograd in double precision
 * (tests/golden/make_gradients.py), in batches cut anywhere. Runs from the root of the
 * repository. */
#include "trained_model.h"

#include "base/mem_fault.h"
#include "train/pass_steps.h"
#include "train/vector_losses.h"
#include "train/vectors_pass.h"

/* Of a loss, relative; and of a vector's value, which is about 1. */
static const double LOSS_ERROR = 1e-5, VECTOR_ERROR = 2e-5;
/* Of gradients of a step that is cut into other batches, relative to the largest: sums of
 * float32 in another order. */
static const double CUT_ERROR = 1e-5;

/* A step ----------------------------------------------------------------------------- */

typedef enum vector_loss { PAIRS, TEACHER } vector_loss;

/* How a step is run. */
typedef struct plan {
  const example *e;
  const bb_pipeline *pipeline;
  vector_loss loss;
  size_t workers, texts; /* texts of a batch */
  float dropout;
} plan;

enum { MAX_TEXTS = 8 };

typedef struct step {
  plan plan;
  bb_cancel cancel;
  bb_pass pass;
  bb_vectors_pass vectors_pass;
  bb_bert_weights gradient;
  bb_pipeline dense_gradient;
  size_t starts[MAX_TEXTS + 1]; /* of the batch */
  size_t dimension;
  float *vectors, *d, *dstates;
  double loss;
} step;

/* In place: its parts point at one another. */
static void begin_step(step *s, const plan *how) {
  const example *e = how->e;
  const size_t H = e->bert.config.hidden;
  *s = (step){.plan = *how, .loss = NAN};
  s->pass = (bb_pass){
      .bert = &e->bert,
      .workers = how->workers,
      .cancel = &s->cancel,
      .pad = PAD,
      .dropout = {5, 2, how->dropout},
      .attention_dropout = {5, 2, how->dropout}
  };
  CHECK_INT(bb_bert_weights_zeros(&e->bert.config, &e->bert.weights, &s->gradient, &err),
            BIOBERT_OK);
  CHECK_INT(bb_pipeline_zeros(how->pipeline, &s->dense_gradient, &err), BIOBERT_OK);
  s->vectors_pass = (bb_vectors_pass){
      .pass = &s->pass, .pipeline = how->pipeline, .gradient = &s->dense_gradient};
  s->dimension = bb_pipeline_dimension(how->pipeline, H);
  s->vectors = bb_alloc_floats(NULL, e->texts * s->dimension);
  s->d = bb_alloc_floats(NULL, e->texts * s->dimension);
  s->dstates = bb_alloc_floats(NULL, e->tokens * H);
}

static void end_step(step *s) {
  bb_free_aligned(NULL, s->vectors);
  bb_free_aligned(NULL, s->d);
  bb_free_aligned(NULL, s->dstates);
  bb_vectors_free(&s->vectors_pass);
  bb_pipeline_free(&s->dense_gradient);
  bb_bert_weights_free(&s->gradient);
  bb_pass_free(&s->pass);
}

/* The vectors of some texts, and what their derivatives need. */
static biobert_status forward(step *s, size_t first, size_t end) {
  const example *e = s->plan.e;
  for (size_t i = first; i <= end; i++)
    s->starts[i - first] = e->starts[i] - e->starts[first];
  s->pass.before = e->starts[first];
  const bb_batch batch = {e->ids + s->pass.before, e->types + s->pass.before, s->starts,
                          end - first};
  biobert_status status = bb_pass_reserve(&s->pass, &batch, &err);
  if (!status) status = bb_pass_forward(&s->pass, &err);
  if (!status)
    status =
        bb_vectors_forward(&s->vectors_pass, s->vectors + first * s->dimension, &err);
  return status;
}

static biobert_status backward(step *s, size_t first, size_t end) {
  biobert_status status = forward(s, first, end);
  if (!status)
    status = bb_vectors_backward(&s->vectors_pass, s->d + first * s->dimension,
                                 s->dstates, &err);
  if (!status) status = bb_pass_backward(&s->pass, s->dstates, &s->gradient, &err);
  return status;
}

static biobert_status each_batch(step *s, biobert_status (*fn)(step *, size_t, size_t)) {
  biobert_status status = BIOBERT_OK;
  const size_t texts = s->plan.e->texts, size = s->plan.texts;
  for (size_t first = 0; first < texts && !status; first += size)
    status = fn(s, first, first + size < texts ? first + size : texts);
  return status;
}

enum { EXAMPLE_PAIRS = 3, EXAMPLE_NEGATIVES = 2 }; /* of make_gradients.py */

static biobert_status pairs_loss(step *s) {
  size_t count;
  float *numbers = read_floats(s->plan.e, "batch.texts", &count);
  uint32_t texts[EXAMPLE_PAIRS + EXAMPLE_NEGATIVES];
  for (size_t i = 0; i < count; i++) texts[i] = (uint32_t)numbers[i];
  const bb_pairs pairs = {s->vectors, EXAMPLE_PAIRS, EXAMPLE_NEGATIVES, s->dimension,
                          texts};
  bb_steps steps = bb_steps_of(&s->pass);
  bb_free_aligned(NULL, numbers);
  return bb_loss_pairs(&steps, &pairs, &s->loss, s->d, &err);
}

static biobert_status teacher_loss(step *s) {
  size_t count;
  const size_t texts = s->plan.e->texts;
  float *teacher = read_floats(s->plan.e, "batch.teacher", &count);
  CHECK_INT((long long)count, (long long)(texts * s->dimension));
  memcpy(s->d, s->vectors, count * sizeof *s->d);
  s->loss = bb_loss_teacher(s->d, teacher, texts, s->dimension, texts);
  bb_free_aligned(NULL, teacher);
  return BIOBERT_OK;
}

static biobert_status run_step(step *s) {
  biobert_status status = each_batch(s, forward);
  if (!status) status = s->plan.loss == PAIRS ? pairs_loss(s) : teacher_loss(s);
  if (!status) status = each_batch(s, backward);
  return status;
}

/* Against autograd ------------------------------------------------------------------- */

/* The model's dense layers, with the projection that the file has. */
static bb_pipeline pipeline_of(const example *e) {
  bb_pipeline p;
  CHECK_INT(bb_pipeline_copy(&e->model->pipeline, &p, &err), BIOBERT_OK);
  if (!bb_weights_find(e->file, "batch.projection.weight")) return p;
  size_t weights, out;
  float *w = read_floats(e, "batch.projection.weight", &weights);
  float *b = read_floats(e, "batch.projection.bias", &out);
  CHECK_INT(bb_pipeline_project(&p, e->bert.config.hidden, out, 1, &err), BIOBERT_OK);
  bb_step *dense = &p.steps[p.step_count - 2];
  CHECK_INT((long long)(dense->in * dense->out), (long long)weights);
  memcpy(dense->w, w, weights * sizeof *w);
  memcpy(dense->b, b, out * sizeof *b);
  bb_free_aligned(NULL, w);
  bb_free_aligned(NULL, b);
  return p;
}

static void compare_dense(void *ctx, const bb_bert_tensor *tensor) {
  const example *e = ctx;
  size_t count;
  bb_bert_tensor expected = *tensor;
  expected.values = read_floats(e, tensor->name, &count);
  check_context("%s, %s", e->name, tensor->name);
  CHECK_INT((long long)count, (long long)(tensor->rows * tensor->columns));
  compare_tensor(tensor, &expected);
  bb_free_aligned(NULL, expected.values);
}

static void compare_step(const step *s) {
  example e = *s->plan.e;
  size_t count;
  float *loss = read_floats(&e, "batch.loss", &count);
  float *vectors = read_floats(&e, "batch.vectors", &count);
  check_context("%s: loss %.9g, expected %.9g", e.name, s->loss, (double)*loss);
  CHECK(fabs(s->loss - (double)*loss) <= LOSS_ERROR * (double)*loss);
  CHECK_INT((long long)count, (long long)(e.texts * s->dimension));
  CHECK(largest_difference(s->vectors, vectors, count) < VECTOR_ERROR);
  compare_encoders(&e, &s->gradient);
  bb_pipeline_each(&s->dense_gradient, compare_dense, &e);
  bb_free_aligned(NULL, loss);
  bb_free_aligned(NULL, vectors);
}

static void test_golden(const char *name, vector_loss loss) {
  example e = open_example(name);
  bb_pipeline p = pipeline_of(&e);
  const size_t sizes[] = {e.texts, 3, 1};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    step s;
    begin_step(&s, &(plan){&e, &p, loss, 2, sizes[i], 0});
    CHECK_INT(run_step(&s), BIOBERT_OK);
    compare_step(&s);
    end_step(&s);
  }
  bb_pipeline_free(&p);
  close_example(&e);
}

/* Against itself --------------------------------------------------------------------- */

static void run_both(const plan *a, const plan *b, step *s, step *t) {
  begin_step(s, a);
  begin_step(t, b);
  CHECK_INT(run_step(s), BIOBERT_OK);
  CHECK_INT(run_step(t), BIOBERT_OK);
}

static bool same_vectors(const step *s, const step *t) {
  const size_t bytes = s->plan.e->texts * s->dimension * sizeof *s->d;
  return memcmp(s->vectors, t->vectors, bytes) == 0 && memcmp(s->d, t->d, bytes) == 0 &&
         s->loss == t->loss;
}

static void test_workers(void) {
  check_begin("losses and derivatives have the same bits with any number of workers");
  example e = open_example("st_dense");
  bb_pipeline p = pipeline_of(&e);
  step one, three;
  run_both(&(plan){&e, &p, TEACHER, 1, 2, 0.1f}, &(plan){&e, &p, TEACHER, 3, 2, 0.1f},
           &one, &three);
  CHECK(same_vectors(&one, &three));
  CHECK(memcmp(one.gradient.memory, three.gradient.memory, one.gradient.bytes) == 0);
  for (size_t i = 0; i < p.step_count; i++)
    if (p.steps[i].w)
      CHECK(memcmp(one.dense_gradient.steps[i].w, three.dense_gradient.steps[i].w,
                   (p.steps[i].in + 1) * p.steps[i].out * sizeof(float)) == 0);
  end_step(&one);
  end_step(&three);
  bb_pipeline_free(&p);
  close_example(&e);
}

static void test_cuts(void) {
  check_begin("with dropout a step leaves out the same however it is cut into batches");
  example e = open_example("st_concat");
  bb_pipeline p = pipeline_of(&e);
  step whole, cut;
  run_both(&(plan){&e, &p, PAIRS, 1, e.texts, 0.1f}, &(plan){&e, &p, PAIRS, 2, 3, 0.1f},
           &whole, &cut);
  const size_t floats = whole.gradient.bytes / sizeof(float);
  const double size = largest_of(whole.gradient.memory, floats);
  CHECK(same_vectors(&whole, &cut));
  CHECK(largest_difference(whole.gradient.memory, cut.gradient.memory, floats) <
        CUT_ERROR * size);
  end_step(&whole);
  end_step(&cut);
  bb_pipeline_free(&p);
  close_example(&e);
}

/* Of the loss along a direction, by differences; two losses in float32 that have lost
 * some digits. */
static const double STEP = 1e-2, DIFFERENCE_ERROR = 1e-2;

static double loss_at(const plan *how, bb_step *dense, const float *along, double by) {
  const size_t floats = (dense->in + 1) * dense->out;
  step s;
  for (size_t i = 0; i < floats; i++)
    dense->w[i] = (float)((double)dense->w[i] + by * (double)along[i]);
  begin_step(&s, how);
  CHECK_INT(run_step(&s), BIOBERT_OK);
  const double loss = s.loss;
  end_step(&s);
  return loss;
}

static void test_residual(void) {
  check_begin("a dense layer with a residual has the derivatives of its loss");
  example e = open_example("st_concat");
  bb_pipeline p = pipeline_of(&e);
  const size_t H = e.bert.config.hidden, n = bb_pipeline_dimension(&p, H);
  CHECK_INT(bb_pipeline_project(&p, H, n, 3, &err), BIOBERT_OK);
  bb_step *dense = &p.steps[0];
  const size_t floats = (n + 1) * n;
  dense->residual = true;
  dense->activation = bb_activation_find(bb_str("silu"));
  const plan how = {&e, &p, PAIRS, 1, e.texts, 0};
  step s;
  begin_step(&s, &how);
  CHECK_INT(run_step(&s), BIOBERT_OK);
  float *along = s.dense_gradient.steps[0].w;
  double square = 0;
  for (size_t i = 0; i < floats; i++) square += (double)along[i] * (double)along[i];
  const double by = STEP / sqrt(square);
  const double above = loss_at(&how, dense, along, by);
  const double below = loss_at(&how, dense, along, -2 * by);
  const double slope = (above - below) / (2 * STEP);
  check_context("by differences %g, by derivatives %g", slope, sqrt(square));
  CHECK(fabs(slope / sqrt(square) - 1) < DIFFERENCE_ERROR);
  end_step(&s);
  bb_pipeline_free(&p);
  close_example(&e);
}

/* Hard cases of the losses ----------------------------------------------------------- */

static bb_cancel never;

static bb_steps plain_steps(bb_kernels *k, bb_cancel *cancel) {
  bb_kernels_init(k, bb_cpu_detect());
  return (bb_steps){k, 2, cancel, NULL};
}

static void test_no_negatives(void) {
  static const float vectors[4 * 2] = {1, 2, 3, -4, 5, 6, 7, 8};
  static const uint32_t equal[] = {9, 9};
  static const bb_pairs rows[] = {
      {vectors, 1, 0, 2, NULL },
      {vectors, 2, 0, 2, equal},
  };
  bb_kernels kernels;
  bb_steps steps = plain_steps(&kernels, &never);
  check_begin("without negatives there is no loss and nothing to learn");
  for (size_t i = 0; i < 2; i++) {
    float d[4 * 2];
    double loss = NAN;
    check_context("row %zu", i);
    CHECK_INT(bb_loss_pairs(&steps, &rows[i], &loss, d, &err), BIOBERT_OK);
    CHECK(loss == 0);
    CHECK(largest_of(d, 2 * rows[i].pairs * 2) == 0);
  }
}

static void test_zero_vector(void) {
  static const float vectors[4 * 2] = {0, 0, 3, -4, 5, 6, 0, 0};
  bb_kernels kernels;
  bb_steps steps = plain_steps(&kernels, &never);
  float d[4 * 2];
  double loss = NAN;
  check_begin("a vector of zeros has a finite loss and finite derivatives");
  CHECK_INT(bb_loss_pairs(&steps, &(bb_pairs){vectors, 2, 0, 2, NULL}, &loss, d, &err),
            BIOBERT_OK);
  CHECK(isfinite(loss));
  for (size_t i = 0; i < 4 * 2; i++) CHECK(isfinite(d[i]));
}

static void test_stops(void) {
  check_begin("a step is interrupted");
  example e = open_example("st_dense");
  bb_pipeline p = pipeline_of(&e);
  step s;
  begin_step(&s, &(plan){&e, &p, TEACHER, 1, e.texts, 0});
  CHECK_INT(run_step(&s), BIOBERT_OK);
  CHECK_INT(forward(&s, 0, e.texts), BIOBERT_OK);
  s.cancel.stop = true;
  CHECK_INT(bb_vectors_forward(&s.vectors_pass, s.vectors, &err), BIOBERT_INTERRUPTED);
  CHECK_INT(bb_vectors_backward(&s.vectors_pass, s.d, s.dstates, &err),
            BIOBERT_INTERRUPTED);
  bb_steps steps = bb_steps_of(&s.pass);
  CHECK_INT(bb_loss_pairs(&steps, &(bb_pairs){s.vectors, 2, 0, s.dimension, NULL},
                          &s.loss, s.d, &err),
            BIOBERT_INTERRUPTED);
  end_step(&s);
  bb_pipeline_free(&p);
  close_example(&e);
}

static void test_no_memory(void) {
  check_begin("a step without memory says so, and loses nothing");
  example e = open_example("st_concat");
  bb_pipeline p = pipeline_of(&e);
  bool failed = true;
  for (long n = 0; failed; n++) {
    step s;
    begin_step(&s, &(plan){&e, &p, PAIRS, 1, 3, 0});
    check_context("%ld allocations", n);
    CHECK_INT(forward(&s, 0, 1), BIOBERT_OK); /* more texts want more */
    memset(s.vectors, 0, e.texts * s.dimension * sizeof *s.vectors);
    bb_steps steps = bb_steps_of(&s.pass);
    const bb_pairs pairs = {s.vectors, 2, 0, s.dimension, NULL};
    bb_mem_fail_after(n, true);
    biobert_status status = forward(&s, 0, e.texts);
    if (!status) status = bb_loss_pairs(&steps, &pairs, &s.loss, s.d, &err);
    failed = bb_mem_fail_end();
    CHECK_INT(status, failed ? BIOBERT_NOMEM : BIOBERT_OK);
    end_step(&s);
  }
  bb_pipeline_free(&p);
  close_example(&e);
}

/* Pipelines -------------------------------------------------------------------------- */

static void test_projection(void) {
  example e = open_example("st_dense");
  const size_t H = e.bert.config.hidden, out = 7;
  const float range = 1 / sqrtf(16); /* st_dense makes 16 numbers */
  bb_pipeline p, q;
  check_begin("a projection comes before the normalising, in the range of its inputs");
  CHECK_INT(bb_pipeline_copy(&e.model->pipeline, &p, &err), BIOBERT_OK);
  CHECK_INT(bb_pipeline_project(&p, H, out, 11, &err), BIOBERT_OK);
  CHECK_INT((long long)p.step_count, 3);
  CHECK_INT((long long)bb_pipeline_dimension(&p, H), (long long)out);
  CHECK(bb_pipeline_normalizes(&p));
  const double largest = largest_of(p.steps[1].w, 17 * out);
  CHECK(largest <= (double)range && largest > 0.9 * (double)range);
  check_begin("a projection has the same numbers for the same seed");
  CHECK_INT(bb_pipeline_copy(&e.model->pipeline, &q, &err), BIOBERT_OK);
  CHECK_INT(bb_pipeline_project(&q, H, out, 11, &err), BIOBERT_OK);
  CHECK(memcmp(p.steps[1].w, q.steps[1].w, 17 * out * sizeof(float)) == 0);
  check_begin("a pipeline that is full takes no projection");
  while (q.step_count < BB_MAX_STEPS)
    CHECK_INT(bb_pipeline_project(&q, H, out, 11, &err), BIOBERT_OK);
  CHECK_INT(bb_pipeline_project(&q, H, out, 11, &err), BIOBERT_RANGE);
  bb_pipeline_free(&p);
  bb_pipeline_free(&q);
  close_example(&e);
}

static void test_pipeline_memory(void) {
  check_begin("a pipeline is copied whole or not at all");
  example e = open_example("st_dense");
  bool failed = true;
  for (long n = 0; failed; n++) {
    bb_pipeline p = {0};
    bb_mem_fail_after(n, true);
    biobert_status status = bb_pipeline_copy(&e.model->pipeline, &p, &err);
    if (!status) status = bb_pipeline_project(&p, e.bert.config.hidden, 5, 1, &err);
    failed = bb_mem_fail_end();
    CHECK_INT(status, failed ? BIOBERT_NOMEM : BIOBERT_OK);
    bb_pipeline_free(&p);
  }
  close_example(&e);
}

static void test_pooler(void) {
  check_begin("the pooler is not trained as a pooling, and the message names it");
  bb_pipeline p = {0};
  CHECK_INT(bb_pooling_parse(bb_str("cls+pooler"), &p.pooling, &err), BIOBERT_OK);
  CHECK_INT(bb_vectors_check(&p, &err), BIOBERT_UNSUPPORTED);
  CHECK(strstr(err.message, "pooling 'pooler' cannot be trained") != NULL);
  CHECK_INT(bb_pooling_parse(bb_str("cls+mean+max+mean_sqrt_len+mean_no_special"),
                             &p.pooling, &err),
            BIOBERT_OK);
  CHECK_INT(bb_vectors_check(&p, &err), BIOBERT_OK);
}

int main(void) {
  check_begin("pairs of texts: loss and derivatives are autograd's, however cut");
  test_golden("st_concat", PAIRS);
  check_begin("a teacher's vectors: loss and derivatives are autograd's, however cut");
  test_golden("st_dense", TEACHER);
  test_workers();
  test_cuts();
  test_residual();
  test_no_negatives();
  test_zero_vector();
  test_stops();
  test_no_memory();
  test_projection();
  test_pipeline_memory();
  test_pooler();
  return check_report();
}
