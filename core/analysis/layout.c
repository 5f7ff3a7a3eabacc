/* layout.c - gradient descent on t-SNE's cost. It differs from van der Maaten & Hinton:
 *
 * 1. All neighbours of a point attract it alike, with no perplexity to fit: Kobak, Linderman
 *    et al. 2019 (arXiv:1902.05804) found no difference, and on 15,616 abstracts with 15
 *    neighbours it keeps .45 of them where perplexity 5 keeps .38. It needs no exp() and
 *    no log(): only operations that IEEE 754 rounds in one way, so that the map, which
 *    magnifies every difference, is the same on every machine.
 * 2. Repulsion is Barnes & Hut's (repulsion.h).
 * 3. Attraction stays a little exaggerated, so that groups stand apart (Böhm, Berens & Kobak
 *    2022, JMLR 23): 1.2 kept as many neighbours as 1, and trustworthiness rose.
 * 4. The learning rate is count / exaggeration: Belkina et al. 2019
 *    (doi:10.1038/s41467-019-13055-y); no step is longer than MAX_STEP, as in openTSNE. */
#include "analysis/layout.h"

#include <math.h>

#include "analysis/repulsion.h"
#include "api/runtime.h"
#include "base/mem.h"
#include "base/status.h"

static const float EARLY_EXAGGERATION = 12.0f, LATE_EXAGGERATION = 1.2f;
static const float EARLY_MOMENTUM = 0.5f, LATE_MOMENTUM = 0.8f;
/* Jacobs 1988, as in van der Maaten's own program. */
static const float GAIN_UP = 0.2f, GAIN_DOWN = 0.8f, GAIN_LEAST = 0.01f;
static const float MAX_STEP = 5.0f;

enum {
  EARLY_STEPS = 150,
  STEPS = 650,
  TASK_POINTS = 1024, /* arbitrary */
};

/* One coordinate of all points. */
typedef struct axis {
  float *at, *push, *pull, *speed, *gain; /* [count] */
} axis;

typedef struct descent {
  const bb_layout_graph *graph;
  axis x, y;
  bb_repulsion repulsion;
  float *memory;
  float pull, push; /* factors of the sums */
  float rate, momentum;
} descent;

/* [first, end) of a task. */
static size_t task_end(const descent *d, size_t task) {
  const size_t end = (task + 1) * TASK_POINTS;
  return end < d->graph->count ? end : d->graph->count;
}

static void pull_point(const descent *d, size_t i) {
  const float *xs = d->x.at, *ys = d->y.at, at_x = xs[i], at_y = ys[i];
  const uint32_t *other = d->graph->other;
  float sum_x = 0, sum_y = 0;
  for (size_t e = d->graph->first[i]; e < d->graph->first[i + 1]; e++) {
    const float x = at_x - xs[other[e]], y = at_y - ys[other[e]];
    const float q = 1.0f / (1.0f + (x * x + y * y));
    sum_x += q * x;
    sum_y += q * y;
  }
  d->x.pull[i] = sum_x;
  d->y.pull[i] = sum_y;
}

static void pull_task(void *ctx, size_t task, size_t worker) {
  const descent *d = ctx;
  (void)worker;
  for (size_t i = task * TASK_POINTS; i < task_end(d, task); i++) pull_point(d, i);
}

/* The gradient along an axis changes its speed. */
static void accelerate(const descent *d, const axis *a, size_t i) {
  const float gradient = d->pull * a->pull[i] - d->push * a->push[i];
  const bool turns = (gradient > 0) == (a->speed[i] > 0);
  const float gain = turns ? a->gain[i] * GAIN_DOWN : a->gain[i] + GAIN_UP;
  a->gain[i] = gain > GAIN_LEAST ? gain : GAIN_LEAST;
  a->speed[i] = d->momentum * a->speed[i] - d->rate * a->gain[i] * gradient;
}

static void move_task(void *ctx, size_t task, size_t worker) {
  const descent *d = ctx;
  (void)worker;
  for (size_t i = task * TASK_POINTS; i < task_end(d, task); i++) {
    accelerate(d, &d->x, i);
    accelerate(d, &d->y, i);
    const float x = d->x.speed[i], y = d->y.speed[i], step = sqrtf(x * x + y * y);
    const float part = step > MAX_STEP ? MAX_STEP / step : 1.0f;
    d->x.at[i] += part * x;
    d->y.at[i] += part * y;
  }
}

/* The gradient does not say where the map lies. */
static void centre(const axis *a, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += (double)a->at[i];
  const float mean = (float)(sum / (double)count);
  for (size_t i = 0; i < count; i++) a->at[i] -= mean;
}

static bool take_step(descent *d, bool early, bb_cancel *cancel) {
  const size_t count = d->graph->count;
  const size_t tasks = (count + TASK_POINTS - 1) / TASK_POINTS;
  const float exaggeration = early ? EARLY_EXAGGERATION : LATE_EXAGGERATION;
  double weight;
  if (!bb_repulsion_run(&d->repulsion, d->x.at, d->y.at, d->x.push, d->y.push, &weight,
                        cancel) ||
      !bb_pool_run(d->repulsion.workers, tasks, pull_task, d, cancel))
    return false;
  d->pull = 4.0f * exaggeration / (float)d->graph->first[count];
  d->push = weight > 0 ? (float)(4.0 / weight) : 0.0f;
  d->rate = (float)count / exaggeration;
  d->momentum = early ? EARLY_MOMENTUM : LATE_MOMENTUM;
  if (!bb_pool_run(d->repulsion.workers, tasks, move_task, d, cancel)) return false;
  centre(&d->x, count);
  centre(&d->y, count);
  return true;
}

static void cut_axis(axis *a, float *at, float **memory, size_t count) {
  *a = (axis){at, *memory, *memory + count, *memory + 2 * count, *memory + 3 * count};
  *memory += 4 * count;
  for (size_t i = 0; i < count; i++) {
    a->speed[i] = 0.0f;
    a->gain[i] = 1.0f;
  }
}

static bool begin(descent *d, const biobert_allocator *a, const bb_kernels *kernels,
                  size_t workers, float *x, float *y) {
  const size_t count = d->graph->count;
  d->memory = bb_alloc_floats(a, 8 * count);
  if (!d->memory || !bb_repulsion_new(a, kernels, count, workers, &d->repulsion))
    return false;
  float *memory = d->memory;
  cut_axis(&d->x, x, &memory, count);
  cut_axis(&d->y, y, &memory, count);
  return true;
}

biobert_status bb_layout_run(const biobert_allocator *a, const bb_layout_graph *graph,
                             size_t workers, float *x, float *y, bb_cancel *cancel,
                             biobert_error *err) {
  bb_kernels kernels;
  bb_kernels_init(&kernels, bb_runtime_cpu());
  descent d = {.graph = graph};
  biobert_status status = BIOBERT_OK;
  if (!begin(&d, a, &kernels, workers, x, y)) status = bb_no_memory(err, "map");
  for (int step = 0; step < STEPS && !status; step++)
    if (!take_step(&d, step < EARLY_STEPS, cancel))
      status = bb_fail(err, BIOBERT_INTERRUPTED, "interrupted");
  bb_repulsion_free(a, &d.repulsion);
  bb_free_aligned(a, d.memory);
  return status;
}
