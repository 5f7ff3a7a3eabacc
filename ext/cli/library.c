/* library.c - see library.h. */
#include "cli/library.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

#include "base/os.h"
#include "cli/embedded_sql.h"
#include "cli/terminal.h"

/* Milliseconds to wait for another program that writes. */
enum { BUSY_MS = 10000 };

/* Ctrl-C ----------------------------------------------------------------------------- */

/* A signal handler has no argument: what it works on is of the process. */
static _Atomic(sqlite3 *) interruptible;
static volatile sig_atomic_t interrupted;

/* The first one ends the statement that runs, whose transaction is rolled back; the
 * second one ends the process. */
static void on_interrupt(int number) {
  (void)number;
  interrupted = 1;
  sqlite3 *db = interruptible;
  if (db) sqlite3_interrupt(db);
}

bool database_was_interrupted(void) {
  return interrupted;
}

/* Errors ----------------------------------------------------------------------------- */

/* What keeps a file from being written. False: it is another fault. */
static bool complain_of_writing(const database *d, int code, const char *message) {
  switch (code) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    complain("%s is being written by another program, and %d seconds of waiting were not "
             "enough: close that program, or type the same command again",
             d->path, BUSY_MS / 1000);
    return true;
  case SQLITE_READONLY:
    complain("%s cannot be written (%s): look at the permissions of the file and its "
             "folder, or work on a copy",
             d->path, message);
    return true;
  case SQLITE_FULL:
    complain("the disk of %s is full: make room and type the same command again",
             d->path);
    return true;
  default:
    return false;
  }
}

void database_complain(database *d, int code) {
  const char *message = sqlite3_errmsg(d->db);
  const int kind = code & 0xFF;
  if (complain_of_writing(d, kind, message)) return;
  switch (kind) {
  case SQLITE_INTERRUPT:
    complain("stopped; what was done is kept: the same command again goes on");
    break;
  case SQLITE_NOTADB:
    complain("%s is not an SQLite database; the library comes first: biobert import "
             "LIBRARY.db FILE...",
             d->path);
    break;
  case SQLITE_CORRUPT:
    complain("%s is damaged (%s): 'biobert doctor %z' says what of it", d->path, message,
             text_shell_word(d->path));
    break;
  case SQLITE_CANTOPEN:
    complain("%s cannot be opened or made: look at its folder and its permissions",
             d->path);
    break;
  case SQLITE_NOMEM:
    complain("out of memory");
    break;
  default:
    complain("%s: %s", d->path, message);
    break;
  }
}

/* Opening ---------------------------------------------------------------------------- */

static bool check_path(const char *path, database_use use) {
  bb_os_info is;
  if (!*path) {
    complain("the library's path is empty");
    return false;
  }
  if (!bb_os_look(path, &is)) {
    if (errno == ENOENT && use == DATABASE_MAKE) return true;
    if (errno == ENOENT)
      complain("there is no file '%s'; 'biobert import %z FILE...' makes it", path,
               text_shell_word(path));
    else
      complain("%s: %s", path, strerror(errno));
    return false;
  }
  if (is.kind == BB_OS_FILE) return true;
  complain("'%s' is a %s: the file of the library is expected, as in 'biobert %s "
           "library.db'",
           path, is.kind == BB_OS_FOLDER ? "folder" : "device or pipe",
           use == DATABASE_MAKE ? "import" : "search");
  return false;
}

bool path_exists(const char *path) {
  bb_os_info is;
  return bb_os_look(path, &is);
}

/* An empty file is a database without tables. */
bool path_is_no_library(const char *path) {
  static const char mark[] = "SQLite format 3";
  char start[sizeof mark] = "";
  FILE *file = bb_os_stream(path, "rb");
  if (!file) return false;
  size_t bytes = fread(start, 1, sizeof start, file);
  bool failed = ferror(file); /* a folder */
  fclose(file);
  return failed || (bytes && memcmp(start, mark, sizeof mark) != 0);
}

/* What a file brings (views, triggers) calls no function that could do harm; what the
 * command reads it does not change. */
static int settle(database *d, database_use use) {
  int rc = sqlite3_exec(d->db, "PRAGMA trusted_schema = OFF", NULL, NULL, NULL);
  sqlite3_db_config(d->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  if (rc == SQLITE_OK && use == DATABASE_READ)
    rc = sqlite3_exec(d->db, "PRAGMA query_only = ON", NULL, NULL, NULL);
  if (rc == SQLITE_OK)
    rc = sqlite3_exec(d->db, "SELECT 1 FROM sqlite_schema", NULL, NULL, NULL);
  return rc;
}

/* Of biobert_import.so, which has no header: a program loads it. */
int sqlite3_biobertimport_init(sqlite3 *db, char **error,
                               const struct sqlite3_api_routines *api);

static bool open_path(database *d, cli *c, const char *path, int flags,
                      database_use use) {
  *d = (database){.path = path, .print_sql = c->print_sql ? &c->out : NULL};
  sqlite3_auto_extension((void (*)(void))sqlite3_biobert_init);
  sqlite3_auto_extension((void (*)(void))sqlite3_biobertimport_init);
  int rc = sqlite3_open_v2(path, &d->db, flags, NULL);
  if (rc == SQLITE_OK) sqlite3_busy_timeout(d->db, BUSY_MS);
  if (rc == SQLITE_OK) rc = settle(d, use);
  if (rc != SQLITE_OK) {
    if (d->db)
      database_complain(d, rc);
    else
      complain("out of memory");
    sqlite3_close(d->db);
    d->db = NULL;
    return false;
  }
  d->outer = interruptible;
  interruptible = d->db;
  bb_os_catch_interrupts(on_interrupt);
  return true;
}

bool database_open(database *d, cli *c, const char *path, database_use use) {
  static const int flags[] = {
      [DATABASE_READ] = SQLITE_OPEN_READONLY,
      [DATABASE_WRITE] = SQLITE_OPEN_READWRITE,
      [DATABASE_MAKE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
  };
  return check_path(path, use) && open_path(d, c, path, flags[use], use);
}

bool database_open_memory(database *d, cli *c) {
  return open_path(d, c, ":memory:", SQLITE_OPEN_READWRITE, DATABASE_WRITE);
}

void database_close(database *d) {
  interruptible = d->outer;
  sqlite3_close(d->db);
  d->db = NULL;
}

/* Statements ------------------------------------------------------------------------- */

static bool prepare(database *d, sqlite3_stmt **out, const char *format, va_list args) {
  char *sql = sqlite3_vmprintf(format, args);
  int rc = sql ? sqlite3_prepare_v2(d->db, sql, -1, out, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  if (rc == SQLITE_OK) return true;
  database_complain(d, rc);
  *out = NULL;
  return false;
}

bool database_prepare(database *d, sqlite3_stmt **out, const char *format, ...) {
  va_list args;
  va_start(args, format);
  bool ok = prepare(d, out, format, args);
  va_end(args);
  return ok;
}

/* Printed as it can be typed into the sqlite3 shell after `.load biobert`. */
int database_step(database *d, sqlite3_stmt *s) {
  if (d->print_sql && !sqlite3_stmt_busy(s)) {
    char *sql = sqlite3_expanded_sql(s);
    output_sql(d->print_sql, sql ? sql : sqlite3_sql(s));
    sqlite3_free(sql);
  }
  return sqlite3_step(s);
}

bool database_run(database *d, const char *format, ...) {
  sqlite3_stmt *s;
  va_list args;
  va_start(args, format);
  bool ok = prepare(d, &s, format, args);
  va_end(args);
  if (!ok) return false;
  int rc;
  do rc = database_step(d, s);
  while (rc == SQLITE_ROW);
  if (rc != SQLITE_DONE) database_complain(d, rc);
  sqlite3_finalize(s);
  return rc == SQLITE_DONE;
}

const char *database_sql(const char *path) {
  for (const embedded_sql *e = embedded_sqls; e->path; e++)
    if (strcmp(e->path, path) == 0) return e->text;
  return "";
}

static int run_one(database *d, sqlite3_stmt *s, const char *path) {
  int parameter = sqlite3_bind_parameter_index(s, ":path"), rc = SQLITE_OK;
  if (parameter) rc = sqlite3_bind_text(s, parameter, path, -1, SQLITE_STATIC);
  if (rc != SQLITE_OK) return rc;
  do rc = database_step(d, s);
  while (rc == SQLITE_ROW);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

bool database_run_text(database *d, const char *text, const char *path) {
  int rc = SQLITE_OK;
  while (*text && rc == SQLITE_OK) {
    sqlite3_stmt *s = NULL;
    rc = sqlite3_prepare_v2(d->db, text, -1, &s, &text);
    if (rc == SQLITE_OK && s) rc = run_one(d, s, path);
    if (rc != SQLITE_OK) database_complain(d, rc);
    sqlite3_finalize(s);
  }
  return rc == SQLITE_OK;
}

int64_t database_integer(database *d, int64_t absent, const char *format, ...) {
  sqlite3_stmt *s;
  va_list args;
  va_start(args, format);
  char *sql = sqlite3_vmprintf(format, args);
  va_end(args);
  if (sql && sqlite3_prepare_v2(d->db, sql, -1, &s, NULL) == SQLITE_OK) {
    if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_type(s, 0) != SQLITE_NULL)
      absent = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
  }
  sqlite3_free(sql);
  return absent;
}
