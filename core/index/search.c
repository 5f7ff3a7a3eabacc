/* search.c - one order of a whole collection, computed as far as it is asked for.
 *
 * Items are all documents with a vector, then the documents that were found by words
 * alone. A scan of the codes bounds every item's score; ranking.c then asks for the exact
 * scores that the order needs, and only their vectors are read.
 *
 * With feedback there are two queries: the question's own, to which distances are, and
 * the moved one, which ranks; and two sorts of words: the question's, whose BM25 is shown,
 * and those of feedback, which only rank. A document that has these alone and no vector is
 * no item: feedback changes the order and not which rows there are. */
#include <float.h>
#include <math.h>

#include "base/mem.h"
#include "base/status.h"
#include "index/feedback_words.h"
#include "index/fusion.h"

const char *const biobert_search_mode_names[BIOBERT_SEARCH_MODE_COUNT] = {
    [BIOBERT_HYBRID] = "hybrid",
    [BIOBERT_SEMANTIC] = "semantic",
    [BIOBERT_LEXICAL] = "lexical",
};

/* Exact similarity of a document to a query. */
typedef struct exact_similarity {
  double best;     /* of its best passage */
  double document; /* bb_document_similarity() */
  uint32_t vector; /* the best passage's */
} exact_similarity;

/* Those of one query that have been computed. */
typedef struct exact_similarities {
  uint32_t *at; /* [items]: place in `all` + 1; 0: not computed yet */
  exact_similarity *all;
  size_t count, capacity;
} exact_similarities;

struct biobert_search {
  const biobert_allocator *allocator;
  biobert_collection *collection;
  biobert_storage storage;
  bb_fusion fusion;
  bool unscored;
  size_t documents; /* of the collection, that are items; 0: by words alone */
  size_t items;
  int64_t *id;                  /* [items] */
  double *bm25;                 /* [items], NAN: no word; NULL: no item has one */
  double *feedback;             /* [items], of words; NULL: there are none */
  biobert_query *query, *moved; /* NULL: there is none */
  exact_similarities to_query, to_moved;
  biobert_ranking *ranking;
};

/* Items ------------------------------------------------------------------------------ */

/* The item of a hit; one that has no vector is new. */
static size_t item_of_hit(biobert_search *s, int64_t id) {
  const size_t item =
      s->documents ? biobert_collection_find(s->collection, id) : SIZE_MAX;
  if (item != SIZE_MAX) return item;
  s->id[s->items] = id;
  return s->items++;
}

static bool take_items(biobert_search *s, const biobert_hit *hits, size_t count) {
  s->id = bb_alloc(s->allocator, s->documents + count, sizeof *s->id);
  if (!s->id) return false;
  if (s->documents) memcpy(s->id, s->collection->id, s->documents * sizeof *s->id);
  s->items = s->documents;
  if (count == 0) return true;
  s->bm25 = bb_alloc(s->allocator, s->documents + count, sizeof *s->bm25);
  if (!s->bm25) return false;
  for (size_t i = 0; i < s->documents; i++) s->bm25[i] = (double)NAN;
  for (size_t i = 0; i < count; i++) {
    s->bm25[item_of_hit(s, hits[i].id)] = hits[i].bm25;
    if (hits[i].bm25 < s->fusion.best_bm25) s->fusion.best_bm25 = hits[i].bm25;
  }
  return true;
}

/* Those found by words alone follow the documents, by rising id. */
static size_t find_hit(const biobert_search *s, int64_t id) {
  size_t low = s->documents, high = s->items;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (s->id[middle] < id)
      low = middle + 1;
    else
      high = middle;
  }
  return low < s->items && s->id[low] == id ? low : SIZE_MAX;
}

/* The item of an id, or SIZE_MAX. */
static size_t find_item(const biobert_search *s, int64_t id) {
  const size_t item =
      s->documents ? biobert_collection_find(s->collection, id) : SIZE_MAX;
  return item == SIZE_MAX ? find_hit(s, id) : item;
}

static double bm25_of(const biobert_search *s, size_t item) {
  return s->bm25 ? s->bm25[item] : (double)NAN;
}

static double score_of(const biobert_search *s, size_t item, double similarity) {
  const double feedback = s->feedback ? s->feedback[item] : 0;
  return bb_fusion_score(&s->fusion, similarity, bm25_of(s, item), feedback);
}

/* Whether similarities count: not by words alone. */
static bool by_meaning(const biobert_search *s) {
  return s->query && s->fusion.mode != BIOBERT_LEXICAL;
}

/* Exact scores ----------------------------------------------------------------------- */

static bool make_room(const biobert_search *s, exact_similarities *e) {
  e->at = bb_alloc_zeroed(s->allocator, s->items, sizeof *e->at);
  return e->at != NULL;
}

static void free_similarities(const biobert_search *s, exact_similarities *e) {
  bb_free(s->allocator, e->at);
  bb_free(s->allocator, e->all);
}

static biobert_status compute(const biobert_search *s, const biobert_query *query,
                              size_t item, float *vector, exact_similarity *out,
                              biobert_error *err) {
  const biobert_collection *c = s->collection;
  const uint32_t first = c->first[item], end = c->first[item + 1];
  double of_first = 0; /* where the first passage has no direction, as it is estimated */
  *out = (exact_similarity){.best = -INFINITY, .vector = first};
  for (uint32_t v = first; v < end; v++) {
    biobert_status status = s->storage.read(s->storage.ctx, c->address[v], vector, err);
    if (status) return status;
    const double similarity = biobert_query_exact(query, vector);
    if (v == first && similarity != -INFINITY) of_first = similarity;
    if (similarity > out->best) *out = (exact_similarity){similarity, 0, v};
  }
  out->document = bb_document_similarity(out->best, of_first);
  return BIOBERT_OK;
}

/* Of a document's passages to a query, each computed once. */
static biobert_status exact_similarity_of(const biobert_search *s,
                                          const biobert_query *query,
                                          exact_similarities *e, size_t item,
                                          exact_similarity *out, biobert_error *err) {
  if (e->at[item]) {
    *out = e->all[e->at[item] - 1];
    return BIOBERT_OK;
  }
  float *vector = bb_alloc(s->allocator, s->collection->n, sizeof *vector);
  if (!vector) return bb_no_memory(err, "vector");
  biobert_status status = compute(s, query, item, vector, out, err);
  bb_free(s->allocator, vector);
  if (status) return status;
  if (!bb_grow(s->allocator, (void **)&e->all, &e->capacity, e->count, sizeof *e->all))
    return bb_no_memory(err, "ranking");
  e->all[e->count++] = *out;
  e->at[item] = (uint32_t)e->count;
  return BIOBERT_OK;
}

static biobert_status exact_score(void *ctx, uint32_t item, double *score,
                                  biobert_error *err) {
  biobert_search *s = ctx;
  double similarity = -INFINITY;
  if (by_meaning(s) && item < s->documents) {
    exact_similarity exact;
    biobert_status status =
        exact_similarity_of(s, s->moved ? s->moved : s->query,
                            s->moved ? &s->to_moved : &s->to_query, item, &exact, err);
    if (status) return status;
    similarity = s->fusion.mode == BIOBERT_HYBRID ? exact.document : exact.best;
  }
  *score = score_of(s, item, similarity);
  return BIOBERT_OK;
}

/* Bounds ----------------------------------------------------------------------------- */

/* Branch-free: the branch would be unpredictable. A float's rounding is below 2^-24 of
 * it. What is not a number is no bound. */
static float round_up(double x) {
  float bound = (float)(x + fabs(x) * 0x1p-23 + FLT_MIN);
  return bound == bound ? bound : INFINITY;
}

static float bound_of(const biobert_search *s, size_t item, double similarity) {
  return round_up(score_of(s, item, similarity));
}

/* The similarity of a document at most. */
static double max_similarity(const biobert_search *s, size_t item, const float *estimate,
                             const float *error) {
  const uint32_t first = s->collection->first[item], end = s->collection->first[item + 1];
  double best = -INFINITY, of_first = 0;
  for (uint32_t v = first; v < end; v++) {
    const double bound = (double)estimate[v] + error[v];
    if (bound > best) best = bound;
    if (v == first) of_first = bound;
  }
  return s->fusion.mode == BIOBERT_HYBRID ? bb_document_similarity(best, of_first) : best;
}

/* The same where a document has one vector and similarities alone decide: upper has what
 * they are at most, and becomes the scores' bounds. */
static void bound_by_similarity(const biobert_search *s, float *upper) {
  if (s->fusion.metric->unit) /* the same, without a call for each item */
    for (size_t i = 0; i < s->items; i++) upper[i] = upper[i] < 1 ? upper[i] - 1 : 0;
  else
    for (size_t i = 0; i < s->items; i++) upper[i] = bound_of(s, i, (double)upper[i]);
}

static biobert_status scan_similarities(const biobert_search *s,
                                        const biobert_query *query, float *upper,
                                        biobert_error *err) {
  biobert_status status = s->storage.scan(s->storage.ctx, query, upper, NULL, err);
  if (!status) bound_by_similarity(s, upper);
  return status;
}

/* estimate, error: [vectors] of scratch. */
static biobert_status scan_bounds(biobert_search *s, const biobert_query *query,
                                  float *estimate, float *error, float *upper,
                                  biobert_error *err) {
  if (query) {
    biobert_status status = s->storage.scan(s->storage.ctx, query, estimate, error, err);
    if (status) return status;
    if (s->fusion.mode == BIOBERT_HYBRID)
      bb_fusion_standardize(&s->fusion, s->collection, estimate);
  }
  const size_t documents = by_meaning(s) ? s->documents : 0;
  for (size_t i = 0; i < s->items; i++)
    upper[i] = bound_of(
        s, i, i < documents ? max_similarity(s, i, estimate, error) : -(double)INFINITY);
  return BIOBERT_OK;
}

static biobert_status make_bounds(biobert_search *s, const biobert_query *query,
                                  float *upper, biobert_error *err) {
  const size_t vectors = query ? s->collection->vectors : 0;
  if (query && s->fusion.mode == BIOBERT_SEMANTIC && vectors == s->items)
    return scan_similarities(s, query, upper, err);
  float *estimate = bb_alloc(s->allocator, vectors, sizeof *estimate);
  float *error = bb_alloc(s->allocator, vectors, sizeof *error);
  biobert_status status = estimate && error
                              ? scan_bounds(s, query, estimate, error, upper, err)
                              : bb_no_memory(err, "ranking");
  bb_free(s->allocator, estimate);
  bb_free(s->allocator, error);
  return status;
}

/* Scans the codes with a query and makes the ranking anew. */
static biobert_status rank(biobert_search *s, const biobert_query *query,
                           biobert_error *err) {
  float *upper = bb_alloc(s->allocator, s->items, sizeof *upper);
  if (!upper) return bb_no_memory(err, "ranking");
  biobert_status status = make_bounds(s, query, upper, err);
  if (status) {
    bb_free(s->allocator, upper);
    return status;
  }
  biobert_ranking_free(s->ranking);
  s->ranking = NULL;
  return biobert_ranking_new(s->allocator, upper, s->id, s->items, &s->ranking, err);
}

/* Feedback --------------------------------------------------------------------------- */

/* The best documents; of an identifier only those that have it. */
static biobert_status best_documents(biobert_search *s,
                                     uint32_t items[BB_FEEDBACK_DOCUMENTS], int *count,
                                     biobert_error *err) {
  *count = 0;
  for (size_t position = 0; *count < BB_FEEDBACK_DOCUMENTS; position++) {
    uint32_t item;
    double score;
    bool found;
    biobert_status status = biobert_ranking_at(s->ranking, position, exact_score, s,
                                               &item, &score, &found, err);
    if (status) return status;
    if (!found || (s->fusion.literal && isnan(s->bm25[item]))) break;
    if (item < s->documents) items[(*count)++] = item;
  }
  return BIOBERT_OK;
}

/* Adds a document's best passage, weighted, to the sum. vector: [n] of scratch. */
static biobert_status add_document(biobert_search *s, uint32_t item, double weight,
                                   float *vector, float *sum, biobert_error *err) {
  exact_similarity exact;
  biobert_status status =
      exact_similarity_of(s, s->query, &s->to_query, item, &exact, err);
  if (!status)
    status = s->storage.read(s->storage.ctx, s->collection->address[exact.vector], vector,
                             err);
  if (!status) bb_feedback_add(sum, vector, s->collection->n, weight);
  return status;
}

/* sum, vector: [n] of scratch, the sum of zeros. */
static biobert_status move_query(biobert_search *s, const biobert_search_request *request,
                                 float *sum, float *vector, biobert_error *err) {
  uint32_t items[BB_FEEDBACK_DOCUMENTS];
  int count;
  biobert_status status = best_documents(s, items, &count, err);
  if (status || count == 0) return status;
  const size_t n = s->collection->n;
  if (!s->fusion.literal) bb_feedback_add(sum, request->vector, n, 1);
  for (int i = 0; i < count && !status; i++)
    status = add_document(s, items[i], bb_feedback_weight / count, vector, sum, err);
  if (status) return status;
  return biobert_query_new(request->metric, sum, n, &s->moved, err);
}

static biobert_status feed_back_vectors(biobert_search *s,
                                        const biobert_search_request *request,
                                        biobert_error *err) {
  float *sum = bb_alloc_zeroed(s->allocator, s->collection->n, sizeof *sum);
  float *vector = bb_alloc(s->allocator, s->collection->n, sizeof *vector);
  biobert_status status = sum && vector ? move_query(s, request, sum, vector, err)
                                        : bb_no_memory(err, "query");
  bb_free(s->allocator, sum);
  bb_free(s->allocator, vector);
  if (status || !s->moved) return status;
  return make_room(s, &s->to_moved) ? BIOBERT_OK : bb_no_memory(err, "ranking");
}

static biobert_status add_text(const biobert_search *s, const biobert_lexicon *lexicon,
                               uint32_t item, double share, bb_feedback_words *f,
                               biobert_error *err) {
  char *text = NULL;
  size_t bytes = 0;
  biobert_status status = lexicon->text(lexicon->ctx, s->id[item], &text, &bytes, err);
  if (status) return status;
  const bool kept = bb_feedback_words_add(f, (biobert_str){text, bytes}, share);
  bb_free(s->allocator, text);
  return kept ? BIOBERT_OK : bb_no_memory(err, "words");
}

/* The words of the best documents, without the question's own. */
static biobert_status collect_words(biobert_search *s,
                                    const biobert_search_request *request,
                                    bb_feedback_words *f, biobert_error *err) {
  double best = 0;
  for (size_t position = 0; position < BB_FEEDBACK_TEXTS; position++) {
    uint32_t item;
    double score;
    bool found;
    biobert_status status = biobert_ranking_at(s->ranking, position, exact_score, s,
                                               &item, &score, &found, err);
    if (status) return status;
    if (!found) break;
    if (position == 0) best = score;
    const double share = bb_feedback_share(best - score);
    if (share == 0) break;
    status = add_text(s, request->lexicon, item, share, f, err);
    if (status) return status;
  }
  return bb_feedback_words_leave_out(f, request->question) ? BIOBERT_OK
                                                           : bb_no_memory(err, "words");
}

/* Documents that are no items stay none. */
static void add_word(biobert_search *s, double weight, const int64_t *ids, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const size_t item = find_item(s, ids[i]);
    if (item == SIZE_MAX) continue;
    s->feedback[item] += weight;
    if (s->feedback[item] > s->fusion.best_feedback)
      s->fusion.best_feedback = s->feedback[item];
  }
}

static biobert_status take_word(biobert_search *s, const biobert_lexicon *lexicon,
                                const bb_feedback_word *word, biobert_error *err) {
  size_t count = word->documents;
  int64_t *ids = bb_alloc(s->allocator, count, sizeof *ids);
  if (!ids) return bb_no_memory(err, "words");
  biobert_status status = lexicon->find(lexicon->ctx, word->word, ids, &count, err);
  if (!status)
    add_word(s, bb_feedback_word_weight(word->documents, s->documents), ids, count);
  bb_free(s->allocator, ids);
  return status;
}

static biobert_status feed_back_words(biobert_search *s, const biobert_lexicon *lexicon,
                                      bb_feedback_words *f, biobert_error *err) {
  bb_feedback_word words[BB_FEEDBACK_WORDS];
  size_t count;
  biobert_status status =
      bb_feedback_words_choose(f, s->documents, lexicon, words, &count, err);
  if (status || count == 0) return status;
  s->feedback = bb_alloc_zeroed(s->allocator, s->items, sizeof *s->feedback);
  if (!s->feedback) return bb_no_memory(err, "ranking");
  for (size_t i = 0; i < count && !status; i++)
    status = take_word(s, lexicon, &words[i], err);
  return status;
}

/* Both steps look at the first order, which depends on s->moved and s->feedback: words
 * are collected before the one is set, and become the other after that. */
static biobert_status feed_back(biobert_search *s, const biobert_search_request *request,
                                biobert_error *err) {
  bb_feedback_words words = {.allocator = s->allocator};
  const bool has_words = request->lexicon && !request->identifier;
  biobert_status status = has_words ? collect_words(s, request, &words, err) : BIOBERT_OK;
  if (!status && s->fusion.metric->feedback) status = feed_back_vectors(s, request, err);
  if (!status && has_words) status = feed_back_words(s, request->lexicon, &words, err);
  bb_feedback_words_free(&words);
  if (status || (!s->moved && !s->feedback)) return status;
  return rank(s, s->moved ? s->moved : s->query, err);
}

/* Making one ------------------------------------------------------------------------- */

static biobert_status build(biobert_search *s, const biobert_search_request *request,
                            biobert_error *err) {
  biobert_status status = BIOBERT_OK;
  if (request->vector && s->collection->n)
    status = biobert_query_new(request->metric, request->vector, s->collection->n,
                               &s->query, err);
  if (status) return status;
  s->documents = s->query ? s->collection->documents : 0;
  if (!take_items(s, request->hits, request->hit_count) || !make_room(s, &s->to_query))
    return bb_no_memory(err, "ranking");
  s->fusion.literal = request->identifier && s->bm25;
  status = rank(s, s->query, err);
  const bool feeds_back =
      request->feedback && request->mode == BIOBERT_HYBRID && s->query;
  return status || !feeds_back ? status : feed_back(s, request, err);
}

biobert_status biobert_search_new(biobert_collection *collection,
                                  const biobert_storage *storage,
                                  const biobert_search_request *request,
                                  biobert_search **out, biobert_error *err) {
  biobert_search *s = bb_alloc_zeroed(collection->allocator, 1, sizeof *s);
  if (!s) return bb_no_memory(err, "ranking");
  s->allocator = collection->allocator;
  s->collection = collection;
  s->storage = *storage;
  s->unscored = request->unscored;
  s->fusion.mode = request->mode;
  s->fusion.metric = bb_metric_of(request->metric);
  biobert_status status = build(s, request, err);
  if (status) {
    biobert_search_free(s);
    return status;
  }
  *out = s;
  return BIOBERT_OK;
}

void biobert_search_free(biobert_search *s) {
  if (!s) return;
  biobert_query_free(s->query);
  biobert_query_free(s->moved);
  biobert_ranking_free(s->ranking);
  free_similarities(s, &s->to_query);
  free_similarities(s, &s->to_moved);
  bb_free(s->allocator, s->id);
  bb_free(s->allocator, s->bm25);
  bb_free(s->allocator, s->feedback);
  bb_free(s->allocator, s);
}

/* Results ---------------------------------------------------------------------------- */

static biobert_status fill_result(biobert_search *s, size_t item, double score,
                                  biobert_result *out, biobert_error *err) {
  *out = (biobert_result){.id = s->id[item],
                          .rank = -score,
                          .distance = (double)NAN,
                          .bm25 = s->unscored ? (double)NAN : bm25_of(s, item),
                          .passage = -1};
  if (item >= s->documents) return BIOBERT_OK;
  exact_similarity exact;
  biobert_status status =
      exact_similarity_of(s, s->query, &s->to_query, item, &exact, err);
  if (status) return status;
  if (exact.best != -INFINITY) out->distance = s->fusion.metric->to_distance(exact.best);
  out->passage = (int)(exact.vector - s->collection->first[item]);
  out->address = s->collection->address[exact.vector];
  return BIOBERT_OK;
}

biobert_status biobert_search_at(biobert_search *s, size_t position, biobert_result *out,
                                 bool *found, biobert_error *err) {
  uint32_t item;
  double score;
  biobert_status status =
      biobert_ranking_at(s->ranking, position, exact_score, s, &item, &score, found, err);
  if (status || !*found) return status;
  return fill_result(s, item, score, out, err);
}

biobert_status biobert_search_find(biobert_search *s, int64_t id, biobert_result *out,
                                   bool *found, biobert_error *err) {
  const size_t item = find_item(s, id);
  *found = item != SIZE_MAX;
  if (!*found) return BIOBERT_OK;
  double score;
  biobert_status status = exact_score(s, (uint32_t)item, &score, err);
  return status ? status : fill_result(s, item, score, out, err);
}

size_t biobert_search_count(const biobert_search *s) {
  return s->items;
}
