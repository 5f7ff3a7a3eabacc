/* screen_probability.c - probabilities, from judged papers that were held out. */
#include <math.h>

#include "analysis/shared_options.h"
#include "analysis/held_out.h"
#include "analysis/screen_parts.h"

enum { FOLDS = 5 };

/* The query is no row that can be held out: it is in no fold. */
static biobert_status deal(const bb_judged *j, size_t papers, uint32_t folds,
                           uint32_t *fold, biobert_error *err) {
  biobert_status status = bb_deal_folds(j->label, j->x.rows, &(bb_folds){2, folds, 0},
                                        j->allocator, fold, err);
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
    biobert_status status = bb_judged_fit(j, folds > 1 ? fold : NULL, i, call, full, err);
    if (status) return status;
    for (size_t r = 0; r < j->x.rows; r++)
      if (folds == 1 || fold[r] == i)
        bb_linear_decide(j->all, j->row[r], full, 1, &value[r]);
  }
  return BIOBERT_OK;
}

/* Values and targets of judged papers, then of undecided ones by falling value. */
typedef struct calibration {
  double *value; /* [judged + undecided] */
  bool *is;
  size_t judged, undecided;
} calibration;

static int by_falling_value(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x < y) - (x > y);
}

static void add_undecided(const biobert_screening *s, const double *score,
                          calibration *c) {
  double *to = c->value + c->judged;
  c->undecided = 0;
  for (size_t p = 0; p < s->papers; p++)
    if (s->paper[p].decision == BIOBERT_UNDECIDED) to[c->undecided++] = score[p];
  qsort(to, c->undecided, sizeof *to, by_falling_value);
}

/* Each time that the probabilities from the best on have added up to one more, the paper
 * at which they do counts as included. Returns how many do. */
static size_t guess(const calibration *c, bb_platt p) {
  double sum = 0, whole = 1;
  size_t count = 0;
  for (size_t i = c->judged; i < c->judged + c->undecided; i++) {
    sum += bb_platt_probability(p, c->value[i]);
    c->is[i] = sum >= whole;
    if (!c->is[i]) continue;
    whole++;
    count++;
  }
  return count;
}

/* From a few papers the values may come out the wrong way round: then they say nothing,
 * and what is left is the share of the included. */
static bb_platt fit_rising(const calibration *c) {
  const size_t count = c->judged + c->undecided;
  const bb_platt p = bb_platt_fit(c->value, c->is, NULL, count);
  if (p.a <= 0) return p;
  double is = 0;
  for (size_t i = 0; i < count; i++) is += c->is[i];
  return (bb_platt){0, log(((double)count - is + 1) / (is + 1))};
}

/* Bounds what does not settle: neighbours take turns then. */
enum { MAX_GUESSES = 20 };

static biobert_status calibrate(const calibration *c, const bb_call *call, bb_platt *out,
                                biobert_error *err) {
  size_t before = SIZE_MAX;
  memset(c->is + c->judged, 0, c->undecided);
  for (int i = 0; i < MAX_GUESSES; i++) {
    if (call->cancel && call->cancel(call->cancel_ctx))
      return bb_analysis_interrupted(err);
    *out = fit_rising(c);
    const size_t count = guess(c, *out);
    if (count == before) break;
    before = count;
  }
  return BIOBERT_OK;
}

static uint32_t probability_folds(const bb_judged *j, size_t papers) {
  const size_t included = included_papers(j, papers);
  size_t excluded = 0;
  for (size_t r = 0; r < j->x.rows; r++) excluded += !j->label[r];
  const size_t fewer = included < excluded ? included : excluded;
  return fewer < 2 ? 1 : fewer < FOLDS ? (uint32_t)fewer : FOLDS;
}

/* The judged part: values that are held out. The query's row has no part in it. */
static biobert_status add_judged(const biobert_screening *s, const bb_judged *j,
                                 const bb_call *call, calibration *c,
                                 biobert_error *err) {
  const biobert_allocator *a = j->allocator;
  const uint32_t folds = probability_folds(j, s->papers);
  uint32_t *fold = bb_alloc(a, j->x.rows, sizeof *fold);
  double *full = bb_alloc(a, bb_feature_columns(j->all) + 1, sizeof *full);
  biobert_status status = fold && full ? deal(j, s->papers, folds, fold, err)
                                       : bb_no_memory(err, "probabilities");
  if (!status) status = hold_out(j, fold, folds, call, full, c->value, err);
  for (size_t r = 0; !status && r < j->x.rows && j->row[r] < s->papers; r++)
    c->is[c->judged++] = j->label[r];
  bb_free(a, fold);
  bb_free(a, full);
  return status;
}

biobert_status bb_screen_probability(const biobert_screening *s, const bb_judged *j,
                                     const double *score, const bb_call *call,
                                     bb_platt *out, biobert_error *err) {
  const biobert_allocator *a = j->allocator;
  calibration c = {.value = bb_alloc(a, s->papers + 1, sizeof *c.value),
                   .is = bb_alloc(a, s->papers + 1, sizeof *c.is)};
  biobert_status status = c.value && c.is ? add_judged(s, j, call, &c, err)
                                          : bb_no_memory(err, "probabilities");
  if (!status) {
    add_undecided(s, score, &c);
    status = calibrate(&c, call, out, err);
  }
  bb_free(a, c.value);
  bb_free(a, c.is);
  return status;
}
