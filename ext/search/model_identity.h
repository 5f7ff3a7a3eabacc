/* model_identity.h - which model made a table's vectors (model_identity.c). */
#ifndef EXT_MODEL_IDENTITY_H
#define EXT_MODEL_IDENTITY_H

#include "search/search_table.h"

/* The model of the table, checked against the recorded fingerprint; records it if
 * `record`. Messages say what differs and the way out. */
biobert_status table_model(index_table *t, bool record, named_model **out,
                           biobert_error *err);

#endif
