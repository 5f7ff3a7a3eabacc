/* screening.c - papers come in, an order to read them goes out. */
#include "analysis/screen_parts.h"

#include <math.h>

#include "analysis/shared_options.h"
#include "analysis/random_bits.h"

static const biobert_allocator *allocator_of(const biobert_screening *s) {
  return bb_analysis_allocator(&s->how);
}

/* Its life --------------------------------------------------------------------------- */

biobert_status biobert_screening_new(biobert_str options,
                                     const biobert_analysis_options *how,
                                     biobert_screening **out, biobert_error *err) {
  const biobert_allocator *allocator = bb_analysis_allocator(how);
  biobert_screening *s = bb_alloc_zeroed(allocator, 1, sizeof *s);
  if (!s) return bb_no_memory(err, "screening");
  if (how) s->how = *how;
  s->terms.allocator = allocator_of(s);
  s->terms.stop_words = true;
  biobert_status status =
      bb_screen_options_read(options, allocator_of(s), &s->options, err);
  if (status)
    biobert_screening_free(s);
  else
    *out = s;
  return status;
}

void biobert_screening_free(biobert_screening *s) {
  if (!s) return;
  const biobert_analysis_options how = s->how;
  const biobert_allocator *allocator = bb_analysis_allocator(&how);
  bb_screen_rows_free(&s->rows);
  bb_terms_free(&s->terms);
  bb_free(allocator, s->options.query);
  bb_free(allocator, s->paper);
  bb_free(allocator, s->vectors);
  bb_free(allocator, s->ranked);
  bb_free(allocator, s);
}

biobert_str biobert_screening_query(const biobert_screening *s) {
  return (biobert_str){s->options.query, s->options.query_len};
}

bool biobert_screening_uses_words(const biobert_screening *s) {
  return bb_uses_words(s);
}

bool biobert_screening_uses_vectors(const biobert_screening *s) {
  return bb_uses_vectors(s);
}

/* Papers ----------------------------------------------------------------------------- */

/* Rows of vectors up to this paper's; those that have none are zeros. */
static biobert_status add_vector(biobert_screening *s, const void *vector, size_t n,
                                 biobert_error *err) {
  if (!s->n && vector) s->n = n;
  if (!s->n) return BIOBERT_OK;
  while (s->vectors_capacity < s->papers + 1) {
    const size_t before = s->vectors_capacity;
    const size_t capacity = before ? 2 * before : s->papers + 1024;
    float *grown = bb_resize(allocator_of(s), s->vectors, capacity, s->n * sizeof *grown);
    if (!grown) return bb_no_memory(err, "vectors");
    memset(grown + before * s->n, 0, (capacity - before) * s->n * sizeof *grown);
    s->vectors = grown;
    s->vectors_capacity = capacity;
  }
  if (vector && n) memcpy(s->vectors + s->papers * n, vector, n * sizeof *s->vectors);
  return BIOBERT_OK;
}

biobert_status biobert_screening_add(biobert_screening *s, int64_t id, biobert_str text,
                                     const void *vector, size_t n,
                                     biobert_decision decision, biobert_error *err) {
  const bb_call call = {allocator_of(s), s->how.cancel, s->how.cancel_ctx};
  const bool has_vector = vector && biobert_screening_uses_vectors(s);
  if (s->has_rows)
    return bb_fail(err, BIOBERT_RANGE, "papers come before the first ranking");
  if (s->papers && id <= s->paper[s->papers - 1].id)
    return bb_fail(err, BIOBERT_RANGE, "the ids of papers do not rise");
  if (s->n && has_vector && n != s->n)
    return bb_fail(err, BIOBERT_RANGE, "vectors of %zu and of %zu values", s->n, n);
  if (!bb_grow(allocator_of(s), (void **)&s->paper, &s->paper_capacity, s->papers,
               sizeof *s->paper))
    return bb_no_memory(err, "papers");
  biobert_status status = BIOBERT_OK;
  if (biobert_screening_uses_words(s))
    status = bb_terms_add_text(&s->terms, text, &call, err);
  if (!status) status = add_vector(s, has_vector ? vector : NULL, n, err);
  if (status) return status;
  s->paper[s->papers++] =
      (bb_paper){.id = id, .decision = decision, .has_vector = has_vector};
  return BIOBERT_OK;
}

void biobert_screening_add_found(biobert_screening *s, int64_t id) {
  size_t from = 0, to = s->papers;
  while (from < to) {
    const size_t middle = from + (to - from) / 2;
    if (s->paper[middle].id < id)
      from = middle + 1;
    else
      to = middle;
  }
  if (from < s->papers && s->paper[from].id == id && !s->paper[from].found)
    s->paper[from].found = ++s->found;
}

void biobert_screening_set_since_included(biobert_screening *s, size_t decisions) {
  s->since_included = decisions;
}

/* Scores ----------------------------------------------------------------------------- */

/* What a ranking goes through. */
typedef struct ranking {
  biobert_screening *s;
  bb_call call;
  bool probabilities;
  double *full; /* weights, of the widest rows */
  size_t included, excluded;
} ranking;

static void count_decisions(ranking *r) {
  for (size_t p = 0; p < r->s->papers; p++) {
    r->included += r->s->paper[p].decision == BIOBERT_INCLUDED;
    r->excluded += r->s->paper[p].decision == BIOBERT_EXCLUDED;
  }
}

static biobert_status score_from(const ranking *r, const bb_judged *j,
                                 biobert_error *err) {
  const size_t papers = r->s->papers;
  bb_platt platt = {0, 0};
  double *score = bb_alloc(r->call.allocator, papers, sizeof *score);
  if (!score) return bb_no_memory(err, "scores");
  biobert_status status = bb_judged_fit(j, NULL, 0, &r->call, r->full, err);
  for (size_t p = 0; !status && p < papers; p++)
    bb_linear_decide(j->all, p, r->full, 1, &score[p]);
  if (!status && r->probabilities)
    status = bb_screen_probability(r->s, j, score, &r->call, &platt, err);
  for (size_t p = 0; !status && p < papers; p++) {
    r->s->ranked[p].score = score[p];
    r->s->ranked[p].probability = bb_platt_probability(platt, score[p]);
  }
  bb_free(r->call.allocator, score);
  return status;
}

/* By one kind of features. */
static biobert_status score_one(const ranking *r, const bb_feature_rows *x,
                                biobert_error *err) {
  bb_judged j = {0};
  biobert_status status = bb_judged_make(r->s, &r->s->rows, x, &j, err);
  if (!status) status = score_from(r, &j, err);
  bb_judged_free(&j);
  return status;
}

/* 'auto': words find most of the papers, and then there are some left that say it in other
 * words: when so many decisions have brought no inclusion, vectors choose until they
 * bring one. Fifty is what was measured (tests/bench/SCREENING_RESULTS.md). */
enum { DRY_SPELL = 50 };

static biobert_status score_learnt(const ranking *r, biobert_error *err) {
  const bb_screen_features features = r->s->options.features;
  if (!r->s->n || features == BB_SCREEN_WORDS)
    return score_one(r, &r->s->rows.words, err);
  if (features == BB_SCREEN_VECTORS) return score_one(r, &r->s->rows.vectors, err);
  if (features == BB_SCREEN_BOTH) return score_one(r, &r->s->rows.both, err);
  return score_one(
      r, r->s->since_included < DRY_SPELL ? &r->s->rows.words : &r->s->rows.vectors, err);
}

/* Similarity to the sum of the included papers (and the query), by one kind of
 * features, at most 1. */
static void add_likeness(const ranking *r, const bb_feature_rows *x) {
  const size_t columns = bb_feature_columns(x);
  if (!columns) return;
  memset(r->full, 0, (columns + 1) * sizeof *r->full);
  for (size_t p = 0; p < r->s->rows.rows; p++)
    if (p >= r->s->papers || r->s->paper[p].decision == BIOBERT_INCLUDED)
      bb_feature_add(x, p, 1, r->full);
  double square = 0;
  for (size_t i = 0; i < columns; i++) square += r->full[i] * r->full[i];
  const double length = square > 0 ? sqrt(square) : 1;
  for (size_t p = 0; p < r->s->papers; p++)
    r->s->ranked[p].score += bb_feature_dot(x, p, r->full) / length;
}

/* Where one kind of label is missing. */
static void score_unlearnt(const ranking *r) {
  for (size_t p = 0; p < r->s->papers; p++) {
    const uint32_t found = r->s->paper[p].found;
    r->s->ranked[p].score = found && !r->included ? 1 / (double)found : 0;
    r->s->ranked[p].probability = NAN;
  }
  if (!r->included) return;
  add_likeness(r, &r->s->rows.words);
  add_likeness(r, &r->s->rows.vectors);
}

static biobert_status make_rows(biobert_screening *s, biobert_error *err) {
  if (s->has_rows) return BIOBERT_OK;
  biobert_status status = bb_screen_rows_make(s, &s->rows, err);
  s->has_rows = !status;
  if (status) bb_screen_rows_free(&s->rows);
  return status;
}

static biobert_status score(ranking *r, biobert_error *err) {
  biobert_screening *s = r->s;
  for (size_t p = 0; p < s->papers; p++) s->ranked[p].id = s->paper[p].id;
  count_decisions(r);
  r->full =
      bb_alloc(r->call.allocator, bb_feature_columns(&s->rows.both) + 1, sizeof *r->full);
  if (!r->full) return bb_no_memory(err, "weights");
  if (r->included && r->excluded) return score_learnt(r, err);
  score_unlearnt(r);
  return BIOBERT_OK;
}

biobert_status bb_screen_score(biobert_screening *s, bool probabilities,
                               biobert_error *err) {
  ranking r = {.s = s, .probabilities = probabilities};
  r.call = (bb_call){allocator_of(s), s->how.cancel, s->how.cancel_ctx};
  bb_free(allocator_of(s), s->ranked);
  s->ranked = bb_alloc(allocator_of(s), s->papers, sizeof *s->ranked);
  if (!bb_uses_words(s) && s->papers && !s->n)
    return bb_fail(err, BIOBERT_RANGE,
                   "no paper has a vector: the option features takes 'words' here, or "
                   "biobert_sync() makes vectors");
  biobert_status status = s->ranked ? make_rows(s, err) : bb_no_memory(err, "papers");
  if (!status) status = score(&r, err);
  bb_free(allocator_of(s), r.full);
  return status;
}

/* Order ------------------------------------------------------------------------------ */

static int by_id(const biobert_screened *x, const biobert_screened *y) {
  return (x->id > y->id) - (x->id < y->id);
}

static int by_relevance(const void *a, const void *b) {
  const biobert_screened *x = a, *y = b;
  return x->score != y->score ? (x->score < y->score ? 1 : -1) : by_id(x, y);
}

static int by_uncertainty(const void *a, const void *b) {
  const biobert_screened *x = a, *y = b;
  const double i = fabs(x->score), j = fabs(y->score);
  return i != j ? (i > j ? 1 : -1) : by_id(x, y);
}

static size_t keep_undecided(const biobert_screening *s) {
  size_t count = 0;
  for (size_t p = 0; p < s->papers; p++)
    if (s->paper[p].decision == BIOBERT_UNDECIDED) s->ranked[count++] = s->ranked[p];
  return count;
}

/* Puts one of the second half, drawn at random, at each every-th place; all others move
 * down. copy: [count], as ranked is. */
static void mix_in(const bb_screen_options *o, biobert_screened *copy, size_t count,
                   biobert_screened *out) {
  const size_t half = count - count / 2;
  bb_random_shuffle(copy + half, count / 2, sizeof *copy, o->seed);
  size_t likely = 0, unlikely = half;
  for (size_t i = 0; i < count; i++) {
    const bool wants_unlikely = (i + 1) % (size_t)o->every == 0;
    const bool takes_unlikely = likely == half || (wants_unlikely && unlikely < count);
    out[i] = takes_unlikely ? copy[unlikely++] : copy[likely++];
  }
}

static biobert_status order_mixed(biobert_screening *s, size_t count,
                                  biobert_error *err) {
  biobert_screened *copy = bb_alloc(allocator_of(s), count, sizeof *copy);
  if (!copy) return bb_no_memory(err, "papers");
  memcpy(copy, s->ranked, count * sizeof *copy);
  mix_in(&s->options, copy, count, s->ranked);
  bb_free(allocator_of(s), copy);
  return BIOBERT_OK;
}

static biobert_status order(biobert_screening *s, size_t count, biobert_error *err) {
  const bb_screen_options *o = &s->options;
  qsort(s->ranked, count, sizeof *s->ranked,
        o->order == BB_SCREEN_UNCERTAIN ? by_uncertainty : by_relevance);
  if (o->order == BB_SCREEN_RANDOM)
    bb_random_shuffle(s->ranked, count, sizeof *s->ranked, o->seed);
  return o->every && count > 1 ? order_mixed(s, count, err) : BIOBERT_OK;
}

biobert_status biobert_screening_rank(biobert_screening *s, const biobert_screened **out,
                                      size_t *count, biobert_error *err) {
  biobert_status status = bb_screen_score(s, true, err);
  if (status) return status;
  *count = keep_undecided(s);
  *out = s->ranked;
  return order(s, *count, err);
}
