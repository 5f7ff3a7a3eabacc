/* search.h - the search table and what belongs to it, for the entry point. */
#ifndef EXT_SEARCH_H
#define EXT_SEARCH_H

#include "models/connection.h"

/* Registers the module biobert, and biobert_sync, biobert_status and biobert_failures. */
int search_register(sqlite3 *db, connection *c);

#endif
