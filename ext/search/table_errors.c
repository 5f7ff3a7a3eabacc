/* table_errors.c - an error of a table: SQLite's code, and a message that says what to do.
 */
#include "search/table_errors.h"

#include <stdarg.h>
#include <string.h>

int table_error(index_table *t, int code, const char *format, ...) {
  if (code == SQLITE_NOMEM || code == SQLITE_INTERRUPT) return code;
  va_list args;
  va_start(args, format);
  char *message = sqlite3_vmprintf(format, args);
  va_end(args);
  sqlite3_free(t->base.zErrMsg);
  t->base.zErrMsg = message ? sqlite3_mprintf("%s: %z", t->name, message) : NULL;
  return t->base.zErrMsg ? code : SQLITE_NOMEM;
}

int table_status(index_table *t, const biobert_error *err) {
  /* A message that an inner step has put into the table already is the better one. */
  if (t->base.zErrMsg && strcmp(t->base.zErrMsg, err->message) == 0)
    return err->status == BIOBERT_INTERRUPTED ? SQLITE_INTERRUPT : SQLITE_CORRUPT_VTAB;
  const int code = t->model_code;
  const int made = result_table_error(&t->base.zErrMsg, t->name, err);
  t->model_code = SQLITE_OK;
  return code == SQLITE_OK ? made : code;
}

biobert_status table_fail(index_table *t, int rc, biobert_error *err) {
  biobert_status status = result_status(rc, BIOBERT_FORMAT);
  result_fail(err, status, "%s",
              t->base.zErrMsg ? t->base.zErrMsg : sqlite3_errmsg(t->db));
  sqlite3_free(t->base.zErrMsg);
  t->base.zErrMsg = NULL;
  return status;
}
