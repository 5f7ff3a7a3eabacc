/* tensorflow_names.h - what the variables of Google's BERT are called here. */
#ifndef BB_TENSORFLOW_NAMES_H
#define BB_TENSORFLOW_NAMES_H

#include "format/tensors.h"

/* False: no weight (a slot of an optimizer, a counter). *turned: it is stored [in, out].
 */
bool bb_tensorflow_name(biobert_str variable, char out[BB_MAX_TENSOR_NAME + 1],
                        bool *turned);

#endif
