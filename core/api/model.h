/* model.h - what is behind biobert_model. */
#ifndef BB_MODEL_H
#define BB_MODEL_H

#include "api/notes.h"
#include "api/options.h"
#include "text/tokenizer.h"

struct biobert_model {
  biobert_model *next; /* in the list of open models */
  size_t owners;       /* under the runtime's lock */
  char *path;          /* absolute, links resolved */
  bb_options options;
  bb_bert bert;
  bb_tokenizer tokenizer;
  bb_pipeline pipeline;
  size_t max_tokens;
  char **weight_files; /* absolute paths, in name order: what the hash is of */
  size_t weight_file_count;
  char pooling_text[BB_POOLING_TEXT];
  bb_notes notes;
  biobert_model_info info;
  char sha256[BIOBERT_HASH_CHARS]; /* "" until asked for; under the runtime's lock */
};

/* locate.c: an existing directory as an absolute path, links resolved; a hub id becomes its
 * snapshot in the local Hugging Face cache. The caller frees *out with bb_free(NULL, ...). */
biobert_status bb_locate_model(biobert_str path, char **out, biobert_error *err);

/* $name, or $HOME/fallback where that is empty; with `below` behind it. NULL: neither is set, or
 * no memory. The caller frees it. */
char *bb_home_path(const char *name, const char *fallback, const char *below);

#endif
