/* steps.h - what batch_forward.c, batch_backward.c, the task heads and the vectors share:
 * linear maps, layer norms and vectors of length 1 over a batch, shared out among
 * workers. */
#ifndef BB_TRAIN_STEPS_H
#define BB_TRAIN_STEPS_H

#include "kernels/gemm.h"

/* On what a step runs. */
typedef struct bb_steps {
  const bb_kernels *kernels;
  size_t workers;
  bb_cancel *cancel;
  float *scratch; /* of bb_steps_scratch() */
} bb_steps;

/* Scratch of a linear map forwards and backwards, for so many rows. */
size_t bb_steps_scratch(const bb_kernels *k, size_t rows, size_t in, size_t out,
                        size_t workers);

typedef struct bb_linear {
  size_t rows, in, out;
  const float *w; /* [out, in] */
  const float *b; /* [out]; NULL: none */
} bb_linear;

/* y = x W^T + b. */
void bb_linear_forward(const bb_steps *s, const bb_linear *l, const float *x, float *y);
/* dx = dy W (add: dx +=; dx NULL: not wanted), dw += dy^T x, db += the sum of dy's rows
 * (NULL where there is none). */
typedef struct bb_linear_gradient {
  const float *x, *dy;
  float *dx, *dw, *db;
  bool add;
} bb_linear_gradient;
void bb_linear_backward(const bb_steps *s, const bb_linear *l,
                        const bb_linear_gradient *g);

typedef struct bb_norm {
  size_t rows, n;
  const float *gamma, *beta;
  float eps;
} bb_norm;

/* y = (x - mean) / sqrt(variance + eps) * gamma + beta; y may be x. */
void bb_norm_forward(const bb_steps *s, const bb_norm *l, const float *x, float *y);
/* dx = (g - mean(g) - x^ mean(g x^)) / deviation, g = gamma dy and x^ the normalised x,
 * which x becomes; dgamma += the sum of dy x^, dbeta += the sum of dy. dx is neither x nor
 * dy. */
void bb_norm_backward(const bb_steps *s, const bb_norm *l, float *x, const float *dy,
                      float *dx, float *dgamma, float *dbeta);

/* y = x / max(|x|, 1e-12), row by row of x [rows, n]; y may be x. */
void bb_unit_forward(const bb_steps *s, const float *x, size_t rows, size_t n, float *y);
/* d = (d - x^ (d x^)) / |x| of each row, x^ = x / |x|: the derivatives by y become those
 * by x. */
void bb_unit_backward(const bb_steps *s, const float *x, size_t rows, size_t n, float *d);

/* sums[j] += the sum of x's column j, x [rows, n]; weights [rows, n] NULL: 1. */
void bb_add_columns(const bb_steps *s, const float *x, const float *weights, size_t rows,
                    size_t n, float *sums);

/* fn for blocks of rows [first, end). */
typedef void bb_row_range_fn(void *ctx, size_t first, size_t end, size_t worker);
void bb_each_rows(const bb_steps *s, size_t rows, bb_row_range_fn *fn, void *ctx);

#endif
