/* fts_stand_in.c - a module fts5 that can drop and rename its tables, and nothing else.
 *
 * Where SQLite has no FTS5 the table of the lexical half cannot be dropped or renamed, and
 * with it the search table cannot. So this module is registered as "fts5" while that is
 * done. */
#include "search/fts_stand_in.h"

#include "search/catalog.h"

typedef struct stand_in {
  sqlite3_vtab base;
  sqlite3 *db;
  char *schema, *name;
} stand_in;

static const char *const fts_shadows[] = {"data", "idx", "docsize", "config"};
enum { FTS_SHADOWS = sizeof fts_shadows / sizeof fts_shadows[0] };

static int stand_in_disconnect(sqlite3_vtab *base) {
  stand_in *f = (stand_in *)base;
  sqlite3_free(f->schema);
  sqlite3_free(f->name);
  sqlite3_free(f);
  return SQLITE_OK;
}

static int stand_in_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                            sqlite3_vtab **out, char **message) {
  (void)aux;
  (void)argc;
  (void)message;
  stand_in *f = sqlite3_malloc64(sizeof *f);
  if (!f) return SQLITE_NOMEM;
  *f = (stand_in){.db = db,
                  .schema = sqlite3_mprintf("%s", argv[1]),
                  .name = sqlite3_mprintf("%s", argv[2])};
  int rc =
      f->schema && f->name ? sqlite3_declare_vtab(db, "CREATE TABLE x(a)") : SQLITE_NOMEM;
  *out = &f->base;
  if (rc != SQLITE_OK) stand_in_disconnect(&f->base);
  return rc;
}

static int stand_in_best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
  (void)base;
  (void)info;
  return SQLITE_ERROR;
}

/* The SQL is freed. */
static int stand_in_exec(const stand_in *f, char *sql) {
  int rc = sql ? sqlite3_exec(f->db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  return rc;
}

static int stand_in_destroy(sqlite3_vtab *base) {
  const stand_in *f = (stand_in *)base;
  int rc = SQLITE_OK;
  for (int i = 0; i < FTS_SHADOWS && rc == SQLITE_OK; i++)
    rc = stand_in_exec(f, sqlite3_mprintf("DROP TABLE IF EXISTS \"%w\".\"%w_%s\"",
                                          f->schema, f->name, fts_shadows[i]));
  return rc == SQLITE_OK ? stand_in_disconnect(base) : rc;
}

static int stand_in_rename(sqlite3_vtab *base, const char *name) {
  const stand_in *f = (stand_in *)base;
  int rc = SQLITE_OK;
  for (int i = 0; i < FTS_SHADOWS && rc == SQLITE_OK; i++)
    rc = stand_in_exec(
        f, sqlite3_mprintf("ALTER TABLE \"%w\".\"%w_%s\" RENAME TO \"%w_%s\"", f->schema,
                           f->name, fts_shadows[i], name, fts_shadows[i]));
  return rc;
}

static const sqlite3_module stand_in_module = {.xConnect = stand_in_connect,
                                               .xBestIndex = stand_in_best_index,
                                               .xDisconnect = stand_in_disconnect,
                                               .xDestroy = stand_in_destroy,
                                               .xRename = stand_in_rename};

int fts_stand_in_put(sqlite3 *db, bool *put) {
  bool has;
  int rc = catalog_has_module(db, "fts5", &has);
  *put = rc == SQLITE_OK && !has;
  return *put ? sqlite3_create_module(db, "fts5", &stand_in_module, NULL) : rc;
}

int fts_stand_in_take(sqlite3 *db, bool put) {
  return put ? sqlite3_create_module(db, "fts5", NULL, NULL) : SQLITE_OK;
}
