/* entry.c - what SQLite calls when it loads biobert.so: the one exported symbol. */
#define EXT_OWNS_SQLITE_API
#include "sqlite_api.h"

#include "biobert_sqlite.h"
#include "functions.h"

/* 3.38: the oldest SQLite whose interface is used (sqlite3_vtab_in() and friends). */
enum { OLDEST_SQLITE = 3038000 };

__attribute__((visibility("default"))) int
sqlite3_biobert_init(sqlite3 *db, char **error, const sqlite3_api_routines *api) {
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
  if (rc != SQLITE_OK) return rc;
  /* Worker threads may be running when a connection closes: the code must stay. */
  return SQLITE_OK_LOAD_PERMANENTLY;
}
