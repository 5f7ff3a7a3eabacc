/* test_optimizer.c - losses, clipping, AdamW and schedules against PyTorch 2.13 and
 * transformers 5.23, whose results in double precision stand here. */
#include "check.h"

#include <math.h>
#include <stdlib.h>

#include "random.h"
#include "train/adamw.h"
#include "train/loss.h"

/* Relative: a few roundings of a float. */
static const double FLOAT_ERROR = 1e-6;

static bool near(double a, double b) {
  return fabs(a - b) <= FLOAT_ERROR * fmax(1, fabs(b));
}

static bb_steps steps_with(const bb_kernels *k, bb_cancel *cancel, size_t workers) {
  return (bb_steps){k, workers, cancel, NULL};
}

/* torch.optim.AdamW(lr 0.1) on a matrix of four and a bias of two, gradients clipped to a
 * norm of 3, get_linear_schedule_with_warmup(2, 6). */
static const struct {
  double norm, learning_rate, values[6];
} expected[] = {
    {4.2793106921559225, 0, {0.5, -1.25, 2, 0, 1, -0.5}    },
    {4.7186465220442182,
     0.05,                  {0.45099384278331633, -1.200618843258126, 1.9502438442077448, 0.049813383119640085,
      0.96279316544100157, -0.45018661743864624} },
    {3.5881750236018308,
     0.1,                   {0.35750172005219838, -1.1063770960823827, 1.8552524731427504, 0.12677534872416696,
      0.88264448955979335, -0.35017804899880312}  },
    {9.2811973904232854,
     0.075,                 {0.28727138416903814, -1.0355851041080217, 1.7838988255172381, 0.1411271789108266,
      0.81858186713316017, -0.27984257839913318}},
    {20.834166650000668,
     0.05,                  {0.24264364006845496, -0.99058320345313566, 1.7385227686129803, 0.13342486046017726,
      0.77641579457162824, -0.23745111066238414} },
    {36.669341758477209,
     0.025,                 {0.22167849195205222, -0.96943107060151268, 1.717183651181319, 0.12425875636229564,
      0.75609438037565657, -0.21840449816612439}},
};
enum { STEPS = sizeof expected / sizeof expected[0] };

static void set_gradients(float *w, float *b, int i) {
  const float base[4] = {1, -0.5f, 0.25f, 2.0f * (float)(i - 2)};
  for (int j = 0; j < 4; j++) w[j] = base[j] * (float)(i + 1);
  b[0] = 0.125f * (float)i;
  b[1] = -1;
}

static void test_adamw(void) {
  float w[4] = {0.5f, -1.25f, 2, 0}, b[2] = {1, -0.5f}, dw[4], db[2];
  float moments[2][6] = {{0}};
  bb_trained tensors[2] = {
      {w, dw, moments[0],     moments[1],     4, true },
      {b, db, moments[0] + 4, moments[1] + 4, 2, false},
  };
  const bb_schedule schedule = {BB_SCHEDULE_LINEAR, 2, STEPS};
  bb_cancel never = {0};
  bb_steps s = steps_with(NULL, &never, 1);
  check_begin("six steps of AdamW with warm-up and clipping are PyTorch's");
  for (int i = 0; i < STEPS; i++) {
    set_gradients(dw, db, i);
    double norm = bb_gradient_norm(&s, tensors, 2);
    bb_adamw o = bb_adamw_defaults(0.1 * bb_schedule_at(&schedule, (uint64_t)i));
    bb_adamw_step(&s, &o, (uint64_t)i + 1, bb_clip_factor(norm, 3), tensors, 2);
    check_context("step %d", i);
    CHECK(near(norm, expected[i].norm));
    CHECK(near(o.learning_rate, expected[i].learning_rate));
    for (int j = 0; j < 6; j++)
      CHECK(near((double)(j < 4 ? w[j] : b[j - 4]), expected[i].values[j]));
  }
}

static void test_clip(void) {
  check_begin("gradients shorter than the limit stay, and no limit is none");
  CHECK(bb_clip_factor(0.5, 1) == 1);
  CHECK(bb_clip_factor(0, 1) == 1);
  CHECK(bb_clip_factor(1e30, 0) == 1);
  CHECK(near(bb_clip_factor(4, 1), 0.25));
}

static void test_cosine(void) {
  static const double rates[] = {0,
                                 1.0 / 3,
                                 2.0 / 3,
                                 1,
                                 0.9504844339512095,
                                 0.8117449009293668,
                                 0.6112604669781572,
                                 0.38873953302184283,
                                 0.18825509907063326,
                                 0.04951556604879048,
                                 0};
  const bb_schedule cosine = {BB_SCHEDULE_COSINE, 3, 10};
  const bb_schedule constant = {BB_SCHEDULE_CONSTANT, 3, 10};
  check_begin("the cosine schedule is transformers'");
  for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
    check_context("step %zu", i);
    CHECK(near(bb_schedule_at(&cosine, i), rates[i]));
    CHECK(near(bb_schedule_at(&constant, i), i < 3 ? rates[i] : 1));
  }
  check_begin("a schedule that is all warm-up, or of no steps, divides by nothing");
  CHECK(bb_schedule_at(&(bb_schedule){BB_SCHEDULE_LINEAR, 0, 0}, 0) == 0);
  CHECK(bb_schedule_at(&(bb_schedule){BB_SCHEDULE_LINEAR, 5, 5}, 4) == 0.8);
  CHECK(bb_schedule_at(&(bb_schedule){BB_SCHEDULE_LINEAR, 5, 5}, 5) == 0);
}

static void test_softmax(void) {
  float x[3] = {0.5f, -2, 3};
  check_begin("cross-entropy and its derivatives are PyTorch's");
  CHECK(near(bb_loss_softmax(x, 3, 1, 2), 5.0850972463643105));
  CHECK(near((double)x[0], 2 * 0.07538874796299667));
  CHECK(near((double)x[1], 2 * -0.9938117147272));
  CHECK(near((double)x[2], 2 * 0.9184229667642032));
  check_begin("cross-entropy of huge logits is finite");
  float huge[2] = {1e30f, -1e30f};
  CHECK(bb_loss_softmax(huge, 2, 0, 1) == 0);
  CHECK(huge[0] == 0 && huge[1] == 0);
}

static void test_binary(void) {
  float x[3] = {0.5f, -2, 30};
  check_begin("binary cross-entropy and its derivatives are PyTorch's");
  CHECK(near(bb_loss_binary(x, (const float[]){1, 0.25f, 0}, 3, 1), 10.36700166507439));
  CHECK(near((double)x[0], -0.1258468895993818));
  CHECK(near((double)x[1], -0.04359902599262749));
  CHECK(near((double)x[2], 0.3333333333333022));
}

static void test_squares(void) {
  float x[2] = {0.5f, -2};
  check_begin("squared error and its derivatives are PyTorch's");
  CHECK(near(bb_loss_squares(x, (const float[]){1, 0.25f}, 2, 1), 2.65625));
  CHECK(near((double)x[0], -0.5) && near((double)x[1], -2.25));
}

/* More numbers than a block has, so that workers share them. */
enum { MANY = 200001 };

static void fill(float *x) {
  for (size_t i = 0; i < MANY; i++)
    x[i] = (float)((int64_t)random_u64() >> 40) * 0x1p-24f;
}

static double step_many(size_t workers, const float *start, float *numbers[4]) {
  bb_cancel never = {0};
  bb_steps s = steps_with(NULL, &never, workers);
  for (int i = 0; i < 4; i++) memcpy(numbers[i], start + i * MANY, MANY * sizeof *start);
  for (size_t i = 0; i < MANY; i++) numbers[3][i] = fabsf(numbers[3][i]);
  bb_trained t = {numbers[0], numbers[1], numbers[2], numbers[3], MANY, true};
  bb_adamw o = bb_adamw_defaults(1e-3);
  double norm = bb_gradient_norm(&s, &t, 1);
  bb_adamw_step(&s, &o, 5, bb_clip_factor(norm, 1), &t, 1);
  return norm;
}

static void test_workers(void) {
  check_begin("a step has the same bits with any number of workers");
  float *start = malloc(4 * MANY * sizeof *start), *numbers[2][4];
  for (int i = 0; i < 4; i++) fill(start + i * MANY);
  for (int run = 0; run < 2; run++)
    for (int i = 0; i < 4; i++) numbers[run][i] = malloc(MANY * sizeof(float));
  double one = step_many(1, start, numbers[0]), three = step_many(3, start, numbers[1]);
  CHECK(memcmp(&one, &three, sizeof one) == 0);
  for (int i = 0; i < 4; i++)
    CHECK(memcmp(numbers[0][i], numbers[1][i], MANY * sizeof(float)) == 0);
  for (int run = 0; run < 2; run++)
    for (int i = 0; i < 4; i++) free(numbers[run][i]);
  free(start);
}

int main(void) {
  test_adamw();
  test_clip();
  test_cosine();
  test_softmax();
  test_binary();
  test_squares();
  test_workers();
  return check_report();
}
