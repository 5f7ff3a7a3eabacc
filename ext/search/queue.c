/* queue.c - the option queue=: a plain table that triggers on the content write the
 * keys of changed rows into (sql/triggers/keep_in_sync.sql).
 *
 * A sync takes out what it has done, so a queue serves one search table: a second
 * one would never see what the first has taken. Nothing can be noted in the queue itself,
 * which is the user's table; so the other search tables of the open databases are asked,
 * and one that was renamed or dropped needs no upkeep. */
#include "search/queue.h"

#include <string.h>

#include "search/content.h"
#include "search/open_tables.h"
#include "search/table_errors.h"

static const char way_out[] =
    "sql/triggers/keep_in_sync.sql makes one, with the triggers that fill it";

/* Where the queue is ----------------------------------------------------------------- */

static int has_table(sqlite3 *db, const char *schema, const char *name, bool *has) {
  sqlite3_stmt *s = NULL;
  char *sql = sqlite3_mprintf("SELECT 1 FROM \"%w\".sqlite_schema WHERE type IN "
                              "('table', 'view') AND name = %Q COLLATE NOCASE",
                              schema, name);
  int rc = sql ? sqlite3_prepare_v2(db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  *has = rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

/* The schema of a queue. Where none is named: the content's, because triggers on it can
 * write only there; then the search table's; then whichever has such a table (TEMP triggers
 * write anywhere). Borrowed. */
static int find_home(const index_table *t, const char **home) {
  const index_config *c = &t->config;
  const char *own[] = {c->content_schema ? c->content_schema : t->schema, t->schema};
  enum { OWN = sizeof own / sizeof own[0] };
  *home = c->queue_schema ? c->queue_schema : own[0];
  if (c->queue_schema) return SQLITE_OK;
  for (int i = 0;; i++) {
    bool has = false;
    const char *schema = i < OWN ? own[i] : sqlite3_db_name(t->db, i - OWN);
    if (!schema) return SQLITE_OK;
    int rc = has_table(t->db, schema, c->queue, &has);
    if (has) *home = schema;
    /* An own schema may be one that is still to be attached. */
    if (has || (rc != SQLITE_OK && (rc & 0xFF) != SQLITE_ERROR)) return rc;
  }
}

int queue_is_beside(const index_table *t, bool *is) {
  const char *home;
  int rc = t->config.queue ? find_home(t, &home) : SQLITE_OK;
  *is = rc == SQLITE_OK && (!t->config.queue || sqlite3_stricmp(home, t->schema) == 0);
  return rc;
}

static int queue_error(index_table *t, const char *home, int code) {
  return table_error(t, code, "queue %s.%s cannot be read: %s; %s", home, t->config.queue,
                     sqlite3_errmsg(t->db), way_out);
}

/* The other table of a queue --------------------------------------------------------- */

static bool same_queue(const index_table *a, const char *home, const index_table *b,
                       int *rc) {
  const char *other;
  if (!b->config.queue || sqlite3_stricmp(a->config.queue, b->config.queue) != 0)
    return false;
  *rc = find_home(b, &other);
  return *rc == SQLITE_OK && sqlite3_stricmp(home, other) == 0;
}

/* Whether a search table of that name reads the queue; the error has its name. */
static int check_other(index_table *t, const char *home, const char *schema,
                       const char *name) {
  sqlite3_stmt *holder;
  int code, rc = SQLITE_OK;
  const index_table *other = open_tables_hold(t->open, schema, name, &holder, &code);
  /* One that can never be opened reads no queue either. After most other errors SQLite
   * has rolled the transaction back. */
  if (code != SQLITE_OK && code != SQLITE_ERROR && (code & 0xFF) != SQLITE_CORRUPT)
    rc = table_error(t, code, "%s.%s: %s", schema, name, sqlite3_errmsg(t->db));
  if (rc == SQLITE_OK && other && same_queue(t, home, other, &rc))
    rc = table_error(t, SQLITE_ERROR,
                     "queue %s.%s serves the index %s.%s already, and each would take "
                     "out what the other has not seen: make a queue for each, with "
                     "triggers of its own, or DROP TABLE \"%w\".\"%w\"",
                     home, t->config.queue, schema, name, schema, name);
  sqlite3_finalize(holder);
  return rc;
}

/* The search tables of a schema, in the order in which they were made. *done: this table was
 * met, and those that follow are not asked: the first keeps the queue. */
static int check_schema(index_table *t, const char *home, const char *schema,
                        bool creating, bool *done) {
  sqlite3_stmt *s = NULL;
  char *sql = sqlite3_mprintf("SELECT name FROM \"%w\".sqlite_schema WHERE type = "
                              "'table' AND sql LIKE 'create virtual table%%biobert%%' "
                              "ORDER BY rowid",
                              schema);
  int rc = sql ? sqlite3_prepare_v2(t->db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  while (rc == SQLITE_OK && !*done && sqlite3_step(s) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(s, 0);
    if (name && table_is_named(t, schema, name))
      *done = !creating;
    else
      rc = name ? check_other(t, home, schema, name) : SQLITE_NOMEM;
  }
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

static int check_alone(index_table *t, const char *home, bool creating) {
  bool done = false;
  int rc = SQLITE_OK;
  for (int i = 0; rc == SQLITE_OK && !done && sqlite3_db_name(t->db, i); i++)
    rc = check_schema(t, home, sqlite3_db_name(t->db, i), creating, &done);
  return rc;
}

/* What a sync asks for --------------------------------------------------------------- */

/* Prepares SQL on the queue, whose name comes between `before` and `after`. */
static int prepare(index_table *t, const char *before, const char *after,
                   sqlite3_stmt **out) {
  const char *home;
  *out = NULL;
  int rc = find_home(t, &home);
  if (rc != SQLITE_OK) return rc;
  char *sql =
      sqlite3_mprintf("%s \"%w\".\"%w\" %s", before, home, t->config.queue, after);
  rc = sql ? sqlite3_prepare_v2(t->db, sql, -1, out, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  return rc == SQLITE_OK ? rc : queue_error(t, home, rc);
}

/* With a prefix, because "id" alone is the text 'id' where there is no such column. */
int queue_prepare(index_table *t, sqlite3_stmt **out) {
  return prepare(t, "SELECT DISTINCT q.id FROM",
                 "AS q WHERE typeof(q.id) = 'integer' ORDER BY q.id", out);
}

int queue_check(index_table *t, bool creating) {
  sqlite3_stmt *s = NULL;
  const char *home;
  if (!t->config.queue) return SQLITE_OK;
  int rc = queue_prepare(t, &s);
  sqlite3_finalize(s);
  if (rc == SQLITE_OK) rc = find_home(t, &home);
  return rc == SQLITE_OK ? check_alone(t, home, creating) : rc;
}

int queue_prepare_remove(index_table *t, sqlite3_stmt **out) {
  return prepare(t, "DELETE FROM", "WHERE id = ?1", out);
}

/* After something was read SQLite does not wait for a lock any more: a statement that
 * deletes nothing takes it while it still does. */
int queue_lock(index_table *t) {
  sqlite3_stmt *s = NULL;
  int rc = t->config.queue ? prepare(t, "DELETE FROM", "WHERE 0", &s) : SQLITE_OK;
  if (!s) return rc;
  table_step(t, s);
  rc = sqlite3_finalize(s);
  if (rc != SQLITE_OK) table_error(t, rc, "%s", sqlite3_errmsg(t->db));
  return rc;
}
