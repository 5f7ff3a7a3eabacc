/* vector_losses.c - in-batch negatives, and a teacher's vectors. */
#include "train/vector_losses.h"

#include <math.h>

#include "base/mem.h"
#include "base/status.h"
#include "base/stop.h"
#include "train/loss.h"

/* Pairs ------------------------------------------------------------------------------ */

/* Two matrices of scores, since a softmax runs along rows: of anchors among candidates, F
 * = A C^T, and of positives among anchors, B = P A^T, where A are the anchors, C the
 * candidates and P the first of them, all of length 1. */
typedef struct comparison {
  const bb_steps *steps;
  const bb_pairs *pairs;
  float *anchors, *candidates;   /* [A, n], [C, n] one below the other */
  float *danchors, *dcandidates; /* likewise: the derivatives */
  float *forward, *backward;     /* [A, C], [A, A]; become the derivatives by them */
  float *scratch;
  float *memory;
  double *losses; /* [2 A]: of the rows of both */
} comparison;

static size_t candidates_of(const bb_pairs *p) {
  return p->pairs + p->negatives;
}

/* out [A, columns] = x y^T, both of vectors. */
static bb_gemm scores(const comparison *c, const float *x, const float *y, size_t columns,
                      float *out) {
  const size_t n = c->pairs->n;
  return (bb_gemm){.rows = c->pairs->pairs,
                   .columns = columns,
                   .depth = n,
                   .a = x,
                   .lda = n,
                   .b = y,
                   .ldb = n,
                   .b_transposed = true,
                   .c = out,
                   .ldc = columns};
}

/* out [A, n] = weights x, weights [A, depth]. */
static bb_gemm sums(const comparison *c, const float *weights, size_t depth,
                    const float *x, float *out) {
  const size_t n = c->pairs->n;
  return (bb_gemm){.rows = c->pairs->pairs,
                   .columns = n,
                   .depth = depth,
                   .a = weights,
                   .lda = depth,
                   .b = x,
                   .ldb = n,
                   .c = out,
                   .ldc = n};
}

/* out [rows, n] = weights^T x, weights [A, rows]. */
static bb_gemm sums_across(const comparison *c, const float *weights, size_t rows,
                           const float *x, float *out) {
  const size_t n = c->pairs->n;
  return (bb_gemm){.rows = rows,
                   .columns = n,
                   .depth = c->pairs->pairs,
                   .a = weights,
                   .lda = rows,
                   .a_transposed = true,
                   .b = x,
                   .ldb = n,
                   .c = out,
                   .ldc = n};
}

static bb_gemm added(bb_gemm g) {
  g.add = true;
  return g;
}

enum { SCORES = 2, PRODUCTS = 6 };

/* The scores; then dA = dF C + dB^T P, dC = dF^T A, dP += dB A. */
static void list_products(const comparison *c, bb_gemm out[PRODUCTS]) {
  const size_t A = c->pairs->pairs, C = candidates_of(c->pairs);
  out[0] = scores(c, c->anchors, c->candidates, C, c->forward);
  out[1] = scores(c, c->candidates, c->anchors, A, c->backward);
  out[2] = sums(c, c->forward, C, c->candidates, c->danchors);
  out[3] = added(sums_across(c, c->backward, A, c->candidates, c->danchors));
  out[4] = sums_across(c, c->forward, C, c->anchors, c->dcandidates);
  out[5] = added(sums(c, c->backward, A, c->anchors, c->dcandidates));
}

static void multiply(const comparison *c, size_t first, size_t end) {
  bb_gemm products[PRODUCTS];
  list_products(c, products);
  for (size_t i = first; i < end && !c->steps->cancel->stop; i++)
    bb_gemm_share(c->steps->kernels, &products[i], c->steps->workers, c->scratch,
                  c->steps->cancel);
}

static size_t scratch_of(const comparison *c) {
  bb_gemm products[PRODUCTS];
  size_t floats = 0;
  list_products(c, products);
  for (size_t i = 0; i < PRODUCTS; i++) {
    size_t own = bb_gemm_scratch(c->steps->kernels, &products[i], c->steps->workers);
    if (own > floats) floats = own;
  }
  return floats;
}

/* Floats of the scores and the vectors. */
static size_t matrices_of(const bb_pairs *p) {
  const size_t A = p->pairs, C = candidates_of(p);
  return (A + C) * p->n + A * (C + A);
}

size_t bb_loss_pairs_floats(const bb_steps *steps, const bb_pairs *pairs) {
  const comparison c = {.steps = steps, .pairs = pairs};
  const size_t losses = 2 * pairs->pairs * sizeof(double) / sizeof(float);
  return matrices_of(pairs) + scratch_of(&c) + losses;
}

static void free_comparison(comparison *c) {
  bb_free_aligned(NULL, c->memory);
  bb_free(NULL, c->losses);
}

static biobert_status reserve(comparison *c, float *d, biobert_error *err) {
  const size_t A = c->pairs->pairs, C = candidates_of(c->pairs), n = c->pairs->n;
  const size_t matrices = matrices_of(c->pairs);
  c->memory = bb_alloc_floats(NULL, matrices + scratch_of(c));
  c->losses = bb_alloc_zeroed(NULL, 2 * A, sizeof *c->losses);
  if (!c->memory || !c->losses) return bb_no_memory(err, "training: pairs of texts");
  c->anchors = c->memory;
  c->candidates = c->anchors + A * n;
  c->forward = c->candidates + C * n;
  c->backward = c->forward + A * C;
  c->scratch = c->memory + matrices;
  c->danchors = d;
  c->dcandidates = d + A * n;
  return BIOBERT_OK;
}

/* Of row i, where column i is right. A column of an equal text takes no part. The scores
 * are cosines: their derivatives are the scale times those of what softmax is of. */
static double row_loss(const comparison *c, float *row, size_t n, size_t i) {
  const uint32_t *texts = c->pairs->texts;
  const double weight = (double)BB_PAIRS_SCALE / (2 * (double)c->pairs->pairs);
  for (size_t j = 0; j < n; j++)
    row[j] = texts && j != i && texts[j] == texts[i] ? -INFINITY
                                                     : (float)BB_PAIRS_SCALE * row[j];
  return bb_loss_softmax(row, n, i, weight);
}

static void row_losses(void *ctx, size_t first, size_t end, size_t worker) {
  const comparison *c = ctx;
  const size_t A = c->pairs->pairs, C = candidates_of(c->pairs);
  (void)worker;
  for (size_t i = first; i < end; i++) {
    c->losses[2 * i] = row_loss(c, c->forward + i * C, C, i);
    c->losses[2 * i + 1] = row_loss(c, c->backward + i * A, A, i);
  }
}

static double mean_of(const double *x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i];
  return sum / (double)n;
}

biobert_status bb_loss_pairs(const bb_steps *steps, const bb_pairs *pairs, double *loss,
                             float *d, biobert_error *err) {
  const size_t rows = pairs->pairs + candidates_of(pairs);
  comparison c = {.steps = steps, .pairs = pairs};
  biobert_status status = reserve(&c, d, err);
  if (!status) {
    bb_unit_forward(steps, pairs->vectors, rows, pairs->n, c.anchors);
    multiply(&c, 0, SCORES);
    bb_each_rows(steps, pairs->pairs, row_losses, &c);
    multiply(&c, SCORES, PRODUCTS);
    bb_unit_backward(steps, pairs->vectors, rows, pairs->n, d);
    *loss = mean_of(c.losses, 2 * pairs->pairs);
    if (steps->cancel->stop) status = bb_interrupted(err, "training");
  }
  free_comparison(&c);
  return status;
}

/* A teacher -------------------------------------------------------------------------- */

double bb_loss_teacher(float *d, const float *teacher, size_t rows, size_t n, size_t of) {
  double loss = 0;
  for (size_t i = 0; i < rows; i++)
    loss += bb_loss_squares(d + i * n, teacher + i * n, n, 1 / (double)of);
  return loss / (double)of;
}
