/* packed_file.h - the bytes of a regular file in order, unpacked where it is gzip
 * (RFC 1952, by its first two bytes; several members are read as one). */
#ifndef BB_PACKED_FILE_H
#define BB_PACKED_FILE_H

#include "biobert.h"

typedef struct bb_packed_file bb_packed_file;

biobert_status bb_packed_file_open(const char *path, const biobert_open_options *options,
                                   bb_packed_file **out, biobert_error *err);
void bb_packed_file_close(bb_packed_file *file);
/* At most `size` bytes (> 0); *got 0: the end. BIOBERT_IO: a read error, or data that is
 * damaged or cut off, after all that was before has been given; it stays. Asks whether
 * to go on. */
biobert_status bb_packed_file_read(bb_packed_file *file, void *into, size_t size,
                                   size_t *got, biobert_error *err);
const char *bb_packed_file_path(const bb_packed_file *file);
/* Bytes of the file on disk: read so far, and in all. */
uint64_t bb_packed_file_bytes_read(const bb_packed_file *file);
uint64_t bb_packed_file_bytes(const bb_packed_file *file);

#endif
