/* whole_file.c - see whole_file.h. */
#include "cli/whole_file.h"

#include <errno.h>
#include <string.h>

#include "base/os.h"
#include "cli/terminal.h"

/* Why a file could not be written: what failed was long before the end, and is tried once
 * more. */
static int why_not_written(FILE *file) {
  clearerr(file);
  errno = 0;
  bool again = fputc('\n', file) == EOF || fflush(file) != 0;
  return again && errno ? errno : ENOSPC;
}

bool file_write_to(FILE *file, const char *name, file_writer *write, void *ctx) {
  bool ok = write(ctx, file);
  if (!ferror(file) && fflush(file) == 0) return ok;
  int why = why_not_written(file);
  if (why != EPIPE) complain("%s cannot be written: %s", name, strerror(why));
  return why == EPIPE;
}

bool whole_file_write(const char *path, file_writer *write, void *ctx) {
  char *partial = sqlite3_mprintf("%s.partial", path);
  FILE *file = partial ? bb_os_stream(partial, "wb") : NULL;
  bool ok = false;
  if (!file)
    complain("%s cannot be written: %s", path, strerror(errno));
  else {
    ok = file_write_to(file, path, write, ctx);
    ok = fclose(file) == 0 && ok;
    if (ok && !bb_os_rename(partial, path)) {
      complain("%s cannot be written: %s", path, strerror(errno));
      ok = false;
    }
    if (!ok) bb_os_remove(partial);
  }
  sqlite3_free(partial);
  return ok;
}
