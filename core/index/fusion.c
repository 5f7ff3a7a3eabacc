/* fusion.c - what a score is.
 *
 * semantic   score = similarity of the best passage
 * lexical    score = BM25 of the rows that have a word
 * hybrid     score = 0.6 z / 6 + 0.4 b
 *            z = (s - mean) / deviation, over all documents; s the similarity of the
 *                document, the mean of its best and its first passage's
 *            b = BM25 / best BM25 of this question + 0.5 f / best f
 *            f = sum of log((N - n + 0.5) / (n + 0.5)) over the words of feedback that the
 *                document has, n of N documents having such a word
 *
 * The standard score z makes the rule right for every model: cosines of a sentence model
 * around 0.2, of a raw BERT around 0.9, and inner products in the sixties end on one
 * scale. Mean and deviation run over the estimates of all documents, never over what a
 * filter left, so a document's rank depends on the question and the collection alone.
 *
 * A question that is nothing but an identifier (a DOI, a PMID, a trial's number) has no
 * meaning that a vector could be near to. Where it occurs, words decide alone.
 *
 * Feedback, of vectors and of words, from the best documents of a first order, in which
 * f is 0; then everything is scored once more (Rocchio 1971):
 *
 * vectors    the question's is moved by 0.3 times the mean of the best three documents'.
 *            For an identifier that occurs, the vectors of the papers that have it
 *            replace the question's
 * words      the ten words that set the best ten documents apart (feedback_words.c), each
 *            document weighted by exp((score - best score) / 0.03): a question that one
 *            document answers takes that one's words, and a question that many answer
 *            those that they share. None for an identifier: its words are its meaning. f
 *            is BM25 without counts and lengths (Robertson & Spärck Jones 1976): as good
 *            here, and FTS5 finds out which documents have a word in a tenth of the time
 *
 * The weights were chosen leaving one collection out at a time (tests/recall). */
#include "index/fusion.h"

#include <math.h>

static const double semantic_weight = 0.6 / 6, lexical_weight = 0.4;
const double bb_feedback_weight = 0.3;
static const double feedback_words_weight = 0.5;
/* Of scores, over which a document's part of the words of feedback falls to 1/e. */
static const double feedback_decay = 0.03;
/* A share below it would change no choice of words worth reading a document for. */
static const double min_share = 0.01;
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

static double words_part(const bb_fusion *f, double bm25, double feedback) {
  double part = 0;
  if (!isnan(bm25) && f->best_bm25 < 0) part += lexical_weight * bm25 / f->best_bm25;
  if (f->best_feedback > 0)
    part += lexical_weight * feedback_words_weight * feedback / f->best_feedback;
  return part;
}

/* A document without a direction has the largest distance; in hybrid mode the lowest
 * similarity that there is. */
double bb_fusion_score(const bb_fusion *f, double similarity, double bm25,
                       double feedback) {
  static const double min_cosine = -1;
  const bool none = similarity == -INFINITY;
  if (f->mode == BIOBERT_LEXICAL) return -bm25;
  if (f->mode == BIOBERT_SEMANTIC)
    return -f->metric->to_distance(none ? min_cosine : similarity);
  if (none) similarity = f->min_similarity;
  const double fused = f->factor * (similarity - f->mean) + words_part(f, bm25, feedback);
  return -(1 - fused);
}

void bb_feedback_add(float *sum, const float *v, size_t n, double weight) {
  double square = 0;
  for (size_t i = 0; i < n; i++) square += (double)v[i] * v[i];
  const double factor = square > 0 ? weight / sqrt(square) : 0;
  for (size_t i = 0; i < n; i++) sum[i] += (float)(factor * v[i]);
}

double bb_feedback_share(double below_best) {
  const double share = exp(-below_best / feedback_decay);
  return share < min_share ? 0 : share;
}

double bb_feedback_word_weight(size_t having, size_t documents) {
  const double weight =
      log(((double)documents - (double)having + 0.5) / ((double)having + 0.5));
  return weight > 0 ? weight : 0;
}
