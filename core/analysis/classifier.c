/* classifier.c - predicting with a classifier that was stored. */
#include "analysis/analysis.h"
#include "analysis/classifier_blob.h"
#include "analysis/losses.h"
#include "base/bytes.h"

struct biobert_classifier {
  biobert_analysis_options how;
  bb_classifier_parts parts;
  bb_class_part *class; /* [parts.classes] */
  void *blob;           /* [bytes], that the parts point into */
  size_t bytes;
};

static const biobert_allocator *allocator_of(const biobert_classifier *c) {
  return bb_analysis_allocator(&c->how);
}

biobert_status biobert_classifier_open(const void *blob, size_t bytes,
                                       const biobert_analysis_options *how,
                                       biobert_classifier **out, biobert_error *err) {
  const biobert_allocator *allocator = bb_analysis_allocator(how);
  biobert_classifier *c = bb_alloc_zeroed(allocator, 1, sizeof *c);
  if (!c) return bb_no_memory(err, "a classifier");
  if (how) c->how = *how;
  c->bytes = bytes;
  c->blob = bb_alloc(allocator, bytes, 1);
  c->class = bb_alloc(allocator, bb_classifier_count(blob, bytes), sizeof *c->class);
  biobert_status status = BIOBERT_OK;
  if (!c->blob || !c->class)
    status = bb_no_memory(err, "a classifier");
  else if (bytes)
    memcpy(c->blob, blob, bytes);
  if (!status) status = bb_classifier_read(c->blob, bytes, c->class, &c->parts, err);
  if (status)
    biobert_classifier_close(c);
  else
    *out = c;
  return status;
}

void biobert_classifier_close(biobert_classifier *c) {
  if (!c) return;
  const biobert_analysis_options how = c->how;
  const biobert_allocator *allocator = bb_analysis_allocator(&how);
  bb_free(allocator, c->blob);
  bb_free(allocator, c->class);
  bb_free(allocator, c);
}

bool biobert_classifier_is(const biobert_classifier *c, const void *blob, size_t bytes) {
  return c->bytes == bytes && memcmp(c->blob, blob, bytes) == 0;
}

size_t biobert_classifier_classes(const biobert_classifier *c) {
  return c->parts.classes;
}

biobert_class biobert_classifier_class(const biobert_classifier *c, size_t i) {
  const bb_classifier_parts *p = &c->parts;
  const bb_class_part *part = &p->class[i];
  const size_t output = p->outputs == 1 ? 0 : i;
  const double bias = (double)p->weights[output * (p->columns + 1) + p->columns];
  return (biobert_class){part->label, part->integer, part->rows,
                         p->outputs == 1 && i == 0 ? -bias : bias, part->words};
}

bool biobert_classifier_has_integers(const biobert_classifier *c) {
  return c->parts.integers;
}

size_t biobert_classifier_dimension(const biobert_classifier *c) {
  return c->parts.is_words ? 0 : c->parts.columns;
}

size_t biobert_classifier_find(const biobert_classifier *c, biobert_str label) {
  for (size_t i = 0; i < c->parts.classes; i++) {
    const biobert_str l = c->parts.class[i].label;
    if (l.len == label.len && memcmp(l.data, label.data, l.len) == 0) return i;
  }
  return SIZE_MAX;
}

/* Decisions -------------------------------------------------------------------------- */

/* Features of what is classified: a vector, or entries of a text. */
typedef struct features {
  const char *vector; /* at any address */
  const bb_hashed_entry *entries;
  size_t count;
} features;

static double decide_output(const bb_classifier_parts *p, const features *f,
                            size_t output) {
  const float *w = p->weights + output * (p->columns + 1);
  double sum = 0;
  for (size_t i = 0; i < f->count; i++)
    sum += f->vector ? (double)bb_read_f32(f->vector + i * sizeof(float)) * (double)w[i]
                     : (double)f->entries[i].value * (double)w[f->entries[i].column];
  return sum + (double)w[p->columns];
}

static void decide(const bb_classifier_parts *p, const features *f, double *decision) {
  for (size_t k = 0; k < p->outputs; k++) decision[k] = decide_output(p, f, k);
  if (p->outputs > 1) return;
  decision[1] = decision[0];
  decision[0] = -decision[1];
}

static void find_probabilities(const bb_classifier_parts *p, const double *decision,
                               double *probability) {
  double sum = 0;
  for (size_t k = 0; k < p->classes; k++) {
    const double value = bb_class_margin(decision, p->classes, k);
    sum += probability[k] = bb_platt_probability(p->class[k].platt, value);
  }
  for (size_t k = 0; k < p->classes; k++)
    probability[k] = sum > 0 ? probability[k] / sum : 1 / (double)p->classes;
}

static biobert_status predict(const biobert_classifier *c, const features *f,
                              double *decision, double *probability, biobert_error *err) {
  double *own = NULL;
  if (!decision) {
    own = bb_alloc(allocator_of(c), c->parts.classes, sizeof *own);
    if (!own) return bb_no_memory(err, "decision values");
  }
  double *z = decision ? decision : own;
  decide(&c->parts, f, z);
  if (probability) find_probabilities(&c->parts, z, probability);
  bb_free(allocator_of(c), own);
  return BIOBERT_OK;
}

biobert_status biobert_classifier_predict_vector(const biobert_classifier *c,
                                                 const void *vector, size_t n,
                                                 double *decision, double *probability,
                                                 biobert_error *err) {
  if (c->parts.is_words)
    return bb_fail(err, BIOBERT_RANGE,
                   "a vector, but the classifier was learnt from texts");
  if (n != c->parts.columns)
    return bb_fail(
        err, BIOBERT_RANGE,
        "a vector of %zu values, but the classifier was learnt from vectors of "
        "%zu",
        n, c->parts.columns);
  const features f = {.vector = vector, .count = n};
  return predict(c, &f, decision, probability, err);
}

static biobert_status predict_terms(const biobert_classifier *c, const bb_terms *t,
                                    double *decision, double *probability,
                                    biobert_error *err) {
  const bb_classifier_parts *p = &c->parts;
  const bb_hashed_terms h = {p->hash, p->idf, p->columns};
  uint32_t *hash = bb_alloc(t->allocator, t->count, sizeof *hash);
  bb_hashed_entry *entries = bb_alloc(t->allocator, t->entries, sizeof *entries);
  biobert_status status =
      hash && entries ? BIOBERT_OK : bb_no_memory(err, "the words of a text");
  if (!status) {
    bb_terms_hash(t, hash);
    const size_t count = bb_hashed_row(&h, t, hash, 0, entries);
    const features f = {.entries = entries, .count = count};
    status = predict(c, &f, decision, probability, err);
  }
  bb_free(t->allocator, hash);
  bb_free(t->allocator, entries);
  return status;
}

biobert_status biobert_classifier_predict_text(const biobert_classifier *c,
                                               biobert_str text, double *decision,
                                               double *probability, biobert_error *err) {
  if (!c->parts.is_words)
    return bb_fail(err, BIOBERT_RANGE,
                   "a text, but the classifier was learnt from vectors of %zu values: "
                   "biobert_embed() makes them",
                   c->parts.columns);
  const bb_call call = {allocator_of(c), c->how.cancel, c->how.cancel_ctx};
  bb_terms terms = {.allocator = allocator_of(c)};
  biobert_status status = bb_terms_add_text(&terms, text, &call, err);
  if (!status) status = predict_terms(c, &terms, decision, probability, err);
  bb_terms_free(&terms);
  return status;
}
