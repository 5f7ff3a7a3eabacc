/* config_table.c - values of the shadow table %_config, by their key: shadow_tables.c has
 * what each of them means. (The arguments of CREATE are config.c's.) */
#include "search/config_table.h"

#include "search/shadow_sql.h"

static int get_value(index_table *t, const char *key, sqlite3_stmt **out, bool *found) {
  int rc = schema_statement(t, STMT_CONFIG_GET, out);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(*out, 1, key, -1, SQLITE_STATIC);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_step(*out);
  *found = rc == SQLITE_ROW;
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int schema_get_int(index_table *t, const char *key, sqlite3_int64 *out) {
  sqlite3_stmt *s;
  bool found = false;
  int rc = get_value(t, key, &s, &found);
  if (rc != SQLITE_OK) return rc;
  *out = found ? sqlite3_column_int64(s, 0) : 0;
  return sqlite3_reset(s);
}

int schema_get_text(index_table *t, const char *key, char **out) {
  sqlite3_stmt *s;
  bool found = false;
  int rc = get_value(t, key, &s, &found);
  *out = NULL;
  if (rc != SQLITE_OK) return rc;
  const char *text = found ? (const char *)sqlite3_column_text(s, 0) : NULL;
  if (text) *out = sqlite3_mprintf("%s", text);
  bool copied = !text || *out;
  rc = sqlite3_reset(s);
  return rc == SQLITE_OK && !copied ? SQLITE_NOMEM : rc;
}

static int put_value(index_table *t, const char *key, const char *text,
                     sqlite3_int64 number) {
  sqlite3_stmt *s;
  int rc = schema_statement(t, STMT_CONFIG_PUT, &s);
  if (rc != SQLITE_OK) return rc;
  const int bound[] = {
      sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC),
      text ? sqlite3_bind_text(s, 2, text, -1, SQLITE_STATIC)
           : sqlite3_bind_int64(s, 2, number),
  };
  return schema_run(s, bound, sizeof bound / sizeof *bound);
}

int schema_put_int(index_table *t, const char *key, sqlite3_int64 value) {
  return put_value(t, key, NULL, value);
}

int schema_put_text(index_table *t, const char *key, const char *value) {
  return put_value(t, key, value, 0);
}
