/* test_classifier_blob.c - a classifier as bytes that somebody has made with a right
 * checksum: what cannot be is refused, what can be is used; and the limits of what is learnt
 * from. */
#include "check.h"

#include <math.h>
#include <stdlib.h>

#include "asker.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "base/status.h"
#include "biobert_classifier.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Where things are, as classifier_blob.h says. */
enum { AT_FLAGS = 8, AT_CLASSES = 12, AT_COLUMNS = 16, AT_STRINGS = 20, HEAD = 24 };
enum { CLASS = 32, AT_WORDS = 4, AT_ROWS = 8, AT_A = 16, AT_B = 24, SUM = 8 };
enum { CLASSES = 4 };

/* The least integer, the largest, and two between: in this order. */
static const char *const labels[CLASSES] = {"-9223372036854775808", "-12", "3",
                                            "9223372036854775807"};

typedef struct blob {
  unsigned char *bytes;
  size_t count;
} blob;

static biobert_error err;

static uint32_t u32_at(const blob *b, size_t at) {
  uint32_t value;
  memcpy(&value, b->bytes + at, sizeof value);
  return value;
}

static size_t strings_of(const blob *b) {
  return HEAD + u32_at(b, AT_CLASSES) * (size_t)CLASS;
}

static size_t hash_of(const blob *b) {
  return strings_of(b) + u32_at(b, AT_STRINGS);
}

static size_t weights_of(const blob *b) {
  return hash_of(b) + 8 * (size_t)u32_at(b, AT_COLUMNS);
}

static blob copy_of(const void *bytes, size_t count) {
  blob b = {bb_alloc(NULL, count, 1), count};
  memcpy(b.bytes, bytes, count);
  return b;
}

/* Two rows of each label, whose words are its own. */
static blob learn(void) {
  static const char *const texts[CLASSES] = {"aspirin stroke", "kinase cells", "gene",
                                             "lung lung blood"};
  biobert_fitting *f = NULL;
  const void *bytes = NULL;
  size_t count = 0;
  CHECK_INT(biobert_fitting_new(bb_str("{\"balance\": false, \"features\": null}"), NULL,
                                &f, &err),
            BIOBERT_OK);
  for (size_t i = 0; i < 2 * (size_t)CLASSES; i++)
    CHECK_INT(biobert_fitting_add_text(f, bb_str(texts[i % CLASSES]),
                                       bb_str(labels[i % CLASSES]), true, &err),
              BIOBERT_OK);
  CHECK_INT(biobert_fitting_learn(f, &bytes, &count, &err), BIOBERT_OK);
  blob b = copy_of(bytes, count);
  biobert_fitting_free(f);
  return b;
}

static void sign(blob *b) {
  unsigned char digest[BB_SHA256_BYTES];
  bb_sha256 h;
  bb_sha256_init(&h);
  bb_sha256_add(&h, b->bytes, b->count - SUM);
  bb_sha256_end(&h, digest);
  memcpy(b->bytes + b->count - SUM, digest, SUM);
}

static biobert_status open_blob(const blob *b, biobert_classifier **c) {
  *c = NULL;
  return biobert_classifier_open(b->bytes, b->count, NULL, c, &err);
}

/* Damage that is signed ---------------------------------------------------------------- */

static void check_refused(const blob *whole, size_t at, const void *value, size_t bytes,
                          const char *message) {
  blob b = copy_of(whole->bytes, whole->count);
  biobert_classifier *c;
  memcpy(b.bytes + at, value, bytes);
  sign(&b);
  check_context("%zu bytes at %zu: %s", bytes, at, message);
  CHECK_INT(open_blob(&b, &c), BIOBERT_FORMAT);
  CHECK(strstr(err.message, message) != NULL);
  biobert_classifier_close(c);
  bb_free(NULL, b.bytes);
}

static void refuse_u32(const blob *b, size_t at, uint32_t value, const char *message) {
  check_refused(b, at, &value, sizeof value, message);
}

static void test_sizes(const blob *b) {
  static const char sizes[] = "its sizes cannot be", fit[] = "its labels do not fit";
  check_begin("sizes and lengths that cannot be are refused, whatever the checksum");
  refuse_u32(b, AT_FLAGS, 4, sizes);
  refuse_u32(b, AT_CLASSES, 1, sizes);
  refuse_u32(b, AT_CLASSES, UINT32_MAX, sizes);
  refuse_u32(b, AT_COLUMNS, UINT32_MAX, sizes);
  refuse_u32(b, AT_STRINGS, UINT32_MAX, sizes);
  refuse_u32(b, AT_STRINGS, u32_at(b, AT_STRINGS) + 1, sizes);
  refuse_u32(b, AT_COLUMNS, u32_at(b, AT_COLUMNS) + 1, "it has been cut or grown");
  refuse_u32(b, HEAD, UINT32_MAX, fit);
  refuse_u32(b, HEAD + AT_WORDS, UINT32_MAX, fit);
  refuse_u32(b, HEAD + (CLASSES - 1) * (size_t)CLASS + AT_WORDS, u32_at(b, AT_STRINGS),
             fit);
}

static void test_numbers(const blob *b) {
  static const char cannot_be[] = "its numbers cannot be";
  const int64_t below = -1;
  const double none = NAN, endless = INFINITY;
  const float no_weight = NAN, endless_weight = -INFINITY;
  check_begin("numbers that are none are refused, whatever the checksum");
  check_refused(b, HEAD + AT_ROWS, &below, sizeof below, cannot_be);
  check_refused(b, HEAD + AT_A, &none, sizeof none, cannot_be);
  check_refused(b, HEAD + CLASS + AT_B, &endless, sizeof endless, cannot_be);
  check_refused(b, hash_of(b) + 4 * (size_t)u32_at(b, AT_COLUMNS), &no_weight,
                sizeof no_weight, cannot_be);
  check_refused(b, weights_of(b), &endless_weight, sizeof endless_weight, cannot_be);
  refuse_u32(b, hash_of(b) + 4, u32_at(b, hash_of(b)), "its words are out of order");
}

static void test_integers(const blob *b) {
  static const char none[] = "its labels are no integers";
  const size_t first = strings_of(b), bytes = strlen(labels[0]);
  biobert_classifier *c;
  check_begin("labels are integers up to the least and the largest, and nothing else");
  CHECK_INT(open_blob(b, &c), BIOBERT_OK);
  CHECK(biobert_classifier_has_integers(c));
  CHECK(biobert_classifier_class(c, 0).integer == INT64_MIN);
  CHECK(biobert_classifier_class(c, 1).integer == -12);
  CHECK(biobert_classifier_class(c, 2).integer == 3);
  CHECK(biobert_classifier_class(c, 3).integer == INT64_MAX);
  biobert_classifier_close(c);
  check_refused(b, first + bytes - 1, "9", 1, none);
  check_refused(b, first + 1, ":", 1, none);
  check_refused(b, first + 1, " ", 1, none);
  check_refused(b, first, "1", 1, none);
  refuse_u32(b, HEAD, 1, none);
  refuse_u32(b, HEAD, 0, none);
}

/* Nothing is likely: an offset of 1e9 leaves no probability to any label. */
static void test_unlikely(const blob *whole) {
  const double a = 0, offset = 1e9;
  double probability[CLASSES];
  blob b = copy_of(whole->bytes, whole->count);
  biobert_classifier *c;
  check_begin("labels of which none is likely are equally likely");
  for (size_t k = 0; k < CLASSES; k++) {
    memcpy(b.bytes + HEAD + k * CLASS + AT_A, &a, sizeof a);
    memcpy(b.bytes + HEAD + k * CLASS + AT_B, &offset, sizeof offset);
  }
  sign(&b);
  CHECK_INT(open_blob(&b, &c), BIOBERT_OK);
  CHECK_INT(biobert_classifier_predict_text(c, bb_str("gene"), NULL, probability, &err),
            BIOBERT_OK);
  for (size_t k = 0; k < CLASSES; k++) CHECK(probability[k] == 1.0 / CLASSES);
  biobert_classifier_close(c);
  bb_free(NULL, b.bytes);
}

/* Limits ------------------------------------------------------------------------------- */

static biobert_status add(biobert_fitting *f, const char *text, const char *label) {
  return biobert_fitting_add_text(f, bb_str(text), bb_str(label), false, &err);
}

static void test_labels(void) {
  static char longest[BIOBERT_MAX_CLASS_BYTES + 2];
  char name[32];
  asker asks = {0};
  const biobert_analysis_options how = {.cancel = ask, .cancel_ctx = &asks};
  biobert_fitting *f = NULL;
  const void *bytes;
  size_t count;
  check_begin("a thousand labels are learnt from, a row with one more is left out");
  CHECK_INT(biobert_fitting_new(bb_str(""), &how, &f, &err), BIOBERT_OK);
  memset(longest, 'x', BIOBERT_MAX_CLASS_BYTES + 1);
  CHECK_INT(add(f, "gene", longest), BIOBERT_RANGE);
  CHECK_STR(err.message, "a label of 1001 bytes: at most 1000 are taken");
  for (int i = 0; i < BIOBERT_MAX_CLASSES; i++) {
    snprintf(name, sizeof name, "label%d", i);
    CHECK_INT(add(f, "cell", name), BIOBERT_OK);
  }
  CHECK_INT(add(f, "gene", "other"), BIOBERT_RANGE);
  CHECK(strstr(err.message, "more than 1000 different labels") != NULL);
  CHECK_INT(add(f, "gene", "label7"), BIOBERT_OK);
  CHECK_INT((long long)biobert_fitting_rows(f), BIOBERT_MAX_CLASSES + 1);
  /* All of it would take long: it begins, and is stopped. */
  asks.max = asks.asked + 1;
  CHECK_INT(biobert_fitting_learn(f, &bytes, &count, &err), BIOBERT_INTERRUPTED);
  biobert_fitting_free(f);
}

static void test_refused_rows(void) {
  static const float x[2] = {1, 2};
  biobert_fitting *f = NULL;
  const void *bytes;
  size_t count;
  check_begin("the label of a row that is left out is no class");
  CHECK_INT(biobert_fitting_new(bb_str(""), NULL, &f, &err), BIOBERT_OK);
  CHECK_INT(biobert_fitting_learn(f, &bytes, &count, &err), BIOBERT_RANGE);
  CHECK_STR(err.message, "there are no rows to learn from");
  CHECK_INT(biobert_fitting_add_vector(f, x, 2, bb_str("a"), false, &err), BIOBERT_OK);
  CHECK_INT(biobert_fitting_add_vector(f, x, 1, bb_str("b"), false, &err), BIOBERT_RANGE);
  CHECK_INT(biobert_fitting_learn(f, &bytes, &count, &err), BIOBERT_RANGE);
  CHECK(strstr(err.message, "all rows have one label, 'a'") != NULL);
  biobert_fitting_free(f);
}

/* Some 40,000 words and pairs, of which no more are kept than fit. */
static biobert_status learn_many_words(asker *asks, size_t *columns) {
  enum { TEXT = 100000, EACH = 10000 };
  const biobert_analysis_options how = {.cancel = asks ? ask : NULL, .cancel_ctx = asks};
  char *text = bb_alloc(NULL, TEXT, 1);
  biobert_fitting *f = NULL;
  const void *bytes = NULL;
  size_t count = 0;
  biobert_status status = biobert_fitting_new(bb_str(""), &how, &f, &err);
  for (int i = 0; i < 4 && !status; i++) {
    size_t at = 0;
    for (int j = 0; j < EACH; j++)
      at += (size_t)snprintf(text + at, TEXT - at, "%s%d ", i % 2 ? "a" : "b", j);
    status = add(f, text, i % 2 ? "yes" : "no");
  }
  if (!status) status = biobert_fitting_learn(f, &bytes, &count, &err);
  if (!status) CHECK(count <= BIOBERT_CLASSIFIER_BYTES + 2000);
  if (!status) {
    blob b = copy_of(bytes, count);
    *columns = u32_at(&b, AT_COLUMNS);
    bb_free(NULL, b.bytes);
  }
  biobert_fitting_free(f);
  bb_free(NULL, text);
  return status;
}

static void test_many_words(void) {
  size_t columns = 0;
  asker reading = {.max = 3};
  check_begin("of many words no more are kept than a classifier holds");
  CHECK_INT(learn_many_words(NULL, &columns), BIOBERT_OK);
  CHECK(columns > 20000 && columns <= BIOBERT_CLASSIFIER_BYTES / 12);
  check_begin("long texts can be stopped while they are read");
  CHECK_INT(learn_many_words(&reading, &columns), BIOBERT_INTERRUPTED);
  CHECK_INT(reading.asked, 3);
}

int main(void) {
  check_begin("a classifier is learnt");
  blob b = learn();
  test_sizes(&b);
  test_numbers(&b);
  test_integers(&b);
  test_unlikely(&b);
  test_labels();
  test_refused_rows();
  test_many_words();
  bb_free(NULL, b.bytes);
  return check_report();
}
