/* sqlite_api.c - the one place of the pointer through which SQLite is called. */
#define EXT_OWNS_SQLITE_API
#include "sql/sqlite_api.h"

#include <pthread.h>
#include <stdatomic.h>

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

int sqlite_api_take(const sqlite3_api_routines *api, char **error) {
  take_interface(api);
  if (sqlite3_libversion_number() >= OLDEST_SQLITE) return SQLITE_OK;
  *error = sqlite3_mprintf("biobert: SQLite %s is too old: 3.38 is needed",
                           sqlite3_libversion());
  return SQLITE_ERROR;
}
