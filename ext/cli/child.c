/* child.c - see child.h. */
#include "cli/child.h"

#include <errno.h>
#include <string.h>

#include "base/os.h"
#include "cli/terminal.h"

int child_run(const char *const *arguments, const char *output) {
  int status;
  if (!bb_os_run(arguments, output, &status))
    complain("%s cannot be started: %s", arguments[0], strerror(errno));
  return status;
}
