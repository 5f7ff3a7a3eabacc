/* tvf_classifier.c - biobert_classifier(blob): what a classifier knows of each label. */
#include "biobert_classifier.h"
#include "functions/bodies.h"
#include "sql/allocator.h"

static void close_classifier(tvf_cursor *c) {
  biobert_classifier_close(c->rows);
}

static biobert_status open_classifier(tvf_cursor *c, biobert_error *err) {
  const biobert_analysis_options how = {.allocator = sqlite_allocator};
  biobert_classifier *opened;
  sqlite3_value *value = c->arguments[0];
  if (sqlite3_value_type(value) != SQLITE_BLOB)
    return result_fail(err, BIOBERT_RANGE,
                       "argument 1 is no classifier: a BLOB that biobert_fit() has made "
                       "was expected");
  const size_t bytes = (size_t)sqlite3_value_bytes(value);
  const void *blob = sqlite3_value_blob(value);
  if (bytes && !blob) return result_no_memory(err);
  biobert_status status =
      biobert_classifier_open(blob ? blob : "", bytes, &how, &opened, err);
  if (status) return status;
  c->rows = opened;
  c->count = biobert_classifier_classes(opened);
  return BIOBERT_OK;
}

static biobert_class class_of(const tvf_cell *cell) {
  return biobert_classifier_class(cell->cursor->rows, cell->cursor->row);
}

static biobert_status classifier_label(const tvf_cell *cell) {
  const biobert_class class = class_of(cell);
  return biobert_classifier_has_integers(cell->cursor->rows)
             ? tvf_result_integer(cell, class.integer)
             : tvf_result_str(cell, class.label);
}

static biobert_status classifier_rows(const tvf_cell *cell) {
  return tvf_result_integer(cell, class_of(cell).rows);
}

static biobert_status classifier_bias(const tvf_cell *cell) {
  sqlite3_result_double(cell->context, class_of(cell).bias);
  return BIOBERT_OK;
}

static biobert_status classifier_words(const tvf_cell *cell) {
  if (biobert_classifier_dimension(cell->cursor->rows)) return BIOBERT_OK;
  return tvf_result_str(cell, class_of(cell).words);
}

static const tvf_column classifier_columns[] = {
    {"label",           "", classifier_label, 0},
    {"rows", "INTEGER", classifier_rows, 0},
    {"bias",                 "REAL", classifier_bias, 0},
    {"words",        "TEXT", classifier_words, 0},
    {"blob",                "HIDDEN", NULL, 0},
    {0           },
};

const tvf tvf_classifier = {
    .columns = classifier_columns,
    .required = 1,
    .pure = true,
    .open = open_classifier,
    .close = close_classifier,
};
