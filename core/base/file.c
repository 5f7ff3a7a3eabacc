/* file.c - regular files only, read at offsets. */
#include "base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/status.h"
#include "base/stop.h"

/* Stamps ----------------------------------------------------------------------------- */

/* A directory's size and time change with its files, which are seen by themselves. */
static bb_file_stamp stamp_of(const bb_os_info *info) {
  bb_file_stamp stamp = {.device = info->device, .inode = info->inode};
  if (info->kind != BB_OS_FILE) return stamp;
  stamp.size = info->size;
  stamp.mtime_ns = info->mtime_ns;
  return stamp;
}

static bb_file_stamp stamp_at(const char *path) {
  bb_os_info info;
  return bb_os_look(path, &info) ? stamp_of(&info) : (bb_file_stamp){0};
}

static bool same_stamp(bb_file_stamp a, bb_file_stamp b) {
  return a.device == b.device && a.inode == b.inode && a.size == b.size &&
         a.mtime_ns == b.mtime_ns;
}

/* A model is read by one thread through many functions, in all of which this would be a
 * parameter that most forget. */
static _Thread_local bb_seen_files *seeing;

void bb_see_files(bb_seen_files *seen) {
  seeing = seen;
}

static void see(const char *path, bb_file_stamp stamp) {
  bb_seen_files *seen = seeing;
  if (!seen || seen->no_memory) return;
  void *items = seen->items;
  char *copy = bb_copy_str(NULL, bb_str(path));
  seen->no_memory =
      !copy || !bb_grow(NULL, &items, &seen->capacity, seen->count, sizeof *seen->items);
  seen->items = items;
  if (seen->no_memory)
    bb_free(NULL, copy);
  else
    seen->items[seen->count++] = (struct bb_seen_file){copy, stamp};
}

const char *bb_seen_changed(const bb_seen_files *seen) {
  for (size_t i = 0; i < seen->count; i++)
    if (!same_stamp(seen->items[i].stamp, stamp_at(seen->items[i].path)))
      return seen->items[i].path;
  return NULL;
}

bool bb_seen_equal(const bb_seen_files *a, const bb_seen_files *b) {
  bool equal = a->count == b->count;
  for (size_t i = 0; i < a->count && equal; i++)
    equal = strcmp(a->items[i].path, b->items[i].path) == 0 &&
            same_stamp(a->items[i].stamp, b->items[i].stamp);
  return equal;
}

void bb_seen_free(bb_seen_files *seen) {
  for (size_t i = 0; i < seen->count; i++) bb_free(NULL, seen->items[i].path);
  bb_free(NULL, seen->items);
  *seen = (bb_seen_files){0};
}

/* Opening and reading ---------------------------------------------------------------- */

biobert_status bb_file_open(const char *path, bb_file *out, biobert_error *err) {
  const int fd = bb_os_open(path);
  if (fd < 0) {
    const int why = errno;
    see(path, stamp_at(path));
    return bb_fail(err, BIOBERT_IO, "%s: %s", path, strerror(why));
  }
  bb_os_info info;
  if (!bb_os_look_open(fd, &info) || info.kind != BB_OS_FILE) {
    bb_os_close(fd);
    return bb_fail(err, BIOBERT_IO, "%s: not a regular file", path);
  }
  char *copy = bb_copy_str(NULL, bb_str(path));
  if (!copy) {
    bb_os_close(fd);
    return bb_no_memory(err, path);
  }
  *out = (bb_file){.fd = fd, .path = copy, .size = info.size, .stamp = stamp_of(&info)};
  see(path, out->stamp);
  return BIOBERT_OK;
}

biobert_status bb_file_check(const bb_file *file, biobert_error *err) {
  bb_os_info info;
  if (bb_os_look_open(file->fd, &info) && same_stamp(stamp_of(&info), file->stamp))
    return BIOBERT_OK;
  return bb_fail(err, BIOBERT_IO, "%s: was written to since it was opened", file->path);
}

void bb_file_close(bb_file *file) {
  if (!file->path) return;
  bb_os_close(file->fd);
  bb_free(NULL, file->path);
  *file = (bb_file){0};
}

biobert_status bb_file_read(const bb_file *file, uint64_t offset, void *into,
                            size_t bytes, biobert_error *err) {
  enum { ONE_READ = 4 << 20 }; /* milliseconds, from the system's cache */
  char *at = into;
  size_t left = bytes;
  while (left > 0) {
    if (bb_reading_stops_now()) return bb_interrupted(err, file->path);
    const int64_t got =
        bb_os_read_at(file->fd, at, left < ONE_READ ? left : ONE_READ, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return bb_fail(err, BIOBERT_IO, "%s: %s", file->path, strerror(errno));
    if (got == 0)
      return bb_fail(err, BIOBERT_IO, "%s: ends %zu bytes too early", file->path, left);
    at += got;
    offset += (uint64_t)got;
    left -= (size_t)got;
  }
  return BIOBERT_OK;
}

biobert_status bb_file_read_all(const char *path, uint64_t max_bytes, bb_buffer *out,
                                biobert_error *err) {
  bb_file file = {0};
  char *data = NULL;
  biobert_status status = bb_file_open(path, &file, err);
  if (status) return status;
  if (file.size > max_bytes) {
    status = bb_fail(err, BIOBERT_FORMAT,
                     "%s: %" PRIu64 " bytes, at most %" PRIu64 " were expected", path,
                     file.size, max_bytes);
    goto done;
  }
  data = bb_alloc(NULL, (size_t)file.size + 1, 1);
  if (!data) {
    status = bb_no_memory(err, path);
    goto done;
  }
  status = bb_file_read(&file, 0, data, (size_t)file.size, err);
  if (status) goto done;
  data[file.size] = '\0';
  *out = (bb_buffer){data, (size_t)file.size};
  data = NULL;

done:
  bb_free(NULL, data);
  bb_file_close(&file);
  return status;
}

bool bb_says_absent(int code) {
  return code == ENOENT || code == ENOTDIR;
}

bool bb_path_exists(const char *path) {
  bb_os_info info;
  const bool seen = bb_os_look(path, &info), absent = !seen && bb_says_absent(errno);
  see(path, seen ? stamp_of(&info) : (bb_file_stamp){0});
  return !absent;
}

bool bb_path_is_directory(const char *path) {
  bb_os_info info;
  return bb_os_look(path, &info) && info.kind == BB_OS_FOLDER;
}

char *bb_path_join(biobert_str directory, biobert_str name) {
  while (directory.len > 1 && bb_os_is_separator(directory.data[directory.len - 1]))
    directory.len--;
  if (name.len == 0) return bb_copy_str(NULL, directory);
  size_t bytes = directory.len + 1 + name.len + 1;
  char *path = bb_alloc(NULL, bytes, 1);
  if (path)
    snprintf(path, bytes, "%.*s/%.*s", (int)directory.len, directory.data, (int)name.len,
             name.data);
  return path;
}

bool bb_is_lfs_pointer(const void *data, size_t bytes) {
  static const char head[] = "version https://git-lfs";
  return bytes >= sizeof head - 1 && memcmp(data, head, sizeof head - 1) == 0;
}

biobert_status bb_refuse_lfs_pointer(const char *path, biobert_error *err) {
  return bb_fail(
      err, BIOBERT_FORMAT,
      "%s: a git-lfs pointer in place of the file itself: run `git lfs pull` where "
      "it was cloned, or `make model` for the default model",
      path);
}
