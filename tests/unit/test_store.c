/* test_store.c - what is stored comes back within the type's error, and no estimate is
 * farther from the truth than its bound says. */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "biobert_vectors.h"
#include "check.h"
#include "kernels/kernels.h"
#include "random.h"

enum { MAX_VALUES = 1024 };

static float uniform(void) {
  return (float)(random_u64() >> 40) / 8388608.0f - 1;
}

/* Ordinary vectors, and those that break a careless conversion. */
typedef enum vector_kind {
  UNIFORM,
  HUGE_VALUES,
  TINY_VALUES,
  DENORMAL,
  ALL_ZERO,
  ONE_VALUE,
  ONE_HIDES_OTHERS,
  ALL_ONE,
  MANY_EXPONENTS,
  LARGE_COMMON_PART,
  KINDS,
} vector_kind;

static const char *const kind_names[KINDS] = {
    [UNIFORM] = "uniform",
    [HUGE_VALUES] = "huge",
    [TINY_VALUES] = "tiny",
    [DENORMAL] = "denormal",
    [ALL_ZERO] = "all zero",
    [ONE_VALUE] = "one value",
    [ONE_HIDES_OTHERS] = "one value hides the others",
    [ALL_ONE] = "all one",
    [MANY_EXPONENTS] = "many exponents",
    [LARGE_COMMON_PART] = "a large common part",
};

/* Value i of n; x is random, from -1 to 1. */
static float value_of(vector_kind kind, size_t i, size_t n, float x) {
  switch (kind) {
  case HUGE_VALUES:
    return x * 1e30f;
  case TINY_VALUES:
    return x * 1e-30f;
  case DENORMAL:
    return x * 1e-42f;
  case ALL_ZERO:
    return 0;
  case ONE_VALUE:
    return i == n / 2 ? 1 : 0;
  case ONE_HIDES_OTHERS:
    return i == 0 ? 1e4f : x;
  case ALL_ONE:
    return 1;
  case MANY_EXPONENTS:
    return ldexpf(x, (int)(random_u64() % 60) - 30);
  case LARGE_COMMON_PART:
    return 3 + 0.01f * x;
  default:
    return x;
  }
}

static void make_vector(int kind, float *v, size_t n) {
  for (size_t i = 0; i < n; i++) v[i] = value_of((vector_kind)kind, i, n, uniform());
}

static const size_t sizes[] = {1, 2, 3, 7, 16, 31, 32, 33, 100, 384, 768, 1024};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void test_packing(void) {
  static unsigned char stored[4 * MAX_VALUES + 64];
  static float v[MAX_VALUES], back[MAX_VALUES];
  check_begin("a vector comes back within the error of its type");
  for (int store = 0; store < BIOBERT_STORE_COUNT; store++) {
    for (int s = 0; s < SIZES; s++) {
      for (int kind = 0; kind < KINDS; kind++) {
        size_t n = sizes[s];
        check_context("%s, %zu values, %s", biobert_store_names[store], n,
                      kind_names[kind]);
        make_vector(kind, v, n);
        size_t bytes = biobert_store_bytes((biobert_store)store, n);
        memset(stored, 0xEE, sizeof stored);
        /* At an odd address: blobs lie anywhere. */
        biobert_store_pack((biobert_store)store, v, n, stored + 1);
        CHECK_INT(stored[1 + bytes], 0xEE);
        biobert_store_unpack((biobert_store)store, stored + 1, n, back);
        double max = 0;
        for (size_t i = 0; i < n; i++) max = fmax(max, fabs((double)v[i]));
        for (size_t i = 0; i < n; i++) {
          double error = fabs((double)v[i] - back[i]);
          double allowed = 0;
          if (store == BIOBERT_STORE_F16)
            allowed = fmax(fabs((double)v[i]) / 2048, ldexp(max, -28)) + FLT_MIN;
          if (store == BIOBERT_STORE_INT8) allowed = max / 254 * 1.00001 + FLT_MIN;
          if (!CHECK(error <= allowed)) {
            printf("   %g back as %g\n", (double)v[i], (double)back[i]);
            break;
          }
        }
      }
    }
  }
  check_begin("the largest float survives every type");
  for (int store = 0; store < BIOBERT_STORE_COUNT; store++) {
    float max[3] = {FLT_MAX, -FLT_MAX, FLT_MAX / 2};
    biobert_store_pack((biobert_store)store, max, 3, stored);
    biobert_store_unpack((biobert_store)store, stored, 3, back);
    check_context("%s", biobert_store_names[store]);
    for (int i = 0; i < 3; i++) CHECK(isfinite(back[i]));
    CHECK(fabs((double)back[0] / FLT_MAX - 1) < 0.01);
  }
  check_begin("packing what was unpacked gives the same bytes");
  for (int store = 0; store < BIOBERT_STORE_COUNT; store++) {
    static unsigned char again[4 * MAX_VALUES + 64];
    for (int kind = 0; kind < KINDS; kind++) {
      size_t n = 100;
      make_vector(kind, v, n);
      biobert_store_pack((biobert_store)store, v, n, stored);
      biobert_store_unpack((biobert_store)store, stored, n, back);
      biobert_store_pack((biobert_store)store, back, n, again);
      float twice[MAX_VALUES];
      biobert_store_unpack((biobert_store)store, again, n, twice);
      check_context("%s, %s", biobert_store_names[store], kind_names[kind]);
      CHECK(store == BIOBERT_STORE_INT8 || memcmp(twice, back, n * sizeof *back) == 0);
    }
  }
}

static void test_bounds(void) {
  static float q[MAX_VALUES], x[MAX_VALUES];
  static int8_t codes[MAX_VALUES];
  check_begin("no estimate is farther from the exact similarity than its bound");
  for (int metric = 0; metric < BIOBERT_METRIC_COUNT; metric++) {
    for (int s = 0; s < SIZES; s++) {
      for (int kind = 0; kind < KINDS * KINDS; kind++) {
        size_t n = sizes[s];
        biobert_query *p;
        biobert_code code;
        biobert_error err;
        float estimate, error;
        make_vector(kind / KINDS, q, n);
        make_vector(kind % KINDS, x, n);
        if (kind % 3 == 0)
          for (size_t i = 0; i < n; i++) x[i] = q[i] * (1 + 1e-3f * uniform());
        check_context("%s, %zu values, %s and %s", biobert_metric_names[metric], n,
                      kind_names[kind / KINDS], kind_names[kind % KINDS]);
        biobert_encode((biobert_metric)metric, x, n, codes, &code);
        if (!CHECK_INT(biobert_query_new((biobert_metric)metric, q, n, &p, &err), 0))
          return;
        biobert_query_scan(p, codes, &code, 1, &estimate, &error);
        double exact = biobert_query_exact(p, x);
        CHECK(!isnan(estimate) && !isnan(error));
        if (exact != -INFINITY && error != INFINITY &&
            !CHECK(fabs(exact - (double)estimate) <= (double)error))
          printf("   exact %.17g estimate %.9g error %.9g\n", exact, (double)estimate,
                 (double)error);
        biobert_query_free(p);
      }
    }
  }
}

static void test_tightness(void) {
  static float q[384], x[384];
  static int8_t codes[384];
  check_begin("the bound of ordinary vectors is below a hundredth");
  double worst = 0;
  for (int i = 0; i < 200; i++) {
    biobert_query *p;
    biobert_code code;
    biobert_error err;
    float estimate, error;
    make_vector(0, q, 384);
    make_vector(0, x, 384);
    biobert_encode(BIOBERT_COSINE, x, 384, codes, &code);
    if (!CHECK_INT(biobert_query_new(BIOBERT_COSINE, q, 384, &p, &err), 0)) return;
    biobert_query_scan(p, codes, &code, 1, &estimate, &error);
    if ((double)error > worst) worst = (double)error;
    biobert_query_free(p);
  }
  CHECK(worst < 0.01);
}

static void test_dot(void) {
  static const unsigned masks[] = {0, BB_CPU_AVX2, BB_CPU_AVX2 | BB_CPU_AVX512,
                                   BB_CPU_NEON};
  static int8_t a[300];
  static int16_t b[300];
  bb_kernels scalar;
  bb_kernels_init(&scalar, 0);
  check_begin(
      "int8 by int16 is the same sum on every processor path, length and alignment");
  for (size_t m = 0; m < sizeof masks / sizeof masks[0]; m++) {
    if ((masks[m] & (unsigned)bb_cpu_detect()) != masks[m]) continue;
    bb_kernels k;
    bb_kernels_init(&k, masks[m]);
    for (size_t n = 0; n <= 257; n++) {
      for (size_t shift = 0; shift < 4; shift++) {
        for (size_t i = 0; i < 300; i++) {
          a[i] = (int8_t)(random_u64() % 255 - 127);
          b[i] = (int16_t)(random_u64() % 65535 - 32767);
          if (n % 5 == 0) a[i] = i % 2 ? -127 : 127;
          if (n % 5 == 0) b[i] = (int16_t)(i % 2 ? -32767 : 32767);
        }
        check_context("%s, %zu values, shifted by %zu", k.name, n, shift);
        CHECK_INT(k.i8_dot_i16(a + shift, b + shift, n),
                  scalar.i8_dot_i16(a + shift, b + shift, n));
      }
    }
  }
}

static void test_distance(void) {
  check_begin("distances of similarities");
  CHECK(biobert_similarity_distance(BIOBERT_COSINE, 1.0000001) == 0);
  CHECK(biobert_similarity_distance(BIOBERT_COSINE, -1.0000001) == 2);
  CHECK(biobert_similarity_distance(BIOBERT_L2, -9) == 3);
  CHECK(biobert_similarity_distance(BIOBERT_L2, 1e-9) == 0);
  CHECK(biobert_similarity_distance(BIOBERT_DOT, 5) == -5);
}

int main(void) {
  test_packing();
  test_bounds();
  test_tightness();
  test_dot();
  test_distance();
  return check_report();
}
