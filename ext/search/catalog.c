/* catalog.c - what SQLite knows of modules and of a schema's tables. */
#include "search/catalog.h"

#include <string.h>

int catalog_has_module(sqlite3 *db, const char *name, bool *has) {
  sqlite3_stmt *s = NULL;
  *has = false;
  int rc = sqlite3_prepare_v2(db, "SELECT 1 FROM pragma_module_list WHERE name = ?1", -1,
                              &s, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
  if (rc == SQLITE_OK) *has = sqlite3_step(s) == SQLITE_ROW;
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

int catalog_ask(index_table *t, const char *select, const char *suffix, sqlite3_stmt **s,
                int *step) {
  char *sql = sqlite3_mprintf(select, t->schema);
  char *name = sqlite3_mprintf("%s_%s", t->name, suffix);
  int rc = sql && name ? sqlite3_prepare_v2(t->db, sql, -1, s, NULL) : SQLITE_NOMEM;
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(*s, 1, name, -1, SQLITE_TRANSIENT);
  if (rc == SQLITE_OK) *step = sqlite3_step(*s);
  sqlite3_free(sql);
  sqlite3_free(name);
  return rc;
}
