/* os_files_posix.c - files and paths, by POSIX. */
#include <fcntl.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"
#include "base/os_posix.h"

_Static_assert(BB_PATH_BYTES >= PATH_MAX && BB_NAME_BYTES > NAME_MAX,
               "a path of this system fits");

enum { MODE = 0666 }; /* the user's umask takes away from it */

/* Looking ---------------------------------------------------------------------------- */

static bool take_info(int answer, const struct stat *info, bb_os_info *out) {
  if (answer != 0) return false;
  *out = (bb_os_info){.kind = S_ISREG(info->st_mode)   ? BB_OS_FILE
                              : S_ISDIR(info->st_mode) ? BB_OS_FOLDER
                                                       : BB_OS_OTHER,
                      .device = (uint64_t)info->st_dev,
                      .inode = (uint64_t)info->st_ino,
                      .size = (uint64_t)info->st_size,
                      .mtime_ns = bb_posix_mtime_ns(info)};
  return true;
}

bool bb_os_look(const char *path, bb_os_info *out) {
  struct stat info;
  return take_info(stat(path, &info), &info, out);
}

bool bb_os_look_at_link(const char *path, bb_os_info *out) {
  struct stat info;
  return take_info(lstat(path, &info), &info, out);
}

bool bb_os_look_open(int file, bb_os_info *out) {
  struct stat info;
  return take_info(fstat(file, &info), &info, out);
}

bool bb_os_can_read(const char *path) {
  return access(path, R_OK) == 0;
}

bool bb_os_can_write(const char *path) {
  return access(path, W_OK) == 0;
}

/* Reading and writing ---------------------------------------------------------------- */

/* O_NONBLOCK: opening a FIFO must not wait for a writer before we can see what it is. */
int bb_os_open(const char *path) {
  return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

int bb_os_open_new(const char *path) {
  return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
}

bool bb_os_close(int file) {
  return close(file) == 0;
}

int64_t bb_os_read_at(int file, void *into, size_t bytes, uint64_t offset) {
  return pread(file, into, bytes, (off_t)offset);
}

int64_t bb_os_write(int file, const void *from, size_t bytes) {
  return write(file, from, bytes);
}

bool bb_os_sync(int file) {
  return bb_posix_sync(file);
}

FILE *bb_os_stream(const char *path, const char *mode) {
  char closing[8]; /* with 'e', O_CLOEXEC */
  snprintf(closing, sizeof closing, "%se", mode);
  return fopen(path, closing);
}

bool bb_os_rename(const char *from, const char *to) {
  return rename(from, to) == 0;
}

bool bb_os_remove(const char *path) {
  return unlink(path) == 0;
}

/* Paths ------------------------------------------------------------------------------ */

const char *bb_os_last_separator(const char *path) {
  return strrchr(path, '/');
}

bool bb_os_is_separator(char c) {
  return c == '/';
}

bool bb_os_real_path(const char *path, char out[BB_PATH_BYTES]) {
  return realpath(path, out) != NULL;
}

/* The variable, or the folder of that name in the user's own. */
static bool folder_of_user(const char *name, const char *in_home,
                           char out[BB_PATH_BYTES]) {
  const char *folder = getenv(name), *home = getenv("HOME");
  const bool set = folder && *folder;
  if (!set && !(home && *home)) return false;
  const int bytes = set ? snprintf(out, BB_PATH_BYTES, "%s", folder)
                        : snprintf(out, BB_PATH_BYTES, "%s/%s", home, in_home);
  return bytes >= 0 && bytes < BB_PATH_BYTES;
}

bool bb_os_home_folder(char out[BB_PATH_BYTES]) {
  return folder_of_user("HOME", "", out);
}

bool bb_os_data_folder(char out[BB_PATH_BYTES]) {
  return folder_of_user("XDG_DATA_HOME", ".local/share", out);
}

bool bb_os_cache_folder(char out[BB_PATH_BYTES]) {
  return folder_of_user("XDG_CACHE_HOME", ".cache", out);
}
