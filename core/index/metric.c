/* metric.c - the table of metrics. To add one: its functions and its row here, its name
 * in biobert.h. */
#include "index/metric.h"

#include <math.h>

const char *const biobert_metric_names[BIOBERT_METRIC_COUNT] = {
    [BIOBERT_COSINE] = "cosine",
    [BIOBERT_L2] = "l2",
    [BIOBERT_DOT] = "dot",
};

/* The estimate is that of the inner product already. */
static void keep_product(bb_estimate *e, double a, double b) {
  (void)e;
  (void)a;
  (void)b;
}

/* Cosine ----------------------------------------------------------------------------- */

static double cosine_distance(const bb_sums *s) {
  if (s->a == 0 || s->b == 0) return NAN;
  double cosine = s->dot / (sqrt(s->a) * sqrt(s->b));
  if (cosine > 1) cosine = 1;
  if (cosine < -1) cosine = -1;
  return 1 - cosine;
}

static double cosine_similarity(const bb_sums *s) {
  return s->a == 0 || s->b == 0 ? -INFINITY : s->dot / sqrt(s->b);
}

static double cosine_to_distance(double similarity) {
  double distance = 1 - similarity;
  return distance < 0 ? 0 : distance > 2 ? 2 : distance;
}

/* Euclidean distance, not squared; its similarity is minus the square ---------------- */

static double l2_distance(const bb_sums *s) {
  return sqrt(s->difference);
}

static double l2_similarity(const bb_sums *s) {
  return -s->difference;
}

static double l2_to_distance(double similarity) {
  return sqrt(similarity < 0 ? -similarity : 0);
}

/* -|a - b|^2 = 2 <a, b> - |b|^2 - |a|^2 */
static void l2_from_product(bb_estimate *e, double a, double b) {
  e->product = 2 * e->product - b - a;
  e->bound = 2 * e->bound;
  e->magnitude += b + a;
}

/* Inner product ---------------------------------------------------------------------- */

static double dot_distance(const bb_sums *s) {
  return 0 - s->dot; /* never -0 */
}

static double dot_similarity(const bb_sums *s) {
  return s->dot;
}

static double dot_to_distance(double similarity) {
  return 0 - similarity;
}

static const bb_metric metrics[BIOBERT_METRIC_COUNT] = {
    [BIOBERT_COSINE] = {.unit = true,
                        .distance = cosine_distance,
                        .similarity = cosine_similarity,
                        .to_distance = cosine_to_distance,
                        .from_product = keep_product,
                        .feedback = true},
    [BIOBERT_L2] = {.distance = l2_distance,
                        .similarity = l2_similarity,
                        .to_distance = l2_to_distance,
                        .from_product = l2_from_product    },
    [BIOBERT_DOT] = {.distance = dot_distance,
                        .similarity = dot_similarity,
                        .to_distance = dot_to_distance,
                        .from_product = keep_product,
                        .feedback = true},
};

const bb_metric *bb_metric_of(biobert_metric metric) {
  return &metrics[metric];
}

double biobert_similarity_distance(biobert_metric metric, double similarity) {
  return metrics[metric].to_distance(similarity);
}
