/* config_content.c - the content's own types and collations.
 *
 * Conditions on a column run as SQL on the content, so a column of the search table has
 * the type and the collation that it has there: otherwise SQLite would compare in one way
 * and the content in another. */
#include "search/config_content.h"

#include <string.h>

/* An error that is not about the content, and may be over the next time. (SQLITE_LOCKED
 * is also what a content says that is made from the index.) */
static bool passes(int code) {
  static const int codes[] = {SQLITE_NOMEM, SQLITE_INTERRUPT, SQLITE_IOERR, SQLITE_BUSY,
                              SQLITE_PROTOCOL};
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    if ((code & 0xFF) == codes[i]) return true;
  return false;
}

/* The table is still to be dropped where the program has not registered a collation of
 * the content; all else would compare otherwise than the content does. */
static int note_lack(sqlite3 *db, index_config *config) {
  static const char lack[] = "no such collation sequence";
  if (strncmp(sqlite3_errmsg(db), lack, sizeof lack - 1) != 0) return SQLITE_OK;
  if (!config->lacks) config->lacks = sqlite3_mprintf("%s", sqlite3_errmsg(db));
  return config->lacks ? SQLITE_OK : SQLITE_NOMEM;
}

/* Whether the program has a collation; *name becomes NULL where it has not. */
static int check_collation(sqlite3 *db, index_config *config, const char **name) {
  sqlite3_stmt *s = NULL;
  char *sql = sqlite3_mprintf("SELECT 'a' = 'b' COLLATE \"%w\"", *name);
  int rc = sql ? sqlite3_prepare_v2(db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  if (rc == SQLITE_ERROR) {
    *name = NULL;
    rc = note_lack(db, config);
  }
  sqlite3_finalize(s);
  return rc;
}

/* A view has no metadata to ask: how its column compares tells which of SQLite's own it
 * has. */
static int collation_of_view(sqlite3 *db, index_config *config, const char *name,
                             const char **collation) {
  sqlite3_stmt *s = NULL;
  *collation = NULL;
  char *sql = sqlite3_mprintf("SELECT x = 'A', x = 'a ' FROM (SELECT \"%w\" AS x FROM "
                              "\"%w\".\"%w\" WHERE 0 UNION ALL SELECT 'a' LIMIT 1)",
                              name, config->content_schema, config->content);
  int rc = sql ? sqlite3_prepare_v2(db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  if (rc == SQLITE_ERROR) return note_lack(db, config);
  if (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
    if (sqlite3_column_int(s, 0)) *collation = "NOCASE";
    if (sqlite3_column_int(s, 1)) *collation = "RTRIM";
  }
  int ended = sqlite3_finalize(s);
  if (rc == SQLITE_OK) rc = ended;
  return passes(rc) ? rc : SQLITE_OK;
}

/* *collation: borrowed, NULL where nothing tells. */
static int find_collation(sqlite3 *db, index_config *config, const char *name,
                          const char **collation) {
  *collation = NULL;
  int rc = sqlite3_table_column_metadata(db, config->content_schema, config->content,
                                         name, NULL, collation, NULL, NULL, NULL);
  if (rc != SQLITE_OK && !passes(rc))
    return collation_of_view(db, config, name, collation);
  return rc == SQLITE_OK && *collation ? check_collation(db, config, collation) : rc;
}

/* The number of a column in SELECT *, or -1. */
static int column_at(sqlite3_stmt *s, const char *name) {
  int at = -1;
  for (int i = 0; i < sqlite3_column_count(s); i++)
    if (sqlite3_stricmp(sqlite3_column_name(s, i), name) == 0) at = i;
  return at;
}

/* A view or a table WITHOUT ROWID. (Not by pragma_table_list: it opens every virtual
 * table of the schema, the one that is being made too.) */
static int has_no_rowid(sqlite3 *db, const index_config *config, bool *none) {
  int rc = sqlite3_table_column_metadata(db, config->content_schema, config->content,
                                         "rowid", NULL, NULL, NULL, NULL, NULL);
  *none = rc != SQLITE_OK && !passes(rc);
  return *none ? SQLITE_OK : rc;
}

static bool is_column(sqlite3_stmt *s, const char *name) {
  return column_at(s, name) >= 0;
}

/* The columns that options name; s: of SELECT * over the content. */
static int check_names(sqlite3 *db, const index_config *config, sqlite3_stmt *s,
                       char **message) {
  const char *missing = NULL;
  if (config->vectors && !is_column(s, config->vectors)) missing = config->vectors;
  if (!is_column(s, config->content_rowid) &&
      !config_is_rowid_name(config->content_rowid))
    missing = config->content_rowid;
  if (missing)
    return config_fail(message, "biobert: content %s.%s has no column '%s'",
                       config->content_schema, config->content, missing);
  if (is_column(s, config->content_rowid)) return SQLITE_OK;
  bool none;
  int rc = has_no_rowid(db, config, &none);
  if (rc != SQLITE_OK || !none) return rc;
  return config_fail(
      message,
      "biobert: content %s.%s has no rowid: name its column of whole numbers "
      "with content_rowid='...'",
      config->content_schema, config->content);
}

/* Conditions on a column run in the content: a type that is declared here alone would
 * have them compare in one way there and in another here. (A text is one as it is.) */
static int check_type(const index_config *config, const index_column *column,
                      const char *type, char **message) {
  const char *declared = config_affinity(column->type);
  bool text = column->indexed && strcmp(declared, "TEXT") == 0;
  if (!*declared || text || (type && *type)) return SQLITE_OK;
  return config_fail(
      message,
      "biobert: column '%s' is declared %s, but content %s.%s gives it no type: "
      "leave %s out; CAST(%s AS %s) in a view makes its values so",
      column->name, column->type, config->content_schema, config->content, column->type,
      column->name, declared);
}

/* The type and collation of a content's column; at: its number in SELECT *. */
static int describe_column(sqlite3 *db, bool creating, index_config *config,
                           sqlite3_stmt *s, int at, index_column *column,
                           char **message) {
  const char *type = sqlite3_column_decltype(s, at), *collation;
  int rc = creating ? check_type(config, column, type, message) : SQLITE_OK;
  if (rc != SQLITE_OK) return rc;
  sqlite3_free(column->type);
  column->type = type ? sqlite3_mprintf("%s", type) : NULL;
  if (type && !column->type) return SQLITE_NOMEM;
  rc = find_collation(db, config, column->name, &collation);
  if (rc != SQLITE_OK) return rc;
  if (!collation || sqlite3_stricmp(collation, "binary") == 0) return SQLITE_OK;
  column->collation = sqlite3_mprintf("%s", collation);
  return column->collation ? SQLITE_OK : SQLITE_NOMEM;
}

/* Whether the key column turns what is stored in it into numbers. (Of a STRICT table ANY
 * does not.) */
static bool is_plain_key(const index_config *config, sqlite3_stmt *s) {
  int at = column_at(s, config->content_rowid);
  const char *type = at < 0 ? "INTEGER" : sqlite3_column_decltype(s, at);
  const char *affinity = config_affinity(type);
  return *affinity && strcmp(affinity, "TEXT") != 0 && sqlite3_stricmp(type, "ANY") != 0;
}

int config_describe_content(sqlite3 *db, bool creating, index_config *config,
                            char **message) {
  const char *schema = config->content_schema;
  char *sql =
      sqlite3_mprintf("SELECT * FROM \"%w\".\"%w\" LIMIT 0", schema, config->content);
  sqlite3_stmt *statement = NULL;
  if (!sql) return SQLITE_NOMEM;
  int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
  sqlite3_free(sql);
  /* A content that is not there (an ATTACH or a TEMP view still to come) must not keep
   * the table from being opened or dropped: searching it will say what is missing. */
  if (rc != SQLITE_OK) return passes(rc) ? rc : SQLITE_OK;
  if (creating) rc = check_names(db, config, statement, message);
  config->plain_key = is_plain_key(config, statement);
  for (int i = 0; i < config->column_count && rc == SQLITE_OK; i++) {
    index_column *column = &config->columns[i];
    int at = column_at(statement, column->name);
    if (at < 0 && !creating) continue; /* renamed since: reading it will say so */
    rc = at < 0 ? config_fail(message, "biobert: content %s.%s has no column '%s'",
                              schema, config->content, column->name)
                : describe_column(db, creating, config, statement, at, column, message);
  }
  sqlite3_finalize(statement);
  if (rc == SQLITE_OK && creating && config->lacks)
    rc = config_fail(message, "biobert: content %s.%s: %s", schema, config->content,
                     config->lacks);
  return rc;
}
