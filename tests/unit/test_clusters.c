/* test_clusters.c - spherical k-means: what must hold of any clusters, what a seed gives,
 * and how many are chosen. */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "asker.h"
#include "biobert_analysis.h"
#include "every_setting.h"
#include "random.h"

typedef struct cloud {
  biobert_points points;
  int64_t *id;
  float *vectors;
} cloud;

static float random_float(void) {
  return (float)random_u32() * 0x1p-31f - 1;
}

/* Around so many middles, of growing numbers: a middle gets more points than the one
 * before it. */
static cloud make_cloud(size_t count, size_t n, size_t middles, float spread) {
  cloud c = {.id = malloc((count + 1) * sizeof *c.id),
             .vectors = malloc((count * n + 1) * sizeof *c.vectors)};
  float *middle = malloc((middles * n + 1) * sizeof *middle);
  for (size_t i = 0; i < middles * n; i++) middle[i] = random_float();
  for (size_t i = 0; i < count; i++) {
    const size_t a = random_below(middles), b = random_below(middles);
    const float *m = middle + (a > b ? a : b) * n;
    c.id[i] = (int64_t)i;
    for (size_t j = 0; j < n; j++) c.vectors[i * n + j] = m[j] + spread * random_float();
  }
  free(middle);
  c.points = (biobert_points){count, n, c.id, c.vectors};
  return c;
}

static void free_cloud(cloud *c) {
  free(c->id);
  free(c->vectors);
}

static biobert_clusters find(const cloud *c, size_t k, uint64_t seed) {
  biobert_clusters found = {0};
  biobert_error err;
  CHECK_INT(biobert_clusters_find(&c->points, k, seed, NULL, &found, &err), BIOBERT_OK);
  return found;
}

static double cosine(const cloud *c, size_t point, const float *centre) {
  const float *v = c->vectors + point * c->points.n;
  double dot = 0, vv = 0, cc = 0;
  for (size_t i = 0; i < c->points.n; i++) {
    dot += (double)v[i] * (double)centre[i];
    vv += (double)v[i] * (double)v[i];
    cc += (double)centre[i] * (double)centre[i];
  }
  return dot / sqrt(vv * cc);
}

/* A cosine in float32, by which points are given their clusters. */
#define FLOAT_COSINE 1e-5

static void check_clusters(const cloud *c, const biobert_clusters *found, size_t most,
                           size_t strays) {
  const size_t n = c->points.n;
  size_t *size = calloc(found->k + 1, sizeof *size), nearer = 0;
  CHECK_INT(found->count, c->points.count);
  CHECK(found->k <= most);
  for (size_t i = 0; i < found->count; i++) {
    if (!CHECK(found->cluster[i] < found->k)) continue;
    const double own = cosine(c, i, found->centres + found->cluster[i] * n);
    size[found->cluster[i]]++;
    CHECK(fabs(own - found->similarity[i]) < 1e-12);
    for (size_t j = 0; j < found->k; j++)
      if (cosine(c, i, found->centres + j * n) > own + FLOAT_COSINE) {
        nearer++;
        break;
      }
  }
  CHECK(nearer <= strays);
  for (size_t j = 0; j < found->k; j++) {
    CHECK_INT(size[j], found->size[j]);
    CHECK(size[j] > 0 && (j == 0 || size[j - 1] >= size[j]));
  }
  free(size);
}

static void test_shapes(void) {
  static const size_t shapes[][3] = {
      {0,   3,  4 },
      {1,   3,  4 },
      {2,   3,  2 },
      {5,   3,  5 },
      {300, 20, 1 },
      {300, 20, 7 },
      {500, 33, 40}
  };
  check_begin("each point is of the nearest centre, and clusters come by size");
  for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
    cloud c = make_cloud(shapes[i][0], shapes[i][1], 6, 1);
    biobert_clusters found = find(&c, shapes[i][2], 3);
    check_context("%zu points, %zu clusters", shapes[i][0], shapes[i][2]);
    /* After the last round centres move once more. */
    check_clusters(&c, &found, shapes[i][2], 1);
    if (c.points.count >= shapes[i][2]) CHECK_INT(found.k, shapes[i][2]);
    biobert_clusters_free(&found, NULL);
    free_cloud(&c);
  }
}

static void test_apart(void) {
  check_begin("clusters that are far apart are found, and their number is chosen");
  cloud c = make_cloud(900, 40, 5, 0.2f);
  biobert_clusters given = find(&c, 5, 1), chosen = find(&c, 0, 1);
  CHECK_INT(chosen.k, 5);
  CHECK(memcmp(given.cluster, chosen.cluster, 900 * sizeof *given.cluster) == 0);
  for (size_t i = 0; i < 900; i++) CHECK(given.similarity[i] > 0.9);
  biobert_clusters_free(&given, NULL);
  biobert_clusters_free(&chosen, NULL);
  free_cloud(&c);
}

static void test_few_directions(void) {
  check_begin("fewer clusters than asked for where there are fewer directions");
  cloud c = make_cloud(60, 8, 1, 0);
  for (size_t i = 0; i < 60 * 8; i++) c.vectors[i] = (float)((i / 8) % 3 == i % 8);
  for (size_t i = 0; i < 8; i++) c.vectors[59 * 8 + i] = 0;
  biobert_clusters found = find(&c, 10, 1);
  CHECK_INT(found.k, 3);
  CHECK(found.cluster[59] == BIOBERT_NO_CLUSTER && found.similarity[59] == 0);
  CHECK_INT(found.size[0] + found.size[1] + found.size[2], 59);
  CHECK_INT(found.cluster[0], 0); /* of equal ones that of the least id */
  biobert_clusters_free(&found, NULL);
  found = find(&c, 0, 1);
  CHECK(found.k >= 2 && found.k <= 3);
  biobert_clusters_free(&found, NULL);
  free_cloud(&c);
}

static bool same(const biobert_clusters *a, const biobert_clusters *b) {
  return a->k == b->k &&
         memcmp(a->cluster, b->cluster, a->count * sizeof *a->cluster) == 0 &&
         memcmp(a->similarity, b->similarity, a->count * sizeof *a->similarity) == 0 &&
         memcmp(a->centres, b->centres, a->k * a->n * sizeof *a->centres) == 0;
}

static void test_same_bits(void) {
  check_begin(
      "a seed gives the same bits on every instruction set and number of threads");
  cloud c = make_cloud(1200, 30, 20, 1.5f);
  biobert_clusters expected = find(&c, 15, 7);
  for (size_t i = 0; i < EVERY_CPU_COUNT; i++)
    for (size_t j = 0; j < EVERY_THREADS_COUNT; j++) {
      if (!set("cpu", every_cpu[i])) continue;
      CHECK(set("threads", every_threads[j]));
      check_context("%s, %s threads", every_cpu[i], every_threads[j]);
      biobert_clusters found = find(&c, 15, 7);
      CHECK(same(&found, &expected));
      biobert_clusters_free(&found, NULL);
    }
  check_begin("another seed may give others");
  biobert_clusters found = find(&c, 15, 8);
  CHECK(!same(&found, &expected));
  biobert_clusters_free(&found, NULL);
  biobert_clusters_free(&expected, NULL);
  free_cloud(&c);
}

static void test_cancel(void) {
  check_begin("a call ends at any question whether to go on");
  cloud c = make_cloud(800, 20, 9, 1);
  CHECK(set("threads", "1")); /* so that there are always as many questions */
  for (size_t k = 0; k < 7; k += 6) {
    asker all = {0};
    biobert_analysis_options how = {.cancel = ask, .cancel_ctx = &all};
    biobert_clusters found = {0};
    biobert_error err;
    CHECK_INT(biobert_clusters_find(&c.points, k, 1, &how, &found, &err), BIOBERT_OK);
    biobert_clusters_free(&found, &how);
    for (long max = 1; max <= all.asked; max += 1 + all.asked / 60) {
      asker who = {.max = max};
      how.cancel_ctx = &who;
      check_context("%zu clusters, question %ld", k, max);
      CHECK_INT(biobert_clusters_find(&c.points, k, 1, &how, &found, &err),
                BIOBERT_INTERRUPTED);
    }
  }
  free_cloud(&c);
}

int main(void) {
  test_shapes();
  test_apart();
  test_few_directions();
  test_same_bits();
  test_cancel();
  return check_report();
}
