/* gemm.h - matrix products. gemm.c is the only file that knows that a BLAS exists. */
#ifndef BB_GEMM_H
#define BB_GEMM_H

#include <stddef.h>

#include "biobert.h"

/* All matrices are row-major; ld is the distance between two rows, in floats. */

/* c[m, n] = alpha * a[m, k] * b[n, k]^T: b is a weight matrix as PyTorch stores it
 * ([out, in]). */
void bb_gemm_nt(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda,
                const float *b, size_t ldb, float *c, size_t ldc);

/* c[m, n] = a[m, k] * b[k, n] */
void bb_gemm_nn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b,
                size_t ldb, float *c, size_t ldc);

/* Makes the BLAS ready: one thread of its own (our workers divide the work), and its
 * buffers taken now, at model load, where a lack of memory can still be reported.
 * BIOBERT_NOMEM: there is not enough address space left for them (OpenBLAS 0.3.21 itself
 * would spin for ever in mmap, or end the process). */
biobert_status bb_gemm_prepare(biobert_error *err);

/* "OpenBLAS 0.3.21 DYNAMIC_ARCH ... Haswell", static storage. */
const char *bb_gemm_version(void);

#endif
