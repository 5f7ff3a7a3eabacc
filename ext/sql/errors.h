/* errors.h - errors of the library as errors of SQLite. The only place that turns a
 * biobert_status into an SQLite code, and back. */
#ifndef EXT_ERRORS_H
#define EXT_ERRORS_H

#include "biobert.h"
#include "sql/sqlite_api.h"

/* Writes a message like bb_fail() does; returns the status. */
biobert_status result_fail(biobert_error *err, biobert_status status, const char *format,
                           ...);
biobert_status result_no_memory(biobert_error *err);
/* The status of an SQLite code, which may be an extended one: no memory, an interrupt, or
 * `other`. */
biobert_status result_status(int code, biobert_status other);

/* Sets the error of a scalar function: "biobert_embed: ...". */
void result_error(sqlite3_context *context, const char *function,
                  const biobert_error *err);
/* The same for a virtual table: the code to return, with *message set. */
int result_table_error(char **message, const char *function, const biobert_error *err);

#endif
