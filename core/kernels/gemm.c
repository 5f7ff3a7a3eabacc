/* gemm.c - matrix products by OpenBLAS: the only file that knows it.
 *
 * Every product that runs takes a buffer of 128 MiB of address space, and OpenBLAS keeps
 * it for the next one. If there is no memory for it, OpenBLAS 0.3.21 does not fail: it
 * repeats mmap() for ever, or ends the process (OpenMathLib/OpenBLAS issues 5289 and
 * 4762). Therefore bb_gemm_prepare() takes the buffers at model load, after a look at
 * whether they fit, and afterwards no more products run at a time than there are buffers:
 * the others wait. */
#include "kernels/gemm.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "base/pool.h"
#include "base/status.h"

/* OpenBLAS exports these for its LAPACK, which is a library of its own in Debian. */
void *blas_memory_alloc(int position);
void blas_memory_free(void *buffer);

enum {
  MIB = 1 << 20,
  BUFFER_MIB = 128, /* BUFFER_SIZE of 0.3.21, x86-64 and AArch64 */
  SPARE_MIB = 16,   /* left to the host: arbitrary */
  /* OpenBLAS has twice as many places as it was built for threads (64 in Debian), and
   * crashes when they are used up; some are for its own threads. */
  MAX_BUFFERS = BB_MAX_WORKERS,
};

/* Buffers, as seats for products. One from the start: a product before bb_gemm_prepare()
 * is our mistake, but shall run. */
static struct {
  pthread_mutex_t mutex;
  pthread_cond_t one_is_free;
  size_t all, free;
} seats = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 1, 1};

static void take_seat(void) {
  pthread_mutex_lock(&seats.mutex);
  while (seats.free == 0) pthread_cond_wait(&seats.one_is_free, &seats.mutex);
  seats.free--;
  pthread_mutex_unlock(&seats.mutex);
}

static void leave_seat(void) {
  pthread_mutex_lock(&seats.mutex);
  seats.free++;
  pthread_cond_signal(&seats.one_is_free);
  pthread_mutex_unlock(&seats.mutex);
}

/* In the child of a fork() the threads that had seats are gone. */
static void empty_seats(void) {
  pthread_mutex_init(&seats.mutex, NULL);
  pthread_cond_init(&seats.one_is_free, NULL);
  seats.free = seats.all;
}

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
  take_seat();
  cblas_sgemm(CblasRowMajor, CblasNoTrans, p->b_form, blas_int(p->m), blas_int(p->n),
              blas_int(p->k), p->alpha, p->a, blas_int(p->lda), p->b, blas_int(p->ldb),
              0.0f, p->c, blas_int(p->ldc));
  leave_seat();
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

/* Asks the kernel itself, and so knows every limit: RLIMIT_AS, RLIMIT_DATA, strict
 * overcommit, the address space. */
static bool address_space_is_free(size_t bytes) {
  void *probe = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (probe == MAP_FAILED) return false;
  munmap(probe, bytes);
  return true;
}

/* A buffer for each worker that the process can keep busy, or as many as fit; how many.
 * They are taken together, because one that was given back would be handed out again. */
static size_t take_buffers(void) {
  size_t wanted = bb_usable_cores(), count = 0;
  if (wanted < 1) wanted = 1;
  if (wanted > MAX_BUFFERS) wanted = MAX_BUFFERS;
  void *taken[MAX_BUFFERS];
  while (count < wanted && address_space_is_free((size_t)(BUFFER_MIB + SPARE_MIB) * MIB))
    taken[count++] = blas_memory_alloc(0);
  for (size_t i = 0; i < count; i++) blas_memory_free(taken[i]);
  return count;
}

biobert_status bb_gemm_prepare(biobert_error *err) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  static bool ready; /* once it is, for good: OpenBLAS never gives a buffer back */

  pthread_mutex_lock(&mutex);
  openblas_set_num_threads(1); /* every time: someone else may have raised it */
  size_t count = ready ? 0 : take_buffers();
  if (count > 0) {
    pthread_mutex_lock(&seats.mutex);
    seats.all += count - 1;
    seats.free += count - 1;
    pthread_mutex_unlock(&seats.mutex);
    pthread_atfork(NULL, NULL, empty_seats);
    ready = true;
  }
  bool ok = ready;
  pthread_mutex_unlock(&mutex);
  if (ok) return BIOBERT_OK;
  return bb_fail(
      err, BIOBERT_NOMEM,
      "matrix products: OpenBLAS needs %d MiB of address space for a buffer, and "
      "less is free",
      BUFFER_MIB + SPARE_MIB);
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
