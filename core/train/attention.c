/* attention.c - P V, and its derivatives. */
#include "train/attention.h"

#include <math.h>

/* [T, T] matrices in the scratch, before what products need. */
enum { SQUARES = 2 };

static size_t head_width(const bb_head_of_text *h) {
  return h->shape.hidden / h->shape.heads;
}

typedef enum part { QUERY, KEY, VALUE } part;

/* The head's columns of the queries, keys or values, in rows 3H apart. */
static size_t column_of(const bb_head_of_text *h, part which) {
  return which * h->shape.hidden + h->head * head_width(h);
}

/* [T, T] = a b^T, both [T, D] in rows lda and ldb apart. */
static bb_gemm square_product(const bb_head_of_text *h, const float *a, size_t lda,
                              const float *b, size_t ldb, float *c) {
  return (bb_gemm){.rows = h->tokens,
                   .columns = h->tokens,
                   .depth = head_width(h),
                   .a = a,
                   .lda = lda,
                   .b = b,
                   .ldb = ldb,
                   .b_transposed = true,
                   .c = c,
                   .ldc = h->tokens};
}

/* [T, D] = a b, or a^T b; a [T, T]. */
static bb_gemm narrow_product(const bb_head_of_text *h, const float *a, bool transposed,
                              const float *b, size_t ldb, float *c, size_t ldc) {
  return (bb_gemm){.rows = h->tokens,
                   .columns = head_width(h),
                   .depth = h->tokens,
                   .a = a,
                   .lda = h->tokens,
                   .a_transposed = transposed,
                   .b = b,
                   .ldb = ldb,
                   .c = c,
                   .ldc = ldc};
}

size_t bb_attention_scratch(const bb_kernels *k, bb_attention_shape shape,
                            size_t tokens) {
  const bb_head_of_text h = {.kernels = k, .shape = shape, .tokens = tokens};
  bb_gemm square = square_product(&h, NULL, 0, NULL, 0, NULL);
  bb_gemm narrow = narrow_product(&h, NULL, true, NULL, 0, NULL, 0);
  size_t a = bb_gemm_scratch(k, &square, 1), b = bb_gemm_scratch(k, &narrow, 1);
  return SQUARES * tokens * tokens + (a > b ? a : b);
}

/* p = softmax(Q K^T / sqrt(D)), row by row. */
static void probabilities(const bb_head_of_text *h, float *p, float *scratch) {
  const size_t T = h->tokens, H = h->shape.hidden;
  const float scale = 1 / sqrtf((float)head_width(h));
  bb_gemm scores = square_product(h, h->qkv + column_of(h, QUERY), 3 * H,
                                  h->qkv + column_of(h, KEY), 3 * H, p);
  bb_gemm_run(h->kernels, &scores, scratch);
  for (size_t t = 0; t < T; t++) {
    float sum = h->kernels->f32_softmax(p + t * T, scale, T);
    h->kernels->f32_scale(1 / sum, p + t * T, T);
  }
}

/* Each row of a [T, T] matrix of this head has its own stretch of ordinals, as long as the
 * longest text and a multiple of four. */
static void drop(const bb_head_of_text *h, float *p) {
  const size_t T = h->tokens;
  const uint64_t stretch = (h->shape.positions + 3) / 4 * 4;
  for (size_t t = 0; t < T; t++) {
    uint64_t row = (uint64_t)(h->place + t) * h->shape.heads + h->head;
    bb_dropout_apply(h->kernels, h->dropout, h->layer, BB_DROPOUT_ATTENTION,
                     row * stretch, p + t * T, T);
  }
}

void bb_attention_forward(const bb_head_of_text *h, float *context, float *scratch) {
  const size_t T = h->tokens, H = h->shape.hidden;
  float *p = scratch, *rest = scratch + SQUARES * T * T;
  probabilities(h, p, rest);
  drop(h, p);
  bb_gemm g = narrow_product(h, p, false, h->qkv + column_of(h, VALUE), 3 * H,
                             context + column_of(h, QUERY), H);
  bb_gemm_run(h->kernels, &g, rest);
}

/* dS = P (dP - the row's sum of dP P) / sqrt(D), in place of dp. */
static void softmax_backward(const bb_head_of_text *h, const float *p, float *dp) {
  const size_t T = h->tokens;
  const float scale = 1 / sqrtf((float)head_width(h));
  for (size_t t = 0; t < T; t++) {
    const float *row = p + t * T;
    float *d = dp + t * T, sum = h->kernels->f32_dot(row, d, T);
    for (size_t u = 0; u < T; u++) d[u] = row[u] * (d[u] - sum) * scale;
  }
}

void bb_attention_backward(const bb_head_of_text *h, const float *dcontext, float *dqkv,
                           float *scratch) {
  const size_t T = h->tokens, H = h->shape.hidden;
  const float *dc = dcontext + column_of(h, QUERY);
  float *p = scratch, *dp = p + T * T, *rest = scratch + SQUARES * T * T;
  bb_gemm products[] = {
      /* dP = dC V^T */
      square_product(h, dc, H, h->qkv + column_of(h, VALUE), 3 * H, dp),
      /* dV = dropout(P)^T dC */
      narrow_product(h, p, true, dc, H, dqkv + column_of(h, VALUE), 3 * H),
      /* dQ = dS K, dK = dS^T Q */
      narrow_product(h, dp, false, h->qkv + column_of(h, KEY), 3 * H,
                     dqkv + column_of(h, QUERY), 3 * H),
      narrow_product(h, dp, true, h->qkv + column_of(h, QUERY), 3 * H,
                     dqkv + column_of(h, KEY), 3 * H),
  };
  probabilities(h, p, rest);
  drop(h, p);
  bb_gemm_run(h->kernels, &products[1], rest);
  probabilities(h, p, rest);
  bb_gemm_run(h->kernels, &products[0], rest);
  drop(h, dp);
  softmax_backward(h, p, dp);
  bb_gemm_run(h->kernels, &products[2], rest);
  bb_gemm_run(h->kernels, &products[3], rest);
}
