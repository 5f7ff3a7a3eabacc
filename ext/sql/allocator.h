/* allocator.h - SQLite's memory for the library. */
#ifndef EXT_ALLOCATOR_H
#define EXT_ALLOCATOR_H

#include "biobert.h"

/* SQLite's own, so that its heap limits count what is ours. */
extern const biobert_allocator sqlite_allocator;

#endif
