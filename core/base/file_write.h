/* file_write.h - new files that are there whole or not at all: written under another name
 * or into another folder, synced, then renamed. */
#ifndef BB_FILE_WRITE_H
#define BB_FILE_WRITE_H

#include "biobert.h"

/* A file that is being written. */
typedef struct bb_file_out {
  int fd;
  char *path; /* owned */
} bb_file_out;

/* Makes a new file. BIOBERT_IO: there is one of this name, or it cannot be made. On
 * success end with bb_file_out_close(). */
biobert_status bb_file_out_open(const char *path, bb_file_out *out, biobert_error *err);
/* INTERRUPTED: stop.h says so; it is asked between megabytes. */
biobert_status bb_file_out_write(bb_file_out *out, const void *bytes, size_t count,
                                 biobert_error *err);
/* Syncs and closes; status: what has been so far. A file that could not be written whole
 * is removed. */
biobert_status bb_file_out_close(bb_file_out *out, biobert_status status,
                                 biobert_error *err);

/* A file of these bytes. */
biobert_status bb_file_write_all(const char *path, biobert_str bytes, biobert_error *err);

/* Gives a file or folder another name in the same folder, and syncs that folder: after a
 * loss of power it has the one or the other. */
biobert_status bb_path_rename(const char *from, const char *to, biobert_error *err);

#endif
