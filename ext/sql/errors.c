/* errors.c - status codes and messages, for SQLite. */
#include "sql/errors.h"

#include <stdarg.h>

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

biobert_status result_no_memory(biobert_error *err) {
  return result_fail(err, BIOBERT_NOMEM, "out of memory");
}

biobert_status result_status(int code, biobert_status other) {
  if ((code & 0xFF) == SQLITE_NOMEM) return BIOBERT_NOMEM;
  return (code & 0xFF) == SQLITE_INTERRUPT ? BIOBERT_INTERRUPTED : other;
}

void result_error(sqlite3_context *context, const char *function,
                  const biobert_error *err) {
  if (err->status == BIOBERT_NOMEM) {
    sqlite3_result_error_nomem(context);
    return;
  }
  if (err->status == BIOBERT_INTERRUPTED) {
    sqlite3_result_error_code(context, SQLITE_INTERRUPT);
    return;
  }
  char *message = sqlite3_mprintf("%s: %s", function, err->message);
  if (!message) {
    sqlite3_result_error_nomem(context);
    return;
  }
  sqlite3_result_error(context, message, -1);
  sqlite3_result_error_code(context, sqlite_codes[err->status]);
  sqlite3_free(message);
}

int result_table_error(char **message, const char *function, const biobert_error *err) {
  if (err->status != BIOBERT_NOMEM && err->status != BIOBERT_INTERRUPTED) {
    sqlite3_free(*message);
    *message = sqlite3_mprintf("%s: %s", function, err->message);
    if (!*message) return SQLITE_NOMEM;
  }
  return sqlite_codes[err->status];
}
