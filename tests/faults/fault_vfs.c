/* fault_vfs.c - see fault_vfs.h. */
#include "fault_vfs.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "random.h"

enum {
  SECTOR_BYTES = 512,
  FILE_BYTES = 4 << 20, /* more than any test writes */
  SECTORS = FILE_BYTES / SECTOR_BYTES,
  FILES = 24,
  NAME_BYTES = 64,
  SHM_REGION_BYTES = 32768, /* SQLite's */
  SHM_REGIONS = 4,
  TEMPORARY = 16, /* the first number of files without a name */
};

/* Contents, now or as they are durable. */
typedef struct contents {
  bool there;
  sqlite3_int64 size;
  unsigned char bytes[FILE_BYTES];
} contents;

/* Bytes of a sector that were written since the last sync; to 0: none. */
typedef struct range {
  uint16_t from, to;
} range;

typedef struct disk_file {
  char name[NAME_BYTES]; /* "": the place is free */
  contents now, durable;
  range written[SECTORS];
  int shared; /* connections with a SHARED lock or a higher one */
  const void *reserved, *pending, *exclusive; /* who has the lock */
  int shm_regions;
  int shm_shared[SQLITE_SHM_NLOCK];
  const void *shm_exclusive[SQLITE_SHM_NLOCK];
  unsigned char shm[SHM_REGIONS * SHM_REGION_BYTES];
} disk_file;

typedef struct fault {
  vfs_call call;
  long n; /* 0: none */
  bool lasting;
  int code;
  bool happened;
  long counts[CALL_COUNT];
} fault;

/* All that processes share. */
static struct shared {
  disk_file files[FILES];
  fault fault;
  long words[SHARED_WORDS];
} * shared;

typedef struct open_file {
  sqlite3_file base;
  disk_file *file;
  int lock;
  bool temporary;
  unsigned shm_shared, shm_exclusive;
} open_file;

static sqlite3_vfs *system_vfs; /* the default one */

long *fault_shared(void) {
  return shared->words;
}

/* Faults ----------------------------------------------------------------------------- */

void fault_arm(vfs_call call, long n, bool lasting, int code) {
  shared->fault = (fault){.call = call, .n = n, .lasting = lasting, .code = code};
}

bool fault_disarm(void) {
  shared->fault.n = 0;
  return shared->fault.happened;
}

long fault_counted(vfs_call call) {
  return shared->fault.counts[call];
}

/* Counts a call; what it is to answer. */
static int count_call(vfs_call call) {
  fault *f = &shared->fault;
  const long n = ++f->counts[call];
  if (f->n == 0 || f->call != call || n < f->n || (n > f->n && !f->lasting))
    return SQLITE_OK;
  f->happened = true;
  if (f->code == FAULT_KILL) raise(SIGKILL);
  return f->code;
}

static int count_change(vfs_call call) {
  const int rc = count_call(CALL_CHANGE);
  return rc == SQLITE_OK ? count_call(call) : rc;
}

/* The disk --------------------------------------------------------------------------- */

static disk_file *find_file(const char *name) {
  for (int i = 0; i < FILES; i++)
    if (strcmp(shared->files[i].name, name) == 0) return &shared->files[i];
  return NULL;
}

/* A free place; the memory of what was there before is kept, its contents are not. */
static disk_file *new_file(const char *name) {
  char numbered[NAME_BYTES];
  for (int i = name ? 0 : TEMPORARY; i < (name ? TEMPORARY : FILES); i++) {
    disk_file *f = &shared->files[i];
    if (f->name[0]) continue;
    sqlite3_snprintf(sizeof numbered, numbered, "temporary %d", i);
    sqlite3_snprintf(sizeof f->name, f->name, "%s", name ? name : numbered);
    return f;
  }
  return NULL;
}

static void clear_contents(contents *c) {
  memset(c->bytes, 0, (size_t)c->size);
  c->size = 0;
  c->there = false;
}

static void clear_file(disk_file *f) {
  clear_contents(&f->now);
  clear_contents(&f->durable);
  memset(f->written, 0, sizeof f->written);
  f->shm_regions = 0;
  memset(f->shm, 0, sizeof f->shm);
  f->name[0] = '\0';
}

static void copy_contents(contents *to, const contents *from) {
  clear_contents(to);
  memcpy(to->bytes, from->bytes, (size_t)from->size);
  to->size = from->size;
  to->there = from->there;
}

/* Only what SQLite has asked to be durable. */
static void make_durable(disk_file *f) {
  copy_contents(&f->durable, &f->now);
  memset(f->written, 0, sizeof f->written);
}

void disk_clear(void) {
  for (int i = 0; i < FILES; i++)
    if (shared->files[i].name[0]) clear_file(&shared->files[i]);
  disk_forget_processes();
}

void disk_forget_processes(void) {
  for (int i = 0; i < FILES; i++) {
    disk_file *f = &shared->files[i];
    f->shared = 0;
    f->reserved = f->pending = f->exclusive = NULL;
    f->shm_regions = 0;
    memset(f->shm, 0, sizeof f->shm);
    memset(f->shm_shared, 0, sizeof f->shm_shared);
    memset(f->shm_exclusive, 0, sizeof f->shm_exclusive);
    if (i >= TEMPORARY && f->name[0]) clear_file(f);
  }
}

typedef struct saved_file {
  char name[NAME_BYTES];
  bool there;
  sqlite3_int64 size;
  unsigned char *bytes; /* within the image */
} saved_file;

struct disk_image {
  saved_file files[TEMPORARY];
  unsigned char bytes[];
};

disk_image *disk_save(void) {
  size_t bytes = 0;
  for (int i = 0; i < TEMPORARY; i++) bytes += (size_t)shared->files[i].now.size;
  disk_image *image = calloc(1, sizeof *image + bytes);
  if (!image) return NULL;
  unsigned char *at = image->bytes;
  for (int i = 0; i < TEMPORARY; i++) {
    const disk_file *f = &shared->files[i];
    saved_file *s = &image->files[i];
    memcpy(s->name, f->name, sizeof s->name);
    s->there = f->now.there;
    s->size = f->now.size;
    s->bytes = memcpy(at, f->now.bytes, (size_t)f->now.size);
    at += f->now.size;
  }
  return image;
}

void disk_restore(const disk_image *image) {
  disk_clear();
  for (int i = 0; i < TEMPORARY; i++) {
    const saved_file *s = &image->files[i];
    disk_file *f = &shared->files[i];
    if (!s->there) continue;
    memcpy(f->name, s->name, sizeof f->name);
    memcpy(f->now.bytes, s->bytes, (size_t)s->size);
    f->now.size = s->size;
    f->now.there = true;
    make_durable(f);
  }
}

/* What is left of one sector that was written and not synced. */
static void lose_sector(disk_file *f, int sector) {
  const range r = f->written[sector];
  const size_t at = (size_t)sector * SECTOR_BYTES + r.from;
  unsigned char *now = f->now.bytes + at;
  switch (random_below(3)) {
  case 0:
    memcpy(now, f->durable.bytes + at, r.to - r.from);
    break;
  case 1:
    break;
  default:
    for (int i = 0; i < r.to - r.from; i++) now[i] = (unsigned char)random_u32();
  }
}

static void lose_file(disk_file *f) {
  /* Neither that it was made nor that it was deleted need have reached the disk. */
  if (f->now.there != f->durable.there && random_below(2)) {
    f->now.there = f->durable.there;
    if (f->durable.there) copy_contents(&f->now, &f->durable);
  }
  if (!f->now.there) return;
  sqlite3_int64 old = f->now.size, durable = f->durable.size;
  if (random_below(2)) f->now.size = durable;
  /* A truncated end comes back as it was. */
  if (old < durable)
    memcpy(f->now.bytes + old, f->durable.bytes + old, (size_t)(durable - old));
  for (int i = 0; i < SECTORS; i++)
    if (f->written[i].to) lose_sector(f, i);
  /* Beyond its end a file is zeroes. */
  if (old < durable) old = durable;
  old = (old + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
  memset(f->now.bytes + f->now.size, 0, (size_t)(old - f->now.size));
}

void disk_lose_power(uint64_t seed) {
  random_state = seed ? seed : RANDOM_SEED;
  for (int i = 0; i < TEMPORARY; i++) {
    disk_file *f = &shared->files[i];
    if (!f->name[0]) continue;
    lose_file(f);
    if (f->now.there)
      make_durable(f);
    else
      clear_file(f);
  }
  disk_forget_processes();
}

/* A file ----------------------------------------------------------------------------- */

static int file_close(sqlite3_file *base);

static int file_read(sqlite3_file *base, void *into, int bytes, sqlite3_int64 at) {
  const contents *c = &((open_file *)base)->file->now;
  const int rc = count_call(CALL_READ);
  if (rc != SQLITE_OK) return rc;
  sqlite3_int64 there = c->size - at;
  if (there > bytes) there = bytes;
  if (there < 0) there = 0;
  memcpy(into, c->bytes + at, (size_t)there);
  memset((char *)into + there, 0, (size_t)(bytes - there));
  return there == bytes ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static void note_written(disk_file *f, sqlite3_int64 from, sqlite3_int64 to) {
  while (from < to) {
    range *r = &f->written[from / SECTOR_BYTES];
    const sqlite3_int64 start = from / SECTOR_BYTES * SECTOR_BYTES;
    const sqlite3_int64 end = to - start < SECTOR_BYTES ? to : start + SECTOR_BYTES;
    if (r->to == 0 || from - start < r->from) r->from = (uint16_t)(from - start);
    if (end - start > r->to) r->to = (uint16_t)(end - start);
    from = end;
  }
}

static int file_write(sqlite3_file *base, const void *data, int bytes, sqlite3_int64 at) {
  disk_file *f = ((open_file *)base)->file;
  const int rc = count_change(CALL_WRITE);
  if (rc != SQLITE_OK) return rc;
  if (at + bytes > FILE_BYTES) return SQLITE_FULL;
  memcpy(f->now.bytes + at, data, (size_t)bytes);
  if (f->now.size < at + bytes) f->now.size = at + bytes;
  note_written(f, at, at + bytes);
  return SQLITE_OK;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
  disk_file *f = ((open_file *)base)->file;
  const int rc = count_change(CALL_TRUNCATE);
  if (rc != SQLITE_OK) return rc;
  if (size > f->now.size) return SQLITE_OK;
  memset(f->now.bytes + size, 0, (size_t)(f->now.size - size));
  f->now.size = size;
  return SQLITE_OK;
}

static int file_sync(sqlite3_file *base, int flags) {
  open_file *o = (open_file *)base;
  (void)flags;
  const int rc = count_change(CALL_SYNC);
  if (rc != SQLITE_OK) return rc;
  if (o->file->now.there) make_durable(o->file);
  return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size) {
  *size = ((open_file *)base)->file->now.size;
  return count_call(CALL_SIZE);
}

/* Whether another connection has a lock. */
static bool has_other(const void *owner, const open_file *o) {
  return owner && owner != o;
}

static int lock_shared(open_file *o) {
  disk_file *f = o->file;
  if (has_other(f->pending, o) || has_other(f->exclusive, o)) return SQLITE_BUSY;
  f->shared++;
  o->lock = SQLITE_LOCK_SHARED;
  return SQLITE_OK;
}

static int lock_reserved(open_file *o) {
  if (has_other(o->file->reserved, o)) return SQLITE_BUSY;
  o->file->reserved = o;
  o->lock = SQLITE_LOCK_RESERVED;
  return SQLITE_OK;
}

static int lock_exclusive(open_file *o) {
  disk_file *f = o->file;
  if (has_other(f->pending, o) || has_other(f->reserved, o)) return SQLITE_BUSY;
  f->pending = o;
  o->lock = SQLITE_LOCK_PENDING;
  if (f->shared > 1) return SQLITE_BUSY;
  f->exclusive = o;
  o->lock = SQLITE_LOCK_EXCLUSIVE;
  return SQLITE_OK;
}

static int file_lock(sqlite3_file *base, int level) {
  open_file *o = (open_file *)base;
  const int rc = count_call(CALL_LOCK);
  if (rc != SQLITE_OK || o->lock >= level) return rc;
  if (level == SQLITE_LOCK_SHARED) return lock_shared(o);
  return level == SQLITE_LOCK_RESERVED ? lock_reserved(o) : lock_exclusive(o);
}

static int file_unlock(sqlite3_file *base, int level) {
  open_file *o = (open_file *)base;
  disk_file *f = o->file;
  if (o->lock <= level) return SQLITE_OK;
  if (f->exclusive == o) f->exclusive = NULL;
  if (f->pending == o) f->pending = NULL;
  if (f->reserved == o) f->reserved = NULL;
  if (level == SQLITE_LOCK_NONE) f->shared--;
  o->lock = level;
  return SQLITE_OK;
}

static int file_check_reserved(sqlite3_file *base, int *out) {
  *out = ((open_file *)base)->file->reserved != NULL;
  return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int op, void *argument) {
  (void)base;
  (void)op;
  (void)argument;
  return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *base) {
  (void)base;
  return SECTOR_BYTES;
}

static int file_characteristics(sqlite3_file *base) {
  (void)base;
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* Shared memory of the write-ahead log ----------------------------------------------- */

static int shm_map(sqlite3_file *base, int region, int bytes, int extend,
                   void volatile **out) {
  disk_file *f = ((open_file *)base)->file;
  *out = NULL;
  const int rc = count_call(CALL_SHM_MAP);
  if (rc != SQLITE_OK) return rc;
  if (region >= SHM_REGIONS || bytes != SHM_REGION_BYTES) return SQLITE_IOERR_SHMSIZE;
  if (region >= f->shm_regions && !extend) return SQLITE_OK;
  if (region >= f->shm_regions) f->shm_regions = region + 1;
  *out = f->shm + (size_t)region * SHM_REGION_BYTES;
  return SQLITE_OK;
}

static void shm_release(open_file *o, int at) {
  const unsigned bit = 1U << at;
  if (o->shm_shared & bit) o->file->shm_shared[at]--;
  if (o->shm_exclusive & bit) o->file->shm_exclusive[at] = NULL;
  o->shm_shared &= ~bit;
  o->shm_exclusive &= ~bit;
}

static bool shm_is_free(const open_file *o, int at, bool exclusive) {
  const disk_file *f = o->file;
  const int others = f->shm_shared[at] - (int)(o->shm_shared >> at & 1);
  return !has_other(f->shm_exclusive[at], o) && !(exclusive && others > 0);
}

static void shm_take(open_file *o, int at, bool exclusive) {
  const unsigned bit = 1U << at;
  if (exclusive) {
    o->file->shm_exclusive[at] = o;
    o->shm_exclusive |= bit;
  } else if (!(o->shm_shared & bit)) {
    o->file->shm_shared[at]++;
    o->shm_shared |= bit;
  }
}

static int shm_lock(sqlite3_file *base, int from, int count, int flags) {
  open_file *o = (open_file *)base;
  const bool exclusive = flags & SQLITE_SHM_EXCLUSIVE;
  if (flags & SQLITE_SHM_UNLOCK) { /* cannot fail: SQLite does not look at its answer */
    for (int i = from; i < from + count; i++) shm_release(o, i);
    return SQLITE_OK;
  }
  const int rc = count_call(CALL_SHM_LOCK);
  if (rc != SQLITE_OK) return rc;
  for (int i = from; i < from + count; i++)
    if (!shm_is_free(o, i, exclusive)) return SQLITE_BUSY;
  for (int i = from; i < from + count; i++) shm_take(o, i, exclusive);
  return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *base) {
  (void)base;
  __sync_synchronize();
}

static int shm_unmap(sqlite3_file *base, int delete) {
  open_file *o = (open_file *)base;
  for (int i = 0; i < SQLITE_SHM_NLOCK; i++) shm_release(o, i);
  if (!delete) return SQLITE_OK;
  o->file->shm_regions = 0;
  memset(o->file->shm, 0, sizeof o->file->shm);
  return SQLITE_OK;
}

/* The VFS ---------------------------------------------------------------------------- */

/* Version 2: the pages of a file are not mapped (xFetch). */
static const sqlite3_io_methods file_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags,
                    int *out) {
  open_file *o = (open_file *)base;
  (void)vfs;
  memset(o, 0, sizeof *o);
  const int rc = count_call(CALL_OPEN);
  if (rc != SQLITE_OK) return rc;
  disk_file *f = name ? find_file(name) : NULL;
  const bool there = f && f->now.there;
  if (!there && !(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
  if (!f) f = new_file(name);
  if (!f) return SQLITE_CANTOPEN;
  f->now.there = true;
  o->base.pMethods = &file_methods;
  o->file = f;
  o->temporary = !name || (flags & SQLITE_OPEN_DELETEONCLOSE);
  if (out) *out = flags;
  return SQLITE_OK;
}

static int file_close(sqlite3_file *base) {
  open_file *o = (open_file *)base;
  file_unlock(base, SQLITE_LOCK_NONE);
  if (o->temporary) clear_file(o->file);
  return SQLITE_OK;
}

/* Without a sync of its directory a deleted file may come back. */
static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_directory) {
  (void)vfs;
  const int rc = count_change(CALL_DELETE);
  if (rc != SQLITE_OK) return rc;
  disk_file *f = find_file(name);
  if (!f || !f->now.there) return SQLITE_IOERR_DELETE_NOENT;
  clear_contents(&f->now);
  memset(f->written, 0, sizeof f->written);
  if (sync_directory || !f->durable.there) clear_file(f);
  return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
  (void)vfs;
  (void)flags;
  const disk_file *f = find_file(name);
  *out = f && f->now.there;
  return count_call(CALL_ACCESS);
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int bytes, char *out) {
  (void)vfs;
  sqlite3_snprintf(bytes, out, "%s", name);
  return SQLITE_OK;
}

/* SQLite would wait for locks that are never released here. */
static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
  (void)vfs;
  return microseconds;
}

static void *vfs_dl_open(sqlite3_vfs *vfs, const char *path) {
  (void)vfs;
  return system_vfs->xDlOpen(system_vfs, path);
}

static void vfs_dl_error(sqlite3_vfs *vfs, int bytes, char *message) {
  (void)vfs;
  system_vfs->xDlError(system_vfs, bytes, message);
}

static void (*vfs_dl_symbol(sqlite3_vfs *vfs, void *library, const char *name))(void) {
  (void)vfs;
  return system_vfs->xDlSym(system_vfs, library, name);
}

static void vfs_dl_close(sqlite3_vfs *vfs, void *library) {
  (void)vfs;
  system_vfs->xDlClose(system_vfs, library);
}

static int vfs_randomness(sqlite3_vfs *vfs, int bytes, char *out) {
  (void)vfs;
  return system_vfs->xRandomness(system_vfs, bytes, out);
}

static int vfs_time(sqlite3_vfs *vfs, double *out) {
  (void)vfs;
  return system_vfs->xCurrentTime(system_vfs, out);
}

bool fault_vfs_register(void) {
  static sqlite3_vfs vfs = {
      .iVersion = 1,
      .szOsFile = sizeof(open_file),
      .mxPathname = NAME_BYTES,
      .zName = "fault",
      .xOpen = vfs_open,
      .xDelete = vfs_delete,
      .xAccess = vfs_access,
      .xFullPathname = vfs_full_path,
      .xDlOpen = vfs_dl_open,
      .xDlError = vfs_dl_error,
      .xDlSym = (void (*(*)(sqlite3_vfs *, void *, const char *))(void))vfs_dl_symbol,
      .xDlClose = vfs_dl_close,
      .xRandomness = vfs_randomness,
      .xSleep = vfs_sleep,
      .xCurrentTime = vfs_time,
  };
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (shared == MAP_FAILED) return false;
  system_vfs = sqlite3_vfs_find(NULL);
  return sqlite3_vfs_register(&vfs, 1) == SQLITE_OK;
}
