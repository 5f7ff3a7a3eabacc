/* screen_probability.c - probabilities, from judged papers that were held out. */
#include "analysis/analysis.h"
#include "analysis/held_out.h"
#include "analysis/screening.h"

enum { FOLDS = 5 };

/* The query is no row that can be held out: it is in no fold. */
static biobert_status deal(const bb_judged *j, size_t papers, uint32_t folds,
                           uint32_t *fold, biobert_error *err) {
  biobert_status status =
      bb_deal_folds(j->label, j->x.rows, 2, folds, 0, j->allocator, fold, err);
  for (size_t r = 0; !status && r < j->x.rows; r++)
    if (j->row[r] >= papers) fold[r] = UINT32_MAX;
  return status;
}

static size_t included_papers(const bb_judged *j, size_t papers) {
  size_t count = 0;
  for (size_t r = 0; r < j->x.rows; r++) count += j->label[r] && j->row[r] < papers;
  return count;
}

/* value: [rows of j], of classifiers that have not seen the row; with too few papers of a
 * kind, of one that has. */
static biobert_status hold_out(const bb_judged *j, const uint32_t *fold, uint32_t folds,
                               const bb_call *call, double *full, double *value,
                               biobert_error *err) {
  for (uint32_t i = 0; i < folds; i++) {
    biobert_status status =
        bb_judged_fit(j, folds > 1 ? fold : NULL, i, call, full, err);
    if (status) return status;
    for (size_t r = 0; r < j->x.rows; r++)
      if (folds == 1 || fold[r] == i)
        bb_linear_decide(j->all, j->row[r], full, 1, &value[r]);
  }
  return BIOBERT_OK;
}

/* The query's row has no part in it. */
static bb_platt fit_platt(const bb_judged *j, size_t papers, const double *value,
                          bool *is) {
  size_t count = 0;
  for (size_t r = 0; r < j->x.rows && j->row[r] < papers; r++, count++)
    is[r] = j->label[r];
  return bb_platt_fit(value, is, NULL, count);
}

static uint32_t probability_folds(const bb_judged *j, size_t papers) {
  const size_t included = included_papers(j, papers);
  size_t excluded = 0;
  for (size_t r = 0; r < j->x.rows; r++) excluded += !j->label[r];
  const size_t fewer = included < excluded ? included : excluded;
  return fewer < 2 ? 1 : fewer < FOLDS ? (uint32_t)fewer : FOLDS;
}

biobert_status bb_screen_probability(const biobert_screening *s, const bb_judged *j,
                                     const bb_call *call, bb_platt *out,
                                     biobert_error *err) {
  const biobert_allocator *a = j->allocator;
  const uint32_t folds = probability_folds(j, s->papers);
  uint32_t *fold = bb_alloc(a, j->x.rows, sizeof *fold);
  double *full = bb_alloc(a, bb_feature_columns(j->all) + 1, sizeof *full);
  double *value = bb_alloc(a, j->x.rows, sizeof *value);
  bool *is = bb_alloc(a, j->x.rows, sizeof *is);
  biobert_status status = fold && full && value && is
                              ? deal(j, s->papers, folds, fold, err)
                              : bb_no_memory(err, "probabilities");
  if (!status) status = hold_out(j, fold, folds, call, full, value, err);
  if (!status) *out = fit_platt(j, s->papers, value, is);
  bb_free(a, fold);
  bb_free(a, full);
  bb_free(a, value);
  bb_free(a, is);
  return status;
}
