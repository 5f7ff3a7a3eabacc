/* tvf_model.c - a model for the rows of a table-valued function. */
#include "models/tvf_model.h"

#include "models/model_choice.h"

static void release_model(void *model) {
  named_model_release(model);
}

static biobert_status hold(tvf_cursor *c, named_model *m, biobert_session **session,
                           biobert_error *err) {
  c->made_with = named_model_share(m);
  c->release = release_model;
  return named_model_session(m, session, err);
}

biobert_status tvf_session(tvf_cursor *c, int argument, biobert_session **session,
                           biobert_error *err) {
  named_model *m;
  biobert_status status =
      arg_model(c->shared, c->arguments[argument], argument + 1, &m, err);
  return status ? status : hold(c, m, session, err);
}

biobert_status tvf_head_session(tvf_cursor *c, int argument, biobert_head head,
                                biobert_session **session, biobert_error *err) {
  named_model *m;
  biobert_status status =
      arg_model_with_head(c->shared, c->arguments[argument], argument + 1, head, &m, err);
  return status ? status : hold(c, m, session, err);
}

named_model *tvf_named_model(const tvf_cursor *c) {
  return c->made_with;
}

const biobert_model_info *tvf_model_info(const tvf_cursor *c) {
  return biobert_model_get_info(named_model_model(c->made_with));
}

biobert_status tvf_result_token(const tvf_cell *cell, int32_t id) {
  return tvf_result_str(
      cell, biobert_token_text(named_model_model(cell->cursor->made_with), id));
}
