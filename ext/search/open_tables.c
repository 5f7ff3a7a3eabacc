/* open_tables.c - the search tables that a connection has open, and one by its name. */
#include "search/open_tables.h"

#include <string.h>

#include "sql/interruption.h"

open_tables *open_tables_new(connection *c) {
  open_tables *o = sqlite3_malloc64(sizeof *o);
  if (!o) return NULL;
  *o = (open_tables){
      .owners = 1, .connection = connection_share(c), .db = connection_db(c)};
  return o;
}

open_tables *open_tables_share(open_tables *o) {
  o->owners++;
  return o;
}

void open_tables_release(void *pointer) {
  open_tables *o = pointer;
  if (--o->owners > 0) return;
  connection_release(o->connection);
  sqlite3_free(o);
}

void open_tables_add(open_tables *o, index_table *t) {
  t->next = o->first;
  o->first = t;
}

void open_tables_remove(open_tables *o, index_table *t) {
  for (index_table **at = &o->first; *at; at = &(*at)->next) {
    if (*at != t) continue;
    *at = t->next;
    return;
  }
}

/* By name ---------------------------------------------------------------------------- */

bool table_is_named(const index_table *t, const char *schema, const char *name) {
  return sqlite3_stricmp(t->name, name) == 0 && sqlite3_stricmp(t->schema, schema) == 0;
}

index_table *table_other(const index_table *t, index_table *o) {
  while (o && (o == t || !table_is_named(o, t->schema, t->name))) o = o->next;
  return o;
}

static index_table *look_up(const open_tables *o, const char *schema, const char *name) {
  index_table *t = o->first;
  while (t && !table_is_named(t, schema, name)) t = t->next;
  return t;
}

/* Preparing a statement on a table opens it; as long as the statement is there, so is the
 * table, even if its schema is read anew meanwhile. One on a table that is not there
 * would write a line into the program's error log: that is asked for first. */
index_table *open_tables_hold(const open_tables *o, const char *schema, const char *name,
                              sqlite3_stmt **holder, int *code) {
  *holder = NULL;
  *code = sqlite3_table_column_metadata(o->db, schema, name, NULL, NULL, NULL, NULL, NULL,
                                        NULL);
  *code = interrupt_code(o->db, *code);
  if (*code != SQLITE_OK) return NULL;
  char *sql = sqlite3_mprintf("SELECT 1 FROM \"%w\".\"%w\" LIMIT 0", schema, name);
  *code = sql ? sqlite3_prepare_v2(o->db, sql, -1, holder, NULL) : SQLITE_NOMEM;
  *code = interrupt_code(o->db, *code);
  sqlite3_free(sql);
  return *holder ? look_up(o, schema, name) : NULL;
}

bool open_tables_failed(int code) {
  return code != SQLITE_OK && (code & 0xFF) != SQLITE_ERROR;
}

biobert_status open_tables_fail(const open_tables *o, int code, biobert_error *err) {
  return result_fail(err, result_status(code, BIOBERT_IO), "%s", sqlite3_errmsg(o->db));
}

/* A name without schema is looked for where SQLite does: TEMP, main, then what is
 * attached. */
static index_table *hold_any(const open_tables *o, const char *name,
                             sqlite3_stmt **holder, int *code) {
  sqlite3 *db = o->db;
  for (int i = 0; sqlite3_db_name(db, i) && !open_tables_failed(*code); i++) {
    const char *schema = sqlite3_db_name(db, i < 2 ? 1 - i : i);
    index_table *t = schema ? open_tables_hold(o, schema, name, holder, code) : NULL;
    if (t) return t;
    sqlite3_finalize(*holder);
    *holder = NULL;
  }
  return NULL;
}

int open_tables_find(const open_tables *o, const char *name, index_table **out,
                     sqlite3_stmt **holder, biobert_error *err) {
  /* The whole name first: a table's name may have dots in it. */
  int code = SQLITE_OK;
  *holder = NULL;
  *out = hold_any(o, name, holder, &code);
  for (const char *dot = strchr(name, '.'); dot && !*out && !open_tables_failed(code);
       dot = strchr(dot + 1, '.')) {
    char *schema = sqlite3_mprintf("%.*s", (int)(dot - name), name);
    sqlite3_finalize(*holder);
    *holder = NULL;
    code = SQLITE_NOMEM;
    *out = schema ? open_tables_hold(o, schema, dot + 1, holder, &code) : NULL;
    sqlite3_free(schema);
  }
  if (*out) return SQLITE_OK;
  sqlite3_finalize(*holder);
  *holder = NULL;
  if (open_tables_failed(code)) {
    open_tables_fail(o, code, err);
    return code;
  }
  result_fail(
      err, BIOBERT_RANGE,
      "no search index is named '%.64s': CREATE VIRTUAL TABLE name USING biobert(title, "
      "abstract, content='papers')",
      name);
  return SQLITE_ERROR;
}
