/* file.h - reading files that may be hostile.
 *
 * Files are read with pread() into our own memory, never mapped: a file that another
 * program truncates while it is mapped kills the host process with SIGBUS. Only regular
 * files are opened (a FIFO would block for ever, a device never end). */
#ifndef BB_FILE_H
#define BB_FILE_H

#include "biobert.h"

#include <stdint.h>

/* An open regular file. `path` is owned; size and times are as they were when it was
 * opened. */
typedef struct bb_file {
  int fd;
  char *path;
  uint64_t size;
  int64_t mtime_ns;
} bb_file;

/* BIOBERT_IO: cannot be opened, or is no regular file. On success free with
 * bb_file_close(). */
biobert_status bb_file_open(const char *path, bb_file *out, biobert_error *err);
/* Accepts a zeroed bb_file. */
void bb_file_close(bb_file *file);

/* Exactly `bytes` bytes from `offset`; anything less is an error that names the file. */
biobert_status bb_file_read(const bb_file *file, uint64_t offset, void *into,
                            size_t bytes, biobert_error *err);

/* The whole file, with a NUL behind it that len does not count. Refuses files larger than
 * max_bytes. The caller frees data with bb_free(NULL, ...). */
typedef struct bb_buffer {
  char *data;
  size_t len;
} bb_buffer;

biobert_status bb_file_read_all(const char *path, uint64_t max_bytes, bb_buffer *out,
                                biobert_error *err);

bool bb_path_exists(const char *path);
bool bb_path_is_directory(const char *path);

/* "directory/name" ("directory" where name is empty), or NULL without memory. The caller
 * frees it. */
char *bb_path_join(biobert_str directory, biobert_str name);

/* git-lfs leaves a text of this form in place of a large file that was not downloaded. */
bool bb_is_lfs_pointer(const void *data, size_t bytes);

#endif
