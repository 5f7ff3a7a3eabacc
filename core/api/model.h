/* model.h - what is behind biobert_model. */
#ifndef BB_MODEL_H
#define BB_MODEL_H

#include <limits.h>

#include "api/notes.h"
#include "api/options.h"
#include "model/heads.h"
#include "text/tokenizer.h"

struct biobert_model {
  biobert_model *next; /* in the list of open models */
  size_t owners;       /* under the runtime's lock */
  char *path;          /* absolute, links resolved */
  char *directory;     /* as in bb_location */
  char *named_weights;
  bb_options options;
  bb_bert bert;
  bb_heads heads;
  bb_tokenizer tokenizer;
  bb_pipeline pipeline;
  size_t max_tokens;
  char **weight_files; /* absolute paths, in name order: what the hash is of */
  size_t weight_file_count;
  char pooling_text[BB_POOLING_TEXT];
  bb_notes notes;
  biobert_model_info info;
  char sha256[BIOBERT_HASH_CHARS];      /* "" until asked for; under the runtime's lock */
  char fingerprint[BIOBERT_HASH_CHARS]; /* the same */
};

/* What a path leads to. */
typedef struct bb_location {
  char *path;      /* absolute, links resolved: what the model is known by */
  char *directory; /* with configuration and vocabulary; NULL: the file brings them (GGUF)
                    */
  char *weights;   /* the file or the checkpoint's index that was named; NULL: a directory
                      was */
} bb_location;

/* locate.c: a directory, a file of weights in one, a TensorFlow checkpoint by its prefix,
 * a GGUF file; a hub id becomes its snapshot in the local Hugging Face cache. Free with
 * bb_location_free(). */
biobert_status bb_locate_model(biobert_str path, bb_location *out, biobert_error *err);
void bb_location_free(bb_location *location); /* what it owns */

/* $name, or $HOME/fallback where that is empty; with `below` behind it. False: neither is
 * set. */
bool bb_home_path(const char *name, const char *fallback, const char *below,
                  char out[PATH_MAX]);

#endif
