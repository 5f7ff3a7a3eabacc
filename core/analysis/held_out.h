/* held_out.h - cross-validation: decision values of rows that the classifier has not
 * seen. */
#ifndef BB_HELD_OUT_H
#define BB_HELD_OUT_H

#include "analysis/linear_fit.h"

typedef struct bb_folds {
  size_t classes, folds;
  uint64_t seed;
} bb_folds;

/* Puts each row into a fold, from 0: the rows of a class are dealt out in turn, in an
 * order that the seed shuffles. fold: [rows]. NOMEM. */
biobert_status bb_deal_folds(const int32_t *label, size_t rows, const bb_folds *how,
                             const biobert_allocator *allocator, uint32_t *fold,
                             biobert_error *err);

/* values: [rows, outputs]; each row's from a classifier of the other folds, fitted
 * loosely. p->x has no pick of its own; p->start may be what was fitted to all rows: near
 * the answers, and a search that ends at the same tolerance. NOMEM, INTERRUPTED. */
biobert_status bb_hold_out(const bb_linear_problem *p, const uint32_t *fold, size_t folds,
                           const bb_call *call, double *values, biobert_error *err);

#endif
