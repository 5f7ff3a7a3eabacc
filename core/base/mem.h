/* mem.h - checked allocation. Only this file's functions allocate in core: the libc names
 * do not compile after it has been included (tests/lint/banned.sh looks for the rest).
 *
 * What belongs to one call or one session goes through the caller's biobert_allocator, so
 * that SQLite counts it under its heap limits; weights and other things that live as long
 * as the process may use them come from bb_alloc(). */
#ifndef BB_MEM_H
#define BB_MEM_H

#include <stdlib.h>
#include <string.h>

#include "biobert.h"

/* Every function accepts a NULL allocator, which means the C library's. They return NULL
 * when there is no memory or when count * size does not fit a size_t; 0 bytes is 1 byte.
 */
void *bb_alloc(const biobert_allocator *a, size_t count, size_t size);
void *bb_alloc_zeroed(const biobert_allocator *a, size_t count, size_t size);
/* On failure NULL, and the old block stays valid. */
void *bb_resize(const biobert_allocator *a, void *block, size_t count, size_t size);
void bb_free(const biobert_allocator *a, void *block);

/* A NUL-terminated copy of a view. */
char *bb_copy_str(const biobert_allocator *a, biobert_str text);

/* Grows an array so that it holds one element more than `count`; doubles.
 * False: no memory, and the array is as it was. */
bool bb_grow(const biobert_allocator *a, void **array, size_t *capacity, size_t count,
             size_t size);

/* Floats at a 64-byte boundary (a cache line, the widest vector). Free with
 * bb_free_aligned(). */
float *bb_alloc_floats(const biobert_allocator *a, size_t count);
void bb_free_aligned(const biobert_allocator *a, void *block);

#define malloc use_bb_alloc_instead
#define calloc use_bb_alloc_zeroed_instead
#define realloc use_bb_resize_instead
#define strdup use_bb_copy_str_instead

#endif
