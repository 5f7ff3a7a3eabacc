/* model.h - the inside of biobert_model. */
#ifndef BB_MODEL_H
#define BB_MODEL_H

#include "api/notes.h"
#include "api/options.h"
#include "base/file.h"
#include "model/task_heads.h"
#include "text/tokenizer.h"

struct biobert_model {
  biobert_model *next; /* in the list of open models */
  size_t owners;       /* under the runtime's lock */
  char *path;          /* absolute, links resolved */
  char *directory;     /* as in bb_location */
  char *named_weights;
  bb_options options;
  bb_bert bert;
  bb_task_heads heads;
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

#endif
