/* shared_options.c - options that may be left out. */
#include "analysis/shared_options.h"

const biobert_allocator *bb_analysis_allocator(const biobert_analysis_options *how) {
  return how && how->allocator.alloc ? &how->allocator : NULL;
}

bb_cancel bb_analysis_cancel(const biobert_analysis_options *how) {
  return how ? (bb_cancel){.ask = how->cancel, .ctx = how->cancel_ctx} : (bb_cancel){0};
}

biobert_status bb_analysis_interrupted(biobert_error *err) {
  return bb_fail(err, BIOBERT_INTERRUPTED, "interrupted");
}
