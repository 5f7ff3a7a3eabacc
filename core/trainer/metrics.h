/* metrics.h - how good predictions are: larger is better, but for perplexity. */
#ifndef BB_TRAINER_METRICS_H
#define BB_TRAINER_METRICS_H

#include "biobert.h"

/* Counts of one class, or of spans: F1 = 2 tp / (2 tp + fp + fn); 0 of nothing. */
typedef struct bb_counts {
  size_t right, wrong, missed; /* true positives, false positives, false negatives */
} bb_counts;
double bb_f1(const bb_counts *c);
/* The mean F1 of the classes that occur, in the labels or in the predictions. */
double bb_macro_f1(const bb_counts *classes, size_t count);

/* Spearman's rank correlation; equal values have the mean of their ranks. 0 where one side
 * is all equal. NOMEM: false. */
bool bb_spearman(const float *a, const float *b, size_t count, double *out);
/* Average precision of a ranking by score: the mean, over the positives (target >= 0.5),
 * of the precision at their rank; equal scores are one rank. NOMEM: false. */
bool bb_average_precision(const float *scores, const float *targets, size_t count,
                          double *out);

/* SQuAD's (Rajpurkar et al. 2016, arXiv:1606.05250): words in lower case without
 * punctuation and articles; F1 over the bag of words. NULL or "": no answer. NOMEM: false.
 */
typedef struct bb_answer_score {
  double f1;
  bool exact;
} bb_answer_score;
bool bb_answer_compare(biobert_str predicted, biobert_str expected, bb_answer_score *out);

#endif
