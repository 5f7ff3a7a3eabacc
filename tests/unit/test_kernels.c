/* test_kernels.c - every instruction set against scalar.c, bit for bit; scalar.c against
 * double precision. Matrix products are in test_product.c. */
#include "check.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/vector_math.h"
#include "random.h"

enum {
  MAX_LENGTH = 257, /* past 16 blocks of 16 lanes, and one more */
  LONG_LENGTH = 3072,
};

/* Numbers ---------------------------------------------------------------------------- */

/* Uniform in [-range, range]. */
static float random_float(float range) {
  return ((float)random_u32() * 0x1p-31f - 1.0f) * range;
}

/* Every kind of float is a case of its own. */
enum kind { ORDINARY, LARGE, SMALL, DENORMAL, ANY_BITS, SPECIAL, KIND_COUNT };

static const char *const kind_names[KIND_COUNT] = {
    [ORDINARY] = "ordinary", [LARGE] = "large",       [SMALL] = "small",
    [DENORMAL] = "denormal", [ANY_BITS] = "any bits", [SPECIAL] = "with NaN and infinity",
};

static float random_special(void) {
  static const float specials[] = {NAN,      INFINITY, -INFINITY, 0.0f,  -0.0f, FLT_MAX,
                                   -FLT_MAX, FLT_MIN,  -87.0f,    6.05f, -6.05f};
  /* Mostly ordinary, or every result would be NaN. */
  uint32_t which = random_u32() % 64;
  size_t count = sizeof specials / sizeof specials[0];
  return which < count ? specials[which] : random_float(8.0f);
}

static float random_of(enum kind kind) {
  switch (kind) {
  case LARGE:
    return random_float(FLT_MAX / 4);
  case SMALL:
    return random_float(1e-20f);
  case DENORMAL:
    return random_float(FLT_MIN);
  case ANY_BITS:
    return bb_float_from_bits(random_u32());
  case SPECIAL:
    return random_special();
  default:
    return random_float(8.0f);
  }
}

/* The slots under one signature ------------------------------------------------------ */

/* Arrays of exactly n elements from an offset on, so that a sanitizer sees a read past
 * the end. `out` is what the slot writes, and has its input in it where x and y are one
 * array. */
typedef struct operands {
  size_t n;
  float scalar; /* alpha, eps, scale: > 0 */
  const float *a, *b, *c;
  const uint16_t *half;
  float *out;
} operands;

static void run_dot(const bb_kernels *k, const operands *o) {
  float dot = k->f32_dot(o->a, o->b, o->n);
  if (o->n > 0) o->out[0] = dot;
}
static void run_axpy(const bb_kernels *k, const operands *o) {
  k->f32_axpy(o->scalar, o->a, o->out, o->n);
}
static void run_add3(const bb_kernels *k, const operands *o) {
  k->f32_add3(o->a, o->b, o->c, o->out, o->n);
}
static void run_add3_in_place(const bb_kernels *k, const operands *o) {
  k->f32_add3(o->out, o->b, o->c, o->out, o->n);
}
static void run_bias_gelu(const bb_kernels *k, const operands *o) {
  k->f32_bias_gelu(o->out, o->b, o->n);
}
static void run_bias_gelu_backward(const bb_kernels *k, const operands *o) {
  k->f32_bias_gelu_backward(o->out, o->a, o->b, o->n);
}
static void run_bias_rough_gelu(const bb_kernels *k, const operands *o) {
  k->f32_bias_rough_gelu(o->out, o->b, o->n);
}
static void run_layer_norm(const bb_kernels *k, const operands *o) {
  k->f32_layer_norm(o->a, 1, o->b, o->c, o->scalar, o->out, o->n);
}
static void run_layer_norm_in_place(const bb_kernels *k, const operands *o) {
  k->f32_layer_norm(o->out, 1, o->b, o->c, o->scalar, o->out, o->n);
}
static void run_softmax(const bb_kernels *k, const operands *o) {
  float sum = k->f32_softmax(o->out, o->scalar, o->n);
  if (o->n > 0) k->f32_scale(1.0f / sum, o->out, o->n);
}
static void run_scale(const bb_kernels *k, const operands *o) {
  k->f32_scale(o->scalar, o->out, o->n);
}
/* n bodies and, of as many points, what fits of their sums. */
static void run_push(const bb_kernels *k, const operands *o) {
  bb_body bodies[LONG_LENGTH];
  bb_pushed p = {0};
  for (size_t i = 0; i < o->n; i++)
    bodies[i] = (bb_body){o->a[i], o->b[i], fabsf(o->c[i])};
  for (size_t j = 0; j < BB_LANES && o->n > 0; j++) {
    p.x[j] = o->out[j % o->n];
    p.y[j] = o->c[j % o->n];
  }
  k->f32_push(bodies, o->n, &p);
  for (size_t i = 0; i < o->n; i++)
    o->out[i] = (i % 3 == 0   ? p.push_x
                 : i % 3 == 1 ? p.push_y
                              : p.weight)[i / 3 % BB_LANES];
}
/* The lower half of the counter's first two words wraps. */
static void run_drop(const bb_kernels *k, const operands *o) {
  for (uint64_t before = 1; before <= 9; before += 8) {
    const bb_drop drop = {
        .block = (UINT64_C(7) << 32) - before,
        .place = 11,
        .step = 3,
        .key = {42, 1},
        .below = 0x40000000,
        .scale = o->scalar
    };
    k->f32_drop(&drop, o->out, o->n);
  }
}
static void run_f16(const bb_kernels *k, const operands *o) {
  k->f16_to_f32(o->half, o->out, o->n);
}
static void run_bf16(const bb_kernels *k, const operands *o) {
  k->bf16_to_f32(o->half, o->out, o->n);
}

static const struct {
  const char *says;
  void (*run)(const bb_kernels *k, const operands *o);
} slots[] = {
    {"f32_dot gives the scalar bits",                 run_dot                },
    {"f32_axpy gives the scalar bits",                run_axpy               },
    {"f32_add3 gives the scalar bits",                run_add3               },
    {"f32_add3 in place gives the scalar bits",       run_add3_in_place      },
    {"f32_bias_gelu gives the scalar bits",           run_bias_gelu          },
    {"f32_bias_gelu_backward gives the scalar bits",  run_bias_gelu_backward },
    {"f32_bias_rough_gelu gives the scalar bits",     run_bias_rough_gelu    },
    {"f32_layer_norm gives the scalar bits",          run_layer_norm         },
    {"f32_layer_norm in place gives the scalar bits", run_layer_norm_in_place},
    {"f32_softmax gives the scalar bits",             run_softmax            },
    {"f32_scale gives the scalar bits",               run_scale              },
    {"f32_push gives the scalar bits",                run_push               },
    {"f32_drop gives the scalar bits",                run_drop               },
    {"f16_to_f32 gives the scalar bits",              run_f16                },
    {"bf16_to_f32 gives the scalar bits",             run_bf16               },
};

/* Every instruction set by itself on top of scalar, then all that this processor has. */
static const unsigned masks[] = {BB_CPU_AVX2, BB_CPU_AVX512, BB_CPU_NEON,
                                 BB_CPU_AVX2 | BB_CPU_AVX512 | BB_CPU_NEON};

/* Which NaN comes out of an operation on NaNs is open in IEEE 754, and a compiler may
 * swap the operands: any NaN equals any other. */
static bool same_float(float a, float b) {
  return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static size_t first_difference(const float *a, const float *b, size_t n) {
  size_t i = 0;
  while (i < n && same_float(a[i], b[i])) i++;
  return i;
}

enum { FLOAT_ARRAYS = 5 }; /* a, b, c, and out twice */

/* One case: the same operands for scalar and for the kernels under test. */
static void compare(size_t slot, const bb_kernels *scalar, const bb_kernels *tested,
                    enum kind kind, size_t n, size_t offset) {
  float *blocks[FLOAT_ARRAYS], *arrays[FLOAT_ARRAYS];
  for (size_t j = 0; j < FLOAT_ARRAYS; j++) {
    blocks[j] = malloc((n + offset) * sizeof(float) + 1);
    arrays[j] = blocks[j] + offset;
    for (size_t i = 0; i < n; i++) arrays[j][i] = random_of(kind);
  }
  uint16_t *half_block = malloc((n + offset) * sizeof(uint16_t) + 1);
  for (size_t i = 0; i < n; i++) half_block[offset + i] = (uint16_t)random_u32();
  float *expected = arrays[3], *actual = arrays[4];
  if (n > 0) memcpy(actual, expected, n * sizeof *actual);

  operands o = {n,         fabsf(random_float(2.0f)) + 0x1p-20f,
                arrays[0], arrays[1],
                arrays[2], half_block + offset,
                expected};
  slots[slot].run(scalar, &o);
  o.out = actual;
  slots[slot].run(tested, &o);

  size_t at = first_difference(actual, expected, n);
  if (at < n) {
    check_context("%s, %s, n = %zu, offset %zu: [%zu] is %a, expected %a", tested->name,
                  kind_names[kind], n, offset, at, (double)actual[at],
                  (double)expected[at]);
    CHECK(!"the bits differ");
  }
  for (size_t j = 0; j < FLOAT_ARRAYS; j++) free(blocks[j]);
  free(half_block);
}

static void test_slot(size_t slot, const bb_kernels *scalar, const bb_kernels *tested) {
  static const size_t offsets[] = {0, 1, 3, 7};
  for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
    for (size_t j = 0; j < sizeof offsets / sizeof offsets[0]; j++)
      for (size_t n = 0; n <= MAX_LENGTH; n++)
        compare(slot, scalar, tested, kind, n, offsets[j]);
    compare(slot, scalar, tested, kind, LONG_LENGTH, 0);
  }
}

static void test_same_bits(void) {
  bb_kernels scalar, tested;
  bb_kernels_init(&scalar, 0);
  for (size_t slot = 0; slot < sizeof slots / sizeof slots[0]; slot++) {
    check_begin(slots[slot].says);
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
      bb_kernels_init(&tested, masks[i] & bb_cpu_detect());
      if (strcmp(tested.name, "scalar") != 0) test_slot(slot, &scalar, &tested);
    }
  }
}

static void test_halves(void) {
  check_begin("every half and every bfloat16 gives the scalar bits and the right value");
  bb_kernels scalar, tested;
  bb_kernels_init(&scalar, 0);
  bb_kernels_init(&tested, bb_cpu_detect());
  for (uint32_t bits = 0; bits <= UINT16_MAX; bits++) {
    uint16_t half = (uint16_t)bits;
    uint16_t halves[16];
    float expected, actual[16];
    check_context("half 0x%04X", (unsigned)bits);
    for (size_t i = 0; i < 16; i++) halves[i] = half;

    scalar.f16_to_f32(&half, &expected, 1);
    tested.f16_to_f32(halves, actual, 16);
    CHECK(memcmp(&actual[7], &expected, sizeof expected) == 0);
    int exponent = (half >> 10) & 31, fraction = half & 1023;
    double value = exponent == 31  ? (fraction ? (double)NAN : (double)INFINITY)
                   : exponent == 0 ? ldexp(fraction, -24)
                                   : ldexp(1024 + fraction, exponent - 25);
    CHECK(same_float(expected, (float)(half >> 15 ? -value : value)));

    scalar.bf16_to_f32(&half, &expected, 1);
    tested.bf16_to_f32(halves, actual, 16);
    CHECK(memcmp(&actual[7], &expected, sizeof expected) == 0);
    CHECK(bb_float_bits(expected) == bits << 16);
  }
}

/* Accuracy of the scalar meaning ----------------------------------------------------- */

/* Relative; one unit in the last place (2^-23). vector_math.h says what was measured. */
static const double EXP_TOLERANCE = 0x1p-23;
/* In units of max(1, |v|), and below 1/4 in units of |v|; as above. */
static const double GELU_TOLERANCE = 0x1p-23;

static void test_exp(void) {
  check_begin("exp is within one unit in the last place on [-87, 0]");
  for (uint32_t bits = 0; bits <= bb_float_bits(87.0f);
       bits += 997) { /* 997: arbitrary */
    float x = -bb_float_from_bits(bits);
    double exact = exp((double)x);
    check_context("x = %a", (double)x);
    CHECK(fabs((double)bb_exp(x) - exact) <= EXP_TOLERANCE * exact);
  }
  check_begin("exp is 1 at 0, 0 far below, and NaN for NaN");
  CHECK(bb_exp(0.0f) == 1.0f && bb_exp(-0.0f) == 1.0f);
  CHECK(bb_exp(-87.0f) >= FLT_MIN);
  CHECK(bb_exp(nextafterf(-87.0f, -100.0f)) == 0.0f);
  CHECK(bb_exp(-FLT_MAX) == 0.0f && bb_exp(-INFINITY) == 0.0f);
  CHECK(isnan(bb_exp(NAN)));
}

static double exact_gelu(double v) {
  return v * 0.5 * erfc(-v / sqrt(2.0));
}

static void check_gelu(float v) {
  double error = fabs((double)bb_gelu(v) - exact_gelu((double)v));
  double size = fabs((double)v);
  check_context("v = %a", (double)v);
  CHECK(error <= GELU_TOLERANCE * fmax(1.0, size));
  if (size < 0.25) CHECK(error <= GELU_TOLERANCE * size);
}

static void test_gelu(void) {
  check_begin("GELU is within its tolerance on [-10, 10]");
  for (uint32_t bits = bb_float_bits(FLT_MIN); bits <= bb_float_bits(10.0f);
       bits += 997) {
    check_gelu(bb_float_from_bits(bits));
    check_gelu(-bb_float_from_bits(bits));
  }
  check_begin("GELU keeps zeros and NaN and has its limits at the infinities");
  CHECK(same_float(bb_gelu(0.0f), 0.0f));
  CHECK(same_float(bb_gelu(-0.0f), -0.0f));
  CHECK(isnan(bb_gelu(NAN)) && isnan(bb_gelu(-NAN)));
  CHECK(bb_gelu(INFINITY) == INFINITY && bb_gelu(-INFINITY) == 0.0f);
  CHECK(bb_gelu(100.0f) == 100.0f && bb_gelu(-100.0f) == 0.0f);
}

/* Absolute: float's rounding near 1, and g' at its cut. */
static const double GELU_SLOPE_TOLERANCE = 1.5e-7;

static void check_gelu_slope(float v) {
  static const double sqrt_2_pi = 2.50662827463100050242;
  double x = (double)v, density = exp(-x * x / 2) / sqrt_2_pi;
  double exact = 0.5 * erfc(-x / sqrt(2.0)) + x * density;
  check_context("v = %a", x);
  CHECK(fabs((double)bb_gelu_slope(v) - exact) <= GELU_SLOPE_TOLERANCE);
}

static void test_gelu_slope(void) {
  check_begin("GELU's derivative is within its tolerance on [-10, 10]");
  for (uint32_t bits = bb_float_bits(FLT_MIN); bits <= bb_float_bits(10.0f);
       bits += 997) {
    check_gelu_slope(bb_float_from_bits(bits));
    check_gelu_slope(-bb_float_from_bits(bits));
  }
  check_gelu_slope(0.0f);
  check_gelu_slope(-0.0f);
  check_begin("GELU's derivative is 1 and 0 far out, and NaN for NaN");
  CHECK(bb_gelu_slope(100.0f) == 1.0f && bb_gelu_slope(-100.0f) == 0.0f);
  CHECK(isnan(bb_gelu_slope(NAN)));
}

/* Absolute: g at its cut, and the error of the polynomial there; and relative, near 0. */
static const double ROUGH_GELU_TOLERANCE = 1.75e-4, ROUGH_GELU_SLOPE = 1.9e-4;

static void check_rough_gelu(float v) {
  double error = fabs((double)bb_rough_gelu(v) - exact_gelu((double)v));
  double size = fabs((double)v);
  check_context("v = %a", (double)v);
  CHECK(error <= ROUGH_GELU_TOLERANCE);
  if (size < 0.25) CHECK(error <= ROUGH_GELU_SLOPE * size);
}

static void test_rough_gelu(void) {
  check_begin("the rough GELU is within its tolerance on [-10, 10]");
  for (uint32_t bits = bb_float_bits(FLT_MIN); bits <= bb_float_bits(10.0f);
       bits += 997) {
    check_rough_gelu(bb_float_from_bits(bits));
    check_rough_gelu(-bb_float_from_bits(bits));
  }
  check_begin("the rough GELU keeps 0 and NaN and is finite for what is finite");
  CHECK(bb_rough_gelu(0.0f) == 0.0f && bb_rough_gelu(-0.0f) == 0.0f);
  CHECK(isnan(bb_rough_gelu(NAN)) && isnan(bb_rough_gelu(-NAN)));
  CHECK(bb_rough_gelu(INFINITY) == INFINITY && isfinite(bb_rough_gelu(-INFINITY)));
  CHECK(fabsf(bb_rough_gelu(100.0f) - 100.0f) < 2e-4f);
}

/* Relative, a little above what every float measures (vector_math.h): a sum is rounded
 * four times. */
static const double TANH_TOLERANCE = 2e-7;

static void check_tanh(float v) {
  const double tanh_error = fabs((double)bb_tanh(v) / tanh((double)v) - 1);
  const double sigmoid_error = fabs((double)bb_sigmoid(v) * (1 + exp(-(double)v)) - 1);
  CHECK(tanh_error <= TANH_TOLERANCE);
  CHECK(sigmoid_error <= TANH_TOLERANCE);
}

static void test_tanh(void) {
  enum { EVERY = 10007, FIRST = 0x30800000 /* 2^-30 */, LAST = 0x42ae0000 /* 87 */ };
  check_begin("tanh and the sigmoid are those of double precision");
  for (uint32_t bits = FIRST; bits < LAST; bits += EVERY) {
    check_tanh(bb_float_from_bits(bits));
    check_tanh(-bb_float_from_bits(bits));
  }
  check_begin("tanh and the sigmoid end where a float does");
  CHECK(bb_tanh(0.0f) == 0.0f && signbit(bb_tanh(-0.0f)) && bb_sigmoid(0.0f) == 0.5f);
  CHECK(bb_tanh(INFINITY) == 1.0f && bb_tanh(-INFINITY) == -1.0f);
  CHECK(bb_sigmoid(INFINITY) == 1.0f && bb_sigmoid(-INFINITY) == 0.0f);
  CHECK(isnan(bb_tanh(NAN)) && isnan(bb_sigmoid(NAN)));
}

/* Relative to the sum of the sizes of the terms: 16 lanes of n/16 roundings each, which
 * are random. Far less than n * 2^-24. */
static const double SUM_TOLERANCE = 1e-6;

static void test_dot(void) {
  check_begin("f32_dot is near the sum in double");
  bb_kernels k;
  bb_kernels_init(&k, 0);
  float a[LONG_LENGTH], b[LONG_LENGTH];
  double exact = 0.0, size = 0.0;
  for (size_t i = 0; i < LONG_LENGTH; i++) {
    a[i] = random_float(1.0f);
    b[i] = random_float(1.0f);
    exact += (double)a[i] * (double)b[i];
    size += fabs((double)a[i] * (double)b[i]);
  }
  CHECK(fabs((double)k.f32_dot(a, b, LONG_LENGTH) - exact) <= SUM_TOLERANCE * size);
  CHECK(k.f32_dot(a, b, 0) == 0.0f);
}

/* Results are of size 1; some roundings each. Measured: 3.6e-7. */
static const double LAYER_NORM_TOLERANCE = 1e-6;

static void test_layer_norm(void) {
  check_begin("f32_layer_norm is near the formula in double");
  enum { N = 384 };
  const float eps = 1e-12f; /* BERT's */
  bb_kernels k;
  bb_kernels_init(&k, 0);
  float x[N], gamma[N], beta[N], y[N];
  double mean = 0.0, variance = 0.0;
  for (size_t i = 0; i < N; i++) {
    x[i] = 0.5f + random_float(2.0f);
    gamma[i] = 1.0f + random_float(0.5f);
    beta[i] = random_float(0.5f);
    mean += (double)x[i] / N;
  }
  for (size_t i = 0; i < N; i++) variance += pow((double)x[i] - mean, 2) / N;
  k.f32_layer_norm(x, 1, gamma, beta, eps, y, N);
  for (size_t i = 0; i < N; i++) {
    double z = ((double)x[i] - mean) / sqrt(variance + (double)eps);
    check_context("element %zu", i);
    CHECK(fabs((double)y[i] - (z * (double)gamma[i] + (double)beta[i])) <=
          LAYER_NORM_TOLERANCE);
  }
}

static void test_layer_norm_rows(void) {
  check_begin("a row of f32_layer_norm has the scalar bits, whatever is beside it");
  enum { ROWS = 9, N = 70 };
  bb_kernels k, scalar;
  bb_kernels_init(&scalar, 0);
  float x[ROWS * N], gamma[N], beta[N], y[ROWS * N], expected[ROWS * N];
  for (size_t i = 0; i < ROWS * N; i++) x[i] = random_float(3.0f);
  for (size_t i = 0; i < N; i++) gamma[i] = random_float(1.0f), beta[i] = gamma[i] / 2;
  for (size_t j = 0; j < sizeof masks / sizeof masks[0]; j++) {
    bb_kernels_init(&k, masks[j] & bb_cpu_detect());
    for (size_t n = 0; n <= N; n++)
      for (size_t rows = 0; rows <= ROWS; rows++) {
        for (size_t i = 0; i < rows; i++)
          scalar.f32_layer_norm(x + i * n, 1, gamma, beta, 1e-5f, expected + i * n, n);
        k.f32_layer_norm(x, rows, gamma, beta, 1e-5f, y, n);
        check_context("%s: %zu rows of %zu", k.name, rows, n);
        CHECK(memcmp(y, expected, rows * n * sizeof *y) == 0);
      }
  }
}

/* Relative: exp's error, the rounding of its argument (of size 20 at most: 1.2e-6), the
 * sum's and the division's. */
static const double SOFTMAX_TOLERANCE = 2e-6;

static void test_softmax(void) {
  check_begin("f32_softmax is near the formula in double");
  enum { N = 100 };
  const float scale = 0.125f;
  bb_kernels k;
  bb_kernels_init(&k, 0);
  float x[N], scores[N];
  double max = -INFINITY, sum = 0.0;
  for (size_t i = 0; i < N; i++) {
    x[i] = scores[i] = random_float(80.0f);
    max = fmax(max, (double)x[i]);
  }
  for (size_t i = 0; i < N; i++) sum += exp((double)scale * ((double)x[i] - max));
  float total = k.f32_softmax(x, scale, N);
  CHECK(fabs((double)total - sum) <= SOFTMAX_TOLERANCE * sum);
  for (size_t i = 0; i < N; i++) {
    double exact = exp((double)scale * ((double)scores[i] - max));
    check_context("element %zu", i);
    CHECK(fabs((double)x[i] - exact) <= SOFTMAX_TOLERANCE * exact);
  }
}

static void test_softmax_flush(void) {
  check_begin("a score 87 below the largest is the last that does not become 0");
  enum { N = 16 }; /* a whole register of every instruction set */
  bb_kernels k;
  for (size_t j = 0; j < sizeof masks / sizeof masks[0]; j++) {
    bb_kernels_init(&k, masks[j] & bb_cpu_detect());
    float x[N] = {0};
    x[5] = -87.0f;
    x[6] = nextafterf(-87.0f, -100.0f);
    k.f32_softmax(x, 1.0f, N);
    check_context("%s", k.name);
    CHECK(x[5] > 0.0f && x[6] == 0.0f);
  }
}

static void test_not_a_number(void) {
  check_begin("one NaN makes softmax's sum and all of layer_norm NaN, wherever it is");
  enum { N = 37 };
  bb_kernels k;
  for (unsigned narrow = 0; narrow < 2; narrow++) {
    bb_kernels_init(&k, narrow ? 0 : bb_cpu_detect());
    for (size_t at = 0; at < N; at++) {
      float x[N], ones[N], y[N];
      for (size_t i = 0; i < N; i++) x[i] = random_float(4.0f), ones[i] = 1.0f;
      x[at] = NAN;
      check_context("%s, NaN at %zu", k.name, at);
      k.f32_layer_norm(x, 1, ones, ones, 1e-12f, y, N);
      CHECK(isnan(k.f32_softmax(x, 1.0f, N)));
      for (size_t i = 0; i < N; i++) CHECK(isnan(y[i]));
    }
  }
}

/* Dispatch --------------------------------------------------------------------------- */

static void test_dispatch(void) {
  static const char *const names[] = {"scalar", "avx2",       "avxvnni",
                                      "avx512", "avx512vnni", "neon"};
  bb_kernels k;

  check_begin("the empty mask gives the scalar kernels");
  bb_kernels_init(&k, 0);
  CHECK_STR(k.name, "scalar");

  check_begin("unknown bits are ignored");
  bb_kernels_init(&k, ~(unsigned)(BB_CPU_AVX2 | BB_CPU_AVX512 | BB_CPU_AVX512VNNI |
                                  BB_CPU_AVXVNNI | BB_CPU_NEON));
  CHECK_STR(k.name, "scalar");

  check_begin("the widest set of this processor is chosen, and every slot is filled");
  unsigned cpu = bb_cpu_detect();
  bb_kernels_init(&k, cpu);
  CHECK_STR(k.name, names[cpu & BB_CPU_NEON         ? 5
                          : cpu & BB_CPU_AVX512VNNI ? 4
                          : cpu & BB_CPU_AVX512     ? 3
                          : cpu & BB_CPU_AVXVNNI    ? 2
                          : cpu & BB_CPU_AVX2       ? 1
                                                    : 0]);
  CHECK(k.f32_dot && k.f32_axpy && k.f32_add3 && k.f32_bias_gelu && k.f32_layer_norm &&
        k.f32_softmax && k.f32_scale && k.f32_panel && k.f16_to_f32 && k.bf16_to_f32);

  check_begin("the other architecture's bits are ignored");
#if defined(__x86_64__)
  bb_kernels_init(&k, BB_CPU_NEON);
#else
  bb_kernels_init(&k, BB_CPU_AVX2 | BB_CPU_AVX512);
#endif
  CHECK_STR(k.name, "scalar");
}

static void test_reaching(void) {
  check_begin("f32_reaching finds what the scalar code finds");
  bb_kernels scalar, k;
  bb_kernels_init(&scalar, 0);
  for (size_t m = 0; m < sizeof masks / sizeof masks[0]; m++)
    for (size_t n = 0; n < MAX_LENGTH; n++) {
      float x[MAX_LENGTH], limits[MAX_LENGTH];
      uint32_t expected[MAX_LENGTH], found[MAX_LENGTH];
      const float limit = n % 3 == 0 ? INFINITY : random_float(2.0f);
      for (size_t i = 0; i < n; i++) {
        x[i] = random_float(1.0f);
        limits[i] = i % 5 == 0 ? x[i] : 1.0f + random_float(0.5f);
      }
      bb_kernels_init(&k, masks[m] & bb_cpu_detect());
      size_t count = scalar.f32_reaching(x, limit, limits, n, expected);
      check_context("mask %u, %zu floats", masks[m], n);
      if (!CHECK_INT(k.f32_reaching(x, limit, limits, n, found), count)) return;
      CHECK(memcmp(found, expected, count * sizeof *found) == 0);
    }
}

int main(void) {
  test_reaching();
  test_same_bits();
  test_halves();
  test_exp();
  test_gelu();
  test_gelu_slope();
  test_rough_gelu();
  test_tanh();
  test_dot();
  test_layer_norm();
  test_layer_norm_rows();
  test_softmax();
  test_softmax_flush();
  test_not_a_number();
  test_dispatch();
  return check_report();
}
