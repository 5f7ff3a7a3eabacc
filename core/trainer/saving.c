/* saving.c - when a run is saved. */
#include "trainer/trainer.h"

biobert_status bb_training_save(biobert_training *t, biobert_error *err) {
  if (t->is_broken) return BIOBERT_OK;
  biobert_status status = bb_run_save(&t->files, &t->learner, &t->state, err);
  if (!status) t->saved_step = t->state.step;
  return status;
}
