/* runtime.h - the one process-wide thing: settings, and the models that are open. */
#ifndef BB_RUNTIME_H
#define BB_RUNTIME_H

#include "biobert.h"

size_t bb_runtime_threads(void);
/* The instruction sets that a model loaded now may use. */
unsigned bb_runtime_cpu(void);

/* Held while the list of open models is looked at or changed; not while a model loads. */
void bb_runtime_lock(void);
void bb_runtime_unlock(void);
/* Under the lock. The list is intrusive (model->next). */
biobert_model **bb_runtime_models(void);

#endif
