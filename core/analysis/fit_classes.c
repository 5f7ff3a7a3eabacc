/* fit_classes.c - what a classifier says of each class besides its weights: probabilities,
 * and the words that weigh most. */
#include "analysis/shared_options.h"
#include "analysis/fit_parts.h"
#include "analysis/held_out.h"

enum { FOLDS = 5 };

/* Probabilities ---------------------------------------------------------------------- */

/* As many folds as the smallest class has rows; 1: nothing can be held out. */
static size_t folds_of(const bb_class_part *class, size_t classes) {
  size_t folds = FOLDS;
  for (size_t k = 0; k < classes; k++)
    if ((size_t) class[k].rows < folds) folds = (size_t) class[k].rows;
  return folds;
}

/* values: [rows, outputs]. A class of one row cannot be held out: then the values are those
 * of the rows that were learnt from. */
static biobert_status find_values(const bb_linear_problem *p, const bb_folds *how,
                                  const bb_call *call, const double *weights,
                                  double *values, biobert_error *err) {
  if (how->folds < 2) {
    for (size_t r = 0; r < p->x->rows; r++)
      bb_linear_decide(p->x, r, weights, p->outputs, values + r * p->outputs);
    return BIOBERT_OK;
  }
  uint32_t *fold = bb_alloc(call->allocator, p->x->rows, sizeof *fold);
  if (!fold) return bb_no_memory(err, "folds");
  biobert_status status =
      bb_deal_folds(p->label, p->x->rows, how, call->allocator, fold, err);
  bb_linear_problem near = *p;
  near.start = weights;
  if (!status) status = bb_hold_out(&near, fold, how->folds, call, values, err);
  bb_free(call->allocator, fold);
  return status;
}

static void fit_class(const bb_linear_problem *p, size_t classes, size_t k,
                      const double *values, double *margin, bool *is,
                      bb_class_part *class) {
  for (size_t r = 0; r < p->x->rows; r++) {
    const double *z = values + r * p->outputs;
    margin[r] = p->outputs == 1 ? z[0] : bb_class_margin(z, classes, k);
    is[r] = p->label[r] == (int32_t)k;
  }
  class[k].platt = bb_platt_fit(margin, is, NULL, p->x->rows);
}

biobert_status bb_fit_probabilities(const bb_linear_problem *p, size_t classes,
                                    uint64_t seed, const bb_call *call,
                                    const double *weights, bb_class_part *class,
                                    biobert_error *err) {
  const biobert_allocator *a = call->allocator;
  const bb_folds how = {classes, folds_of(class, classes), seed};
  double *values = bb_alloc(a, p->x->rows * p->outputs, sizeof *values);
  double *margin = bb_alloc(a, p->x->rows, sizeof *margin);
  bool *is = bb_alloc(a, p->x->rows, sizeof *is);
  biobert_status status = values && margin && is
                              ? find_values(p, &how, call, weights, values, err)
                              : bb_no_memory(err, "probabilities");
  for (size_t k = p->outputs == 1 ? 1 : 0; !status && k < classes; k++)
    fit_class(p, classes, k, values, margin, is, class);
  /* Of two classes the values are one another's opposite, and so are the
   * probabilities. */
  if (p->outputs == 1) class[0].platt = (bb_platt){class[1].platt.a, -class[1].platt.b};
  bb_free(a, values);
  bb_free(a, margin);
  bb_free(a, is);
  return status;
}

/* Words ------------------------------------------------------------------------------ */

enum {
  TERM_BYTES = 2 * BB_WORD_BYTES + 1,
  WORDS_BYTES = BB_SHOWN_WORDS * (TERM_BYTES + 2)
};

typedef struct weighed {
  double weight;
  size_t column;
} weighed;

/* The columns of the largest weights above 0, the largest first; of equal ones the first.
 */
static size_t heaviest(const double *weights, double sign, size_t columns,
                       weighed top[BB_SHOWN_WORDS]) {
  size_t count = 0;
  for (size_t i = 0; i < columns; i++) {
    const double weight = sign * weights[i];
    if (!(weight > 0) || (count == BB_SHOWN_WORDS && weight <= top[count - 1].weight))
      continue;
    size_t at = count < BB_SHOWN_WORDS ? count++ : count - 1;
    for (; at > 0 && top[at - 1].weight < weight; at--) top[at] = top[at - 1];
    top[at] = (weighed){weight, i};
  }
  return count;
}

static biobert_str write_words(const bb_terms *t, const bb_fit_rows *r,
                               const weighed *top, size_t count, char *out) {
  size_t len = 0;
  for (size_t i = 0; i < count; i++) {
    if (i > 0) {
      memcpy(out + len, ", ", 2);
      len += 2;
    }
    len += bb_term_text(t, r->term[top[i].column], out + len, TERM_BYTES);
  }
  return (biobert_str){out, len};
}

biobert_status bb_fit_words(const bb_terms *t, const bb_fit_rows *r,
                            const double *weights, size_t classes, bb_class_part *class,
                            char **text, biobert_error *err) {
  const size_t columns = bb_feature_columns(&r->x);
  weighed top[BB_SHOWN_WORDS];
  *text = bb_alloc(r->allocator, classes, WORDS_BYTES);
  if (!*text) return bb_no_memory(err, "words");
  for (size_t k = 0; k < classes; k++) {
    const double *w = weights + (classes == 2 ? 0 : k * (columns + 1));
    const size_t count = heaviest(w, classes == 2 && k == 0 ? -1 : 1, columns, top);
    class[k].words = write_words(t, r, top, count, *text + k * WORDS_BYTES);
  }
  return BIOBERT_OK;
}
