/* run_files.h - what a run leaves on disk until its folder is written: `<output>.biobert-training`
 * with the last checkpoint, the weights of the best epoch, and run.json, which names them.
 *
 * A new file is on disk before run.json names it, and run.json is replaced as a whole: a
 * run that is killed at any moment finds the checkpoint before or the one after. */
#ifndef BB_TRAINER_RUN_FILES_H
#define BB_TRAINER_RUN_FILES_H

#include "base/os.h"
#include "train/learner.h"

/* Where a run is, as run.json has it. */
typedef struct bb_run_state {
  char arguments[65]; /* SHA-256 of all that its result depends on */
  uint64_t step;      /* steps made */
  uint64_t best_epoch;
  double best, before; /* metrics; NaN: none */
  double epoch_loss;   /* sum of the losses of this epoch's steps */
  uint64_t epoch_steps;
} bb_run_state;

typedef struct bb_run_files {
  char *folder;              /* owned */
  bb_os_folder held;         /* locked: no other process trains there */
  uint64_t checkpoint, best; /* the files that run.json names: step, epoch; 0: none */
} bb_run_files;

/* Finds or makes the folder. RANGE: it has files that are not ours, or another process
 * trains there. IO, NOMEM: *out is to be closed all the same. */
biobert_status bb_run_files_open(const char *output, bb_run_files *out,
                                 biobert_error *err);
/* *found: a run is there, and *state is filled. */
biobert_status bb_run_find(bb_run_files *files, bb_run_state *state, bool *found,
                           biobert_error *err);
/* Where a new model is that the run starts from; the caller frees it. NULL: no memory. */
char *bb_run_start_path(const bb_run_files *files);
void bb_run_files_close(bb_run_files *files); /* the members, not *files */

/* Weights and moments, then run.json. */
biobert_status bb_run_save(bb_run_files *files, const bb_learner *l,
                           const bb_run_state *state, biobert_error *err);
biobert_status bb_run_load(const bb_run_files *files, bb_learner *l, biobert_error *err);
/* The weights of an epoch that is the best so far; run.json names them when it is saved
 * next. */
biobert_status bb_run_save_best(bb_run_files *files, const bb_learner *l, uint64_t epoch,
                                biobert_error *err);
biobert_status bb_run_load_best(const bb_run_files *files, bb_learner *l,
                                biobert_error *err);
/* The folder with all in it. */
biobert_status bb_run_remove(bb_run_files *files, biobert_error *err);

#endif
