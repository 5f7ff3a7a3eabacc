/* fault_vfs.h - a VFS whose files lie in memory, which fails when it is told to.
 *
 * The memory is shared with child processes, so that one can be killed at any write and
 * its parent sees what was written, as after a SIGKILL the next process sees the page
 * cache. Of each 512-byte sector the VFS also keeps what the last sync has made durable:
 * a loss of power leaves of every other sector the old bytes, the new ones, or neither.
 *
 * It promises SQLite what the default VFS does: no atomic writes and no order, but bytes
 * beside those that are written stay (SQLITE_IOCAP_POWERSAFE_OVERWRITE). Time, randomness
 * and shared libraries are the default VFS's; sleeping takes no time. */
#ifndef BB_FAULT_VFS_H
#define BB_FAULT_VFS_H

#include <stdbool.h>
#include <stdint.h>

/* What SQLite asks of a VFS, as it is counted. */
typedef enum vfs_call {
  CALL_READ,
  CALL_WRITE,
  CALL_SYNC,
  CALL_TRUNCATE,
  CALL_SIZE,
  CALL_OPEN,
  CALL_DELETE,
  CALL_ACCESS,
  CALL_LOCK,
  CALL_SHM_MAP,
  CALL_SHM_LOCK,
  CALL_CHANGE, /* of what lies on the disk: each write, sync, truncate, delete */
  CALL_COUNT,
} vfs_call;

/* In place of a result code: the process is killed. */
enum { FAULT_KILL = -1 };

/* Makes it the default VFS. False: no memory. */
bool fault_vfs_register(void);

/* From now on calls are counted from 1, and the n-th of a kind answers `code`; if it
 * lasts, all later ones too. n 0: none does. */
void fault_arm(vfs_call call, long n, bool lasting, int code);
/* Ends that. Whether the fault has happened. */
bool fault_disarm(void);
/* Calls of a kind since fault_arm(). */
long fault_counted(vfs_call call);

/* The files, while none is open. */
typedef struct disk_image disk_image;
disk_image *disk_save(void); /* the caller frees it with free() */
void disk_restore(const disk_image *image);
void disk_clear(void);
/* Who had files open is gone: so are locks, shared memory and temporary files. */
void disk_forget_processes(void);
/* The same, and of what was not synced only parts are left; a seed chooses which. */
void disk_lose_power(uint64_t seed);

/* A few words that child and parent share. */
enum { SHARED_WORDS = 8 };
long *fault_shared(void);

#endif
