/* biobert_classifier.h - linear classifiers of vectors and texts, and screening: which of
 * many papers to read next, and when to stop. Knows no database. May change between
 * versions.
 *
 *   1. biobert_fitting_new(), _add_vector() or _add_text() for each row, _learn(): a BLOB.
 *   2. biobert_classifier_open() of that BLOB, biobert_classifier_predict_...().
 *
 * The same rows in any order give the same bytes. */
#ifndef BIOBERT_CLASSIFIER_H
#define BIOBERT_CLASSIFIER_H

#include "biobert_analysis.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#pragma GCC visibility push(default) /* all that libbiobert.so exports */
#endif

/* Learning --------------------------------------------------------------------------- */

typedef struct biobert_fitting biobert_fitting;

/* Labels that a classifier may have, and bytes of one. */
enum { BIOBERT_MAX_CLASSES = 1000, BIOBERT_MAX_CLASS_BYTES = 1000 };

/* options: a JSON object, or empty: C (1: the smaller, the stronger the penalty), balance
 * (false; true: each label's rows count as much as any other's), features ('words' or
 * 'vectors': refuses the other), seed (0: of the folds by which probabilities are
 * learnt). BIOBERT_RANGE: a key or value that is none of these; the message lists what is
 * allowed. how: memory and cancelling of all calls; may be NULL. */
biobert_status biobert_fitting_new(biobert_str options,
                                   const biobert_analysis_options *how,
                                   biobert_fitting **out, biobert_error *err);
void biobert_fitting_free(biobert_fitting *f);

/* integer: the label is one, as text. Labels are equal if their texts are. Vectors, [n],
 * may lie at any address. BIOBERT_RANGE: vectors and texts, or two dimensions; too many
 * labels. */
biobert_status biobert_fitting_add_vector(biobert_fitting *f, const void *vector,
                                          size_t n, biobert_str label, bool integer,
                                          biobert_error *err);
biobert_status biobert_fitting_add_text(biobert_fitting *f, biobert_str text,
                                        biobert_str label, bool integer,
                                        biobert_error *err);
/* Rows added so far. */
size_t biobert_fitting_rows(const biobert_fitting *f);

/* Learns from all rows, once: two labels by logistic regression, more by multinomial
 * logistic regression, to within rounding of scikit-learn's LogisticRegression; then each
 * label's probabilities by Platt scaling (Platt 1999; Lin, Lin and Weng 2007) of decision
 * values from 5-fold cross-validation. Texts become hashed words and word pairs, TF-IDF
 * with sublinear term frequency; those that most rows have are kept, as many as fit into
 * BIOBERT_CLASSIFIER_BYTES. *blob is borrowed until biobert_fitting_free().
 * BIOBERT_RANGE: fewer than two labels. */
enum { BIOBERT_CLASSIFIER_BYTES = 320000 };
biobert_status biobert_fitting_learn(biobert_fitting *f, const void **blob, size_t *bytes,
                                     biobert_error *err);

/* Predicting ------------------------------------------------------------------------- */

typedef struct biobert_classifier biobert_classifier;

/* The BLOB may come from anywhere: BIOBERT_FORMAT says what is wrong with it. It is
 * copied. how may be NULL. */
biobert_status biobert_classifier_open(const void *blob, size_t bytes,
                                       const biobert_analysis_options *how,
                                       biobert_classifier **out, biobert_error *err);
void biobert_classifier_close(biobert_classifier *c);
/* Whether it was opened from these bytes. */
bool biobert_classifier_is(const biobert_classifier *c, const void *blob, size_t bytes);

typedef struct biobert_class {
  biobert_str label;
  int64_t integer;   /* its value, where all labels are integers; else 0 */
  int64_t rows;      /* that it was learnt from */
  double bias;       /* of its decision value */
  biobert_str words; /* those that weigh most, "a, b, a b"; empty for vectors */
} biobert_class;

/* How many labels there are; label i, in rising order (integers by value, texts by bytes),
 * borrowed until the classifier is closed. */
size_t biobert_classifier_classes(const biobert_classifier *c);
biobert_class biobert_classifier_class(const biobert_classifier *c, size_t i);
/* Whether all labels were integers. */
bool biobert_classifier_has_integers(const biobert_classifier *c);
/* Values of a vector; 0: it classifies texts. */
size_t biobert_classifier_dimension(const biobert_classifier *c);
/* A label's number; SIZE_MAX: it has none such. */
size_t biobert_classifier_find(const biobert_classifier *c, biobert_str label);

/* decision, probability: [classes], may be NULL. Decision values: w x + b of each label;
 * of two labels the second's, and minus that. Probabilities add up to 1. BIOBERT_RANGE:
 * not what it was learnt from. */
biobert_status biobert_classifier_predict_vector(const biobert_classifier *c,
                                                 const void *vector, size_t n,
                                                 double *decision, double *probability,
                                                 biobert_error *err);
biobert_status biobert_classifier_predict_text(const biobert_classifier *c,
                                               biobert_str text, double *decision,
                                               double *probability, biobert_error *err);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
