/* new_model.h - a model that has learnt nothing: options.config as a folder. */
#ifndef BB_TRAINER_NEW_MODEL_H
#define BB_TRAINER_NEW_MODEL_H

#include "biobert.h"

/* Writes the folder `path`, of random weights. config: a JSON object of layers, hidden,
 * heads, intermediate, vocabulary (the text of a vocab.txt), positions (512), dropout
 * (0.1), lowercase (true). RANGE: an unknown key or a bad value. */
biobert_status bb_new_model_write(const char *config, uint64_t seed, const char *path,
                                  biobert_error *err);

#endif
