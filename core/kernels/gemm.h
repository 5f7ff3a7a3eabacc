/* gemm.h - products of matrices that change: training's and analysis's.
 *
 * c = op(a) op(b), or c += with `add`; op(x) is x or its transpose. The same panel kernels
 * as in product.h, with b packed anew for each product. An element's sum runs over the
 * depth in rising order, one fused multiply-add each, whatever the number of workers and
 * the instruction set: the same bits everywhere. */
#ifndef BB_GEMM_H
#define BB_GEMM_H

#include "base/pool.h"
#include "kernels/product.h"

typedef struct bb_gemm {
  size_t rows, columns, depth; /* of c, and what is summed over */
  const float *a;              /* [rows, depth]; transposed: [depth, rows] */
  size_t lda;
  bool a_transposed;
  const float *b; /* [depth, columns]; transposed: [columns, depth] */
  size_t ldb;
  bool b_transposed;
  float *c; /* [rows, columns]; overlaps neither a nor b */
  size_t ldc;
  bool add;
} bb_gemm;

/* Floats of scratch that a product needs on so many workers. */
size_t bb_gemm_scratch(const bb_kernels *k, const bb_gemm *g, size_t workers);

/* On the calling thread. scratch: bb_gemm_scratch(k, g, 1) floats, written over. */
void bb_gemm_run(const bb_kernels *k, const bb_gemm *g, float *scratch);
/* On at most `workers` threads; scratch: of so many. False: cancelled, and c is
 * undefined. */
bool bb_gemm_share(const bb_kernels *k, const bb_gemm *g, size_t workers, float *scratch,
                   bb_cancel *cancel);

#endif
