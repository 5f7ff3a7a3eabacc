/* head_choice.h - which model serves a function that needs a head. */
#ifndef EXT_HEAD_CHOICE_H
#define EXT_HEAD_CHOICE_H

#include "models/result.h"

/* The model that the last, optional argument names, if it has the head. Without a name:
 * the default if it has it, else the only loaded model that has it; where there is none,
 * or more than one, the error says what to do. */
biobert_status arg_model_with_head(const call *c, sqlite3_value *value, int number,
                                   biobert_head head, named_model **out,
                                   biobert_error *err);

#endif
