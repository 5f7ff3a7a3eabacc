/* labels.h - the labels of a classifier, and what B-, I- and their relatives say. */
#ifndef BB_LABELS_H
#define BB_LABELS_H

#include "format/json.h"

/* The place of a labelled word in its entity. */
typedef enum bb_part {
  BB_PART_INSIDE, /* I-, and a label without a scheme: goes on with the word before */
  BB_PART_BEGIN,  /* B- */
  BB_PART_LAST,   /* L- of BILOU, E- of BIOES: inside, and nothing follows */
  BB_PART_SINGLE, /* U- of BILOU, S- of BIOES, W-: both */
} bb_part;

typedef struct bb_label {
  biobert_str name; /* "B-Disease" */
  biobert_str tag;  /* "Disease" */
  bb_part part;
} bb_label;

typedef struct bb_labels {
  bb_json *json; /* what the views are into */
  bb_label *items;
  size_t count;
} bb_labels;

/* array: JSON array of names (bb_bert_config.labels). `what` names it in messages. */
biobert_status bb_labels_read(const char *array, const char *what, bb_labels *out,
                              biobert_error *err);
void bb_labels_free(bb_labels *labels); /* frees the members, not the struct */

/* "O": no entity. */
bool bb_label_is_outside(const bb_label *label);
/* True when a word labelled `next`, directly after one labelled `label`, belongs to the
 * same entity: the tags are equal and nothing begins or has ended in between. */
bool bb_label_joins(const bb_label *label, const bb_label *next);

#endif
