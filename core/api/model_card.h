/* model_card.h - the README.md of a trained model: what was trained on what. */
#ifndef BB_MODEL_CARD_H
#define BB_MODEL_CARD_H

#include "biobert.h"

/* Everything is borrowed, and may hold any bytes: it is quoted so that neither YAML nor
 * Markdown reads it. NULL, {NULL, 0} and 0: not said, the card has no such line. */
typedef struct bb_model_card {
  const char *base_model, *fingerprint; /* what training began with; NULL: a new model */
  const char *task;                     /* biobert_train's word: "classify", ... */
  biobert_str query, evaluate, options; /* its arguments: SELECTs, JSON */
  size_t rows, evaluation_rows, steps;
  const char *metric;   /* "macro-F1" */
  double before, after; /* of the metric; NaN: was not measured */
  const char *date;     /* "2026-03-01" */
} bb_model_card;

#endif
