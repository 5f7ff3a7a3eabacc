/* steps.c - linear maps, layer norms and vectors of length 1, forwards and backwards. */
#include "train/steps.h"

#include <math.h>
#include <string.h>

#include "base/sizes.h"
#include "model/sentence_pipeline.h"

enum {
  BLOCK_ROWS = 32, /* of one task: enough that sharing costs nothing */
  STRIP = 64,      /* columns of one task: a few cache lines a row */
};

/* Rows ------------------------------------------------------------------------------- */

typedef struct rows_job {
  bb_row_range_fn *fn;
  void *ctx;
  size_t rows;
} rows_job;

static void rows_task(void *ctx, size_t task, size_t worker) {
  const rows_job *j = ctx;
  size_t first = task * BLOCK_ROWS;
  j->fn(j->ctx, first, bb_min(first + BLOCK_ROWS, j->rows), worker);
}

void bb_each_rows(const bb_steps *s, size_t rows, bb_row_range_fn *fn, void *ctx) {
  rows_job job = {fn, ctx, rows};
  bb_pool_run(s->workers, bb_divide_up(rows, BLOCK_ROWS), rows_task, &job, s->cancel);
}

/* Sums of columns -------------------------------------------------------------------- */

typedef struct columns_job {
  const float *x, *weights;
  size_t rows, n;
  float *sums;
} columns_job;

/* A known width is done with vectors. */
static inline void add_row(const float *x, const float *w, size_t width, double *sums) {
  if (w)
    for (size_t c = 0; c < width; c++) sums[c] += (double)x[c] * (double)w[c];
  else
    for (size_t c = 0; c < width; c++) sums[c] += (double)x[c];
}

static void columns_task(void *ctx, size_t task, size_t worker) {
  const columns_job *j = ctx;
  size_t first = task * STRIP, width = bb_min(STRIP, j->n - first);
  (void)worker;
  double sums[STRIP] = {0}; /* thousands of rows: a float would lose digits */
  for (size_t i = 0; i < j->rows; i++) {
    const float *x = j->x + i * j->n + first;
    const float *w = j->weights ? j->weights + i * j->n + first : NULL;
    if (width == STRIP)
      add_row(x, w, STRIP, sums);
    else
      add_row(x, w, width, sums);
  }
  for (size_t c = 0; c < width; c++) j->sums[first + c] += (float)sums[c];
}

void bb_add_columns(const bb_steps *s, const float *x, const float *weights, size_t rows,
                    size_t n, float *sums) {
  columns_job job = {x, weights, rows, n, sums};
  bb_pool_run(s->workers, bb_divide_up(n, STRIP), columns_task, &job, s->cancel);
}

/* Linear maps ------------------------------------------------------------------------ */

static bb_gemm forward_product(const bb_linear *l, const float *x, float *y) {
  return (bb_gemm){.rows = l->rows,
                   .columns = l->out,
                   .depth = l->in,
                   .a = x,
                   .lda = l->in,
                   .b = l->w,
                   .ldb = l->in,
                   .b_transposed = true,
                   .c = y,
                   .ldc = l->out};
}

static bb_gemm input_product(const bb_linear *l, const bb_linear_gradient *g) {
  return (bb_gemm){.rows = l->rows,
                   .columns = l->in,
                   .depth = l->out,
                   .a = g->dy,
                   .lda = l->out,
                   .b = l->w,
                   .ldb = l->in,
                   .c = g->dx,
                   .ldc = l->in,
                   .add = g->add};
}

static bb_gemm weight_product(const bb_linear *l, const bb_linear_gradient *g) {
  return (bb_gemm){.rows = l->out,
                   .columns = l->in,
                   .depth = l->rows,
                   .a = g->dy,
                   .lda = l->out,
                   .a_transposed = true,
                   .b = g->x,
                   .ldb = l->in,
                   .c = g->dw,
                   .ldc = l->in,
                   .add = true};
}

size_t bb_steps_scratch(const bb_kernels *k, size_t rows, size_t in, size_t out,
                        size_t workers) {
  bb_linear l = {rows, in, out, NULL, NULL};
  bb_linear_gradient g = {0};
  bb_gemm products[] = {forward_product(&l, NULL, NULL), input_product(&l, &g),
                        weight_product(&l, &g)};
  size_t floats = 0;
  for (size_t i = 0; i < sizeof products / sizeof products[0]; i++)
    floats = bb_max(floats, bb_gemm_scratch(k, &products[i], workers));
  return floats;
}

static void multiply(const bb_steps *s, const bb_gemm *g) {
  bb_gemm_share(s->kernels, g, s->workers, s->scratch, s->cancel);
}

typedef struct bias_job {
  const bb_steps *steps;
  const bb_linear *linear;
  float *y;
} bias_job;

static void add_bias(void *ctx, size_t first, size_t end, size_t worker) {
  const bias_job *j = ctx;
  (void)worker;
  for (size_t i = first; i < end; i++)
    j->steps->kernels->f32_axpy(1, j->linear->b, j->y + i * j->linear->out,
                                j->linear->out);
}

void bb_linear_forward(const bb_steps *s, const bb_linear *l, const float *x, float *y) {
  bb_gemm g = forward_product(l, x, y);
  multiply(s, &g);
  if (l->b) bb_each_rows(s, l->rows, add_bias, &(bias_job){s, l, y});
}

void bb_linear_backward(const bb_steps *s, const bb_linear *l,
                        const bb_linear_gradient *g) {
  bb_gemm weights = weight_product(l, g), input = input_product(l, g);
  multiply(s, &weights);
  if (g->db) bb_add_columns(s, g->dy, NULL, l->rows, l->out, g->db);
  if (g->dx) multiply(s, &input);
}

/* Layer norms ------------------------------------------------------------------------ */

typedef struct norm_job {
  const bb_steps *steps;
  const bb_norm *norm;
  const float *x, *dy;
  float *y, *normalized; /* y: of the backward pass, dx */
} norm_job;

static void norm_rows(void *ctx, size_t first, size_t end, size_t worker) {
  const norm_job *j = ctx;
  const bb_norm *l = j->norm;
  (void)worker;
  j->steps->kernels->f32_layer_norm(j->x + first * l->n, end - first, l->gamma, l->beta,
                                    l->eps, j->y + first * l->n, l->n);
}

void bb_norm_forward(const bb_steps *s, const bb_norm *l, const float *x, float *y) {
  bb_each_rows(s, l->rows, norm_rows, &(norm_job){s, l, x, NULL, y, NULL});
}

/* Normalises a row; returns 1 / sqrt(variance + eps). */
static double normalize(float *x, size_t n, float eps) {
  double mean = 0, variance = 0;
  for (size_t i = 0; i < n; i++) mean += (double)x[i];
  mean /= (double)n;
  for (size_t i = 0; i < n; i++)
    variance += ((double)x[i] - mean) * ((double)x[i] - mean);
  double inverse = 1 / sqrt(variance / (double)n + (double)eps);
  for (size_t i = 0; i < n; i++) x[i] = (float)(((double)x[i] - mean) * inverse);
  return inverse;
}

static void norm_row_backward(const bb_norm *l, float *x, const float *dy, float *dx) {
  double inverse = normalize(x, l->n, l->eps), mean = 0, projection = 0;
  for (size_t i = 0; i < l->n; i++) {
    double g = (double)l->gamma[i] * (double)dy[i];
    mean += g;
    projection += g * (double)x[i];
  }
  mean /= (double)l->n;
  projection /= (double)l->n;
  for (size_t i = 0; i < l->n; i++)
    dx[i] =
        (float)(((double)l->gamma[i] * (double)dy[i] - mean - (double)x[i] * projection) *
                inverse);
}

static void norm_rows_backward(void *ctx, size_t first, size_t end, size_t worker) {
  const norm_job *j = ctx;
  const size_t n = j->norm->n;
  (void)worker;
  for (size_t i = first; i < end; i++)
    norm_row_backward(j->norm, j->normalized + i * n, j->dy + i * n, j->y + i * n);
}

void bb_norm_backward(const bb_steps *s, const bb_norm *l, float *x, const float *dy,
                      float *dx, float *dgamma, float *dbeta) {
  bb_each_rows(s, l->rows, norm_rows_backward, &(norm_job){s, l, NULL, dy, dx, x});
  bb_add_columns(s, dy, x, l->rows, l->n, dgamma);
  bb_add_columns(s, dy, NULL, l->rows, l->n, dbeta);
}

/* Length 1 --------------------------------------------------------------------------- */

typedef struct unit_job {
  const float *x;
  size_t n;
  float *y; /* of the backward pass, d */
} unit_job;

static void unit_rows(void *ctx, size_t first, size_t end, size_t worker) {
  const unit_job *j = ctx;
  (void)worker;
  if (j->y != j->x)
    memcpy(j->y + first * j->n, j->x + first * j->n, (end - first) * j->n * sizeof *j->y);
  for (size_t i = first; i < end; i++) bb_unit_vector(j->y + i * j->n, j->n);
}

void bb_unit_forward(const bb_steps *s, const float *x, size_t rows, size_t n, float *y) {
  bb_each_rows(s, rows, unit_rows, &(unit_job){x, n, y});
}

/* Where the length was raised to the smallest, it does not depend on x. */
static void unit_row_backward(const float *x, size_t n, float *d) {
  double square = 0, projection = 0;
  for (size_t i = 0; i < n; i++) {
    square += (double)x[i] * (double)x[i];
    projection += (double)x[i] * (double)d[i];
  }
  double length = sqrt(square), along = 0;
  if (length < BB_MIN_LENGTH)
    length = BB_MIN_LENGTH;
  else
    along = projection / square;
  for (size_t i = 0; i < n; i++)
    d[i] = (float)(((double)d[i] - along * (double)x[i]) / length);
}

static void unit_rows_backward(void *ctx, size_t first, size_t end, size_t worker) {
  const unit_job *j = ctx;
  (void)worker;
  for (size_t i = first; i < end; i++)
    unit_row_backward(j->x + i * j->n, j->n, j->y + i * j->n);
}

void bb_unit_backward(const bb_steps *s, const float *x, size_t rows, size_t n,
                      float *d) {
  bb_each_rows(s, rows, unit_rows_backward, &(unit_job){x, n, d});
}
