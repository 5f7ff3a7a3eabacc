/* principal_components.c - subspace iteration (Halko, Martinsson & Tropp 2011,
 * arXiv:0909.4061, algorithm 4.4), with a few directions more than asked for.
 *
 * It multiplies with the rows and their transpose instead of with a matrix of covariances,
 * which of 65,536 numbers a vector would take 16 GB. No LAPACK: its bits depend on the
 * library and its threads, those of a map must not, and 40 MB of it for the sake of
 * two directions is much.
 *
 * n: numbers of a row; b: directions that are iterated. */
#include "analysis/principal_components.h"

#include <math.h>

#include "analysis/random_bits.h"
#include "api/runtime.h"
#include "base/mem.h"
#include "base/sizes.h"
#include "base/status.h"
#include "kernels/gemm.h"

enum {
  SPARE = 6,       /* directions more: each makes the others come sooner */
  MAX_BLOCK = 32,  /* b */
  MAX_ROUNDS = 40, /* what is not settled by then differs from others by little */
  MAX_SWEEPS = 30, /* of Jacobi's; 6 are usual */
};

/* How far a direction may be from one that is only stretched, relative to the largest
 * variance: ten times what sums of float32 leave. */
static const double SETTLED = 1e-5;

typedef struct iteration {
  const bb_rows *rows;
  const bb_kernels *kernels;
  size_t n, b, d, workers;
  float *basis;   /* [n, b], columns of length 1 and at right angles */
  float *places;  /* [count, b]: rows times basis */
  float *image;   /* [n, b]: of the basis */
  float *scratch; /* of the products */
  double
      turn[MAX_BLOCK * MAX_BLOCK]; /* [b, b]: columns are the directions in the basis */
  double value[MAX_BLOCK];         /* [b]: their variances, falling */
} iteration;

/* Small symmetric matrices ----------------------------------------------------------- */

/* Rotates rows or columns p and q of a [b, b] matrix. */
static void rotate(double *m, size_t step, size_t along, size_t b, size_t p, size_t q,
                   const double cos_sin[2]) {
  for (size_t i = 0; i < b; i++) {
    double *x = m + p * step + i * along, *y = m + q * step + i * along, old = *x;
    *x = cos_sin[0] * old - cos_sin[1] * *y;
    *y = cos_sin[1] * old + cos_sin[0] * *y;
  }
}

/* Makes m[p, q] zero: Golub & Van Loan, Matrix Computations, 8.5.2. */
static void jacobi(double *m, double *turn, size_t b, size_t p, size_t q) {
  const double off = m[p * b + q];
  if (off == 0) return;
  const double tau = (m[q * b + q] - m[p * b + p]) / (2 * off);
  const double t = (tau >= 0 ? 1 : -1) / (fabs(tau) + sqrt(1 + tau * tau));
  const double c = 1 / sqrt(1 + t * t), rotation[2] = {c, t * c};
  rotate(m, b, 1, b, p, q, rotation);
  rotate(m, 1, b, b, p, q, rotation);
  rotate(turn, 1, b, b, p, q, rotation);
}

static void swap_columns(double *m, size_t b, size_t p, size_t q) {
  for (size_t i = 0; i < b; i++) {
    double old = m[i * b + p];
    m[i * b + p] = m[i * b + q];
    m[i * b + q] = old;
  }
}

/* Columns by falling value. */
static void sort_columns(double *turn, double *value, size_t b) {
  for (size_t i = 0; i < b; i++) {
    size_t best = i;
    for (size_t j = i + 1; j < b; j++)
      if (value[j] > value[best]) best = j;
    if (best == i) continue;
    double old = value[i];
    value[i] = value[best];
    value[best] = old;
    swap_columns(turn, b, i, best);
  }
}

/* Uses m up. */
static void decompose(double *m, size_t b, double *turn, double *value) {
  for (size_t i = 0; i < b * b; i++) turn[i] = i % (b + 1) == 0;
  for (int sweep = 0; sweep < MAX_SWEEPS; sweep++)
    for (size_t p = 0; p + 1 < b; p++)
      for (size_t q = p + 1; q < b; q++) jacobi(m, turn, b, p, q);
  for (size_t i = 0; i < b; i++) value[i] = m[i * b + i];
  sort_columns(turn, value, b);
}

/* The basis -------------------------------------------------------------------------- */

static double column_product(const float *m, size_t n, size_t b, size_t p, size_t q) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)m[i * b + p] * (double)m[i * b + q];
  return sum;
}

static void scale_column(float *m, size_t n, size_t b, size_t column, double factor) {
  for (size_t i = 0; i < n; i++)
    m[i * b + column] = (float)((double)m[i * b + column] * factor);
}

static void take_away(float *m, size_t n, size_t b, size_t from, size_t column) {
  const double part = column_product(m, n, b, from, column);
  for (size_t i = 0; i < n; i++)
    m[i * b + from] = (float)((double)m[i * b + from] - part * (double)m[i * b + column]);
}

/* Gram and Schmidt, each column twice: Giraud et al. 2005
 * (doi:10.1007/s00211-005-0615-4). A column in which nothing is left becomes 0. */
static void make_orthonormal(float *m, size_t n, size_t b) {
  for (size_t j = 0; j < b; j++) {
    const double before = column_product(m, n, b, j, j);
    for (int again = 0; again < 2; again++)
      for (size_t k = 0; k < j; k++) take_away(m, n, b, j, k);
    const double square = column_product(m, n, b, j, j);
    /* 1e-10: rounding errors of float32, squared, and some. */
    const bool left = square > 0 && square > 1e-10 * before;
    scale_column(m, n, b, j, left ? 1 / sqrt(square) : 0);
  }
}

/* out = m turn, for m [rows, b]; row by row, so out may be m. */
static void turn_rows(const iteration *t, const float *m, size_t rows, float *out) {
  for (size_t i = 0; i < rows; i++) {
    double row[MAX_BLOCK];
    for (size_t j = 0; j < t->b; j++) {
      row[j] = 0;
      for (size_t k = 0; k < t->b; k++)
        row[j] += (double)m[i * t->b + k] * t->turn[k * t->b + j];
    }
    for (size_t j = 0; j < t->b; j++) out[i * t->b + j] = (float)row[j];
  }
}

/* A round ---------------------------------------------------------------------------- */

static bb_gemm to_places(const iteration *t) {
  return (bb_gemm){.rows = t->rows->count,
                   .columns = t->b,
                   .depth = t->n,
                   .a = t->rows->vectors,
                   .lda = t->n,
                   .b = t->basis,
                   .ldb = t->b,
                   .c = t->places,
                   .ldc = t->b};
}

static bb_gemm to_image(const iteration *t) {
  return (bb_gemm){.rows = t->n,
                   .columns = t->b,
                   .depth = t->rows->count,
                   .a = t->rows->vectors,
                   .lda = t->n,
                   .a_transposed = true,
                   .b = t->places,
                   .ldb = t->b,
                   .c = t->image,
                   .ldc = t->b};
}

/* Multiplies with the rows' factors. */
static void scale_rows(const iteration *t) {
  for (size_t i = 0; i < t->rows->count; i++)
    for (size_t j = 0; j < t->b; j++) t->places[i * t->b + j] *= t->rows->scale[i];
}

/* The mean of the rows that are not left out becomes 0. */
static void centre_rows(const iteration *t) {
  double sum[MAX_BLOCK] = {0}, live = 0;
  for (size_t i = 0; i < t->rows->count; i++) {
    if (t->rows->scale[i] == 0) continue;
    live++;
    for (size_t j = 0; j < t->b; j++) sum[j] += (double)t->places[i * t->b + j];
  }
  for (size_t i = 0; i < t->rows->count; i++)
    for (size_t j = 0; j < t->b && t->rows->scale[i] != 0; j++)
      t->places[i * t->b + j] -= (float)(sum[j] / live);
}

/* places: of the rows. False: cancelled. */
static bool find_places(const iteration *t, bb_cancel *cancel) {
  const bb_gemm g = to_places(t);
  if (!bb_gemm_share(t->kernels, &g, t->workers, t->scratch, cancel)) return false;
  scale_rows(t);
  centre_rows(t);
  return true;
}

/* image = covariances * basis, uses the places up. That they are centred is enough. */
static bool find_image(const iteration *t, bb_cancel *cancel) {
  const bb_gemm g = to_image(t);
  scale_rows(t);
  return bb_gemm_share(t->kernels, &g, t->workers, t->scratch, cancel);
}

/* Within the basis: its directions of largest variance. */
static void find_turn(iteration *t) {
  double m[MAX_BLOCK * MAX_BLOCK];
  for (size_t p = 0; p < t->b; p++)
    for (size_t q = 0; q < t->b; q++) {
      double sum = 0;
      for (size_t i = 0; i < t->n; i++)
        sum += (double)t->basis[i * t->b + p] * (double)t->image[i * t->b + q];
      m[p * t->b + q] = sum;
    }
  for (size_t p = 0; p < t->b; p++)
    for (size_t q = 0; q < p; q++)
      m[p * t->b + q] = m[q * t->b + p] = (m[p * t->b + q] + m[q * t->b + p]) / 2;
  decompose(m, t->b, t->turn, t->value);
}

/* The length of image - value * basis, of a direction. */
static double unsettled(const iteration *t, size_t direction) {
  double square = 0;
  for (size_t i = 0; i < t->n; i++) {
    const size_t at = i * t->b + direction;
    const double rest = (double)t->image[at] - t->value[direction] * (double)t->basis[at];
    square += rest * rest;
  }
  return sqrt(square);
}

static bool is_settled(const iteration *t) {
  for (size_t j = 0; j < t->d; j++)
    if (unsettled(t, j) > SETTLED * t->value[0]) return false;
  return true;
}

static bool take_round(iteration *t, bool *settled, bb_cancel *cancel) {
  if (!find_places(t, cancel) || !find_image(t, cancel)) return false;
  find_turn(t);
  turn_rows(t, t->basis, t->n, t->basis);
  turn_rows(t, t->image, t->n, t->image);
  *settled = is_settled(t);
  if (*settled) return true;
  float *next = t->image;
  t->image = t->basis;
  t->basis = next;
  make_orthonormal(t->basis, t->n, t->b);
  return true;
}

/* From the start to the end ---------------------------------------------------------- */

static bool allocate(iteration *t, const biobert_allocator *a) {
  const bb_gemm places = to_places(t), image = to_image(t);
  t->basis = bb_alloc_floats(a, t->n * t->b);
  t->image = bb_alloc_floats(a, t->n * t->b);
  t->places = bb_alloc_floats(a, t->rows->count * t->b);
  t->scratch =
      bb_alloc_floats(a, bb_max(bb_gemm_scratch(t->kernels, &places, t->workers),
                                bb_gemm_scratch(t->kernels, &image, t->workers)));
  return t->basis && t->image && t->places && t->scratch;
}

static void begin(iteration *t) {
  for (size_t i = 0; i < t->n * t->b; i++)
    t->basis[i] = bb_random_float(0, i); /* any start will do */
  make_orthonormal(t->basis, t->n, t->b);
}

/* Which way a direction points is nobody's; so that there is one picture, its largest
 * number is positive. */
static float sign_of(const iteration *t, size_t direction) {
  float largest = 0;
  for (size_t i = 0; i < t->n; i++) {
    const float value = t->basis[i * t->b + direction];
    if (fabsf(value) > fabsf(largest)) largest = value;
  }
  return largest < 0 ? -1.0f : 1.0f;
}

static bool write_places(const iteration *t, size_t d, float *places, double *variances,
                         bb_cancel *cancel) {
  if (!find_places(t, cancel)) return false;
  for (size_t j = 0; j < d; j++) {
    const float sign = j < t->b ? sign_of(t, j) : 0;
    for (size_t i = 0; i < t->rows->count; i++)
      places[i * d + j] = j < t->b ? sign * t->places[i * t->b + j] : 0;
    if (variances) variances[j] = j < t->b && t->value[j] > 0 ? t->value[j] : 0;
  }
  return true;
}

static bool iterate(iteration *t, size_t d, float *places, double *variances,
                    bb_cancel *cancel) {
  bool settled = false;
  begin(t);
  for (int round = 0; round < MAX_ROUNDS && !settled; round++)
    if (!take_round(t, &settled, cancel)) return false;
  return write_places(t, d, places, variances, cancel);
}

biobert_status bb_principal_components(const biobert_allocator *a, const bb_rows *rows,
                                       size_t d, size_t workers, float *places,
                                       double *variances, bb_cancel *cancel,
                                       biobert_error *err) {
  bb_kernels kernels;
  bb_kernels_init(&kernels, bb_runtime_cpu());
  const size_t most = d + SPARE < MAX_BLOCK ? d + SPARE : MAX_BLOCK;
  iteration t = {.rows = rows,
                 .kernels = &kernels,
                 .n = rows->n,
                 .b = most < rows->n ? most : rows->n,
                 .workers = workers};
  t.d = d < t.b ? d : t.b;
  biobert_status status = BIOBERT_OK;
  if (!allocate(&t, a))
    status = bb_no_memory(err, "principal components");
  else if (!iterate(&t, d, places, variances, cancel))
    status = bb_fail(err, BIOBERT_INTERRUPTED, "interrupted");
  bb_free_aligned(a, t.basis);
  bb_free_aligned(a, t.image);
  bb_free_aligned(a, t.places);
  bb_free_aligned(a, t.scratch);
  return status;
}
