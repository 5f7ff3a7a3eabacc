/* analysis.h - what is in a collection, as tables: for the entry point. */
#ifndef EXT_ANALYSIS_H
#define EXT_ANALYSIS_H

#include "models/connection.h"

/* Registers the table-valued functions that take the name of an index. */
int analysis_register(sqlite3 *db, connection *c);

#endif
