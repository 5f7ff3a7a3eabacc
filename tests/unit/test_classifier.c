/* Spec of biobert_fitting_...() and biobert_classifier_...(): decision values against
 * scikit-learn's (tests/golden/make_classifiers.py), bytes that do not depend on the order
 * of the rows, refusals, damage, interrupts and failing allocations. */
#include <math.h>

#include "check.h"

#include "analysis/linear_fit.h"
#include "analysis/stop_words.h"
#include "analysis/terms.h"
#include "asker.h"
#include "base/mem.h"
#include "base/mem_fault.h"
#include "base/status.h"
#include "biobert_classifier.h"
#include "format/json_file.h"
#include "random.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Both search to rounding; float32 features and weights differ from double ones by this.
 */
static const double DECISION_TOLERANCE = 1e-5;

enum { MAX_ROWS = 64, DIMENSION = 6, CLASSES = 3 };

static biobert_error err;
static bb_json *golden;

/* Golden rows -------------------------------------------------------------------------- */

static const bb_json_node *of_golden(const char *part, const char *key) {
  return bb_json_get(bb_json_get(bb_json_root(golden), part), key);
}

static double number(const bb_json_node *node) {
  double value = NAN;
  CHECK(bb_json_double(node, &value));
  return value;
}

static size_t read_labels(const bb_json_node *list, int32_t *out) {
  size_t count = 0;
  for (const bb_json_node *n = bb_json_first(list); n && count < MAX_ROWS;
       n = bb_json_next(n))
    out[count++] = (int32_t)number(n);
  return count;
}

typedef struct vector_rows {
  float x[MAX_ROWS][DIMENSION];
  int32_t label[MAX_ROWS];
  size_t count;
} vector_rows;

static vector_rows read_vectors(const char *labels) {
  vector_rows v = {.count = 0};
  for (const bb_json_node *row = bb_json_first(of_golden("vectors", "rows"));
       row && v.count < MAX_ROWS; row = bb_json_next(row), v.count++) {
    const bb_json_node *n = bb_json_first(row);
    for (size_t i = 0; i < DIMENSION; i++, n = bb_json_next(n))
      v.x[v.count][i] = (float)number(n);
  }
  CHECK_INT((long long)read_labels(of_golden("vectors", labels), v.label),
            (long long)v.count);
  return v;
}

/* Fitting ------------------------------------------------------------------------------ */

static biobert_status add_integer(biobert_fitting *f, const float *x, const char *text,
                                  int32_t label) {
  char name[16];
  snprintf(name, sizeof name, "%d", (int)label);
  return x ? biobert_fitting_add_vector(f, x, DIMENSION, bb_str(name), true, &err)
           : biobert_fitting_add_text(f, bb_str(text), bb_str(name), true, &err);
}

/* The BLOB of rows from `first` on, each step-th, around; the caller frees f. */
static biobert_status fit_vectors(const vector_rows *v, size_t first, size_t step,
                                  const char *options, asker *asks, biobert_fitting **f,
                                  const void **blob, size_t *bytes) {
  const biobert_analysis_options how = {.cancel = asks ? ask : NULL, .cancel_ctx = asks};
  *f = NULL;
  biobert_status status = biobert_fitting_new(bb_str(options), &how, f, &err);
  for (size_t i = 0; i < v->count && !status; i++) {
    const size_t r = (first + i * step) % v->count;
    status = add_integer(*f, v->x[r], NULL, v->label[r]);
  }
  return status ? status : biobert_fitting_learn(*f, blob, bytes, &err);
}

static biobert_classifier *open_fitted(const vector_rows *v, const char *options) {
  biobert_fitting *f;
  biobert_classifier *c = NULL;
  const void *blob;
  size_t bytes;
  if (CHECK_INT(fit_vectors(v, 0, 1, options, NULL, &f, &blob, &bytes), BIOBERT_OK))
    CHECK_INT(biobert_classifier_open(blob, bytes, NULL, &c, &err), BIOBERT_OK);
  biobert_fitting_free(f);
  return c;
}

/* Decision values of the last `outputs` classes, as scikit-learn gives them. */
static void check_decisions(const char *key, const char *labels, const char *options,
                            size_t outputs) {
  const vector_rows v = read_vectors(labels);
  biobert_classifier *c = open_fitted(&v, options);
  const bb_json_node *row = bb_json_first(of_golden("vectors", key));
  for (size_t r = 0; c && r < v.count; r++, row = bb_json_next(row)) {
    double decision[CLASSES], probability[CLASSES], sum = 0;
    CHECK_INT(biobert_classifier_predict_vector(c, v.x[r], DIMENSION, decision,
                                                probability, &err),
              BIOBERT_OK);
    const size_t classes = biobert_classifier_classes(c);
    const bb_json_node *n = bb_json_first(row);
    for (size_t k = classes - outputs; k < classes; k++, n = bb_json_next(n))
      CHECK(fabs(decision[k] - number(n)) < DECISION_TOLERANCE);
    for (size_t k = 0; k < classes; k++) sum += probability[k];
    CHECK(fabs(sum - 1) < DECISION_TOLERANCE);
  }
  biobert_classifier_close(c);
}

static void test_decisions(void) {
  check_begin("two classes of vectors have scikit-learn's decision values");
  check_decisions("binary", "two", "{\"C\": 2}", 1);
  check_begin("so have balanced classes");
  check_decisions("balanced", "two", "{\"C\": 2, \"balance\": true}", 1);
  check_begin("and three, by multinomial regression");
  check_decisions("multinomial", "classes", "", CLASSES);
}

static void test_support_vectors(void) {
  check_begin("the support vector machine has LinearSVC's decision values");
  const vector_rows v = read_vectors("two");
  double cost[MAX_ROWS], weights[DIMENSION + 1], z;
  for (size_t r = 0; r < v.count; r++) cost[r] = number(of_golden("vectors", "svm_c"));
  const bb_feature_rows x = {
      .dense = v.x[0], .dense_columns = DIMENSION, .rows = v.count};
  const bb_linear_problem p = {.x = &x,
                               .label = v.label,
                               .cost = cost,
                               .loss = &bb_squared_hinge_loss,
                               .outputs = 1,
                               .penalised_intercept = true};
  CHECK_INT(bb_linear_fit(&p, NULL, weights, &err), BIOBERT_OK);
  const bb_json_node *n = bb_json_first(of_golden("vectors", "svm"));
  for (size_t r = 0; r < v.count; r++, n = bb_json_next(n)) {
    bb_linear_decide(&x, r, weights, 1, &z);
    CHECK(fabs(z - number(n)) < DECISION_TOLERANCE);
  }
}

static void test_texts(void) {
  check_begin("texts have the decision values of TfidfVectorizer and LogisticRegression");
  biobert_fitting *f = NULL;
  biobert_classifier *c = NULL;
  int32_t label[MAX_ROWS];
  const void *blob;
  size_t bytes, r = 0;
  read_labels(of_golden("texts", "labels"), label);
  CHECK_INT(biobert_fitting_new(bb_str(""), NULL, &f, &err), BIOBERT_OK);
  const bb_json_node *first = bb_json_first(of_golden("texts", "rows"));
  for (const bb_json_node *n = first; n; n = bb_json_next(n), r++)
    CHECK_INT(biobert_fitting_add_text(f, bb_json_string(n),
                                       bb_str(label[r] ? "yes" : "no"), false, &err),
              BIOBERT_OK);
  CHECK_INT(biobert_fitting_learn(f, &blob, &bytes, &err), BIOBERT_OK);
  CHECK_INT(biobert_classifier_open(blob, bytes, NULL, &c, &err), BIOBERT_OK);
  const bb_json_node *expected = bb_json_first(of_golden("texts", "logistic"));
  for (const bb_json_node *n = first; n; n = bb_json_next(n)) {
    double decision[2];
    CHECK_INT(biobert_classifier_predict_text(c, bb_json_string(n), decision, NULL, &err),
              BIOBERT_OK);
    CHECK(fabs(decision[1] - number(bb_json_first(expected))) < DECISION_TOLERANCE);
    expected = bb_json_next(expected);
  }
  CHECK_INT((long long)biobert_classifier_find(c, bb_str("yes")), 1);
  CHECK(biobert_classifier_class(c, 1).words.len > 0);
  biobert_classifier_close(c);
  biobert_fitting_free(f);
}

/* Order -------------------------------------------------------------------------------- */

static void test_order(void) {
  check_begin("the same rows in any order give the same bytes");
  const vector_rows v = read_vectors("classes");
  biobert_fitting *f, *g;
  const void *a, *b;
  size_t a_bytes, b_bytes;
  CHECK_INT(fit_vectors(&v, 0, 1, "", NULL, &f, &a, &a_bytes), BIOBERT_OK);
  for (size_t first = 0; first < v.count; first += 17) {
    CHECK_INT(fit_vectors(&v, first, 7, "", NULL, &g, &b, &b_bytes), BIOBERT_OK);
    CHECK(a_bytes == b_bytes && memcmp(a, b, a_bytes) == 0);
    biobert_fitting_free(g);
  }
  biobert_fitting_free(f);
}

/* Words -------------------------------------------------------------------------------- */

static bool append_word(void *ctx, biobert_str word) {
  char *out = ctx;
  strncat(out, word.data, word.len);
  strcat(out, "|");
  return true;
}

static void test_words(void) {
  static const struct {
    const char *says, *text, *words;
  } rows[] = {
      {"words are in lower case",      "Aspirin AND Stroke",                 "aspirin|and|stroke|"},
      {"of two characters or more",    "a bc d 12 3",                        "bc|12|"             },
      {"letters, digits and _",        "IL-6 il_6 x2.y2",                    "il|il_6|x2|y2|"     },
      {"of every script",              "\xC3\x89t\xC3\xA9 \xCE\xB2\xCE\xB3",
       "\xC3\xA9t\xC3\xA9|\xCE\xB2\xCE\xB3|"                                                      },
      {"what is ill-formed separates",
       "ab\xFF"
       "cd",                                                                 "ab|cd|"             },
      {"none in an empty text",        "",                                   ""                   },
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char out[256] = "";
    check_begin(rows[i].says);
    bb_each_word(bb_str(rows[i].text), append_word, out);
    CHECK_STR(out, rows[i].words);
  }
  check_begin("stop words are found, others are not");
  CHECK(bb_is_stop_word(bb_str("a")) && bb_is_stop_word(bb_str("the")) &&
        bb_is_stop_word(bb_str("yourselves")));
  CHECK(!bb_is_stop_word(bb_str("stroke")) && !bb_is_stop_word(bb_str("")) &&
        !bb_is_stop_word(bb_str("thee")));
}

/* Refusals ----------------------------------------------------------------------------- */

static void test_options(void) {
  static const struct {
    const char *options, *message;
  } rows[] = {
      {"{\"c\": 1}",                  "'c' is not one of: C, balance, features, seed"},
      {"{\"C\": 0}",                  "C takes a number above 0, at most 1e9, not 0" },
      {"{\"C\": \"1\"}",              "not \"1\""                                    },
      {"{\"C\": 1e10}",               "C takes a number above 0, at most 1e9"        },
      {"{\"balance\": 1}",            "balance takes true or false, not 1"           },
      {"{\"seed\": 0.5}",             "seed takes a whole number from 0"             },
      {"{\"C\": 0, \"seed\": -1}",    "C takes a number above 0"                     },
      {"{\"features\": \"letters\"}", "features takes 'words' or 'vectors'"          },
      {"{\"seed\": -1}",              "seed takes a whole number from 0"             },
      {"[]",                          "a JSON object was expected"                   },
  };
  check_begin("an option that is none is refused, with what is allowed");
  for (size_t i = 0; i < COUNT(rows); i++) {
    biobert_fitting *f = NULL;
    check_context("%s", rows[i].options);
    CHECK_INT(biobert_fitting_new(bb_str(rows[i].options), NULL, &f, &err),
              BIOBERT_RANGE);
    CHECK(strstr(err.message, rows[i].message) != NULL);
  }
}

static void test_rows(void) {
  static const float x[2] = {1, 2};
  const void *blob;
  size_t bytes;
  biobert_fitting *f = NULL;
  check_begin("texts among vectors, two dimensions and one label are refused");
  CHECK_INT(biobert_fitting_new(bb_str(""), NULL, &f, &err), BIOBERT_OK);
  CHECK_INT(biobert_fitting_add_vector(f, x, 2, bb_str("a"), false, &err), BIOBERT_OK);
  CHECK_INT(biobert_fitting_add_text(f, bb_str("x"), bb_str("b"), false, &err),
            BIOBERT_RANGE);
  CHECK_STR(err.message, "a text, and a vector in an earlier row");
  CHECK_INT(biobert_fitting_add_vector(f, x, 1, bb_str("b"), false, &err), BIOBERT_RANGE);
  CHECK_STR(err.message, "a vector of 1 values, and of 2 in an earlier row");
  biobert_fitting_free(f);
  CHECK_INT(biobert_fitting_new(bb_str(""), NULL, &f, &err), BIOBERT_OK);
  CHECK_INT(biobert_fitting_add_vector(f, x, 2, bb_str("a"), false, &err), BIOBERT_OK);
  CHECK_INT(biobert_fitting_learn(f, &blob, &bytes, &err), BIOBERT_RANGE);
  CHECK(strstr(err.message, "all rows have one label, 'a'") != NULL);
  biobert_fitting_free(f);
}

/* Damage ------------------------------------------------------------------------------- */

static void test_damage(void) {
  const vector_rows v = read_vectors("two");
  biobert_fitting *f;
  biobert_classifier *c = NULL;
  const void *blob;
  size_t bytes;
  check_begin("a BLOB with any byte changed, or cut anywhere, is refused");
  CHECK_INT(fit_vectors(&v, 0, 1, "", NULL, &f, &blob, &bytes), BIOBERT_OK);
  unsigned char *copy = bb_alloc(NULL, bytes + 1, 1);
  for (size_t i = 0; i < bytes; i++) {
    memcpy(copy, blob, bytes);
    copy[i] ^= 0x10;
    CHECK_INT(biobert_classifier_open(copy, bytes, NULL, &c, &err), BIOBERT_FORMAT);
    CHECK_INT(biobert_classifier_open(blob, i, NULL, &c, &err), BIOBERT_FORMAT);
  }
  memcpy(copy, blob, bytes);
  copy[bytes] = 0;
  CHECK_INT(biobert_classifier_open(copy, bytes + 1, NULL, &c, &err), BIOBERT_FORMAT);
  bb_free(NULL, copy);
  biobert_fitting_free(f);
}

/* Interrupts, memory ------------------------------------------------------------------- */

static void test_stops(void) {
  const vector_rows v = read_vectors("classes");
  biobert_fitting *f;
  const void *blob;
  size_t bytes;
  asker never = {0};
  check_begin("learning can be stopped wherever it is");
  CHECK_INT(fit_vectors(&v, 0, 1, "", &never, &f, &blob, &bytes), BIOBERT_OK);
  biobert_fitting_free(f);
  CHECK(never.asked > 10);
  for (long n = 1; n <= never.asked; n++) {
    asker a = {.max = n};
    CHECK_INT(fit_vectors(&v, 0, 1, "", &a, &f, &blob, &bytes), BIOBERT_INTERRUPTED);
    biobert_fitting_free(f);
  }
}

/* Texts with labels, learnt from and used. */
static biobert_status use_texts(void) {
  static const char *const rows[] = {"aspirin after stroke", "kinase of cells",
                                     "aspirin or placebo", "cells of mice"};
  biobert_fitting *f = NULL;
  biobert_classifier *c = NULL;
  const void *blob;
  size_t bytes;
  double probability[2];
  biobert_status status = biobert_fitting_new(bb_str("{\"C\": 2}"), NULL, &f, &err);
  for (size_t i = 0; i < COUNT(rows) && !status; i++)
    status = add_integer(f, NULL, rows[i], (int32_t)i % 2);
  if (!status) status = biobert_fitting_learn(f, &blob, &bytes, &err);
  if (!status) status = biobert_classifier_open(blob, bytes, NULL, &c, &err);
  if (!status)
    status =
        biobert_classifier_predict_text(c, bb_str("aspirin"), NULL, probability, &err);
  if (!status) CHECK(probability[0] > probability[1]);
  biobert_classifier_close(c);
  biobert_fitting_free(f);
  return status;
}

static void check_no_memory(biobert_status (*use)(void)) {
  bool failed = true;
  for (long n = 0; failed; n++) {
    bb_mem_fail_after(n, true);
    biobert_status status = use();
    failed = bb_mem_fail_end();
    check_context("%ld allocations", n);
    CHECK_INT(status, failed ? BIOBERT_NOMEM : BIOBERT_OK);
  }
}

int main(void) {
  if (bb_json_read_file("tests/golden/classifiers/reference.json", &golden, &err)) {
    printf("%s\n", err.message);
    return 1;
  }
  test_decisions();
  test_support_vectors();
  test_texts();
  test_order();
  test_words();
  test_options();
  test_rows();
  test_damage();
  test_stops();
  check_begin("every allocation may fail");
  check_no_memory(use_texts);
  bb_json_free(golden);
  return check_report();
}
