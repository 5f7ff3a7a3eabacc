/* tasks.h - what differs between the tasks, a row each. */
#ifndef BB_TRAINER_TASKS_H
#define BB_TRAINER_TASKS_H

#include "api/model_write.h"
#include "trainer/evaluate.h"
#include "trainer/part.h"
#include "trainer/rows.h"

typedef struct bb_training_task {
  const char *name, *columns; /* of the query, for messages */
  size_t least_columns, most_columns;
  bb_row_fn *row;
  size_t label_width;
  bool labels_tokens, has_labels;
  bb_task head;              /* EMBED: vectors, no head */
  bb_part_loss *loss;        /* NULL: vectors */
  bb_count_targets *targets; /* NULL: vectors */
  bb_measure *measure;
  const char *metric;
  bool smaller_is_better;
  double learning_rate;
  bb_folder_kind folder;
} bb_training_task;

/* RANGE: no such task; the message lists them. */
biobert_status bb_training_task_find(biobert_str name, const bb_training_task **out,
                                     biobert_error *err);

#endif
