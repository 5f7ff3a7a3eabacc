/* test_training_metrics.c - metrics against values worked out by hand, as scikit-learn,
 * SciPy and SQuAD's own script have them. */
#include "check.h"

#include <math.h>

#include "base/status.h"
#include "trainer/metrics.h"

static const double ROUNDING = 1e-12;

static void expect(double value, double expected) {
  check_context("%.15g, expected %.15g", value, expected);
  CHECK(fabs(value - expected) < ROUNDING);
}

static void test_f1(void) {
  check_begin("F1 is the harmonic mean of precision and recall; of nothing it is 0");
  expect(bb_f1(&(bb_counts){3, 1, 2}), 6.0 / 9);
  expect(bb_f1(&(bb_counts){0}), 0);
  check_begin("macro-F1 is over the classes that occur");
  const bb_counts classes[] = {
      {1, 0, 0},
      {0, 1, 1},
      {0, 0, 0}
  };
  expect(bb_macro_f1(classes, 3), 0.5);
}

static void test_spearman(void) {
  double value = NAN;
  const float a[] = {1, 2, 3, 4}, b[] = {10, 30, 20, 40}, equal[] = {5, 5, 5, 5};
  const float ties[] = {1, 2, 2, 3};
  check_begin("Spearman's correlation is of ranks; equal values share theirs");
  CHECK(bb_spearman(a, b, 4, &value));
  expect(value, 0.8);
  CHECK(bb_spearman(a, ties, 4, &value));
  expect(value, 0.94868329805051381); /* scipy.stats.spearmanr */
  check_begin("without any order there is no correlation");
  CHECK(bb_spearman(a, equal, 4, &value));
  expect(value, 0);
  CHECK(bb_spearman(NULL, NULL, 0, &value));
  expect(value, 0);
}

static void test_average_precision(void) {
  double value = NAN;
  const float scores[] = {0.9f, 0.8f, 0.7f, 0.6f}, targets[] = {1, 0, 1, 0};
  const float same[] = {1, 1, 1, 1}, none[] = {0, 0, 0, 0};
  check_begin("average precision: the mean precision at the positives' ranks");
  CHECK(bb_average_precision(scores, targets, 4, &value));
  expect(value, (1 + 2.0 / 3) / 2);
  check_begin("equal scores are one rank");
  CHECK(bb_average_precision(same, targets, 4, &value));
  expect(value, 0.5);
  check_begin("without a positive it is 0");
  CHECK(bb_average_precision(scores, none, 4, &value));
  expect(value, 0);
}

static void test_answers(void) {
  static const struct {
    const char *predicted, *expected;
    double f1;
    bool exact;
  } answers[] = {
      {"The EGFR kinase.", "egfr kinase",     1,       true },
      {"EGFR",             "the EGFR kinase", 2.0 / 3, false},
      {"a gene",           "insulin",         0,       false},
      {"",                 "",                1,       true },
      {"gene",             "",                0,       false},
      {"the",              "a",               1,       true },
      {"b a b",            "b",               2.0 / 3, false},
      {"kinase EGFR",      "EGFR kinase",     1,       false},
      {"IL-6 (serum)",     "il6 serum",       1,       true },
      {"EGFR\tkinase\n",   "egfr  kinase",    1,       true },
      {"\u00E4sculin",     "\u00C4sculin",    0,       false},
  };
  check_begin("answers are compared as SQuAD does: no case, punctuation, articles");
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
    bb_answer_score score;
    CHECK(bb_answer_compare(bb_str(answers[i].predicted), bb_str(answers[i].expected),
                            &score));
    check_context("'%s', '%s': %g", answers[i].predicted, answers[i].expected, score.f1);
    CHECK(fabs(score.f1 - answers[i].f1) < ROUNDING);
    CHECK_INT(score.exact, answers[i].exact);
  }
}

int main(void) {
  test_f1();
  test_spearman();
  test_average_precision();
  test_answers();
  return check_report();
}
