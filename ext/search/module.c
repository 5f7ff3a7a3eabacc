/* module.c - the module: SQLite's callbacks, the highest file of the search table.
 *
 * Transactions: all data is in shadow tables, so SQLite undoes it. xSavepoint and xSync
 * write out what is in memory (ordinary tables only: a virtual table, the lexical half,
 * may not be written in xSync, and is not); after xRollback and xRollbackTo it is
 * forgotten. */
#include "search/module.h"

#include <string.h>

#include "search/chunk_writer.h"
#include "search/code_cache.h"
#include "search/config_parse.h"
#include "search/config_table.h"
#include "search/cursor.h"
#include "search/cursor_columns.h"
#include "search/integrity.h"
#include "search/kept_rankings.h"
#include "search/plan.h"
#include "search/queue.h"
#include "search/replaced_vectors.h"
#include "search/shadow_check.h"
#include "search/shadow_sql.h"
#include "search/shadow_tables.h"
#include "search/sync.h"
#include "search/sync_work.h"
#include "search/table_errors.h"
#include "search/transaction.h"
#include "search/write.h"
#include "sql/interruption.h"

/* Creating and connecting ------------------------------------------------------------ */

static void free_table(index_table *t) {
  open_tables_remove(t->open, t);
  write_begin_statement(t);
  kept_free(t);
  sync_forget(t);
  table_drop_memory(t);
  schema_finalize(t);
  config_free(&t->config);
  open_tables_release(t->open);
  sqlite3_free(t->schema);
  sqlite3_free(t->name);
  sqlite3_free(t->base.zErrMsg);
  sqlite3_free(t);
}

static int make_table(sqlite3 *db, open_tables *open, bool creating, int argc,
                      const char *const *argv, index_table **out, char **message) {
  index_table *t = sqlite3_malloc64(sizeof *t);
  if (!t) return SQLITE_NOMEM;
  memset(t, 0, sizeof *t);
  t->db = db;
  t->open = open_tables_share(open);
  t->connection = open->connection;
  t->schema = sqlite3_mprintf("%s", argv[1]);
  t->name = sqlite3_mprintf("%s", argv[2]);
  int rc = t->schema && t->name ? kept_new(t) : SQLITE_NOMEM;
  if (rc == SQLITE_OK) rc = config_parse(db, creating, argc, argv, &t->config, message);
  char *declaration = rc == SQLITE_OK ? config_declaration(&t->config, t->name) : NULL;
  if (rc == SQLITE_OK) rc = declaration ? declare_table(db, declaration) : SQLITE_NOMEM;
  sqlite3_free(declaration);
  if (rc != SQLITE_OK) {
    free_table(t);
    return rc;
  }
  sqlite3_vtab_config(db, SQLITE_VTAB_CONSTRAINT_SUPPORT, 1);
  *out = t;
  return SQLITE_OK;
}

/* What a method answers that ran statements: interrupt_code(). Of an error that no step
 * has said anything of there are the words of the statement that failed. */
static int answer(index_table *t, int rc) {
  const bool silent = rc == SQLITE_ERROR && !t->base.zErrMsg &&
                      (sqlite3_errcode(t->db) & 0xFF) == SQLITE_ERROR;
  char *words = silent ? sqlite3_mprintf("%s", sqlite3_errmsg(t->db)) : NULL;
  int code = interrupt_code(t->db, rc);
  if (code == SQLITE_ERROR && words) code = table_error(t, code, "%s", words);
  sqlite3_free(words);
  if (code == rc) return rc;
  sqlite3_free(t->base.zErrMsg); /* it says what seemed to be wrong */
  t->base.zErrMsg = NULL;
  return code;
}

static int finish(index_table *t, int rc, sqlite3_vtab **out, char **message) {
  rc = answer(t, rc);
  if (rc != SQLITE_OK) {
    if (t->base.zErrMsg) {
      sqlite3_free(*message);
      *message = t->base.zErrMsg;
      t->base.zErrMsg = NULL;
    }
    free_table(t);
    return rc;
  }
  open_tables_add(t->open, t);
  *out = &t->base;
  return SQLITE_OK;
}

static int create(sqlite3 *db, void *aux, int argc, const char *const *argv,
                  sqlite3_vtab **out, char **message) {
  index_table *t;
  int rc = make_table(db, aux, true, argc, argv, &t, message);
  if (rc != SQLITE_OK) return rc;
  rc = queue_check(t, true);
  if (rc == SQLITE_OK) rc = schema_create(t);
  if (rc != SQLITE_OK && !t->base.zErrMsg) table_error(t, rc, "%s", sqlite3_errmsg(db));
  return finish(t, rc, out, message);
}

static int open_format(index_table *t) {
  sqlite3_int64 version;
  char *fts = NULL;
  int rc = schema_verify_config(t); /* a view in its place could be one without end */
  if (rc == SQLITE_OK) rc = schema_get_int(t, "format_version", &version);
  if (rc == SQLITE_OK) rc = schema_get_text(t, "fts", &fts);
  t->has_fts = fts && strcmp(fts, "1") == 0;
  bool known = t->has_fts || (fts && strcmp(fts, "0") == 0);
  sqlite3_free(fts);
  /* A damaged table must still be there to be dropped. */
  bool there = false;
  if (rc == SQLITE_OK && known && !t->has_fts && t->config.search != BIOBERT_SEMANTIC)
    rc = schema_has_fts(t, &there);
  known = known && !there;
  t->damaged = rc == SQLITE_ERROR || (rc & 0xFF) == SQLITE_CORRUPT ||
               (rc == SQLITE_OK && (version < 1 || version > LARGEST_FORMAT || !known));
  if (t->damaged) {
    sqlite3_free(t->base.zErrMsg); /* said when it is used */
    t->base.zErrMsg = NULL;
    return SQLITE_OK;
  }
  if (rc != SQLITE_OK)
    return table_error(t, rc, "the shadow tables cannot be read: %s",
                       sqlite3_errmsg(t->db));
  if (version > NEWEST_FORMAT) t->newer_format = (int)version;
  return SQLITE_OK;
}

static int connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                   sqlite3_vtab **out, char **message) {
  index_table *t;
  int rc = make_table(db, aux, false, argc, argv, &t, message);
  if (rc != SQLITE_OK) return rc;
  return finish(t, open_format(t), out, message);
}

static int disconnect(sqlite3_vtab *base) {
  free_table((index_table *)base);
  return SQLITE_OK;
}

/* An object whose tables are about to go. */
static void forget_all(index_table *t) {
  schema_finalize(t);
  table_drop_memory(t);
  t->pending = false;
}

static int destroy(sqlite3_vtab *base) {
  index_table *t = (index_table *)base;
  table_settle(t);
  /* Written once more: if the tables cannot be dropped, they are still used. */
  bool lost = table_flush_others(t) != SQLITE_OK || writer_flush(t) != SQLITE_OK;
  FOR_EACH_OTHER (t, o) forget_all(o);
  schema_finalize(t);
  table_drop_memory(t);
  t->inside++; /* nothing begins by a trigger of what refers to a shadow table */
  int rc = answer(t, schema_drop(t));
  t->inside--;
  if (rc == SQLITE_OK)
    free_table(t);
  else
    t->half_written = lost && !t->rolled_back;
  return rc;
}

static int rename_table(sqlite3_vtab *base, const char *name) {
  index_table *t = (index_table *)base;
  table_settle(t);
  /* It may have tables that would be left under the old name. */
  int rc = t->newer_format ? table_check_sound(t) : table_flush_others(t);
  if (rc == SQLITE_OK) rc = writer_flush(t);
  FOR_EACH_OTHER (t, o) forget_all(o);
  schema_finalize(t);
  if (rc == SQLITE_OK) rc = schema_rename(t, name);
  char *copy = rc == SQLITE_OK ? sqlite3_mprintf("%s", name) : NULL;
  if (!copy) return rc == SQLITE_OK ? SQLITE_NOMEM : answer(t, rc);
  sqlite3_free(t->name);
  t->name = copy;
  return SQLITE_OK;
}

/* Transactions ----------------------------------------------------------------------- */

/* A statement of ours that is interrupted, or has no memory or disk, rolls everything back
 * at once: xRollback is then called while the call that ran the statement still uses what
 * is in memory. So xRollback only marks it (t->rolled_back), and table_settle() forgets it
 * when the next call begins. */

static int begin(sqlite3_vtab *base) {
  table_settle((index_table *)base);
  write_begin_statement((index_table *)base);
  return SQLITE_OK;
}

static int sync(sqlite3_vtab *base) {
  index_table *t = (index_table *)base;
  table_settle(t);
  int rc = table_check_whole(t);
  if (rc == SQLITE_OK) rc = writer_flush(t);
  if (rc == SQLITE_OK) t->pending = false;
  return answer(t, rc);
}

static int commit(sqlite3_vtab *base) {
  sync_pause((index_table *)base);
  return SQLITE_OK;
}

static int rollback(sqlite3_vtab *base) {
  index_table *t = (index_table *)base;
  if (t->fts_settling) return SQLITE_OK;
  t->rolled_back = true;
  t->fts_unsettled = t->fts_unsettled || (t->has_fts && t->writing);
  t->half_written = t->pending = false;
  cursors_lose(t);
  FOR_EACH_OTHER (t, o) cursors_lose(o);
  return SQLITE_OK;
}

static int savepoint(sqlite3_vtab *base, int number) {
  (void)number;
  write_begin_statement((index_table *)base);
  return sync(base);
}

static int release(sqlite3_vtab *base, int number) {
  (void)base;
  (void)number;
  return SQLITE_OK;
}

static int rollback_to(sqlite3_vtab *base, int number) {
  (void)number;
  return rollback(base);
}

/* Reading and writing ---------------------------------------------------------------- */

static int plan_scan(sqlite3_vtab *base, sqlite3_index_info *info) {
  return answer((index_table *)base, vtab_best_index(base, info));
}

static int filter(sqlite3_vtab_cursor *cursor, int number, const char *text, int argc,
                  sqlite3_value **argv) {
  int rc = vtab_filter(cursor, number, text, argc, argv);
  return answer((index_table *)cursor->pVtab, rc);
}

static int next(sqlite3_vtab_cursor *cursor) {
  return answer((index_table *)cursor->pVtab, vtab_next(cursor));
}

static int column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int number) {
  return answer((index_table *)cursor->pVtab, vtab_column(cursor, context, number));
}

static int update(sqlite3_vtab *base, int argc, sqlite3_value **argv,
                  sqlite3_int64 *rowid) {
  return answer((index_table *)base, vtab_update(base, argc, argv, rowid));
}

static int shadow_name(const char *name) {
  return schema_is_shadow(name);
}

/* PRAGMA integrity_check, from SQLite 3.44 on. */
static int integrity(sqlite3_vtab *base, const char *schema, const char *name, int flags,
                     char **message) {
  (void)schema;
  (void)flags;
  char *problem = NULL;
  int rc = integrity_check((index_table *)base, &problem);
  if (rc == SQLITE_OK && problem)
    *message = sqlite3_mprintf("biobert index %s: %s", name, problem);
  if (rc == SQLITE_OK && problem && !*message) rc = SQLITE_NOMEM;
  sqlite3_free(problem);
  return answer((index_table *)base, rc);
}

/* sqlite3_module as of SQLite 3.44, which has one member more than the one that Debian's
 * header declares; older libraries look at iVersion and not at what follows. */
static const struct {
  sqlite3_module module;
  int (*xIntegrity)(sqlite3_vtab *, const char *, const char *, int, char **);
} search_module = {
    .module = {.iVersion = 4,
               .xCreate = create,
               .xConnect = connect,
               .xBestIndex = plan_scan,
               .xDisconnect = disconnect,
               .xDestroy = destroy,
               .xOpen = vtab_open,
               .xClose = vtab_close,
               .xFilter = filter,
               .xNext = next,
               .xEof = vtab_eof,
               .xColumn = column,
               .xRowid = vtab_rowid,
               .xUpdate = update,
               .xBegin = begin,
               .xSync = sync,
               .xCommit = commit,
               .xRollback = rollback,
               .xRename = rename_table,
               .xSavepoint = savepoint,
               .xRelease = release,
               .xRollbackTo = rollback_to,
               .xShadowName = shadow_name},
    .xIntegrity = integrity,
};

int module_register(sqlite3 *db, open_tables *open) {
  return sqlite3_create_module_v2(db, "biobert", &search_module.module,
                                  open_tables_share(open), open_tables_release);
}
