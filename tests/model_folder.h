/* model_folder.h - copies of model folders that a test may damage.
 *
 * Every folder lies below one temporary directory, which is removed at exit. */
#ifndef BB_MODEL_FOLDER_H
#define BB_MODEL_FOLDER_H

#include <dirent.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "biobert.h"
#include "random.h"

enum { FOLDER_PATH = 512 };

static char folder_root[] = "/tmp/biobert_test_XXXXXX";

static inline int folder_remove_entry(const char *path, const struct stat *info, int type,
                                      struct FTW *at) {
  (void)info;
  (void)type;
  (void)at;
  return remove(path);
}

static inline void folder_remove(const char *path) {
  nftw(path, folder_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void folder_remove_root(void) {
  folder_remove(folder_root);
}

/* Before anything else of this file. Ends the program where there is no place for files.
 */
static inline void folder_begin(void) {
  if (!mkdtemp(folder_root)) exit(2);
  atexit(folder_remove_root);
}

/* `root/name` into buffer, which it returns. */
static inline const char *folder_path(char buffer[FOLDER_PATH], const char *name) {
  int length = snprintf(buffer, FOLDER_PATH, "%s/%s", folder_root, name);
  if (length < 0 || length >= FOLDER_PATH) exit(2);
  return buffer;
}

static inline void file_write(const char *path, const void *bytes, size_t count) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(bytes, 1, count, file) != count || fclose(file) != 0) exit(2);
}

/* The whole file, with a NUL behind it; the caller frees it. NULL: there is none. */
static inline char *file_read(const char *path, size_t *count) {
  FILE *file = fopen(path, "rb");
  if (!file) return NULL;
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  char *bytes = malloc((size_t)size + 1);
  if (!bytes || fread(bytes, 1, (size_t)size, file) != (size_t)size) exit(2);
  fclose(file);
  bytes[size] = '\0';
  *count = (size_t)size;
  return bytes;
}

/* Replaces the first `from` in a file of text; false: it is not there. */
static inline bool file_replace(const char *path, const char *from, const char *to) {
  size_t count;
  char *text = file_read(path, &count), *at = text ? strstr(text, from) : NULL;
  bool found = at != NULL;
  if (found) {
    char *changed = malloc(count + strlen(to) + 1);
    size_t before = (size_t)(at - text);
    if (!changed) exit(2);
    memcpy(changed, text, before);
    int rest = sprintf(changed + before, "%s%s", to, at + strlen(from));
    file_write(path, changed, before + (size_t)rest);
    free(changed);
  }
  free(text);
  return found;
}

/* Copies the files of a folder and of the folders in it; at must not exist. */
static inline void folder_copy(const char *from, const char *at) {
  DIR *folder = opendir(from);
  if (!folder || mkdir(at, 0700) != 0) exit(2);
  for (struct dirent *entry; (entry = readdir(folder));) {
    char source[FOLDER_PATH], target[FOLDER_PATH];
    struct stat info;
    if (entry->d_name[0] == '.') continue;
    snprintf(source, sizeof source, "%s/%s", from, entry->d_name);
    snprintf(target, sizeof target, "%s/%s", at, entry->d_name);
    if (stat(source, &info) != 0) exit(2);
    if (S_ISDIR(info.st_mode)) {
      folder_copy(source, target);
      continue;
    }
    size_t count;
    char *bytes = file_read(source, &count);
    if (!bytes) exit(2);
    file_write(target, bytes, count);
    free(bytes);
  }
  closedir(folder);
}

#endif
