/* sqlite_api.h - SQLite's interface for loadable extensions, included everywhere in ext/.
 *
 * An extension of several files must have SQLITE_EXTENSION_INIT1 in exactly one of them,
 * or each file calls through a null pointer of its own. sqlite_api.c defines
 * EXT_OWNS_SQLITE_API; entry.c sets the pointer. */
#ifndef EXT_SQLITE_API_H
#define EXT_SQLITE_API_H

#include <sqlite3ext.h>

#ifdef EXT_OWNS_SQLITE_API
SQLITE_EXTENSION_INIT1
#else
SQLITE_EXTENSION_INIT3
#endif

#endif
