/* file.h - reading files that may be hostile.
 *
 * Files are read at offsets into our own memory, never mapped: a file that another
 * program truncates while it is mapped kills the host process with SIGBUS. Only regular
 * files are opened (a FIFO would block for ever, a device never end). */
#ifndef BB_FILE_H
#define BB_FILE_H

#include "biobert.h"

#include <stdint.h>

/* By what a file is known again without reading it. Zero: there is none. */
typedef struct bb_file_stamp {
  uint64_t device, inode, size; /* size and time: 0 of what is no regular file */
  int64_t mtime_ns;
} bb_file_stamp;

/* An open regular file. `path` is owned; the stamp is as it was when it was opened. */
typedef struct bb_file {
  int fd;
  char *path;
  uint64_t size;
  bb_file_stamp stamp;
} bb_file;

/* BIOBERT_IO: cannot be opened, or is no regular file. On success free with
 * bb_file_close(). */
biobert_status bb_file_open(const char *path, bb_file *out, biobert_error *err);
/* Accepts a zeroed bb_file. */
void bb_file_close(bb_file *file);
/* BIOBERT_IO: it was written to since it was opened. */
biobert_status bb_file_check(const bb_file *file, biobert_error *err);

/* Exactly `bytes` bytes from `offset`; anything less is an error that names the file. */
biobert_status bb_file_read(const bb_file *file, uint64_t offset, void *into,
                            size_t bytes, biobert_error *err);

/* The whole file, with a NUL after it that len does not count. Refuses files larger than
 * max_bytes. The caller frees data with bb_free(NULL, ...). */
typedef struct bb_buffer {
  char *data;
  size_t len;
} bb_buffer;

biobert_status bb_file_read_all(const char *path, uint64_t max_bytes, bb_buffer *out,
                                biobert_error *err);

/* False where nothing is of that name. What cannot be looked at (a link to itself, a
 * folder without permission) is there: opening it says what is wrong. Were it absent, a
 * model would be read without what its maker has said in that file. */
bool bb_path_exists(const char *path);
/* Whether this errno means so. */
bool bb_says_absent(int code);
bool bb_path_is_directory(const char *path);

/* Files of which something was made, whether they were there or not. Starts as {0}. */
typedef struct bb_seen_files {
  struct bb_seen_file {
    char *path;
    bb_file_stamp stamp;
  } * items;
  size_t count, capacity;
  bool no_memory;
} bb_seen_files;

/* From now on, what this thread opens or asks for is kept in *seen, until NULL is given.
 */
void bb_see_files(bb_seen_files *seen);
/* The first that is no longer what it was; NULL: none. */
const char *bb_seen_changed(const bb_seen_files *seen);
/* Made of the same files. */
bool bb_seen_equal(const bb_seen_files *a, const bb_seen_files *b);
void bb_seen_free(bb_seen_files *seen); /* the members, not *seen */

/* "directory/name" ("directory" where name is empty), or NULL without memory. The caller
 * frees it. */
char *bb_path_join(biobert_str directory, biobert_str name);

/* git-lfs leaves a text of this form in place of a large file that was not downloaded. */
bool bb_is_lfs_pointer(const void *data, size_t bytes);
/* FORMAT, with what to do. */
biobert_status bb_refuse_lfs_pointer(const char *path, biobert_error *err);

#endif
