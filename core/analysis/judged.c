/* judged.c - learning from the rows that were judged. */
#include "analysis/analysis.h"
#include "analysis/screen_parts.h"

/* ASReview's ELAS u4 (asreview 2.0, 2025): its C, and the weight of all inclusions to that
 * of all exclusions. */
static const double cost_of_errors = 0.11, inclusion_ratio = 9.8;
/* Of an included paper: the query is what the reviewer means, but no abstract. */
static const double query_share = 0.5;

/* The rows --------------------------------------------------------------------------- */

static bool is_judged(const biobert_screening *s, const bb_screen_rows *rows, size_t r) {
  return r >= rows->papers || s->paper[r].decision != BIOBERT_UNDECIDED;
}

static bool reserve(const bb_feature_rows *all, size_t rows, size_t entries,
                    bb_judged *j) {
  const biobert_allocator *a = j->allocator;
  j->row = bb_alloc(a, rows, sizeof *j->row);
  j->label = bb_alloc(a, rows, sizeof *j->label);
  j->share = bb_alloc(a, rows, sizeof *j->share);
  j->start = bb_alloc(a, rows + 1, sizeof *j->start);
  j->column = bb_alloc(a, entries, sizeof *j->column);
  j->value = bb_alloc(a, entries, sizeof *j->value);
  j->term = bb_alloc(a, entries, sizeof *j->term);
  j->dense = bb_alloc(a, rows, all->dense_columns * sizeof *j->dense);
  return j->row && j->label && j->share && j->start && j->column && j->value && j->term &&
         j->dense;
}

/* column_of: [all's sparse columns], 1 + the new number, or 0. */
static void copy_row(const bb_feature_rows *all, size_t r, size_t to, uint32_t *column_of,
                     bb_judged *j) {
  const size_t dense = all->dense_columns;
  size_t at = j->start[to];
  for (size_t i = all->start ? all->start[r] : 0; all->start && i < all->start[r + 1];
       i++) {
    uint32_t *column = &column_of[all->column[i]];
    if (!*column) {
      j->term[j->x.sparse_columns] = all->column[i];
      *column = (uint32_t)++j->x.sparse_columns;
    }
    j->column[at] = *column - 1;
    j->value[at++] = all->value[i];
  }
  j->start[to + 1] = at;
  if (dense)
    memcpy(j->dense + to * dense, all->dense + r * dense, dense * sizeof *j->dense);
}

static void copy_rows(const biobert_screening *s, const bb_screen_rows *rows,
                      uint32_t *column_of, bb_judged *j) {
  size_t to = 0;
  j->start[0] = 0;
  for (size_t r = 0; r < rows->rows; r++) {
    if (!is_judged(s, rows, r)) continue;
    const bool is_query = r >= rows->papers;
    j->row[to] = (uint32_t)r;
    j->label[to] = is_query || s->paper[r].decision == BIOBERT_INCLUDED;
    j->share[to] = is_query ? query_share : 1;
    copy_row(j->all, r, to++, column_of, j);
  }
  j->x.start = j->all->start ? j->start : NULL;
  j->x.column = j->column;
  j->x.value = j->value;
  j->x.dense = j->dense;
  j->x.dense_columns = j->all->dense_columns;
  j->x.rows = to;
}

biobert_status bb_judged_make(const biobert_screening *s, const bb_screen_rows *rows,
                              const bb_feature_rows *all, bb_judged *out,
                              biobert_error *err) {
  size_t count = 0, entries = 0;
  *out = (bb_judged){.allocator = rows->allocator, .all = all};
  for (size_t r = 0; r < rows->rows; r++) {
    if (!is_judged(s, rows, r)) continue;
    count++;
    entries += all->start ? all->start[r + 1] - all->start[r] : 0;
  }
  uint32_t *column_of =
      bb_alloc_zeroed(rows->allocator, all->sparse_columns, sizeof *column_of);
  const bool ok = column_of && reserve(all, count, entries, out);
  if (ok) copy_rows(s, rows, column_of, out);
  bb_free(rows->allocator, column_of);
  return ok ? BIOBERT_OK : bb_no_memory(err, "the judged papers");
}

void bb_judged_free(bb_judged *j) {
  const biobert_allocator *a = j->allocator;
  bb_free(a, j->row);
  bb_free(a, j->label);
  bb_free(a, j->share);
  bb_free(a, j->start);
  bb_free(a, j->column);
  bb_free(a, j->value);
  bb_free(a, j->term);
  bb_free(a, j->dense);
  *j = (bb_judged){0};
}

/* Learning --------------------------------------------------------------------------- */

/* The rows that a fit is of. */
typedef struct subset {
  uint32_t *pick;  /* [rows of j] */
  int32_t *label;  /* [rows of j] */
  double *cost;    /* [rows of j] */
  double *weights; /* [columns of j + 1] */
  size_t count;
} subset;

static bool subset_reserve(const bb_judged *j, subset *out) {
  const biobert_allocator *a = j->allocator;
  out->pick = bb_alloc(a, j->x.rows, sizeof *out->pick);
  out->label = bb_alloc(a, j->x.rows, sizeof *out->label);
  out->cost = bb_alloc(a, j->x.rows, sizeof *out->cost);
  out->weights = bb_alloc(a, bb_feature_columns(&j->x) + 1, sizeof *out->weights);
  return out->pick && out->label && out->cost && out->weights;
}

static void subset_free(const bb_judged *j, subset *s) {
  bb_free(j->allocator, s->pick);
  bb_free(j->allocator, s->label);
  bb_free(j->allocator, s->cost);
  bb_free(j->allocator, s->weights);
}

/* Weights that add up to the number of rows, the ratio between the kinds apart. */
static void choose_rows(const bb_judged *j, const uint32_t *fold, uint32_t without,
                        subset *s) {
  double sum[2] = {0, 0};
  s->count = 0;
  for (size_t r = 0; r < j->x.rows; r++) {
    if (fold && fold[r] == without) continue;
    s->pick[s->count] = (uint32_t)r;
    s->label[s->count] = j->label[r];
    s->cost[s->count++] = j->share[r];
    sum[j->label[r]] += j->share[r];
  }
  const double of_all = (sum[0] + sum[1]) / (1 + inclusion_ratio);
  const double per_row[2] = {cost_of_errors * of_all / sum[0],
                             cost_of_errors * of_all * inclusion_ratio / sum[1]};
  for (size_t i = 0; i < s->count; i++) s->cost[i] *= per_row[s->label[i]];
}

/* weights of the renumbered columns as weights of all. */
static void spread(const bb_judged *j, const double *weights, double *full) {
  const size_t sparse = j->x.sparse_columns, all_sparse = j->all->sparse_columns;
  memset(full, 0, all_sparse * sizeof *full);
  for (size_t i = 0; i < sparse; i++) full[j->term[i]] = weights[i];
  memcpy(full + all_sparse, weights + sparse, (j->x.dense_columns + 1) * sizeof *full);
}

biobert_status bb_judged_fit(const bb_judged *j, const uint32_t *fold, uint32_t without,
                             const bb_call *call, double *full, biobert_error *err) {
  subset s = {0};
  biobert_status status =
      subset_reserve(j, &s) ? BIOBERT_OK : bb_no_memory(err, "the judged papers");
  if (!status) {
    choose_rows(j, fold, without, &s);
    bb_feature_rows x = j->x;
    x.pick = s.pick;
    x.rows = s.count;
    const bb_linear_problem p = {.x = &x,
                                 .label = s.label,
                                 .cost = s.cost,
                                 .loss = &bb_squared_hinge_loss,
                                 .outputs = 1,
                                 .penalised_intercept = true,
                                 .tolerance = fold ? BB_LOOSE : BB_TIGHT};
    status = bb_linear_fit(&p, call, s.weights, err);
  }
  if (!status) spread(j, s.weights, full);
  subset_free(j, &s);
  return status;
}
