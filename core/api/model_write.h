/* model_write.h - a trained model as a folder that transformers, sentence-transformers
 * and biobert_model_open() open.
 *
 *   bb_model_folder folder = {.kind = BB_FOLDER_TEXTS, .source = model, ...};
 *   status = bb_model_folder_check(&folder, path, err);     before training: it can be
 *   ... train ...
 *   status = bb_model_folder_write(&folder, path, err);     whole, or not there
 *
 * Written are: config.json, model.safetensors (float32), tokenizer.json,
 * tokenizer_config.json, vocab.txt where the vocabulary is one, README.md, and what
 * sentence-transformers wants beside them. */
#ifndef BB_MODEL_WRITE_H
#define BB_MODEL_WRITE_H

#include "api/folder_contents.h"

/* What can be known before training. RANGE: there is something of that name, or another
 * process is writing it; IO: no folder can be made there; UNSUPPORTED:
 * sentence-transformers has no name for the pooling or an activation. Weights, heads and
 * card are not looked at and may be NULL. */
biobert_status bb_model_folder_check(const bb_model_folder *folder, const char *path,
                                     biobert_error *err);

/* The folder gets its name when all of it is on disk. Until then it is beside it, under
 * the name "<path>.biobert-partial": what is left there by a process that was killed is
 * replaced by the next run. RANGE, IO, UNSUPPORTED as above, NOMEM, INTERRUPTED
 * (base/stop.h): nothing is left. RANGE also: the kind's head or pooler is missing. */
biobert_status bb_model_folder_write(const bb_model_folder *folder, const char *path,
                                     biobert_error *err);

#endif
