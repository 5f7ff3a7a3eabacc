/* vtab_search.c - one ranking over the whole index.
 *
 * semantic   score = similarity
 * lexical    score = BM25 of the rows that have a word
 * hybrid     score = 0.6 z / 6 + 0.4 b,   z = (similarity - mean) / deviation over all rows,
 *                                         b = BM25 / best BM25 of this query
 * The standard score makes the rule right for every model: cosines of a sentence model around
 * 0.2, of a raw BERT around 0.9, and inner products in the sixties end on one scale. Mean and
 * deviation run over the estimates of all rows, never over what a filter left, so a row's rank
 * depends on the query and the index alone. Then one step of feedback: the query vector is
 * moved by 0.3 times the mean of the best three, and everything is scored once more
 * (Rocchio 1971; weights chosen leaving one collection out at a time).
 *
 * In every mode a score is known exactly only for rows that the order needs (biobert_index.h);
 * the vectors of others are not read. */
#include "vtab.h"

#include <math.h>
#include <string.h>

static const double semantic_weight = 0.6 / 6, lexical_weight = 0.4, feedback_weight = 0.3;
enum { FEEDBACK_ROWS = 3 };

/* Exact similarity of an item: its best passage's. */
typedef struct known {
  double similarity;
  uint32_t slot; /* + 1; 0: not known yet */
} known;

struct search {
  int owners;
  index_table *table;
  search_mode mode;
  mirror *mirror;
  size_t items;          /* documents of the mirror, then rows found by words alone */
  int64_t *id;           /* [items] */
  double *bm25;          /* [items], NAN: no word of the query; NULL: no lexical half */
  double best_bm25;      /* the smallest, or 0 */
  biobert_probe *query;  /* what distance is to; NULL: lexical */
  biobert_probe *moved;  /* after feedback, what ranks; NULL: the query does */
  known *known_query, *known_moved; /* [items], zeroed */
  double mean, factor, lowest; /* of the standard score; lowest: the least similarity */
  biobert_ranking *ranking;
};

/* Words -------------------------------------------------------------------------------------------- */

typedef struct hit {
  sqlite3_int64 id;
  double bm25;
} hit;

static int find_words(index_table *t, const char *words, hit **out, size_t *count) {
  sqlite3_stmt *s;
  size_t capacity = 0;
  *out = NULL;
  *count = 0;
  if (!words || !*words) return SQLITE_OK;
  int rc = schema_statement(t, STMT_FTS_MATCH, &s);
  if (rc != SQLITE_OK) return rc;
  sqlite3_bind_text(s, 1, words, -1, SQLITE_TRANSIENT);
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
  s->bm25 = sqlite3_malloc64((documents + count + 1) * sizeof *s->bm25);
  if (!s->id || !s->bm25) return SQLITE_NOMEM;
  if (documents) memcpy(s->id, m->id, documents * sizeof *s->id);
  for (size_t i = 0; i < documents; i++) s->bm25[i] = NAN;
  s->items = documents;
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

/* Scores -------------------------------------------------------------------------------------------- */

static double words_part(const search *s, size_t item) {
  if (isnan(s->bm25[item]) || s->best_bm25 >= 0) return 0;
  return lexical_weight * s->bm25[item] / s->best_bm25;
}

/* The score of a similarity; in hybrid mode a row without a direction counts as the lowest. */
static double score_of(const search *s, size_t item, double similarity) {
  if (s->mode == MODE_SEMANTIC) return similarity;
  if (s->mode == MODE_LEXICAL) return -s->bm25[item];
  if (isinf(similarity)) similarity = s->lowest;
  return s->factor * (similarity - s->mean) + words_part(s, item);
}

/* Best passage of a document, exactly; kept. */
static int know(search *s, const biobert_probe *probe, known *all, size_t item) {
  if (all[item].slot) return SQLITE_OK;
  index_table *t = s->table;
  mirror *m = s->mirror;
  float *vector = sqlite3_malloc64(m->dimension * sizeof *vector);
  if (!vector) return SQLITE_NOMEM;
  known best = {-INFINITY, 0};
  int rc = SQLITE_OK;
  for (uint32_t slot = m->first[item]; slot < m->first[item + 1] && rc == SQLITE_OK; slot++) {
    rc = index_read_vector(t, m->address[slot], vector);
    if (rc != SQLITE_OK) break;
    double similarity = biobert_probe_exact(probe, vector);
    if (!best.slot || similarity > best.similarity) best = (known){similarity, slot + 1};
  }
  sqlite3_free(vector);
  if (rc == SQLITE_OK) all[item] = best;
  return rc;
}

static biobert_status exact_score(void *ctx, uint32_t item, double *score,
                                  biobert_error *err) {
  search *s = ctx;
  double similarity = -INFINITY;
  if (s->query && item < s->mirror->documents && s->mode != MODE_LEXICAL) {
    known *all = s->moved ? s->known_moved : s->known_query;
    int rc = know(s, s->moved ? s->moved : s->query, all, item);
    if (rc == SQLITE_NOMEM) return result_fail(err, BIOBERT_NOMEM, "out of memory");
    if (rc != SQLITE_OK)
      return result_fail(err, rc == SQLITE_INTERRUPT ? BIOBERT_INTERRUPTED : BIOBERT_FORMAT,
                         "%s", s->table->base.zErrMsg ? s->table->base.zErrMsg : "");
    similarity = all[item].similarity;
  }
  *score = score_of(s, item, similarity);
  return BIOBERT_OK;
}

/* Estimates to bounds --------------------------------------------------------------------------------- */

/* Mean and deviation of the documents' estimates. */
static void standardize(search *s, const float *estimate) {
  const mirror *m = s->mirror;
  double sum = 0, squares = 0;
  s->lowest = 0;
  for (size_t i = 0; i < m->documents; i++) {
    double best = estimate[m->first[i]];
    for (uint32_t slot = m->first[i] + 1; slot < m->first[i + 1]; slot++)
      if (estimate[slot] > best) best = estimate[slot];
    sum += best;
    squares += best * best;
    if (i == 0 || best < s->lowest) s->lowest = best;
  }
  double n = m->documents ? (double)m->documents : 1;
  s->mean = sum / n;
  double variance = squares / n - s->mean * s->mean;
  s->factor = variance > 1e-12 ? semantic_weight / sqrt(variance) : 0;
}

static float round_up(double x) {
  float rounded = (float)x;
  return rounded < x ? nextafterf(rounded, INFINITY) : rounded;
}

static void bound_items(const search *s, const float *estimate, const float *error,
                        float *upper) {
  const mirror *m = s->mirror;
  size_t documents = s->query && s->mode != MODE_LEXICAL ? m->documents : 0;
  for (size_t i = 0; i < documents; i++) {
    double best = -INFINITY;
    for (uint32_t slot = m->first[i]; slot < m->first[i + 1]; slot++) {
      double bound = (double)estimate[slot] + error[slot];
      if (bound > best) best = bound;
    }
    upper[i] = round_up(score_of(s, i, best));
  }
  for (size_t i = documents; i < s->items; i++) upper[i] = round_up(score_of(s, i, -INFINITY));
}

/* Scans the codes with a probe and makes the ranking anew. */
static int rank(search *s, const biobert_probe *probe) {
  size_t slots = probe ? s->mirror->slots : 0;
  float *estimate = sqlite3_malloc64((slots + 1) * sizeof *estimate);
  float *error = sqlite3_malloc64((slots + 1) * sizeof *error);
  float *upper = sqlite3_malloc64((s->items + 1) * sizeof *upper);
  int rc = estimate && error && upper ? SQLITE_OK : SQLITE_NOMEM;
  if (rc == SQLITE_OK && probe)
    rc = mirror_scan(s->table, s->mirror, probe, estimate, error);
  if (rc == SQLITE_OK) {
    if (s->mode == MODE_HYBRID) standardize(s, estimate);
    bound_items(s, estimate, error, upper);
    biobert_ranking_free(s->ranking);
    s->ranking = NULL;
    biobert_error err;
    if (biobert_ranking_new(&sqlite_allocator, upper, s->id, s->items, &s->ranking, &err))
      rc = SQLITE_NOMEM;
    upper = NULL; /* the ranking's now */
  }
  sqlite3_free(estimate);
  sqlite3_free(error);
  sqlite3_free(upper);
  return rc;
}

/* Feedback -------------------------------------------------------------------------------------------- */

static void add_unit(float *sum, const float *v, size_t n, double weight) {
  double square = 0;
  for (size_t i = 0; i < n; i++) square += (double)v[i] * v[i];
  double factor = square > 0 ? weight / sqrt(square) : 0;
  for (size_t i = 0; i < n; i++) sum[i] += (float)(factor * v[i]);
}

/* The query moved toward the vectors of the best rows. */
static int move_query(search *s, const float *query, biobert_probe **out) {
  size_t n = s->mirror->dimension;
  float *sum = sqlite3_malloc64(n * sizeof *sum), *vector = sqlite3_malloc64(n * sizeof *sum);
  int rc = sum && vector ? SQLITE_OK : SQLITE_NOMEM, rows = 0;
  uint32_t items[FEEDBACK_ROWS];
  for (size_t position = 0; rc == SQLITE_OK && rows < FEEDBACK_ROWS; position++) {
    uint32_t item;
    double score;
    bool found;
    biobert_error err;
    if (biobert_ranking_at(s->ranking, position, exact_score, s, &item, &score, &found, &err))
      rc = table_status(s->table, &err);
    if (rc != SQLITE_OK || !found) break;
    if (item < s->mirror->documents) items[rows++] = item;
  }
  *out = NULL;
  if (rc == SQLITE_OK && rows) {
    memset(sum, 0, n * sizeof *sum);
    add_unit(sum, query, n, 1);
    for (int i = 0; i < rows && rc == SQLITE_OK; i++) {
      uint32_t slot = s->known_query[items[i]].slot;
      rc = index_read_vector(s->table, s->mirror->address[slot - 1], vector);
      if (rc == SQLITE_OK) add_unit(sum, vector, n, feedback_weight / rows);
    }
    biobert_error err;
    if (rc == SQLITE_OK && biobert_probe_new(s->table->config.metric, sum, n, out, &err))
      rc = SQLITE_NOMEM;
  }
  sqlite3_free(sum);
  sqlite3_free(vector);
  return rc;
}

/* Making one ------------------------------------------------------------------------------------------- */

static known *new_known(size_t items) {
  known *all = sqlite3_malloc64((items + 1) * sizeof *all);
  if (all) memset(all, 0, (items + 1) * sizeof *all);
  return all;
}

static int build(search *s, const search_request *request) {
  index_table *t = s->table;
  hit *hits = NULL;
  size_t count = 0;
  biobert_error err;
  int rc = mirror_get(t, &s->mirror);
  if (rc != SQLITE_OK) return rc;
  s->mirror->owners++;
  if (request->vector && s->mirror->dimension &&
      biobert_probe_new(t->config.metric, request->vector, s->mirror->dimension, &s->query,
                        &err))
    return SQLITE_NOMEM;
  if (request->mode != MODE_SEMANTIC && t->has_fts)
    rc = find_words(t, request->words, &hits, &count);
  if (rc == SQLITE_OK) rc = take_items(s, hits, count);
  sqlite3_free(hits);
  if (rc != SQLITE_OK) return rc;
  s->known_query = new_known(s->items);
  if (!s->known_query) return SQLITE_NOMEM;
  rc = rank(s, s->query);
  bool moves = request->feedback && s->mode == MODE_HYBRID && s->query &&
               t->config.metric != BIOBERT_L2;
  if (rc != SQLITE_OK || !moves) return rc;
  rc = move_query(s, request->vector, &s->moved);
  if (rc != SQLITE_OK || !s->moved) return rc;
  s->known_moved = new_known(s->items);
  return s->known_moved ? rank(s, s->moved) : SQLITE_NOMEM;
}

int search_new(index_table *t, const search_request *request, search **out) {
  search *s = sqlite3_malloc64(sizeof *s);
  if (!s) return SQLITE_NOMEM;
  memset(s, 0, sizeof *s);
  s->owners = 1;
  s->table = t;
  s->mode = request->mode;
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
  biobert_probe_free(s->query);
  biobert_probe_free(s->moved);
  biobert_ranking_free(s->ranking);
  sqlite3_free(s->id);
  sqlite3_free(s->bm25);
  sqlite3_free(s->known_query);
  sqlite3_free(s->known_moved);
  sqlite3_free(s);
}

/* Rows ------------------------------------------------------------------------------------------------- */

static int fill_row(search *s, uint32_t item, double score, search_row *out) {
  *out = (search_row){.id = s->id[item], .distance = NAN, .bm25 = s->bm25[item], .passage = -1};
  if (s->query && item < s->mirror->documents) {
    int rc = know(s, s->query, s->known_query, item);
    if (rc != SQLITE_OK) return rc;
    const known *k = &s->known_query[item];
    if (!isinf(k->similarity))
      out->distance = biobert_similarity_distance(s->table->config.metric, k->similarity);
    out->passage = (int)(k->slot - 1 - s->mirror->first[item]);
    out->address = s->mirror->address[k->slot - 1];
  }
  if (s->mode == MODE_SEMANTIC) out->rank = out->distance;
  if (s->mode == MODE_LEXICAL) out->rank = out->bm25;
  if (s->mode == MODE_HYBRID) out->rank = 1 - score;
  return SQLITE_OK;
}

int search_at(search *s, size_t position, search_row *out, bool *found) {
  uint32_t item;
  double score;
  biobert_error err;
  if (biobert_ranking_at(s->ranking, position, exact_score, s, &item, &score, found, &err))
    return table_status(s->table, &err);
  return *found ? fill_row(s, item, score, out) : SQLITE_OK;
}

int search_find(search *s, sqlite3_int64 id, search_row *out, bool *found) {
  size_t item = s->query ? mirror_find(s->mirror, id) : SIZE_MAX;
  for (size_t i = s->query ? s->mirror->documents : 0; i < s->items && item == SIZE_MAX; i++)
    if (s->id[i] == id) item = i;
  *found = item != SIZE_MAX;
  if (!*found) return SQLITE_OK;
  double score;
  biobert_error err;
  if (exact_score(s, (uint32_t)item, &score, &err)) return table_status(s->table, &err);
  return fill_row(s, (uint32_t)item, score, out);
}

bool search_is_of(const search *s, const mirror *m) { return s->mirror == m; }

int search_materialize(search *s) {
  search_row row;
  bool found = true;
  int rc = SQLITE_OK;
  for (size_t position = 0; found && rc == SQLITE_OK; position++)
    rc = search_at(s, position, &row, &found);
  return rc;
}
