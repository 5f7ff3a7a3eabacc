/* store.c - full vectors and their codes.
 *
 * float16 keeps 11 bits of a value; a factor (a power of two, so that nothing is lost by
 * it) brings vectors whose values do not fit its range into it. Values too small for the
 * type become 0: denormals would slow every scan. */
#include <float.h>
#include <math.h>

#include "base/bytes.h"
#include "index/metric.h"

const char *const biobert_store_names[BIOBERT_STORE_COUNT] = {[BIOBERT_STORE_F32] = "f32",
                                                              [BIOBERT_STORE_F16] = "f16",
                                                              [BIOBERT_STORE_INT8] =
                                                                  "int8"};

enum { CODE_MAX = 127, FACTOR_BYTES = 4, HALF_TOP = 15 };

static const size_t value_bytes[] = {
    [BIOBERT_STORE_F32] = 4, [BIOBERT_STORE_F16] = 2, [BIOBERT_STORE_INT8] = 1};

size_t biobert_store_bytes(biobert_store store, size_t n) {
  return FACTOR_BYTES + value_bytes[store] * n;
}

static float largest(const float *v, size_t n) {
  float max = 0;
  for (size_t i = 0; i < n; i++)
    if (fabsf(v[i]) > max) max = fabsf(v[i]);
  return max;
}

/* float16 ---------------------------------------------------------------------------- */

/* Round to nearest, ties to even; below the smallest normal half 0. |x| < 65520. */
static uint16_t to_half(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  uint32_t sign = bits >> 16 & 0x8000, magnitude = bits & 0x7FFFFFFF;
  if (magnitude < 0x38800000) return (uint16_t)sign; /* 2^-14 */
  uint32_t rounded = magnitude - 0x38000000 + 0xFFF + (magnitude >> 13 & 1);
  return (uint16_t)(sign | rounded >> 13);
}

static float from_half(uint16_t h) {
  uint32_t magnitude = h & 0x7FFF;
  uint32_t bits = magnitude ? (magnitude << 13) + 0x38000000 : 0;
  bits |= (uint32_t)(h & 0x8000) << 16;
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* A power of two that brings the largest value to [2^14, 2^15), the top of float16's
 * range: the small values have all of it below them. */
static float half_factor(float max) {
  int exponent;
  if (max == 0) return 1;
  frexpf(max, &exponent);
  if (exponent < -100) exponent = -100;
  return ldexpf(1, exponent - HALF_TOP);
}

/* Packing ---------------------------------------------------------------------------- */

void biobert_store_pack(biobert_store store, const float *v, size_t n, void *out) {
  char *at = out;
  float max = largest(v, n), factor = 1;
  if (store == BIOBERT_STORE_F16) factor = half_factor(max);
  if (store == BIOBERT_STORE_INT8) factor = max / CODE_MAX;
  if (isinf(factor * CODE_MAX))
    factor = nextafterf(factor, 0); /* of the largest floats */
  memcpy(at, &factor, sizeof factor);
  at += FACTOR_BYTES;
  for (size_t i = 0; i < n; i++) {
    float value = factor ? v[i] / factor : 0;
    uint16_t half = store == BIOBERT_STORE_F16 ? to_half(value) : 0;
    if (isinf(from_half(half) * factor)) half--; /* of the largest floats */
    int8_t byte = (int8_t)lrintf(store == BIOBERT_STORE_INT8 ? value : 0);
    switch (store) {
    case BIOBERT_STORE_F32:
      memcpy(at + 4 * i, &v[i], 4);
      break;
    case BIOBERT_STORE_F16:
      memcpy(at + 2 * i, &half, 2);
      break;
    default:
      at[i] = (char)byte;
      break;
    }
  }
}

void biobert_store_unpack(biobert_store store, const void *stored, size_t n, float *v) {
  float factor = bb_read_f32(stored);
  const char *at = (const char *)stored + FACTOR_BYTES;
  switch (store) {
  case BIOBERT_STORE_F32:
    memcpy(v, at, n * sizeof *v);
    break;
  case BIOBERT_STORE_F16:
    for (size_t i = 0; i < n; i++) v[i] = from_half(bb_read_u16(at + 2 * i)) * factor;
    break;
  default:
    for (size_t i = 0; i < n; i++) v[i] = (float)(signed char)at[i] * factor;
    break;
  }
}

/* Codes ------------------------------------------------------------------------------ */

/* To the nearest, ties to even, as lrint() does, which is a call: a double of this size
 * has no fraction. |x| < 2^51. */
static double to_whole(double x) {
  static const double no_fraction = 0x1.8p52;
  return (x + no_fraction) - no_fraction;
}

void biobert_encode(biobert_metric metric, const float *v, size_t n, int8_t *codes,
                    biobert_code *code) {
  double square = 0;
  for (size_t i = 0; i < n; i++) square += (double)v[i] * v[i];
  double length = bb_metric_of(metric)->unit && square > 0 ? sqrt(square) : 1;
  double scale = largest(v, n) / length / CODE_MAX, rest = 0;
  float kept = (float)scale; /* what the reader will have */
  double by_length = 1 / length, by_scale = kept > 0 ? 1 / (double)kept : 0;
  for (size_t i = 0; i < n; i++) {
    double x = v[i] * by_length, nearest = to_whole(x * by_scale);
    nearest = nearest > CODE_MAX ? CODE_MAX : nearest < -CODE_MAX ? -CODE_MAX : nearest;
    codes[i] = (int8_t)nearest;
    double missed = x - (double)kept * nearest;
    rest += missed * missed;
  }
  /* Rounded up: a bound that is rounded down is none. A square below the normal floats
   * would say that there is nothing. */
  float residual = (float)sqrt(rest), known = (float)square;
  if (square > 0 && known < FLT_MIN) known = FLT_MIN;
  *code = (biobert_code){kept, nextafterf(residual, INFINITY), known};
}
