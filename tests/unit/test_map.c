/* test_map.c - principal components, the tree of points, and the map made with them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/layout.h"
#include "analysis/principal_components.h"
#include "analysis/repulsion.h"
#include "biobert_analysis.h"
#include "check.h"
#include "random.h"

static bb_cancel never;

static float random_normal(void) { /* Irwin and Hall: near enough */
  float sum = -6;
  for (int i = 0; i < 12; i++) sum += (float)random_u32() * 0x1p-32f;
  return sum;
}

/* Principal components --------------------------------------------------------------- */

/* Float32 vectors, and directions that are settled to 1e-5 of the largest variance. */
static const double COMPONENT_TOLERANCE = 1e-4;

/* Points at +-size along orthogonal directions of length 1, moved by an offset: the
 * directions are the components. */
static void known_components(void) {
  check_begin("points along known directions get their places along them");
  static const float half = 0.5f;
  const float direction[3][4] = {
      {half, half,  half,  half },
      {half, -half, half,  -half},
      {half, half,  -half, -half}
  };
  const float size[3] = {3, 2, 1};
  float vectors[6 * 4], scale[6], places[6 * 3];
  double variances[3];
  for (int i = 0; i < 6; i++) {
    scale[i] = 2;
    for (int j = 0; j < 4; j++) {
      const float along = size[i / 2] * direction[i / 2][j];
      vectors[i * 4 + j] = (10 + (i % 2 ? -along : along)) / 2; /* scale makes it whole */
    }
  }
  const bb_rows rows = {vectors, scale, 6, 4};
  biobert_error err;
  CHECK_INT(bb_principal_components(NULL, &rows, 3, 1, places, variances, &never, &err),
            BIOBERT_OK);
  for (int j = 0; j < 3; j++) {
    const double expected = 2.0 * (double)size[j] * (double)size[j];
    CHECK(fabs(variances[j] - expected) < COMPONENT_TOLERANCE * expected);
    for (int i = 0; i < 6; i++) {
      const double own = i / 2 == j ? (double)size[j] : 0;
      check_context("point %d, component %d: %g", i, j, (double)places[i * 3 + j]);
      CHECK(fabs(fabs((double)places[i * 3 + j]) - own) < COMPONENT_TOLERANCE);
    }
  }
}

static void no_components(void) {
  check_begin(
      "where vectors do not differ, and beyond their dimension, all places are 0");
  const float vectors[] = {1, 2, 1, 2, 1, 2}, scale[] = {1, 1, 1};
  const bb_rows rows = {vectors, scale, 3, 2};
  float places[9];
  double variances[3];
  CHECK_INT(bb_principal_components(NULL, &rows, 3, 1, places, variances, &never, NULL),
            BIOBERT_OK);
  for (int i = 0; i < 9; i++) CHECK(fabs((double)places[i]) < COMPONENT_TOLERANCE);
  CHECK(variances[2] == 0);
}

static void rows_left_out(void) {
  check_begin("a row of factor 0 takes no part and has no place");
  const float vectors[] = {1, 0, -1, 0, 1000, 1000}, scale[] = {1, 1, 0};
  const bb_rows rows = {vectors, scale, 3, 2};
  float places[3];
  CHECK_INT(bb_principal_components(NULL, &rows, 1, 1, places, NULL, &never, NULL),
            BIOBERT_OK);
  CHECK(fabs((double)places[0] - 1) < COMPONENT_TOLERANCE);
  CHECK(fabs((double)places[1] + 1) < COMPONENT_TOLERANCE);
  CHECK(places[2] == 0);
}

/* Repulsion -------------------------------------------------------------------------- */

enum { POINTS = 700 };

typedef struct plane {
  float x[POINTS], y[POINTS], push_x[POINTS], push_y[POINTS];
  double weight;
} plane;

static void push_all(plane *p, size_t count, size_t workers) {
  bb_kernels kernels;
  bb_repulsion r;
  bb_kernels_init(&kernels, bb_cpu_detect());
  CHECK(bb_repulsion_new(NULL, &kernels, count, workers, &r));
  CHECK(bb_repulsion_run(&r, p->x, p->y, p->push_x, p->push_y, &p->weight, &never));
  bb_repulsion_free(NULL, &r);
}

/* In double, over all pairs. */
static void push_exactly(const plane *p, size_t count, size_t i, double out[3]) {
  out[0] = out[1] = out[2] = 0;
  for (size_t j = 0; j < count; j++) {
    const double x = (double)p->x[i] - (double)p->x[j],
                 y = (double)p->y[i] - (double)p->y[j];
    const double q = 1 / (1 + x * x + y * y);
    if (j == i) continue;
    out[0] += q * q * x;
    out[1] += q * q * y;
    out[2] += q;
  }
}

/* Of the length of all pushes; measured .023: what nodes that are far at 0.8 leave. */
static const double PUSH_TOLERANCE = 0.03;

static void repulsion_is_near(void) {
  static plane p;
  static const size_t counts[] = {1, 2, 16, 17, 100, POINTS};
  check_begin("the repulsion is near the sums over all pairs");
  for (size_t i = 0; i < POINTS; i++) {
    p.x[i] = 10 * random_normal();
    p.y[i] = 10 * random_normal();
  }
  for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
    double weight = 0, error = 0, length = 0, exact[3];
    push_all(&p, counts[c], 1);
    for (size_t i = 0; i < counts[c]; i++) {
      push_exactly(&p, counts[c], i, exact);
      weight += exact[2];
      error += hypot((double)p.push_x[i] - exact[0], (double)p.push_y[i] - exact[1]);
      length += hypot(exact[0], exact[1]);
    }
    check_context("%zu points: weight %g and %g, error %g of %g", counts[c], p.weight,
                  weight, error, length);
    CHECK(fabs(p.weight - weight) <= PUSH_TOLERANCE * weight);
    CHECK(error <= PUSH_TOLERANCE * length);
  }
}

static void points_in_one_place(void) {
  static plane p;
  check_begin("points in one place are no endless depth, and push each other nowhere");
  memset(&p, 0, sizeof p);
  push_all(&p, POINTS, 2);
  CHECK(fabs(p.weight - (double)POINTS * (POINTS - 1)) < 1);
  for (size_t i = 0; i < POINTS; i++) CHECK(p.push_x[i] == 0 && p.push_y[i] == 0);
}

/* The map ---------------------------------------------------------------------------- */

enum { GROUPS = 8, MEMBERS = 50, DIMENSION = 24, COUNT = GROUPS * MEMBERS };

static float vectors[COUNT * DIMENSION];
static int64_t ids[COUNT];
static const biobert_points points = {COUNT, DIMENSION, ids, vectors};

/* Groups around random centres. */
static void make_points(void) {
  static float centre[GROUPS][DIMENSION];
  for (int g = 0; g < GROUPS; g++)
    for (int j = 0; j < DIMENSION; j++) centre[g][j] = 2 * random_normal();
  for (int i = 0; i < COUNT; i++) {
    ids[i] = i + 1;
    for (int j = 0; j < DIMENSION; j++)
      vectors[i * DIMENSION + j] = centre[i % GROUPS][j] + random_normal();
  }
}

static double far_apart(const float *v, size_t n, size_t i, size_t j) {
  double square = 0;
  for (size_t k = 0; k < n; k++) {
    const double d = (double)v[i * n + k] - (double)v[j * n + k];
    square += d * d;
  }
  return square;
}

/* How many are nearer to i than j is. */
static size_t rank_of(const float *v, size_t n, size_t i, size_t j) {
  size_t rank = 0;
  for (size_t k = 0; k < COUNT; k++)
    rank += k != i && far_apart(v, n, i, k) < far_apart(v, n, i, j);
  return rank;
}

/* Venna & Kaski 2001 (doi:10.1007/3-540-44668-0_68), k = 15. */
static double trustworthiness(const float *map) {
  const size_t k = 15;
  double lost = 0;
  for (size_t i = 0; i < COUNT; i++)
    for (size_t j = 0; j < COUNT; j++) {
      if (j == i || rank_of(map, 2, i, j) >= k) continue;
      const size_t rank = rank_of(vectors, DIMENSION, i, j) + 1;
      if (rank > k) lost += (double)(rank - k);
    }
  return 1 - lost * 2 / ((double)COUNT * k * (2.0 * COUNT - 3.0 * k - 1));
}

/* Measured .986 for seeds 0 to 4; principal components alone have .915, a map at random
 * .51. */
static const double TRUST = 0.975;

static void neighbours_stay(void) {
  static float map[2 * COUNT];
  make_points();
  check_begin("neighbours stay neighbours");
  for (uint64_t seed = 0; seed < 2; seed++) {
    CHECK_INT(biobert_map_draw(&points, seed, NULL, map, NULL), BIOBERT_OK);
    const double trust = trustworthiness(map);
    check_context("seed %d: %g", (int)seed, trust);
    CHECK(trust >= TRUST);
  }
}

static void frame(void) {
  static float map[2 * COUNT];
  float low[2] = {2, 2}, high[2] = {-2, -2};
  check_begin("the map lies in 0 to 1, and its longer side fills it");
  CHECK_INT(biobert_map_draw(&points, 7, NULL, map, NULL), BIOBERT_OK);
  for (size_t i = 0; i < 2 * COUNT; i++) {
    low[i % 2] = fminf(low[i % 2], map[i]);
    high[i % 2] = fmaxf(high[i % 2], map[i]);
  }
  CHECK(low[0] >= 0 && low[1] >= 0 && high[0] <= 1 && high[1] <= 1);
  const double side =
      fmax((double)high[0] - (double)low[0], (double)high[1] - (double)low[1]);
  CHECK(fabs(side - 1) < 1e-6);
}

/* A ring of points, each drawn to the next three. */
static void make_ring(bb_layout_graph *g, size_t count) {
  enum { EACH = 6 };
  g->count = count;
  g->first = malloc((count + 1) * sizeof *g->first);
  g->other = malloc(count * EACH * sizeof *g->other);
  for (size_t i = 0; i <= count; i++) g->first[i] = EACH * i;
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < EACH; j++)
      g->other[EACH * i + j] =
          (uint32_t)((i + (j < 3 ? j + 1 : count - (j - 2))) % count);
}

static void same_bits(void) {
  enum { RING = 3000 };
  static float x[3][RING], y[3][RING];
  static const size_t workers[] = {1, 2, 5};
  check_begin("the layout does not depend on the number of threads");
  bb_layout_graph g;
  make_ring(&g, RING);
  for (size_t i = 0; i < RING; i++) {
    x[0][i] = 1e-4f * random_normal();
    y[0][i] = 1e-4f * random_normal();
  }
  for (int run = 1; run < 3; run++) {
    memcpy(x[run], x[0], sizeof x[0]);
    memcpy(y[run], y[0], sizeof y[0]);
  }
  for (int run = 0; run < 3; run++)
    CHECK_INT(bb_layout_run(NULL, &g, workers[run], x[run], y[run], &never, NULL),
              BIOBERT_OK);
  for (int run = 1; run < 3; run++)
    CHECK(memcmp(x[run], x[0], sizeof x[0]) == 0 &&
          memcmp(y[run], y[0], sizeof y[0]) == 0);
  free(g.first);
  free(g.other);
}

static void seeds(void) {
  static float a[2 * COUNT], b[2 * COUNT];
  check_begin("a seed gives one map, another seed another");
  biobert_map_draw(&points, 1, NULL, a, NULL);
  biobert_map_draw(&points, 1, NULL, b, NULL);
  CHECK(memcmp(a, b, sizeof a) == 0);
  biobert_map_draw(&points, 2, NULL, b, NULL);
  CHECK(memcmp(a, b, sizeof a) != 0);
}

/* All that is finite lies in the frame. */
static void check_small(const char *says, size_t count, const float *v, size_t n,
                        size_t placed) {
  float map[2 * 16];
  const biobert_points few = {count, n, ids, v};
  size_t found = 0;
  check_begin(says);
  CHECK_INT(biobert_map_draw(&few, 0, NULL, map, NULL), BIOBERT_OK);
  for (size_t i = 0; i < count; i++) {
    if (isnan(map[2 * i]) && isnan(map[2 * i + 1])) continue;
    found++;
    CHECK(map[2 * i] >= 0 && map[2 * i] <= 1 && map[2 * i + 1] >= 0 &&
          map[2 * i + 1] <= 1);
  }
  CHECK_INT(found, placed);
}

static void small_ones(void) {
  const float zero[8] = {0}, one[8] = {1, 2}, equal[8] = {1, 1, 1, 1, 1, 1, 1, 1};
  const float mixed[8] = {1, 0, 0, 0, 0, 1, 1, 1};
  const float huge[8] = {3e38f, 3e38f, 1, 0, INFINITY, 0, NAN, 1};
  const float tiny[8] = {1e-42f, 0, 1e-30f, 1e-30f, 1, 1, 2, 1};
  check_small("of no points there is a map", 0, zero, 2, 0);
  check_small("one point has a place", 1, one, 2, 1);
  check_small("points of one place have places", 4, equal, 2, 4);
  check_small("two points have places", 2, mixed + 4, 2, 2);
  check_small("a point without direction has none", 4, mixed, 2, 3);
  check_small("points all without direction have none", 4, zero, 2, 0);
  check_small("numbers that are none have no place", 4, huge, 2, 1);
  check_small("nor have lengths too small to divide by", 4, tiny, 2, 3);
  check_small("vectors of one number have places", 8, mixed, 1, 4);
}

/* Stopping --------------------------------------------------------------------------- */

typedef struct patience {
  int left, asked_after;
} patience;

static bool is_enough(void *ctx) {
  patience *p = ctx;
  if (p->left-- > 0) return false;
  p->asked_after++;
  return true;
}

static void stopping(void) {
  static float map[2 * COUNT];
  check_begin("a map that is cancelled at any question ends with it");
  for (int after = 0; after < 3000; after += after < 20 ? 1 : 97) {
    patience p = {.left = after};
    const biobert_analysis_options how = {.cancel = is_enough, .cancel_ctx = &p};
    const biobert_status status = biobert_map_draw(&points, 0, &how, map, NULL);
    check_context("after %d questions", after);
    CHECK(status == BIOBERT_INTERRUPTED || (status == BIOBERT_OK && p.left >= 0));
    CHECK(p.asked_after <= 1);
  }
}

int main(void) {
  known_components();
  no_components();
  rows_left_out();
  repulsion_is_near();
  points_in_one_place();
  neighbours_stay();
  frame();
  same_bits();
  seeds();
  small_ones();
  stopping();
  return check_report();
}
