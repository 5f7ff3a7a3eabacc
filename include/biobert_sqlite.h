/* biobert_sqlite.h - for C programs that use the SQLite extension. Two ways:
 *
 * Load it, as the shell's `.load` does: biobert.so is complete in itself, and what
 * `pkg-config --variable=loadable biobert` prints is its path for
 * sqlite3_load_extension(). This header is not needed then.
 *
 * Link it in: libbiobert_sqlite.a, beside libbiobert and the program's SQLite (3.38 or
 * newer), whose functions it calls by name: it was compiled with SQLITE_CORE. Then, once,
 * before connections are opened:
 *
 *   sqlite3_auto_extension((void (*)(void))sqlite3_biobert_init);
 *
 *   cc program.c $(pkg-config --cflags --libs biobert_sqlite)
 *
 * A model that the program opens by biobert.h is then the same copy that SQL uses.
 */
#ifndef BIOBERT_SQLITE_H
#define BIOBERT_SQLITE_H

#include <sqlite3.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sqlite3_api_routines;

/* Registers the biobert_ functions and tables on a connection: called by SQLite, or with
 * api NULL by a program that linked it in and wants them on one connection only. Returns
 * SQLITE_OK, or an error code with a message in *error that is freed with
 * sqlite3_free(). */
int sqlite3_biobert_init(sqlite3 *db, char **error,
                         const struct sqlite3_api_routines *api);

#ifdef __cplusplus
}
#endif

#endif
