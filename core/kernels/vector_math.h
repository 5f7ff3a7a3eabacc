/* vector_math.h - exp, GELU, tanh and the sigmoid for one float: the meaning that every instruction set
 * repeats step by step.
 *
 * Only operations that IEEE 754 rounds in one way are used: fused multiply-add, + - * /,
 * comparisons, and integer operations on the bits. NaN goes in, NaN comes out. */
#ifndef BB_VECTOR_MATH_H
#define BB_VECTOR_MATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t bb_float_bits(float v) {
  uint32_t bits;
  memcpy(&bits, &v, sizeof bits);
  return bits;
}

static inline float bb_float_from_bits(uint32_t bits) {
  float v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

/* a * b + c, rounded once. Without an instruction for it, the C library's fmaf() takes
 * tens of nanoseconds, and processors of 2020 are still without. The product is exact in
 * double; the sum is rounded to odd there, and then once more to float, which gives the
 * right float: Boldo & Melquiond 2008 (doi:10.1109/TC.2007.70819), theorem 5. */
static inline float bb_fma(float a, float b, float c) {
#if defined(__FMA__) || defined(__aarch64__)
  return fmaf(a, b, c);
#else
  double product = (double)a * (double)b, addend = (double)c, sum = product + addend;
  double part = sum - product; /* Knuth's TwoSum: what the rounding has left out */
  double rest = (product - (sum - part)) + (addend - part);
  uint64_t bits;
  memcpy(&bits, &sum, sizeof bits);
  /* Without branches: they would go either way at random. */
  uint64_t even = ~bits & (uint64_t)((rest > 0.0) | (rest < 0.0));
  uint64_t away = (uint64_t)((rest > 0.0) == (sum > 0.0));
  bits += even * (2 * away - 1);
  memcpy(&sum, &bits, sizeof sum);
  return (float)sum;
#endif
}

/* v + 1.5 * 2^23 has no fraction bits left, so that the addition rounds v to the nearest
 * integer (ties to even), which then is in the low bits. |v| < 2^22. */
static const float BB_ROUND = 0x1.8p+23f;

/* exp -------------------------------------------------------------------------------- */

/* exp(x) = 2^n * exp(r), n = round(x / ln 2), r = x - n ln 2. ln 2 is taken in two parts,
 * the first of so few bits that n times it is exact (Cody & Waite 1980). The constants
 * are from fit_polynomials.py, which fits by least squares on Chebyshev nodes. Relative
 * error, measured over every float of [-87, 0]: 7.6e-8. */

/* BB_ROUND + 127: the low bits of the sum are then n + 127, the exponent field of 2^n. */
static const float BB_EXP_ROUND = 0x1.8000fep+23f;
static const float BB_LOG2_E = 0x1.715476p+0f;
static const float BB_LN2_HIGH = 0x1.62e4p-1f;
static const float BB_LN2_LOW = 0x1.7f7d1cp-20f;
enum { BB_FLOAT_FRACTION_BITS = 23 };

/* Below it the result is 0. exp(-87) is just above the smallest normal float, so that 2^n
 * always is one. */
static const float BB_EXP_LEAST = -87.0f;

enum { BB_EXP_DEGREE = 6 };
static const float BB_EXP[BB_EXP_DEGREE + 1] = {
    0x1p+0f,        0x1p+0f,        0x1.fffff8p-2f,  0x1.55548ep-3f,
    0x1.555b96p-5f, 0x1.123bccp-7f, 0x1.68532cp-10f,
};

/* For x <= 0. */
static inline float bb_exp(float x) {
  if (x < BB_EXP_LEAST) return 0.0f;
  float shifted = bb_fma(x, BB_LOG2_E, BB_EXP_ROUND);
  float n = shifted - BB_EXP_ROUND;
  float r = bb_fma(-n, BB_LN2_HIGH, x);
  r = bb_fma(-n, BB_LN2_LOW, r);
  float p = BB_EXP[BB_EXP_DEGREE];
  for (int k = BB_EXP_DEGREE - 1; k >= 0; k--) p = bb_fma(p, r, BB_EXP[k]);
  return p * bb_float_from_bits(bb_float_bits(shifted) << BB_FLOAT_FRACTION_BITS);
}

/* 2^t to 15 bits, for a softmax in integers: 2^n * 2^r, n = round(t), |r| <= 1/2.
 * Relative error 3.1e-6, a tenth of a code. The sum with BB_EXP2_ROUND, BB_ROUND + 14,
 * has n + 14 in its low bits: 2^14 is what 1 becomes. From BB_EXP2_MIN on it is 0. */
static const float BB_EXP2_ROUND = 0x1.80001cp+23f;
static const float BB_EXP2_MIN = -16.0f;
enum { BB_EXP2_DEGREE = 4 };
static const float BB_EXP2[BB_EXP2_DEGREE + 1] = {
    0x1p+0f, 0x1.62e0e2p-1f, 0x1.ec0174p-3f, 0x1.ca127cp-5f, 0x1.3a977ep-7f,
};

/* GELU ------------------------------------------------------------------------------- */

/* gelu(v) = v * Phi(v) = max(v, 0) - g(|v|), g(a) = a * Phi(-a), Phi the normal
 * distribution. g is a bump of height 0.17 and 0 far out: it is looked up at the nearest
 * of 8 centres and continued from there by a polynomial, so its error is absolute and
 * tiny, and that of gelu is close to the one rounding of the subtraction. A form by way
 * of erf has to round 1 + erf first, which costs several units in the last place. 8
 * centres, because that many floats fit one AVX2 register, whose lookup is a single
 * instruction. |error| / max(1, |v|), measured over every normal float of [-10,
 * 10]: 6.3e-8; relative to v / 2, where |v| < 1/4: 1.4e-7. gelu(-infinity) is 0, its
 * limit. */

enum { BB_GELU_PIECES = 8, BB_GELU_DEGREE = 7 };
static const float BB_GELU_STEP = 0x1.ap-1f; /* between two centres; the first is 0 */
static const float BB_GELU_PER_STEP = 0x1.3b13b2p+0f;
/* From here g is 0 (truly, less than 5e-9). */
static const float BB_GELU_CUT = 6.05f;

/* [power][piece] */
/* clang-format off */
static const float BB_GELU[BB_GELU_DEGREE + 1][BB_GELU_PIECES] = {
    {0x0p+0f, 0x1.5a883p-3f, 0x1.5aa72ap-4f, 0x1.274f9ep-6f,
     0x1.eb9b62p-10f, 0x1.9da154p-14f, 0x1.63f87cp-19f, 0x1.3ae4a8p-25f},
    {0x1p-1f, -0x1.95b264p-6f, -0x1.efcb38p-4f, -0x1.5bd286p-5f,
     -0x1.8a5ae8p-8f, -0x1.a1ab9ep-12f, -0x1.b08e3ep-17f, -0x1.bef9a2p-23f},
    {-0x1.98845cp-2f, -0x1.8978f2p-3f, 0x1.178e98p-5f, 0x1.4a30bp-5f,
     0x1.1ca60cp-7f, 0x1.8b8178p-11f, 0x1.f73f7ep-16f, 0x1.3381dap-21f},
    {0x1.1cc3fep-18f, 0x1.09a2a8p-3f, 0x1.4152cep-5f, -0x1.084aa4p-6f,
     -0x1.d8afc8p-8f, -0x1.cdb9dp-11f, -0x1.7348acp-15f, -0x1.106f64p-20f},
    {0x1.10218ep-4f, -0x1.1f8a7p-9f, -0x1.112688p-5f, -0x1.00cb74p-9f,
     0x1.cd9bb6p-9f, 0x1.6da588p-11f, 0x1.82c58p-15f, 0x1.597ea2p-20f},
    {0x1.4cfda8p-12f, -0x1.635a48p-6f, 0x1.808e98p-8f, 0x1.486a98p-8f,
     -0x1.817dc6p-11f, -0x1.922d16p-12f, -0x1.2d9d5p-15f, -0x1.4f4e3p-20f},
    {-0x1.689872p-7f, 0x1.b8fcbp-9f, 0x1.c5f2ccp-9f, -0x1.f55e8ep-10f,
     -0x1.1605ap-12f, 0x1.1e83eep-13f, 0x1.77ac04p-16f, 0x1.2010d6p-20f},
    {0x1.c35884p-10f, 0x1.3a05d8p-9f, -0x1.a30eaap-10f, 0x1.6934eep-17f,
     0x1.f1d0ep-13f, -0x1.6746f8p-16f, -0x1.4a40b6p-17f, -0x1.8151fcp-21f},
};
/* clang-format on */

static inline float bb_gelu(float v) {
  float positive = 0.0f > v ? 0.0f : v; /* in this order NaN and -0 stay */
  float a = fabsf(v);
  if (!(a < BB_GELU_CUT)) return positive;
  float shifted = bb_fma(a, BB_GELU_PER_STEP, BB_ROUND);
  float centre = shifted - BB_ROUND;
  uint32_t piece = bb_float_bits(shifted) % BB_GELU_PIECES;
  float r = bb_fma(-centre, BB_GELU_STEP, a);
  float g = BB_GELU[BB_GELU_DEGREE][piece];
  for (int k = BB_GELU_DEGREE - 1; k >= 0; k--) g = bb_fma(g, r, BB_GELU[k][piece]);
  return positive - g;
}

/* gelu'(v) = Phi(v) + v phi(v): 1 - g'(v) for v > 0, else g'(-v); g' around the same
 * centres, by polynomials of its own. |error|, measured on [-10, 10]: 1e-7. NaN where v is
 * NaN. */
enum { BB_GELU_SLOPE_DEGREE = 7 };
/* clang-format off */
static const float BB_GELU_SLOPE[BB_GELU_SLOPE_DEGREE + 1][BB_GELU_PIECES] = {
    {0x1p-1f, -0x1.95b25ep-6f, -0x1.efcb38p-4f, -0x1.5bd284p-5f,
     -0x1.8a5ae8p-8f, -0x1.a1aba8p-12f, -0x1.b08e1ep-17f, -0x1.beff2p-23f},
    {-0x1.988454p-1f, -0x1.8978aap-2f, 0x1.178e72p-4f, 0x1.4a301ep-4f,
     0x1.1ca6acp-6f, 0x1.8b828ap-10f, 0x1.f7306ep-15f, 0x1.335cfcp-20f},
    {0x1.1f3608p-20f, 0x1.8e73c4p-2f, 0x1.e1fc88p-4f, -0x1.8c70bcp-5f,
     -0x1.6283e6p-6f, -0x1.5a4a9ep-9f, -0x1.1677a4p-13f, -0x1.985df2p-19f},
    {0x1.10536p-2f, -0x1.2221acp-7f, -0x1.1127f2p-3f, -0x1.ff7a2ep-8f,
     0x1.cd4ec8p-7f, 0x1.6d8516p-9f, 0x1.83a9ap-13f, 0x1.5bf4dap-18f},
    {0x1.489ae4p-13f, -0x1.bc1f5p-4f, 0x1.e090cep-6f, 0x1.9aa142p-6f,
     -0x1.e1d23ep-9f, -0x1.f6d68p-10f, -0x1.78eda8p-13f, -0x1.a724acp-18f},
    {-0x1.f016cap-5f, 0x1.5f07dp-6f, 0x1.5642dap-6f, -0x1.873b22p-7f,
     -0x1.7ddce8p-10f, 0x1.b5259ep-11f, 0x1.0ccbdcp-13f, 0x1.872902p-18f},
    {0x1.c99718p-10f, 0x1.11733ep-6f, -0x1.6d45fep-7f, 0x1.768b64p-15f,
     0x1.b32b6ep-10f, -0x1.35cb66p-13f, -0x1.21d79ep-14f, -0x1.36fca2p-18f},
    {0x1.f25fe4p-8f, -0x1.54fc7p-8f, -0x1.3c0904p-11f, 0x1.e87f1ep-10f,
     -0x1.1d03bp-11f, -0x1.dca784p-15f, 0x1.a2b6eep-16f, 0x1.7f173ap-19f},
};
/* clang-format on */

static inline float bb_gelu_slope(float v) {
  float a = fabsf(v), g = v - v; /* 0, or NaN */
  if (a < BB_GELU_CUT) {
    float shifted = bb_fma(a, BB_GELU_PER_STEP, BB_ROUND);
    float centre = shifted - BB_ROUND;
    uint32_t piece = bb_float_bits(shifted) % BB_GELU_PIECES;
    float r = bb_fma(-centre, BB_GELU_STEP, a);
    g = BB_GELU_SLOPE[BB_GELU_SLOPE_DEGREE][piece];
    for (int k = BB_GELU_SLOPE_DEGREE - 1; k >= 0; k--)
      g = bb_fma(g, r, BB_GELU_SLOPE[k][piece]);
  }
  return v > 0.0f ? 1.0f - g : g;
}

/* For int8, which has 255 steps: the same with g in one piece, as far as its bump reaches
 * and what it is there from then on. |error|, measured over every normal float of [-10,
 * 10]: 1.71e-4; relative to v, where |v| < 1/4: 1.85e-4. */
static const float BB_ROUGH_GELU_CUT = 4.0f;
enum { BB_ROUGH_GELU_DEGREE = 8 };
/* g(a) / a */
static const float BB_ROUGH_GELU[BB_ROUGH_GELU_DEGREE + 1] = {
    0x1p-1f,        -0x1.95ea1p-2f, -0x1.69bcap-7f,   0x1.50889p-4f,  -0x1.97314ep-8f,
    -0x1.f0dcfp-7f, 0x1.98c138p-8f, -0x1.048f32p-10f, 0x1.edfd5p-15f,
};

static inline float bb_rough_gelu(float v) {
  float positive = 0.0f > v ? 0.0f : v; /* in this order NaN and -0 stay */
  float a = fabsf(v);
  a = a < BB_ROUGH_GELU_CUT ? a : BB_ROUGH_GELU_CUT;
  float g = BB_ROUGH_GELU[BB_ROUGH_GELU_DEGREE];
  for (int k = BB_ROUGH_GELU_DEGREE - 1; k >= 0; k--) g = bb_fma(g, a, BB_ROUGH_GELU[k]);
  return bb_fma(-g, a, positive);
}

/* tanh and the sigmoid --------------------------------------------------------------- */

/* tanh(a) = a + a^3 P(a^2) up to the cut; beyond it (1 - e) / (1 + e), e = exp(-2a), which
 * would lose the digits of a small a. Relative error, measured over every float of
 * [2^-30, 20]: 1.6e-7. */
static const float BB_TANH_CUT = 0.625f;
enum { BB_TANH_DEGREE = 4 };
static const float BB_TANH[BB_TANH_DEGREE + 1] = {
    -0x1.555552p-2f, 0x1.110e0cp-3f, -0x1.b92412p-5f, 0x1.57feecp-6f, -0x1.8f8336p-8f,
};

static inline float bb_tanh(float v) {
  float a = fabsf(v), square = a * a;
  if (!(a >= BB_TANH_CUT)) { /* NaN too */
    float p = BB_TANH[BB_TANH_DEGREE];
    for (int k = BB_TANH_DEGREE - 1; k >= 0; k--) p = bb_fma(p, square, BB_TANH[k]);
    return copysignf(bb_fma(a * square, p, a), v);
  }
  float e = bb_exp(-2.0f * a);
  return copysignf((1.0f - e) / (1.0f + e), v);
}

/* 1 / (1 + exp(-v)), by the exponential of what is not positive, which cannot overflow.
 * Relative error, measured over every float of [-87, 87]: 1.8e-7. */
static inline float bb_sigmoid(float v) {
  float e = bb_exp(-fabsf(v));
  return (v < 0.0f ? e : 1.0f) / (1.0f + e);
}

#endif
