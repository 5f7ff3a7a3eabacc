/* folder_write.h - a new folder that is there whole or not at all: filled under another
 * name beside its place, synced, renamed. */
#ifndef BB_FOLDER_WRITE_H
#define BB_FOLDER_WRITE_H

#include "base/os.h"
#include "biobert.h"

/* A folder that is being filled. */
typedef struct bb_folder_out {
  char *target;        /* the name that it gets; owned */
  char *partial;       /* the name that it has, "<target>.biobert-partial"; owned */
  bb_os_folder folder; /* locked: no other process fills it */
} bb_folder_out;

/* The name until then; the caller frees it. NULL: no memory. */
char *bb_folder_out_partial(const char *target);
/* RANGE: there is something of the name `target`, or another process is writing it. IO:
 * the folder cannot be made. One that a killed process left is replaced. On success end
 * with bb_folder_out_close(). */
biobert_status bb_folder_out_open(const char *target, bb_folder_out *out,
                                  biobert_error *err);
/* A folder in it; IO. */
biobert_status bb_folder_out_make(const bb_folder_out *out, const char *name,
                                  biobert_error *err);
/* Gives it its name; with a status other than OK removes it. status: what has been so far.
 */
biobert_status bb_folder_out_close(bb_folder_out *out, biobert_status status,
                                   biobert_error *err);
/* Removes it, whatever is in it. */
void bb_folder_out_discard(bb_folder_out *out);

/* Removes a folder and what is in it; links are removed, not followed. IO. */
biobert_status bb_folder_remove(const char *path, biobert_error *err);

#endif
