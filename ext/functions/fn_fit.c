/* fn_fit.c - biobert_fit(x, label [, options]): a classifier of all rows. */
#include <string.h>

#include "biobert_classifier.h"
#include "functions/bodies.h"
#include "sql/allocator.h"
#include "sql/interruption.h"
#include "sql/numbers.h"

static const char fit_name[] = "biobert_fit";

typedef struct fitting {
  biobert_fitting *rows; /* NULL: no row yet */
  interrupt_poll poll;
  char *options; /* of the first row */
  size_t options_len;
  bool failed;
} fitting;

enum { X, LABEL, OPTIONS };

static biobert_status read_options(int argc, sqlite3_value **argv, biobert_str *out,
                                   biobert_error *err) {
  *out = (biobert_str){"", 0};
  if (argc <= OPTIONS || arg_is_null(argv[OPTIONS])) return BIOBERT_OK;
  return arg_text(argv[OPTIONS], OPTIONS + 1, out, err);
}

static biobert_status begin(sqlite3_context *context, fitting *f, biobert_str options,
                            biobert_error *err) {
  f->options = sqlite3_malloc64(options.len + 1);
  if (!f->options) return result_no_memory(err);
  memcpy(f->options, options.data, options.len);
  f->options_len = options.len;
  f->poll.db = sqlite3_context_db_handle(context);
  const biobert_analysis_options how = {sqlite_allocator, poll_interrupt, &f->poll};
  return biobert_fitting_new(options, &how, &f->rows, err);
}

/* Rows are learnt from all at once, in one way. */
static biobert_status compare(const fitting *f, biobert_str options, biobert_error *err) {
  if (options.len == f->options_len && memcmp(options.data, f->options, options.len) == 0)
    return BIOBERT_OK;
  return result_fail(err, BIOBERT_RANGE,
                     "argument 3 (options) is not the same in all rows");
}

enum { INTEGER_TEXT_BYTES = 24 };

/* An integer is known by its text, so that 1 and 1.0 are one label. */
static biobert_status read_label(sqlite3_value *value, char buffer[INTEGER_TEXT_BYTES],
                                 biobert_str *label, bool *integer, biobert_error *err) {
  const int type = sqlite3_value_type(value);
  int64_t number;
  *integer =
      (type == SQLITE_INTEGER || type == SQLITE_FLOAT) && number_whole(value, &number);
  if (!*integer) return arg_text(value, LABEL + 1, label, err);
  sqlite3_snprintf(INTEGER_TEXT_BYTES, buffer, "%lld", (sqlite3_int64)number);
  *label = (biobert_str){buffer, strlen(buffer)};
  return BIOBERT_OK;
}

static biobert_status add_x(const fitting *f, sqlite3_value *x, biobert_str label,
                            bool integer, biobert_error *err) {
  if (sqlite3_value_type(x) == SQLITE_BLOB) {
    const void *vector;
    size_t n;
    biobert_status status = arg_vector(x, X + 1, 0, &vector, &n, err);
    return status ? status
                  : biobert_fitting_add_vector(f->rows, vector, n, label, integer, err);
  }
  biobert_str text;
  biobert_status status = arg_text(x, X + 1, &text, err);
  return status ? status : biobert_fitting_add_text(f->rows, text, label, integer, err);
}

static biobert_status add_row(sqlite3_context *context, fitting *f, int argc,
                              sqlite3_value **argv, biobert_error *err) {
  biobert_str options, label;
  bool integer;
  char buffer[INTEGER_TEXT_BYTES];
  biobert_status status = read_options(argc, argv, &options, err);
  if (!status)
    status = f->rows ? compare(f, options, err) : begin(context, f, options, err);
  if (!status) status = read_label(argv[LABEL], buffer, &label, &integer, err);
  return status ? status : add_x(f, argv[X], label, integer, err);
}

static void fit_step(sqlite3_context *context, int argc, sqlite3_value **argv) {
  if (arg_is_null(argv[X]) || arg_is_null(argv[LABEL])) return;
  fitting *f = sqlite3_aggregate_context(context, sizeof *f);
  if (!f) {
    sqlite3_result_error_nomem(context);
    return;
  }
  biobert_error err;
  if (f->failed || !add_row(context, f, argc, argv, &err)) return;
  f->failed = true;
  result_error(context, fit_name, &err);
}

static void fit_final(sqlite3_context *context) {
  fitting *f = sqlite3_aggregate_context(context, 0);
  if (!f) return;
  const void *blob;
  size_t bytes;
  biobert_error err;
  if (f->failed || !f->rows)
    ;
  else if (biobert_fitting_learn(f->rows, &blob, &bytes, &err))
    result_error(context, fit_name, &err);
  else
    sqlite3_result_blob64(context, blob, bytes, SQLITE_TRANSIENT);
  biobert_fitting_free(f->rows);
  sqlite3_free(f->options);
}

const aggregate aggregate_fit = {fit_step, fit_final, NULL, NULL};
