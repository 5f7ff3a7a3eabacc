/* isa_avxvnni.c - products of integers with AVX-VNNI, whose one instruction
 * multiplies four unsigned by four signed bytes, or two pairs of int16, and adds them to
 * 32 bits without saturation. */
#include "kernels/kernels.h"

#if defined(__x86_64__)

#include "kernels/avx2_vectors.inc"

/* As in isa_avx2.c: 12 of the 16 registers hold sums. */
enum { INT_VECTORS = 3, INT_ROWS = 4 };

static inline int_vector int_start(bb_int_type kind, const int32_t *sums) {
  (void)kind;
  (void)sums;
  return _mm256_setzero_si256();
}

static inline int_vector int_dot(bb_int_type kind, int_vector sum, int_vector x,
                                 int_vector w) {
  return kind == BB_INT8 ? _mm256_dpbusd_avx_epi32(sum, x, w)
                         : _mm256_dpwssd_avx_epi32(sum, x, w);
}

#include "kernels/int_tiles.inc"

static void i8_panel_avxvnni(const bb_int_panel *p) {
  int_panel(p, BB_INT8);
}

static void i16_panel_avxvnni(const bb_int_panel *p) {
  int_panel(p, BB_INT16);
}

void bb_kernels_init_avxvnni(bb_kernels *k) {
  k->name = "avxvnni";
  k->int_step = WIDTH;
  k->int_max = INT_VECTORS * WIDTH;
  k->i8_panel = i8_panel_avxvnni;
  k->i16_panel = i16_panel_avxvnni;
}

#else

void bb_kernels_init_avxvnni(bb_kernels *k) {
  (void)k;
}

#endif
