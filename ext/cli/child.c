/* child.c - see child.h. */
#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "biobert_sqlite.h"
#include "cli/terminal.h"

extern char **environ;

enum { MOST_ARGUMENTS = 8 };

/* This program ignores some signals; the child does not. */
static int start(pid_t *process, char **list, const char *output) {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t files;
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGINT);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  posix_spawn_file_actions_init(&files);
  if (output)
    posix_spawn_file_actions_addopen(&files, 1, output, O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
  int rc = posix_spawnp(process, list[0], &files, &attributes, list, environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return rc;
}

int child_run(const char *const *arguments, const char *output) {
  char *list[MOST_ARGUMENTS] = {0};
  pid_t process;
  int status = -1;
  struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
  for (int i = 0; i + 1 < MOST_ARGUMENTS && arguments[i]; i++)
    list[i] = sqlite3_mprintf("%s", arguments[i]);
  sigaction(SIGINT, &ignore, &before);
  int rc = start(&process, list, output);
  while (rc == 0 && waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  sigaction(SIGINT, &before, NULL);
  if (rc != 0) complain("%s cannot be started: %s", arguments[0], strerror(rc));
  for (int i = 0; i < MOST_ARGUMENTS; i++) sqlite3_free(list[i]);
  return rc == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
