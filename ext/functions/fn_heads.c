/* fn_heads.c - biobert_rerank(query, text [, model]). */
#include "functions/bodies.h"
#include "models/model_choice.h"

biobert_status fn_rerank(sqlite3_context *context, const call *c, int argc,
                         sqlite3_value **argv, biobert_error *err) {
  if (arg_is_null(argv[0]) || arg_is_null(argv[1])) return BIOBERT_OK;
  named_model *m;
  biobert_str query, text;
  double score;
  biobert_status status = arg_model_with_head(c->connection, argc > 2 ? argv[2] : NULL, 3,
                                              BIOBERT_HEAD_RERANK, &m, err);
  if (!status) status = arg_text(argv[0], 1, &query, err);
  if (!status) status = arg_text(argv[1], 2, &text, err);
  if (!status) status = named_model_rerank(m, query, text, &score, err);
  if (!status) sqlite3_result_double(context, score);
  return status;
}
