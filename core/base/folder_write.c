/* folder_write.c - making, removing and renaming folders. */
#include "base/folder_write.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/file_write.h"
#include "base/mem.h"
#include "base/status.h"

enum {
  MODE = 0777,   /* the user's umask takes away from it */
  MAX_DEPTH = 8, /* of folders in what is removed; ours have one */
};
enum { OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW };

static const char suffix[] = ".biobert-partial";

static biobert_status fail_path(biobert_error *err, const char *path) {
  if (errno == ENOMEM) return bb_no_memory(err, path);
  return bb_fail(err, BIOBERT_IO, "%s: %s", path, strerror(errno));
}

/* Removing --------------------------------------------------------------------------- */

static bool is_dots(const char *name) {
  return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* What is in the folder that `fd` is, which is closed. Links are removed, not followed:
 * each name is looked up in its folder. False: something is still there, errno says why.
 */
static bool empty_folder(int fd, int depth) {
  DIR *folder = fd < 0 || depth == MAX_DEPTH ? NULL : fdopendir(fd);
  bool removed = folder != NULL;
  if (!folder && fd >= 0) close(fd);
  for (struct dirent *entry; removed && (entry = readdir(folder));) {
    const char *name = entry->d_name;
    if (is_dots(name) || unlinkat(fd, name, 0) == 0) continue;
    removed = empty_folder(openat(fd, name, OPEN_FOLDER), depth + 1) &&
              unlinkat(fd, name, AT_REMOVEDIR) == 0;
  }
  if (folder) closedir(folder);
  return removed;
}

static bool remove_folder(const char *path) {
  return empty_folder(open(path, OPEN_FOLDER), 0) && rmdir(path) == 0;
}

biobert_status bb_folder_remove(const char *path, biobert_error *err) {
  return remove_folder(path) ? BIOBERT_OK : fail_path(err, path);
}

/* Opening ---------------------------------------------------------------------------- */

/* Without slashes at its end. */
static char *name_of(const char *target, const char *ending) {
  biobert_str name = bb_str(target);
  while (name.len > 1 && name.data[name.len - 1] == '/') name.len--;
  const size_t more = strlen(ending) + 1;
  char *path = bb_alloc(NULL, name.len + more, 1);
  if (!path) return NULL;
  memcpy(path, name.data, name.len);
  memcpy(path + name.len, ending, more);
  return path;
}

char *bb_folder_out_partial(const char *target) {
  return name_of(target, suffix);
}

/* A link that leads nowhere is something too: rename() would replace it. */
static biobert_status refuse_existing(const char *target, biobert_error *err) {
  struct stat info;
  if (!*target) return bb_fail(err, BIOBERT_RANGE, "the name of a folder is empty");
  if (lstat(target, &info) == 0)
    return bb_fail(err, BIOBERT_RANGE, "%s: is there already: name a folder that is not",
                   target);
  if (errno != ENOENT) return fail_path(err, target);
  return BIOBERT_OK;
}

/* The lock goes with the process: what nobody holds was left behind. */
static biobert_status take_lock(bb_folder_out *out, biobert_error *err) {
  out->fd = open(out->partial, OPEN_FOLDER);
  if (out->fd < 0) return fail_path(err, out->partial);
  if (flock(out->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_RANGE, "%s: another process is writing it", out->target);
}

static biobert_status make_partial(bb_folder_out *out, biobert_error *err) {
  biobert_status status = BIOBERT_OK;
  if (mkdir(out->partial, MODE) == 0) return take_lock(out, err);
  if (errno != EEXIST) return fail_path(err, out->partial);
  status = take_lock(out, err);
  if (status) return status;
  close(out->fd);
  out->fd = -1;
  if (!remove_folder(out->partial) || mkdir(out->partial, MODE) != 0)
    return fail_path(err, out->partial);
  return take_lock(out, err);
}

/* Closing the folder gives the lock back. */
static void forget(bb_folder_out *out) {
  if (out->fd >= 0) close(out->fd);
  bb_free(NULL, out->target);
  bb_free(NULL, out->partial);
  *out = (bb_folder_out){NULL, NULL, -1};
}

biobert_status bb_folder_out_open(const char *target, bb_folder_out *out,
                                  biobert_error *err) {
  bb_folder_out made = {name_of(target, ""), bb_folder_out_partial(target), -1};
  biobert_status status = BIOBERT_OK;
  if (!made.target || !made.partial) status = bb_no_memory(err, target);
  if (!status) status = refuse_existing(made.target, err);
  if (!status) status = make_partial(&made, err);
  if (status)
    forget(&made);
  else
    *out = made;
  return status;
}

biobert_status bb_folder_out_make(const bb_folder_out *out, const char *name,
                                  biobert_error *err) {
  if (mkdirat(out->fd, name, MODE) == 0) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_IO, "%s/%s: %s", out->partial, name, strerror(errno));
}

/* Closing ---------------------------------------------------------------------------- */

void bb_folder_out_discard(bb_folder_out *out) {
  remove_folder(out->partial);
  forget(out);
}

/* The entries of the folder and of those in it; what is in files is synced. */
static bool sync_folders(int fd, const char *path) {
  DIR *folder = opendir(path);
  bool synced = folder && fsync(fd) == 0;
  for (struct dirent *entry; synced && (entry = readdir(folder));) {
    if (is_dots(entry->d_name)) continue;
    const int inside = openat(fd, entry->d_name, OPEN_FOLDER);
    if (inside < 0) {
      synced = errno == ENOTDIR;
      continue;
    }
    synced = fsync(inside) == 0;
    close(inside);
  }
  if (folder) closedir(folder);
  return synced;
}

biobert_status bb_folder_out_close(bb_folder_out *out, biobert_status status,
                                   biobert_error *err) {
  if (!status && !sync_folders(out->fd, out->partial))
    status = fail_path(err, out->partial);
  if (!status) status = refuse_existing(out->target, err);
  if (!status) status = bb_path_rename(out->partial, out->target, err);
  if (status)
    bb_folder_out_discard(out);
  else
    forget(out);
  return status;
}
