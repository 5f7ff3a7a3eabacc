/* fma_peak.h - multiply-adds from registers alone: the bound of every product. */
#ifndef BB_BENCH_FMA_PEAK_H
#define BB_BENCH_FMA_PEAK_H

#include <time.h>

/* Seconds of this thread's work: other programs' turns do not count. */
static inline double bench_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

#if defined(__x86_64__)

enum {
  CHAINS = 12, /* more than latency (4-5) times units (2) of any core so far */
  ROUNDS = 1000000,
};

/* An instruction for each of the registers 0 to 11, which do not wait for one another.
 * Assembly, because a compiler that copies the sums measures its copies. 12 and 13 are
 * what is multiplied, 14 is in between. */
#define FOR_CHAINS(X)                                                                    \
  X("0") X("1") X("2") X("3") X("4") X("5") X("6") X("7") X("8") X("9") X("10") X("11")

#define FMA_AVX2(i) "vfmadd231ps %%ymm12, %%ymm13, %%ymm" i "\n\t"
#define FMA_AVX512(i) "vfmadd231ps %%zmm12, %%zmm13, %%zmm" i "\n\t"
/* Returns the multiplications and additions. Registers of zeros are no faster. */
#define PROBE(name, instruction, products)                                               \
  static inline double name(void) {                                                      \
    __asm__ volatile("vzeroall" ::                                                       \
                         : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",       \
                           "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",   \
                           "xmm14", "xmm15");                                            \
    for (int n = 0; n < ROUNDS; n++)                                                     \
      __asm__ volatile(FOR_CHAINS(instruction)::                                         \
                           : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",     \
                             "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm14");         \
    return 2.0 * (products)*CHAINS * ROUNDS;                                             \
  }

PROBE(fma_avx2, FMA_AVX2, 8)
PROBE(fma_avx512, FMA_AVX512, 16)

#endif
#endif
