/* entry.c - what SQLite calls when it loads biobert.so: all that is exported. */
#include <pthread.h>
#include <stdatomic.h>

#include "biobert_sqlite.h"
#include "functions/functions.h"
#include "search/search.h"

/* 3.38: the oldest SQLite whose interface is used (sqlite3_vtab_in() and friends). */
enum { OLDEST_SQLITE = 3038000 };

#ifdef SQLITE_CORE
static void take_interface(const sqlite3_api_routines *api) {
  SQLITE_EXTENSION_INIT2(api);
}
#else
static _Atomic(const sqlite3_api_routines *) known;

static void write_interface(void) {
  SQLITE_EXTENSION_INIT2(known);
}

/* Several threads may be loading at once: SQLite's interface is written by one of them,
 * and not again while the others call through it. Another one than before is that of
 * another SQLite in this process, or of one that was closed and opened again. */
static void take_interface(const sqlite3_api_routines *api) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  const sqlite3_api_routines *none = NULL;
  atomic_compare_exchange_strong(&known, &none, api);
  pthread_once(&once, write_interface);
  if (known == api) return;
  known = api;
  write_interface();
}
#endif

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int sqlite3_biobert_init(sqlite3 *db, char **error,
                                  const sqlite3_api_routines *api) {
  take_interface(api);
  if (sqlite3_libversion_number() < OLDEST_SQLITE) {
    *error = sqlite3_mprintf("biobert: SQLite %s is too old: 3.38 is needed",
                             sqlite3_libversion());
    return SQLITE_ERROR;
  }
  connection *c = connection_new(db);
  if (!c) return SQLITE_NOMEM;
  int rc = functions_register(db, c);
  if (rc == SQLITE_OK) rc = search_register(db, c);
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
