/* Spec of core/model/pooling.c, with hidden states of four tokens and two values. */
#include "check.h"

#include <math.h>

#include "base/status.h"
#include "model/pooling.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { HIDDEN = 2, TOKENS = 4 };

/* Hand numbers against float32: a few roundings of numbers below 32. */
static const double HAND_ERROR = 1e-6;

/* [CLS], two tokens, [SEP] */
static const float states[TOKENS * HIDDEN] = {1, -8, 2, 4, 6, -2, 3, 10};

static float pooler_w[HIDDEN * HIDDEN] = {0.5f, 0.125f, 0, 0.25f};
static float pooler_b[HIDDEN] = {0.25f, 1};

static bb_bert *bert(void) {
  static bb_bert b;
  b.config.hidden = HIDDEN;
  b.weights.pooler_w = pooler_w;
  b.weights.pooler_b = pooler_b;
  bb_kernels_init(&b.kernels, bb_cpu_detect());
  return &b;
}

static void test_numbers(void) {
  static const struct {
    const char *says, *pooling;
    size_t first, end;
    double expected[2 * HIDDEN]; /* the second half for two poolings */
  } rows[] = {
  /* clang-format off */
      {"mean counts [CLS] and [SEP]", "mean", 0, 4, {3, 1}},
      {"mean of a span counts its tokens", "mean", 1, 3, {4, 1}},
      {"mean of no tokens is 0", "mean", 2, 2, {0, 0}},
      {"cls is the first token", "cls", 0, 4, {1, -8}},
      {"cls is the first token whatever the span", "cls", 2, 3, {1, -8}},
      {"max is the largest of each value, which may be negative", "max", 0, 4, {6, 10}},
      {"max of a span counts its tokens", "max", 2, 3, {6, -2}},
      {"max of no tokens is 0", "max", 4, 4, {0, 0}},
      {"mean_sqrt_len divides by the root of the number", "mean_sqrt_len", 0, 4, {6, 2}},
      {"mean_no_special leaves out the first and the last",
       "mean_no_special", 0, 4, {4, 1}},
      {"mean_no_special of a span inside counts all of it",
       "mean_no_special", 1, 3, {4, 1}},
      {"mean_no_special of [CLS] alone is 0", "mean_no_special", 0, 1, {0, 0}},
      /* tanh(0.5 * 1 + 0.125 * -8 + 0.25), tanh(0.25 * -8 + 1) */
      {"pooler is the tanh of a dense layer on [CLS]", "pooler", 0, 4,
       {-0.2449186624037091, -0.7615941559557649}},
      {"two poolings are joined", "cls+mean", 0, 4, {1, -8, 3, 1}},
      {"one pooling may come twice", "max+max", 0, 4, {6, 10, 6, 10}},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    bb_pooling_list list;
    float out[2 * HIDDEN] = {77, 77, 77, 77};
    check_begin(rows[i].says);
    CHECK_INT(bb_pooling_parse(bb_str(rows[i].pooling), &list, NULL), BIOBERT_OK);
    bb_pooling_input input = {bert(), states, TOKENS, rows[i].first, rows[i].end};
    bb_pool(&list, &input, out);
    for (size_t k = 0; k < list.count * HIDDEN; k++) {
      check_context("value %zu is %.9g", k, (double)out[k]);
      CHECK(fabs((double)out[k] - rows[i].expected[k]) <= HAND_ERROR);
    }
    for (size_t k = list.count * HIDDEN; k < 2 * HIDDEN; k++) CHECK(out[k] == 77);
  }
}

static void test_empty_text(void) {
  check_begin("mean_no_special of [CLS] [SEP] alone is 0");
  bb_pooling_list list;
  float out[HIDDEN] = {77, 77};
  CHECK_INT(bb_pooling_parse(bb_str("mean_no_special"), &list, NULL), BIOBERT_OK);
  bb_pooling_input input = {bert(), states, 2, 0, 2};
  bb_pool(&list, &input, out);
  CHECK(out[0] == 0 && out[1] == 0);
}

static void test_names(void) {
  static const struct {
    const char *says, *text;
  } refused[] = {
  /* clang-format off */
      {"no name is no pooling",                       ""            },
      {"a name in another case is no pooling",        "Mean"        },
      {"a name with a space is no pooling",           "mean "       },
      {"a plus in front is no pooling",               "+mean"       },
      {"a plus behind is no pooling",                 "mean+"       },
      {"two pluses are no pooling",                   "mean++cls"   },
      {"the beginning of a name is no pooling",       "mea"         },
      {"sentence-transformers' key is no pooling",    "pooling_mode_mean_tokens"},
      {"one unknown name among known ones is refused", "cls+avg+max"},
      {"more than eight poolings are refused",
       "cls+cls+cls+cls+cls+cls+cls+cls+cls"                        },
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(refused); i++) {
    bb_pooling_list list = {.count = 77};
    biobert_error err = {0};
    check_begin(refused[i].says);
    CHECK_INT(bb_pooling_parse(bb_str(refused[i].text), &list, &err), BIOBERT_RANGE);
    CHECK(strstr(err.message, "is not one of: mean cls max mean_sqrt_len mean_no_special "
                              "pooler (several: cls+mean)") != NULL);
    CHECK_INT(list.count, 77);
  }
#define TWO "mean_no_special+mean_no_special"
  static const char *const texts[] = {"mean",
                                      "cls+max+mean+mean_sqrt_len+mean_no_special+pooler",
                                      TWO "+" TWO "+" TWO "+" TWO};
#undef TWO
  check_begin("the text of a list is what it was made of, however long");
  for (size_t i = 0; i < COUNT(texts); i++) {
    bb_pooling_list list;
    char buffer[BB_POOLING_TEXT];
    CHECK_INT(bb_pooling_parse(bb_str(texts[i]), &list, NULL), BIOBERT_OK);
    CHECK_STR(bb_pooling_text(&list, buffer), texts[i]);
  }
}

static void test_properties(void) {
  static const struct {
    const char *text;
    bool needs_pooler, over_tokens;
  } rows[] = {
  /* clang-format off */
      {"mean",       false, true },
      {"max+mean",   false, true },
      {"cls",        false, false},
      {"mean+cls",   false, false},
      {"pooler",     true,  false},
      {"mean+pooler", true, false},
  /* clang-format on */
  };
  check_begin("a list needs a pooler if one of it does, and runs over tokens if all do");
  for (size_t i = 0; i < COUNT(rows); i++) {
    bb_pooling_list list;
    check_context("%s", rows[i].text);
    CHECK_INT(bb_pooling_parse(bb_str(rows[i].text), &list, NULL), BIOBERT_OK);
    CHECK_INT(bb_pooling_needs_pooler(&list), rows[i].needs_pooler);
    CHECK_INT(bb_pooling_over_tokens(&list), rows[i].over_tokens);
  }
  check_begin("a pooling is found by its name alone");
  CHECK(bb_pooling_find("mean") != NULL);
  CHECK(bb_pooling_find("weightedmean") == NULL);
}

/* Of a state; the poolings are linear between two states' becoming the largest. */
static const float STEP = 0.0625f;

static float weighted(const bb_pooling_list *list, const bb_pooling_input *input,
                      const float *d) {
  float out[2 * HIDDEN], sum = 0;
  bb_pool(list, input, out);
  for (size_t k = 0; k < list->count * HIDDEN; k++) sum += d[k] * out[k];
  return sum;
}

static void test_derivatives(void) {
  static const struct {
    const char *pooling;
    size_t first, end;
  } rows[] = {
      {"mean",            0, 4},
      {"mean",            1, 3},
      {"mean",            2, 2},
      {"cls",             2, 3},
      {"max",             0, 4},
      {"max",             1, 3},
      {"max",             4, 4},
      {"mean_sqrt_len",   0, 3},
      {"mean_no_special", 0, 4},
      {"mean_no_special", 2, 4},
      {"mean_no_special", 0, 1},
      {"cls+max",         0, 4},
  };
  static const float d[2 * HIDDEN] = {2, -1, 4, 8};
  check_begin("derivatives of poolings are those by differences, and are added");
  for (size_t i = 0; i < COUNT(rows); i++) {
    bb_pooling_list list;
    float moved[TOKENS * HIDDEN], actual[TOKENS * HIDDEN];
    bb_pooling_input input = {bert(), moved, TOKENS, rows[i].first, rows[i].end};
    CHECK_INT(bb_pooling_parse(bb_str(rows[i].pooling), &list, NULL), BIOBERT_OK);
    memcpy(moved, states, sizeof moved);
    for (size_t k = 0; k < COUNT(actual); k++) actual[k] = 3;
    bb_pool_backward(&list, &input, d, actual);
    for (size_t k = 0; k < COUNT(moved); k++) {
      float before = weighted(&list, &input, d);
      moved[k] += STEP;
      float slope = (weighted(&list, &input, d) - before) / STEP;
      moved[k] -= STEP;
      check_context("%s, state %zu: %g", rows[i].pooling, k, (double)slope);
      CHECK(fabs((double)(actual[k] - 3 - slope)) <= 32 * HAND_ERROR);
    }
  }
}

int main(void) {
  test_numbers();
  test_empty_text();
  test_names();
  test_properties();
  test_derivatives();
  return check_report();
}
