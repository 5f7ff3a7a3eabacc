/* file_list.c - see file_list.h. */
#include "cli/file_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "biobert_sqlite.h"

/* A path is no longer than some thousands of bytes. */
enum { DEEPEST = 512 };

static void append(file_list *list, const char *path, bool named) {
  if (list->count == list->capacity) {
    size_t larger = list->capacity ? 2 * list->capacity : 16;
    listed_file *grown = sqlite3_realloc64(list->files, larger * sizeof *grown);
    list->no_memory |= !grown;
    if (!grown) return;
    list->files = grown;
    list->capacity = larger;
  }
  char *copy = sqlite3_mprintf("%s", path);
  list->no_memory |= !copy;
  if (copy) list->files[list->count++] = (listed_file){copy, named};
}

/* Whether a folder has been walked already: two links to their own folder would lead to
 * it in more ways than can be counted. */
static bool is_known(file_list *list, const bb_os_info *is) {
  for (size_t i = 0; i < list->folder_count; i++)
    if (list->folders[i].device == is->device && list->folders[i].inode == is->inode)
      return true;
  if (list->folder_count == list->folder_capacity) {
    size_t larger = list->folder_capacity ? 2 * list->folder_capacity : 16;
    listed_folder *grown = sqlite3_realloc64(list->folders, larger * sizeof *grown);
    list->no_memory |= !grown;
    if (!grown) return true;
    list->folders = grown;
    list->folder_capacity = larger;
  }
  list->folders[list->folder_count++] = (listed_folder){is->device, is->inode};
  return false;
}

/* What a folder has in it, but hidden entries. */
typedef struct entries {
  char **names;
  size_t count, capacity;
} entries;

static bool put_name(entries *e, const char *name) {
  if (e->count == e->capacity) {
    size_t larger = e->capacity ? 2 * e->capacity : 64;
    char **grown = sqlite3_realloc64(e->names, larger * sizeof *grown);
    if (!grown) return false;
    e->names = grown;
    e->capacity = larger;
  }
  e->names[e->count] = sqlite3_mprintf("%s", name);
  return e->names[e->count] && ++e->count;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In the order of their names. False: it cannot be listed. */
static bool read_folder(file_list *list, const char *path, entries *e) {
  bb_os_listing names;
  *e = (entries){0};
  if (!bb_os_list(&names, path)) return false;
  for (const char *name; !list->no_memory && (name = bb_os_next(&names));)
    if (name[0] != '.') list->no_memory |= !put_name(e, name);
  bb_os_list_end(&names);
  if (e->count) qsort(e->names, e->count, sizeof *e->names, compare_names);
  return true;
}

static void add(file_list *list, const char *path, int depth) {
  bb_os_info is;
  entries inside;
  if (depth > DEEPEST) return;
  const bool folder = bb_os_look(path, &is) && is.kind == BB_OS_FOLDER;
  if (folder && is_known(list, &is)) return;
  if (!folder || !read_folder(list, path, &inside)) {
    append(list, path, depth == 0);
    return;
  }
  const char *between = bb_os_is_separator(path[strlen(path) - 1]) ? "" : "/";
  for (size_t i = 0; i < inside.count; i++) {
    char *inner = sqlite3_mprintf("%s%s%s", path, between, inside.names[i]);
    if (inner) add(list, inner, depth + 1);
    list->no_memory |= !inner;
    sqlite3_free(inner);
    sqlite3_free(inside.names[i]);
  }
  sqlite3_free(inside.names);
}

void file_list_add(file_list *list, const char *path) {
  add(list, path, 0);
}

void file_list_free(file_list *list) {
  for (size_t i = 0; i < list->count; i++) sqlite3_free(list->files[i].path);
  sqlite3_free(list->files);
  sqlite3_free(list->folders);
  *list = (file_list){0};
}
