/* formats.h - the table of formats: how a file is recognised, and who reads it. */
#ifndef BB_FORMATS_H
#define BB_FORMATS_H

#include "format/readers.h"

typedef struct bb_format {
  const char *name;
  const char *file, *index; /* what a model directory calls it; NULL: no such name */
  const char *within;       /* or any name with this in it, and the suffix; NULL: none */
  const char *suffix;       /* decides where no mark does; NULL: never */
  const char *mark; /* bytes at mark_at; of several that fit, the longest decides */
  size_t mark_at;
  bool when_named; /* is not taken from a directory, only by its own path */
  bb_weights_reader *read;
  const char *refusal; /* instead of read: why not, and what to do */
} bb_format;

/* In order of preference. */
extern const bb_format bb_formats[];
extern const size_t bb_format_count;

/* Opens a file, adds it and reads its tensors. */
biobert_status bb_weights_add_path(bb_weights *w, const char *path, biobert_error *err);

#endif
