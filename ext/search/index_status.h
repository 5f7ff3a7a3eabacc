/* index_status.h - biobert_status and biobert_failures (index_status.c). */
#ifndef EXT_INDEX_STATUS_H
#define EXT_INDEX_STATUS_H

#include "sql/tvf.h"

extern const tvf tvf_status, tvf_failures;

#endif
