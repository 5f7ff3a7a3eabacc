/* loaded_extensions.c - the command's two extensions, loaded from the files beside it.
 *
 * A package that has the extensions as files has them once: its command is linked with
 * this in their place. It calls them by the names that the command calls, and hands on
 * SQLite's table of functions, so that the files use the SQLite of the command. */
#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "biobert_sqlite.h"

int sqlite3_biobertimport_init(sqlite3 *db, char **error,
                               const struct sqlite3_api_routines *api);

typedef int entry_point(sqlite3 *, char **, const struct sqlite3_api_routines *);

/* The path of a file in the program's folder; false: it is not known, or too long. */
static bool beside_program(const char *file, char path[PATH_MAX]) {
  ssize_t bytes = readlink("/proc/self/exe", path, PATH_MAX - 1);
  if (bytes <= 0) return false;
  path[bytes] = '\0';
  char *name = strrchr(path, '/');
  if (!name++ || strlen(file) >= (size_t)(path + PATH_MAX - name)) return false;
  memcpy(name, file, strlen(file) + 1);
  return true;
}

/* The library stays open: the connections of the process use its code. */
static int call_entry(const char *file, const char *name, sqlite3 *db, char **error,
                      const struct sqlite3_api_routines *api) {
  char path[PATH_MAX];
  void *library = beside_program(file, path) ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
  entry_point *entry = NULL;
  /* ISO C has no cast from an object's pointer to a function's; POSIX promises this. */
  if (library) *(void **)&entry = dlsym(library, name);
  if (entry) return entry(db, error, api);
  *error = sqlite3_mprintf("%s: it belongs beside this program: install the package anew",
                           library ? name : dlerror());
  return SQLITE_ERROR;
}

int sqlite3_biobert_init(sqlite3 *db, char **error,
                         const struct sqlite3_api_routines *api) {
  return call_entry("biobert.so", "sqlite3_biobert_init", db, error, api);
}

int sqlite3_biobertimport_init(sqlite3 *db, char **error,
                               const struct sqlite3_api_routines *api) {
  return call_entry("biobert_import.so", "sqlite3_biobertimport_init", db, error, api);
}
