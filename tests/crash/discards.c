/* discards.c - biobert_sync() where what a SELECT writes is thrown away without an error.
 *
 * That is what dqlite does: frames that were not handed to its log are dropped when the
 * write lock is given back. Here a VFS does it: it remembers SQLite's index of the
 * write-ahead log when that lock is taken, and puts it back when the lock is given back,
 * so that the frames in between are in no reader's way. */
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "loaded.h"

enum { REGIONS = 64, REGION_BYTES = 32768, WRITE_LOCK = 0 };

static sqlite3_vfs *real;
static const sqlite3_io_methods *real_methods;
static sqlite3_io_methods methods;
static volatile void *regions[REGIONS];
static unsigned char kept[REGIONS][REGION_BYTES];
static int region_count, kept_count;
static bool discarding;

static int map_region(sqlite3_file *file, int number, int bytes, int extend,
                      volatile void **out) {
  int rc = real_methods->xShmMap(file, number, bytes, extend, out);
  if (rc == SQLITE_OK && *out && number < REGIONS && bytes == REGION_BYTES) {
    regions[number] = *out;
    if (number >= region_count) region_count = number + 1;
  }
  return rc;
}

static void copy(volatile void *to, const volatile void *from) {
  volatile unsigned char *bytes = to;
  const volatile unsigned char *source = from;
  for (int i = 0; i < REGION_BYTES; i++) bytes[i] = source[i];
}

static int lock_region(sqlite3_file *file, int offset, int count, int flags) {
  bool write = offset == WRITE_LOCK && count == 1 && flags & SQLITE_SHM_EXCLUSIVE;
  if (write && flags & SQLITE_SHM_UNLOCK)
    for (int i = 0; i < kept_count; i++) copy(regions[i], kept[i]);
  if (write) kept_count = 0;
  int rc = real_methods->xShmLock(file, offset, count, flags);
  if (rc != SQLITE_OK || !write || !(flags & SQLITE_SHM_LOCK) || !discarding) return rc;
  for (int i = 0; i < region_count; i++) copy(kept[i], regions[i]);
  kept_count = region_count;
  return rc;
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *out_flags) {
  (void)vfs;
  int rc = real->xOpen(real, name, file, flags, out_flags);
  if (rc != SQLITE_OK || !(flags & SQLITE_OPEN_MAIN_DB)) return rc;
  real_methods = file->pMethods;
  methods = *real_methods;
  methods.xShmMap = map_region;
  methods.xShmLock = lock_region;
  file->pMethods = &methods;
  return rc;
}

static sqlite3 *db;

static void must_run(const char *sql) {
  if (!CHECK_INT(run(db, sql), SQLITE_OK)) printf("   %s: %s\n", sqlite3_errmsg(db), sql);
}

static long long number(const char *sql) {
  sqlite3_stmt *s = NULL;
  CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
  long long n = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;
  CHECK_INT(sqlite3_finalize(s), SQLITE_OK);
  return n;
}

static void connect(const char *path) {
  static sqlite3_vfs vfs;
  real = sqlite3_vfs_find(NULL);
  vfs = *real;
  vfs.zName = "discards";
  vfs.xOpen = open_file;
  sqlite3_vfs_register(&vfs, 0);
  unlink(path);
  db = open_on(path, "discards");
  load_library(db);
}

static void check_is_refused(const char *sql) {
  CHECK_INT(run(db, sql), SQLITE_ERROR);
  const char *said = sqlite3_errmsg(db);
  if (!CHECK(strstr(said, "is not in the file") && strstr(said, "VALUES('sync', 64)")))
    printf("   %s\n", said);
}

int main(int argc, char **argv) {
  static char path[512];
  find_library(argc, argv);
  snprintf(path, sizeof path, "%s/discards.db", build_folder());
  connect(path);
  check_begin(
      "a batch that is thrown away is an error that names the command, not 'up to "
      "date'");
  must_run("PRAGMA journal_mode = wal; PRAGMA synchronous = off; CREATE TABLE papers(id "
           "INTEGER PRIMARY KEY, t TEXT); INSERT INTO papers VALUES(1, 'gene'), (2, "
           "'heart'), (3, 'cell'); CREATE TABLE none(id INTEGER PRIMARY KEY, t TEXT); "
           "CREATE VIRTUAL TABLE s USING biobert(t, content='papers'); CREATE VIRTUAL "
           "TABLE n USING biobert(t, content='none'); CREATE VIRTUAL TABLE w USING "
           "biobert(t, content='papers', search='lexical')");
  discarding = true;
  check_is_refused("SELECT * FROM biobert_sync('s')");
  check_is_refused("SELECT * FROM biobert_sync('s', 1)");
  check_begin("so is one of words alone");
  check_is_refused("SELECT * FROM biobert_sync('w')");
  check_begin("and the note that there was nothing to do");
  check_is_refused("SELECT * FROM biobert_sync('n')");
  discarding = false;
  check_begin("nothing of it is left, in the file or in memory");
  CHECK_INT(number("SELECT count(*) FROM s_docs"), 0);
  CHECK_INT(number("SELECT pending FROM biobert_status('s')"), 3);
  CHECK_INT(run(db, "SELECT * FROM s('gene')"), SQLITE_ERROR);
  check_begin("where it is kept the same statements do their work");
  must_run("SELECT * FROM biobert_sync('s', 1)");
  must_run("SELECT * FROM biobert_sync('n')");
  must_run("INSERT INTO w(w, rank) VALUES('sync', 64)");
  CHECK_INT(number("SELECT count(*) FROM s('gene')"), 3);
  check_begin(
      "a later batch that is thrown away is found too, and the index is as it was");
  must_run("INSERT INTO papers VALUES(4, 'stroke'); DELETE FROM papers WHERE id = 1");
  discarding = true;
  check_is_refused("SELECT * FROM biobert_sync('s')");
  discarding = false;
  CHECK_INT(number("SELECT count(*) FROM s('gene')"), 2);
  must_run("INSERT INTO s(s) VALUES('integrity-check')");
  must_run("SELECT * FROM biobert_sync('s')");
  CHECK_INT(number("SELECT count(*) FROM s('stroke')"), 3);
  must_run("INSERT INTO s(s) VALUES('integrity-check')");
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  unlink(path);
  return check_report();
}
