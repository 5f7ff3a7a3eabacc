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
 * ranks are equal come by id. similarity -INFINITY: there is none; bm25 NAN: no word. */
double bb_fusion_score(const bb_fusion *f, double similarity, double bm25);

/* Feedback: the weight of the best documents together, and how many they are. */
enum { BB_FEEDBACK_DOCUMENTS = 3 };
extern const double bb_feedback_weight;
/* sum += weight * v / |v|; a vector of length 0 adds nothing. */
void bb_feedback_add(float *sum, const float *v, size_t n, double weight);

#endif
