/* held_out.c - folds, and a fit for each. */
#include "analysis/held_out.h"

#include "analysis/random_bits.h"
#include "base/mem.h"
#include "base/status.h"

biobert_status bb_deal_folds(const int32_t *label, size_t rows, const bb_folds *how,
                             const biobert_allocator *allocator, uint32_t *fold,
                             biobert_error *err) {
  uint32_t *members = bb_alloc(allocator, rows, sizeof *members);
  if (!members) return bb_no_memory(err, "folds");
  for (size_t k = 0, dealt = 0; k < how->classes; k++) {
    size_t count = 0;
    for (size_t r = 0; r < rows; r++)
      if (label[r] == (int32_t)k) members[count++] = (uint32_t)r;
    bb_random_shuffle(members, count, sizeof *members, how->seed);
    for (size_t i = 0; i < count; i++)
      fold[members[i]] = (uint32_t)(dealt++ % how->folds);
  }
  bb_free(allocator, members);
  return BIOBERT_OK;
}

/* The problem without one fold. */
typedef struct fold_fit {
  uint32_t *pick;
  int32_t *label;
  double *cost, *weights;
} fold_fit;

static size_t leave_out(const bb_linear_problem *p, const uint32_t *fold, uint32_t which,
                        const fold_fit *f) {
  size_t count = 0;
  for (size_t r = 0; r < p->x->rows; r++) {
    if (fold[r] == which) continue;
    f->pick[count] = (uint32_t)r;
    f->label[count] = p->label[r];
    f->cost[count++] = p->cost[r];
  }
  return count;
}

static biobert_status hold_out_fold(const bb_linear_problem *p, const uint32_t *fold,
                                    uint32_t which, const fold_fit *f,
                                    const bb_call *call, double *values,
                                    biobert_error *err) {
  bb_feature_rows x = *p->x;
  bb_linear_problem without = *p;
  x.pick = f->pick;
  x.rows = leave_out(p, fold, which, f);
  without.x = &x;
  without.label = f->label;
  without.cost = f->cost;
  without.tolerance = BB_LOOSE;
  biobert_status status = bb_linear_fit(&without, call, f->weights, err);
  for (size_t r = 0; !status && r < p->x->rows; r++)
    if (fold[r] == which)
      bb_linear_decide(p->x, r, f->weights, p->outputs, values + r * p->outputs);
  return status;
}

biobert_status bb_hold_out(const bb_linear_problem *p, const uint32_t *fold, size_t folds,
                           const bb_call *call, double *values, biobert_error *err) {
  const biobert_allocator *allocator = call ? call->allocator : NULL;
  const size_t rows = p->x->rows,
               parameters = p->outputs * (bb_feature_columns(p->x) + 1);
  fold_fit f = {.pick = bb_alloc(allocator, rows, sizeof *f.pick),
                .label = bb_alloc(allocator, rows, sizeof *f.label),
                .cost = bb_alloc(allocator, rows, sizeof *f.cost),
                .weights = bb_alloc(allocator, parameters, sizeof *f.weights)};
  biobert_status status =
      f.pick && f.label && f.cost && f.weights ? BIOBERT_OK : bb_no_memory(err, "folds");
  for (uint32_t i = 0; !status && i < folds; i++)
    status = hold_out_fold(p, fold, i, &f, call, values, err);
  bb_free(allocator, f.pick);
  bb_free(allocator, f.label);
  bb_free(allocator, f.cost);
  bb_free(allocator, f.weights);
  return status;
}
