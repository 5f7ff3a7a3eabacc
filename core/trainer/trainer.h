/* trainer.h - the inside of a biobert_training. */
#ifndef BB_TRAINER_H
#define BB_TRAINER_H

#include "trainer/run_files.h"
#include "trainer/start.h"
#include "trainer/tasks.h"

enum { BB_MESSAGE_BYTES = 512, BB_NEVER_MASKED = 4 };

struct biobert_training {
  const bb_training_task *task;
  biobert_training_options options; /* its texts are not kept */
  char *output, *trained_on, *evaluate, *config, *option_text;
  biobert_model *model, *teacher;
  biobert_session *session, *teacher_session;
  bb_cancel cancel;
  bb_row_reader reader;
  bb_row_set sets[2]; /* by biobert_rows */
  bb_row_set *learn, *held_out;
  bool multiple;      /* labels: any number of a text */
  bb_part_loss *loss; /* the task's */
  bool is_new;        /* the model is options.config's */

  /* From the first biobert_training_next() on. */
  bool begun, finished, is_broken;
  bb_learner learner;
  bool has_learner;
  int32_t never[BB_NEVER_MASKED]; /* special tokens */
  bb_masking masking, held_out_masking;
  bb_run_files files;
  bb_run_state state;
  uint64_t saved_step;
  bb_schedule schedule;
  size_t part_tokens; /* that are read at once */
  size_t *order;      /* of the epoch */
  uint64_t epoch;     /* from 0 */
  size_t next;        /* example of the order */
  bool epoch_ended;
  double seconds_per_step;
  char message[BB_MESSAGE_BYTES];
};

/* The first biobert_training_next(): checks the rows, makes or finds the run. */
biobert_status bb_training_begin(biobert_training *t, biobert_error *err);
/* arguments: SHA-256 of all that the result depends on. The folder is there: finished, or
 * RANGE: of another run, or no run's. */
biobert_status bb_training_find_finished(biobert_training *t, const char *arguments,
                                         biobert_error *err);
/* A checkpoint of the last whole step; nothing where weights are not to be trusted. */
biobert_status bb_training_save(biobert_training *t, biobert_error *err);
/* The folder, of the best weights. */
biobert_status bb_training_write(biobert_training *t, biobert_error *err);

/* Whether its loss is of vectors, not of a head's logits. */
static inline bool bb_training_is_vectors(const biobert_training *t) {
  return t->task->head == BB_TASK_EMBED;
}

#endif
