/* map.c - the documents' places on a map: neighbours, a start, a layout, a frame. */
#include <math.h>

#include "analysis/analysis.h"
#include "analysis/layout.h"
#include "analysis/principal_components.h"
#include "analysis/random.h"
#include "api/runtime.h"

enum {
  NEIGHBOURS = 15, /* as many as UMAP takes */
  MIN_NEIGHBOURS = 3,
  /* Of few documents: with more than this part as neighbours all of them are near. */
  SHARE = 4,
  MAX_WORKERS = 16, /* each has scratch; more have nothing to do in a step */
};

/* The start's standard deviation: small, so that the layout can turn and fold it (Kobak &
 * Berens 2019, doi:10.1038/s41467-019-13056-x). */
static const double START_DEVIATION = 1e-4;
/* What the seed adds, so that documents of one text are not in one place for ever. */
static const double START_NOISE = 1e-6;

typedef struct map {
  const biobert_points *points;
  const biobert_allocator *allocator;
  bb_cancel cancel;
  size_t workers;
  size_t live;     /* points that have a direction */
  float *scale;    /* [count]: 1 / length, 0 of those that have none */
  uint32_t *place; /* [count]: number among the live */
  float *start;    /* [count, 2] */
  float *x, *y;    /* [live] */
  biobert_neighbours near;
  bb_layout_graph graph; /* of the live */
} map;

/* Who has a place -------------------------------------------------------------------- */

static double length_of(const float *v, size_t n) {
  double square = 0;
  for (size_t i = 0; i < n; i++) square += (double)v[i] * (double)v[i];
  return sqrt(square);
}

static biobert_status count_live(map *m, biobert_error *err) {
  const biobert_points *p = m->points;
  const biobert_allocator *a = m->allocator;
  m->scale = bb_alloc(a, p->count, sizeof *m->scale);
  m->place = bb_alloc(a, p->count, sizeof *m->place);
  if (!m->scale || !m->place) return bb_no_memory(err, "map");
  for (size_t i = 0; i < p->count; i++) {
    const float factor = (float)(1 / length_of(p->vectors + i * p->n, p->n));
    const bool has_direction = isnormal(factor);
    m->scale[i] = has_direction ? factor : 0;
    m->place[i] = (uint32_t)m->live;
    m->live += has_direction;
  }
  return BIOBERT_OK;
}

/* The graph -------------------------------------------------------------------------- */

static size_t neighbours_of(size_t live) {
  const size_t share = live / SHARE;
  if (share > NEIGHBOURS) return NEIGHBOURS;
  return share > MIN_NEIGHBOURS ? share : MIN_NEIGHBOURS;
}

/* Calls for each pair of neighbours that have places, both ways. */
static void each_pair(const map *m,
                      void (*fn)(bb_layout_graph *g, uint32_t a, uint32_t b),
                      bb_layout_graph *g) {
  for (size_t i = 0; i < m->near.count; i++)
    for (size_t e = m->near.first[i]; e < m->near.first[i + 1]; e++) {
      const uint32_t other = m->near.items[e].point;
      if (m->scale[i] == 0 || m->scale[other] == 0) continue;
      fn(g, m->place[i], m->place[other]);
      fn(g, m->place[other], m->place[i]);
    }
}

/* Counts go two places further, so that filling moves each start to its place. */
static void count_pair(bb_layout_graph *g, uint32_t a, uint32_t b) {
  (void)b;
  g->first[a + 2]++;
}

static void put_pair(bb_layout_graph *g, uint32_t a, uint32_t b) {
  g->other[g->first[a + 1]++] = b;
}

static biobert_status make_graph(map *m, biobert_error *err) {
  const biobert_allocator *a = m->allocator;
  const size_t pairs = m->near.first[m->near.count];
  bb_layout_graph *g = &m->graph;
  g->count = m->live;
  g->first = bb_alloc_zeroed(a, m->live + 2, sizeof *g->first);
  g->other = bb_alloc(a, pairs, 2 * sizeof *g->other);
  if (!g->first || !g->other) return bb_no_memory(err, "map");
  each_pair(m, count_pair, g);
  for (size_t i = 1; i < m->live + 2; i++) g->first[i] += g->first[i - 1];
  each_pair(m, put_pair, g);
  return BIOBERT_OK;
}

static biobert_status find_graph(map *m, const biobert_analysis_options *how,
                                 biobert_error *err) {
  biobert_status status =
      biobert_neighbours_find(m->points, neighbours_of(m->live), -1, how, &m->near, err);
  if (!status) status = make_graph(m, err);
  biobert_neighbours_free(&m->near, how);
  return status;
}

/* The start -------------------------------------------------------------------------- */

static void start_axis(const map *m, size_t axis, double factor, uint64_t seed,
                       float *out) {
  for (size_t i = 0; i < m->points->count; i++) {
    if (m->scale[i] == 0) continue;
    const double noise = START_NOISE * (double)bb_random_float(seed, 2 * i + axis);
    out[m->place[i]] = (float)(factor * (double)m->start[2 * i + axis] + noise);
  }
}

static biobert_status find_start(map *m, uint64_t seed, biobert_error *err) {
  const biobert_points *p = m->points;
  const bb_rows rows = {p->vectors, m->scale, p->count, p->n};
  double variances[2];
  m->start = bb_alloc(m->allocator, p->count, 2 * sizeof *m->start);
  m->x = bb_alloc_floats(m->allocator, m->live);
  m->y = bb_alloc_floats(m->allocator, m->live);
  if (!m->start || !m->x || !m->y) return bb_no_memory(err, "map");
  biobert_status status = bb_principal_components(m->allocator, &rows, 2, m->workers,
                                                  m->start, variances, &m->cancel, err);
  if (status) return status;
  const double deviation = sqrt(variances[0] / (double)m->live);
  const double factor = deviation > 0 ? START_DEVIATION / deviation : 0;
  start_axis(m, 0, factor, seed, m->x);
  start_axis(m, 1, factor, seed, m->y);
  return BIOBERT_OK;
}

/* The frame -------------------------------------------------------------------------- */

typedef struct range {
  float low, high;
} range;

static range range_of(const float *at, size_t count) {
  range r = {at[0], at[0]};
  for (size_t i = 1; i < count; i++) {
    if (at[i] < r.low) r.low = at[i];
    if (at[i] > r.high) r.high = at[i];
  }
  return r;
}

/* Where a number lies when the range's middle is 1/2. */
static float framed(float at, range r, float side) {
  if (!(side > 0)) return 0.5f;
  const float value = 0.5f + (at - (r.low + r.high) / 2) / side;
  return value < 0 ? 0 : value > 1 ? 1 : value;
}

/* The longer side goes from 0 to 1; the shorter keeps its proportion, in the middle. */
static void write_framed(const map *m, float *out) {
  const range x = range_of(m->x, m->live), y = range_of(m->y, m->live);
  const float width = x.high - x.low, height = y.high - y.low;
  const float side = width > height ? width : height;
  for (size_t i = 0; i < m->points->count; i++) {
    const bool has_place = m->scale[i] != 0;
    out[2 * i] = has_place ? framed(m->x[m->place[i]], x, side) : NAN;
    out[2 * i + 1] = has_place ? framed(m->y[m->place[i]], y, side) : NAN;
  }
}

/* ------------------------------------------------------------------------------------ */

static biobert_status draw(map *m, uint64_t seed, const biobert_analysis_options *how,
                           float *out, biobert_error *err) {
  biobert_status status = count_live(m, err);
  if (status) return status;
  if (m->live == 0) {
    for (size_t i = 0; i < 2 * m->points->count; i++) out[i] = NAN;
    return BIOBERT_OK;
  }
  status = find_start(m, seed, err);
  if (!status && m->live > 1) status = find_graph(m, how, err);
  if (!status && m->live > 1)
    status =
        bb_layout_run(m->allocator, &m->graph, m->workers, m->x, m->y, &m->cancel, err);
  if (!status) write_framed(m, out);
  return status;
}

biobert_status biobert_map_draw(const biobert_points *points, uint64_t seed,
                                const biobert_analysis_options *how, float *out,
                                biobert_error *err) {
  const size_t cores = bb_runtime_threads();
  map m = {.points = points,
           .allocator = bb_analysis_allocator(how),
           .cancel = bb_analysis_cancel(how),
           .workers = cores < MAX_WORKERS ? cores : MAX_WORKERS};
  biobert_status status = draw(&m, seed, how, out, err);
  bb_free(m.allocator, m.scale);
  bb_free(m.allocator, m.place);
  bb_free(m.allocator, m.start);
  bb_free_aligned(m.allocator, m.x);
  bb_free_aligned(m.allocator, m.y);
  bb_free(m.allocator, m.graph.first);
  bb_free(m.allocator, m.graph.other);
  return status;
}
