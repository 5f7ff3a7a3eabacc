/* fn_text.c - tokens as numbers, and sequences. */
#include <string.h>

#include "functions/bodies.h"

static biobert_status text_and_session(const call *c, int argc, sqlite3_value **argv,
                                       biobert_str *text, biobert_session **session,
                                       biobert_error *err) {
  named_model *m;
  biobert_status status = arg_model(c->connection, argc > 1 ? argv[1] : NULL, 2, &m, err);
  if (!status) status = arg_text(argv[0], 1, text, err);
  if (!status) status = named_model_session(m, session, err);
  return status;
}

static bool count_token(void *ctx, const biobert_token *token) {
  (void)token;
  ++*(sqlite3_int64 *)ctx;
  return true;
}

biobert_status fn_token_count(sqlite3_context *context, const call *c, int argc,
                              sqlite3_value **argv, biobert_error *err) {
  if (arg_is_null(argv[0])) return BIOBERT_OK;
  biobert_str text;
  biobert_session *session;
  sqlite3_int64 count = 0;
  biobert_status status = text_and_session(c, argc, argv, &text, &session, err);
  if (!status) status = biobert_tokenize(session, text, count_token, &count, err);
  if (!status) sqlite3_result_int64(context, count);
  return status;
}

static bool append_id(void *ctx, const biobert_token *token) {
  sqlite3_str *out = ctx;
  sqlite3_str_appendf(out, "%s%d", sqlite3_str_length(out) > 1 ? "," : "", token->id);
  return sqlite3_str_errcode(out) == SQLITE_OK;
}

biobert_status fn_tokenize(sqlite3_context *context, const call *c, int argc,
                           sqlite3_value **argv, biobert_error *err) {
  if (arg_is_null(argv[0])) return BIOBERT_OK;
  biobert_str text;
  biobert_session *session;
  biobert_status status = text_and_session(c, argc, argv, &text, &session, err);
  if (status) return status;
  sqlite3_str *out = sqlite3_str_new(sqlite3_context_db_handle(context));
  sqlite3_str_appendchar(out, 1, '[');
  status = biobert_tokenize(session, text, append_id, out, err);
  sqlite3_str_appendchar(out, 1, ']');
  int rc = sqlite3_str_errcode(out);
  char *json = sqlite3_str_finish(out);
  if (!status && rc == SQLITE_TOOBIG)
    sqlite3_result_error_toobig(context);
  else if (!status && (rc || !json))
    status = result_no_memory(err);
  else if (!status)
    sqlite3_result_text(context, json, -1, SQLITE_TRANSIENT);
  sqlite3_free(json);
  return status;
}

biobert_status fn_detokenize(sqlite3_context *context, const call *c, int argc,
                             sqlite3_value **argv, biobert_error *err) {
  if (arg_is_null(argv[0])) return BIOBERT_OK;
  biobert_str json;
  biobert_session *session;
  int32_t *ids = NULL;
  char *text = NULL;
  size_t count = 0, bytes = 0;
  biobert_status status = text_and_session(c, argc, argv, &json, &session, err);
  if (!status) status = biobert_ids_parse(json, &ids, &count, err);
  if (!status) status = biobert_detokenize(session, ids, count, &text, &bytes, err);
  if (!status) {
    sqlite3_result_text64(context, text, bytes, SQLITE_TRANSIENT, SQLITE_UTF8);
    biobert_session_release(session, text);
  }
  biobert_free(ids);
  return status;
}

/* Sequences -------------------------------------------------------------------------- */

/* A result of `bytes` bytes that `write` fills; too long for SQLite is SQLite's own
 * error. */
static biobert_status sequence_result(sqlite3_context *context, biobert_str sequence,
                                      size_t k, size_t bytes, biobert_error *err) {
  sqlite3 *db = sqlite3_context_db_handle(context);
  if (bytes > (size_t)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, -1)) {
    sqlite3_result_error_toobig(context);
    return BIOBERT_OK;
  }
  char *text = sqlite3_malloc64(bytes + 1);
  if (!text) return result_no_memory(err);
  if (k)
    biobert_kmers(sequence, k, text);
  else
    biobert_residues(sequence, text);
  sqlite3_result_text64(context, text, bytes, sqlite3_free, SQLITE_UTF8);
  return BIOBERT_OK;
}

biobert_status fn_kmers(sqlite3_context *context, const call *c, int argc,
                        sqlite3_value **argv, biobert_error *err) {
  (void)c;
  (void)argc;
  if (arg_is_null(argv[0]) || arg_is_null(argv[1])) return BIOBERT_OK;
  biobert_str sequence;
  int64_t k;
  biobert_status status = arg_text(argv[0], 1, &sequence, err);
  if (!status) status = arg_whole(argv[1], 2, "k", 1, INT64_MAX, &k, err);
  if (status) return status;
  /* No text has that many letters; and k of them are walked before that is found. */
  if ((uint64_t)k > sequence.len) k = (int64_t)sequence.len + 1;
  return sequence_result(context, sequence, (size_t)k,
                         biobert_kmers(sequence, (size_t)k, NULL), err);
}

biobert_status fn_residues(sqlite3_context *context, const call *c, int argc,
                           sqlite3_value **argv, biobert_error *err) {
  (void)c;
  (void)argc;
  if (arg_is_null(argv[0])) return BIOBERT_OK;
  biobert_str sequence;
  biobert_status status = arg_text(argv[0], 1, &sequence, err);
  if (status) return status;
  return sequence_result(context, sequence, 0, biobert_residues(sequence, NULL), err);
}
