/* allocator.c - memory that counts under SQLite's heap limits. */
#include "sql/allocator.h"

#include "sql/sqlite_api.h"

static void *sql_alloc(void *ctx, size_t bytes) {
  (void)ctx;
  return sqlite3_malloc64(bytes);
}

static void *sql_realloc(void *ctx, void *block, size_t bytes) {
  (void)ctx;
  return sqlite3_realloc64(block, bytes);
}

static void sql_free(void *ctx, void *block) {
  (void)ctx;
  sqlite3_free(block);
}

const biobert_allocator sqlite_allocator = {sql_alloc, sql_realloc, sql_free, NULL};
