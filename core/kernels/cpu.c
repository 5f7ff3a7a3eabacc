/* cpu.c - what this processor can run. An instruction set counts only if the operating
 * system saves its registers too: without that the first AVX instruction ends the
 * process. */
#include "kernels/kernels.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <stdbool.h>

/* Names as in Intel's Software Developer's Manual, vol. 2A, CPUID. */
enum {
  LEAF_FEATURES = 1,
  ECX1_FMA = 1 << 12,
  ECX1_OSXSAVE = 1 << 27,
  ECX1_AVX = 1 << 28,
  ECX1_F16C = 1 << 29,

  LEAF_EXTENDED_FEATURES = 7,
  EBX7_AVX2 = 1 << 5,
  EBX7_AVX512F = 1 << 16,
  EBX7_AVX512DQ = 1 << 17,
  EBX7_AVX512BW = 1 << 30,
  ECX7_AVX512VNNI = 1 << 11,
  EAX7_1_AVXVNNI = 1 << 4, /* of the leaf's second part */
};
static const unsigned EBX7_AVX512VL = 1u << 31;

/* Register XCR0, vol. 1, section 13.3: the state that the operating system saves. */
enum {
  XCR0_SSE = 1 << 1,
  XCR0_AVX = 1 << 2,
  XCR0_OPMASK = 1 << 5,
  XCR0_ZMM_HIGH_HALVES = 1 << 6,
  XCR0_ZMM_16_TO_31 = 1 << 7,
  XCR0_YMM = XCR0_SSE | XCR0_AVX,
  XCR0_ZMM = XCR0_YMM | XCR0_OPMASK | XCR0_ZMM_HIGH_HALVES | XCR0_ZMM_16_TO_31,
};

static bool has_all(unsigned value, unsigned bits) {
  return (value & bits) == bits;
}

/* Only where CPUID says OSXSAVE. In assembler, because the intrinsic wants -mxsave. */
static unsigned read_xcr0(void) {
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

static unsigned detect_avxvnni(void) {
  unsigned eax, ebx, ecx, edx;
  if (!__get_cpuid_count(LEAF_EXTENDED_FEATURES, 1, &eax, &ebx, &ecx, &edx)) return 0;
  return has_all(eax, EAX7_1_AVXVNNI) ? BB_CPU_AVXVNNI : 0;
}

unsigned bb_cpu_detect(void) {
  unsigned eax, ebx, ecx, edx;
  if (!__get_cpuid(LEAF_FEATURES, &eax, &ebx, &ecx, &edx)) return 0;
  if (!has_all(ecx, ECX1_OSXSAVE | ECX1_AVX | ECX1_FMA | ECX1_F16C)) return 0;
  if (!__get_cpuid_count(LEAF_EXTENDED_FEATURES, 0, &eax, &ebx, &ecx, &edx)) return 0;

  unsigned saved = read_xcr0();
  if (!has_all(saved, XCR0_YMM) || !has_all(ebx, EBX7_AVX2)) return 0;
  unsigned avx2 = BB_CPU_AVX2 | detect_avxvnni();
  unsigned avx512 = EBX7_AVX512F | EBX7_AVX512DQ | EBX7_AVX512BW | EBX7_AVX512VL;
  if (!has_all(saved, XCR0_ZMM) || !has_all(ebx, avx512)) return avx2;
  if (!has_all(ecx, ECX7_AVX512VNNI)) return avx2 | BB_CPU_AVX512;
  return avx2 | BB_CPU_AVX512 | BB_CPU_AVX512VNNI;
}

#elif defined(__aarch64__)

/* Every ARMv8-A has it. */
unsigned bb_cpu_detect(void) {
  return BB_CPU_NEON;
}

#else

unsigned bb_cpu_detect(void) {
  return 0;
}

#endif
