/* compact.h - the command 'optimize' (compact.c). */
#ifndef EXT_COMPACT_H
#define EXT_COMPACT_H

#include "search/search_table.h"

/* Rewrites the chunks without deleted slots. */
int store_compact(index_table *t);

#endif
