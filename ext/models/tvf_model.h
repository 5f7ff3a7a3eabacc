/* tvf_model.h - table-valued functions that run a model. Their shared value is the
 * connection. */
#ifndef EXT_TVF_MODEL_H
#define EXT_TVF_MODEL_H

#include "models/connection.h"
#include "sql/tvf.h"

/* The session of the model that an optional argument names; the model is held until the
 * scan has ended. */
biobert_status tvf_session(tvf_cursor *c, int argument, biobert_session **session,
                           biobert_error *err);
/* The same for a function that needs a head: arg_model_with_head(). */
biobert_status tvf_head_session(tvf_cursor *c, int argument, biobert_head head,
                                biobert_session **session, biobert_error *err);

/* The model that the rows are made with; after one of the two above. */
named_model *tvf_named_model(const tvf_cursor *c);
const biobert_model_info *tvf_model_info(const tvf_cursor *c);

/* A token's text in the model's vocabulary; SQL NULL for an id that none has. */
biobert_status tvf_result_token(const tvf_cell *cell, int32_t id);

#endif
