/* test_search.c - a search gives the order of the formula at the top of
 * core/index/fusion.c, computed in double precision over all vectors; and blocks that are
 * not what was written are refused. No database takes part. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "biobert_vectors.h"
#include "check.h"
#include "random.h"

enum { MAX_PASSAGES = 4, FEEDBACK = 3 };

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
  size_t reads_left; /* SIZE_MAX: as many as are wanted */
} world;

/* Memory that can run out ------------------------------------------------------------ */

static bool may_allocate(world *w) {
  if (w->allocations_left == 0) return false;
  if (w->allocations_left > 0) w->allocations_left--;
  return true;
}

static void *allocate(void *ctx, size_t bytes) {
  world *w = ctx;
  if (!may_allocate(w)) return NULL;
  w->blocks_held++;
  return malloc(bytes);
}

static void *reallocate(void *ctx, void *block, size_t bytes) {
  world *w = ctx;
  if (!may_allocate(w)) return NULL;
  if (!block) w->blocks_held++;
  return realloc(block, bytes);
}

static void release(void *ctx, void *block) {
  world *w = ctx;
  if (block) w->blocks_held--;
  free(block);
}

/* Storage ---------------------------------------------------------------------------- */

static unsigned char *codes_of(const world *w, size_t row) {
  return w->codes + row * biobert_codes_bytes(w->n);
}

static unsigned char *full_of(const world *w, int64_t address) {
  return w->full +
         (size_t)(address / BIOBERT_FULL_SLOTS) * biobert_full_bytes(w->store, w->n);
}

static biobert_status scan(void *ctx, const biobert_query *query, float *estimate,
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

static biobert_status read_vector(void *ctx, int64_t address, float *vector,
                                  biobert_error *err) {
  world *w = ctx;
  if (w->reads_left == 0) {
    snprintf(err->message, sizeof err->message, "the disk is gone");
    return err->status = BIOBERT_IO;
  }
  if (w->reads_left != SIZE_MAX) w->reads_left--;
  biobert_full_get(w->store, w->n, address, full_of(w, address), vector);
  return BIOBERT_OK;
}

static float uniform(void) {
  return (float)(random_u64() >> 40) / 8388608.0f - 1;
}

static void make_vector(float *v, size_t n) {
  const bool zero = random_u64() % 40 == 0;
  for (size_t i = 0; i < n; i++) v[i] = zero ? 0 : uniform() + (i == 0);
}

static void put_vector(world *w, int64_t address, const float *vector) {
  float *stored = malloc(w->n * sizeof *stored);
  biobert_blocks_put(w->metric, w->store, w->n, address, vector,
                     codes_of(w, (size_t)(address / BIOBERT_CODES_SLOTS)),
                     full_of(w, address), stored);
  free(stored);
}

/* Documents of one to four passages, among dead slots. */
static void fill_chunk(world *w, int64_t chunk, biobert_slots *slots) {
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

static void open_world(world *w, biobert_metric metric, biobert_store store, size_t n,
                       size_t chunks) {
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

static void close_world(world *w) {
  biobert_collection_free(&w->collection);
  CHECK_INT(w->blocks_held, 0);
  free(w->codes);
  free(w->full);
}

/* The formula, once more ------------------------------------------------------------- */

typedef struct expected {
  int64_t id;
  double rank;
} expected;

static int by_rank(const void *x, const void *y) {
  const expected *a = x, *b = y;
  if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
  return a->id < b->id ? -1 : a->id > b->id;
}

/* Of a document's passages, exactly: the best, and hybrid mode's. */
static void similarities(world *w, const biobert_query *query, size_t document,
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
static void moments(world *w, const biobert_query *query, double *mean, double *deviation,
                    double *min) {
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

/* hits: bm25 of each document, NAN where there is none; NULL: no words. */
static expected *expect(world *w, const biobert_query *query, biobert_search_mode mode,
                        const double *bm25) {
  const size_t documents = w->collection.documents;
  expected *all = malloc((documents + 1) * sizeof *all);
  double mean = 0, deviation = 1, min = 0, best_bm25 = 0;
  if (mode == BIOBERT_HYBRID) moments(w, query, &mean, &deviation, &min);
  for (size_t d = 0; bm25 && d < documents; d++)
    if (bm25[d] < best_bm25) best_bm25 = bm25[d];
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
    all[d].rank = 1 - fused;
  }
  qsort(all, documents, sizeof *all, by_rank);
  return all;
}

/* The order ---------------------------------------------------------------------------
 */

static biobert_storage storage_of(world *w) {
  return (biobert_storage){scan, read_vector, w};
}

static void compare(world *w, const biobert_search_request *request,
                    const expected *wanted) {
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
    CHECK(found.rank == wanted[i].rank);
    CHECK_INT(biobert_search_find(s, found.id, &again, &there, &err), BIOBERT_OK);
    CHECK(there && again.rank == found.rank && again.address == found.address);
  }
  CHECK_INT(biobert_search_at(s, documents, &found, &more, &err), BIOBERT_OK);
  CHECK(!more);
  CHECK_INT(biobert_search_find(s, -1, &found, &there, &err), BIOBERT_OK);
  CHECK(!there);
  biobert_search_free(s);
}

static void semantic_order(void) {
  check_begin("by meaning the order is that of the distances to all vectors");
  for (int metric = 0; metric < BIOBERT_METRIC_COUNT; metric++)
    for (int store = 0; store < BIOBERT_STORE_COUNT; store++) {
      world w;
      float question[24];
      open_world(&w, (biobert_metric)metric, (biobert_store)store, 24, 3);
      make_vector(question, 24);
      biobert_query *query;
      biobert_error err;
      CHECK_INT(biobert_query_new(w.metric, question, 24, &query, &err), BIOBERT_OK);
      expected *wanted = expect(&w, query, BIOBERT_SEMANTIC, NULL);
      compare(&w,
              &(biobert_search_request){
                  .mode = BIOBERT_SEMANTIC, .metric = w.metric, .vector = question},
              wanted);
      free(wanted);
      biobert_query_free(query);
      close_world(&w);
    }
}

/* Words for about one document in three. */
static double *make_words(const world *w, biobert_hit *hits, size_t *count) {
  double *bm25 = malloc((w->collection.documents + 1) * sizeof *bm25);
  *count = 0;
  for (size_t d = 0; d < w->collection.documents; d++) {
    bm25[d] = random_u64() % 3 ? NAN : -1 - (double)(random_u64() % 100) / 7;
    if (!isnan(bm25[d])) hits[(*count)++] = (biobert_hit){w->collection.id[d], bm25[d]};
  }
  return bm25;
}

static void hybrid_order(void) {
  check_begin("a hybrid score is 0.6 z / 6 + 0.4 b");
  for (int metric = 0; metric < BIOBERT_METRIC_COUNT; metric++) {
    world w;
    float question[24];
    biobert_hit hits[2 * BIOBERT_CHUNK_SLOTS];
    size_t count;
    open_world(&w, (biobert_metric)metric, BIOBERT_STORE_F16, 24, 2);
    make_vector(question, 24);
    question[1] = 1; /* of a length */
    double *bm25 = make_words(&w, hits, &count);
    biobert_query *query;
    biobert_error err;
    CHECK_INT(biobert_query_new(w.metric, question, 24, &query, &err), BIOBERT_OK);
    expected *wanted = expect(&w, query, BIOBERT_HYBRID, bm25);
    biobert_search_request request = {.mode = BIOBERT_HYBRID,
                                      .metric = w.metric,
                                      .vector = question,
                                      .hits = hits,
                                      .hit_count = count};
    compare(&w, &request, wanted);
    free(wanted);
    free(bm25);
    biobert_query_free(query);
    close_world(&w);
  }
}

/* The question's vector, moved as Rocchio says toward the best three documents. */
static void move(world *w, const float *question, const double *bm25, float *moved) {
  const biobert_collection *c = &w->collection;
  biobert_query *query;
  biobert_error err;
  float v[24];
  double length = 0;
  CHECK_INT(biobert_query_new(w->metric, question, 24, &query, &err), BIOBERT_OK);
  expected *order = expect(w, query, BIOBERT_HYBRID, bm25);
  for (int i = 0; i < 24; i++) length += (double)question[i] * question[i];
  for (int i = 0; i < 24; i++) moved[i] = (float)(1 / sqrt(length) * question[i]);
  for (int best = 0; best < FEEDBACK; best++) {
    const size_t d = biobert_collection_find(&w->collection, order[best].id);
    uint32_t nearest = c->first[d];
    double max = -INFINITY, square = 0;
    for (uint32_t i = c->first[d]; i < c->first[d + 1]; i++) {
      biobert_full_get(w->store, w->n, c->address[i], full_of(w, c->address[i]), v);
      const double similarity = biobert_query_exact(query, v);
      if (similarity > max) nearest = i;
      if (similarity > max) max = similarity;
    }
    biobert_full_get(w->store, w->n, c->address[nearest], full_of(w, c->address[nearest]),
                     v);
    for (int i = 0; i < 24; i++) square += (double)v[i] * v[i];
    const double factor = 0.3 / FEEDBACK / sqrt(square);
    for (int i = 0; i < 24; i++) moved[i] += (float)(factor * v[i]);
  }
  free(order);
  biobert_query_free(query);
}

static void feedback_order(void) {
  check_begin("feedback ranks by the question moved toward the best three");
  world w;
  float question[24], moved[24];
  biobert_hit hits[2 * BIOBERT_CHUNK_SLOTS];
  size_t count;
  open_world(&w, BIOBERT_COSINE, BIOBERT_STORE_F32, 24, 2);
  for (int i = 0; i < 24; i++) question[i] = uniform() + 0.5f;
  double *bm25 = make_words(&w, hits, &count);
  move(&w, question, bm25, moved);
  biobert_query *query;
  biobert_error err;
  CHECK_INT(biobert_query_new(w.metric, moved, 24, &query, &err), BIOBERT_OK);
  expected *wanted = expect(&w, query, BIOBERT_HYBRID, bm25);
  biobert_search_request request = {.mode = BIOBERT_HYBRID,
                                    .metric = w.metric,
                                    .vector = question,
                                    .feedback = true,
                                    .hits = hits,
                                    .hit_count = count};
  compare(&w, &request, wanted);
  free(wanted);
  free(bm25);
  biobert_query_free(query);
  close_world(&w);
}

static void lexical_order(void) {
  check_begin("by words alone the order is that of BM25, of documents without a vector "
              "too");
  world w;
  const biobert_hit hits[] = {
      {3, -1.5},
      {7, -4  },
      {9, -1.5}
  };
  const int64_t order[] = {7, 3, 9};
  open_world(&w, BIOBERT_COSINE, BIOBERT_STORE_F32, 8, 1);
  const biobert_storage storage = storage_of(&w);
  biobert_search *s;
  biobert_error err;
  CHECK_INT(biobert_search_new(&w.collection, &storage,
                               &(biobert_search_request){
                                   .mode = BIOBERT_LEXICAL, .hits = hits, .hit_count = 3},
                               &s, &err),
            BIOBERT_OK);
  for (size_t i = 0; i < 3; i++) {
    biobert_result found;
    bool more;
    CHECK_INT(biobert_search_at(s, i, &found, &more, &err), BIOBERT_OK);
    CHECK(more && found.id == order[i] && found.rank == found.bm25);
    CHECK(isnan(found.distance) && found.passage == -1);
  }
  biobert_search_free(s);
  close_world(&w);
}

/* What goes wrong ---------------------------------------------------------------------
 */

static void damaged_slots(void) {
  check_begin(
      "slots with one wrong bit, of another chunk or of another size are refused");
  biobert_slots s = {.count = 5}, out;
  for (int slot = 0; slot < 5; slot++) biobert_slots_put(&s, slot, 100 + slot);
  biobert_slots_seal(7, &s);
  CHECK(biobert_slots_read(7, 5, s.live, sizeof s.live, s.ids, sizeof s.ids, &out));
  CHECK(!biobert_slots_read(8, 5, s.live, sizeof s.live, s.ids, sizeof s.ids, &out));
  CHECK(!biobert_slots_read(7, 6, s.live, sizeof s.live, s.ids, sizeof s.ids, &out));
  CHECK(!biobert_slots_read(7, -1, s.live, sizeof s.live, s.ids, sizeof s.ids, &out));
  CHECK(!biobert_slots_read(7, 257, s.live, sizeof s.live, s.ids, sizeof s.ids, &out));
  CHECK(!biobert_slots_read(-7, 5, s.live, sizeof s.live, s.ids, sizeof s.ids, &out));
  CHECK(!biobert_slots_read(7, 5, s.live, 31, s.ids, sizeof s.ids, &out));
  CHECK(!biobert_slots_read(7, 5, s.live, sizeof s.live, s.ids, 8, &out));
  CHECK(!biobert_slots_read(7, 5, NULL, sizeof s.live, s.ids, sizeof s.ids, &out));
  for (size_t bit = 0; bit < sizeof s.ids * 8; bit += 13) {
    s.ids[bit / 8] ^= (unsigned char)(1 << bit % 8);
    CHECK(!biobert_slots_read(7, 5, s.live, sizeof s.live, s.ids, sizeof s.ids, &out));
    s.ids[bit / 8] ^= (unsigned char)(1 << bit % 8);
  }
  biobert_slots_clear(&s, 2);
  CHECK(!biobert_slots_is_live(&s, 2) && biobert_slots_is_live(&s, 3));
  CHECK_INT(biobert_slots_id(&s, 2), 0);
}

static void damaged_blocks(void) {
  check_begin("a block that is damaged or missing ends the scan with its name");
  world w;
  float question[8] = {1}, *estimate;
  biobert_query *query;
  biobert_error err;
  open_world(&w, BIOBERT_COSINE, BIOBERT_STORE_F32, 8, 1);
  estimate = malloc((w.collection.vectors + 1) * sizeof *estimate);
  CHECK_INT(biobert_query_new(w.metric, question, 8, &query, &err), BIOBERT_OK);
  codes_of(&w, 2)[5] ^= 1;
  CHECK_INT(scan(&w, query, estimate, NULL, &err), BIOBERT_FORMAT);
  CHECK_STR(err.message, "a block of codes");
  codes_of(&w, 2)[5] ^= 1;
  CHECK_INT(scan(&w, query, estimate, NULL, &err), BIOBERT_OK);
  biobert_scan s = {&w.collection, query, estimate, NULL, 0};
  CHECK_INT(biobert_scan_block(&s, 1, codes_of(&w, 1), biobert_codes_bytes(8), &err),
            BIOBERT_FORMAT);
  CHECK_STR(err.message, "codes are missing");
  CHECK_INT(biobert_scan_end(&s, &err), BIOBERT_FORMAT);
  CHECK_INT(biobert_scan_block(&s, -1, codes_of(&w, 0), biobert_codes_bytes(8), &err),
            BIOBERT_FORMAT);
  CHECK_INT(biobert_scan_block(&s, 0, NULL, 0, &err), BIOBERT_FORMAT);
  free(estimate);
  biobert_query_free(query);
  close_world(&w);
}

static void chunks_in_order(void) {
  check_begin("chunks that do not rise are refused");
  world w;
  biobert_slots slots = {.count = 1};
  biobert_error err;
  open_world(&w, BIOBERT_COSINE, BIOBERT_STORE_F32, 8, 2);
  biobert_slots_put(&slots, 0, 1);
  CHECK_INT(biobert_collection_add(&w.collection, 1, &slots, &err), BIOBERT_FORMAT);
  CHECK_INT(biobert_collection_add(&w.collection, 0, &slots, &err), BIOBERT_FORMAT);
  CHECK_INT(biobert_collection_add(&w.collection, 9, &slots, &err), BIOBERT_OK);
  close_world(&w);
}

static void kept_codes(void) {
  check_begin("codes that are kept in memory give the estimates of their blocks");
  world w;
  float question[8] = {0.5f, -1};
  biobert_query *query;
  biobert_error err;
  open_world(&w, BIOBERT_DOT, BIOBERT_STORE_INT8, 8, 2);
  const biobert_collection *c = &w.collection;
  float *paged = malloc((c->vectors + 1) * sizeof *paged);
  float *kept = malloc((c->vectors + 1) * sizeof *kept);
  CHECK_INT(biobert_query_new(w.metric, question, 8, &query, &err), BIOBERT_OK);
  CHECK(biobert_collection_keep_codes(&w.collection));
  CHECK_INT(scan(&w, query, paged, NULL, &err), BIOBERT_OK);
  biobert_query_scan(query, c->codes, c->code, c->vectors, kept, NULL);
  CHECK(memcmp(paged, kept, c->vectors * sizeof *kept) == 0);
  free(paged);
  free(kept);
  biobert_query_free(query);
  close_world(&w);
}

static biobert_status all_results(world *w, const biobert_search_request *request,
                                  biobert_error *err) {
  const biobert_storage storage = storage_of(w);
  biobert_search *s = NULL;
  bool more = true;
  biobert_result found;
  biobert_status status = biobert_search_new(&w->collection, &storage, request, &s, err);
  for (size_t i = 0; more && !status; i++)
    status = biobert_search_at(s, i, &found, &more, err);
  if (!status) status = biobert_search_find(s, 12345, &found, &more, err);
  biobert_search_free(s);
  return status;
}

static void failures(void) {
  check_begin("a read that fails, or memory that runs out, ends a search with just that");
  world w;
  float question[8] = {1, 2, 3};
  biobert_hit hits[BIOBERT_CHUNK_SLOTS];
  size_t count;
  open_world(&w, BIOBERT_COSINE, BIOBERT_STORE_F32, 8, 1);
  free(make_words(&w, hits, &count));
  const biobert_search_request request = {.mode = BIOBERT_HYBRID,
                                          .vector = question,
                                          .feedback = true,
                                          .hits = hits,
                                          .hit_count = count};
  biobert_error err;
  for (size_t n = 0;; n += 7) {
    w.reads_left = n;
    biobert_status status = all_results(&w, &request, &err);
    if (status == BIOBERT_OK) break;
    CHECK_INT(status, BIOBERT_IO);
    CHECK_STR(err.message, "the disk is gone");
  }
  w.reads_left = SIZE_MAX;
  const int held = w.blocks_held;
  for (long n = 0;; n++) {
    w.allocations_left = n;
    biobert_status status = all_results(&w, &request, &err);
    w.allocations_left = -1;
    if (status == BIOBERT_OK) break;
    CHECK_INT(status, BIOBERT_NOMEM);
  }
  CHECK(w.blocks_held <= held + 1); /* the order by id is the collection's */
  close_world(&w);
}

int main(void) {
  semantic_order();
  hybrid_order();
  feedback_order();
  lexical_order();
  damaged_slots();
  damaged_blocks();
  chunks_in_order();
  kept_codes();
  failures();
  return check_report();
}
