/* loaded_extensions.c - the command's two extensions, loaded from the files beside it.
 *
 * A package that has the extensions as files has them once: its command is linked with
 * this in their place. It calls them by the names that the command calls, and hands on
 * SQLite's table of functions, so that the files use the SQLite of the command. */
#include <string.h>

#include "base/os.h"
#include "biobert_sqlite.h"

int sqlite3_biobertimport_init(sqlite3 *db, char **error,
                               const struct sqlite3_api_routines *api);

typedef int entry_point(sqlite3 *, char **, const struct sqlite3_api_routines *);

/* The path of a library in the program's folder; false: it is not known, or too long. */
static bool beside_program(const char *library, char path[BB_PATH_BYTES]) {
  if (!bb_os_program_path(path)) return false;
  const char *name = bb_os_last_separator(path);
  if (!name) return false;
  const size_t at = (size_t)(name + 1 - path), left = BB_PATH_BYTES - at;
  const int bytes = snprintf(path + at, left, "%s.%s", library, bb_os_library_ending);
  return bytes > 0 && (size_t)bytes < left;
}

/* The library stays open: the connections of the process use its code. */
static int call_entry(const char *file, const char *name, sqlite3 *db, char **error,
                      const struct sqlite3_api_routines *api) {
  char path[BB_PATH_BYTES];
  void *library = beside_program(file, path) ? bb_os_load(path) : NULL;
  entry_point *entry;
  if (library && bb_os_find_function(library, name, &entry)) return entry(db, error, api);
  *error = sqlite3_mprintf("%s: it belongs beside this program: install the package anew",
                           library ? name : bb_os_load_error());
  return SQLITE_ERROR;
}

int sqlite3_biobert_init(sqlite3 *db, char **error,
                         const struct sqlite3_api_routines *api) {
  return call_entry("biobert", "sqlite3_biobert_init", db, error, api);
}

int sqlite3_biobertimport_init(sqlite3 *db, char **error,
                               const struct sqlite3_api_routines *api) {
  return call_entry("biobert_import", "sqlite3_biobertimport_init", db, error, api);
}
