/* all_pairs.c - products of codes, block by block.
 *
 * With x ~ X the unsigned codes of x and y ~ Y the signed ones of y,
 *     <x, y> - <X, Y> = <x - X, y> + <X, y - Y>,
 * of which the size is at most r + (1 + r) s for |x|, |y| <= 1, r = |x - X|, s = |y - Y|.
 * With m the larger one of a row's two lengths this is at most the sum of
 * m + m^2 / 2 of both rows.
 *
 * Rounding: a block of the depth adds two products to the sum, each in two operations
 * (kernels.h). What is added up is no larger than 3 sqrt(192) |x| |Y| < 54 in all, so a
 * block's four roundings change it by less than 4 * 54 * 2^-24 = 1.3e-5. */
#include "analysis/all_pairs.h"

#include <math.h>

#include "api/runtime.h"
#include "base/sizes.h"
#include "kernels/i8.h"
#include "kernels/int_product.h"

enum {
  MAX_BLOCK = 512, /* its codes, as rows and as columns, stay in the second cache */
  MIN_BLOCK = 64,  /* few points: enough blocks for all workers */
  BLOCKS = 32,
  TILE_ROWS = 64, /* rows of a product: its estimates stay in the cache, too */
};

static const double block_rounding = 7e-6; /* a row's share */
static const double row_rounding = 2e-6;   /* lengths, and sums of slacks, in float */

struct bb_all_pairs {
  const biobert_allocator *allocator;
  bb_kernels kernels;
  size_t count, n, workers;
  size_t block, blocks;        /* rows of a block; how many blocks */
  size_t packed_floats;        /* of a block as columns */
  bb_int_rows as_rows;         /* [count] */
  float *as_columns;           /* [blocks, packed_floats] */
  float *slack;                /* [count] */
  float *estimates;            /* a worker's [TILE_ROWS, block] */
  float *column_limits;        /* a worker's [block] */
  uint32_t *places;            /* a worker's [block] */
  const float *rows;           /* while codes are made */
  const bb_all_pairs_use *use; /* while pairs are taken */
  bb_cancel *cancel;
  size_t round;
};

static size_t rows_of(const bb_all_pairs *p, size_t block) {
  return bb_min(p->block, p->count - block * p->block);
}

static bb_shape shape_of(const bb_all_pairs *p, size_t block) {
  return (bb_shape){p->n, rows_of(p, block)};
}

static void choose_blocks(bb_all_pairs *p) {
  p->block = bb_divide_up(p->count, (size_t)BLOCKS * MIN_BLOCK) * MIN_BLOCK;
  p->block = p->block < MIN_BLOCK ? MIN_BLOCK : bb_min(p->block, MAX_BLOCK);
  p->blocks = bb_divide_up(p->count, p->block);
  p->packed_floats = 0;
  for (size_t block = p->blocks > 1 ? p->blocks - 2 : 0; block < p->blocks; block++) {
    size_t floats = bb_i8_packed_floats(&p->kernels, shape_of(p, block));
    if (floats > p->packed_floats) p->packed_floats = floats;
  }
}

/* Codes ------------------------------------------------------------------------------ */

/* What the unsigned codes of a row leave out, squared. */
static double missed_as_row(const bb_all_pairs *p, size_t row) {
  const float *x = p->rows + row * p->n;
  const uint8_t *q = bb_int_row(&p->as_rows, row);
  const bb_i8_range *range = bb_range_of(&p->as_rows, row);
  double missed = 0;
  for (size_t i = 0; i < p->n; i++) {
    const bb_i8_range r = range[i / BB_I8_BLOCK];
    const double rest = (double)x[i] - ((double)r.min + (double)r.scale * q[i]);
    missed += rest * rest;
  }
  return missed;
}

/* The same of the signed ones, which are packed as these are. */
static double missed_as_column(const bb_all_pairs *p, size_t row) {
  const float *x = p->rows + row * p->n;
  int8_t q[BB_I8_BLOCK];
  double missed = 0;
  for (size_t t = 0; t < p->n; t += BB_I8_BLOCK) {
    const size_t n = bb_min(BB_I8_BLOCK, p->n - t);
    float scale;
    p->kernels.i8_codes(x + t, n, 1, n, &(bb_code_rows){q, n, &scale, NULL});
    for (size_t i = 0; i < n; i++) {
      const double rest = (double)x[t + i] - (double)scale * q[i];
      missed += rest * rest;
    }
  }
  return missed;
}

static float slack_of(const bb_all_pairs *p, size_t row) {
  const double as_row = missed_as_row(p, row), as_column = missed_as_column(p, row);
  const double missed = sqrt(as_row > as_column ? as_row : as_column);
  return (float)((missed + missed * missed / 2) * (1 + row_rounding) + row_rounding +
                 block_rounding * (double)bb_i8_blocks(p->n));
}

static void encode_block(void *ctx, size_t block, size_t worker) {
  bb_all_pairs *p = ctx;
  (void)worker;
  const size_t first = block * p->block, count = rows_of(p, block);
  const float *rows = p->rows + first * p->n;
  const bb_int_rows to = {bb_int_row(&p->as_rows, first), p->as_rows.ld,
                          bb_range_of(&p->as_rows, first), p->as_rows.range_step};
  bb_i8_quantize_rows(&p->kernels, rows, p->n, count, p->n, &to);
  bb_i8_pack_weights(&p->kernels, shape_of(p, block),
                     &(bb_weight_rows){rows, p->n, 0, count},
                     p->as_columns + block * p->packed_floats);
  for (size_t i = 0; i < count; i++) p->slack[first + i] = slack_of(p, first + i);
}

static bool allocate(bb_all_pairs *p) {
  const biobert_allocator *a = p->allocator;
  const size_t ld = bb_i8_row_bytes(p->n), step = bb_i8_blocks(p->n);
  p->as_rows = (bb_int_rows){bb_alloc(a, p->count, ld), ld,
                             bb_alloc(a, p->count, step * sizeof(bb_i8_range)), step};
  p->as_columns = bb_alloc_floats(a, p->blocks * p->packed_floats);
  p->slack = bb_alloc(a, p->count, sizeof *p->slack);
  p->estimates = bb_alloc_floats(a, p->workers * TILE_ROWS * p->block);
  p->column_limits = bb_alloc_floats(a, p->workers * p->block);
  p->places = bb_alloc(a, p->workers * p->block, sizeof *p->places);
  return p->as_rows.codes && p->as_rows.ranges && p->as_columns && p->slack &&
         p->estimates && p->column_limits && p->places;
}

biobert_status bb_all_pairs_new(const float *rows, size_t count, size_t n, size_t workers,
                                const biobert_analysis_options *how, bb_all_pairs **out,
                                biobert_error *err) {
  const biobert_allocator *a = bb_analysis_allocator(how);
  bb_cancel cancel = bb_analysis_cancel(how);
  bb_all_pairs *p = bb_alloc_zeroed(a, 1, sizeof *p);
  if (!p) return bb_no_memory(err, "pairs");
  *p = (bb_all_pairs){
      .allocator = a, .count = count, .n = n, .workers = workers, .rows = rows};
  bb_kernels_init(&p->kernels, bb_runtime_cpu());
  choose_blocks(p);
  biobert_status status = allocate(p) ? BIOBERT_OK : bb_no_memory(err, "pairs");
  if (!status && !bb_pool_run(workers, p->blocks, encode_block, p, &cancel))
    status = bb_analysis_interrupted(err);
  p->rows = NULL;
  if (status)
    bb_all_pairs_free(p);
  else
    *out = p;
  return status;
}

void bb_all_pairs_free(bb_all_pairs *p) {
  if (!p) return;
  bb_free(p->allocator, p->as_rows.codes);
  bb_free(p->allocator, p->as_rows.ranges);
  bb_free_aligned(p->allocator, p->as_columns);
  bb_free(p->allocator, p->slack);
  bb_free_aligned(p->allocator, p->estimates);
  bb_free_aligned(p->allocator, p->column_limits);
  bb_free(p->allocator, p->places);
  bb_free(p->allocator, p);
}

const float *bb_all_pairs_slack(const bb_all_pairs *p) {
  return p->slack;
}

/* Pairs ------------------------------------------------------------------------------ */

/* A block of rows beside a block of columns. */
typedef struct block_pair {
  size_t rows, columns; /* numbers of the blocks */
  size_t worker;
  float max_row_slack, max_column_slack;
  float *limits; /* of the columns, as an estimate has to reach them */
  float *estimates;
} block_pair;

static float max_slack(const bb_all_pairs *p, size_t block) {
  const float *slack = p->slack + block * p->block;
  float max = 0;
  for (size_t i = 0; i < rows_of(p, block); i++)
    if (slack[i] > max) max = slack[i];
  return max;
}

static void estimate_tile(const bb_all_pairs *p, const block_pair *b, size_t first,
                          size_t rows) {
  const bb_int_rows ints = {bb_int_row(&p->as_rows, first), p->as_rows.ld,
                            bb_range_of(&p->as_rows, first), p->as_rows.range_step};
  const bb_product product = {.rows = rows,
                              .shape = shape_of(p, b->columns),
                              .int_type = BB_INT8,
                              .ints = ints,
                              .b = p->as_columns + b->columns * p->packed_floats,
                              .c = b->estimates,
                              .ldc = p->block};
  bb_int_multiply(&p->kernels, &product);
}

static void limit_column(const bb_all_pairs *p, const block_pair *b, size_t column) {
  const size_t at = b->columns * p->block + column;
  b->limits[column] = p->use->limit[at] - p->slack[at] - b->max_row_slack;
}

static void take_row(bb_all_pairs *p, const block_pair *b, size_t row,
                     const float *estimates) {
  const size_t base = b->columns * p->block;
  uint32_t *places = p->places + b->worker * p->block;
  const float limit = p->use->limit[row] - p->slack[row] - b->max_column_slack;
  const size_t found = p->kernels.f32_reaching(estimates, limit, b->limits,
                                               rows_of(p, b->columns), places);
  for (size_t i = 0; i < found; i++) {
    const size_t column = base + places[i];
    if (b->rows == b->columns && column <= row) continue;
    p->use->take(p->use->ctx, b->worker, row, column, estimates[places[i]]);
    limit_column(p, b, places[i]);
  }
}

static void take_blocks(bb_all_pairs *p, size_t rows, size_t columns, size_t worker) {
  block_pair b = {.rows = rows,
                  .columns = columns,
                  .worker = worker,
                  .max_row_slack = max_slack(p, rows),
                  .max_column_slack = max_slack(p, columns),
                  .limits = p->column_limits + worker * p->block,
                  .estimates = p->estimates + worker * TILE_ROWS * p->block};
  for (size_t i = 0; i < rows_of(p, columns); i++) limit_column(p, &b, i);
  const size_t first = rows * p->block, count = rows_of(p, rows);
  for (size_t i = 0; i < count && !bb_cancelled(p->cancel, worker); i += TILE_ROWS) {
    const size_t high = bb_min(TILE_ROWS, count - i);
    estimate_tile(p, &b, first + i, high);
    for (size_t j = 0; j < high; j++)
      take_row(p, &b, first + i + j, b.estimates + j * p->block);
  }
}

static void take_own(void *ctx, size_t block, size_t worker) {
  take_blocks(ctx, block, block, worker);
}

/* Rounds of a tournament: in each a block meets one other, so that no two tasks of a round
 * have a row in common. An odd number of blocks gets one more that does not exist. */
static void take_round(void *ctx, size_t task, size_t worker) {
  bb_all_pairs *p = ctx;
  const size_t others = p->blocks + p->blocks % 2 - 1;
  const size_t a = task == 0 ? others : (p->round + task) % others;
  const size_t b = (p->round + others - task) % others;
  if (a < p->blocks && b < p->blocks)
    take_blocks(p, a < b ? a : b, a < b ? b : a, worker);
}

bool bb_all_pairs_run(bb_all_pairs *p, const bb_all_pairs_use *use, bb_cancel *cancel) {
  p->use = use;
  p->cancel = cancel;
  bool going = bb_pool_run(p->workers, p->blocks, take_own, p, cancel);
  const size_t players = p->blocks + p->blocks % 2;
  for (p->round = 0; going && p->round + 1 < players; p->round++)
    going = bb_pool_run(p->workers, players / 2, take_round, p, cancel);
  return going && !cancel->stop;
}
