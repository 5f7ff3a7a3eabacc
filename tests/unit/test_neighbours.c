/* test_neighbours.c - neighbours and duplicates against all pairs in double precision, the
 * same to the last bit on every instruction set and number of threads. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "asker.h"
#include "biobert_analysis.h"
#include "every_setting.h"
#include "random.h"

/* Points ----------------------------------------------------------------------------- */

typedef struct cloud {
  biobert_points points;
  int64_t *id;
  float *vectors;
} cloud;

static float random_float(void) {
  float sum = 0; /* near enough to a normal distribution */
  for (int i = 0; i < 4; i++) sum += (float)random_u32() * 0x1p-32f - 0.5f;
  return sum;
}

/* Around a few middles, of various lengths; the ids have gaps. */
static cloud make_cloud(size_t count, size_t n) {
  enum { MIDDLES = 7 };
  cloud c = {.id = malloc((count + 1) * sizeof *c.id),
             .vectors = malloc((count * n + 1) * sizeof *c.vectors)};
  float *middle = malloc((MIDDLES * n + 1) * sizeof *middle);
  for (size_t i = 0; i < MIDDLES * n; i++) middle[i] = random_float();
  for (size_t i = 0; i < count; i++) {
    const float *m = middle + random_below(MIDDLES) * n;
    const float length = 0.1f + (float)random_below(50);
    c.id[i] = (int64_t)(3 * i) - 10;
    for (size_t j = 0; j < n; j++)
      c.vectors[i * n + j] = length * (m[j] + 0.5f * random_float());
  }
  free(middle);
  c.points = (biobert_points){count, n, c.id, c.vectors};
  return c;
}

static void copy_point(cloud *c, size_t from, size_t to, float factor) {
  const size_t n = c->points.n;
  for (size_t j = 0; j < n; j++)
    c->vectors[to * n + j] = factor * c->vectors[from * n + j];
}

static void free_cloud(cloud *c) {
  free(c->id);
  free(c->vectors);
}

/* What is right ---------------------------------------------------------------------- */

/* As the header says, and as precise: sums in double, in any order. */
static double cosine(const cloud *c, size_t a, size_t b) {
  const float *x = c->vectors + a * c->points.n, *y = c->vectors + b * c->points.n;
  double dot = 0, xx = 0, yy = 0;
  for (size_t i = 0; i < c->points.n; i++) {
    dot += (double)x[i] * (double)y[i];
    xx += (double)x[i] * (double)x[i];
    yy += (double)y[i] * (double)y[i];
  }
  return xx > 0 && yy > 0 ? dot / sqrt(xx * yy) : -INFINITY;
}

/* Two orders of adding a few thousand numbers differ by less. */
#define SAME_SIMILARITY 1e-12

static const double *sorted_by;

static int by_similarity(const void *a, const void *b) {
  const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  if (fabs(sorted_by[x] - sorted_by[y]) > SAME_SIMILARITY)
    return sorted_by[x] > sorted_by[y] ? -1 : 1;
  return (x > y) - (x < y);
}

/* The order of all others; those of no direction last. */
static void sort_others(const cloud *c, size_t point, double *similarity,
                        uint32_t *order) {
  for (uint32_t i = 0; i < c->points.count; i++) {
    similarity[i] = i == point ? -INFINITY : cosine(c, point, i);
    order[i] = i;
  }
  sorted_by = similarity;
  qsort(order, c->points.count, sizeof *order, by_similarity);
}

static void check_neighbours(const cloud *c, const biobert_neighbours *found, size_t k,
                             double threshold) {
  const size_t count = c->points.count;
  double *similarity = malloc((count + 1) * sizeof *similarity);
  uint32_t *order = malloc((count + 1) * sizeof *order);
  CHECK_INT(found->count, count);
  for (size_t i = 0; i < count; i++) {
    const biobert_neighbour *items = found->items + found->first[i];
    const size_t have = found->first[i + 1] - found->first[i];
    size_t expected = 0;
    sort_others(c, i, similarity, order);
    while (expected < count && expected < k && similarity[order[expected]] >= threshold)
      expected++;
    check_context("point %zu", i);
    if (!CHECK_INT(have, expected)) continue;
    for (size_t j = 0; j < have; j++) {
      if (!CHECK_INT(items[j].point, order[j])) break;
      CHECK(fabs(items[j].similarity - similarity[order[j]]) <= SAME_SIMILARITY);
    }
  }
  check_context("%s", "");
  free(similarity);
  free(order);
}

/* One call of each --------------------------------------------------------------------- */

static biobert_neighbours find(const cloud *c, size_t k, double threshold) {
  biobert_neighbours found = {0};
  biobert_error err;
  CHECK_INT(biobert_neighbours_find(&c->points, k, threshold, NULL, &found, &err),
            BIOBERT_OK);
  return found;
}

static void check_all(const cloud *c, size_t k, double threshold) {
  biobert_neighbours found = find(c, k, threshold);
  check_neighbours(c, &found, k, threshold);
  biobert_neighbours_free(&found, NULL);
}

/* Tests ------------------------------------------------------------------------------ */

static void test_brute_force(void) {
  static const size_t shapes[][3] = {
      {0,   4,   3  },
      {1,   4,   3  },
      {2,   4,   3  },
      {3,   1,   2  },
      {65,  3,   64 },
      {200, 17,  1  },
      {300, 48,  7  },
      {700, 33,  5  },
      {90,  384, 89 },
      {150, 200, 500}
  };
  check_begin("neighbours are those of all pairs in double precision");
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    cloud c = make_cloud(shapes[i][0], shapes[i][1]);
    check_all(&c, shapes[i][2], -1);
    check_all(&c, shapes[i][2], 0.8);
    free_cloud(&c);
  }
  check_begin("none are wanted");
  cloud c = make_cloud(10, 3);
  check_all(&c, 0, -1);
  free_cloud(&c);
}

static void test_ties(void) {
  check_begin("equal similarities come by rising id, and what has no direction never");
  cloud c = make_cloud(400, 24);
  for (size_t i = 0; i < 300; i++) copy_point(&c, i % 3, i, 1);
  for (size_t i = 320; i < 330; i++) copy_point(&c, 5, i, 0);
  for (size_t i = 340; i < 350; i++)
    copy_point(&c, 350, i, 4); /* exact: a power of two */
  check_all(&c, 5, -1);
  check_all(&c, 120, 0.99);
  biobert_neighbours found = find(&c, 3, -1);
  CHECK(found.items[found.first[0]].similarity == 1);
  CHECK_INT(found.first[321] - found.first[320], 0);
  biobert_neighbours_free(&found, NULL);
  free_cloud(&c);
}

static void test_extremes(void) {
  check_begin("vectors of very different lengths");
  cloud c = make_cloud(64, 20);
  for (size_t i = 0; i < 8; i++) copy_point(&c, i, 8 + i, 0x1p100f);
  for (size_t i = 0; i < 8; i++) copy_point(&c, i, 16 + i, 0x1p-100f);
  check_all(&c, 10, -1);
  free_cloud(&c);
}

static void test_one(void) {
  check_begin("those of one point are those among all, bit for bit");
  cloud c = make_cloud(333, 50);
  copy_point(&c, 3, 7, 1);
  copy_point(&c, 3, 9, 0);
  biobert_neighbours all = find(&c, 9, 0.2);
  for (size_t i = 0; i < c.points.count; i++) {
    biobert_neighbour one[9];
    size_t found = 0;
    biobert_error err;
    CHECK_INT(biobert_neighbours_of(&c.points, i, 9, 0.2, NULL, one, &found, &err),
              BIOBERT_OK);
    if (!CHECK_INT(found, all.first[i + 1] - all.first[i])) continue;
    for (size_t j = 0; j < found; j++)
      CHECK(one[j].point == all.items[all.first[i] + j].point &&
            one[j].similarity == all.items[all.first[i] + j].similarity);
  }
  biobert_neighbours_free(&all, NULL);
  free_cloud(&c);
}

static bool same_pairs(const biobert_pairs *a, const biobert_pairs *b) {
  bool same = a->count == b->count;
  for (size_t i = 0; i < a->count && same; i++)
    same = a->items[i].a == b->items[i].a && a->items[i].b == b->items[i].b &&
           a->items[i].similarity == b->items[i].similarity;
  return same;
}

static bool same_neighbours(const biobert_neighbours *a, const biobert_neighbours *b) {
  bool same = a->first[a->count] == b->first[b->count];
  for (size_t i = 0; i < a->first[a->count] && same; i++)
    same = a->items[i].point == b->items[i].point &&
           a->items[i].similarity == b->items[i].similarity;
  return same;
}

static void test_same_bits(void) {
  cloud c = make_cloud(700, 70);
  biobert_neighbours expected = find(&c, 12, -1);
  biobert_pairs pairs = {0}, other = {0};
  biobert_error err;
  CHECK_INT(biobert_duplicates_find(&c.points, 0.9, NULL, &pairs, &err), BIOBERT_OK);
  check_begin("the same bits on every instruction set and number of threads");
  for (size_t i = 0; i < EVERY_CPU_COUNT; i++)
    for (size_t j = 0; j < EVERY_THREADS_COUNT; j++) {
      if (!set("cpu", every_cpu[i])) continue;
      CHECK(set("threads", every_threads[j]));
      check_context("%s, %s threads", every_cpu[i], every_threads[j]);
      biobert_neighbours found = find(&c, 12, -1);
      CHECK(same_neighbours(&found, &expected));
      biobert_neighbours_free(&found, NULL);
      CHECK_INT(biobert_duplicates_find(&c.points, 0.9, NULL, &other, &err), BIOBERT_OK);
      CHECK(same_pairs(&other, &pairs));
      biobert_pairs_free(&other, NULL);
    }
  biobert_pairs_free(&pairs, NULL);
  biobert_neighbours_free(&expected, NULL);
  free_cloud(&c);
}

/* Every pair of the cloud that has to be there is, in order. */
static void check_duplicates(const cloud *c, double threshold) {
  biobert_pairs found = {0};
  biobert_error err;
  CHECK_INT(biobert_duplicates_find(&c->points, threshold, NULL, &found, &err),
            BIOBERT_OK);
  size_t expected = 0;
  for (size_t i = 0; i < c->points.count; i++)
    for (size_t j = i + 1; j < c->points.count; j++)
      expected += cosine(c, i, j) >= threshold;
  CHECK_INT(found.count, expected);
  for (size_t i = 0; i < found.count; i++) {
    const biobert_pair *p = &found.items[i], *q = p + 1;
    CHECK(p->a < p->b && fabs(p->similarity - cosine(c, p->a, p->b)) <= SAME_SIMILARITY);
    if (i + 1 == found.count) break;
    CHECK(p->similarity > q->similarity ||
          (p->similarity == q->similarity &&
           (p->a < q->a || (p->a == q->a && p->b < q->b))));
  }
  biobert_pairs_free(&found, NULL);
}

static void test_duplicates(void) {
  static const size_t shapes[][2] = {
      {0,   5  },
      {1,   5  },
      {2,   1  },
      {300, 20 },
      {300, 70 },
      {150, 200},
      {600, 384}
  };
  static const double thresholds[] = {0.99, 0.9, 0.3, -1};
  check_begin("duplicates are all pairs above the threshold, the best first");
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    cloud c = make_cloud(shapes[i][0], shapes[i][1]);
    for (size_t j = 0; j + 1 < c.points.count && j < 20; j += 2)
      copy_point(&c, j, j + 1, j % 4 ? 1 : 2);
    if (c.points.count > 30) copy_point(&c, 0, 30, 0);
    for (size_t j = 0; j < sizeof thresholds / sizeof thresholds[0]; j++) {
      check_context("%zu of %zu, %g", shapes[i][0], shapes[i][1], thresholds[j]);
      check_duplicates(&c, thresholds[j]);
    }
    free_cloud(&c);
  }
}

static void test_groups(void) {
  check_begin("groups are what pairs connect, under the least point");
  static const biobert_pair pairs[] = {
      {5, 7, 1},
      {1, 3, 1},
      {3, 5, 1},
      {2, 9, 1}
  };
  static const uint32_t expected[] = {0, 1, 2, 1, 4, 1, 6, 1, 8, 2};
  uint32_t group[10];
  biobert_groups_of(10, pairs, 4, group);
  for (size_t i = 0; i < 10; i++) CHECK_INT(group[i], expected[i]);
  biobert_groups_of(0, NULL, 0, group);
}

static biobert_status find_both(const cloud *c, asker *who) {
  const biobert_analysis_options how = {.cancel = ask, .cancel_ctx = who};
  biobert_neighbours found = {0};
  biobert_pairs pairs = {0};
  biobert_error err;
  biobert_status status = biobert_neighbours_find(&c->points, 5, -1, &how, &found, &err);
  if (!status) status = biobert_duplicates_find(&c->points, 0.9, &how, &pairs, &err);
  biobert_neighbours_free(&found, &how);
  biobert_pairs_free(&pairs, &how);
  return status;
}

static void test_cancel(void) {
  enum { STEP = 7 };
  check_begin("a call ends at any question whether to go on");
  cloud c = make_cloud(1000, 70);
  CHECK(set("threads", "1")); /* so that there are always as many questions */
  asker all = {0};
  CHECK_INT(find_both(&c, &all), BIOBERT_OK);
  CHECK(all.asked > 50);
  for (long max = 1; max <= all.asked; max += STEP) {
    asker who = {.max = max};
    check_context("question %ld", max);
    CHECK_INT(find_both(&c, &who), BIOBERT_INTERRUPTED);
  }
  check_begin("so does the look-up of one");
  asker who = {.max = 1};
  const biobert_analysis_options how = {.cancel = ask, .cancel_ctx = &who};
  biobert_neighbour near[5];
  size_t count = 0;
  CHECK_INT(biobert_neighbours_of(&c.points, 3, 5, -1, &how, near, &count, NULL),
            BIOBERT_INTERRUPTED);
  CHECK_INT((long long)count, 0);
  free_cloud(&c);
}

int main(void) {
  test_brute_force();
  test_ties();
  test_extremes();
  test_one();
  test_same_bits();
  test_duplicates();
  test_groups();
  test_cancel();
  return check_report();
}
