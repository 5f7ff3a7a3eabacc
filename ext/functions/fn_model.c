/* fn_model.c - loading, settings, versions. */
#include <string.h>

#include "functions/bodies.h"
#include "sql/numbers.h"

static biobert_status refuse_if_locked(biobert_error *err) {
  if (!biobert_is_locked()) return BIOBERT_OK;
  return result_fail(err, BIOBERT_RANGE,
                     "refused: biobert_config('locked', 1) was set in this process");
}

biobert_status fn_load(sqlite3_context *context, const call *c, int argc,
                       sqlite3_value **argv, biobert_error *err) {
  if (arg_is_null(argv[0])) return BIOBERT_OK;
  biobert_str path, options = {NULL, 0};
  const char *name = "default";
  biobert_status status = refuse_if_locked(err);
  if (!status) status = arg_text(argv[0], 1, &path, err);
  if (!status && argc > 1 && !arg_is_null(argv[1]))
    status = arg_name(argv[1], 2, &name, err);
  if (!status && argc > 2 && !arg_is_null(argv[2]))
    status = arg_text(argv[2], 3, &options, err);
  if (!status) status = connection_load_model(c->connection, path, name, options, err);
  if (!status) sqlite3_result_text(context, name, -1, SQLITE_TRANSIENT);
  return status;
}

biobert_status fn_unload(sqlite3_context *context, const call *c, int argc,
                         sqlite3_value **argv, biobert_error *err) {
  (void)argc;
  if (arg_is_null(argv[0])) return BIOBERT_OK;
  const char *name;
  biobert_status status = refuse_if_locked(err);
  if (!status) status = arg_name(argv[0], 1, &name, err);
  if (!status) sqlite3_result_int(context, connection_unload_model(c->connection, name));
  return status;
}

/* A value of digits is a number. */
static void result_setting(sqlite3_context *context, const char *value) {
  size_t digits = strspn(value, "0123456789");
  if (digits == 0 || value[digits]) {
    sqlite3_result_text(context, value, -1, SQLITE_TRANSIENT);
    return;
  }
  sqlite3_int64 number = 0;
  for (size_t i = 0; i < digits; i++) number = number * 10 + (value[i] - '0');
  sqlite3_result_int64(context, number);
}

enum { INTEGER_CHARS = sizeof "-9223372036854775808" };

/* A setting is set by a text: an integer is written as one, whichever way it was given.
 */
static biobert_status setting_text(sqlite3_value *value, char digits[INTEGER_CHARS],
                                   biobert_str *out, biobert_error *err) {
  int64_t whole;
  if (!values_are_readable(1, &value))
    return result_fail(err, BIOBERT_NOMEM, "out of memory");
  if (!number_whole(value, &whole)) return arg_text(value, 2, out, err);
  sqlite3_snprintf(INTEGER_CHARS, digits, "%lld", (long long)whole);
  *out = (biobert_str){digits, strlen(digits)};
  return BIOBERT_OK;
}

biobert_status fn_config(sqlite3_context *context, const call *c, int argc,
                         sqlite3_value **argv, biobert_error *err) {
  (void)c;
  if (arg_is_null(argv[0])) return BIOBERT_OK;
  biobert_str key, given;
  char value[64], digits[INTEGER_CHARS];
  biobert_status status = arg_text(argv[0], 1, &key, err);
  if (!status) status = biobert_setting_get(key, value, err);
  if (!status && argc > 1 && !arg_is_null(argv[1])) {
    status = setting_text(argv[1], digits, &given, err);
    /* What is in force already is no change: each connection of a server may lock. */
    bool same = !status && strlen(value) == given.len &&
                memcmp(value, given.data, given.len) == 0;
    if (!status && !same) status = refuse_if_locked(err);
    if (!status && !same) status = biobert_setting_set(key, given, err);
    if (!status && !same) status = biobert_setting_get(key, value, err);
  }
  if (!status) result_setting(context, value);
  return status;
}

biobert_status fn_version(sqlite3_context *context, const call *c, int argc,
                          sqlite3_value **argv, biobert_error *err) {
  (void)c;
  (void)argc;
  (void)argv;
  (void)err;
  sqlite3_result_text(context, BIOBERT_VERSION, -1, SQLITE_STATIC);
  return BIOBERT_OK;
}

biobert_status fn_build(sqlite3_context *context, const call *c, int argc,
                        sqlite3_value **argv, biobert_error *err) {
  (void)c;
  (void)argc;
  (void)argv;
  char *json;
  biobert_status status = biobert_build_info(&json, err);
  if (status) return status;
  /* SQLite's version is only known here: core does not know of it. */
  size_t bytes = strlen(json);
  char *whole = sqlite3_mprintf("%.*s,\"sqlite\":\"%s\"}", (int)bytes - 1, json,
                                sqlite3_libversion());
  biobert_free(json);
  if (!whole) return result_no_memory(err);
  sqlite3_result_text(context, whole, -1, sqlite3_free);
  return BIOBERT_OK;
}
