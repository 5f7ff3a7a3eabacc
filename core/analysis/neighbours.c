/* neighbours.c - the nearest of every point, exactly.
 *
 * All pairs are estimated (all_pairs.h). A point keeps the pairs that may be among its k
 * nearest; the k-th largest lower bound of what it keeps is the limit that another pair
 * has to be able to reach. What is kept at the end is compared in double precision: a
 * few times k similarities a point. */
#include <math.h>

#include "analysis/shared_options.h"
#include "analysis/all_pairs.h"
#include "analysis/units.h"
#include "api/runtime.h"
#include "kernels/kernels.h"

enum { TASK_POINTS = 64 };

/* In `other`: the estimate is a product of floats. */
#define REFINED ((uint32_t)1 << 31)

/* A pair that may be among the best. */
typedef struct candidate {
  float estimate;
  uint32_t other;
} candidate;

/* The nearest so far, the best first. */
typedef struct best {
  biobert_neighbour *items;
  size_t count, k;
} best;

static bool is_nearer(const biobert_neighbour *a, const biobert_neighbour *b) {
  if (a->similarity != b->similarity) return a->similarity > b->similarity;
  return a->point < b->point; /* ids rise with points */
}

static void offer(best *b, biobert_neighbour item) {
  size_t at = b->count;
  if (at == b->k) {
    if (!is_nearer(&item, &b->items[at - 1])) return;
    at--;
  } else {
    b->count++;
  }
  for (; at > 0 && is_nearer(&item, &b->items[at - 1]); at--)
    b->items[at] = b->items[at - 1];
  b->items[at] = item;
}

biobert_status biobert_neighbours_of(const biobert_points *p, size_t point, size_t k,
                                     double threshold,
                                     const biobert_analysis_options *how,
                                     biobert_neighbour *out, size_t *found,
                                     biobert_error *err) {
  enum { AT_A_TIME = 1024 };
  const float *vector = p->vectors + point * p->n;
  const double square = bb_dot(vector, vector, p->n);
  best b = {.items = out, .k = k};
  bb_cancel cancel = bb_analysis_cancel(how);
  for (size_t i = 0; i < p->count && k > 0 && square > 0; i++) {
    const float *other = p->vectors + i * p->n;
    const double length = sqrt(square * bb_dot(other, other, p->n));
    if (i % AT_A_TIME == 0 && bb_cancelled(&cancel, 0))
      return bb_analysis_interrupted(err);
    if (i == point || !(length > 0)) continue;
    const double similarity = bb_dot(vector, other, p->n) / length;
    if (similarity >= threshold) offer(&b, (biobert_neighbour){(uint32_t)i, similarity});
  }
  *found = b.count;
  return BIOBERT_OK;
}

/* All ---------------------------------------------------------------------------------- */

typedef struct search {
  const biobert_allocator *allocator;
  const biobert_points *points;
  bb_units units;
  bb_kernels kernels;
  double *square;      /* [units]: |v|^2 */
  float refined_slack; /* how far a refined estimate may be off */
  bb_all_pairs *pairs;
  bb_cancel cancel;
  size_t workers, k, capacity;
  double threshold;
  float *limit;               /* [units]: what a pair has to be able to reach */
  uint32_t *held;             /* [units]: candidates */
  candidate *candidates;      /* [units, capacity] */
  float *heap;                /* a worker's [k] */
  biobert_neighbour *nearest; /* a worker's [k] */
  biobert_neighbours *out;
} search;

static float slack_of(const search *s, size_t unit, const candidate *c) {
  if (c->other & REFINED) return s->refined_slack;
  const float *slack = bb_all_pairs_slack(s->pairs);
  return slack[unit] + slack[c->other];
}

/* Moves heap[at] down to its place; the smallest is on top. */
static void sift(float *heap, size_t count, size_t at) {
  const float moved = heap[at];
  for (size_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && heap[child + 1] < heap[child]) child++;
    if (heap[child] >= moved) break;
    heap[at] = heap[child];
  }
  heap[at] = moved;
}

/* The k-th largest lower bound of k or more candidates. */
static float kth_lower(const search *s, size_t unit, size_t worker) {
  const candidate *c = s->candidates + unit * s->capacity;
  float *heap = s->heap + worker * s->k;
  for (size_t i = 0; i < s->k; i++) heap[i] = c[i].estimate - slack_of(s, unit, &c[i]);
  for (size_t i = s->k / 2; i > 0; i--) sift(heap, s->k, i - 1);
  for (size_t i = s->k; i < s->held[unit]; i++) {
    const float lower = c[i].estimate - slack_of(s, unit, &c[i]);
    if (lower <= heap[0]) continue;
    heap[0] = lower;
    sift(heap, s->k, 0);
  }
  return heap[0];
}

/* Raises the limit, and drops what cannot reach it. */
static void prune(search *s, size_t unit, size_t worker) {
  candidate *c = s->candidates + unit * s->capacity;
  if (s->held[unit] < s->k) return;
  const float lower = kth_lower(s, unit, worker);
  if (lower > s->limit[unit]) s->limit[unit] = lower;
  uint32_t kept = 0;
  for (size_t i = 0; i < s->held[unit]; i++)
    if (c[i].estimate + slack_of(s, unit, &c[i]) >= s->limit[unit]) c[kept++] = c[i];
  s->held[unit] = kept;
}

/* The k nearest of the candidates, exactly. */
static best compare(const search *s, size_t unit, size_t worker) {
  const size_t n = s->points->n, point = s->units.point[unit];
  const float *v = s->points->vectors + point * n;
  const candidate *c = s->candidates + unit * s->capacity;
  best b = {.items = s->nearest + worker * s->k, .k = s->k};
  for (size_t i = 0; i < s->held[unit]; i++) {
    const uint32_t at = c[i].other & ~REFINED, other = s->units.point[at];
    const float *w = s->points->vectors + other * n;
    const double similarity = bb_dot(v, w, n) / sqrt(s->square[unit] * s->square[at]);
    if (similarity >= s->threshold) offer(&b, (biobert_neighbour){other, similarity});
  }
  return b;
}

/* The unit of a point. */
static uint32_t unit_of(const bb_units *u, uint32_t point) {
  size_t low = 0, high = u->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (u->point[middle] < point)
      low = middle + 1;
    else
      high = middle;
  }
  return (uint32_t)low;
}

/* Estimates by floats in place of codes, and drops what cannot reach the limit then. */
static void refine(search *s, size_t unit, size_t worker) {
  const size_t n = s->units.n;
  candidate *c = s->candidates + unit * s->capacity;
  for (size_t i = 0; i < s->held[unit]; i++) {
    if (c[i].other & REFINED) continue;
    c[i].estimate =
        s->kernels.f32_dot(s->units.rows + unit * n, s->units.rows + c[i].other * n, n);
    c[i].other |= REFINED;
  }
  prune(s, unit, worker);
}

/* Keeps the k nearest, where too many are within the bounds of each other. */
static void settle(search *s, size_t unit, size_t worker) {
  candidate *c = s->candidates + unit * s->capacity;
  const best b = compare(s, unit, worker);
  for (size_t i = 0; i < b.count; i++)
    c[i] = (candidate){(float)b.items[i].similarity,
                       unit_of(&s->units, b.items[i].point) | REFINED};
  s->held[unit] = (uint32_t)b.count;
}

/* Room for a candidate more. */
static void make_room(search *s, size_t unit, size_t worker) {
  const size_t enough = s->capacity - s->capacity / 4;
  prune(s, unit, worker);
  if (s->held[unit] > enough) refine(s, unit, worker);
  if (s->held[unit] > enough) settle(s, unit, worker);
}

static void add(search *s, size_t unit, size_t worker, candidate c) {
  if (c.estimate + slack_of(s, unit, &c) < s->limit[unit]) return;
  if (s->held[unit] == s->capacity) make_room(s, unit, worker);
  s->candidates[unit * s->capacity + s->held[unit]++] = c;
}

static void take(void *ctx, size_t worker, size_t a, size_t b, float estimate) {
  search *s = ctx;
  add(s, a, worker, (candidate){estimate, (uint32_t)b});
  add(s, b, worker, (candidate){estimate, (uint32_t)a});
}

/* The nearest of some points go to out->items, at k times their number; how many there are
 * to out->first, behind it. */
static void finish(void *ctx, size_t task, size_t worker) {
  search *s = ctx;
  for (size_t i = task * TASK_POINTS; i < (task + 1) * TASK_POINTS; i++) {
    if (i >= s->units.count || bb_cancelled(&s->cancel, worker)) return;
    prune(s, i, worker);
    refine(s, i, worker);
    const best b = compare(s, i, worker);
    const size_t point = s->units.point[i];
    memcpy(s->out->items + point * s->k, b.items, b.count * sizeof *b.items);
    s->out->first[point + 1] = b.count;
  }
}

static void close_gaps(biobert_neighbours *out, size_t k) {
  for (size_t i = 0; i < out->count; i++) {
    const size_t found = out->first[i + 1];
    memmove(out->items + out->first[i], out->items + i * k, found * sizeof *out->items);
    out->first[i + 1] = out->first[i] + found;
  }
}

static biobert_status allocate(search *s, biobert_error *err) {
  const biobert_allocator *a = s->allocator;
  const size_t count = s->units.count, workers = s->workers;
  s->square = bb_alloc(a, count, sizeof *s->square);
  s->limit = bb_alloc(a, count, sizeof *s->limit);
  s->held = bb_alloc_zeroed(a, count, sizeof *s->held);
  s->candidates = bb_alloc(a, count * s->capacity, sizeof *s->candidates);
  s->heap = bb_alloc(a, workers * s->k, sizeof *s->heap);
  s->nearest = bb_alloc(a, workers * s->k, sizeof *s->nearest);
  if (!s->square || !s->limit || !s->held || !s->candidates || !s->heap || !s->nearest)
    return bb_no_memory(err, "neighbours");
  for (size_t i = 0; i < count; i++) {
    const float *v = s->points->vectors + s->units.point[i] * s->units.n;
    s->square[i] = bb_dot(v, v, s->units.n);
    s->limit[i] = (float)s->threshold - s->refined_slack;
  }
  return BIOBERT_OK;
}

static biobert_status find_all(search *s, const biobert_analysis_options *how,
                               biobert_error *err) {
  enum { SPARE = 64 }; /* so that few are settled where k is small */
  biobert_status status = bb_units_make(s->points, how, &s->units, err);
  if (status || s->units.count < 2 || s->k == 0) return status;
  s->k = s->k < s->units.count - 1 ? s->k : s->units.count - 1;
  s->capacity = 2 * s->k + SPARE;
  s->refined_slack = bb_units_slack(s->units.n);
  status = allocate(s, err);
  if (!status)
    status = bb_all_pairs_new(s->units.rows, s->units.count, s->units.n, s->workers, how,
                              &s->pairs, err);
  if (status) return status;
  const bb_all_pairs_use use = {.ctx = s, .limit = s->limit, .take = take};
  const size_t tasks = (s->units.count + TASK_POINTS - 1) / TASK_POINTS;
  if (!bb_all_pairs_run(s->pairs, &use, &s->cancel) ||
      !bb_pool_run(s->workers, tasks, finish, s, &s->cancel) || s->cancel.stop)
    return bb_analysis_interrupted(err);
  close_gaps(s->out, s->k);
  return BIOBERT_OK;
}

static void free_search(search *s, const biobert_analysis_options *how) {
  bb_free(s->allocator, s->square);
  bb_free(s->allocator, s->limit);
  bb_free(s->allocator, s->held);
  bb_free(s->allocator, s->candidates);
  bb_free(s->allocator, s->heap);
  bb_free(s->allocator, s->nearest);
  bb_all_pairs_free(s->pairs);
  bb_units_free(&s->units, how);
}

biobert_status biobert_neighbours_find(const biobert_points *p, size_t k,
                                       double threshold,
                                       const biobert_analysis_options *how,
                                       biobert_neighbours *out, biobert_error *err) {
  const biobert_allocator *a = bb_analysis_allocator(how);
  if (k + 1 > p->count) k = p->count ? p->count - 1 : 0;
  biobert_neighbours made = {
      .count = p->count,
      .first = bb_alloc_zeroed(a, p->count + 1, sizeof *made.first),
      .items = bb_alloc(a, p->count * k, sizeof *made.items),
  };
  search s = {.allocator = a,
              .points = p,
              .cancel = bb_analysis_cancel(how),
              .workers = bb_runtime_threads(),
              .k = k,
              .threshold = threshold,
              .out = &made};
  bb_kernels_init(&s.kernels, bb_runtime_cpu());
  biobert_status status =
      made.first && made.items ? BIOBERT_OK : bb_no_memory(err, "neighbours");
  if (!status) status = find_all(&s, how, err);
  free_search(&s, how);
  if (status)
    biobert_neighbours_free(&made, how);
  else
    *out = made;
  return status;
}

void biobert_neighbours_free(biobert_neighbours *neighbours,
                             const biobert_analysis_options *how) {
  const biobert_allocator *a = bb_analysis_allocator(how);
  bb_free(a, neighbours->first);
  bb_free(a, neighbours->items);
  *neighbours = (biobert_neighbours){0};
}
