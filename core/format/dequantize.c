/* dequantize.c - stored numbers to float32.
 *
 * Blocks of 32 elements (ggml's "legacy" types) have one scale d, some a minimum m:
 *
 *   Q4_0  d, 16 bytes: element j is the low, element j+16 the high half of byte j; less 8
 *   Q4_1  d, m, 16 bytes: the same, from 0, plus m
 *   Q5_0  d, 4 bytes of fifth bits (bit j of element j), 16 bytes as above; less 16
 *   Q5_1  d, m, 4 bytes of fifth bits, 16 bytes; from 0, plus m
 *   Q8_0  d, 32 signed bytes
 *
 * Blocks of 256 ("K-quants") have a scale per 16 or 32 elements, itself in 4, 6 or 8
 * bits, and one float16 for all of them; the layout is above each function. d and m are
 * float16. Source: the structures of ggml-common.h. */
#include "format/dequantize.h"

#include <string.h>

#include "base/bytes.h"

enum {
  BLOCK = 32,
  K_BLOCK = 256,
  HALF_BYTES = 2,
  K_SCALES = 12, /* bytes of eight scales and eight minima of six bits */
  Q4_0_BYTES = HALF_BYTES + BLOCK / 2,
  Q4_1_BYTES = 2 * HALF_BYTES + BLOCK / 2,
  Q5_0_BYTES = HALF_BYTES + 4 + BLOCK / 2,
  Q5_1_BYTES = 2 * HALF_BYTES + 4 + BLOCK / 2,
  Q8_0_BYTES = HALF_BYTES + BLOCK,
  Q2_K_BYTES = K_BLOCK / 16 + K_BLOCK / 4 + 2 * HALF_BYTES,
  Q3_K_BYTES = K_BLOCK / 8 + K_BLOCK / 4 + K_SCALES + HALF_BYTES,
  Q4_K_BYTES = 2 * HALF_BYTES + K_SCALES + K_BLOCK / 2,
  Q5_K_BYTES = 2 * HALF_BYTES + K_SCALES + K_BLOCK / 8 + K_BLOCK / 2,
  Q6_K_BYTES = K_BLOCK / 2 + K_BLOCK / 4 + K_BLOCK / 16 + HALF_BYTES,
};

/* Plain numbers ---------------------------------------------------------------------- */

static float float_of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static void convert_f32(const unsigned char *from, size_t count, float *to) {
  memcpy(to, from, count * sizeof *to);
}

/* IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. Exact; a NaN keeps
 * its payload and becomes quiet, as the processors' own conversion does it. */
static float float_of_f16(uint16_t half) {
  enum { QUIET = 1 << 22 };
  const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
  const uint32_t exponent = half >> 10 & 0x1F, fraction = half & 0x3FF;
  if (exponent == 0x1F)
    return float_of_bits(sign | 0x7F800000 | (fraction ? QUIET : 0) | fraction << 13);
  if (exponent)
    return float_of_bits(sign | (exponent + (127 - 15)) << 23 | fraction << 13);
  const float magnitude = (float)fraction * 0x1p-24f; /* subnormal, or zero */
  return sign ? -magnitude : magnitude;
}

static float read_half(const unsigned char *from) {
  return float_of_f16(bb_read_u16(from));
}

static void convert_f16(const unsigned char *from, size_t count, float *to) {
  for (size_t i = 0; i < count; i++) to[i] = read_half(from + HALF_BYTES * i);
}

/* bfloat16 is the upper half of a float32. */
static void convert_bf16(const unsigned char *from, size_t count, float *to) {
  for (size_t i = 0; i < count; i++)
    to[i] = float_of_bits((uint32_t)bb_read_u16(from + 2 * i) << 16);
}

static void convert_f64(const unsigned char *from, size_t count, float *to) {
  for (size_t i = 0; i < count; i++) {
    double value;
    memcpy(&value, from + sizeof value * i, sizeof value);
    to[i] = (float)value;
  }
}

/* Blocks of 32 ----------------------------------------------------------------------- */

/* to[j] = (q - zero) * d + m over the 4-bit halves of 16 bytes, with the fifth bits of
 * `fifth` where a type has them. */
static void unpack_halves(const unsigned char *bytes, uint32_t fifth, int zero, float d,
                          float m, float *to) {
  for (int j = 0; j < BLOCK / 2; j++) {
    const int low = (bytes[j] & 0xF) | (int)(fifth >> j & 1) << 4;
    const int high = bytes[j] >> 4 | (int)(fifth >> (j + BLOCK / 2) & 1) << 4;
    to[j] = (float)(low - zero) * d + m;
    to[j + BLOCK / 2] = (float)(high - zero) * d + m;
  }
}

static void convert_q4_0(const unsigned char *from, size_t count, float *to) {
  for (; count > 0; count -= BLOCK, from += Q4_0_BYTES, to += BLOCK)
    unpack_halves(from + HALF_BYTES, 0, 8, read_half(from), 0, to);
}

static void convert_q4_1(const unsigned char *from, size_t count, float *to) {
  for (; count > 0; count -= BLOCK, from += Q4_1_BYTES, to += BLOCK)
    unpack_halves(from + 2 * HALF_BYTES, 0, 0, read_half(from),
                  read_half(from + HALF_BYTES), to);
}

static void convert_q5_0(const unsigned char *from, size_t count, float *to) {
  for (; count > 0; count -= BLOCK, from += Q5_0_BYTES, to += BLOCK)
    unpack_halves(from + HALF_BYTES + 4, bb_read_u32(from + HALF_BYTES), 16,
                  read_half(from), 0, to);
}

static void convert_q5_1(const unsigned char *from, size_t count, float *to) {
  for (; count > 0; count -= BLOCK, from += Q5_1_BYTES, to += BLOCK)
    unpack_halves(from + 2 * HALF_BYTES + 4, bb_read_u32(from + 2 * HALF_BYTES), 0,
                  read_half(from), read_half(from + HALF_BYTES), to);
}

static int signed_byte(unsigned char byte) {
  return byte < 128 ? byte : byte - 256;
}

static void convert_q8_0(const unsigned char *from, size_t count, float *to) {
  for (; count > 0; count -= BLOCK, from += Q8_0_BYTES, to += BLOCK) {
    const float d = read_half(from);
    for (int j = 0; j < BLOCK; j++) to[j] = (float)signed_byte(from[HALF_BYTES + j]) * d;
  }
}

/* Blocks of 256 ---------------------------------------------------------------------- */

/* 16 bytes of scales (low half: scale, high half: minimum, of 16 elements each), 64 bytes
 * of 2-bit elements, d, m. Of each 32 bytes, bits 2s and 2s+1 are of elements 32s ..
 * 32s+31 of 128. Element: q * d * scale - m * minimum. */
static void convert_q2_k(const unsigned char *from, size_t count, float *to) {
  for (; count > 0; count -= K_BLOCK, from += Q2_K_BYTES, to += K_BLOCK) {
    const unsigned char *scales = from, *q = from + 16;
    const float d = read_half(from + 80), m = read_half(from + 82);
    for (int i = 0; i < K_BLOCK; i++) {
      const int scale = scales[i / 16], shift = i % 128 / 32 * 2;
      const int value = q[i / 128 * 32 + i % 32] >> shift & 3;
      to[i] = d * (float)(scale & 0xF) * (float)value - m * (float)(scale >> 4);
    }
  }
}

/* Scale k (0 .. 15) of Q3_K: its low four bits are a half of byte k % 8, its upper two
 * are in bytes 8 to 11; less 32. */
static int scale_q3_k(const unsigned char *scales, int k) {
  const int low = scales[k % 8] >> (k < 8 ? 0 : 4) & 0xF;
  const int high = scales[8 + k % 4] >> k / 4 * 2 & 3;
  return (low | high << 4) - 32;
}

/* 32 bytes of third bits (bit i/32 of byte i%32; a 0 takes 4 away), 64 bytes of 2-bit
 * elements as in Q2_K, 12 bytes of scales, d. */
static void convert_q3_k(const unsigned char *from, size_t count, float *to) {
  for (; count > 0; count -= K_BLOCK, from += Q3_K_BYTES, to += K_BLOCK) {
    const unsigned char *third = from, *q = from + 32, *scales = from + 96;
    const float d = read_half(from + 108);
    for (int i = 0; i < K_BLOCK; i++) {
      const int low = q[i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3;
      const int value = third[i % 32] >> i / 32 & 1 ? low : low - 4;
      to[i] = d * (float)scale_q3_k(scales, i / 16) * (float)value;
    }
  }
}

/* Scale and minimum k (0 .. 7) of Q4_K and Q5_K. The first four are the low six bits of
 * bytes k and k+4; of the others the low four bits share byte k+4, the upper two are the
 * upper two of bytes k-4 and k. */
static void scale_q4_k(const unsigned char *scales, int k, int *scale, int *minimum) {
  if (k < 4) {
    *scale = scales[k] & 63;
    *minimum = scales[k + 4] & 63;
  } else {
    *scale = (scales[k + 4] & 0xF) | scales[k - 4] >> 6 << 4;
    *minimum = scales[k + 4] >> 4 | scales[k] >> 6 << 4;
  }
}

/* d, m, 12 bytes of scales, 128 bytes: of each 32 bytes the low halves are 32 elements,
 * the high halves the next 32. Q5_K has 32 bytes of fifth bits in front of them (bit i/32
 * of byte i%32). Element: q * d * scale - m * minimum. */
static void unpack_q4_k(const unsigned char *block, const unsigned char *fifth,
                        const unsigned char *q, float *to) {
  const float d = read_half(block), m = read_half(block + HALF_BYTES);
  for (int k = 0; k < K_BLOCK / 32; k++) {
    int scale, minimum;
    scale_q4_k(block + 2 * HALF_BYTES, k, &scale, &minimum);
    const float by = d * (float)scale, less = m * (float)minimum;
    for (int j = 0; j < 32; j++) {
      int value = q[k / 2 * 32 + j] >> k % 2 * 4 & 0xF;
      if (fifth) value |= (fifth[j] >> k & 1) << 4;
      to[k * 32 + j] = by * (float)value - less;
    }
  }
}

static void convert_q4_k(const unsigned char *from, size_t count, float *to) {
  for (; count > 0; count -= K_BLOCK, from += Q4_K_BYTES, to += K_BLOCK)
    unpack_q4_k(from, NULL, from + 2 * HALF_BYTES + K_SCALES, to);
}

static void convert_q5_k(const unsigned char *from, size_t count, float *to) {
  for (; count > 0; count -= K_BLOCK, from += Q5_K_BYTES, to += K_BLOCK) {
    const unsigned char *fifth = from + 2 * HALF_BYTES + K_SCALES;
    unpack_q4_k(from, fifth, fifth + K_BLOCK / 8, to);
  }
}

/* 128 bytes of low halves, 64 of upper two bits, 16 signed scales of 16 elements each, d.
 * Of 128 elements, 0 .. 63 are the low and 64 .. 127 the high halves of 64 bytes; bits 2s
 * and 2s+1 of 32 upper bytes are of elements 32s .. 32s+31; less 32. */
static void convert_q6_k(const unsigned char *from, size_t count, float *to) {
  for (; count > 0; count -= K_BLOCK, from += Q6_K_BYTES, to += K_BLOCK) {
    const unsigned char *low = from, *high = from + 128, *scales = from + 192;
    const float d = read_half(from + 208);
    for (int i = 0; i < K_BLOCK; i++) {
      const int part = i / 128, at = i % 128;
      const int four = low[part * 64 + at % 64] >> at / 64 * 4 & 0xF;
      const int two = high[part * 32 + at % 32] >> at / 32 * 2 & 3;
      const int value = (four | two << 4) - 32;
      to[i] = d * (float)signed_byte(scales[i / 16]) * (float)value;
    }
  }
}

const bb_dtype_form bb_dtype_forms[BB_DTYPE_COUNT] = {
    [BB_F32] = {"F32",        1,       4,          convert_f32 },
    [BB_F16] = {"F16",        1,       2,          convert_f16 },
    [BB_BF16] = {"BF16",       1,       2,          convert_bf16},
    [BB_F64] = {"F64",        1,       8,          convert_f64 },
    [BB_Q4_0] = {"Q4_0",       BLOCK,   Q4_0_BYTES, convert_q4_0},
    [BB_Q4_1] = {"Q4_1",       BLOCK,   Q4_1_BYTES, convert_q4_1},
    [BB_Q5_0] = {"Q5_0",       BLOCK,   Q5_0_BYTES, convert_q5_0},
    [BB_Q5_1] = {"Q5_1",       BLOCK,   Q5_1_BYTES, convert_q5_1},
    [BB_Q8_0] = {"Q8_0",       BLOCK,   Q8_0_BYTES, convert_q8_0},
    [BB_Q2_K] = {"Q2_K",       K_BLOCK, Q2_K_BYTES, convert_q2_k},
    [BB_Q3_K] = {"Q3_K",       K_BLOCK, Q3_K_BYTES, convert_q3_k},
    [BB_Q4_K] = {"Q4_K",       K_BLOCK, Q4_K_BYTES, convert_q4_k},
    [BB_Q5_K] = {"Q5_K",       K_BLOCK, Q5_K_BYTES, convert_q5_k},
    [BB_Q6_K] = {"Q6_K",       K_BLOCK, Q6_K_BYTES, convert_q6_k},
    [BB_INTEGER] = {"an integer", 1,       1,          NULL        },
};
