/* mem.c - the one place in core that calls the C library's allocator.
 *
 * A test may set a countdown (bb_mem_fail_after) after which one allocation, or all,
 * fail: tests/oom makes each allocation of an operation fail. */
#include "base/mem.h"

#undef malloc
#undef calloc
#undef realloc
#undef strdup

#include <errno.h>
#include <stdint.h>

#include "base/mem_fault.h"

enum { ALIGNMENT = 64 };

/* How many succeed before the next failure; -1: all. */
static _Atomic long fail_after = -1;
static _Atomic bool fail_once, has_failed;
static void (*_Atomic watch)(void);

void bb_mem_fail_after(long allocations, bool once) {
  fail_once = once;
  has_failed = false;
  fail_after = allocations;
}

bool bb_mem_fail_end(void) {
  fail_after = -1;
  return has_failed;
}

void bb_mem_watch(void (*watcher)(void)) {
  watch = watcher;
}

/* True when this allocation has to fail: the countdown has run out. */
static bool fault(void) {
  void (*const watcher)(void) = watch;
  long left = fail_after;
  if (watcher) watcher();
  if (left < 0) return false;
  if (left > 0 || fail_once) fail_after = left - 1;
  if (left > 0) return false;
  has_failed = true;
  errno = ENOMEM; /* as malloc() does */
  return true;
}

/* 0 when the product does not fit. */
static size_t total_bytes(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) return 0;
  return bytes ? bytes : 1;
}

void *bb_alloc(const biobert_allocator *a, size_t count, size_t size) {
  size_t bytes = total_bytes(count, size);
  if (!bytes || fault()) return NULL;
  return a && a->alloc ? a->alloc(a->ctx, bytes) : malloc(bytes);
}

void *bb_alloc_zeroed(const biobert_allocator *a, size_t count, size_t size) {
  void *block = bb_alloc(a, count, size);
  if (block) memset(block, 0, count * size);
  return block;
}

void *bb_resize(const biobert_allocator *a, void *block, size_t count, size_t size) {
  size_t bytes = total_bytes(count, size);
  if (!bytes || fault()) return NULL;
  return a && a->alloc ? a->realloc(a->ctx, block, bytes) : realloc(block, bytes);
}

void bb_free(const biobert_allocator *a, void *block) {
  if (a && a->alloc)
    a->free(a->ctx, block);
  else
    free(block);
}

char *bb_copy_str(const biobert_allocator *a, biobert_str text) {
  if (text.len == SIZE_MAX) return NULL;
  char *copy = bb_alloc(a, text.len + 1, 1);
  if (!copy) return NULL;
  if (text.len) memcpy(copy, text.data, text.len);
  copy[text.len] = '\0';
  return copy;
}

bool bb_grow(const biobert_allocator *a, void **array, size_t *capacity, size_t count,
             size_t size) {
  if (count < *capacity) return true;
  size_t larger = *capacity < 16 ? 16 : *capacity * 2;
  void *block = bb_resize(a, *array, larger, size);
  if (!block) return false;
  *array = block;
  *capacity = larger;
  return true;
}

/* The distance back to the block that the allocator gave lies in the bytes just before
 * the aligned address: SQLite's allocator promises 8 bytes of alignment only. */
float *bb_alloc_floats(const biobert_allocator *a, size_t count) {
  size_t bytes = total_bytes(count, sizeof(float));
  if (!bytes || bytes > SIZE_MAX - ALIGNMENT - sizeof(void *)) return NULL;
  char *block = bb_alloc(a, bytes + ALIGNMENT + sizeof(void *), 1);
  if (!block) return NULL;
  uintptr_t start = (uintptr_t)block + sizeof(void *);
  uintptr_t aligned = (start + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1);
  char *result = block + (aligned - (uintptr_t)block);
  memcpy(result - sizeof(void *), &block, sizeof block);
  return (float *)(void *)result;
}

void bb_free_aligned(const biobert_allocator *a, void *block) {
  if (!block) return;
  void *start;
  memcpy(&start, (char *)block - sizeof(void *), sizeof start);
  bb_free(a, start);
}
