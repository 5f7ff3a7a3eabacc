/* screen_rows.c - papers as rows of features. */
#include <math.h>

#include "analysis/analysis.h"
#include "analysis/screen_parts.h"

/* Words ------------------------------------------------------------------------------ */

enum { TABLED_TIMES = 64 }; /* terms that occur more often in one paper are rare */

/* Of a word: a pair says less that its words do not say already (measured:
 * tests/bench/SCREENING_RESULTS.md). */
static const double pair_weight = 0.5;

/* 1 + log(times) of a row's terms, times idf, at length 1. */
static void weigh_row(const bb_terms *t, const float *idf, const double *by_times,
                      size_t r, float *value) {
  double square = 0;
  for (size_t i = t->start[r]; i < t->start[r + 1]; i++) {
    const double of_term = (double)idf[t->term[i]];
    const double v = t->times[i] < TABLED_TIMES ? by_times[t->times[i]] * of_term
                                                : bb_tf_idf(t->times[i], of_term);
    value[i] = (float)v;
    square += v * v;
  }
  const float length = square > 0 ? (float)sqrt(square) : 1;
  for (size_t i = t->start[r]; i < t->start[r + 1]; i++) value[i] /= length;
}

static biobert_status weigh_words(const biobert_screening *s, bb_screen_rows *out,
                                  biobert_error *err) {
  const bb_terms *t = &s->terms;
  double by_times[TABLED_TIMES];
  float *idf = bb_alloc(out->allocator, t->count, sizeof *idf);
  out->value = bb_alloc(out->allocator, t->entries, sizeof *out->value);
  if (!idf || !out->value) {
    bb_free(out->allocator, idf);
    return bb_no_memory(err, "words");
  }
  for (uint32_t i = 1; i < TABLED_TIMES; i++) by_times[i] = bb_tf_idf(i, 1);
  for (size_t i = 0; i < t->count; i++) {
    const bool is_pair = t->terms[i].second != BB_NO_WORD;
    idf[i] = (float)(bb_idf(t->rows, t->terms[i].rows) * (is_pair ? pair_weight : 1));
  }
  for (size_t r = 0; r < t->rows; r++) weigh_row(t, idf, by_times, r, out->value);
  bb_free(out->allocator, idf);
  return BIOBERT_OK;
}

/* Vectors ---------------------------------------------------------------------------- */

/* mean: [n] */
static void find_mean(const biobert_screening *s, double *mean) {
  size_t count = 0;
  memset(mean, 0, s->n * sizeof *mean);
  for (size_t p = 0; p < s->papers; p++) {
    if (!s->paper[p].has_vector) continue;
    const float *v = s->vectors + p * s->n;
    for (size_t i = 0; i < s->n; i++) mean[i] += (double)v[i];
    count++;
  }
  for (size_t i = 0; i < s->n && count; i++) mean[i] /= (double)count;
}

static void centre(const float *v, const double *mean, size_t n, float *out) {
  double square = 0;
  for (size_t i = 0; i < n; i++) {
    const double d = (double)v[i] - mean[i];
    out[i] = (float)d;
    square += d * d;
  }
  const float length = square > 0 ? (float)sqrt(square) : 1;
  for (size_t i = 0; i < n; i++) out[i] /= length;
}

/* What all papers have in common tells none from another. */
static biobert_status centre_vectors(const biobert_screening *s, bb_screen_rows *out,
                                     biobert_error *err) {
  double *mean = bb_alloc(out->allocator, s->n, sizeof *mean);
  out->dense = bb_alloc_zeroed(out->allocator, out->rows, s->n * sizeof *out->dense);
  const bool ok = mean && out->dense;
  if (ok) find_mean(s, mean);
  for (size_t p = 0; ok && p < s->papers; p++)
    if (s->paper[p].has_vector)
      centre(s->vectors + p * s->n, mean, s->n, out->dense + p * s->n);
  bb_free(out->allocator, mean);
  return ok ? BIOBERT_OK : bb_no_memory(err, "vectors");
}

/* Both ------------------------------------------------------------------------------- */

static biobert_status add_query(biobert_screening *s, bb_screen_rows *out,
                                biobert_error *err) {
  const bb_call call = {out->allocator, s->how.cancel, s->how.cancel_ctx};
  if (!s->options.query || s->terms.rows > s->papers) return BIOBERT_OK;
  return bb_terms_add_text(
      &s->terms, (biobert_str){s->options.query, s->options.query_len}, &call, err);
}

biobert_status bb_screen_rows_make(biobert_screening *s, bb_screen_rows *out,
                                   biobert_error *err) {
  const bool words = bb_uses_words(s);
  const bool vectors = bb_uses_vectors(s) && s->n;
  *out = (bb_screen_rows){.allocator = bb_analysis_allocator(&s->how)};
  biobert_status status = words ? add_query(s, out, err) : BIOBERT_OK;
  out->papers = s->papers;
  out->rows = words ? s->terms.rows : s->papers;
  if (!status && words) status = weigh_words(s, out, err);
  if (!status && vectors) status = centre_vectors(s, out, err);
  out->words = (bb_feature_rows){.start = words ? s->terms.start : NULL,
                                 .column = s->terms.term,
                                 .value = out->value,
                                 .sparse_columns = words ? s->terms.count : 0,
                                 .rows = out->rows};
  out->vectors = (bb_feature_rows){
      .dense = out->dense, .dense_columns = vectors ? s->n : 0, .rows = out->rows};
  out->both = out->words;
  out->both.dense = out->vectors.dense;
  out->both.dense_columns = out->vectors.dense_columns;
  return status;
}

void bb_screen_rows_free(bb_screen_rows *r) {
  bb_free(r->allocator, r->value);
  bb_free(r->allocator, r->dense);
  *r = (bb_screen_rows){0};
}
