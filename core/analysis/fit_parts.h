/* fit_parts.h - rows that a classifier is to be learnt from, as they come. */
#ifndef BB_FIT_PARTS_H
#define BB_FIT_PARTS_H

#include "analysis/classifier_blob.h"
#include "analysis/linear_fit.h"

typedef enum bb_fit_features {
  BB_FIT_EITHER,
  BB_FIT_WORDS,
  BB_FIT_VECTORS
} bb_fit_features;

typedef struct bb_fit_options {
  double c;
  bool balance;
  bb_fit_features features;
  uint64_t seed;
} bb_fit_options;

/* RANGE: an unknown key or a bad value. */
biobert_status bb_fit_options_read(biobert_str json, bb_fit_options *out,
                                   biobert_error *err);

struct biobert_fitting {
  biobert_analysis_options how;
  bb_fit_options options;
  bb_terms terms; /* of texts */
  float *vectors; /* [rows, n], of vectors */
  size_t n, vectors_capacity;
  bb_fit_features given; /* EITHER: no row yet */
  bb_piece_list labels;  /* in the order in which they came */
  bool has_text_labels;
  int32_t *label; /* [rows], numbers of labels */
  size_t rows, label_capacity;
  void *blob; /* what was learnt */
  size_t bytes;
};

/* The rows in an order that does not depend on how they came: by class, then by their
 * features' bytes. {0} is empty. */
typedef struct bb_fit_rows {
  const biobert_allocator *allocator;
  bb_feature_rows x; /* of what follows */
  size_t *start;
  uint32_t *column;
  float *value;
  float *dense;
  int32_t *label; /* [rows], numbers of classes */
  uint32_t *hash; /* [columns], of texts */
  float *idf;     /* [columns], of texts */
  uint32_t *term; /* [columns], of texts: a term with this hash */
} bb_fit_rows;

/* class_of: [labels], the class of a label. Vectors or texts of the fitting. NOMEM,
 * INTERRUPTED. */
biobert_status bb_fit_rows_of_vectors(const biobert_fitting *f, const int32_t *class_of,
                                      bb_fit_rows *out, biobert_error *err);
biobert_status bb_fit_rows_of_texts(const biobert_fitting *f, const int32_t *class_of,
                                    size_t max_columns, bb_fit_rows *out,
                                    biobert_error *err);
void bb_fit_rows_free(bb_fit_rows *r); /* the members, not *r */

/* Platt's a and b of each class, by cross-validation; class has its rows. weights: what
 * was fitted to all of p. NOMEM, INTERRUPTED. */
biobert_status bb_fit_probabilities(const bb_linear_problem *p, size_t classes,
                                    uint64_t seed, const bb_call *call,
                                    const double *weights, bb_class_part *class,
                                    biobert_error *err);
/* The words of each class that weigh most; they lie in *text, which the caller frees with
 * r's allocator. NOMEM. */
biobert_status bb_fit_words(const bb_terms *t, const bb_fit_rows *r,
                            const double *weights, size_t classes, bb_class_part *class,
                            char **text, biobert_error *err);

#endif
