/* screen_parts.h - papers that are judged one after another, and what is learnt from them. */
#ifndef BB_SCREEN_PARTS_H
#define BB_SCREEN_PARTS_H

#include "analysis/linear_fit.h"
#include "analysis/platt.h"
#include "analysis/terms.h"
#include "biobert_classifier.h"

typedef enum bb_screen_features {
  BB_SCREEN_AUTO,
  BB_SCREEN_WORDS,
  BB_SCREEN_VECTORS,
  BB_SCREEN_BOTH,
} bb_screen_features;

typedef enum bb_screen_order {
  BB_SCREEN_RELEVANCE,
  BB_SCREEN_UNCERTAIN,
  BB_SCREEN_RANDOM,
} bb_screen_order;

typedef struct bb_screen_options {
  char *query; /* owned; NULL: none */
  size_t query_len;
  bb_screen_features features;
  bb_screen_order order;
  uint64_t seed;
  int64_t every;
} bb_screen_options;

/* RANGE: an unknown key or a bad value. query is the allocator's. */
biobert_status bb_screen_options_read(biobert_str json,
                                      const biobert_allocator *allocator,
                                      bb_screen_options *out, biobert_error *err);

typedef struct bb_paper {
  int64_t id;
  biobert_decision decision;
  bool has_vector;
  uint32_t found; /* its place in what was found for the query, from 1; 0: none */
} bb_paper;

/* Features of the papers ---------------------------------------------------------------
 *
 * Of all papers; of texts, the columns are the terms. {0} is empty. */
typedef struct bb_screen_rows {
  const biobert_allocator *allocator;
  size_t papers, rows; /* rows: the papers, then the query, if its words are used */
  float *value;        /* [terms' entries]: TF-IDF, of length 1 */
  float *dense;        /* [rows, n]: vectors without their mean, of length 1 */
  bb_feature_rows words, vectors, both;
} bb_screen_rows;

struct biobert_screening {
  biobert_analysis_options how;
  bb_screen_options options;
  bb_terms terms;
  bb_paper *paper; /* [papers] */
  size_t papers, paper_capacity;
  float *vectors; /* [papers, n] */
  size_t n, vectors_capacity;
  uint32_t found;
  size_t since_included;
  bb_screen_rows rows; /* of all papers; made when first needed */
  bool has_rows;
  biobert_screened *ranked; /* [papers] */
};

static inline bool bb_uses_words(const biobert_screening *s) {
  return s->options.features != BB_SCREEN_VECTORS;
}

static inline bool bb_uses_vectors(const biobert_screening *s) {
  return s->options.features != BB_SCREEN_WORDS;
}

/* Adds the query as a row, where there is one. NOMEM, INTERRUPTED. */
biobert_status bb_screen_rows_make(biobert_screening *s, bb_screen_rows *out,
                                   biobert_error *err);
void bb_screen_rows_free(bb_screen_rows *r); /* the members, not *r */

/* Scores of all papers, in their order, in s->ranked; probabilities too, where they are
 * wanted. NOMEM, INTERRUPTED. */
biobert_status bb_screen_score(biobert_screening *s, bool probabilities,
                               biobert_error *err);

/* The judged rows -----------------------------------------------------------------------
 *
 * With the columns that occur in them, renumbered, so that learning costs what they cost.
 * {0} is empty. */
typedef struct bb_judged {
  const biobert_allocator *allocator;
  const bb_feature_rows *all;
  bb_feature_rows x; /* of what follows */
  uint32_t *row;     /* [x.rows]: its row in all */
  int32_t *label;    /* [x.rows] */
  double *share;     /* [x.rows]: how much of a row it is; the query is less than one */
  size_t *start;
  uint32_t *column;
  float *value;
  float *dense;
  uint32_t *term; /* [x.sparse_columns]: its column in all */
} bb_judged;

/* NOMEM. */
biobert_status bb_judged_make(const biobert_screening *s, const bb_screen_rows *rows,
                              const bb_feature_rows *all, bb_judged *out,
                              biobert_error *err);
void bb_judged_free(bb_judged *j); /* the members, not *j */

/* Learns from those of the judged rows that are not in fold `without` (fold NULL: from
 * all). full: [columns of all + 1], weights. NOMEM, INTERRUPTED. */
biobert_status bb_judged_fit(const bb_judged *j, const uint32_t *fold, uint32_t without,
                             const bb_call *call, double *full, biobert_error *err);

/* Probabilities of decision values: Platt scaling of those of judged papers that were held
 * out (cross-validation), and of the undecided papers' own, of which as many count as
 * included as the probabilities of those above them add up to; again until that number
 * stays (SEMI of Yu and Menzies 2019, doi:10.1016/j.eswa.2018.11.021). Judged papers
 * alone would promise too much: they were chosen for being likely. score: [papers],
 * decision values of a classifier of all judged rows. NOMEM, INTERRUPTED. */
biobert_status bb_screen_probability(const biobert_screening *s, const bb_judged *j,
                                     const double *score, const bb_call *call,
                                     bb_platt *out, biobert_error *err);

#endif
