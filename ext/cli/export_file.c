/* export_file.c - see export_file.h. */
#include "cli/export_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/terminal.h"

/* Why a file could not be written: what failed was long before the end, and is tried once
 * more. */
static int why_not_written(FILE *file) {
  clearerr(file);
  errno = 0;
  bool again = fputc('\n', file) == EOF || fflush(file) != 0;
  return again && errno ? errno : ENOSPC;
}

/* A reader that has gone (`| head`) is no failure. */
static bool write_to(export_job *j, export_function *write, const char *path) {
  bool ok = write(j);
  if (!ferror(j->file) && fflush(j->file) == 0) return ok;
  int why = why_not_written(j->file);
  if (why != EPIPE) complain("%s cannot be written: %s", path, strerror(why));
  return why == EPIPE;
}

/* A file is there when it is whole: it grows under another name. */
static bool write_file(export_job *j, export_function *write) {
  char *partial = sqlite3_mprintf("%s.partial", j->path);
  bool ok = false;
  j->file = partial ? fopen(partial, "wb") : NULL;
  if (!j->file)
    complain("%s cannot be written: %s", j->path, strerror(errno));
  else {
    ok = write_to(j, write, j->path);
    ok = fclose(j->file) == 0 && ok;
    if (ok && rename(partial, j->path) != 0) {
      complain("%s cannot be written: %s", j->path, strerror(errno));
      ok = false;
    }
    if (!ok) unlink(partial);
  }
  sqlite3_free(partial);
  return ok;
}

bool export_to(export_job *j, export_function *write) {
  if (j->path) return write_file(j, write);
  j->file = stdout;
  return write_to(j, write, "standard output");
}
