/* key_set.c - sets of rowids. */
#include <stdlib.h>
#include <string.h>

#include "search/vtab.h"

bool key_set_add(key_set *s, sqlite3_int64 key) {
  if (s->count == s->capacity) {
    size_t larger = s->capacity ? s->capacity * 2 : 64;
    sqlite3_int64 *grown = sqlite3_realloc64(s->keys, larger * sizeof *grown);
    if (!grown) return false;
    s->keys = grown;
    s->capacity = larger;
  }
  s->keys[s->count++] = key;
  return true;
}

static int compare_keys(const void *x, const void *y) {
  sqlite3_int64 a = *(const sqlite3_int64 *)x, b = *(const sqlite3_int64 *)y;
  return a < b ? -1 : a > b;
}

void key_set_sort(key_set *s) {
  if (s->count < 2) return;
  qsort(s->keys, s->count, sizeof *s->keys, compare_keys);
  size_t kept = 1;
  for (size_t i = 1; i < s->count; i++)
    if (s->keys[i] != s->keys[kept - 1]) s->keys[kept++] = s->keys[i];
  s->count = kept;
}

bool key_set_has(const key_set *s, sqlite3_int64 key) {
  return s->count && bsearch(&key, s->keys, s->count, sizeof *s->keys, compare_keys);
}

void key_set_free(key_set *s) {
  sqlite3_free(s->keys);
  memset(s, 0, sizeof *s);
}
