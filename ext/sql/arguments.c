/* arguments.c - the rules for arguments. */
#include "sql/arguments.h"

#include <string.h>

#include "sql/numbers.h"

void result_vector(sqlite3_context *context, const float *vector, size_t n) {
  sqlite3_result_blob64(context, vector, n * sizeof *vector, SQLITE_TRANSIENT);
}

bool arg_is_null(sqlite3_value *value) {
  return sqlite3_value_type(value) == SQLITE_NULL;
}

biobert_status arg_text(sqlite3_value *value, int number, biobert_str *out,
                        biobert_error *err) {
  if (sqlite3_value_type(value) == SQLITE_BLOB)
    return result_fail(err, BIOBERT_RANGE,
                       "argument %d is a BLOB of %d bytes, a text was expected", number,
                       sqlite3_value_bytes(value));
  const unsigned char *text = sqlite3_value_text(value);
  if (!text) return result_no_memory(err);
  *out = (biobert_str){(const char *)text, (size_t)sqlite3_value_bytes(value)};
  return BIOBERT_OK;
}

biobert_status arg_name(sqlite3_value *value, int number, const char **out,
                        biobert_error *err) {
  biobert_str text;
  biobert_status status = arg_text(value, number, &text, err);
  if (status) return status;
  if (memchr(text.data, '\0', text.len))
    return result_fail(err, BIOBERT_RANGE, "argument %d has a NUL character in it",
                       number);
  *out = text.data;
  return BIOBERT_OK;
}

/* What a message shows of a value; NULL: no memory. */
static const char *shown_value(sqlite3_value *value, const char **quote) {
  bool blob = sqlite3_value_type(value) == SQLITE_BLOB;
  *quote = blob ? "" : "'";
  return blob ? "a BLOB" : (const char *)sqlite3_value_text(value);
}

biobert_status arg_real(sqlite3_value *value, int number, const char *what, double min,
                        double max, double *out, biobert_error *err) {
  if (!values_are_readable(1, &value)) return result_no_memory(err);
  int type = number_type(value);
  double given = sqlite3_value_double(value);
  if ((type == SQLITE_INTEGER || type == SQLITE_FLOAT) && given >= min && given <= max) {
    *out = given;
    return BIOBERT_OK;
  }
  const char *quote, *shown = shown_value(value, &quote);
  if (!shown) return result_no_memory(err);
  return result_fail(err, BIOBERT_RANGE,
                     "argument %d (%s) is %s%.*s%s: a number from %g to %g was expected",
                     number, what, quote, ARG_SHOWN_BYTES, shown, quote, min, max);
}

biobert_status arg_whole(sqlite3_value *value, int number, const char *what, int64_t min,
                         int64_t max, int64_t *out, biobert_error *err) {
  int64_t given;
  if (!values_are_readable(1, &value)) return result_no_memory(err);
  if (number_whole(value, &given) && given >= min && given <= max) {
    *out = given;
    return BIOBERT_OK;
  }
  const char *quote, *shown = shown_value(value, &quote);
  if (!shown) return result_no_memory(err);
  char range[64];
  if (max == INT64_MAX)
    sqlite3_snprintf(sizeof range, range, "from %lld", (long long)min);
  else
    sqlite3_snprintf(sizeof range, range, "from %lld to %lld", (long long)min,
                     (long long)max);
  return result_fail(err, BIOBERT_RANGE,
                     "argument %d (%s) is %s%.*s%s: a whole number %s was expected",
                     number, what, quote, ARG_SHOWN_BYTES, shown, quote, range);
}

biobert_status arg_vector(sqlite3_value *value, int number, size_t expected,
                          const void **vector, size_t *n, biobert_error *err) {
  if (sqlite3_value_type(value) != SQLITE_BLOB)
    return result_fail(err, BIOBERT_RANGE,
                       "argument %d is no vector: a BLOB of float32 was expected "
                       "(biobert_embed() and biobert_vector() make one)",
                       number);
  size_t bytes = (size_t)sqlite3_value_bytes(value);
  const void *data = sqlite3_value_blob(value); /* a zeroblob() becomes one only here */
  if (bytes && !data) return result_no_memory(err);
  biobert_error why;
  biobert_status status = biobert_vector_check(data, bytes, expected, &why);
  if (status) return result_fail(err, status, "argument %d: %s", number, why.message);
  *vector = data;
  *n = bytes / sizeof(float);
  return BIOBERT_OK;
}
