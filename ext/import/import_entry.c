/* import_entry.c - what SQLite calls when it loads biobert_import.so: all that is
 * exported. */
#include "import/import.h"

#define EXPORTED __attribute__((visibility("default")))

/* SQLite makes the name of the letters in "biobert_import". */
int sqlite3_biobertimport_init(sqlite3 *db, char **error,
                               const sqlite3_api_routines *api);

EXPORTED int sqlite3_biobertimport_init(sqlite3 *db, char **error,
                                        const sqlite3_api_routines *api) {
  int rc = sqlite_api_take(api, error);
  if (rc == SQLITE_OK) rc = tvf_register(db, "biobert_read", &tvf_read, db, NULL);
  if (rc == SQLITE_OK) rc = tvf_register(db, "biobert_formats", &tvf_formats, NULL, NULL);
  return rc;
}

#ifndef SQLITE_CORE
/* The name that SQLite tries first, whatever the file is called. */
int sqlite3_extension_init(sqlite3 *db, char **error, const sqlite3_api_routines *api);

EXPORTED int sqlite3_extension_init(sqlite3 *db, char **error,
                                    const sqlite3_api_routines *api) {
  return sqlite3_biobertimport_init(db, error, api);
}
#endif
