/* os_folders_posix.c - folders, by POSIX: each name is looked up in the folder that is held. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"
#include "base/os_posix.h"

enum {
  MODE = 0777,         /* the user's umask takes away from it */
  PRIVATE_MODE = 0700, /* of the user alone */
  MAX_DEPTH = 8,       /* of folders in what is removed; ours have one */
  OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
};

static bool is_dots(const char *name) {
  return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Making and removing ---------------------------------------------------------------- */

bool bb_os_make_folder(const char *path) {
  return mkdir(path, MODE) == 0;
}

bool bb_os_make_private_folder(const char *path) {
  return mkdir(path, PRIVATE_MODE) == 0;
}

bool bb_os_make_temporary_folder(char out[BB_PATH_BYTES]) {
  const char *base = getenv("TMPDIR");
  const int bytes =
      snprintf(out, BB_PATH_BYTES, "%s/biobert-XXXXXX", base && *base ? base : P_tmpdir);
  if (bytes < 0 || bytes >= BB_PATH_BYTES) {
    errno = ENAMETOOLONG;
    return false;
  }
  return mkdtemp(out) != NULL;
}

bool bb_os_remove_folder(const char *path) {
  return rmdir(path) == 0;
}

/* What is in the folder that `fd` is, which is closed. False: something is still there. */
static bool empty_folder(int fd, int depth) {
  DIR *folder = fd < 0 || depth == MAX_DEPTH ? NULL : fdopendir(fd);
  bool removed = folder != NULL;
  if (!folder && fd >= 0) close(fd);
  for (struct dirent *entry; removed && (entry = readdir(folder));) {
    const char *name = entry->d_name;
    if (is_dots(name) || unlinkat(fd, name, 0) == 0) continue;
    removed = empty_folder(openat(fd, name, OPEN_FOLDER | O_NOFOLLOW), depth + 1) &&
              unlinkat(fd, name, AT_REMOVEDIR) == 0;
  }
  if (folder) closedir(folder);
  return removed;
}

bool bb_os_remove_tree(const char *path) {
  return empty_folder(open(path, OPEN_FOLDER | O_NOFOLLOW), 0) && rmdir(path) == 0;
}

/* Names ------------------------------------------------------------------------------ */

bool bb_os_list(bb_os_listing *l, const char *path) {
  l->of_system = opendir(path);
  return l->of_system != NULL;
}

const char *bb_os_next(bb_os_listing *l) {
  struct dirent *entry;
  do entry = readdir(l->of_system);
  while (entry && is_dots(entry->d_name));
  if (!entry) return NULL;
  snprintf(l->name, sizeof l->name, "%s", entry->d_name);
  return l->name;
}

void bb_os_list_end(bb_os_listing *l) {
  if (l->of_system) closedir(l->of_system);
  l->of_system = NULL;
}

/* A folder that is held -------------------------------------------------------------- */

bool bb_os_hold_folder(const char *path, bb_os_links links, bb_os_folder *out) {
  const int fd = open(path, OPEN_FOLDER | (links == BB_OS_NO_LINK ? O_NOFOLLOW : 0));
  *out = (bb_os_folder){fd, path};
  return fd >= 0;
}

bb_os_lock bb_os_lock_folder(bb_os_folder *folder) {
  if (flock((int)folder->of_system, LOCK_EX | LOCK_NB) == 0) return BB_OS_LOCKED;
  return errno == EWOULDBLOCK ? BB_OS_IN_USE : BB_OS_NO_LOCK;
}

/* Closing it gives the lock back. */
void bb_os_let_folder_go(bb_os_folder *folder) {
  if (folder->of_system >= 0) close((int)folder->of_system);
  *folder = bb_os_no_folder;
}

bool bb_os_make_inside(const bb_os_folder *folder, const char *name) {
  return mkdirat((int)folder->of_system, name, MODE) == 0;
}

/* Durability ------------------------------------------------------------------------- */

bool bb_os_sync_folder(const char *path) {
  const int fd = open(path, OPEN_FOLDER);
  const bool synced = fd >= 0 && bb_posix_sync(fd);
  if (fd >= 0) close(fd);
  return synced;
}

bool bb_os_sync_tree(const bb_os_folder *held) {
  DIR *folder = opendir(held->path);
  bool synced = folder && bb_posix_sync((int)held->of_system);
  for (struct dirent *entry; synced && (entry = readdir(folder));) {
    if (is_dots(entry->d_name)) continue;
    const int inside =
        openat((int)held->of_system, entry->d_name, OPEN_FOLDER | O_NOFOLLOW);
    if (inside < 0) {
      synced = errno == ENOTDIR;
      continue;
    }
    synced = bb_posix_sync(inside);
    close(inside);
  }
  if (folder) closedir(folder);
  return synced;
}
