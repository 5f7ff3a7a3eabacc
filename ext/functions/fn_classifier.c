/* fn_classifier.c - biobert_predict(classifier, x [, label]). */
#include <string.h>

#include "biobert_classifier.h"
#include "functions/bodies.h"
#include "sql/numbers.h"

enum { CLASSIFIER, X, LABEL };

static biobert_status find_classifier(connection *c, sqlite3_value *value,
                                      const biobert_classifier **out,
                                      biobert_error *err) {
  if (sqlite3_value_type(value) != SQLITE_BLOB)
    return result_fail(err, BIOBERT_RANGE,
                       "argument 1 is no classifier: a BLOB that biobert_fit() has made "
                       "was expected");
  const size_t bytes = (size_t)sqlite3_value_bytes(value);
  const void *blob = sqlite3_value_blob(value);
  if (bytes && !blob) return result_no_memory(err);
  return kept_classifier_get(connection_kept_classifier(c), blob ? blob : "", bytes, out,
                             err);
}

/* probability: [classes] */
static biobert_status predict(const biobert_classifier *c, sqlite3_value *x,
                              double *probability, biobert_error *err) {
  if (sqlite3_value_type(x) == SQLITE_BLOB) {
    const void *vector;
    size_t n;
    biobert_status status = arg_vector(x, X + 1, 0, &vector, &n, err);
    return status
               ? status
               : biobert_classifier_predict_vector(c, vector, n, NULL, probability, err);
  }
  biobert_str text;
  biobert_status status = arg_text(x, X + 1, &text, err);
  return status ? status
                : biobert_classifier_predict_text(c, text, NULL, probability, err);
}

/* The text of a label; 1.0 is the label 1. */
static biobert_status find_label(const biobert_classifier *c, sqlite3_value *value,
                                 size_t *out, biobert_error *err) {
  char buffer[24];
  int64_t number;
  biobert_str label;
  if (sqlite3_value_type(value) == SQLITE_FLOAT && number_whole(value, &number)) {
    sqlite3_snprintf(sizeof buffer, buffer, "%lld", (sqlite3_int64)number);
    label = (biobert_str){buffer, strlen(buffer)};
  } else {
    biobert_status status = arg_text(value, LABEL + 1, &label, err);
    if (status) return status;
  }
  *out = biobert_classifier_find(c, label);
  if (*out != SIZE_MAX) return BIOBERT_OK;
  return result_fail(err, BIOBERT_RANGE,
                     "the classifier has no label '%.*s': SELECT label FROM "
                     "biobert_classifier(...) lists them",
                     label.len < ARG_SHOWN_BYTES ? (int)label.len : ARG_SHOWN_BYTES,
                     label.data);
}

static void result_label(sqlite3_context *context, const biobert_classifier *c,
                         const double *probability) {
  size_t best = 0;
  for (size_t i = 1; i < biobert_classifier_classes(c); i++)
    if (probability[i] > probability[best]) best = i;
  const biobert_class class = biobert_classifier_class(c, best);
  if (biobert_classifier_has_integers(c))
    sqlite3_result_int64(context, class.integer);
  else
    sqlite3_result_text64(context, class.label.data, class.label.len, SQLITE_TRANSIENT,
                          SQLITE_UTF8);
}

biobert_status fn_predict(sqlite3_context *context, const call *c, int argc,
                          sqlite3_value **argv, biobert_error *err) {
  if (arg_is_null(argv[CLASSIFIER]) || arg_is_null(argv[X])) return BIOBERT_OK;
  const biobert_classifier *classifier;
  size_t label = SIZE_MAX;
  biobert_status status =
      find_classifier(c->connection, argv[CLASSIFIER], &classifier, err);
  if (!status && argc > LABEL && !arg_is_null(argv[LABEL]))
    status = find_label(classifier, argv[LABEL], &label, err);
  if (status) return status;
  double *probability =
      sqlite3_malloc64(biobert_classifier_classes(classifier) * sizeof *probability);
  if (!probability) return result_no_memory(err);
  status = predict(classifier, argv[X], probability, err);
  if (!status && label != SIZE_MAX)
    sqlite3_result_double(context, probability[label]);
  else if (!status)
    result_label(context, classifier, probability);
  sqlite3_free(probability);
  return status;
}
