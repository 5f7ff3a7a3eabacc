/* file_list.c - see file_list.h. */
#include "cli/file_list.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

static int visible(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

/* Whether a folder has been walked already: two links to their own folder would lead to
 * it in more ways than can be counted. */
static bool is_known(file_list *list, const struct stat *is) {
  for (size_t i = 0; i < list->folder_count; i++)
    if (list->folders[i].device == is->st_dev && list->folders[i].inode == is->st_ino)
      return true;
  if (list->folder_count == list->folder_capacity) {
    size_t larger = list->folder_capacity ? 2 * list->folder_capacity : 16;
    listed_folder *grown = sqlite3_realloc64(list->folders, larger * sizeof *grown);
    list->no_memory |= !grown;
    if (!grown) return true;
    list->folders = grown;
    list->folder_capacity = larger;
  }
  list->folders[list->folder_count++] = (listed_folder){is->st_dev, is->st_ino};
  return false;
}

static void add(file_list *list, const char *path, int depth) {
  struct stat is;
  struct dirent **entries;
  if (depth > DEEPEST) return;
  bool folder = stat(path, &is) == 0 && S_ISDIR(is.st_mode);
  if (folder && is_known(list, &is)) return;
  int count = folder ? scandir(path, &entries, visible, alphasort) : -1;
  if (count < 0) {
    append(list, path, depth == 0);
    return;
  }
  for (int i = 0; i < count; i++) {
    char *inner = sqlite3_mprintf("%s/%s", path, entries[i]->d_name);
    if (inner) add(list, inner, depth + 1);
    list->no_memory |= !inner;
    sqlite3_free(inner);
    free(entries[i]);
  }
  free(entries);
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
