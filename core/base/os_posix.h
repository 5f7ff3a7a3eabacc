/* os_posix.h - what differs between Linux and macOS, for the files os_*_posix.c. */
#ifndef BB_OS_POSIX_H
#define BB_OS_POSIX_H

#include <stdbool.h>
#include <stdint.h>

struct stat;

int64_t bb_posix_mtime_ns(const struct stat *info);
/* fsync(), and no less where a disk's own cache is meant too. */
bool bb_posix_sync(int file);

#endif
