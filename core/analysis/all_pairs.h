/* all_pairs.h - the inner products of all pairs of many vectors, estimated: which pairs can
 * reach a limit.
 *
 * A row becomes int8 codes twice: unsigned ones, as a row of a product, and signed ones,
 * as a column. The estimate of a pair is a product of codes; it differs from the inner
 * product by what the codes left out of both rows, the lengths of which bound it
 * (Cauchy-Schwarz). Each pair is estimated once, in blocks that stay in the cache. */
#ifndef BB_ALL_PAIRS_H
#define BB_ALL_PAIRS_H

#include "analysis/shared_options.h"

typedef struct bb_all_pairs bb_all_pairs;

/* Which pairs matter, and to whom they go. A pair of rows a, b may reach a limit x where
 *     estimate + slack[a] + slack[b] >= x.
 * take() is called for all pairs that may reach the limit of one of both, and for some
 * others. It may raise the limits of both. All calls for a row come one after another, in
 * an order that does not depend on the number of workers. */
typedef struct bb_all_pairs_use {
  void *ctx;
  const float *limit; /* [count] */
  void (*take)(void *ctx, size_t worker, size_t a, size_t b, float estimate);
} bb_all_pairs_use;

/* rows: [count, n], of length 1 at most (but for rounding); not kept. */
biobert_status bb_all_pairs_new(const float *rows, size_t count, size_t n, size_t workers,
                                const biobert_analysis_options *how, bb_all_pairs **out,
                                biobert_error *err);
void bb_all_pairs_free(bb_all_pairs *p);
/* [count]: |estimate - inner product| <= slack[a] + slack[b]. It has room for the rounding
 * of the rows to float, and of such sums. */
const float *bb_all_pairs_slack(const bb_all_pairs *p);
/* False: cancelled. */
bool bb_all_pairs_run(bb_all_pairs *p, const bb_all_pairs_use *use, bb_cancel *cancel);

#endif
