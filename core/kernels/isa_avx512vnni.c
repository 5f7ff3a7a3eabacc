/* isa_avx512vnni.c - products of integers with AVX-512 VNNI, whose one instruction
 * multiplies four unsigned by four signed bytes, or two pairs of int16, and adds them to
 * 32 bits without saturation. */
#include "kernels/kernels.h"

#if defined(__x86_64__)

#include "kernels/avx512_vectors.inc"

static inline int_vector int_start(bb_int_type kind, const int32_t *sums) {
  (void)kind;
  (void)sums;
  return _mm512_setzero_si512();
}

static inline int_vector int_dot(bb_int_type kind, int_vector sum, int_vector x,
                                 int_vector w) {
  return kind == BB_INT8 ? _mm512_dpbusd_epi32(sum, x, w)
                         : _mm512_dpwssd_epi32(sum, x, w);
}

#include "kernels/int_tiles.inc"

static void i8_panel_avx512vnni(const bb_int_panel *p) {
  int_panel(p, BB_INT8);
}

static void i16_panel_avx512vnni(const bb_int_panel *p) {
  int_panel(p, BB_INT16);
}

void bb_kernels_init_avx512vnni(bb_kernels *k) {
  k->name = "avx512vnni";
  k->int_step = WIDTH;
  k->int_max = INT_VECTORS * WIDTH;
  k->i8_panel = i8_panel_avx512vnni;
  k->i16_panel = i16_panel_avx512vnni;
}

#else

void bb_kernels_init_avx512vnni(bb_kernels *k) {
  (void)k;
}

#endif
