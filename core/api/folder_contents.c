/* folder_contents.c */
#include "api/folder_contents.h"

#include "base/mem.h"
#include "base/status.h"
#include "format/json_file.h"

size_t bb_folder_max_tokens(const bb_model_folder *folder) {
  return folder->max_tokens ? folder->max_tokens : folder->config->positions;
}

/* The encoder's files may be in a folder of their own, sentence-transformers' are not. */
static char *path_in_source(const biobert_model *source, const char *name, bool encoder) {
  const char *below =
      encoder && source->pipeline.transformer ? source->pipeline.transformer : "";
  char *folder = bb_path_join(bb_str(source->directory), bb_str(below));
  char *path = folder ? bb_path_join(bb_str(folder), bb_str(name)) : NULL;
  bb_free(NULL, folder);
  return path;
}

biobert_status bb_folder_source_json(const bb_model_folder *folder, const char *name,
                                     bb_json **out, biobert_error *err) {
  *out = NULL;
  if (!folder->source || !folder->source->directory) return BIOBERT_OK;
  const bool encoder = strcmp(name, "config_sentence_transformers.json") != 0;
  char *path = path_in_source(folder->source, name, encoder);
  if (!path) return bb_no_memory(err, name);
  biobert_status status = BIOBERT_OK;
  if (bb_path_exists(path)) status = bb_json_read_file(path, out, err);
  bb_free(NULL, path);
  if (status)
    return status == BIOBERT_NOMEM || status == BIOBERT_INTERRUPTED ? status : BIOBERT_OK;
  if (*out && bb_json_kind_of(bb_json_root(*out)) != BB_JSON_OBJECT) {
    bb_json_free(*out);
    *out = NULL;
  }
  return BIOBERT_OK;
}
