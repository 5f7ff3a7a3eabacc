/* shadow_check.c - whether the shadow tables are the ones that shadow_tables.c makes.
 *
 * A database file may come from someone who wants to harm us. What its schema calls our
 * shadow tables could be views that read differently each time, tables that come in
 * another order, or have triggers that call us while we write. So before a connection
 * uses them for the first time, each has to be the very table that we make; and again
 * whenever the schema has changed, which SQLite shows by preparing a kept statement
 * anew. */
#include "search/shadow_check.h"

#include <string.h>

#include "search/catalog.h"
#include "search/config_table.h"
#include "search/shadow_sql.h"
#include "search/shadow_tables.h"
#include "search/table_errors.h"

int schema_has_fts(const index_table *t, bool *has) {
  sqlite3_stmt *s = NULL;
  int rc = schema_prepare_any(t, &s, "SELECT 1 FROM @fts LIMIT 0");
  *has = rc == SQLITE_OK;
  sqlite3_finalize(s);
  /* One that is there and damaged, or not there. */
  bool none = (rc & 0xFF) == SQLITE_ERROR || (rc & 0xFF) == SQLITE_CORRUPT;
  return none ? SQLITE_OK : rc;
}

/* One table -------------------------------------------------------------------------- */

static int not_as_made(index_table *t, const char *suffix, const char *why) {
  return table_error(t, SQLITE_CORRUPT_VTAB,
                     "damaged: the table \"%w_%s\" is not as it was made: %s; DROP TABLE "
                     "\"%w\" and make the index anew",
                     t->name, suffix, why, t->name);
}

static int verify_ddl(index_table *t, const shadow_table *shadow) {
  sqlite3_stmt *s = NULL;
  int step = SQLITE_DONE;
  const char *suffix = shadow->suffix, *virtual = shadow->is_virtual ? "VIRTUAL " : "";
  int rc =
      catalog_ask(t,
                  "SELECT sql FROM \"%w\".sqlite_schema WHERE type = 'table' AND name "
                  "= ?1 COLLATE NOCASE",
                  suffix, &s, &step);
  char *ddl = rc == SQLITE_OK ? shadow_ddl(t, shadow) : NULL;
  char *made =
      ddl ? sqlite3_mprintf("CREATE %sTABLE \"%w_%s\"%s", virtual, t->name, suffix, ddl)
          : NULL;
  if (rc == SQLITE_OK && !made) rc = SQLITE_NOMEM;
  const char *there = step == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
  if (rc == SQLITE_OK && step == SQLITE_DONE)
    rc = not_as_made(t, suffix, "there is none");
  else if (rc == SQLITE_OK && step == SQLITE_ROW && !there)
    rc = SQLITE_NOMEM;
  else if (rc == SQLITE_OK && there && sqlite3_stricmp(there, made) != 0)
    rc = not_as_made(t, suffix, "it has other columns");
  sqlite3_free(ddl);
  sqlite3_free(made);
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

int schema_verify_config(index_table *t) {
  const shadow_table *s = shadow_tables;
  while (strcmp(s->suffix, SHADOW_CONFIG) != 0) s++;
  return verify_ddl(t, s);
}

/* Refuses a shadow table with something of its own that the schema's table has, by the
 * query's name for it. what: what that is and would do, and how to take it away. */
static int refuse_found(index_table *t, const char *select, const char *suffix,
                        const char *what) {
  sqlite3_stmt *s = NULL;
  int step = SQLITE_DONE;
  int rc = catalog_ask(t, select, suffix, &s, &step);
  if (rc == SQLITE_OK && step == SQLITE_ROW)
    rc = table_error(t, SQLITE_CORRUPT_VTAB,
                     "the table \"%w_%s\" is the index's own and has %s \"%w\"", t->name,
                     suffix, what, (const char *)sqlite3_column_text(s, 0));
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

static int verify_no_trigger(index_table *t, const char *suffix) {
  return refuse_found(t,
                      "SELECT name FROM \"%w\".sqlite_schema WHERE type = 'trigger' AND "
                      "tbl_name = ?1 COLLATE NOCASE UNION ALL SELECT name FROM "
                      "temp.sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 "
                      "COLLATE NOCASE",
                      suffix,
                      "a trigger, which would run while it is written: DROP TRIGGER");
}

/* REPLACE would delete another entry in place of failing. SQLite writes the text of an
 * index anew when it is made, so one that begins otherwise is unique, or forged. */
static int verify_no_unique_index(index_table *t, const char *suffix) {
  return refuse_found(t,
                      "SELECT name FROM \"%w\".sqlite_schema WHERE type = 'index' AND "
                      "tbl_name = ?1 COLLATE NOCASE AND sql NOT LIKE 'CREATE INDEX %%'",
                      suffix,
                      "a unique index, for which rows would be deleted while it is "
                      "written: DROP INDEX");
}

/* The content ------------------------------------------------------------------------ */

static int is_module(sqlite3 *db, const char *name, bool *is) {
  *is = sqlite3_strnicmp(name, "pragma_", 7) == 0;
  return *is ? SQLITE_OK : catalog_has_module(db, name, is);
}

/* Whether the content is a table or view of its schema, and a virtual one. */
static int find_content(index_table *t, bool *there, bool *virtual) {
  const index_config *c = &t->config;
  sqlite3_stmt *s = NULL;
  char *sql =
      sqlite3_mprintf("SELECT sql LIKE 'CREATE VIRTUAL%%' FROM \"%w\".sqlite_schema "
                      "WHERE type IN ('table', 'view') AND name = %Q COLLATE "
                      "NOCASE",
                      c->content_schema, c->content);
  int rc = sql ? sqlite3_prepare_v2(t->db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  *there = rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
  *virtual = *there && sqlite3_column_int(s, 0);
  int ended = sqlite3_finalize(s);
  bool detached = (rc & 0xFF) == SQLITE_ERROR;
  return rc == SQLITE_OK || detached ? ended : rc;
}

/* The content has to be a table or view that a schema has. A module's name alone would be
 * read too, as a table of files, settings or statements that views may not show; and a
 * virtual table is read with the trust that its schema has. A content that is not there
 * is an error for those who read it. */
static int verify_content(index_table *t) {
  const index_config *c = &t->config;
  int trusted = 1;
  bool there, virtual, module = false;
  if (!c->content) return SQLITE_OK;
  int rc = find_content(t, &there, &virtual);
  if (rc == SQLITE_OK && !there) rc = is_module(t->db, c->content, &module);
  if (rc != SQLITE_OK) return rc;
  if (module)
    return table_error(
        t, SQLITE_ERROR,
        "content='%s' is no table or view of %s, but a module of this program",
        c->content, c->content_schema);
  sqlite3_db_config(t->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, -1, &trusted);
  if (virtual && !trusted)
    return table_error(
        t, SQLITE_ERROR,
        "content='%s' is a virtual table, and the schema is not trusted: "
        "PRAGMA trusted_schema = ON, if you know where the file comes from",
        c->content);
  return SQLITE_OK;
}

/* All of them ------------------------------------------------------------------------ */

/* FTS5 writes its own memory out at a savepoint alone, and so do we: a statement that
 * could insert several rows makes one for every virtual table of the transaction. */
int schema_flush_all(index_table *t) {
  return schema_exec(t, "INSERT INTO @config SELECT k, v FROM @config WHERE 0");
}

/* How often SQLite has prepared anew what is asked first in every operation: it does when
 * the schema has changed. */
static int reprepared(const index_table *t) {
  sqlite3_stmt *s = t->statements[STMT_CONFIG_GET];
  return s ? sqlite3_stmt_status(s, SQLITE_STMTSTATUS_REPREPARE, 0) : 0;
}

static int verify_table(index_table *t, const shadow_table *s) {
  int rc = verify_ddl(t, s);
  if (rc == SQLITE_OK) rc = verify_no_trigger(t, s->suffix);
  return rc == SQLITE_OK ? verify_no_unique_index(t, s->suffix) : rc;
}

int schema_verify(index_table *t) {
  sqlite3_int64 version;
  int rc = t->verified ? schema_get_int(t, "format_version", &version) : SQLITE_OK;
  if (rc != SQLITE_OK && rc != SQLITE_ERROR) return rc;
  if (t->verified && rc == SQLITE_OK && t->reprepared == reprepared(t)) return SQLITE_OK;
  /* The lexical half is another object now, too. */
  rc = t->pending ? schema_flush_all(t) : SQLITE_OK;
  schema_finalize(t);
  for (const shadow_table *s = shadow_tables; s->suffix && rc == SQLITE_OK; s++)
    if (shadow_is_own(t, s)) rc = verify_table(t, s);
  if (rc == SQLITE_OK) rc = verify_content(t);
  if (rc == SQLITE_OK) rc = schema_get_int(t, "format_version", &version);
  t->verified = rc == SQLITE_OK;
  t->reprepared = reprepared(t);
  return rc;
}
