/* test_search.c - a search gives the order of the formula at the top of
 * core/index/fusion.c, computed in double precision over all vectors; and blocks that are
 * not what was written are refused. No database takes part. */
#include "search_world.h"

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

int main(void) {
  semantic_order();
  hybrid_order();
  lexical_order();
  damaged_slots();
  damaged_blocks();
  chunks_in_order();
  kept_codes();
  return check_report();
}
