/* fusion.c - what a score is.
 *
 * semantic   score = similarity of the best passage
 * lexical    score = BM25 of the rows that have a word
 * hybrid     score = 0.6 z / 6 + 0.4 b
 *            z = (s - mean) / deviation, over all documents; s the similarity of the
 *                document, the mean of its best and its first passage's
 *            b = BM25 / best BM25 of this question
 *
 * The standard score z makes the rule right for every model: cosines of a sentence model
 * around 0.2, of a raw BERT around 0.9, and inner products in the sixties end on one
 * scale. Mean and deviation run over the estimates of all documents, never over what a
 * filter left, so a document's rank depends on the question and the collection alone.
 *
 * A question that is nothing but an identifier (a DOI, a PMID, a trial's number) has no
 * meaning that a vector could be near to. Where it occurs, words decide alone.
 *
 * Feedback: the question's vector is moved by 0.3 times the mean of the best three
 * documents' vectors, and everything is scored once more (Rocchio 1971). For an
 * identifier that occurs, the vectors of the papers that have it replace the question's.
 * The weights were chosen leaving one collection out at a time (tests/recall). */
#include "index/fusion.h"

#include <math.h>

static const double semantic_weight = 0.6 / 6, lexical_weight = 0.4;
const double bb_feedback_weight = 0.3;
/* Of the similarity where an identifier occurs: enough to order what words leave equal.
 */
static const double identifier_weight = 1e-3;
/* Of similarities; below it they are all the same, and say nothing. */
static const double min_variance = 1e-12;

/* The best of many is high by chance; the first, the title and the beginning, represents
 * the whole. Their mean is better than either on both collections of tests/recall
 * (semantic alone +.003 and +.003, hybrid +.001 and +.004 nDCG@10), and the same where
 * there is one passage. */
double bb_document_similarity(double best, double first) {
  return (best + first) / 2;
}

void bb_fusion_standardize(bb_fusion *f, const biobert_collection *c,
                           const float *estimate) {
  double sum = 0, squares = 0;
  f->min_similarity = 0;
  for (size_t i = 0; i < c->documents; i++) {
    double best = estimate[c->first[i]];
    for (uint32_t v = c->first[i] + 1; v < c->first[i + 1]; v++)
      if (estimate[v] > best) best = estimate[v];
    const double similarity = bb_document_similarity(best, estimate[c->first[i]]);
    sum += similarity;
    squares += similarity * similarity;
    if (i == 0 || similarity < f->min_similarity) f->min_similarity = similarity;
  }
  const double n = c->documents ? (double)c->documents : 1;
  f->mean = sum / n;
  const double variance = squares / n - f->mean * f->mean;
  f->factor = variance > min_variance ? semantic_weight / sqrt(variance) : 0;
  if (f->literal) f->factor *= identifier_weight;
}

static double words_part(const bb_fusion *f, double bm25) {
  if (isnan(bm25) || f->best_bm25 >= 0) return 0;
  return lexical_weight * bm25 / f->best_bm25;
}

/* A document without a direction has the largest distance; in hybrid mode the lowest
 * similarity that there is. */
double bb_fusion_score(const bb_fusion *f, double similarity, double bm25) {
  static const double min_cosine = -1;
  const bool none = similarity == -INFINITY;
  if (f->mode == BIOBERT_LEXICAL) return -bm25;
  if (f->mode == BIOBERT_SEMANTIC)
    return -f->metric->to_distance(none ? min_cosine : similarity);
  if (none) similarity = f->min_similarity;
  const double fused = f->factor * (similarity - f->mean) + words_part(f, bm25);
  return -(1 - fused);
}

void bb_feedback_add(float *sum, const float *v, size_t n, double weight) {
  double square = 0;
  for (size_t i = 0; i < n; i++) square += (double)v[i] * v[i];
  const double factor = square > 0 ? weight / sqrt(square) : 0;
  for (size_t i = 0; i < n; i++) sum[i] += (float)(factor * v[i]);
}
