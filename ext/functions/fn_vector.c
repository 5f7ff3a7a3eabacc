/* fn_vector.c - vectors as BLOBs and as JSON. */
#include <string.h>

#include "functions/bodies.h"

biobert_status fn_vector(sqlite3_context *context, const call *c, int argc,
                         sqlite3_value **argv, biobert_error *err) {
  (void)c;
  (void)argc;
  if (arg_is_null(argv[0])) return BIOBERT_OK;
  biobert_str json;
  float *vector;
  size_t n;
  biobert_status status = arg_text(argv[0], 1, &json, err);
  if (!status) status = biobert_vector_parse(json, &vector, &n, err);
  if (status) return status;
  result_vector(context, vector, n);
  biobert_free(vector);
  return BIOBERT_OK;
}

biobert_status fn_vector_json(sqlite3_context *context, const call *c, int argc,
                              sqlite3_value **argv, biobert_error *err) {
  (void)c;
  (void)argc;
  if (arg_is_null(argv[0])) return BIOBERT_OK;
  const void *vector;
  size_t n, bytes;
  char *json;
  biobert_status status = arg_vector(argv[0], 1, 0, &vector, &n, err);
  if (!status) status = biobert_vector_print(vector, n, &json, &bytes, err);
  if (status) return status;
  sqlite3_result_text64(context, json, bytes, SQLITE_TRANSIENT, SQLITE_UTF8);
  biobert_free(json);
  return BIOBERT_OK;
}

biobert_status fn_dimension(sqlite3_context *context, const call *c, int argc,
                            sqlite3_value **argv, biobert_error *err) {
  (void)c;
  (void)argc;
  if (arg_is_null(argv[0])) return BIOBERT_OK;
  const void *vector;
  size_t n;
  biobert_status status = arg_vector(argv[0], 1, 0, &vector, &n, err);
  if (!status) sqlite3_result_int64(context, (sqlite3_int64)n);
  return status;
}

biobert_status fn_normalize(sqlite3_context *context, const call *c, int argc,
                            sqlite3_value **argv, biobert_error *err) {
  (void)c;
  (void)argc;
  if (arg_is_null(argv[0])) return BIOBERT_OK;
  const void *vector;
  size_t n;
  biobert_status status = arg_vector(argv[0], 1, 0, &vector, &n, err);
  if (status) return status;
  float *result = sqlite3_malloc64(n ? n * sizeof *result : 1);
  if (!result) return result_no_memory(err);
  biobert_vector_normalize(vector, n, result);
  sqlite3_result_blob64(context, result, n * sizeof *result, sqlite3_free);
  return BIOBERT_OK;
}

biobert_status fn_slice(sqlite3_context *context, const call *c, int argc,
                        sqlite3_value **argv, biobert_error *err) {
  (void)c;
  (void)argc;
  for (int i = 0; i < 3; i++)
    if (arg_is_null(argv[i])) return BIOBERT_OK;
  const void *vector;
  size_t n;
  int64_t from, to;
  biobert_status status = arg_vector(argv[0], 1, 0, &vector, &n, err);
  if (!status) status = arg_whole(argv[1], 2, "from", 0, (int64_t)n, &from, err);
  if (!status) status = arg_whole(argv[2], 3, "to", from, (int64_t)n, &to, err);
  if (status) return status;
  /* A zero-length blob, not NULL, for an empty slice. */
  const char *start = vector ? (const char *)vector + 4 * from : "";
  sqlite3_result_blob64(context, start, (sqlite3_uint64)(4 * (to - from)),
                        SQLITE_TRANSIENT);
  return BIOBERT_OK;
}
