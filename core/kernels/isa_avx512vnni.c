/* isa_avx512vnni.c - the int8 product with AVX-512 VNNI, whose one instruction multiplies
 * four unsigned by four signed bytes and adds them to 32 bits without saturation. */
#include "kernels/kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "kernels/tiles.h"

/* As in isa_avx512.c: 24 of the 32 registers hold sums. */
enum { WIDTH = 16, MAX_VECTORS = 3, MAX_ROWS = 8 };

/* rows and vectors are constants where it is called. */
static inline __attribute__((always_inline)) void tile(const bb_i8_panel *p, size_t first,
                                                       size_t rows, size_t vectors) {
  const size_t lda = p->lda;
  const uint8_t *a = p->a + first * lda;
  const int8_t *b = p->b;
  __m512i sum[MAX_ROWS][MAX_VECTORS], w[MAX_VECTORS];
  BB_UNROLL
  for (size_t i = 0; i < rows; i++) {
    BB_UNROLL
    for (size_t v = 0; v < vectors; v++) sum[i][v] = _mm512_setzero_si512();
  }
  for (size_t t = 0; t < p->groups; t++, b += 4 * p->width) {
    BB_UNROLL
    for (size_t v = 0; v < vectors; v++) w[v] = _mm512_loadu_si512(b + 4 * v * WIDTH);
    BB_UNROLL
    for (size_t i = 0; i < rows; i++) {
      int32_t four;
      memcpy(&four, a + i * lda + 4 * t, sizeof four);
      __m512i x = _mm512_set1_epi32(four);
      BB_UNROLL
      for (size_t v = 0; v < vectors; v++)
        sum[i][v] = _mm512_dpbusd_epi32(sum[i][v], x, w[v]);
    }
  }
  BB_UNROLL
  for (size_t i = 0; i < rows; i++) {
    BB_UNROLL
    for (size_t v = 0; v < vectors; v++)
      _mm512_storeu_si512(p->c + (first + i) * p->ldc + v * WIDTH, sum[i][v]);
  }
}

static void i8_panel_avx512vnni(const bb_i8_panel *p) {
  size_t i = 0;
  switch (p->width / WIDTH) {
  case 3:
    for (; i + 8 <= p->rows; i += 8) tile(p, i, 8, 3);
    for (; i + 4 <= p->rows; i += 4) tile(p, i, 4, 3);
    for (; i < p->rows; i++) tile(p, i, 1, 3);
    break;
  case 2:
    for (; i + 8 <= p->rows; i += 8) tile(p, i, 8, 2);
    for (; i + 4 <= p->rows; i += 4) tile(p, i, 4, 2);
    for (; i < p->rows; i++) tile(p, i, 1, 2);
    break;
  default:
    for (; i + 8 <= p->rows; i += 8) tile(p, i, 8, 1);
    for (; i < p->rows; i++) tile(p, i, 1, 1);
    break;
  }
}

void bb_kernels_init_avx512vnni(bb_kernels *k) {
  k->name = "avx512vnni";
  k->i8_step = WIDTH;
  k->i8_most = MAX_VECTORS * WIDTH;
  k->i8_panel = i8_panel_avx512vnni;
}

#else

void bb_kernels_init_avx512vnni(bb_kernels *k) {
  (void)k;
}

#endif
