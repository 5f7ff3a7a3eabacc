/* file_write.c - writing, syncing, renaming. */
#include "base/file_write.h"

#include <errno.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/status.h"
#include "base/stop.h"

enum { ASK_BYTES = 1 << 22 }; /* between two questions whether to go on */

static biobert_status fail_path(biobert_error *err, const char *path) {
  return bb_fail(err, BIOBERT_IO, "%s: %s", path, strerror(errno));
}

biobert_status bb_file_out_open(const char *path, bb_file_out *out, biobert_error *err) {
  char *copy = bb_copy_str(NULL, bb_str(path));
  if (!copy) return bb_no_memory(err, path);
  const int fd = bb_os_open_new(path);
  if (fd < 0) {
    bb_free(NULL, copy);
    return fail_path(err, path);
  }
  *out = (bb_file_out){fd, copy};
  return BIOBERT_OK;
}

biobert_status bb_file_out_write(bb_file_out *out, const void *bytes, size_t count,
                                 biobert_error *err) {
  const char *at = bytes;
  while (count > 0) {
    if (bb_reading_stops_now()) return bb_interrupted(err, out->path);
    const int64_t written =
        bb_os_write(out->fd, at, count < ASK_BYTES ? count : ASK_BYTES);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_path(err, out->path);
    at += written;
    count -= (size_t)written;
  }
  return BIOBERT_OK;
}

biobert_status bb_file_out_close(bb_file_out *out, biobert_status status,
                                 biobert_error *err) {
  if (!status && !bb_os_sync(out->fd)) status = fail_path(err, out->path);
  if (!bb_os_close(out->fd) && !status) status = fail_path(err, out->path);
  if (status) bb_os_remove(out->path);
  bb_free(NULL, out->path);
  *out = (bb_file_out){-1, NULL};
  return status;
}

biobert_status bb_file_write_all(const char *path, biobert_str bytes,
                                 biobert_error *err) {
  bb_file_out out;
  biobert_status status = bb_file_out_open(path, &out, err);
  if (status) return status;
  status = bb_file_out_write(&out, bytes.data, bytes.len, err);
  return bb_file_out_close(&out, status, err);
}

/* The folder that a path is in: "." of a name alone, "/" of one below the root. */
static char *folder_of(const char *path) {
  const char *slash = bb_os_last_separator(path);
  if (!slash) return bb_copy_str(NULL, bb_str("."));
  size_t bytes = slash == path ? 1 : (size_t)(slash - path);
  return bb_copy_str(NULL, (biobert_str){path, bytes});
}

static biobert_status sync_folder(const char *folder, biobert_error *err) {
  return bb_os_sync_folder(folder) ? BIOBERT_OK : fail_path(err, folder);
}

biobert_status bb_path_rename(const char *from, const char *to, biobert_error *err) {
  char *folder = folder_of(to);
  if (!folder) return bb_no_memory(err, to);
  const bool renamed = bb_os_rename(from, to);
  const biobert_status status = renamed ? sync_folder(folder, err) : fail_path(err, to);
  bb_free(NULL, folder);
  return status;
}
