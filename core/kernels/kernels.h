/* kernels.h - the arithmetic that is worth a version per instruction set.
 *
 * One struct of slots. scalar.c fills all of them and is the meaning; each isa_*.c
 * overwrites the ones it can do faster; dispatch.c picks. A model keeps its filled table,
 * so there is no lazy set-up in a hot path, and a test can ask for any path with a mask.
 *
 * Contract of every slot:
 *
 *   - any n >= 0, any alignment; x and y may be the same array, but must not overlap
 *     otherwise;
 *   - THE SAME BITS ON EVERY INSTRUCTION SET. Every product-and-sum is one fused
 *     multiply-add, transcendental functions are the polynomials in vector_math.h
 *     evaluated in one order, and a reduction runs in 16 lanes (element i belongs to lane
 *     i % 16, in rising order) that are then added in one fixed tree: lane j += lane j+8,
 *     then j+4, j+2, j+1. 16 is one AVX-512 register, two of AVX2, four of NEON.
 *
 * So a result does not depend on the machine, and a test can demand equality in place of
 * a tolerance. */
#ifndef BB_KERNELS_H
#define BB_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits of a CPU mask, in the order in which dispatch.c applies them. */
enum {
  BB_CPU_AVX2 = 1,   /* AVX2 + FMA + F16C */
  BB_CPU_AVX512 = 2, /* AVX-512 F + BW + DQ + VL */
  BB_CPU_NEON = 4,
  BB_CPU_AVX512VNNI = 8, /* and AVX-512 VNNI */
  BB_CPU_AVXVNNI = 16,   /* AVX2 and AVX-VNNI */
};

enum { BB_LANES = 16 };

/* Depth that shares a scale in int8; see product.h. A panel is no deeper. */
enum { BB_I8_BLOCK = 192 };

/* The code of the largest probability of a softmax in integers. */
enum { BB_SOFTMAX_MAX_CODE = 1 << 14 };

/* What is read after a panel's b, prefetched into the cache meanwhile. Only the first
 * rows of a panel read the panel from memory; without this, memory would be idle during
 * all others. */
typedef struct bb_prefetch {
  uintptr_t from; /* any address: prefetching does not fault */
  size_t bytes;   /* for each row, in each stretch of BB_STRETCH steps of the depth */
} bb_prefetch;

/* Steps between two prefetches: short enough that they are spread out, long enough to
 * cost nothing. */
enum { BB_STRETCH = 16 };

static inline size_t bb_stretches(size_t depth) {
  return (depth + BB_STRETCH - 1) / BB_STRETCH;
}

/* Of a product of integers: bytes in fours, or int16 in pairs. */
typedef enum bb_int_type { BB_INT8, BB_INT16 } bb_int_type;

/* c[rows, columns] = a[rows, depth] * b[depth, columns], or c += with `add`. The sum of
 * an element runs over the depth in rising order, one fused multiply-add each, from 0 or
 * from the value in c: so a product may be cut anywhere, also along its depth. */
typedef struct bb_panel {
  size_t rows, columns, depth;
  const float *a;
  size_t lda; /* floats from row to row */
  const float *b;
  size_t width; /* the same of b: columns, rounded up to a multiple of panel_step;
                   readable */
  float *c;
  size_t ldc;
  bool add;
  bb_prefetch prefetch;
} bb_panel;

/* The range of a row's codes: code q means min + scale * q. */
typedef struct bb_i8_range {
  float scale, min;
} bb_i8_range;

/* c[i, j] = start + min_i * (scale_j * sum_j) + scale_i * (scale_j * (a * b)[i, j]), in
 * two fused multiply-adds from left to right, a and b integers: bytes in fours (a of
 * 0..255, b of -127..127) or int16 in pairs (any whose sums stay inside 32 bits). start
 * is 0, a bias, or the value in c. */
typedef struct bb_int_panel {
  size_t rows, columns;
  size_t groups; /* the depth in fours, at most BB_I8_BLOCK / 4, or in pairs */
  const void *a;
  size_t lda;                /* bytes */
  const bb_i8_range *ranges; /* of row i: [i * range_step] */
  size_t range_step;
  const void *b;       /* [groups][width] words */
  size_t width;        /* columns, rounded up to a multiple of int_step */
  const float *scales; /* [width] */
  const int32_t *sums; /* [width]: of the columns of b; read in full */
  const float *bias;   /* [columns]; NULL: none */
  float *c;
  size_t ldc;
  bool add; /* start from c */
  bb_prefetch prefetch;
} bb_int_panel;

/* Rows of integers. */
typedef struct bb_int_rows {
  void *codes; /* [rows, ld] bytes: uint8_t of int8, int16_t of int16 */
  size_t ld;
  bb_i8_range *ranges; /* [rows, range_step]: of each block; of int16, of the row */
  size_t range_step;
} bb_int_rows;

/* Rows of signed codes, each with a scale of its own. */
typedef struct bb_code_rows {
  int8_t *codes; /* [rows, ld] */
  size_t ld;
  float *scales;
  int32_t *sums; /* of the codes of a row; NULL: not wanted */
} bb_code_rows;

/* A point, or several at their centre. */
typedef struct bb_body {
  float x, y, mass; /* mass: how many */
} bb_body;

/* Points of a map that are pushed by the same bodies. */
typedef struct bb_pushed {
  float x[BB_LANES], y[BB_LANES];
  float push_x[BB_LANES], push_y[BB_LANES], weight[BB_LANES];
} bb_pushed;

/* What is left out of numbers in training (train/dropout.h): number i has word i % 4 of
 * Philox 4x32-10 (philox.h) of the counter {block + i / 4, in two words, place, step}. */
typedef struct bb_drop {
  uint64_t block;
  uint32_t place, step, key[2];
  uint32_t below; /* words that leave out */
  float scale;    /* of the numbers that stay */
} bb_drop;

typedef struct bb_kernels {
  const char *name; /* of the widest set in use: "scalar", "avx2", "avxvnni", "avx512",
                       "avx512vnni", "neon" */

  /* sum a[i] * b[i] */
  float (*f32_dot)(const float *a, const float *b, size_t n);
  /* y[i] += alpha * x[i] */
  void (*f32_axpy)(float alpha, const float *x, float *y, size_t n);
  /* y[i] = a[i] + b[i] + c[i], added from left to right */
  void (*f32_add3)(const float *a, const float *b, const float *c, float *y, size_t n);
  /* x[i] = gelu(x[i] + bias[i]), gelu(v) = v * (1 + erf(v / sqrt 2)) / 2: the exact form
   * of Hendrycks & Gimpel 2016 (arXiv:1606.08415), not its tanh approximation */
  void (*f32_bias_gelu)(float *x, const float *bias, size_t n);
  /* d[i] = d[i] * gelu'(x[i] + bias[i]), its derivative */
  void (*f32_bias_gelu_backward)(float *d, const float *x, const float *bias, size_t n);
  /* f32_bias_gelu to 1.8e-4, for what becomes bytes */
  void (*f32_bias_rough_gelu)(float *x, const float *bias, size_t n);
  /* Each row of x [rows, n]: y = (x - mean) / sqrt(variance + eps) * gamma + beta, with
   * the biased variance: Ba, Kiros & Hinton 2016 (arXiv:1607.06450) */
  void (*f32_layer_norm)(const float *x, size_t rows, const float *gamma,
                         const float *beta, float eps, float *y, size_t n);
  /* x[i] = exp(scale * (x[i] - max)), scale > 0; returns their sum: a softmax before its
   * division. The largest becomes exp(0), so that nothing overflows and the sum is 1 or
   * more. n == 0 does nothing and gives 0. */
  float (*f32_softmax)(float *x, float scale, size_t n);
  /* x[i] = alpha * x[i] */
  void (*f32_scale)(float alpha, float *x, size_t n);
  /* x[i] = 0 where its word is below d->below, else d->scale * x[i] */
  void (*f32_drop)(const bb_drop *d, float *x, size_t n);

  /* A product with a panel (product.h). A panel's columns are a multiple of panel_step
   * and at most panel_max: what fits the registers. How wide it is changes no sum. */
  size_t panel_step, panel_max;
  void (*f32_panel)(const bb_panel *p);
  /* The same of integers (int_product.h), which is exact. */
  size_t int_step, int_max;
  void (*i8_panel)(const bb_int_panel *p);
  void (*i16_panel)(const bb_int_panel *p);
  /* Each row of x [rows, n], rows ldx apart, to bytes q = round((x - min) / scale) with a
   * range of its own, scale = (max - min) / 255: x is about min + scale * q. NaN for both
   * where a number is not finite. n > 0. */
  void (*i8_quantize)(const float *x, size_t ldx, size_t rows, size_t n,
                      const bb_int_rows *q);
  /* Each row of x [rows, n], rows ldx apart, to codes q = round(x / scale), scale = max
   * |x| / 127. A scale of NaN where a number is not finite; then, and where it is too
   * small, q is 0. */
  void (*i8_codes)(const float *x, size_t ldx, size_t rows, size_t n,
                   const bb_code_rows *q);
  /* y[i] = max |x[r, i]| over the rows of x [rows, n], rows ldx apart, compared as bits:
   * NaN is greater than all, and stays. 0 without rows. */
  void (*f32_magnitudes)(const float *x, size_t ldx, size_t rows, float *y, size_t n);
  /* q[2i] = round(inverse[i] * x[i]), q[2i + 1] = round(inverse[i] * y[i]); what does not
   * fit gives any number */
  void (*i16_code_pairs)(const float *x, const float *y, const float *inverse, int16_t *q,
                         size_t n);
  /* Each row of x [rows, n] to int16 p = round(BB_SOFTMAX_MAX_CODE * exp(scale * (x -
   * max))), scale > 0. Its range: the scale is 1 / the sum of p, or NaN where a number is
   * not finite; min is 0. n > 0. */
  void (*i16_softmax)(const float *x, size_t rows, size_t n, float scale,
                      const bb_int_rows *p);
  /* y[i] = scale * q[i] */
  void (*i8_dequantize)(const int8_t *q, float scale, float *y, size_t n);

  /* IEEE half and bfloat16 to float; every value is exact. */
  void (*f16_to_f32)(const uint16_t *x, float *y, size_t n);
  void (*bf16_to_f32)(const uint16_t *x, float *y, size_t n);

  /* sum a[i] * b[i], exact: the caller sees to it that the sum of |a[i] * b[i]| stays
   * below 2^31 (core/index/query.c) */
  int32_t (*i8_dot_i16)(const int8_t *a, const int16_t *b, size_t n);

  /* For each point p and the bodies b in rising order, with d = p - b and q = 1 / (1 +
   * |d|^2): push += mass q^2 d, weight += mass q. What repels in t-SNE (van der Maaten
   * 2014, JMLR 15). Products and sums are rounded one by one: no fused ones. */
  void (*f32_push)(const bb_body *bodies, size_t count, bb_pushed *points);

  /* Where x[i] >= limit or x[i] >= limits[i]: those i, in rising order, into at [n];
   * returns how many. Of numbers, no NaN. */
  size_t (*f32_reaching)(const float *x, float limit, const float *limits, size_t n,
                         uint32_t *at);
} bb_kernels;

/* Fills every slot for the instruction sets in the mask (bits that this build does not
 * have are ignored; 0 is the scalar meaning). Ascending order: a wider set overwrites. */
void bb_kernels_init(bb_kernels *k, unsigned cpu);

/* What this processor and its operating system can run. */
unsigned bb_cpu_detect(void);

void bb_kernels_init_scalar(bb_kernels *k);
void bb_kernels_init_avx2(bb_kernels *k);
void bb_kernels_init_avx512(bb_kernels *k);
void bb_kernels_init_avxvnni(bb_kernels *k);
void bb_kernels_init_avx512vnni(bb_kernels *k);
void bb_kernels_init_neon(bb_kernels *k);

#endif
