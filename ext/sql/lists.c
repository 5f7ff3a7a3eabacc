/* lists.c - arrays that grow. */
#include "sql/lists.h"

#include <stdlib.h>
#include <string.h>

void *list_grow(void *items, size_t item_bytes, size_t count, size_t *capacity) {
  enum { FIRST = 64 };
  if (count < *capacity) return items;
  size_t larger = *capacity ? *capacity * 2 : FIRST;
  void *grown = sqlite3_realloc64(items, larger * item_bytes);
  if (grown) *capacity = larger;
  return grown;
}

bool id_list_add(id_list *list, sqlite3_int64 id) {
  sqlite3_int64 *ids = list_grow(list->ids, sizeof *ids, list->count, &list->capacity);
  if (!ids) return false;
  list->ids = ids;
  ids[list->count++] = id;
  return true;
}

static int compare_ids(const void *x, const void *y) {
  sqlite3_int64 a = *(const sqlite3_int64 *)x, b = *(const sqlite3_int64 *)y;
  return a < b ? -1 : a > b;
}

void id_list_sort(id_list *list) {
  if (list->count > 1) qsort(list->ids, list->count, sizeof *list->ids, compare_ids);
}

void id_list_sort_unique(id_list *list) {
  if (list->count < 2) return;
  id_list_sort(list);
  size_t kept = 1;
  for (size_t i = 1; i < list->count; i++)
    if (list->ids[i] != list->ids[kept - 1]) list->ids[kept++] = list->ids[i];
  list->count = kept;
}

bool id_list_has(const id_list *list, sqlite3_int64 id) {
  return list->count &&
         bsearch(&id, list->ids, list->count, sizeof *list->ids, compare_ids);
}

void id_list_free(id_list *list) {
  sqlite3_free(list->ids);
  memset(list, 0, sizeof *list);
}
