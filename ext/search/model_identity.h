/* model_identity.h - whose vectors a table has (model_identity.c). */
#ifndef EXT_MODEL_IDENTITY_H
#define EXT_MODEL_IDENTITY_H

#include "search/search_table.h"

/* The model of the index, checked against the recorded fingerprint; records it if
 * `record`. Messages say what differs and the way out. */
biobert_status table_model(index_table *t, bool record, named_model **out,
                           biobert_error *err);

#endif
