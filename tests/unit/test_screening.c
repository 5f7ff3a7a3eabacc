/* Spec of biobert_screening_...() and biobert_stopping_p_value(): scores against
 * scikit-learn's LinearSVC and p-values against buscarpy's
 * (tests/golden/make_classifiers.py), orders, refusals, simulation, interrupts and failing
 * allocations. */
#include <math.h>

#include "check.h"

#include "asker.h"
#include "base/mem.h"
#include "base/mem_fault.h"
#include "base/status.h"
#include "biobert_classifier.h"
#include "format/json_file.h"
#include "random.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* float32 features against double ones. */
static const double SCORE_TOLERANCE = 1e-5;
/* lgamma() of some thousands, which differ by a logarithm of a probability. */
static const double P_TOLERANCE = 1e-9;

static biobert_error err;
static bb_json *golden;

/* Papers: two subjects that words and vectors tell apart ------------------------------- */

enum { PAPERS = 60, DIMENSION = 4 };

static const char *const relevant[] = {"aspirin", "stroke", "platelet", "prevention"};
static const char *const others[] = {"kinase", "cells", "mice", "pathway"};

static void write_paper(size_t paper, char *text, size_t size, float *vector) {
  const char *const *words = paper % 4 == 0 ? relevant : others;
  snprintf(text, size, "%s %s study number%d of %s", words[paper % 3],
           words[(paper / 3) % 4], (int)paper, words[(paper / 7) % 4]);
  for (size_t i = 0; i < DIMENSION; i++)
    vector[i] =
        (float)(paper % 4 == 0) * (i == 0) + 0.1f * (float)((paper * (i + 3)) % 7);
}

static biobert_status add_paper(biobert_screening *s, int64_t id, const char *text,
                                const float *vector, size_t n,
                                biobert_decision decision) {
  return biobert_screening_add(s, id, bb_str(text), vector, n, decision, &err);
}

/* judged: so many of the first papers have their label. */
static biobert_status make_papers(const char *options, size_t judged, asker *asks,
                                  biobert_screening **out) {
  const biobert_analysis_options how = {.cancel = asks ? ask : NULL, .cancel_ctx = asks};
  *out = NULL;
  biobert_status status = biobert_screening_new(bb_str(options), &how, out, &err);
  for (size_t p = 0; p < PAPERS && !status; p++) {
    char text[128];
    float vector[DIMENSION];
    write_paper(p, text, sizeof text, vector);
    const biobert_decision decision = p >= judged  ? BIOBERT_UNDECIDED
                                      : p % 4 == 0 ? BIOBERT_INCLUDED
                                                   : BIOBERT_EXCLUDED;
    status = add_paper(*out, (int64_t)(10 * p), text, vector, DIMENSION, decision);
  }
  return status;
}

/* The ids in their order; the count. */
static size_t rank(const char *options, size_t judged, int64_t *ids) {
  biobert_screening *s;
  const biobert_screened *ranked;
  size_t count = 0;
  CHECK_INT(make_papers(options, judged, NULL, &s), BIOBERT_OK);
  CHECK_INT(biobert_screening_rank(s, &ranked, &count, &err), BIOBERT_OK);
  for (size_t i = 0; i < count; i++) ids[i] = ranked[i].id;
  biobert_screening_free(s);
  return count;
}

static bool is_relevant(int64_t id) {
  return id / 10 % 4 == 0;
}

static void test_ranking(void) {
  static const char *const options[] = {"", "{\"features\": \"words\"}",
                                        "{\"features\": \"vectors\"}",
                                        "{\"features\": \"both\"}"};
  check_begin("what is like the included comes before what is like the excluded");
  for (size_t i = 0; i < COUNT(options); i++) {
    int64_t ids[PAPERS];
    check_context("%s", options[i]);
    CHECK_INT((long long)rank(options[i], 20, ids), PAPERS - 20);
    for (size_t r = 0; r < PAPERS - 20; r++) CHECK_INT(is_relevant(ids[r]), r < 10);
  }
  check_begin("so it does where nothing is excluded yet");
  int64_t ids[PAPERS];
  CHECK_INT((long long)rank("", 1, ids), PAPERS - 1);
  for (size_t r = 0; r < 5; r++) CHECK(is_relevant(ids[r]));
}

static void test_orders(void) {
  int64_t ids[PAPERS], again[PAPERS];
  check_begin("every fourth paper is an unlikely one where that is asked for");
  rank("{\"every\": 4}", 20, ids);
  CHECK(is_relevant(ids[0]) && is_relevant(ids[1]) && is_relevant(ids[2]));
  CHECK(!is_relevant(ids[3]) && is_relevant(ids[4]));
  check_begin("each undecided paper is there once");
  bool seen[PAPERS] = {false};
  for (size_t i = 0; i < PAPERS - 20; i++) seen[ids[i] / 10] = true;
  for (size_t p = 0; p < PAPERS; p++) CHECK_INT(seen[p], p >= 20);
  check_begin("a random order is that of its seed");
  rank("{\"order\": \"random\", \"seed\": 5}", 20, ids);
  rank("{\"order\": \"random\", \"seed\": 5}", 20, again);
  CHECK(memcmp(ids, again, (PAPERS - 20) * sizeof *ids) == 0);
  rank("{\"order\": \"random\", \"seed\": 6}", 20, again);
  CHECK(memcmp(ids, again, (PAPERS - 20) * sizeof *ids) != 0);
  check_begin("uncertain papers have the smallest scores, whatever their sign");
  biobert_screening *s;
  const biobert_screened *ranked;
  size_t count = 0;
  CHECK_INT(make_papers("{\"order\": \"uncertain\"}", 20, NULL, &s), BIOBERT_OK);
  CHECK_INT(biobert_screening_rank(s, &ranked, &count, &err), BIOBERT_OK);
  for (size_t i = 1; i < count; i++)
    CHECK(fabs(ranked[i - 1].score) <= fabs(ranked[i].score));
  biobert_screening_free(s);
}

static void test_probabilities(void) {
  biobert_screening *s;
  const biobert_screened *ranked;
  size_t count = 0;
  check_begin("probabilities fall with the scores, and add up to about what is left");
  CHECK_INT(make_papers("", 32, NULL, &s), BIOBERT_OK);
  CHECK_INT(biobert_screening_rank(s, &ranked, &count, &err), BIOBERT_OK);
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    sum += ranked[i].probability;
    CHECK(i == 0 || ranked[i].probability <= ranked[i - 1].probability);
  }
  CHECK(sum > 3 && sum < 14); /* 7 are left of 28; they are few to learn from */
  biobert_screening_free(s);
  check_begin("there are none before one paper of each kind is judged");
  CHECK_INT(make_papers("", 0, NULL, &s), BIOBERT_OK);
  biobert_screening_add_found(s, 70);
  biobert_screening_add_found(s, 71); /* there is none such */
  biobert_screening_add_found(s, 30);
  CHECK_INT(biobert_screening_rank(s, &ranked, &count, &err), BIOBERT_OK);
  CHECK(isnan(ranked[0].probability));
  check_begin("and what a search found comes first, in its order");
  CHECK_INT(ranked[0].id, 70);
  CHECK_INT(ranked[1].id, 30);
  CHECK_INT(ranked[2].id, 0);
  biobert_screening_free(s);
}

/* Fifty decisions without an inclusion: vectors choose. Here they cannot tell. */
static void test_dry_spell(void) {
  int64_t dry[PAPERS], vectors[PAPERS];
  biobert_screening *s;
  const biobert_screened *ranked;
  size_t count = 0;
  check_begin("after fifty decisions without an inclusion vectors choose");
  rank("{\"features\": \"vectors\"}", 20, vectors);
  CHECK_INT(make_papers("", 20, NULL, &s), BIOBERT_OK);
  biobert_screening_set_since_included(s, 50);
  CHECK_INT(biobert_screening_rank(s, &ranked, &count, &err), BIOBERT_OK);
  for (size_t i = 0; i < count; i++) dry[i] = ranked[i].id;
  CHECK(memcmp(dry, vectors, count * sizeof *dry) == 0);
  biobert_screening_free(s);
}

/* References --------------------------------------------------------------------------- */

static void test_scores(void) {
  enum { JUDGED = 16 };
  const bb_json_node *texts = bb_json_get(bb_json_root(golden), "texts");
  const bb_json_node *label = bb_json_first(bb_json_get(texts, "labels"));
  biobert_screening *s = NULL;
  const biobert_screened *ranked;
  size_t count = 0;
  int64_t id = 0;
  check_begin("scores are LinearSVC's");
  CHECK_INT(biobert_screening_new(bb_str("{\"features\": \"words\"}"), NULL, &s, &err),
            BIOBERT_OK);
  for (const bb_json_node *n = bb_json_first(bb_json_get(texts, "rows")); n;
       n = bb_json_next(n), label = bb_json_next(label), id++) {
    int64_t is_included = 0;
    CHECK(bb_json_int(label, &is_included));
    CHECK_INT(biobert_screening_add(
                  s, id, bb_json_string(n), NULL, 0,
                  id >= JUDGED ? BIOBERT_UNDECIDED : (biobert_decision)is_included, &err),
              BIOBERT_OK);
  }
  CHECK_INT(biobert_screening_rank(s, &ranked, &count, &err), BIOBERT_OK);
  const bb_json_node *n = bb_json_first(bb_json_get(texts, "screened"));
  for (int64_t i = JUDGED; i < id; i++, n = bb_json_next(n)) {
    double expected = NAN;
    CHECK(bb_json_double(n, &expected));
    for (size_t r = 0; r < count; r++)
      if (ranked[r].id == i) CHECK(fabs(ranked[r].score - expected) < SCORE_TOLERANCE);
  }
  biobert_screening_free(s);
}

static void test_stopping(void) {
  enum { MAX_LABELS = 1000 };
  check_begin("p-values are buscarpy's");
  const bb_json_node *n = bb_json_first(bb_json_get(bb_json_root(golden), "stopping"));
  for (; n; n = bb_json_next(n)) {
    bool included[MAX_LABELS];
    double p = NAN;
    int64_t papers = 0;
    const biobert_str labels = bb_json_string(bb_json_get(n, "labels"));
    CHECK(bb_json_double(bb_json_get(n, "p"), &p));
    CHECK(bb_json_int(bb_json_get(n, "papers"), &papers));
    for (size_t i = 0; i < labels.len; i++) included[i] = labels.data[i] == '1';
    CHECK(fabs(biobert_stopping_p_value(included, labels.len, (size_t)papers, 0.95) - p) <
          P_TOLERANCE);
  }
  check_begin("nothing is known before the first decision, all after the last");
  const bool seen[3] = {true, false, true};
  CHECK(biobert_stopping_p_value(NULL, 0, 10, 0.95) == 1);
  CHECK(biobert_stopping_p_value(seen, 3, 3, 0.95) == 0);
}

/* Simulation --------------------------------------------------------------------------- */

static void test_simulation(void) {
  biobert_screening *s;
  bool found[PAPERS];
  size_t read = 0, included = 0;
  check_begin(
      "a simulation begins with one of each kind and ends with the last inclusion");
  CHECK_INT(make_papers("", PAPERS, NULL, &s), BIOBERT_OK);
  CHECK_INT(biobert_screening_simulate(s, 5, 0, found, &read, &err), BIOBERT_OK);
  for (size_t i = 0; i < read; i++) included += found[i];
  CHECK(found[0] && !found[1]);
  CHECK_INT((long long)included, PAPERS / 4);
  CHECK(read >= PAPERS / 4 && read < PAPERS / 2);
  check_begin("the same seed gives the same, and the labels stay");
  bool again[PAPERS];
  size_t read_again = 0;
  CHECK_INT(biobert_screening_simulate(s, 5, 0, again, &read_again, &err), BIOBERT_OK);
  CHECK(read == read_again && memcmp(found, again, read) == 0);
  biobert_screening_free(s);
  check_begin("papers without a label cannot be simulated");
  CHECK_INT(make_papers("", 10, NULL, &s), BIOBERT_OK);
  CHECK_INT(biobert_screening_simulate(s, 5, 0, found, &read, &err), BIOBERT_RANGE);
  CHECK_STR(err.message, "paper 100 has no label");
  biobert_screening_free(s);
  check_begin("nor can batches of no papers, nor papers that are all excluded");
  CHECK_INT(make_papers("", PAPERS, NULL, &s), BIOBERT_OK);
  CHECK_INT(biobert_screening_simulate(s, 0, 0, found, &read, &err), BIOBERT_RANGE);
  CHECK_STR(err.message, "a batch has one paper or more");
  biobert_screening_free(s);
  CHECK_INT(biobert_screening_new(bb_str(""), NULL, &s, &err), BIOBERT_OK);
  CHECK_INT(add_paper(s, 1, "gene", NULL, 0, BIOBERT_EXCLUDED), BIOBERT_OK);
  CHECK_INT(biobert_screening_simulate(s, 1, 0, found, &read, &err), BIOBERT_RANGE);
  CHECK_STR(err.message, "0 of 1 papers are included: both kinds are needed");
  CHECK_INT(add_paper(s, 2, "cell", NULL, 0, BIOBERT_INCLUDED), BIOBERT_OK);
  check_begin("a batch larger than what is left reads all of it");
  CHECK_INT(biobert_screening_simulate(s, 100, 0, found, &read, &err), BIOBERT_OK);
  CHECK_INT((long long)read, 2);
  biobert_screening_free(s);
}

/* Papers ------------------------------------------------------------------------------- */

static void test_papers(void) {
  static const float x[3] = {1, 2, 3};
  const biobert_screened *ranked;
  biobert_screening *s;
  size_t count;
  check_begin("a paper that is refused is left out, its words too");
  CHECK_INT(biobert_screening_new(bb_str("{\"query\": \"gene\"}"), NULL, &s, &err),
            BIOBERT_OK);
  CHECK_INT(add_paper(s, 2, "lung blood", x, 3, BIOBERT_UNDECIDED), BIOBERT_OK);
  CHECK_INT(add_paper(s, 2, "gene", x, 3, BIOBERT_UNDECIDED), BIOBERT_RANGE);
  CHECK_STR(err.message, "the ids of papers do not rise");
  CHECK_INT(add_paper(s, 3, "gene", x, 2, BIOBERT_UNDECIDED), BIOBERT_RANGE);
  CHECK_STR(err.message, "vectors of 3 and of 2 values");
  CHECK_INT(add_paper(s, 4, "cell", NULL, 0, BIOBERT_INCLUDED), BIOBERT_OK);
  CHECK_INT(add_paper(s, 5, "gene therapy", x, 3, BIOBERT_UNDECIDED), BIOBERT_OK);
  CHECK_INT(add_paper(s, 6, "cell", NULL, 0, BIOBERT_UNDECIDED), BIOBERT_OK);
  CHECK_INT(biobert_screening_rank(s, &ranked, &count, &err), BIOBERT_OK);
  CHECK(count == 3 && ranked[0].id == 6 && ranked[1].id == 5 && ranked[2].id == 2);
  CHECK(ranked[1].score > 0 && isnan(ranked[0].probability));
  CHECK_INT(add_paper(s, 9, "gene", x, 3, BIOBERT_UNDECIDED), BIOBERT_RANGE);
  CHECK_STR(err.message, "papers come before the first ranking");
  biobert_screening_free(s);
}

static void test_found(void) {
  static const int64_t found[] = {30, 7, 1000, 10, 30};
  const biobert_screened *ranked;
  biobert_screening *s;
  size_t count;
  check_begin(
      "what a search has found comes in its order, each paper once, then the rest");
  CHECK_INT(make_papers("", 0, NULL, &s), BIOBERT_OK);
  for (size_t i = 0; i < COUNT(found); i++) biobert_screening_add_found(s, found[i]);
  CHECK_INT(biobert_screening_rank(s, &ranked, &count, &err), BIOBERT_OK);
  CHECK_INT((long long)count, PAPERS);
  CHECK(ranked[0].id == 30 && ranked[0].score == 1);
  CHECK(ranked[1].id == 10 && ranked[1].score == 0.5);
  CHECK(ranked[2].id == 0 && ranked[2].score == 0);
  biobert_screening_free(s);
}

/* More papers than there was room for at first; none of them, or the first, has a vector. */
static void test_many(void) {
  enum { MANY = 2100 };
  const float x[2] = {0.5f, -2};
  check_begin("papers without a vector, and with equal ones, are ranked all the same");
  for (int with_vectors = 0; with_vectors < 2; with_vectors++) {
    const biobert_screened *ranked;
    biobert_screening *s;
    size_t count;
    CHECK_INT(biobert_screening_new(bb_str("{\"features\": \"both\", \"every\": 0, "
                                           "\"query\": null}"),
                                    NULL, &s, &err),
              BIOBERT_OK);
    for (int64_t i = 0; i < MANY; i++)
      CHECK_INT(add_paper(s, i, i % 3 ? "" : "gene", with_vectors && i % 2 ? x : NULL, 2,
                          i > 1    ? BIOBERT_UNDECIDED
                          : i == 0 ? BIOBERT_INCLUDED
                                   : BIOBERT_EXCLUDED),
                BIOBERT_OK);
    CHECK_INT(biobert_screening_rank(s, &ranked, &count, &err), BIOBERT_OK);
    CHECK_INT((long long)count, MANY - 2);
    for (size_t i = 0; i < count; i++)
      CHECK_INT(ranked[i].id % 3 == 0, i < (MANY - 3) / 3);
    biobert_screening_free(s);
  }
}

/* Refusals ----------------------------------------------------------------------------- */

static void test_options(void) {
  static const struct {
    const char *options, *message;
  } rows[] = {
      {"{\"mode\": 1}",                "not one of: query, features, order, seed, every"},
      {"{\"query\": 5}",               "query takes a text"                             },
      {"{\"features\": \"letters\"}",  "'auto', 'words', 'vectors' or 'both'"           },
      {"{\"order\": \"best\"}",        "'relevance', 'uncertain' or 'random'"           },
      {"{\"seed\": 0.5}",              "seed takes a whole number from 0"               },
      {"{\"seed\": -1}",               "seed takes a whole number from 0"               },
      {"{\"every\": 1}",               "every takes a whole number from 2"              },
      {"{\"every\": \"2\"}",           "every takes a whole number from 2"              },
      {"{\"x\": 1, \"every\": 1}",     "'x' is not one of"                              },
      {"{\"query\": \"a\", \"x\": 1}", "'x' is not one of"                              },
  };
  check_begin("an option that is none is refused, with what is allowed");
  for (size_t i = 0; i < COUNT(rows); i++) {
    biobert_screening *s = NULL;
    check_context("%s", rows[i].options);
    CHECK_INT(biobert_screening_new(bb_str(rows[i].options), NULL, &s, &err),
              BIOBERT_RANGE);
    CHECK(strstr(err.message, rows[i].message) != NULL);
  }
}

/* Interrupts, memory ------------------------------------------------------------------- */

static biobert_status use(const char *options, asker *asks) {
  biobert_screening *s;
  const biobert_screened *ranked;
  size_t count;
  biobert_status status = make_papers(options, 20, asks, &s);
  if (!status) status = biobert_screening_rank(s, &ranked, &count, &err);
  biobert_screening_free(s);
  return status;
}

static const char *const uses[] = {"{\"query\": \"aspirin\"}",
                                   "{\"features\": \"both\", \"every\": 3}"};

static void test_stops(void) {
  check_begin("a ranking can be stopped wherever it is");
  for (size_t i = 0; i < COUNT(uses); i++) {
    asker never = {0};
    CHECK_INT(use(uses[i], &never), BIOBERT_OK);
    CHECK(never.asked > 10);
    for (long n = 1; n <= never.asked; n++) {
      asker a = {.max = n};
      CHECK_INT(use(uses[i], &a), BIOBERT_INTERRUPTED);
    }
  }
}

static void test_no_memory(void) {
  check_begin("every allocation may fail");
  for (size_t i = 0; i < COUNT(uses); i++) {
    bool failed = true;
    for (long n = 0; failed; n++) {
      bb_mem_fail_after(n, true);
      biobert_status status = use(uses[i], NULL);
      failed = bb_mem_fail_end();
      check_context("%s: %ld allocations", uses[i], n);
      CHECK_INT(status, failed ? BIOBERT_NOMEM : BIOBERT_OK);
    }
  }
}

int main(void) {
  if (bb_json_read_file("tests/golden/classifiers/reference.json", &golden, &err)) {
    printf("%s\n", err.message);
    return 1;
  }
  test_ranking();
  test_orders();
  test_probabilities();
  test_dry_spell();
  test_scores();
  test_stopping();
  test_simulation();
  test_papers();
  test_found();
  test_many();
  test_options();
  test_stops();
  test_no_memory();
  bb_json_free(golden);
  return check_report();
}
