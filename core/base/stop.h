/* stop.h - whether the reading or writing of a model goes on.
 *
 * It goes through many functions, in all of which the question would be a parameter that
 * most forget; so it is asked for the thread. */
#ifndef BB_STOP_H
#define BB_STOP_H

#include "base/pool.h"
#include "biobert.h"

/* From now on, what this thread reads or writes is stopped when `cancel` says so, until
 * NULL is given. */
void bb_stop_reading(bb_cancel *cancel);
/* For every one of many short steps: it asks once in a while. Stays true. */
bool bb_reading_stops(void);
/* Before a step that takes longer: it asks. */
bool bb_reading_stops_now(void);
/* BIOBERT_INTERRUPTED; what: was being read. */
biobert_status bb_interrupted(biobert_error *err, const char *what);

#endif
