/* sqlite_api.h - SQLite's interface for loadable extensions, included everywhere in ext/.
 *
 * An extension of several files must have SQLITE_EXTENSION_INIT1 in exactly one of them,
 * or each file calls through a null pointer of its own. sqlite_api.c defines
 * EXT_OWNS_SQLITE_API; an extension's entry point has it set. */
#ifndef EXT_SQLITE_API_H
#define EXT_SQLITE_API_H

#include <sqlite3ext.h>

#ifdef EXT_OWNS_SQLITE_API
SQLITE_EXTENSION_INIT1
#else
SQLITE_EXTENSION_INIT3
#endif

/* The first thing that an entry point calls; an error (with its message) where this
 * SQLite is too old. */
int sqlite_api_take(const sqlite3_api_routines *api, char **error);

#endif
