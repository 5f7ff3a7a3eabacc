/* interruption.h - whether the running statement is to end. */
#ifndef EXT_INTERRUPTION_H
#define EXT_INTERRUPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "sql/sqlite_api.h"

/* True when it was interrupted, by sqlite3_interrupt() or a progress handler. */
bool is_interrupted(sqlite3 *db);
/* The same, asked at most every few milliseconds; false in between. */
typedef struct interrupt_poll {
  sqlite3 *db;
  uint64_t asked_ns;
} interrupt_poll;

/* poll: an interrupt_poll. The form that the library's cancel callbacks have. */
bool poll_interrupt(void *poll);

/* The code of a call that may have been stopped while SQLite was reading SQL: then
 * sqlite3_declare_vtab(), the tables that modules make (FTS5's, pragma_...) and ALTER
 * TABLE fail with SQLITE_ERROR, and only their words say why. */
int interrupt_code(sqlite3 *db, int code);
/* sqlite3_declare_vtab(), tried again where an interrupt has stopped it that was of no
 * statement that runs: SQLite forgets such a one with the next call. */
int declare_table(sqlite3 *db, const char *sql);

#endif
