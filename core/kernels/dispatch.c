/* dispatch.c - chooses a version per kernel: a later line overwrites an earlier one. */
#include "kernels/kernels.h"

void bb_kernels_init(bb_kernels *k, unsigned cpu) {
  bb_kernels_init_scalar(k);
  if (cpu & BB_CPU_AVX2) bb_kernels_init_avx2(k);
  if (cpu & BB_CPU_AVXVNNI) bb_kernels_init_avxvnni(k);
  if (cpu & BB_CPU_AVX512) bb_kernels_init_avx512(k);
  if (cpu & BB_CPU_AVX512VNNI) bb_kernels_init_avx512vnni(k);
  if (cpu & BB_CPU_NEON) bb_kernels_init_neon(k);
}
