/* shared_options.h - options that may be left out, for all of core/analysis. */
#ifndef BB_SHARED_OPTIONS_H
#define BB_SHARED_OPTIONS_H

#include "base/mem.h"
#include "base/pool.h"
#include "base/status.h"
#include "biobert_analysis.h"

/* The allocator of options that may be NULL. */
const biobert_allocator *bb_analysis_allocator(const biobert_analysis_options *how);
/* Whether to go on, for a pool's work. */
bb_cancel bb_analysis_cancel(const biobert_analysis_options *how);
biobert_status bb_analysis_interrupted(biobert_error *err);

#endif
