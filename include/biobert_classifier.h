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
 * labels; such a row is left out. After any other failure the fitting is only freed. */
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

/* Screening --------------------------------------------------------------------------
 *
 * Which papers to read next, learnt from those that were judged; all of it anew for each
 * ranking. */

typedef struct biobert_screening biobert_screening;

typedef enum biobert_decision {
  BIOBERT_UNDECIDED = -1,
  BIOBERT_EXCLUDED = 0,
  BIOBERT_INCLUDED = 1,
} biobert_decision;

/* options: a JSON object, or empty: query (the inclusion criteria), features ('auto',
 * 'words', 'vectors', 'both'), order ('relevance', 'uncertain', 'random'), seed (0),
 * every (an unlikely paper at each so manieth place; 0: none). BIOBERT_RANGE: a key or
 * value that is none of these; the message lists what is allowed. how may be NULL. */
biobert_status biobert_screening_new(biobert_str options,
                                     const biobert_analysis_options *how,
                                     biobert_screening **out, biobert_error *err);
void biobert_screening_free(biobert_screening *s);
/* What its options say: the query, empty without one; whether words, vectors are used. */
biobert_str biobert_screening_query(const biobert_screening *s);
bool biobert_screening_uses_words(const biobert_screening *s);
bool biobert_screening_uses_vectors(const biobert_screening *s);

/* A paper; ids rise. vector: [n] at any address, or NULL. BIOBERT_RANGE: an id that does
 * not, vectors of two dimensions, a ranking was made already; the paper is left out. After
 * any other failure the screening is only freed. */
biobert_status biobert_screening_add(biobert_screening *s, int64_t id, biobert_str text,
                                     const void *vector, size_t n,
                                     biobert_decision decision, biobert_error *err);
/* Decisions since the last inclusion, of all of them in their order; 0 unless it is said:
 * what 'auto' goes by. */
void biobert_screening_set_since_included(biobert_screening *s, size_t decisions);
/* What a search for the query found, best first: the order as long as nothing has been
 * judged. An id that is none of the papers is passed over. */
void biobert_screening_add_found(biobert_screening *s, int64_t id);

typedef struct biobert_screened {
  int64_t id;
  double score;       /* larger is better; decision value or similarity */
  double probability; /* of being included; NAN while one kind of label is missing */
} biobert_screened;

/* The undecided papers in the order in which to read them. *out is borrowed until the next
 * call. By a linear support vector machine, as ASReview's ELAS u4 (C 0.11, inclusions
 * weighted 9.8 : 1 in sum), on TF-IDF of words and word pairs, or on vectors from which
 * their mean was taken; probabilities by Platt scaling of cross-validation. With
 * 'auto', by words, and by vectors whenever 50 decisions have brought no inclusion.
 * Before there is a label of each kind: what was found for the query, or what
 * is like the included ones. */
biobert_status biobert_screening_rank(biobert_screening *s, const biobert_screened **out,
                                      size_t *count, biobert_error *err);

/* Screening as if nobody had judged the papers yet: from one included and one excluded
 * paper, drawn by the seed, the best `batch` of each ranking are judged as they were said
 * to be, until all included ones have been read. found: [papers], whether the i-th paper
 * that was read is included; *read: how many were. BIOBERT_RANGE: not one of each kind is
 * there, a paper is undecided, or batch is 0. */
biobert_status biobert_screening_simulate(biobert_screening *s, size_t batch,
                                          uint64_t seed, bool *found, size_t *read,
                                          biobert_error *err);

/* Stopping: the probability to have seen so few inclusions in any of the last so many
 * decisions if recall were below `target` (Callaghan and Mueller-Hansen 2020,
 * doi:10.1186/s13643-020-01521-4); the smallest over all of these, as buscarpy has it.
 * included: [decisions], in the order in which they were made. papers: of all, at least
 * as many; 0 where recall cannot be below the target. */
double biobert_stopping_p_value(const bool *included, size_t decisions, size_t papers,
                                double target);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
