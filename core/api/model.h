/* model.h - what is behind biobert_model. */
#ifndef BB_MODEL_H
#define BB_MODEL_H

#include <limits.h>

#include "api/notes.h"
#include "api/options.h"
#include "base/file.h"
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
  bb_encoder_prefix encoder;
  size_t max_tokens, query_tokens; /* of a document, of a query */
  bb_seen_files seen; /* what it was made of: under these stamps it is the same again */
  /* In name order: what the hash is of. Open until the hash is known, so that they can be
   * read when another file has taken their place. */
  bb_file *weight_files;
  size_t weight_file_count;
  char pooling_text[BB_POOLING_TEXT];
  bb_notes notes;
  biobert_model_info info;
  char sha256[BIOBERT_HASH_CHARS];      /* "" until asked for; under the runtime's lock */
  char fingerprint[BIOBERT_HASH_CHARS]; /* the same */
  char first_fingerprints[2][BIOBERT_HASH_CHARS]; /* the same: of f32, of int8 */
};

/* fingerprint.c: takes the files of the weights over from those who read them; looks
 * whether their hash is remembered. The members are freed by bb_identity_free(). */
biobert_status bb_identity_take(biobert_model *m, bb_file *files, size_t count,
                                biobert_error *err);
void bb_identity_recall(biobert_model *m);
void bb_identity_free(biobert_model *m);

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
