/* fuzz_folder.h - a model folder, in memory where there is /dev/shm, that a target fills
 * anew for each input. It is removed when the process ends by itself. */
#ifndef FUZZ_FOLDER_H
#define FUZZ_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "biobert.h"

static char fuzz_folder_path[64];

static inline int fuzz_remove_entry(const char *path, const struct stat *info, int type,
                                    struct FTW *at) {
  (void)info;
  (void)type;
  (void)at;
  return remove(path);
}

static inline void fuzz_folder_remove(void) {
  nftw(fuzz_folder_path, fuzz_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static inline const char *fuzz_folder(void) {
  static const char *const places[] = {"/dev/shm", "/tmp"};
  if (fuzz_folder_path[0]) return fuzz_folder_path;
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    snprintf(fuzz_folder_path, sizeof fuzz_folder_path, "%s/biobert_fuzz_XXXXXX",
             places[i]);
    if (!mkdtemp(fuzz_folder_path)) continue;
    atexit(fuzz_folder_remove);
    return fuzz_folder_path;
  }
  abort();
}

/* A file of the folder; in a folder below it ("1_Pooling/config.json") that is made if
 * need be. */
static inline void fuzz_folder_write(const char *name, biobert_str content) {
  char path[256];
  const char *slash = strchr(name, '/');
  snprintf(path, sizeof path, "%s/%.*s", fuzz_folder(), slash ? (int)(slash - name) : 0,
           name);
  if (slash) mkdir(path, 0700);
  snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
  FILE *file = fopen(path, "wb");
  if (!file) abort();
  if (content.len && fwrite(content.data, 1, content.len, file) != content.len) abort();
  fclose(file);
}

/* Cuts *rest at the next empty line and returns what was before it; {NULL, 0} at the
 * end. */
static inline biobert_str fuzz_next_part(biobert_str *rest) {
  biobert_str part = *rest;
  if (!rest->data) return part;
  const char *cut = memmem(rest->data, rest->len, "\n\n", 2);
  if (!cut) {
    *rest = (biobert_str){NULL, 0};
    return part;
  }
  part.len = (size_t)(cut - rest->data);
  rest->data = cut + 2;
  rest->len -= part.len + 2;
  return part;
}

#endif
