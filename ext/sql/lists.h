/* lists.h - arrays that grow, in SQLite's memory; and the one that occurs most often, a
 * list of rowids. */
#ifndef EXT_LISTS_H
#define EXT_LISTS_H

#include <stdbool.h>
#include <stddef.h>

#include "sql/sqlite_api.h"

/* Makes room for one more item than `count`, of so many bytes each. Returns the items,
 * which may have moved; NULL without memory, and then the old ones are still valid. */
void *list_grow(void *items, size_t item_bytes, size_t count, size_t *capacity);

/* {0} is the empty list. A list is filled, then sorted, then asked. */
typedef struct id_list {
  sqlite3_int64 *ids;
  size_t count, capacity;
} id_list;

bool id_list_add(id_list *list, sqlite3_int64 id); /* false: no memory */
/* Rising; equal ids stay, beside each other. */
void id_list_sort(id_list *list);
/* The same, with one of equal ids: the list is a set. */
void id_list_sort_unique(id_list *list);
/* The list is sorted. */
bool id_list_has(const id_list *list, sqlite3_int64 id);
void id_list_free(id_list *list); /* frees the members, not the struct */

#endif
