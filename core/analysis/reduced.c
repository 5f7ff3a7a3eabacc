/* reduced.c - the basis by orthogonal iteration on a sample (Golub & Van Loan, "Matrix
 * Computations", 8.2.4), then a product.
 *
 * Rounding: the basis is orthonormal to about 1e-7. A coordinate p is a sum of n products
 * in float32, so it is off by at most n 2^-24 |x|, and all of them by e = n 2^-24 sqrt(d).
 * Such p changes <x, y> = <Q p, Q q> + <r, s> + <Q p, s> + <r, Q q> by 2 e, and
 * |r|^2 = |x|^2 - |p|^2 by 2 e: with room for the small terms, 3 e + 1e-5. */
#include "analysis/reduced.h"

#include <math.h>

#include "analysis/random_bits.h"
#include "api/runtime.h"
#include "kernels/gemm.h"

enum {
  SAMPLE = 2048, /* vectors that the basis is made from */
  ROUNDS = 6,    /* enough: any basis gives right bounds, a better one smaller ones */
};

typedef struct reduction {
  const biobert_allocator *allocator;
  bb_kernels kernels;
  bb_cancel cancel;
  size_t workers, n, d; /* d: vectors of the basis */
  size_t count;         /* of the sample */
  float *sample;        /* [count, n] */
  float *basis;         /* [d, n], rows of length 1 */
  float *products;      /* [count, d] */
  float *scratch;
} reduction;

static bb_gemm coordinates(const reduction *r, const float *rows, size_t count,
                           float *out, size_t ldc) {
  return (bb_gemm){.rows = count,
                   .columns = r->d,
                   .depth = r->n,
                   .a = rows,
                   .lda = r->n,
                   .b = r->basis,
                   .ldb = r->n,
                   .b_transposed = true,
                   .c = out,
                   .ldc = ldc};
}

/* basis = products^T sample */
static bb_gemm next_basis(const reduction *r) {
  return (bb_gemm){.rows = r->d,
                   .columns = r->n,
                   .depth = r->count,
                   .a = r->products,
                   .lda = r->d,
                   .a_transposed = true,
                   .b = r->sample,
                   .ldb = r->n,
                   .c = r->basis,
                   .ldc = r->n};
}

static void fill_at_random(float *row, size_t n, uint64_t *random) {
  for (size_t i = 0; i < n; i++) row[i] = (float)(bb_random_unit(random) - 0.5);
}

static double scale_to_1(float *row, size_t n) {
  const double length = sqrt(bb_dot(row, row, n));
  for (size_t i = 0; i < n && length > 0; i++) row[i] = (float)((double)row[i] / length);
  return length;
}

/* Gram-Schmidt, twice ("twice is enough", Parlett 1980). A row that nothing is left of
 * becomes one at random. */
static void orthonormalize(reduction *r) {
  enum { TRIES = 8 };
  uint64_t random = 1;
  for (size_t i = 0; i < r->d; i++) {
    float *row = r->basis + i * r->n;
    double left = scale_to_1(row, r->n);
    for (int turn = 0, tries = 0; turn < 2; turn++) {
      for (size_t j = 0; j < i && left > 0; j++) {
        const float *other = r->basis + j * r->n;
        const double dot = bb_dot(row, other, r->n);
        for (size_t t = 0; t < r->n; t++)
          row[t] = (float)((double)row[t] - dot * (double)other[t]);
      }
      left = left > 0 ? scale_to_1(row, r->n) : 0;
      if (left > 1e-3 || tries++ == TRIES) continue;
      fill_at_random(row, r->n, &random);
      left = scale_to_1(row, r->n);
      turn = -1;
    }
  }
}

static bool find_basis(reduction *r) {
  uint64_t random = 0;
  fill_at_random(r->basis, r->d * r->n, &random);
  orthonormalize(r);
  for (int round = 0; round < ROUNDS; round++) {
    const bb_gemm to = coordinates(r, r->sample, r->count, r->products, r->d),
                  back = next_basis(r);
    if (!bb_gemm_share(&r->kernels, &to, r->workers, r->scratch, &r->cancel) ||
        !bb_gemm_share(&r->kernels, &back, r->workers, r->scratch, &r->cancel))
      return false;
    orthonormalize(r);
  }
  return true;
}

static bool allocate(reduction *r, const bb_units *u) {
  const biobert_allocator *a = r->allocator;
  r->count = u->count < SAMPLE ? u->count : SAMPLE;
  r->sample = bb_alloc_floats(a, r->count * r->n);
  r->basis = bb_alloc_floats(a, r->d * r->n);
  r->products = bb_alloc_floats(a, r->count * r->d);
  const bb_gemm to = coordinates(r, NULL, r->count, NULL, r->d), back = next_basis(r);
  const size_t one = bb_gemm_scratch(&r->kernels, &to, r->workers),
               other = bb_gemm_scratch(&r->kernels, &back, r->workers);
  r->scratch = bb_alloc_floats(a, one > other ? one : other);
  return r->sample && r->basis && r->products && r->scratch;
}

/* The last number of each row. */
static void put_rest(bb_reduced *out, float rounding) {
  const size_t d = out->depth - 1;
  for (size_t i = 0; i < out->units->count; i++) {
    float *row = out->rows + i * out->depth;
    const double rest = 1 + (double)rounding - bb_dot(row, row, d);
    row[d] = (float)sqrt(rest > 0 ? rest : 0);
  }
}

static biobert_status reduce(reduction *r, const bb_units *u, bb_reduced *out,
                             biobert_error *err) {
  if (!out->rows || !allocate(r, u)) return bb_no_memory(err, "vectors made shorter");
  for (size_t i = 0; i < r->count; i++) /* evenly, from the first to the last */
    memcpy(r->sample + i * r->n, u->rows + i * u->count / r->count * r->n,
           r->n * sizeof *r->sample);
  if (!find_basis(r)) return bb_analysis_interrupted(err);
  const bb_gemm all = coordinates(r, u->rows, u->count, out->rows, out->depth);
  if (!bb_gemm_share(&r->kernels, &all, r->workers, r->scratch, &r->cancel))
    return bb_analysis_interrupted(err);
  put_rest(out, out->rounding);
  return BIOBERT_OK;
}

biobert_status bb_reduced_make(const bb_units *units, size_t depth, size_t workers,
                               const biobert_analysis_options *how, bb_reduced *out,
                               biobert_error *err) {
  const biobert_allocator *a = bb_analysis_allocator(how);
  reduction r = {.allocator = a,
                 .cancel = bb_analysis_cancel(how),
                 .workers = workers,
                 .n = units->n,
                 .d = depth - 1};
  bb_kernels_init(&r.kernels, bb_runtime_cpu());
  bb_reduced made = {
      .units = units,
      .depth = depth,
      .rows = bb_alloc_floats(a, units->count * depth),
      .rounding = (float)(3 * (double)units->n * 0x1p-24 * sqrt((double)r.d) + 1e-5)};
  biobert_status status = reduce(&r, units, &made, err);
  bb_free_aligned(a, r.sample);
  bb_free_aligned(a, r.basis);
  bb_free_aligned(a, r.products);
  bb_free_aligned(a, r.scratch);
  if (status)
    bb_reduced_free(&made, how);
  else
    *out = made;
  return status;
}

void bb_reduced_free(bb_reduced *r, const biobert_analysis_options *how) {
  bb_free_aligned(bb_analysis_allocator(how), r->rows);
  *r = (bb_reduced){0};
}

double bb_reduced_reaching(const bb_reduced *r, double threshold) {
  enum { ROWS = 256 };
  const size_t count = r->units->count, some = count < ROWS ? count : ROWS;
  size_t reaching = 0, pairs = 0;
  for (size_t i = 0; i < some; i++)
    for (size_t j = 0; j < i; j++, pairs++) {
      const float *a = r->rows + i * count / some * r->depth,
                  *b = r->rows + j * count / some * r->depth;
      reaching += bb_dot(a, b, r->depth) + (double)r->rounding >= threshold;
    }
  return pairs ? (double)reaching / (double)pairs : 0;
}
