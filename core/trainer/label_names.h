/* label_names.h - labels by name, in the order in which they first appear. */
#ifndef BB_TRAINER_LABEL_NAMES_H
#define BB_TRAINER_LABEL_NAMES_H

#include "biobert.h"

enum { BB_MAX_LABELS = 65536, BB_MAX_LABEL_BYTES = 1000 };

typedef struct bb_label_names {
  char **items;   /* owned */
  size_t *sorted; /* indices of items, by name */
  size_t count, room;
} bb_label_names;

/* SIZE_MAX: not there. */
size_t bb_label_names_find(const bb_label_names *n, biobert_str name);
/* Appends a name that is not there. NOMEM. */
biobert_status bb_label_names_add(bb_label_names *n, biobert_str name,
                                  biobert_error *err);
void bb_label_names_free(bb_label_names *n);

#endif
