/* functions.h - the functions of biobert.so, for the entry point. */
#ifndef EXT_FUNCTIONS_H
#define EXT_FUNCTIONS_H

#include "models/connection.h"

/* Registers all but the search table and what belongs to it. */
int functions_register(sqlite3 *db, connection *c);

#endif
