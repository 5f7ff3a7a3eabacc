/* duplicates.c - all pairs above a threshold, exactly.
 *
 * Few pairs are that near. Upper bounds by 32 numbers of a vector (reduced.h) leave few of
 * the others, at a twelfth of the work; where they leave many, because the threshold is low
 * or the vectors have no few main directions, 96 numbers do, or all of them. What is left is
 * compared in double precision. */
#include <math.h>

#include "analysis/all_pairs.h"
#include "analysis/shared_options.h"
#include "analysis/reduced.h"
#include "api/runtime.h"
#include "kernels/kernels.h"

/* A worker's. */
typedef struct found {
  biobert_pair *items;
  size_t count, capacity;
} found;

typedef struct hunt {
  const biobert_allocator *allocator;
  const biobert_points *points;
  bb_units units;
  bb_reduced reduced; /* rows NULL: not used */
  bb_all_pairs *pairs;
  bb_kernels kernels;
  bb_cancel cancel;
  size_t workers;
  double threshold;
  double *square; /* [units]: |v|^2 */
  float *limit;   /* [units]: all the same */
  found *found;   /* [workers] */
  atomic_bool no_memory;
} hunt;

static void keep(hunt *h, size_t worker, biobert_pair pair) {
  found *f = &h->found[worker];
  if (bb_grow(h->allocator, (void **)&f->items, &f->capacity, f->count, sizeof pair)) {
    f->items[f->count++] = pair;
  } else {
    h->no_memory = true;
    h->cancel.stop = true;
  }
}

static void take(void *ctx, size_t worker, size_t a, size_t b, float estimate) {
  hunt *h = ctx;
  const size_t n = h->points->n;
  (void)estimate;
  const float near = h->kernels.f32_dot(h->units.rows + a * n, h->units.rows + b * n, n);
  if ((double)(near + bb_units_slack(n)) < h->threshold) return;
  const uint32_t i = h->units.point[a < b ? a : b], j = h->units.point[a < b ? b : a];
  const double dot = bb_dot(h->points->vectors + i * n, h->points->vectors + j * n, n);
  const double similarity = dot / sqrt(h->square[a] * h->square[b]);
  if (similarity >= h->threshold) keep(h, worker, (biobert_pair){i, j, similarity});
}

/* How many numbers of a vector bound enough pairs; all of them: they are not made shorter. */
static biobert_status shorten(hunt *h, const biobert_analysis_options *how,
                              biobert_error *err) {
  static const size_t depths[] = {32, 96};
  static const double few = 0.0005; /* more would take as long as longer vectors */
  for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
    if (2 * depths[i] > h->units.n) return BIOBERT_OK;
    biobert_status status =
        bb_reduced_make(&h->units, depths[i], h->workers, how, &h->reduced, err);
    if (status || bb_reduced_reaching(&h->reduced, h->threshold) <= few) return status;
    bb_reduced_free(&h->reduced, how);
  }
  return BIOBERT_OK;
}

static biobert_status allocate(hunt *h, biobert_error *err) {
  const size_t count = h->units.count, n = h->units.n;
  h->square = bb_alloc(h->allocator, count, sizeof *h->square);
  h->limit = bb_alloc(h->allocator, count, sizeof *h->limit);
  h->found = bb_alloc_zeroed(h->allocator, h->workers, sizeof *h->found);
  if (!h->square || !h->limit || !h->found) return bb_no_memory(err, "duplicates");
  for (size_t i = 0; i < count; i++) {
    const float *v = h->points->vectors + h->units.point[i] * n;
    h->square[i] = bb_dot(v, v, n);
    h->limit[i] = (float)h->threshold - h->reduced.rounding - bb_units_slack(n);
  }
  return BIOBERT_OK;
}

static biobert_status find_pairs(hunt *h, const biobert_analysis_options *how,
                                 biobert_error *err) {
  biobert_status status = bb_units_make(h->points, how, &h->units, err);
  if (!status) status = shorten(h, how, err);
  if (!status) status = allocate(h, err);
  const bool shorter = h->reduced.rows != NULL;
  if (!status)
    status = bb_all_pairs_new(shorter ? h->reduced.rows : h->units.rows, h->units.count,
                              shorter ? h->reduced.depth : h->units.n, h->workers, how,
                              &h->pairs, err);
  if (status) return status;
  const bb_all_pairs_use use = {.ctx = h, .limit = h->limit, .take = take};
  bool done = bb_all_pairs_run(h->pairs, &use, &h->cancel);
  if (h->no_memory) return bb_no_memory(err, "duplicates");
  return done ? BIOBERT_OK : bb_analysis_interrupted(err);
}

static int by_similarity(const void *a, const void *b) {
  const biobert_pair *x = a, *y = b;
  if (x->similarity != y->similarity) return x->similarity > y->similarity ? -1 : 1;
  if (x->a != y->a) return x->a < y->a ? -1 : 1;
  return (x->b > y->b) - (x->b < y->b);
}

/* What the workers have found, as one list. */
static biobert_status gather(hunt *h, biobert_pairs *out, biobert_error *err) {
  biobert_pairs all = {0};
  for (size_t i = 0; i < h->workers; i++) all.count += h->found[i].count;
  all.items = bb_alloc(h->allocator, all.count, sizeof *all.items);
  if (!all.items) return bb_no_memory(err, "duplicates");
  size_t at = 0;
  for (size_t i = 0; i < h->workers; at += h->found[i++].count)
    if (h->found[i].count)
      memcpy(all.items + at, h->found[i].items, h->found[i].count * sizeof *all.items);
  qsort(all.items, all.count, sizeof *all.items, by_similarity);
  *out = all;
  return BIOBERT_OK;
}

biobert_status biobert_duplicates_find(const biobert_points *points, double threshold,
                                       const biobert_analysis_options *how,
                                       biobert_pairs *out, biobert_error *err) {
  hunt h = {.allocator = bb_analysis_allocator(how),
            .points = points,
            .cancel = bb_analysis_cancel(how),
            .workers = bb_runtime_threads(),
            .threshold = threshold};
  bb_kernels_init(&h.kernels, bb_runtime_cpu());
  biobert_status status = find_pairs(&h, how, err);
  if (!status) status = gather(&h, out, err);
  for (size_t i = 0; h.found && i < h.workers; i++)
    bb_free(h.allocator, h.found[i].items);
  bb_free(h.allocator, h.found);
  bb_free(h.allocator, h.square);
  bb_free(h.allocator, h.limit);
  bb_all_pairs_free(h.pairs);
  bb_reduced_free(&h.reduced, how);
  bb_units_free(&h.units, how);
  return status;
}

void biobert_pairs_free(biobert_pairs *pairs, const biobert_analysis_options *how) {
  bb_free(bb_analysis_allocator(how), pairs->items);
  *pairs = (biobert_pairs){0};
}

/* Groups ------------------------------------------------------------------------------- */

/* The root of a point's tree; paths are halved on the way (Tarjan & van Leeuwen 1984,
 * doi:10.1145/62.2160). */
static uint32_t root_of(uint32_t *parent, uint32_t point) {
  while (parent[point] != point) {
    parent[point] = parent[parent[point]];
    point = parent[point];
  }
  return point;
}

void biobert_groups_of(size_t count, const biobert_pair *pairs, size_t pair_count,
                       uint32_t *group) {
  for (uint32_t i = 0; i < count; i++) group[i] = i;
  for (size_t i = 0; i < pair_count; i++) {
    const uint32_t a = root_of(group, pairs[i].a), b = root_of(group, pairs[i].b);
    group[a > b ? a : b] = a > b ? b : a;
  }
  for (uint32_t i = 0; i < count; i++) group[i] = root_of(group, i);
}
