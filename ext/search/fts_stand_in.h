/* fts_stand_in.h - dropping and renaming the lexical half where SQLite has no FTS5
 * (fts_stand_in.c). */
#ifndef EXT_FTS_STAND_IN_H
#define EXT_FTS_STAND_IN_H

#include <stdbool.h>

#include "sql/sqlite_api.h"

/* Registers it where there is no FTS5. *put: it was, and has to be taken away again. */
int fts_stand_in_put(sqlite3 *db, bool *put);
int fts_stand_in_take(sqlite3 *db, bool put);

#endif
