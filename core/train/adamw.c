/* adamw.c - clipping, AdamW, schedules. */
#include "train/adamw.h"

#include <math.h>

const char *const bb_schedule_names[] = {"linear", "cosine", "constant", NULL};

/* Numbers of one task. A sum of squares is one sum a block, and the blocks are added in
 * their order: the same bits with any number of workers. */
enum { BLOCK = 1 << 16 };

bb_adamw bb_adamw_defaults(double learning_rate) {
  return (bb_adamw){learning_rate, 0.9, 0.999, 1e-8, 0.01};
}

/* Clipping --------------------------------------------------------------------------- */

typedef struct norm_job {
  const bb_trained *tensor;
  double *sums; /* of the blocks from `first` on */
  size_t first;
} norm_job;

enum { BLOCKS_AT_ONCE = 256 };

static size_t block_end(const bb_trained *t, size_t block) {
  size_t end = (block + 1) * BLOCK;
  return end < t->n ? end : t->n;
}

static void add_squares(void *ctx, size_t task, size_t worker) {
  const norm_job *j = ctx;
  const size_t block = j->first + task, end = block_end(j->tensor, block);
  double sum = 0;
  (void)worker;
  for (size_t i = block * BLOCK; i < end; i++)
    sum += (double)j->tensor->gradient[i] * (double)j->tensor->gradient[i];
  j->sums[task] = sum;
}

static double squares_of(const bb_steps *s, const bb_trained *t) {
  double sums[BLOCKS_AT_ONCE], all = 0;
  const size_t blocks = bb_divide_up(t->n, BLOCK);
  for (size_t first = 0; first < blocks; first += BLOCKS_AT_ONCE) {
    norm_job job = {t, sums, first};
    size_t count = blocks - first < BLOCKS_AT_ONCE ? blocks - first : BLOCKS_AT_ONCE;
    if (!bb_pool_run(s->workers, count, add_squares, &job, s->cancel)) return all;
    for (size_t i = 0; i < count; i++) all += sums[i];
  }
  return all;
}

double bb_gradient_norm(const bb_steps *s, const bb_trained *tensors, size_t count) {
  double all = 0;
  for (size_t i = 0; i < count; i++) all += squares_of(s, &tensors[i]);
  return sqrt(all);
}

double bb_clip_factor(double norm, double max) {
  static const double room = 1e-6; /* PyTorch's, against a division by zero */
  double factor = max / (norm + room);
  return max > 0 && factor < 1 ? factor : 1;
}

/* AdamW ------------------------------------------------------------------------------ */

typedef struct step_job {
  const bb_trained *tensor;
  double keep;       /* of a value: 1 - learning rate * decay */
  double rate;       /* learning rate / (1 - beta1^step) */
  double correction; /* sqrt(1 - beta2^step) */
  double factor;     /* of the gradient */
  const bb_adamw *settings;
} step_job;

static void step_block(void *ctx, size_t block, size_t worker) {
  const step_job *j = ctx;
  const bb_trained *t = j->tensor;
  const float beta1 = (float)j->settings->beta1, beta2 = (float)j->settings->beta2;
  const float rest1 = (float)(1 - j->settings->beta1);
  const float rest2 = (float)(1 - j->settings->beta2);
  const float epsilon = (float)j->settings->epsilon, factor = (float)j->factor;
  const float keep = (float)j->keep, rate = (float)j->rate;
  const float per_deviation = (float)(1 / j->correction);
  (void)worker;
  for (size_t i = block * BLOCK, end = block_end(t, block); i < end; i++) {
    float g = factor * t->gradient[i];
    float first = beta1 * t->first[i] + rest1 * g;
    float second = beta2 * t->second[i] + rest2 * (g * g);
    t->first[i] = first;
    t->second[i] = second;
    t->value[i] =
        keep * t->value[i] - rate * first / (sqrtf(second) * per_deviation + epsilon);
  }
}

void bb_adamw_step(const bb_steps *s, const bb_adamw *o, uint64_t step, double factor,
                   const bb_trained *tensors, size_t count) {
  for (size_t i = 0; i < count; i++) {
    step_job job = {.tensor = &tensors[i],
                    .keep = tensors[i].decays ? 1 - o->learning_rate * o->decay : 1,
                    .rate = o->learning_rate / (1 - pow(o->beta1, (double)step)),
                    .correction = sqrt(1 - pow(o->beta2, (double)step)),
                    .factor = factor,
                    .settings = o};
    bb_pool_run(s->workers, bb_divide_up(tensors[i].n, BLOCK), step_block, &job,
                s->cancel);
  }
}

/* Schedules: transformers' optimization.py ------------------------------------------- */

double bb_schedule_at(const bb_schedule *s, uint64_t step) {
  static const double pi = 3.14159265358979323846;
  if (step < s->warmup) return (double)step / (double)s->warmup;
  if (s->kind == BB_SCHEDULE_CONSTANT) return 1;
  if (step >= s->steps) return 0;
  double past = (double)(step - s->warmup) / (double)(s->steps - s->warmup);
  return s->kind == BB_SCHEDULE_LINEAR ? 1 - past : (1 + cos(pi * past)) / 2;
}
