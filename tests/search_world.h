/* search_world.h - a collection in memory, for the tests of core/index/search.c, and the
 * formula at the top of core/index/fusion.c once more: computed in double precision over
 * all vectors. */
#ifndef TESTS_SEARCH_WORLD_H
#define TESTS_SEARCH_WORLD_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "biobert_vectors.h"
#include "check.h"
#include "random.h"

enum { MAX_PASSAGES = 4 };

/* Of one collection and one search, everything; found by looking at all of it. */
typedef struct world {
  biobert_metric metric;
  biobert_store store;
  size_t n;
  biobert_collection collection;
  unsigned char *codes, *full; /* blocks, one after another */
  size_t rows;                 /* of codes; twice as many of full vectors */
  long allocations_left;       /* -1: as many as are wanted */
  int blocks_held;
  size_t reads_left;    /* SIZE_MAX: as many as are wanted */
  unsigned char *texts; /* of test_search_feedback.c; NULL: there are none */
} world;

/* Memory that can run out ------------------------------------------------------------ */

static inline bool may_allocate(world *w) {
  if (w->allocations_left == 0) return false;
  if (w->allocations_left > 0) w->allocations_left--;
  return true;
}

static inline void *allocate(void *ctx, size_t bytes) {
  world *w = ctx;
  if (!may_allocate(w)) return NULL;
  w->blocks_held++;
  return malloc(bytes);
}

static inline void *reallocate(void *ctx, void *block, size_t bytes) {
  world *w = ctx;
  if (!may_allocate(w)) return NULL;
  if (!block) w->blocks_held++;
  return realloc(block, bytes);
}

static inline void release(void *ctx, void *block) {
  world *w = ctx;
  if (block) w->blocks_held--;
  free(block);
}

/* Storage ---------------------------------------------------------------------------- */

static inline unsigned char *codes_of(const world *w, size_t row) {
  return w->codes + row * biobert_codes_bytes(w->n);
}

static inline unsigned char *full_of(const world *w, int64_t address) {
  return w->full +
         (size_t)(address / BIOBERT_FULL_SLOTS) * biobert_full_bytes(w->store, w->n);
}

static inline biobert_status scan(void *ctx, const biobert_query *query, float *estimate,
                                  float *error, biobert_error *err) {
  world *w = ctx;
  biobert_scan s = {&w->collection, query, estimate, error, 0};
  for (size_t row = 0; row < w->rows; row++) {
    biobert_status status = biobert_scan_block(&s, (int64_t)row, codes_of(w, row),
                                               biobert_codes_bytes(w->n), err);
    if (status) return status;
  }
  return biobert_scan_end(&s, err);
}

static inline biobert_status fail_read(world *w, biobert_error *err) {
  if (w->reads_left == 0) {
    snprintf(err->message, sizeof err->message, "the disk is gone");
    return err->status = BIOBERT_IO;
  }
  if (w->reads_left != SIZE_MAX) w->reads_left--;
  return BIOBERT_OK;
}

static inline biobert_status read_vector(void *ctx, int64_t address, float *vector,
                                         biobert_error *err) {
  world *w = ctx;
  if (fail_read(w, err)) return err->status;
  biobert_full_get(w->store, w->n, address, full_of(w, address), vector);
  return BIOBERT_OK;
}

/* Vectors ----------------------------------------------------------------------------- */

static inline float uniform(void) {
  return (float)(random_u64() >> 40) / 8388608.0f - 1;
}

static inline void make_vector(float *v, size_t n) {
  const bool zero = random_u64() % 40 == 0;
  for (size_t i = 0; i < n; i++) v[i] = zero ? 0 : uniform() + (i == 0);
}

static inline void put_vector(world *w, int64_t address, const float *vector) {
  float *stored = malloc(w->n * sizeof *stored);
  biobert_blocks_put(w->metric, w->store, w->n, address, vector,
                     codes_of(w, (size_t)(address / BIOBERT_CODES_SLOTS)),
                     full_of(w, address), stored);
  free(stored);
}

/* Documents of one to four passages, among dead slots. */
static inline void fill_chunk(world *w, int64_t chunk, biobert_slots *slots) {
  float *v = malloc(w->n * sizeof *v);
  *slots = (biobert_slots){.count = BIOBERT_CHUNK_SLOTS - 3};
  for (int slot = 0; slot < slots->count;) {
    const int64_t id = (int64_t)(random_u64() % 1000000) * 1000 + slot;
    const int passages = 1 + (int)(random_u64() % MAX_PASSAGES);
    for (int i = 0; i < passages && slot < slots->count; i++, slot++) {
      make_vector(v, w->n);
      put_vector(w, chunk * BIOBERT_CHUNK_SLOTS + slot, v);
      biobert_slots_put(slots, slot, id);
    }
    if (random_u64() % 8 == 0) slot++; /* deleted */
  }
  free(v);
}

static inline void open_world(world *w, biobert_metric metric, biobert_store store,
                              size_t n, size_t chunks) {
  static biobert_allocator allocator = {allocate, reallocate, release, NULL};
  *w = (world){.metric = metric,
               .store = store,
               .n = n,
               .allocations_left = -1,
               .reads_left = SIZE_MAX};
  allocator.ctx = w;
  w->collection.allocator = &allocator;
  w->collection.n = n;
  w->rows = chunks * BIOBERT_CHUNK_SLOTS / BIOBERT_CODES_SLOTS;
  w->codes = calloc(w->rows + 1, biobert_codes_bytes(n));
  w->full = calloc(w->rows * 2 + 1, biobert_full_bytes(store, n));
  for (size_t chunk = 0; chunk < chunks; chunk++) {
    biobert_slots slots;
    fill_chunk(w, (int64_t)chunk, &slots);
    biobert_error err;
    CHECK_INT(biobert_collection_add(&w->collection, (int64_t)chunk, &slots, &err),
              BIOBERT_OK);
  }
  for (size_t row = 0; row < w->rows; row++)
    biobert_block_seal((int64_t)row, codes_of(w, row), biobert_codes_bytes(n));
}

static inline void close_world(world *w) {
  biobert_collection_free(&w->collection);
  CHECK_INT(w->blocks_held, 0);
  free(w->codes);
  free(w->full);
  free(w->texts);
}

/* The formula, once more ------------------------------------------------------------- */

typedef struct expected {
  int64_t id;
  double rank;
} expected;

static inline int by_rank(const void *x, const void *y) {
  const expected *a = x, *b = y;
  if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
  return a->id < b->id ? -1 : a->id > b->id;
}

/* Of a document's passages, exactly: the best, and hybrid mode's. */
static inline void similarities(world *w, const biobert_query *query, size_t document,
                                double *best, double *both) {
  const biobert_collection *c = &w->collection;
  float *v = malloc(w->n * sizeof *v);
  double first = 0;
  *best = -INFINITY;
  for (uint32_t i = c->first[document]; i < c->first[document + 1]; i++) {
    biobert_full_get(w->store, w->n, c->address[i], full_of(w, c->address[i]), v);
    const double similarity = biobert_query_exact(query, v);
    if (i == c->first[document] && similarity != -INFINITY) first = similarity;
    if (similarity > *best) *best = similarity;
  }
  *both = (*best + first) / 2;
  free(v);
}

/* Mean and deviation run over the estimates. */
static inline void moments(world *w, const biobert_query *query, double *mean,
                           double *deviation, double *min) {
  const biobert_collection *c = &w->collection;
  float *estimate = malloc((c->vectors + 1) * sizeof *estimate);
  float *error = malloc((c->vectors + 1) * sizeof *error);
  biobert_error err;
  double sum = 0, squares = 0;
  CHECK_INT(scan(w, query, estimate, error, &err), BIOBERT_OK);
  for (size_t d = 0; d < c->documents; d++) {
    double best = -INFINITY;
    for (uint32_t i = c->first[d]; i < c->first[d + 1]; i++)
      best = estimate[i] > best ? estimate[i] : best;
    const double x = (best + estimate[c->first[d]]) / 2;
    sum += x;
    squares += x * x;
    *min = d == 0 || x < *min ? x : *min;
  }
  *mean = sum / (double)c->documents;
  *deviation = sqrt(squares / (double)c->documents - *mean * *mean);
  free(estimate);
  free(error);
}

/* The largest of a document's; 0: there is none. */
static inline double largest(const double *of_each, size_t documents) {
  double max = 0;
  for (size_t d = 0; of_each && d < documents; d++)
    if (of_each[d] > max) max = of_each[d];
  return max;
}

/* bm25: of each document, NAN where there is none; NULL: no words. feedback: the sum over
 * the words of feedback; NULL: there are none. */
static inline expected *expect_with(world *w, const biobert_query *query,
                                    biobert_search_mode mode, const double *bm25,
                                    const double *feedback) {
  const size_t documents = w->collection.documents;
  expected *all = malloc((documents + 1) * sizeof *all);
  double mean = 0, deviation = 1, min = 0, best_bm25 = 0;
  if (mode == BIOBERT_HYBRID) moments(w, query, &mean, &deviation, &min);
  for (size_t d = 0; bm25 && d < documents; d++)
    if (bm25[d] < best_bm25) best_bm25 = bm25[d];
  const double best_feedback = largest(feedback, documents);
  for (size_t d = 0; d < documents; d++) {
    double best, both;
    similarities(w, query, d, &best, &both);
    all[d].id = w->collection.id[d];
    if (mode == BIOBERT_SEMANTIC) {
      all[d].rank = biobert_similarity_distance(w->metric, best == -INFINITY ? -1 : best);
      continue;
    }
    if (best == -INFINITY) both = min;
    double fused = 0.6 / 6 / deviation * (both - mean);
    if (bm25 && !isnan(bm25[d])) fused += 0.4 * bm25[d] / best_bm25;
    if (best_feedback > 0) fused += 0.4 * 0.5 * feedback[d] / best_feedback;
    all[d].rank = 1 - fused;
  }
  qsort(all, documents, sizeof *all, by_rank);
  return all;
}

static inline expected *expect(world *w, const biobert_query *query,
                               biobert_search_mode mode, const double *bm25) {
  return expect_with(w, query, mode, bm25, NULL);
}

/* The order ---------------------------------------------------------------------------
 */

static inline biobert_storage storage_of(world *w) {
  return (biobert_storage){scan, read_vector, w};
}

/* Of sums of ten or fewer terms below 1, in another order of them; 0: the same order. */
static const double other_order = 1e-14;

static inline void compare_within(world *w, const biobert_search_request *request,
                                  const expected *wanted, double rounding) {
  const biobert_storage storage = storage_of(w);
  const size_t documents = w->collection.documents;
  biobert_search *s = NULL;
  biobert_error err = {0};
  if (!CHECK_INT(biobert_search_new(&w->collection, &storage, request, &s, &err),
                 BIOBERT_OK))
    return;
  CHECK_INT(biobert_search_count(s), documents);
  biobert_result found, again;
  bool more, there;
  for (size_t i = 0; i < documents; i++) {
    check_context("%s, %s, %s, position %zu", biobert_metric_names[w->metric],
                  biobert_store_names[w->store], biobert_search_mode_names[request->mode],
                  i);
    CHECK_INT(biobert_search_at(s, i, &found, &more, &err), BIOBERT_OK);
    CHECK(more);
    CHECK_INT(found.id, wanted[i].id);
    CHECK(fabs(found.rank - wanted[i].rank) <= rounding);
    CHECK_INT(biobert_search_find(s, found.id, &again, &there, &err), BIOBERT_OK);
    CHECK(there && again.rank == found.rank && again.address == found.address);
  }
  CHECK_INT(biobert_search_at(s, documents, &found, &more, &err), BIOBERT_OK);
  CHECK(!more);
  CHECK_INT(biobert_search_find(s, -1, &found, &there, &err), BIOBERT_OK);
  CHECK(!there);
  biobert_search_free(s);
}

static inline void compare(world *w, const biobert_search_request *request,
                           const expected *wanted) {
  compare_within(w, request, wanted, 0);
}

/* Words for about one document in three. */
static inline double *make_words(const world *w, biobert_hit *hits, size_t *count) {
  double *bm25 = malloc((w->collection.documents + 1) * sizeof *bm25);
  *count = 0;
  for (size_t d = 0; d < w->collection.documents; d++) {
    bm25[d] = random_u64() % 3 ? NAN : -1 - (double)(random_u64() % 100) / 7;
    if (!isnan(bm25[d])) hits[(*count)++] = (biobert_hit){w->collection.id[d], bm25[d]};
  }
  return bm25;
}

#endif
