/* result.c - the rules for arguments, and errors. */
#include "models/result.h"

#include <stdarg.h>
#include <string.h>

#include "sql/numbers.h"

enum { SHOWN_BYTES = 32 };

static const int sqlite_codes[] = {
    [BIOBERT_OK] = SQLITE_OK,
    [BIOBERT_NOMEM] = SQLITE_NOMEM,
    [BIOBERT_IO] = SQLITE_CANTOPEN,
    [BIOBERT_FORMAT] = SQLITE_ERROR,
    [BIOBERT_RANGE] = SQLITE_ERROR,
    [BIOBERT_UNSUPPORTED] = SQLITE_ERROR,
    [BIOBERT_INTERRUPTED] = SQLITE_INTERRUPT,
};

biobert_status result_fail(biobert_error *err, biobert_status status, const char *format,
                           ...) {
  va_list args;
  va_start(args, format);
  sqlite3_vsnprintf((int)sizeof err->message, err->message, format, args);
  va_end(args);
  err->status = status;
  return status;
}

void result_error(sqlite3_context *context, const call *c, const biobert_error *err) {
  if (err->status == BIOBERT_NOMEM) {
    sqlite3_result_error_nomem(context);
    return;
  }
  if (err->status == BIOBERT_INTERRUPTED) {
    sqlite3_result_error_code(context, SQLITE_INTERRUPT);
    return;
  }
  char *message = sqlite3_mprintf("%s: %s", c->name, err->message);
  if (!message) {
    sqlite3_result_error_nomem(context);
    return;
  }
  sqlite3_result_error(context, message, -1);
  sqlite3_result_error_code(context, sqlite_codes[err->status]);
  sqlite3_free(message);
}

int result_table_error(char **message, const call *c, const biobert_error *err) {
  if (err->status != BIOBERT_NOMEM && err->status != BIOBERT_INTERRUPTED) {
    sqlite3_free(*message);
    *message = sqlite3_mprintf("%s: %s", c->name, err->message);
  }
  return sqlite_codes[err->status];
}

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
  if (!text) return result_fail(err, BIOBERT_NOMEM, "out of memory");
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

biobert_status arg_whole(sqlite3_value *value, int number, const char *what,
                         int64_t least, int64_t most, int64_t *out, biobert_error *err) {
  int64_t given;
  if (number_whole(value, &given) && given >= least && given <= most) {
    *out = given;
    return BIOBERT_OK;
  }
  bool blob = sqlite3_value_type(value) == SQLITE_BLOB;
  const char *shown = blob ? "a BLOB" : (const char *)sqlite3_value_text(value);
  if (!shown) return result_fail(err, BIOBERT_NOMEM, "out of memory");
  const char *quote = blob ? "" : "'";
  char range[64];
  if (most == INT64_MAX)
    sqlite3_snprintf(sizeof range, range, "from %lld", (long long)least);
  else
    sqlite3_snprintf(sizeof range, range, "from %lld to %lld", (long long)least,
                     (long long)most);
  return result_fail(err, BIOBERT_RANGE,
                     "argument %d (%s) is %s%.*s%s: a whole number %s was expected",
                     number, what, quote, SHOWN_BYTES, shown, quote, range);
}

biobert_status arg_vector(sqlite3_value *value, int number, size_t expected,
                          const void **vector, size_t *n, biobert_error *err) {
  if (sqlite3_value_type(value) != SQLITE_BLOB)
    return result_fail(err, BIOBERT_RANGE,
                       "argument %d is no vector: a BLOB of float32 was expected "
                       "(biobert_embed() and biobert_vector() make one)",
                       number);
  size_t bytes = (size_t)sqlite3_value_bytes(value);
  const void *data = sqlite3_value_blob(value);
  biobert_error why;
  biobert_status status = biobert_vector_check(data, bytes, expected, &why);
  if (status) return result_fail(err, status, "argument %d: %s", number, why.message);
  *vector = data;
  *n = bytes / sizeof(float);
  return BIOBERT_OK;
}

/* "title, journal": the commonest mistake is to pass a second column where a name
 * belongs. */
static biobert_status explain_name(const registry *r, int number, const char *name,
                                   biobert_error *err) {
  static const char *const ordinals[] = {"",      "first",  "second",
                                         "third", "fourth", "fifth"};
  char reason[sizeof err->message];
  sqlite3_snprintf(sizeof reason, reason, "%s", err->message);
  if (strlen(name) > SHOWN_BYTES || strchr(name, ' '))
    return result_fail(
        err, BIOBERT_RANGE,
        "%s: the %s argument is a model's name; for two columns embed title "
        "|| '. ' || abstract",
        reason, ordinals[number]);
  char *list = NULL;
  for (size_t i = 0; i < registry_count(r); i++) {
    char *longer = sqlite3_mprintf("%z%s%s", list, i ? ", " : "",
                                   named_model_name(registry_at(r, i)));
    list = longer;
  }
  result_fail(
      err, BIOBERT_RANGE,
      "%s: the %s argument is a model's name; loaded are: %s; for two columns embed "
      "title || '. ' || abstract",
      reason, ordinals[number], list ? list : "none");
  sqlite3_free(list);
  return BIOBERT_RANGE;
}

biobert_status arg_model(const call *c, sqlite3_value *value, int number,
                         named_model **out, biobert_error *err) {
  const char *name = NULL;
  if (value && !arg_is_null(value)) {
    biobert_status status = arg_name(value, number, &name, err);
    if (status) return status;
  }
  biobert_status status = registry_find(c->registry, name, out, err);
  if (status && name && strcmp(name, "default") != 0)
    return explain_name(c->registry, number, name, err);
  return status;
}
