/* content.c - the content: which values of the key column are keys, how a key is looked up,
 * and what an error says where the content cannot be read.
 *
 * A key is an integer, as FTS5 takes it. A column of texts (every column that .import
 * made) has integers too, where a text is exactly what SQLite would print of one: '12' is
 * 12, and '012' or '12.0' is none, so that no two rows have one key. */
#include "search/content.h"

#include <stdarg.h>
#include <string.h>

#include "search/shadow_sql.h"
#include "search/table_errors.h"
#include "sql/numbers.h"

bool content_read_key(sqlite3_stmt *s, int column, sqlite3_int64 *key) {
  enum { DIGITS = 24 };
  char printed[DIGITS];
  int type = sqlite3_column_type(s, column);
  *key = sqlite3_column_int64(s, column);
  if (type == SQLITE_FLOAT) return number_is_exact(sqlite3_column_double(s, column));
  if (type != SQLITE_TEXT) return type == SQLITE_INTEGER;
  const char *text = (const char *)sqlite3_column_text(s, column);
  sqlite3_snprintf(DIGITS, printed, "%lld", *key);
  size_t bytes = (size_t)sqlite3_column_bytes(s, column);
  return text && strlen(printed) == bytes && memcmp(text, printed, bytes) == 0;
}

/* The same in SQL, of a value that is called k; 2^53 as number_is_exact() has it. */
#define KEY_IS_TEXT                                                                      \
  "typeof(k) = 'text' AND CAST(CAST(k AS INTEGER) AS TEXT) = k COLLATE BINARY"
#define KEY_IS_REAL                                                                      \
  "typeof(k) = 'real' AND abs(k) < 9007199254740992 AND CAST(k AS INTEGER) = k"
#define KEY_IS_USABLE "(typeof(k) = 'integer' OR " KEY_IS_TEXT " OR " KEY_IS_REAL ")"

/* Text and number differ where the column converts neither: then both are asked for, and
 * only what is exactly the text, whatever the column's collation. */
const char *content_key_condition(const index_table *t) {
  if (t->config.plain_key || !t->config.content) return "c.@key = ?1";
  return "c.@key IN (?1, CAST(?1 AS TEXT)) AND (typeof(c.@key) <> 'text' OR "
         "c.@key = CAST(?1 AS TEXT) COLLATE BINARY)";
}

const char content_pending_sql[] =
    "SELECT count(*) FROM (SELECT c.@key AS k FROM @source AS c) WHERE NOT EXISTS "
    "(SELECT 1 FROM @docs d WHERE d.id = k) AND " KEY_IS_USABLE;

char *content_bad_keys_sql(const index_table *t) {
  const index_config *c = &t->config;
  if (!c->content) return sqlite3_mprintf("SELECT NULL, NULL WHERE 0");
  char *advice = sqlite3_mprintf(
      "CAST it in a view: CREATE VIEW v AS SELECT CAST(\"%w\" AS INTEGER) AS key, * FROM "
      "\"%w\".\"%w\", then content='v', content_rowid='key'",
      c->content_rowid, c->content_schema, c->content);
  char *sql =
      advice
          ? sqlite3_mprintf(
                "SELECT id, CASE WHEN k IS NULL THEN 'the key is NULL' WHEN id IS NULL "
                "THEN printf('the key %%Q is no whole number: %%s', substr(k, 1, 40), "
                "%Q) "
                "ELSE 'the key ' || id || ' occurs ' || times || ' times: the first row "
                "has it' END FROM (SELECT id, k, count(*) AS times FROM (SELECT k, "
                "iif(" KEY_IS_USABLE
                ", CAST(k AS INTEGER), NULL) AS id FROM (SELECT c.@key "
                "AS k FROM @source AS c)) GROUP BY id, iif(id IS NULL, k, NULL)) WHERE "
                "times > 1 OR id IS NULL",
                advice)
          : NULL;
  sqlite3_free(advice);
  return sql;
}

/* What can be wrong ------------------------------------------------------------------ */

static bool has_column(sqlite3_stmt *s, const char *name) {
  for (int i = 0; i < sqlite3_column_count(s); i++)
    if (sqlite3_stricmp(sqlite3_column_name(s, i), name) == 0) return true;
  return false;
}

/* A column that the table reads and the content does not have; s: of SELECT * over it. */
static const char *missing_column(const index_config *c, sqlite3_stmt *s) {
  for (int i = 0; i < c->column_count; i++)
    if (!has_column(s, c->columns[i].name)) return c->columns[i].name;
  if (c->vectors && !has_column(s, c->vectors)) return c->vectors;
  bool key = has_column(s, c->content_rowid) || config_is_rowid_name(c->content_rowid);
  return key ? NULL : c->content_rowid;
}

/* "a, b, c", as many as are for reading. */
static char *column_list(sqlite3_stmt *s) {
  enum { SHOWN = 12 };
  int count = sqlite3_column_count(s);
  sqlite3_str *list = sqlite3_str_new(NULL);
  for (int i = 0; i < count && i < SHOWN; i++)
    sqlite3_str_appendf(list, "%s%s", i ? ", " : "", sqlite3_column_name(s, i));
  if (count > SHOWN) sqlite3_str_appendall(list, ", ...");
  return sqlite3_str_finish(list);
}

/* After ALTER TABLE ... RENAME COLUMN. *said: that it is the reason. */
static int say_missing_column(index_table *t, int code, bool *said) {
  const index_config *c = &t->config;
  sqlite3_stmt *s = NULL;
  char *sql = sqlite3_mprintf("SELECT * FROM \"%w\".\"%w\" LIMIT 0", c->content_schema,
                              c->content);
  bool there = sql && sqlite3_prepare_v2(t->db, sql, -1, &s, NULL) == SQLITE_OK;
  const char *missing = there ? missing_column(c, s) : NULL;
  char *list = missing ? column_list(s) : NULL;
  *said = missing != NULL;
  if (missing)
    code = table_error(
        t, code,
        "content %s.%s has no column '%s' any more (it has %s): rename it back, or "
        "DROP TABLE \"%w\" and make the index anew with the column's new name",
        c->content_schema, c->content, missing, list ? list : "others", t->name);
  sqlite3_free(list);
  sqlite3_finalize(s);
  sqlite3_free(sql);
  return code;
}

int table_content_error(index_table *t, int code) {
  const index_config *c = &t->config;
  bool said = false;
  char *reason = sqlite3_mprintf("%s", sqlite3_errmsg(t->db));
  if (!reason) return SQLITE_NOMEM;
  int rc = code;
  if (c->content && code == SQLITE_ERROR) rc = say_missing_column(t, code, &said);
  if (!said && (!c->content || code != SQLITE_ERROR))
    rc = table_error(t, code, "the content cannot be read: %s", reason);
  else if (!said)
    rc = table_error(t, code,
                     "content %s.%s cannot be read: %s; ATTACH its file, make its view "
                     "again, or DROP TABLE \"%w\"",
                     c->content_schema, c->content, reason, t->name);
  sqlite3_free(reason);
  return rc;
}

int content_prepare(index_table *t, sqlite3_stmt **out, const char *format, ...) {
  va_list args;
  va_start(args, format);
  char *sql = sqlite3_vmprintf(format, args);
  va_end(args);
  *out = NULL;
  int rc = sql ? schema_prepare_any(t, out, "%s", sql) : SQLITE_NOMEM;
  sqlite3_free(sql);
  return rc == SQLITE_OK ? rc : table_content_error(t, rc);
}

static int prepare_rows(index_table *t, bool vectors, const char *where,
                        const char *condition, sqlite3_stmt **out) {
  char *sql = schema_content_sql(t, vectors, where);
  *out = NULL;
  if (!sql) return SQLITE_NOMEM;
  int rc = content_prepare(t, out, "%s%s", sql, condition);
  sqlite3_free(sql);
  return rc;
}

int content_prepare_rows(index_table *t, bool vectors, sqlite3_stmt **out) {
  return prepare_rows(t, vectors, "", "", out);
}

int content_prepare_key(index_table *t, bool vectors, sqlite3_stmt **out) {
  return prepare_rows(t, vectors, "WHERE ", content_key_condition(t), out);
}

int content_copy_row(sqlite3_stmt *s, int count, sqlite3_value ***out) {
  sqlite3_value **values = sqlite3_malloc64((size_t)(count + 1) * sizeof *values);
  *out = values;
  if (!values) return SQLITE_NOMEM;
  int rc = SQLITE_OK;
  for (int i = 0; i < count; i++) {
    values[i] = sqlite3_value_dup(sqlite3_column_value(s, i + 1));
    if (!values[i]) rc = SQLITE_NOMEM;
  }
  return rc;
}

void content_free_row(sqlite3_value **values, int count) {
  for (int i = 0; values && i < count; i++) sqlite3_value_free(values[i]);
  sqlite3_free(values);
}

/* A table's rowid is stable if it is a column: an INTEGER PRIMARY KEY, and then SQLite
 * makes no index for the primary key, as it does for every other (INT, DESC, two
 * columns). A view or virtual table has no root page, and may have stable keys. */
int content_may_renumber(index_table *t, bool *out) {
  const index_config *c = &t->config;
  sqlite3_stmt *s = NULL;
  *out = false;
  if (!c->content || !config_is_rowid_name(c->content_rowid)) return SQLITE_OK;
  char *sql = sqlite3_mprintf(
      "SELECT 1 FROM \"%w\".sqlite_master WHERE type = 'table' AND rootpage > 0 AND name "
      "= %Q COLLATE NOCASE AND NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(%Q, %Q) "
      "WHERE name = %Q COLLATE NOCASE) AND (NOT EXISTS (SELECT 1 FROM "
      "pragma_table_xinfo(%Q, %Q) WHERE pk) OR EXISTS (SELECT 1 FROM "
      "pragma_index_list(%Q, %Q) WHERE origin = 'pk'))",
      c->content_schema, c->content, c->content, c->content_schema, c->content_rowid,
      c->content, c->content_schema, c->content, c->content_schema);
  int rc = sql ? sqlite3_prepare_v2(t->db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  if (rc == SQLITE_OK) *out = sqlite3_step(s) == SQLITE_ROW;
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

const char content_renumber_note[] =
    "the content has no INTEGER PRIMARY KEY: VACUUM may renumber its rows, and the index "
    "then shows others until the next sync; give it one, or name a column that stays "
    "with content_rowid";

int table_step(index_table *t, sqlite3_stmt *s) {
  t->inside++;
  int rc = sqlite3_step(s);
  t->inside--;
  /* A caller that knows more says more. */
  if (rc != SQLITE_ROW && rc != SQLITE_DONE)
    table_error(t, rc, "%s", sqlite3_errmsg(t->db));
  return rc;
}
