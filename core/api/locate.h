/* locate.h - where models lie. */
#ifndef BB_LOCATE_H
#define BB_LOCATE_H

#include "biobert.h"

/* What a path leads to. */
typedef struct bb_location {
  char *path;      /* absolute, links resolved: what the model is known by */
  char *directory; /* with configuration and vocabulary; NULL: the file brings them (GGUF)
                    */
  char *weights;   /* the file or the checkpoint's index that was named; NULL: a directory
                      was */
} bb_location;

/* A directory, a file of weights in one, a TensorFlow checkpoint by its prefix,
 * a GGUF file; a hub id becomes its snapshot in the local Hugging Face cache. Free with
 * bb_location_free(). */
biobert_status bb_locate_model(biobert_str path, bb_location *out, biobert_error *err);
void bb_location_free(bb_location *location); /* the members, not the struct */

#endif
