/* tvf_sync.h - biobert_sync (tvf_sync.c). */
#ifndef EXT_TVF_SYNC_H
#define EXT_TVF_SYNC_H

#include "sql/tvf.h"

extern const tvf tvf_sync;

#endif
