/* os_process_posix.c - processes, libraries, clocks and the environment, by POSIX. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/os.h"

extern char **environ;

/* Clocks ----------------------------------------------------------------------------- */

uint64_t bb_os_clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void bb_os_sleep_ms(unsigned ms) {
  const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

/* This process ----------------------------------------------------------------------- */

unsigned long bb_os_process_id(void) {
  return (unsigned long)getpid();
}

void bb_os_at_fork(void (*before)(void), void (*in_parent)(void),
                   void (*in_child)(void)) {
  pthread_atfork(before, in_parent, in_child);
}

const char *bb_os_environment(const char *name, char room[BB_PATH_BYTES]) {
  (void)room;
  return getenv(name);
}

void bb_os_begin_program(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  const struct sigaction ignore = {.sa_handler = SIG_IGN};
  sigaction(SIGPIPE, &ignore, NULL);
}

void bb_os_catch_interrupts(void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = (int)SA_RESETHAND};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

/* Others ----------------------------------------------------------------------------- */

/* This program ignores some signals; the child does not. */
static int start(pid_t *process, const char *const *arguments, const char *output) {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t files;
  sigset_t defaults;
  char **list; /* which posix_spawnp() does not write to, whatever its type says */
  memcpy(&list, &arguments, sizeof list);
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
  const int failed = posix_spawnp(process, list[0], &files, &attributes, list, environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return failed;
}

bool bb_os_run(const char *const *arguments, const char *output, int *status) {
  pid_t process;
  int ended = -1;
  const struct sigaction ignore = {.sa_handler = SIG_IGN};
  struct sigaction before;
  sigaction(SIGINT, &ignore, &before);
  const int failed = start(&process, arguments, output);
  while (!failed && waitpid(process, &ended, 0) < 0 && errno == EINTR) {
  }
  sigaction(SIGINT, &before, NULL);
  *status = !failed && WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
  errno = failed;
  return !failed;
}

/* Libraries -------------------------------------------------------------------------- */

/* A program that was found by PATH is known by its bare name, which says nothing of where
 * it lies. */
bool bb_os_library_path(const void *address, char out[BB_PATH_BYTES]) {
  Dl_info info;
  if (!dladdr(address, &info) || !info.dli_fname) return false;
  if (!strchr(info.dli_fname, '/')) return bb_os_program_path(out);
  return snprintf(out, BB_PATH_BYTES, "%s", info.dli_fname) < BB_PATH_BYTES;
}

void *bb_os_load(const char *path) {
  return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

/* ISO C has no cast from an object's pointer to a function's; POSIX promises this. */
bool bb_os_find_function(void *library, const char *name, void *function) {
  void *found = dlsym(library, name);
  memcpy(function, &found, sizeof found);
  return found != NULL;
}

const char *bb_os_load_error(void) {
  return dlerror();
}
