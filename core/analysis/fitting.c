/* fitting.c - rows come in, a classifier goes out. */
#include "analysis/fit_parts.h"

#include "analysis/shared_options.h"

static const biobert_allocator *allocator_of(const biobert_fitting *f) {
  return bb_analysis_allocator(&f->how);
}

static bb_call call_of(const biobert_fitting *f) {
  return (bb_call){allocator_of(f), f->how.cancel, f->how.cancel_ctx};
}

/* Its life --------------------------------------------------------------------------- */

biobert_status biobert_fitting_new(biobert_str options,
                                   const biobert_analysis_options *how,
                                   biobert_fitting **out, biobert_error *err) {
  bb_fit_options read;
  biobert_status status = bb_fit_options_read(options, &read, err);
  if (status) return status;
  biobert_fitting *f = bb_alloc_zeroed(bb_analysis_allocator(how), 1, sizeof *f);
  if (!f) return bb_no_memory(err, "a classifier");
  if (how) f->how = *how;
  f->options = read;
  f->terms.allocator = f->labels.allocator = allocator_of(f);
  *out = f;
  return BIOBERT_OK;
}

void biobert_fitting_free(biobert_fitting *f) {
  if (!f) return;
  const biobert_analysis_options how = f->how;
  const biobert_allocator *allocator = bb_analysis_allocator(&how);
  bb_terms_free(&f->terms);
  bb_piece_list_free(&f->labels);
  bb_free(allocator, f->vectors);
  bb_free(allocator, f->label);
  bb_free(allocator, f->blob);
  bb_free(allocator, f);
}

size_t biobert_fitting_rows(const biobert_fitting *f) {
  return f->rows;
}

/* Rows ------------------------------------------------------------------------------- */

static const char *const feature_names[] = {
    [BB_FIT_WORDS] = "a text", [BB_FIT_VECTORS] = "a vector"};

static biobert_status check_kind(biobert_fitting *f, bb_fit_features kind,
                                 biobert_error *err) {
  if (f->options.features != BB_FIT_EITHER && f->options.features != kind)
    return bb_fail(err, BIOBERT_RANGE, "%s, but the option features wants %s",
                   feature_names[kind], feature_names[f->options.features]);
  if (f->given != BB_FIT_EITHER && f->given != kind)
    return bb_fail(err, BIOBERT_RANGE, "%s, and %s in an earlier row",
                   feature_names[kind], feature_names[f->given]);
  if (f->rows >= INT32_MAX) return bb_fail(err, BIOBERT_RANGE, "too many rows");
  return BIOBERT_OK;
}

static biobert_status add_label(biobert_fitting *f, biobert_str label, bool integer,
                                biobert_error *err) {
  uint32_t number;
  if (label.len > BIOBERT_MAX_CLASS_BYTES)
    return bb_fail(err, BIOBERT_RANGE, "a label of %zu bytes: at most %d are taken",
                   label.len, BIOBERT_MAX_CLASS_BYTES);
  if (f->labels.count == BIOBERT_MAX_CLASSES &&
      !bb_piece_list_find(&f->labels, label, &number))
    return bb_fail(err, BIOBERT_RANGE,
                   "more than %d different labels: is that column the label?",
                   BIOBERT_MAX_CLASSES);
  if (!bb_grow(allocator_of(f), (void **)&f->label, &f->label_capacity, f->rows,
               sizeof *f->label) ||
      !bb_piece_list_add(&f->labels, label, &number))
    return bb_no_memory(err, "labels");
  f->label[f->rows] = (int32_t)number;
  if (!integer) f->has_text_labels = true;
  return BIOBERT_OK;
}

static biobert_status add_values(biobert_fitting *f, const void *vector, size_t n,
                                 biobert_error *err) {
  if (f->rows && n != f->n)
    return bb_fail(err, BIOBERT_RANGE,
                   "a vector of %zu values, and of %zu in an earlier row", n, f->n);
  f->n = n;
  if (!bb_grow(allocator_of(f), (void **)&f->vectors, &f->vectors_capacity, f->rows,
               (n ? n : 1) * sizeof *f->vectors))
    return bb_no_memory(err, "vectors");
  if (n) memcpy(f->vectors + f->rows * n, vector, n * sizeof *f->vectors);
  return BIOBERT_OK;
}

biobert_status biobert_fitting_add_vector(biobert_fitting *f, const void *vector,
                                          size_t n, biobert_str label, bool integer,
                                          biobert_error *err) {
  biobert_status status = check_kind(f, BB_FIT_VECTORS, err);
  if (!status) status = add_label(f, label, integer, err);
  if (!status) status = add_values(f, vector, n, err);
  if (status) return status;
  f->given = BB_FIT_VECTORS;
  f->rows++;
  return BIOBERT_OK;
}

biobert_status biobert_fitting_add_text(biobert_fitting *f, biobert_str text,
                                        biobert_str label, bool integer,
                                        biobert_error *err) {
  const bb_call call = call_of(f);
  biobert_status status = check_kind(f, BB_FIT_WORDS, err);
  if (!status) status = add_label(f, label, integer, err);
  if (!status) status = bb_terms_add_text(&f->terms, text, &call, err);
  if (status) return status;
  f->given = BB_FIT_WORDS;
  f->rows++;
  return BIOBERT_OK;
}

/* Learning --------------------------------------------------------------------------- */

typedef struct learning {
  biobert_fitting *f;
  bb_call call;
  size_t classes, outputs;
  bb_class_part class[BIOBERT_MAX_CLASSES];
  int32_t class_of[BIOBERT_MAX_CLASSES]; /* by number of the label */
  bb_fit_rows rows;
  double *cost;    /* [rows] */
  double *weights; /* [outputs, columns + 1] */
  float *stored;   /* the same, as they are stored */
  char *words;     /* of all classes */
} learning;

static int by_bytes(const void *a, const void *b) {
  const biobert_str x = ((const bb_class_part *)a)->label;
  const biobert_str y = ((const bb_class_part *)b)->label;
  const int order = memcmp(x.data, y.data, x.len < y.len ? x.len : y.len);
  return order != 0 ? order : (x.len > y.len) - (x.len < y.len);
}

/* Texts of integers without leading zeros. */
static int by_value(const void *a, const void *b) {
  const biobert_str x = ((const bb_class_part *)a)->label;
  const biobert_str y = ((const bb_class_part *)b)->label;
  const bool x_below = x.data[0] == '-', y_below = y.data[0] == '-';
  if (x_below != y_below) return y_below - x_below;
  const int order =
      x.len != y.len ? (x.len > y.len) - (x.len < y.len) : memcmp(x.data, y.data, x.len);
  return x_below ? -order : order;
}

static biobert_status refuse_one_class(const learning *l, biobert_error *err) {
  char label[BB_QUOTE_BYTES];
  if (!l->classes) return bb_fail(err, BIOBERT_RANGE, "there are no rows to learn from");
  return bb_fail(err, BIOBERT_RANGE,
                 "all rows have one label, '%s': at least two labels are needed",
                 bb_quote(label, l->class[0].label));
}

/* A row that was refused may have left a label that no other has: it is no class. */
static void find_classes(learning *l) {
  const biobert_fitting *f = l->f;
  int64_t rows[BIOBERT_MAX_CLASSES] = {0};
  for (size_t r = 0; r < f->rows; r++) rows[f->label[r]]++;
  for (uint32_t k = 0; k < f->labels.count; k++)
    if (rows[k])
      l->class[l->classes++] =
          (bb_class_part){.label = bb_piece_list_text(&f->labels, k), .rows = rows[k]};
}

static biobert_status order_classes(learning *l, biobert_error *err) {
  biobert_fitting *f = l->f;
  find_classes(l);
  l->outputs = bb_outputs_of(l->classes);
  if (l->classes < 2) return refuse_one_class(l, err);
  qsort(l->class, l->classes, sizeof *l->class, f->has_text_labels ? by_bytes : by_value);
  for (size_t k = 0; k < l->classes; k++) {
    uint32_t number;
    if (bb_piece_list_find(&f->labels, l->class[k].label, &number))
      l->class_of[number] = (int32_t)k;
  }
  return BIOBERT_OK;
}

/* So many columns of words that the classifier is no larger than it may be. */
static size_t columns_that_fit(const learning *l) {
  return BIOBERT_CLASSIFIER_BYTES / (sizeof(float) * (2 + l->outputs));
}

static biobert_status make_rows(learning *l, biobert_error *err) {
  return l->f->given == BB_FIT_VECTORS
             ? bb_fit_rows_of_vectors(l->f, l->class_of, &l->rows, err)
             : bb_fit_rows_of_texts(l->f, l->class_of, columns_that_fit(l), &l->rows,
                                    err);
}

static biobert_status fit(learning *l, biobert_error *err) {
  const bb_fit_rows *r = &l->rows;
  const biobert_allocator *a = l->call.allocator;
  const size_t parameters = l->outputs * (bb_feature_columns(&r->x) + 1);
  l->cost = bb_alloc(a, r->x.rows, sizeof *l->cost);
  l->weights = bb_alloc(a, parameters, sizeof *l->weights);
  l->stored = bb_alloc(a, parameters, sizeof *l->stored);
  if (!l->cost || !l->weights || !l->stored) return bb_no_memory(err, "a classifier");
  for (size_t i = 0; i < r->x.rows; i++) {
    const double of_class = (double)l->class[r->label[i]].rows;
    const double balance = (double)r->x.rows / ((double)l->classes * of_class);
    l->cost[i] = l->f->options.c * (l->f->options.balance ? balance : 1);
  }
  const bb_linear_problem p = {.x = &r->x,
                               .label = r->label,
                               .cost = l->cost,
                               .loss =
                                   l->outputs == 1 ? &bb_logistic_loss : &bb_softmax_loss,
                               .outputs = l->outputs};
  biobert_status status = bb_linear_fit(&p, &l->call, l->weights, err);
  for (size_t i = 0; !status && i < parameters; i++) l->stored[i] = (float)l->weights[i];
  return status ? status
                : bb_fit_probabilities(&p, l->classes, l->f->options.seed, &l->call,
                                       l->weights, l->class, err);
}

static biobert_status write_blob(learning *l, biobert_error *err) {
  biobert_fitting *f = l->f;
  const bb_classifier_parts parts = {.is_words = f->given == BB_FIT_WORDS,
                                     .integers = !f->has_text_labels,
                                     .classes = l->classes,
                                     .outputs = l->outputs,
                                     .class = l->class,
                                     .columns = bb_feature_columns(&l->rows.x),
                                     .hash = l->rows.hash,
                                     .idf = l->rows.idf,
                                     .weights = l->stored};
  return bb_classifier_write(&parts, l->call.allocator, &f->blob, &f->bytes, err);
}

static void free_learning(learning *l) {
  const biobert_allocator *allocator = l->call.allocator;
  bb_fit_rows_free(&l->rows);
  bb_free(allocator, l->cost);
  bb_free(allocator, l->weights);
  bb_free(allocator, l->stored);
  bb_free(allocator, l->words);
  bb_free(allocator, l);
}

biobert_status biobert_fitting_learn(biobert_fitting *f, const void **blob, size_t *bytes,
                                     biobert_error *err) {
  learning *l = bb_alloc_zeroed(allocator_of(f), 1, sizeof *l);
  if (!l) return bb_no_memory(err, "a classifier");
  l->f = f;
  l->call = call_of(f);
  biobert_status status = order_classes(l, err);
  if (!status) status = make_rows(l, err);
  if (!status) status = fit(l, err);
  if (!status && f->given == BB_FIT_WORDS)
    status = bb_fit_words(&f->terms, &l->rows, l->weights, l->classes, l->class,
                          &l->words, err);
  bb_free(allocator_of(f), f->blob);
  f->blob = NULL;
  if (!status) status = write_blob(l, err);
  free_learning(l);
  *blob = f->blob;
  *bytes = f->bytes;
  return status;
}
