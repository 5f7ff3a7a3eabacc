/* test_ranking.c - the lazy ranking gives the order of a sort by exact scores, whatever
 * the bounds. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "biobert_vectors.h"
#include "check.h"
#include "random.h"

static double uniform(void) {
  return (double)(random_u64() >> 11) / 9007199254740992.0;
}

typedef struct items {
  double *score;
  int64_t *tie;
  size_t n, asked;
} items;

static biobert_status score_of(void *ctx, uint32_t item, double *score,
                               biobert_error *err) {
  items *all = ctx;
  (void)err;
  all->asked++;
  *score = all->score[item];
  return BIOBERT_OK;
}

static const items *sorting;

static int by_score(const void *x, const void *y) {
  uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
  if (sorting->score[a] != sorting->score[b])
    return sorting->score[a] > sorting->score[b] ? -1 : 1;
  return sorting->tie[a] < sorting->tie[b] ? -1 : sorting->tie[a] > sorting->tie[b];
}

static items new_items(size_t n) {
  return (items){.score = calloc(n + 1, sizeof(double)),
                 .tie = calloc(n + 1, sizeof(int64_t)),
                 .n = n};
}

static void free_items(items *all) {
  free(all->score);
  free(all->tie);
}

static float *new_upper(size_t n) {
  return calloc(n + 1, sizeof(float));
}

static void *allocate(void *ctx, size_t bytes) {
  (void)ctx;
  return malloc(bytes);
}

static void *reallocate(void *ctx, void *block, size_t bytes) {
  (void)ctx;
  return realloc(block, bytes);
}

static void release(void *ctx, void *block) {
  (void)ctx;
  free(block);
}

static const biobert_allocator allocator = {allocate, reallocate, release, NULL};

/* Compares the first `most` places with a sort. */
static void check_order(items *all, float *upper, size_t max) {
  uint32_t *order = malloc((all->n + 1) * sizeof *order);
  size_t expected = 0;
  for (size_t i = 0; i < all->n; i++)
    if (upper[i] != -INFINITY) order[expected++] = (uint32_t)i;
  sorting = all;
  if (expected) qsort(order, expected, sizeof *order, by_score);
  biobert_ranking *r;
  biobert_error err;
  CHECK_INT(biobert_ranking_new(&allocator, upper, all->tie, all->n, &r, &err),
            BIOBERT_OK);
  bool found = true;
  for (size_t i = 0; i < max && found; i++) {
    uint32_t item;
    double value;
    CHECK_INT(biobert_ranking_at(r, i, score_of, all, &item, &value, &found, &err),
              BIOBERT_OK);
    CHECK_INT(found, i < expected);
    if (!found) break;
    check_context("place %zu of %zu", i, all->n);
    if (!CHECK_INT(item, order[i]) || !CHECK(value == all->score[item])) break;
  }
  biobert_ranking_free(r);
  free(order);
}

/* Bounds at a distance of up to `slack` above the scores. */
static float *bounds(const items *all, double slack) {
  float *upper = new_upper(all->n);
  for (size_t i = 0; i < all->n; i++)
    upper[i] = all->score[i] == -INFINITY
                   ? 0
                   : nextafterf((float)(all->score[i] + slack * uniform()), INFINITY);
  return upper;
}

static void test_sizes(void) {
  static const size_t sizes[] = {0, 1, 2, 3, 255, 256, 257, 1000, 20000};
  check_begin(
      "the order is that of a sort, for every size and every slack of the bounds");
  for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
    for (double slack = 0; slack < 20; slack = slack * 10 + 0.001) {
      items all = new_items(sizes[s]);
      for (size_t i = 0; i < all.n; i++) {
        all.score[i] = uniform() * 2 - 1;
        all.tie[i] = (int64_t)random_u64();
      }
      check_order(&all, bounds(&all, slack), all.n + 1);
      free_items(&all);
    }
  }
}

static void test_ties(void) {
  check_begin("equal scores come by their tie");
  for (int values = 1; values < 6; values++) {
    items all = new_items(5000);
    for (size_t i = 0; i < all.n; i++) {
      all.score[i] = (double)(random_u64() % (uint64_t)values);
      all.tie[i] = (int64_t)(i * 7919 % 5000) - 2500;
    }
    check_order(&all, bounds(&all, 0.5), all.n + 1);
    free_items(&all);
  }
}

static void test_extremes(void) {
  check_begin("a score of minus infinity comes last, a bound of it not at all");
  items all = new_items(3000);
  for (size_t i = 0; i < all.n; i++) {
    all.score[i] = i % 7 == 0 ? -INFINITY : uniform();
    all.tie[i] = (int64_t)(all.n - i);
  }
  float *upper = bounds(&all, 0.1);
  for (size_t i = 0; i < all.n; i += 11) upper[i] = -INFINITY;
  check_order(&all, upper, all.n + 1);
  check_begin("bounds that are all equal, or infinite, still give the order");
  upper = new_upper(all.n);
  for (size_t i = 0; i < all.n; i++) upper[i] = 1;
  check_order(&all, upper, all.n + 1);
  upper = new_upper(all.n);
  for (size_t i = 0; i < all.n; i++) upper[i] = i % 3 ? INFINITY : 1;
  check_order(&all, upper, all.n + 1);
  check_begin("scores of very different size");
  for (size_t i = 0; i < all.n; i++)
    all.score[i] = ldexp(uniform(), (int)(random_u64() % 100)) * (i % 2 ? 1 : -1);
  check_order(&all, bounds(&all, 0), all.n + 1);
  free_items(&all);
}

static void test_million(void) {
  check_begin("ten of a million cost few exact scores");
  items all = new_items(1000000);
  for (size_t i = 0; i < all.n; i++) {
    all.score[i] = uniform();
    all.tie[i] = (int64_t)i;
  }
  check_order(&all, bounds(&all, 0.0001), 10);
  CHECK(all.asked < 2000);
  free_items(&all);
}

int main(void) {
  test_sizes();
  test_ties();
  test_extremes();
  test_million();
  return check_report();
}
