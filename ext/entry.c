/* entry.c - what SQLite calls when it loads biobert.so: all that is exported. */
#include "analysis/analysis.h"
#include "biobert_sqlite.h"
#include "functions/functions.h"
#include "search/search.h"

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int sqlite3_biobert_init(sqlite3 *db, char **error,
                                  const sqlite3_api_routines *api) {
  int rc = sqlite_api_take(api, error);
  if (rc != SQLITE_OK) return rc;
  connection *c = connection_new(db);
  if (!c) return SQLITE_NOMEM;
  rc = functions_register(db, c);
  if (rc == SQLITE_OK) rc = search_register(db, c);
  if (rc == SQLITE_OK) rc = analysis_register(db, c);
  connection_release(c);
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
