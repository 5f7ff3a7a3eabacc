/* entry.c - what SQLite calls when it loads biobert.so: all that is exported. */
#include "biobert_sqlite.h"
#include "functions/functions.h"

/* 3.38: the oldest SQLite whose interface is used (sqlite3_vtab_in() and friends). */
enum { OLDEST_SQLITE = 3038000 };

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int sqlite3_biobert_init(sqlite3 *db, char **error,
                                  const sqlite3_api_routines *api) {
  SQLITE_EXTENSION_INIT2(api);
  if (sqlite3_libversion_number() < OLDEST_SQLITE) {
    *error = sqlite3_mprintf("biobert: SQLite %s is too old: 3.38 is needed",
                             sqlite3_libversion());
    return SQLITE_ERROR;
  }
  registry *r = registry_new(db);
  if (!r) return SQLITE_NOMEM;
  int rc = functions_register(db, r);
  registry_release(r);
  /* Not SQLITE_OK_LOAD_PERMANENTLY, which sqlite3_auto_extension() takes for a failure.
   * That the code stays while worker threads run is settled by the linker (-z nodelete).
   */
  return rc;
}

#ifndef SQLITE_CORE
/* The name that SQLite tries first, whatever the file is called: the one above is derived
 * from "biobert.so", and Debian calls extensions libsqlite3_mod_biobert.so. Left out
 * where the extension is linked in: a program has other extensions too. */
int sqlite3_extension_init(sqlite3 *db, char **error, const sqlite3_api_routines *api);

EXPORTED int sqlite3_extension_init(sqlite3 *db, char **error,
                                    const sqlite3_api_routines *api) {
  return sqlite3_biobert_init(db, error, api);
}
#endif
