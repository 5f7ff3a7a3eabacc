/* biobert_sqlite.h - for programs that link the SQLite extension in rather than load it.
 *
 * Loaded with `.load ./biobert` or sqlite3_load_extension(), SQLite finds the entry point
 * by itself. A program that links biobert.so calls sqlite3_auto_extension((void
 * (*)(void))sqlite3_biobert_init); once, before it opens connections. */
#ifndef BIOBERT_SQLITE_H
#define BIOBERT_SQLITE_H

#include <sqlite3.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sqlite3_api_routines;

/* Registers the biobert_ functions and tables on a connection. Returns
 * SQLITE_OK_LOAD_PERMANENTLY (the library keeps worker threads, so it is never unloaded),
 * or an error code with a message in *error that is freed with sqlite3_free(). */
int sqlite3_biobert_init(sqlite3 *db, char **error,
                         const struct sqlite3_api_routines *api);

#ifdef __cplusplus
}
#endif

#endif
