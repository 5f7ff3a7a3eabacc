/* test_analysis_no_memory.c - every allocation of an analysis may fail, alone or with all
 * later ones: the answer is "no memory", nothing is given out, and the next call gives what
 * it gave before. (Classifiers and screening: test_classifier.c, test_screening.c.) */
#include "check.h"
#include "random.h"

#include <stdlib.h>

#include "analysis/topics.h"
#include "base/mem_fault.h"
#include "base/status.h"
#include "biobert_analysis.h"
#include "biobert_classifier.h"
#include "biobert_vectors.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { POINTS = 160, LONG = 70, SHORT = 5 };

static int64_t id[POINTS];
static float long_vectors[POINTS * LONG], short_vectors[POINTS * SHORT];
static const biobert_points long_points = {POINTS, LONG, id, long_vectors},
                            short_points = {POINTS, SHORT, id, short_vectors};

/* Around eight middles, so that there are neighbours, duplicates and clusters. */
static void fill(float *vectors, size_t n) {
  for (size_t i = 0; i < POINTS; i++)
    for (size_t j = 0; j < n; j++) {
      const float middle =
          i < 8 ? (float)random_u32() * 0x1p-31f - 1 : vectors[i % 8 * n + j];
      vectors[i * n + j] = middle + (i < 8 ? 0 : (float)random_u32() * 0x1p-34f);
    }
}

static uint64_t hash_of(const void *bytes, size_t count, uint64_t before) {
  return biobert_hash((biobert_str){bytes, count}, before);
}

/* *answer: a hash of what came out. */
typedef biobert_status analysis(uint64_t *answer, biobert_error *err);

/* Analyses ----------------------------------------------------------------------------- */

static biobert_status find_neighbours(uint64_t *answer, biobert_error *err) {
  biobert_neighbours found = {0};
  const biobert_status status =
      biobert_neighbours_find(&long_points, 5, -1, NULL, &found, err);
  if (status) CHECK(!found.first && !found.items && !found.count);
  for (size_t i = 0; !status && i < found.first[found.count]; i++)
    *answer = hash_of(&found.items[i].point, sizeof found.items[i].point, *answer);
  biobert_neighbours_free(&found, NULL);
  return status;
}

static biobert_status find_duplicates_of(const biobert_points *points, uint64_t *answer,
                                         biobert_error *err) {
  biobert_pairs found = {0};
  const biobert_status status = biobert_duplicates_find(points, 0.99, NULL, &found, err);
  if (status) CHECK(!found.items && !found.count);
  for (size_t i = 0; i < found.count; i++)
    *answer = hash_of(&found.items[i].b, sizeof found.items[i].b, *answer);
  biobert_pairs_free(&found, NULL);
  return status;
}

static biobert_status find_duplicates(uint64_t *answer, biobert_error *err) {
  return find_duplicates_of(&long_points, answer, err);
}

static biobert_status find_duplicates_of_short(uint64_t *answer, biobert_error *err) {
  return find_duplicates_of(&short_points, answer, err);
}

static biobert_status find_clusters(size_t k, uint64_t *answer, biobert_error *err) {
  biobert_clusters found = {0};
  const biobert_status status =
      biobert_clusters_find(&short_points, k, 1, NULL, &found, err);
  if (status) CHECK(!found.cluster && !found.centres && !found.k);
  if (!status) *answer = hash_of(found.cluster, POINTS * sizeof(uint32_t), 0);
  biobert_clusters_free(&found, NULL);
  return status;
}

static biobert_status find_7_clusters(uint64_t *answer, biobert_error *err) {
  return find_clusters(7, answer, err);
}

static biobert_status choose_clusters(uint64_t *answer, biobert_error *err) {
  return find_clusters(0, answer, err);
}

static biobert_status draw_map(uint64_t *answer, biobert_error *err) {
  static float map[POINTS * 2];
  const biobert_status status = biobert_map_draw(&short_points, 1, NULL, map, err);
  if (!status) *answer = hash_of(map, sizeof map, 0);
  return status;
}

/* Enough words and letters that each list and table grows; with a limit, some go. */
static biobert_status read_topics(size_t limit, uint64_t *answer, biobert_error *err) {
  enum { TOPICS = 2, DOCUMENTS = 60, WORDS = 12, MOST = 5 };
  biobert_topic_words *t = NULL;
  biobert_str words[TOPICS * MOST];
  size_t found[TOPICS];
  biobert_status status = biobert_topic_words_new(TOPICS, NULL, &t, err);
  if (!status && limit) bb_topic_words_limit(t, limit);
  for (uint32_t i = 0; i < DOCUMENTS && !status; i++) {
    char text[WORDS * 24 + 1] = "";
    for (uint32_t j = 0; j < WORDS; j++)
      snprintf(text + strlen(text), 24, "%s%c%c%c ", i % 2 ? "stroke" : "kinase",
               'a' + (int)(i % 23), 'a' + (int)(j % 19), 'a' + (int)(i * j % 17));
    status = biobert_topic_words_add(t, i % TOPICS, bb_str(text), err);
  }
  if (!status) status = biobert_topic_words_choose(t, MOST, words, found, err);
  for (size_t topic = 0; topic < TOPICS && !status; topic++)
    for (size_t i = 0; i < found[topic]; i++)
      *answer =
          hash_of(words[topic * MOST + i].data, words[topic * MOST + i].len, *answer);
  biobert_topic_words_free(t);
  return status;
}

static biobert_status read_all_topics(uint64_t *answer, biobert_error *err) {
  return read_topics(0, answer, err);
}

static biobert_status read_some_topics(uint64_t *answer, biobert_error *err) {
  return read_topics(50, answer, err);
}

/* Three labels: each output takes its own memory. */
static biobert_status fit_vectors(uint64_t *answer, biobert_error *err) {
  static const char *const labels[] = {"a", "b", "c"};
  biobert_fitting *f = NULL;
  const void *blob = NULL;
  size_t bytes = 0;
  biobert_status status = biobert_fitting_new(bb_str("{\"C\": 0.1}"), NULL, &f, err);
  for (size_t i = 0; i < 48 && !status; i++)
    status = biobert_fitting_add_vector(f, short_vectors + i * SHORT, SHORT,
                                        bb_str(labels[i % 8 % 3]), false, err);
  if (!status) status = biobert_fitting_learn(f, &blob, &bytes, err);
  if (!status) *answer = hash_of(blob, bytes, 0);
  if (status) CHECK(!blob);
  biobert_fitting_free(f);
  return status;
}

static biobert_status simulate(uint64_t *answer, biobert_error *err) {
  enum { PAPERS = 24 };
  biobert_screening *s = NULL;
  bool found[PAPERS];
  size_t read = 0;
  biobert_status status =
      biobert_screening_new(bb_str("{\"features\": \"vectors\"}"), NULL, &s, err);
  for (size_t i = 0; i < PAPERS && !status; i++)
    status =
        biobert_screening_add(s, (int64_t)i, bb_str(""), short_vectors + i * SHORT, SHORT,
                              i % 8 ? BIOBERT_EXCLUDED : BIOBERT_INCLUDED, err);
  if (!status) status = biobert_screening_simulate(s, 4, 1, found, &read, err);
  if (!status) *answer = hash_of(found, read * sizeof *found, read);
  biobert_screening_free(s);
  return status;
}

/* Failures ----------------------------------------------------------------------------- */

static void fail_each(analysis *run, const char *says) {
  biobert_error err = {0};
  uint64_t expected = 0, answer = 0;
  check_begin(says);
  if (!CHECK_INT(run(&expected, &err), BIOBERT_OK)) return;
  for (int once = 0; once <= 1; once++) {
    bool failed = true;
    for (long points = 0; failed; points++) {
      err = (biobert_error){0};
      answer = 0;
      bb_mem_fail_after(points, once);
      const biobert_status status = run(&answer, &err);
      failed = bb_mem_fail_end();
      check_context("allocation %ld fails%s: %s", points, once ? " alone" : "",
                    err.message);
      CHECK_INT(status, failed ? BIOBERT_NOMEM : BIOBERT_OK);
      CHECK(failed ? err.message[0] != '\0' : answer == expected);
    }
  }
}

int main(void) {
  static const struct {
    analysis *run;
    const char *says;
  } analyses[] = {
      {find_neighbours,          "neighbours without memory"                                   },
      {find_duplicates,          "duplicates of long vectors without memory"                   },
      {find_duplicates_of_short, "duplicates of short vectors without memory"                  },
      {find_7_clusters,          "clusters without memory"                                     },
      {choose_clusters,          "a number of clusters that is chosen, without memory"         },
      {draw_map,                 "a map without memory"                                        },
      {read_all_topics,          "words of topics without memory"                              },
      {read_some_topics,         "words of topics, of which some are forgotten, without memory"},
      {fit_vectors,              "a classifier of vectors without memory"                      },
      {simulate,                 "a screening that is simulated, without memory"               },
  };
  for (size_t i = 0; i < POINTS; i++) id[i] = (int64_t)i;
  fill(long_vectors, LONG);
  fill(short_vectors, SHORT);
  for (size_t i = 0; i < COUNT(analyses); i++)
    fail_each(analyses[i].run, analyses[i].says);
  return check_report();
}
