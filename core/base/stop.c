/* stop.c - the question, kept for each thread. */
#include "base/stop.h"

#include "base/status.h"

/* Steps between two questions: each takes a microsecond at most. */
enum { STEPS = 4096 };

static _Thread_local bb_cancel *reading;
static _Thread_local unsigned steps;

void bb_stop_reading(bb_cancel *cancel) {
  reading = cancel;
}

bool bb_reading_stops_now(void) {
  return reading && bb_cancelled(reading, 0);
}

bool bb_reading_stops(void) {
  if (!reading) return false;
  return reading->stop || (++steps % STEPS == 0 && bb_reading_stops_now());
}

biobert_status bb_interrupted(biobert_error *err, const char *what) {
  return bb_fail(err, BIOBERT_INTERRUPTED, "%s: interrupted", what);
}
