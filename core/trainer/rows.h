/* rows.h - the rows of a query to examples: text to tokens, labels to numbers. */
#ifndef BB_TRAINER_ROWS_H
#define BB_TRAINER_ROWS_H

#include "api/input.h"
#include "biobert_train.h"
#include "train/examples.h"
#include "trainer/label_names.h"

/* What a row says, as 128 bits of a hash: equal texts in both sets are found by it. */
typedef struct bb_row_hash {
  uint64_t high, low;
  size_t row; /* from 1 */
} bb_row_hash;

/* Labels of an example of `answer`: first and last token, and where in the sequence the
 * window of the context begins and how many tokens it has. Its token targets are where
 * each token begins in the context; -1: it is none of the context's. */
enum {
  BB_ANSWER_FIRST,
  BB_ANSWER_LAST,
  BB_ANSWER_WINDOW,
  BB_ANSWER_COUNT,
  BB_ANSWER_LABELS
};

/* Labels of an example of `embed`: of each of its sequences the tokens at the beginning
 * that are not pooled, and a number of its text. `distil` has the first alone. */
enum {
  BB_EMBED_LEFT_OUT,
  BB_EMBED_TEXT = BB_MAX_GROUP,
  BB_EMBED_LABELS = 2 * BB_MAX_GROUP
};

/* What is kept of a row of `answer` that is evaluated. */
typedef struct bb_answer_row {
  char *context, *answer; /* owned; answer NULL: there is none */
} bb_answer_row;

/* Labels of a text that may have several: which of them each example has. */
typedef struct bb_label_pair {
  size_t example;
  int32_t label;
} bb_label_pair;

typedef struct bb_row_set {
  const char *name; /* "query", "evaluate" */
  bb_examples examples;
  bb_row_hash *hashes; /* of the rows that were not skipped */
  size_t hash_count, hash_room;
  bb_label_pair *pairs;
  size_t pair_count, pair_room;
  size_t rows, skipped;
  bool keeps_answers;
  bb_answer_row *answers; /* [rows], where they are kept */
  size_t answer_room;
} bb_row_set;

void bb_row_set_free(bb_row_set *set); /* the members, not *set */

typedef struct bb_row_reader {
  biobert_session *session;
  biobert_session *teacher; /* of `distil`; else NULL */
  size_t max_tokens;        /* of a sequence */
  bool whole_words;
  bool labels_are_known; /* no new ones */
  bb_label_names labels;
  enum { BB_LABELS_UNSEEN, BB_LABELS_SINGLE, BB_LABELS_MULTIPLE } label_kind;
  bb_row_set *set; /* that the row goes into */
} bb_row_reader;

/* Adds one row; a NULL that makes it none is counted. */
typedef biobert_status bb_row_fn(bb_row_reader *r, const biobert_value *columns,
                                 size_t count, biobert_error *err);
bb_row_fn bb_row_masked, bb_row_classify, bb_row_regress, bb_row_rerank, bb_row_entities,
    bb_row_answer, bb_row_embed, bb_row_distil;

/* Shared by these -------------------------------------------------------------------- */

/* RANGE, with the row: "query, row 3: ...". */
biobert_status bb_row_fail(const bb_row_reader *r, biobert_error *err, const char *format,
                           ...) __attribute__((format(printf, 3, 4)));
bool bb_row_has_null(const biobert_value *columns, size_t count);
biobert_status bb_row_skip(bb_row_reader *r);
/* A text; column: from 0, for the message. */
biobert_status bb_row_text(const bb_row_reader *r, const biobert_value *columns,
                           size_t column, const char *name, biobert_str *out,
                           biobert_error *err);
/* Remembers what the row says; call it once a row. */
biobert_status bb_row_remember(bb_row_reader *r, const biobert_str *texts, size_t count,
                               biobert_error *err);
/* The session's ids and types as a sequence of the set; token_targets may be NULL. */
biobert_status bb_row_add(bb_row_reader *r, size_t tokens, const int32_t *token_targets,
                          biobert_error *err);
biobert_status bb_row_end(bb_row_reader *r, const int32_t *labels, const float *numbers,
                          biobert_error *err);
/* The number of a label, a new one where it may be. */
biobert_status bb_row_label(bb_row_reader *r, biobert_str name, int32_t *out,
                            biobert_error *err);

#endif
