/* Spec of core/api/vector.c: vectors as blobs and as JSON. */
#include "check.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "biobert.h"
#include "random.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { ROUND_TRIPS = 200000 };

/* Sums run in double precision over a few values: what is left is its rounding. */
static const double HAND_ERROR = 1e-15;

static biobert_error err;

static biobert_str view(const char *text) {
  return (biobert_str){text, strlen(text)};
}

static float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Round trip ------------------------------------------------------------------------- */

/* Prints and parses n floats; true if the same bits come back. */
static bool comes_back(const float *values, size_t n) {
  char *json = NULL;
  float *again = NULL;
  size_t len = 0, count = 0;
  bool same = biobert_vector_print(values, n, &json, &len, &err) == BIOBERT_OK &&
              strlen(json) == len &&
              biobert_vector_parse(view(json), &again, &count, &err) == BIOBERT_OK &&
              count == n && (n == 0 || memcmp(again, values, n * sizeof *values) == 0);
  biobert_free(json);
  biobert_free(again);
  return same;
}

static void test_round_trip(const char *says) {
  enum { BATCH = 64 };
  check_begin(says);
  random_state = RANDOM_SEED;
  for (size_t done = 0; done < ROUND_TRIPS; done += BATCH) {
    float values[BATCH];
    for (size_t i = 0; i < BATCH; i++) do
        values[i] = float_of(random_u32());
      while (!isfinite(values[i]));
    check_context("seed %d, values from %zu", RANDOM_SEED, done);
    if (!CHECK(comes_back(values, BATCH))) return;
  }
}

static void test_printed(void) {
  static const struct {
    const char *says;
    float value;
    const char *printed;
  } rows[] = {
  /* clang-format off */
      {"zero is printed as one digit",                  0.0f,          "[0]"           },
      {"a whole number is printed without a fraction",  3.0f,          "[3]"           },
      {"no more digits than are needed are printed",    0.1f,          "[0.1]"         },
      {"as many digits as are needed are printed",      0.3333333433f, "[0.33333334]"  },
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char *json = NULL;
    size_t len = 0;
    check_begin(rows[i].says);
    CHECK_INT(biobert_vector_print(&rows[i].value, 1, &json, &len, &err), BIOBERT_OK);
    CHECK_STR(json, rows[i].printed);
    biobert_free(json);
  }
  check_begin("the ends of the range come back");
  static const uint32_t ends[] = {0x00000000, 0x80000000, 0x00000001, 0x80000001,
                                  0x007FFFFF, 0x00800000, 0x7F7FFFFF, 0xFF7FFFFF};
  for (size_t i = 0; i < COUNT(ends); i++) {
    float value = float_of(ends[i]);
    check_context("bits %08X", ends[i]);
    CHECK(comes_back(&value, 1));
  }
  check_begin("the empty vector comes back");
  CHECK(comes_back(NULL, 0));
}

/* Parsing ---------------------------------------------------------------------------- */

static void test_refused(void) {
  static const struct {
    const char *says, *json, *words;
  } rows[] = {
  /* clang-format off */
      {"a text is no vector", "\"a\"", "a string, an array of numbers was expected"},
      {"a number alone is no vector", "1", "a number, an array of numbers was expected"},
      {"null is no vector", "null", "null, an array of numbers was expected"},
      {"an object is no vector",
       "{\"a\":1}", "an object, an array of numbers was expected"},
      {"no text at all is no vector", "", "JSON"},
      {"half an array is no vector", "[1,", "JSON"},
      {"a string in an array is no value", "[1,\"2\"]", "value 1 is a string, a number"},
      {"null in an array is no value", "[null]", "value 0 is null, a number"},
      {"a truth value in an array is no value",
       "[0,1,true]", "value 2 is true, a number"},
      {"an array in an array is no value", "[[1]]", "value 0 is an array, a number"},
      {"1e39 is too large for a float32",
       "[1,1e39]", "value 1 is too large for a float32"},
      {"1e400 is too large for a float32",
       "[1e400]", "value 0 is too large for a float32"},
      {"-1e400 is too large for a float32", "[-1e400]", "value 0 is too large"},
      {"NaN is no JSON", "[NaN]", "JSON"},
      {"Infinity is no JSON", "[Infinity]", "JSON"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    float untouched = 7, *vector = &untouched;
    size_t n = 7;
    check_begin(rows[i].says);
    CHECK_INT(biobert_vector_parse(view(rows[i].json), &vector, &n, &err),
              BIOBERT_FORMAT);
    if (!strstr(err.message, rows[i].words)) CHECK_STR(err.message, rows[i].words);
    CHECK(vector == &untouched && n == 7);
  }
}

static void test_parsed(void) {
  static const struct {
    const char *says, *json;
    size_t n;
    float first;
  } rows[] = {
  /* clang-format off */
      {"white space between values does not matter", " [ 1.5 ,\n2 ] ", 2, 1.5f     },
      {"exponents are read",                         "[-2.5e-3]",      1, -0.0025f },
      {"the largest float32 is read",                "[3.4028235e38]", 1, 3.4028235e38f},
      {"what is too small for a float32 is 0",       "[1e-60]",        1, 0.0f     },
      {"what is too small for a float64 is 0",       "[1e-400]",       1, 0.0f     },
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    float *vector = NULL;
    size_t n = 0;
    check_begin(rows[i].says);
    CHECK_INT(biobert_vector_parse(view(rows[i].json), &vector, &n, &err), BIOBERT_OK);
    CHECK_INT(n, rows[i].n);
    CHECK(vector && vector[0] == rows[i].first);
    biobert_free(vector);
  }
}

static void test_is_json(void) {
  static const struct {
    const char *says, *text;
    size_t min;
    bool is;
  } rows[] = {
  /* clang-format off */
      {"an array of enough numbers is a vector as JSON", " [1, 2]\n", 2, true },
      {"an array of too few numbers is text",            "[1, 2]",    3, false},
      {"a reference in a paper, [1], is text",           "[1]",       2, false},
      {"an array with a string in it is text",           "[1, \"2\"]", 1, false},
      {"an array with text behind it is text",           "[1, 2] and", 1, false},
      {"a sentence is text",                             "Aspirin",   1, false},
      {"white space is text",                            "  ",        0, false},
      {"half an array is text",                          "[1, 2",     1, false},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    CHECK_INT(biobert_vector_is_json(view(rows[i].text), rows[i].min), rows[i].is);
  }
}

static void test_ids(void) {
  int32_t *ids = NULL;
  size_t n = 0;
  check_begin("token ids are read");
  CHECK_INT(biobert_ids_parse(view("[101, 0, 2147483647]"), &ids, &n, &err), BIOBERT_OK);
  CHECK(n == 3 && ids[0] == 101 && ids[1] == 0 && ids[2] == INT32_MAX);
  biobert_free(ids);
  static const struct {
    const char *says, *json, *words;
  } rows[] = {
  /* clang-format off */
      {"a fraction is no token id",        "[1.5]",        "element 0 is no token id"},
      {"a negative number is no token id", "[1,-1]",       "element 1 is no token id"},
      {"2^31 is no token id",              "[2147483648]", "element 0 is no token id"},
      {"a string is no token id",          "[\"1\"]",      "element 0 is no token id"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    ids = NULL;
    check_begin(rows[i].says);
    CHECK_INT(biobert_ids_parse(view(rows[i].json), &ids, &n, &err), BIOBERT_FORMAT);
    if (!strstr(err.message, rows[i].words)) CHECK_STR(err.message, rows[i].words);
    CHECK(ids == NULL);
  }
}

/* Blobs ------------------------------------------------------------------------------ */

static void test_check(void) {
  static const float fine[] = {1, -2, 0, 3}, nan[] = {1, NAN}, infinite[] = {-INFINITY};
  static const struct {
    const char *says;
    const void *vector;
    size_t bytes, expected;
    const char *words; /* NULL: nothing is wrong */
  } rows[] = {
  /* clang-format off */
      {"a vector of the expected dimension is one", fine, 16, 4, NULL},
      {"any dimension will do where none is expected", fine, 12, 0, NULL},
      {"a number of bytes that is no multiple of 4 is refused", fine, 15, 4,
       "15 is no multiple of 4"},
      {"twice the bytes look like float64",
       fine, 16, 2, "float64? use astype('float32')"},
      {"another dimension is refused", fine, 16, 3, "4 values, 3 were expected"},
      {"the empty vector is refused where a dimension is expected", fine, 0, 3,
       "0 values, 3 were expected"},
      {"a value that is NaN is refused", nan, 8, 2, "value 1 is not a number (NaN)"},
      {"an infinite value is refused", infinite, 4, 0, "value 0 is infinite"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char shifted[17];
    memcpy(shifted + 1, rows[i].vector, rows[i].bytes); /* at an odd address */
    check_begin(rows[i].says);
    biobert_status status =
        biobert_vector_check(shifted + 1, rows[i].bytes, rows[i].expected, &err);
    CHECK_INT(status, rows[i].words ? BIOBERT_FORMAT : BIOBERT_OK);
    if (rows[i].words && !strstr(err.message, rows[i].words))
      CHECK_STR(err.message, rows[i].words);
  }
}

static void test_distances(void) {
  static const struct {
    const char *says;
    float a[3], b[3];
    double cosine, l2, dot;
  } rows[] = {
  /* clang-format off */
      {"equal vectors are at 0",
       {1, 2, 2}, {1, 2, 2}, 0, 0, -9},
      {"right angles are at 1",
       {1, 0, 0}, {0, 2, 0}, 1, 2.2360679774997896, 0},
      {"opposite vectors are at 2",
       {1, 2, 2}, {-1, -2, -2}, 2, 6, 9},
      {"lengths do not matter to cosine",
       {1, 0, 0}, {1, 1, 0}, 1 - 0.7071067811865476, 1, -1},
      {"a large vector does not overflow",
       {1e38f, 0, 0}, {1e38f, 0, 0}, 0, 0, -(double)1e38f * (double)1e38f},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    const double expected[] = {rows[i].cosine, rows[i].l2, rows[i].dot};
    char a[13], b[13];
    memcpy(a + 1, rows[i].a, 12); /* at an odd address */
    memcpy(b + 1, rows[i].b, 12);
    check_begin(rows[i].says);
    for (int m = 0; m < BIOBERT_METRIC_COUNT; m++) {
      double d = biobert_vector_distance(a + 1, b + 1, 3, (biobert_metric)m);
      double same = biobert_vector_distance(b + 1, a + 1, 3, (biobert_metric)m);
      check_context("%s: %.17g", biobert_metric_names[m], d);
      CHECK(fabs(d - expected[m]) <= HAND_ERROR * fmax(1, fabs(expected[m])));
      CHECK(d == same);
    }
  }
  static const float zero[] = {0, 0, 0}, one[] = {1, 0, 0};
  check_begin("the zero vector has no cosine, but other distances");
  CHECK(isnan(biobert_vector_distance(zero, one, 3, BIOBERT_COSINE)));
  CHECK(isnan(biobert_vector_distance(one, zero, 3, BIOBERT_COSINE)));
  CHECK(biobert_vector_distance(zero, one, 3, BIOBERT_L2) == 1);
  CHECK(!signbit(biobert_vector_distance(zero, one, 3, BIOBERT_DOT)));
}

static void test_json_of_vectors(void) {
  static const struct {
    const char *text;
    bool is;
  } rows[] = {
      {"\t\r\n [1, 2, 3]", true },
      {"[1, 2]",           false},
      {"\f[1, 2, 3]",      false},
      {"1, 2, 3",          false},
      {" ",                false},
      {"[1, 2, 3",         false},
      {"[1, 2, null]",     false},
  };
  check_begin("a vector in JSON is wholly an array of at least so many numbers");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    check_context("%s", rows[i].text);
    CHECK_INT(
        biobert_vector_is_json((biobert_str){rows[i].text, strlen(rows[i].text)}, 3),
        rows[i].is);
  }
}

static void test_normalize(void) {
  check_begin("a normalised vector has length 1, also in place and at an odd address");
  const float v[] = {3, 0, 4};
  float out[3];
  char place[13];
  biobert_vector_normalize(v, 3, out);
  CHECK(out[0] == 0.6f && out[1] == 0.0f && out[2] == 0.8f);
  memcpy(place + 1, v, sizeof v);
  biobert_vector_normalize(place + 1, 3, place + 1);
  CHECK(memcmp(place + 1, out, sizeof out) == 0);

  check_begin("very large and very small vectors are normalised too");
  const float large[] = {3e38f, 0, 0}, small[] = {0, 1e-45f, 0};
  biobert_vector_normalize(large, 3, out);
  CHECK(out[0] == 1.0f);
  biobert_vector_normalize(small, 3, out);
  CHECK(out[1] == 1.0f);

  check_begin("the zero vector stays as it is");
  const float zero[] = {0, 0, 0};
  biobert_vector_normalize(zero, 3, out);
  CHECK(memcmp(out, zero, sizeof out) == 0);
}

/* Printing and parsing where a decimal number has a comma. */
static void test_locale(void) {
  static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE",
                                      "fr_FR.UTF-8"};
  const char *found = NULL;
  for (size_t i = 0; i < COUNT(names) && !found; i++) found = setlocale(LC_ALL, names[i]);
  if (!found || strcmp(localeconv()->decimal_point, ",") != 0) {
    printf("skip - no locale with a decimal comma is installed (de_DE, fr_FR)\n");
  } else {
    test_round_trip("every float32 comes back under a locale with a decimal comma");
    test_printed();
    test_parsed();
  }
  setlocale(LC_ALL, "C");
}

int main(void) {
  test_round_trip("every float32 that is printed reads back as the same float32");
  test_printed();
  test_refused();
  test_parsed();
  test_is_json();
  test_ids();
  test_check();
  test_distances();
  test_json_of_vectors();
  test_normalize();
  test_locale();
  return check_report();
}
