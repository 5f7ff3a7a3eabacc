/* gemm.c - matrix products by OpenBLAS: the only file that knows it.
 *
 * OpenBLAS 0.3.21 does not fail when it gets no memory: it repeats mmap() for ever, or ends the
 * process (OpenMathLib/OpenBLAS issues 5289 and 4762). So its buffers are taken by a first
 * product at model load, after a look at whether they fit; it keeps them from then on. */
#include "kernels/gemm.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "base/status.h"

enum {
  /* A buffer of OpenBLAS is 32 MiB on x86-64; one for the calling thread, and as much again to
   * leave the host something. */
  BUFFER_MIB = 64,
  MIB = 1 << 20,
  /* Large enough for the path that takes a buffer; 64 is not. */
  WARM_UP = 256,
};

typedef struct product {
  size_t m, n, k;
  float alpha;
  const float *a;
  size_t lda;
  CBLAS_TRANSPOSE b_form;
  const float *b;
  size_t ldb;
  float *c;
  size_t ldc;
} product;

static blasint blas_int(size_t size) {
  assert(size <= INT_MAX); /* the loaders bound every dimension */
  return (blasint)size;
}

static void multiply(const product *p) {
  if (p->m == 0 || p->n == 0) return;
  if (p->k == 0) { /* an empty sum; BLAS would refuse a row length of 0 */
    for (size_t i = 0; i < p->m; i++) memset(p->c + i * p->ldc, 0, p->n * sizeof *p->c);
    return;
  }
  cblas_sgemm(CblasRowMajor, CblasNoTrans, p->b_form, blas_int(p->m), blas_int(p->n),
              blas_int(p->k), p->alpha, p->a, blas_int(p->lda), p->b, blas_int(p->ldb),
              0.0f, p->c, blas_int(p->ldc));
}

void bb_gemm_nt(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda,
                const float *b, size_t ldb, float *c, size_t ldc) {
  assert(lda >= k && ldb >= k && ldc >= n);
  multiply(&(product){m, n, k, alpha, a, lda, CblasTrans, b, ldb, c, ldc});
}

void bb_gemm_nn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b,
                size_t ldb, float *c, size_t ldc) {
  assert(lda >= k && ldb >= n && ldc >= n);
  multiply(&(product){m, n, k, 1.0f, a, lda, CblasNoTrans, b, ldb, c, ldc});
}

/* Asks the kernel itself, and so knows every limit: RLIMIT_AS, RLIMIT_DATA, strict overcommit,
 * the address space. */
static bool address_space_is_free(size_t bytes) {
  void *probe = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (probe == MAP_FAILED) return false;
  munmap(probe, bytes);
  return true;
}

static biobert_status warm_up(biobert_error *err) {
  size_t floats = (size_t)WARM_UP * WARM_UP;
  float *a = bb_alloc_floats(NULL, floats), *c = bb_alloc_floats(NULL, floats);
  biobert_status status = BIOBERT_OK;
  if (!a || !c) {
    status = bb_no_memory(err, "first matrix product");
    goto done;
  }
  if (!address_space_is_free((size_t)BUFFER_MIB * MIB)) {
    status = bb_fail(err, BIOBERT_NOMEM,
                     "matrix products: %d MiB of address space are needed for the buffers of "
                     "OpenBLAS, and less is free",
                     BUFFER_MIB);
    goto done;
  }
  memset(a, 0, floats * sizeof *a);
  bb_gemm_nt(WARM_UP, WARM_UP, WARM_UP, 1.0f, a, WARM_UP, a, WARM_UP, c, WARM_UP);

done:
  bb_free_aligned(NULL, c);
  bb_free_aligned(NULL, a);
  return status;
}

biobert_status bb_gemm_prepare(biobert_error *err) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  static bool warm; /* once it is, for good: OpenBLAS never gives a buffer back */

  biobert_status status = BIOBERT_OK;
  pthread_mutex_lock(&mutex);
  openblas_set_num_threads(1); /* every time: someone else may have raised it */
  if (!warm) status = warm_up(err);
  if (!status) warm = true;
  pthread_mutex_unlock(&mutex);
  return status;
}

/* openblas_get_config() writes its text anew on each call, into one buffer. */
static char version[256];

static void read_version(void) {
  const char *config = openblas_get_config();
  size_t length = strnlen(config, sizeof version - 1);
  memcpy(version, config, length);
}

const char *bb_gemm_version(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, read_version);
  return version;
}
