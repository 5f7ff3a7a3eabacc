/* model_load.h - a model from its files. */
#ifndef BB_MODEL_LOAD_H
#define BB_MODEL_LOAD_H

#include "api/locate.h"
#include "api/model.h"

/* Takes location and options over, also on failure. The model has one owner. */
biobert_status bb_model_load(bb_location *location, bb_options *options,
                             biobert_model **out, biobert_error *err);
void bb_model_free(biobert_model *m); /* NULL: nothing */

#endif
