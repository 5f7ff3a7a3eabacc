/* fusion.h - the formula of a score, from what is known of a document. */
#ifndef BB_FUSION_H
#define BB_FUSION_H

#include "index/metric.h"

/* One search's: what the score of a document depends on besides its own similarity and
 * BM25. */
typedef struct bb_fusion {
  biobert_search_mode mode;
  const bb_metric *metric;
  double best_bm25;      /* the smallest; 0: no word of the question occurs */
  double best_feedback;  /* the largest; 0: no word of feedback occurs */
  bool literal;          /* the question is an identifier, and it occurs */
  double mean, factor;   /* of the standard score, times its weight */
  double min_similarity; /* of all documents */
} bb_fusion;

/* A document's similarity in hybrid mode, from its best passage's and its first one's. */
double bb_document_similarity(double best, double first);

/* Sets the standard score by the estimates of all vectors. */
void bb_fusion_standardize(bb_fusion *f, const biobert_collection *c,
                           const float *estimate);
/* The score: minus the rank that is shown, and rounded as that is, so that rows whose
 * ranks are equal come by id. similarity -INFINITY: there is none; bm25 NAN: no word of
 * the question; feedback: the sum of bb_feedback_word_weight() over its words, 0: none. */
double bb_fusion_score(const bb_fusion *f, double similarity, double bm25,
                       double feedback);

/* Feedback by vectors: the weight of the best documents together, and how many they are.
 */
enum { BB_FEEDBACK_DOCUMENTS = 3 };
extern const double bb_feedback_weight;
/* sum += weight * v / |v|; a vector of length 0 adds nothing. */
void bb_feedback_add(float *sum, const float *v, size_t n, double weight);

/* Feedback by words: of a document whose score is so far below the best one's; 0: it does
 * not count, nor does any below it. */
double bb_feedback_share(double below_best);
/* Of a word of feedback that so many of the documents have. */
double bb_feedback_word_weight(size_t having, size_t documents);

#endif
