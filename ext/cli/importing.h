/* importing.h - the records of one file go into the table papers, by sql/queries/import.sql.
 */
#ifndef EXT_CLI_IMPORTING_H
#define EXT_CLI_IMPORTING_H

#include "cli/library.h"

typedef struct imported {
  int64_t new_papers, changed, same, deleted, unreadable;
  char *error; /* what went wrong; sqlite3_malloc()ed */
} imported;

/* Makes the table papers, if it is not there. False, and said: it cannot, or there is one
 * of another make. */
bool importing_prepare(database *d);

typedef enum import_result {
  IMPORT_DONE,
  IMPORT_UNKNOWN, /* it is no literature */
  IMPORT_FAILED,  /* it cannot be read */
  IMPORT_STOPPED, /* the library cannot be written, or Ctrl-C: said */
} import_result;

/* All of the file, or nothing. Records that cannot be read are said and counted. */
import_result importing_run(database *d, const char *path, bool quiet, imported *out);

#endif
