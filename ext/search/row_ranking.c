/* row_ranking.c - one ranking over the whole index.
 *
 * semantic   score = similarity
 * lexical    score = BM25 of the rows that have a word
 * hybrid     score = 0.6 z / 6 + 0.4 b,   z = (similarity - mean) / deviation over all
 * rows, b = BM25 / best BM25 of this query; the similarity here is the mean of the best
 * and the first passage's The standard score makes the rule right for every model:
 * cosines of a sentence model around 0.2, of a raw BERT around 0.9, and inner products in
 * the sixties end on one scale. Mean and deviation run over the estimates of all rows,
 * never over what a filter left, so a row's rank depends on the query and the index
 * alone. A question that is nothing but an identifier (a DOI, a PMID, a trial's number)
 * is near to nothing: where it occurs, words decide alone, and feedback takes the vectors
 * of the papers that have it in place of the question's. Then one step of feedback: the
 * query vector is moved by 0.3 times the mean of the best three, and everything is scored
 * once more (Rocchio 1971; weights chosen leaving one collection out at a time).
 *
 * In every mode a score is known exactly only for rows that the order needs
 * (biobert_vectors.h); the vectors of others are not read. */
#include "search/vtab.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const double semantic_weight = 0.6 / 6, lexical_weight = 0.4,
                    feedback_weight = 0.3;
/* Of the similarity where an identifier occurs: enough to order what words leave equal.
 */
static const double identifier_weight = 1e-3;
enum {
  FEEDBACK_ROWS = 3,
  LOWEST_COSINE = -1,
  ITEM_BYTES = 48, /* about, with its places in the heap and the order */
};

/* Exact similarity of an item: its best passage's. */
typedef struct known {
  double similarity;
  double whole; /* what hybrid mode ranks by: document_similarity() */
  uint32_t slot;
} known;

/* Of the few items for which it was computed. */
typedef struct known_items {
  uint32_t *at; /* [items]: place in `all` + 1; 0: not known yet */
  known *all;
  uint32_t count, capacity;
} known_items;

struct search {
  int owners;
  index_table *table;
  search_mode mode;
  mirror *mirror;
  size_t items;         /* documents of the mirror, then rows found by words alone */
  int64_t *id;          /* [items] */
  double *bm25;         /* [items], NAN: no word of the query; NULL: no item has one */
  double best_bm25;     /* the smallest, or 0 */
  bool every;           /* rows without a question: bm25 is not one */
  bool identifier;      /* the question is one */
  biobert_query *query; /* what distance is to; NULL: lexical */
  biobert_query *moved; /* after feedback, what ranks; NULL: the query does */
  known_items known_query, known_moved;
  double mean, factor, lowest; /* of the standard score; lowest: the least similarity */
  biobert_ranking *ranking;
  bool complete; /* everything is known: the tables are not needed any more */
  int code;      /* why a score could not be had */
};

/* Words ------------------------------------------------------------------------------ */

typedef struct hit {
  sqlite3_int64 id;
  double bm25;
} hit;

static int find_words(index_table *t, const search_request *r, hit **out, size_t *count) {
  sqlite3_stmt *s;
  size_t capacity = 0;
  *out = NULL;
  *count = 0;
  if (!r->every && (!r->words || !*r->words)) return SQLITE_OK;
  int rc = schema_statement(t, r->every ? STMT_WORDS_ALL : STMT_FTS_MATCH, &s);
  if (rc == SQLITE_OK && !r->every)
    rc = sqlite3_bind_text(s, 1, r->words, -1, SQLITE_TRANSIENT);
  if (rc != SQLITE_OK) return rc;
  while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
    if (*count == capacity) {
      capacity = capacity ? capacity * 2 : 256;
      hit *grown = sqlite3_realloc64(*out, capacity * sizeof *grown);
      if (!grown) {
        sqlite3_reset(s);
        return SQLITE_NOMEM;
      }
      *out = grown;
    }
    (*out)[(*count)++] = (hit){sqlite3_column_int64(s, 0), sqlite3_column_double(s, 1)};
  }
  rc = sqlite3_reset(s);
  if (rc != SQLITE_OK && rc != SQLITE_NOMEM && rc != SQLITE_INTERRUPT)
    table_error(t, rc, "%s", sqlite3_errmsg(t->db));
  sqlite3_clear_bindings(s);
  return rc;
}

/* Items: all documents with a vector, then the hits without one. */
static int take_items(search *s, const hit *hits, size_t count) {
  mirror *m = s->mirror;
  size_t documents = s->query ? m->documents : 0;
  s->id = sqlite3_malloc64((documents + count + 1) * sizeof *s->id);
  if (!s->id) return SQLITE_NOMEM;
  if (documents) memcpy(s->id, m->id, documents * sizeof *s->id);
  s->items = documents;
  if (count == 0) return SQLITE_OK;
  s->bm25 = sqlite3_malloc64((documents + count) * sizeof *s->bm25);
  if (!s->bm25) return SQLITE_NOMEM;
  for (size_t i = 0; i < documents; i++) s->bm25[i] = NAN;
  for (size_t i = 0; i < count; i++) {
    size_t at = documents ? mirror_find(m, hits[i].id) : SIZE_MAX;
    if (at == SIZE_MAX) {
      at = s->items++;
      s->id[at] = hits[i].id;
    }
    s->bm25[at] = hits[i].bm25;
    if (hits[i].bm25 < s->best_bm25) s->best_bm25 = hits[i].bm25;
  }
  return SQLITE_OK;
}

/* Scores ----------------------------------------------------------------------------- */

static double words_part(const search *s, size_t item) {
  if (!s->bm25 || isnan(s->bm25[item]) || s->best_bm25 >= 0) return 0;
  return lexical_weight * s->bm25[item] / s->best_bm25;
}

/* The score of a similarity is minus the rank that is shown, rounded as it is: so rows
 * whose ranks are equal come by rowid. A row without a direction has the largest
 * distance, in hybrid mode the lowest similarity that there is. */
static double score_of(const search *s, size_t item, double similarity) {
  if (s->mode == MODE_LEXICAL) return -s->bm25[item];
  if (similarity == -INFINITY)
    similarity = s->mode == MODE_SEMANTIC ? LOWEST_COSINE : s->lowest;
  if (s->mode == MODE_SEMANTIC)
    return -biobert_similarity_distance(s->table->config.metric, similarity);
  double fused = s->factor * (similarity - s->mean) + words_part(s, item);
  return -(1 - fused);
}

static int keep_known(known_items *k, size_t item, known value) {
  if (k->count == k->capacity) {
    uint32_t larger = k->capacity ? k->capacity * 2 : 256;
    known *grown = sqlite3_realloc64(k->all, larger * sizeof *grown);
    if (!grown) return SQLITE_NOMEM;
    k->all = grown;
    k->capacity = larger;
  }
  k->all[k->count++] = value;
  k->at[item] = k->count;
  return SQLITE_OK;
}

/* A document's similarity from its best passage's and its first one's. The best of many
 * is high by chance; the first, the title and the beginning, stands for the whole. Their
 * mean is better than either on both collections of tests/recall (semantic alone +.003
 * and +.003, hybrid +.001 and
 * +.004 nDCG@10), and the same where there is one passage. */
static double document_similarity(double best, double first) {
  return (best + first) / 2;
}

/* Best passage of a document, exactly; kept. */
static int know(search *s, const biobert_query *probe, known_items *k, size_t item,
                known *out) {
  if (k->at[item]) {
    *out = k->all[k->at[item] - 1];
    return SQLITE_OK;
  }
  index_table *t = s->table;
  mirror *m = s->mirror;
  float *vector = sqlite3_malloc64(m->dimension * sizeof *vector);
  if (!vector) return SQLITE_NOMEM;
  known best = {-INFINITY, -INFINITY, m->first[item]};
  double first = 0; /* of a passage without a direction, as it is estimated */
  int rc = SQLITE_OK;
  for (uint32_t slot = m->first[item]; slot < m->first[item + 1] && rc == SQLITE_OK;
       slot++) {
    rc = index_read_vector(t, m->address[slot], m->dimension, vector);
    if (rc != SQLITE_OK) break;
    double similarity = biobert_query_exact(probe, vector);
    if (slot == m->first[item] && similarity != -INFINITY) first = similarity;
    if (similarity > best.similarity) best = (known){similarity, 0, slot};
  }
  sqlite3_free(vector);
  best.whole = document_similarity(best.similarity, first);
  *out = best;
  return rc == SQLITE_OK ? keep_known(k, item, best) : rc;
}

static biobert_status exact_score(void *ctx, uint32_t item, double *score,
                                  biobert_error *err) {
  search *s = ctx;
  double similarity = -INFINITY;
  if (s->query && item < s->mirror->documents && s->mode != MODE_LEXICAL) {
    known best;
    s->code = know(s, s->moved ? s->moved : s->query,
                   s->moved ? &s->known_moved : &s->known_query, item, &best);
    if (s->code != SQLITE_OK) return result_fail(err, BIOBERT_FORMAT, "a score");
    similarity = s->mode == MODE_HYBRID ? best.whole : best.similarity;
  }
  *score = score_of(s, item, similarity);
  return BIOBERT_OK;
}

/* Estimates to bounds ---------------------------------------------------------------- */

/* Mean and deviation of the documents' estimates. */
static void standardize(search *s, const float *estimate) {
  const mirror *m = s->mirror;
  double sum = 0, squares = 0;
  s->lowest = 0;
  for (size_t i = 0; i < m->documents; i++) {
    double best = estimate[m->first[i]];
    for (uint32_t slot = m->first[i] + 1; slot < m->first[i + 1]; slot++)
      if (estimate[slot] > best) best = estimate[slot];
    best = document_similarity(best, estimate[m->first[i]]);
    sum += best;
    squares += best * best;
    if (i == 0 || best < s->lowest) s->lowest = best;
  }
  double n = m->documents ? (double)m->documents : 1;
  s->mean = sum / n;
  double variance = squares / n - s->mean * s->mean;
  s->factor = variance > 1e-12 ? semantic_weight / sqrt(variance) : 0;
  if (s->identifier && s->bm25) s->factor *= identifier_weight;
}

/* Without a branch, which would be a coin's toss: a float's rounding is below 2^-24 of
 * it. What is not a number is no bound. */
static float round_up(double x) {
  float bound = (float)(x + fabs(x) * 0x1p-23 + FLT_MIN);
  return bound == bound ? bound : INFINITY;
}

static void bound_items(const search *s, const float *estimate, const float *error,
                        float *upper) {
  const mirror *m = s->mirror;
  size_t documents = s->query && s->mode != MODE_LEXICAL ? m->documents : 0;
  for (size_t i = 0; i < documents; i++) {
    double best = -INFINITY, first = 0;
    for (uint32_t slot = m->first[i]; slot < m->first[i + 1]; slot++) {
      double bound = (double)estimate[slot] + error[slot];
      if (bound > best) best = bound;
      if (slot == m->first[i]) first = bound;
    }
    if (s->mode == MODE_HYBRID) best = document_similarity(best, first);
    upper[i] = round_up(score_of(s, i, best));
  }
  for (size_t i = documents; i < s->items; i++)
    upper[i] = round_up(score_of(s, i, -INFINITY));
}

static int start_ranking(search *s, float *upper) {
  biobert_error err;
  biobert_ranking_free(s->ranking);
  s->ranking = NULL;
  return biobert_ranking_new(&sqlite_allocator, upper, s->id, s->items, &s->ranking, &err)
             ? SQLITE_NOMEM
             : SQLITE_OK;
}

/* Where a document has one vector, the scan's bounds are its own. */
static int rank_similarities(search *s, const biobert_query *probe) {
  float *upper = sqlite3_malloc64((s->items + 1) * sizeof *upper);
  if (!upper) return SQLITE_NOMEM;
  int rc = mirror_scan(s->table, s->mirror, probe, upper, NULL);
  if (s->table->config.metric == BIOBERT_COSINE) /* the same, without a call a row */
    for (size_t i = 0; rc == SQLITE_OK && i < s->items; i++)
      upper[i] = upper[i] < 1 ? upper[i] - 1 : 0;
  else
    for (size_t i = 0; rc == SQLITE_OK && i < s->items; i++)
      upper[i] = round_up(score_of(s, i, (double)upper[i]));
  if (rc == SQLITE_OK) return start_ranking(s, upper);
  sqlite3_free(upper);
  return rc;
}

/* Scans the codes with a probe and makes the ranking anew. */
static int rank(search *s, const biobert_query *probe) {
  if (probe && s->mode == MODE_SEMANTIC && s->mirror->slots == s->items)
    return rank_similarities(s, probe);
  size_t slots = probe ? s->mirror->slots : 0;
  float *estimate = sqlite3_malloc64((slots + 1) * sizeof *estimate);
  float *error = sqlite3_malloc64((slots + 1) * sizeof *error);
  float *upper = sqlite3_malloc64((s->items + 1) * sizeof *upper);
  int rc = estimate && error && upper ? SQLITE_OK : SQLITE_NOMEM;
  if (rc == SQLITE_OK && probe)
    rc = mirror_scan(s->table, s->mirror, probe, estimate, error);
  if (rc == SQLITE_OK) {
    if (s->mode == MODE_HYBRID && probe) standardize(s, estimate);
    bound_items(s, estimate, error, upper);
    rc = start_ranking(s, upper);
    upper = NULL; /* the ranking's now */
  }
  sqlite3_free(estimate);
  sqlite3_free(error);
  sqlite3_free(upper);
  return rc;
}

/* Feedback --------------------------------------------------------------------------- */

static void add_unit(float *sum, const float *v, size_t n, double weight) {
  double square = 0;
  for (size_t i = 0; i < n; i++) square += (double)v[i] * v[i];
  double factor = square > 0 ? weight / sqrt(square) : 0;
  for (size_t i = 0; i < n; i++) sum[i] += (float)(factor * v[i]);
}

/* The code of a ranking that failed: that of its score, or no memory. */
static int ranking_failed(search *s) {
  int code = s->code != SQLITE_OK ? s->code : SQLITE_NOMEM;
  s->code = SQLITE_OK;
  return code;
}

/* The query moved toward the vectors of the best rows. */
static int move_query(search *s, const float *query, biobert_query **out) {
  size_t n = s->mirror->dimension;
  float *sum = sqlite3_malloc64(n * sizeof *sum),
        *vector = sqlite3_malloc64(n * sizeof *sum);
  int rc = sum && vector ? SQLITE_OK : SQLITE_NOMEM, rows = 0;
  uint32_t items[FEEDBACK_ROWS];
  bool literal = s->identifier && s->bm25;
  for (size_t position = 0; rc == SQLITE_OK && rows < FEEDBACK_ROWS; position++) {
    uint32_t item;
    double score;
    bool found;
    biobert_error err;
    if (biobert_ranking_at(s->ranking, position, exact_score, s, &item, &score, &found,
                           &err))
      rc = ranking_failed(s);
    if (rc != SQLITE_OK || !found) break;
    if (literal && isnan(s->bm25[item])) break;
    if (item < s->mirror->documents) items[rows++] = item;
  }
  *out = NULL;
  if (rc == SQLITE_OK && rows) {
    memset(sum, 0, n * sizeof *sum);
    if (!literal) add_unit(sum, query, n, 1);
    for (int i = 0; i < rows && rc == SQLITE_OK; i++) {
      known best;
      rc = know(s, s->query, &s->known_query, items[i], &best);
      if (rc == SQLITE_OK)
        rc = index_read_vector(s->table, s->mirror->address[best.slot], n, vector);
      if (rc == SQLITE_OK) add_unit(sum, vector, n, feedback_weight / rows);
    }
    biobert_error err;
    if (rc == SQLITE_OK && biobert_query_new(s->table->config.metric, sum, n, out, &err))
      rc = SQLITE_NOMEM;
  }
  sqlite3_free(sum);
  sqlite3_free(vector);
  return rc;
}

/* Making one ------------------------------------------------------------------------- */

static int make_known(known_items *k, size_t items) {
  k->at = sqlite3_malloc64((items + 1) * sizeof *k->at);
  if (!k->at) return SQLITE_NOMEM;
  memset(k->at, 0, (items + 1) * sizeof *k->at);
  return SQLITE_OK;
}

static int build(search *s, const search_request *request) {
  index_table *t = s->table;
  hit *hits = NULL;
  size_t count = 0;
  biobert_error err;
  int rc = mirror_get(t, &s->mirror);
  if (rc != SQLITE_OK) return rc;
  s->mirror->owners++;
  if (request->vector && request->dimension != s->mirror->dimension)
    return index_corrupt(t, "the dimension is not what it was");
  if (request->vector && s->mirror->dimension &&
      biobert_query_new(t->config.metric, request->vector, s->mirror->dimension,
                        &s->query, &err))
    return SQLITE_NOMEM;
  if (request->mode != MODE_SEMANTIC && t->has_fts)
    rc = find_words(t, request, &hits, &count);
  if (rc == SQLITE_OK) rc = take_items(s, hits, count);
  sqlite3_free(hits);
  if (rc != SQLITE_OK) return rc;
  rc = make_known(&s->known_query, s->items);
  if (rc == SQLITE_OK) rc = rank(s, s->query);
  bool moves = request->feedback && s->mode == MODE_HYBRID && s->query &&
               t->config.metric != BIOBERT_L2;
  if (rc != SQLITE_OK || !moves) return rc;
  rc = move_query(s, request->vector, &s->moved);
  if (rc != SQLITE_OK || !s->moved) return rc;
  rc = make_known(&s->known_moved, s->items);
  return rc == SQLITE_OK ? rank(s, s->moved) : rc;
}

int search_new(index_table *t, const search_request *request, search **out) {
  search *s = sqlite3_malloc64(sizeof *s);
  if (!s) return SQLITE_NOMEM;
  memset(s, 0, sizeof *s);
  s->owners = 1;
  s->table = t;
  s->mode = request->mode;
  s->every = request->every;
  s->identifier = request->identifier;
  int rc = build(s, request);
  if (rc != SQLITE_OK) {
    search_release(s);
    return rc;
  }
  *out = s;
  return SQLITE_OK;
}

search *search_share(search *s) {
  s->owners++;
  return s;
}

void search_release(search *s) {
  if (!s || --s->owners > 0) return;
  mirror_release(s->mirror);
  biobert_query_free(s->query);
  biobert_query_free(s->moved);
  biobert_ranking_free(s->ranking);
  sqlite3_free(s->id);
  sqlite3_free(s->bm25);
  sqlite3_free(s->known_query.at);
  sqlite3_free(s->known_query.all);
  sqlite3_free(s->known_moved.at);
  sqlite3_free(s->known_moved.all);
  sqlite3_free(s);
}

/* Rows ------------------------------------------------------------------------------- */

static int fill_row(search *s, uint32_t item, double score, search_row *out) {
  *out = (search_row){.id = s->id[item], .distance = NAN, .bm25 = NAN, .passage = -1};
  if (s->bm25 && !s->every) out->bm25 = s->bm25[item];
  if (s->query && item < s->mirror->documents) {
    known best;
    int rc = know(s, s->query, &s->known_query, item, &best);
    if (rc != SQLITE_OK) return rc;
    if (!isinf(best.similarity))
      out->distance =
          biobert_similarity_distance(s->table->config.metric, best.similarity);
    out->passage = (int)(best.slot - s->mirror->first[item]);
    out->address = s->mirror->address[best.slot];
  }
  out->rank = -score;
  return SQLITE_OK;
}

int search_at(search *s, size_t position, search_row *out, bool *found) {
  uint32_t item;
  double score;
  biobert_error err;
  if (biobert_ranking_at(s->ranking, position, exact_score, s, &item, &score, found,
                         &err))
    return ranking_failed(s);
  return *found ? fill_row(s, item, score, out) : SQLITE_OK;
}

/* Rows found by words alone stand behind the documents, as FTS5 gave them: by rowid. */
static size_t find_hit(const search *s, size_t documents, sqlite3_int64 id) {
  size_t low = documents, high = s->items;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (s->id[middle] < id)
      low = middle + 1;
    else
      high = middle;
  }
  return low < s->items && s->id[low] == id ? low : SIZE_MAX;
}

int search_find(search *s, sqlite3_int64 id, search_row *out, bool *found) {
  size_t documents = s->query ? s->mirror->documents : 0;
  size_t item = documents ? mirror_find(s->mirror, id) : SIZE_MAX;
  if (item == SIZE_MAX) item = find_hit(s, documents, id);
  *found = item != SIZE_MAX;
  if (!*found) return SQLITE_OK;
  double score;
  biobert_error err;
  if (exact_score(s, (uint32_t)item, &score, &err)) return ranking_failed(s);
  return fill_row(s, (uint32_t)item, score, out);
}

bool search_is_of(const search *s, const mirror *m) {
  return s->mirror == m;
}

size_t search_bytes(const search *s) {
  return s->items * ITEM_BYTES;
}

bool search_has_null_distances(const search *s) {
  return s->mode == MODE_SEMANTIC && s->table->config.metric == BIOBERT_COSINE &&
         s->mirror->null_vectors;
}

bool search_is_complete(const search *s) {
  return s->complete;
}

const unsigned char *search_epoch(const search *s) {
  return s->mirror->epoch;
}

bool search_missed_identifier(const search *s) {
  return s->identifier && !s->bm25;
}

int search_materialize(search *s) {
  search_row row;
  bool found = !s->complete;
  int rc = SQLITE_OK;
  for (size_t position = 0; found && rc == SQLITE_OK; position++)
    rc = search_at(s, position, &row, &found);
  s->complete = rc == SQLITE_OK;
  return rc;
}
