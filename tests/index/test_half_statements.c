/* test_half_statements.c - reads, writes and allocations fail one after another: of the
 * statement in which they did all is there or nothing. */
#include <unistd.h>

#include "index/whole_state.h"

static char folder[] = "/tmp/biobert-faults-XXXXXX";
static char path[64], template[64];

/* Reads and writes that fail --------------------------------------------------------- */

/* A file system whose n-th read, or write, fails once. */
typedef struct faulty_file {
  sqlite3_file base;
  sqlite3_file *real;
} faulty_file;

static sqlite3_vfs faulty_vfs, *real_vfs;
static int reads_left = -1,
           writes_left = -1; /* before the one that fails; -1: none does */

static bool fails(int *left) {
  if (*left < 0) return false;
  return (*left)-- == 0;
}

static sqlite3_file *real(sqlite3_file *f) {
  return ((faulty_file *)f)->real;
}

static int file_close(sqlite3_file *f) {
  int rc = real(f)->pMethods ? real(f)->pMethods->xClose(real(f)) : SQLITE_OK;
  sqlite3_free(real(f));
  return rc;
}

static int file_read(sqlite3_file *f, void *into, int bytes, sqlite3_int64 at) {
  if (fails(&reads_left)) return SQLITE_IOERR_READ;
  return real(f)->pMethods->xRead(real(f), into, bytes, at);
}

static int file_write(sqlite3_file *f, const void *from, int bytes, sqlite3_int64 at) {
  if (fails(&writes_left)) return SQLITE_IOERR_WRITE;
  return real(f)->pMethods->xWrite(real(f), from, bytes, at);
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size) {
  return real(f)->pMethods->xTruncate(real(f), size);
}

static int file_sync(sqlite3_file *f, int flags) {
  return fails(&writes_left) ? SQLITE_IOERR_FSYNC
                             : real(f)->pMethods->xSync(real(f), flags);
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size) {
  return real(f)->pMethods->xFileSize(real(f), size);
}

static int file_lock(sqlite3_file *f, int kind) {
  return real(f)->pMethods->xLock(real(f), kind);
}

static int file_unlock(sqlite3_file *f, int kind) {
  return real(f)->pMethods->xUnlock(real(f), kind);
}

static int file_check_lock(sqlite3_file *f, int *reserved) {
  return real(f)->pMethods->xCheckReservedLock(real(f), reserved);
}

static int file_control(sqlite3_file *f, int what, void *argument) {
  return real(f)->pMethods->xFileControl(real(f), what, argument);
}

static int file_sector(sqlite3_file *f) {
  return real(f)->pMethods->xSectorSize(real(f));
}

static int file_traits(sqlite3_file *f) {
  return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                       int *out) {
  static const sqlite3_io_methods methods = {1,
                                             file_close,
                                             file_read,
                                             file_write,
                                             file_truncate,
                                             file_sync,
                                             file_size,
                                             file_lock,
                                             file_unlock,
                                             file_check_lock,
                                             file_control,
                                             file_sector,
                                             file_traits,
                                             NULL,
                                             NULL,
                                             NULL,
                                             NULL,
                                             NULL,
                                             NULL};
  (void)vfs;
  faulty_file *f = (faulty_file *)file;
  f->base.pMethods = NULL;
  f->real = sqlite3_malloc(real_vfs->szOsFile);
  if (!f->real) return SQLITE_NOMEM;
  memset(f->real, 0, (size_t)real_vfs->szOsFile);
  int rc = real_vfs->xOpen(real_vfs, name, f->real, flags, out);
  if (rc == SQLITE_OK)
    f->base.pMethods = &methods;
  else
    sqlite3_free(f->real);
  return rc;
}

static void make_faulty_vfs(void) {
  real_vfs = sqlite3_vfs_find(NULL);
  faulty_vfs = *real_vfs;
  faulty_vfs.zName = "faulty";
  faulty_vfs.szOsFile = sizeof(faulty_file);
  faulty_vfs.xOpen = faulty_open;
  sqlite3_vfs_register(&faulty_vfs, 0);
}

/* Memory ----------------------------------------------------------------------------- */

static sqlite3_mem_methods real_memory;
static int allocations_left = -1;

static void *faulty_malloc(int bytes) {
  return fails(&allocations_left) ? NULL : real_memory.xMalloc(bytes);
}

static void *faulty_realloc(void *block, int bytes) {
  return fails(&allocations_left) ? NULL : real_memory.xRealloc(block, bytes);
}

/* Before SQLite is used. */
static void make_faulty_memory(void) {
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory);
  sqlite3_mem_methods faulty = real_memory;
  faulty.xMalloc = faulty_malloc;
  faulty.xRealloc = faulty_realloc;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &faulty);
}

/* Statements on a file --------------------------------------------------------------- */

static const char library_sql[] = "PRAGMA synchronous = OFF; CREATE TABLE p(id INTEGER "
                                  "PRIMARY KEY, t TEXT); CREATE TABLE "
                                  "changed(id INTEGER); CREATE TABLE changed2(id "
                                  "INTEGER); CREATE VIRTUAL TABLE other USING "
                                  "biobert(t, content='p', queue='changed2', "
                                  "search='lexical'); CREATE VIRTUAL TABLE s USING "
                                  "biobert(t, content='p', queue='changed'); CREATE "
                                  "VIRTUAL TABLE own USING biobert(t, a "
                                  "UNINDEXED); WITH RECURSIVE c(x) AS (SELECT 1 UNION "
                                  "ALL SELECT x + 1 FROM c LIMIT 20) "
                                  "INSERT INTO p SELECT x, 'aspirin ' || x FROM c; "
                                  "INSERT INTO own(rowid, t) SELECT id, t "
                                  "FROM p; INSERT INTO s(s) VALUES('sync'); INSERT INTO "
                                  "other(other) VALUES('sync'); UPDATE "
                                  "p SET t = 5000 + id WHERE id % 5 = 0; INSERT INTO "
                                  "changed SELECT id FROM p WHERE id "
                                  "% 5 = 0";

static const char *const file_changes[] = {
    "INSERT INTO s(s) VALUES('sync')",
    "INSERT INTO s(s) VALUES('rebuild')",
    "SELECT * FROM biobert_sync('s')",
    "INSERT INTO own(rowid, t) VALUES(90, 'heart')",
    "UPDATE own SET t = 'heart' WHERE rowid = 7",
    "UPDATE own SET rowid = 91 WHERE rowid = 7",
    "REPLACE INTO own(rowid, t) VALUES(7, 'heart')",
    "DELETE FROM own WHERE rowid = 7",
    "INSERT INTO own(own) VALUES('optimize')",
};
enum { FILE_CHANGES = sizeof file_changes / sizeof file_changes[0] };

/* What a person sees of the library: neither epochs nor places in chunks. */
static char *library_state(sqlite3 *db) {
  sqlite3_str *out = sqlite3_str_new(NULL);
  add_rows(db, "SELECT * FROM p", out);
  add_rows(db, "SELECT * FROM changed", out);
  add_rows(db, "SELECT rowid, *, vector FROM s", out);
  add_rows(db, "SELECT rowid, *, vector FROM own", out);
  add_rows(db, "SELECT rowid FROM s WHERE words MATCH 'aspirin' ORDER BY rowid", out);
  add_rows(db, "SELECT rowid FROM own WHERE words MATCH 'aspirin' ORDER BY rowid", out);
  add_rows(db, "SELECT pending, stale, failed, passages FROM biobert_status('s')", out);
  add_rows(db, "SELECT pending, stale, failed, passages FROM biobert_status('own')", out);
  return sqlite3_str_finish(out);
}

/* A copy of the library, to be changed. */
static void copy_library(void) {
  char block[4096];
  size_t bytes;
  FILE *from = fopen(template, "rb"), *to = fopen(path, "wb");
  while (from && to && (bytes = fread(block, 1, sizeof block, from)) > 0)
    CHECK_INT(fwrite(block, 1, bytes, to), bytes);
  if (from) fclose(from);
  CHECK(from && to && fclose(to) == 0);
}

/* Its state after a statement that works. */
static char *state_after(const char *sql) {
  copy_library();
  sqlite3 *db = open_loaded(path);
  RUN(db, "PRAGMA synchronous = OFF");
  RUN(db, sql);
  char *state = library_state(db);
  sqlite3_close(db);
  return state;
}

/* One fault; true if there was one. What a statement says that failed is not there, and
 * what it says that it has done is. */
static bool check_fault(const char *sql, int *left, int at, bool inside,
                        const char *before, const char *after) {
  copy_library();
  sqlite3 *db = open_on(path, "faulty");
  load_library(db);
  RUN(db, "PRAGMA synchronous = OFF; PRAGMA cache_size = 10");
  if (inside) RUN(db, "BEGIN");
  *left = at;
  int rc = run(db, sql);
  bool faulted = *left < 0;
  *left = -1;
  /* Inside, most errors of the file system end the transaction. */
  if (!sqlite3_get_autocommit(db) && run(db, "COMMIT") != SQLITE_OK) rc = SQLITE_ERROR;
  sqlite3_close(db);
  db = open_loaded(path);
  RUN(db, "INSERT INTO s(s) VALUES('integrity-check')");
  RUN(db, "INSERT INTO own(own) VALUES('integrity-check')");
  char *state = library_state(db);
  bool streams = strncmp(sql, "SELECT", 6) == 0; /* it commits by itself */
  bool right = strcmp(state, rc == SQLITE_OK ? after : before) == 0 ||
               (streams && strcmp(state, after) == 0);
  if (!right)
    check_same(sqlite3_mprintf("%s", state), sqlite3_mprintf("%s", rc ? before : after));
  sqlite3_free(state);
  sqlite3_close(db);
  return faulted;
}

/* dense: so many are tried one by one, then ever fewer. */
static const struct {
  const char *sentence;
  int *left, dense;
} kinds[] = {
    {"a read that fails leaves no half of a statement",  &reads_left,       200},
    {"a write that fails leaves no half of a statement", &writes_left,      200},
    {"without memory no half of a statement is left",    &allocations_left, 15 },
};

static void test_faults(void) {
  make_faulty_vfs();
  snprintf(path, sizeof path, "%s/db", folder);
  snprintf(template, sizeof template, "%s/template", folder);
  sqlite3 *db = open_loaded(template);
  RUN(db, library_sql);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  char *before = state_after("SELECT 1");
  for (int i = 0; i < FILE_CHANGES; i++) {
    char *after = state_after(file_changes[i]);
    bool streams = strncmp(file_changes[i], "SELECT", 6) == 0;
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
      check_begin(kinds[kind].sentence);
      for (int inside = 0; inside < (streams ? 1 : 2); inside++) {
        int at = 0;
        do {
          check_context("%s, %s, number %d", file_changes[i],
                        inside ? "inside a transaction" : "outside", at);
          at += 1 + at / kinds[kind].dense;
        } while (check_fault(file_changes[i], kinds[kind].left, at - 1, inside, before,
                             after));
      }
    }
    sqlite3_free(after);
  }
  sqlite3_free(before);
  unlink(path);
  unlink(template);
}

int main(int argc, char **argv) {
  find_library(argc, argv);
  make_faulty_memory();
  if (!mkdtemp(folder)) return 1;
  test_faults();
  rmdir(folder);
  return check_report();
}
