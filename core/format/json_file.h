/* json_file.h - a JSON file of a model: read whole, parsed, named in every message. */
#ifndef BB_JSON_FILE_H
#define BB_JSON_FILE_H

#include "format/json.h"

/* A tokenizer.json of a multilingual model is about 10 MB; a million added tokens take
 * 190 MB, as the reference writes them. */
enum { BB_JSON_FILE_MAX_BYTES = 256 * 1024 * 1024 };

/* The caller frees *out with bb_json_free(). */
biobert_status bb_json_read_file(const char *path, bb_json **out, biobert_error *err);

#endif
