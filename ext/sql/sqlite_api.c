/* sqlite_api.c - the one place of the pointer through which SQLite is called. */
#define EXT_OWNS_SQLITE_API
#include "sql/sqlite_api.h"
