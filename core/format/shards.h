/* shards.h - weights in several files, by a path that ends in .index.json. */
#ifndef BB_SHARDS_H
#define BB_SHARDS_H

#include "format/tensors.h"

biobert_status bb_shards_open(const char *path, bb_weights **out, biobert_error *err);

#endif
