/* fn_plain.c - text without its markup. */
#include "functions/bodies.h"

biobert_status fn_plain(sqlite3_context *context, const call *c, int argc,
                        sqlite3_value **argv, biobert_error *err) {
  (void)c;
  (void)argc;
  if (arg_is_null(argv[0])) return BIOBERT_OK;
  biobert_str text;
  biobert_status status = arg_text(argv[0], 1, &text, err);
  if (status) return status;
  size_t bytes = biobert_plain(text, NULL);
  if (bytes > (size_t)sqlite3_limit(sqlite3_context_db_handle(context),
                                    SQLITE_LIMIT_LENGTH, -1)) {
    sqlite3_result_error_toobig(context);
    return BIOBERT_OK;
  }
  char *plain = sqlite3_malloc64(bytes + 1);
  if (!plain) return result_no_memory(err);
  biobert_plain(text, plain);
  sqlite3_result_text64(context, plain, bytes, sqlite3_free, SQLITE_UTF8);
  return BIOBERT_OK;
}
