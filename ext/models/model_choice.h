/* model_choice.h - which model serves a function. */
#ifndef EXT_MODEL_CHOICE_H
#define EXT_MODEL_CHOICE_H

#include "models/connection.h"
#include "sql/arguments.h"

/* The model that the last, optional argument names; value NULL or SQL NULL: the default.
 * Borrowed until the next call on the connection. */
biobert_status arg_model(connection *c, sqlite3_value *value, int number,
                         named_model **out, biobert_error *err);

/* The same, if it has the head. Without a name: the default if it has it, else the only
 * loaded model that has it; where there is none, or more than one, the error says what to
 * do. */
biobert_status arg_model_with_head(connection *c, sqlite3_value *value, int number,
                                   biobert_head head, named_model **out,
                                   biobert_error *err);

#endif
