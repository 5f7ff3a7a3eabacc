/* database.c - see database.h. */
#include "database.h"

#include <string.h>

static char library[512];

void database_set_library(const char *path) {
  sqlite3_snprintf(sizeof library, library, "%s", path);
}

int database_load(sqlite3 *db, char error[256]) {
  char *message = NULL;
  sqlite3_enable_load_extension(db, 1);
  const int rc = sqlite3_load_extension(db, library, NULL, &message);
  if (rc != SQLITE_OK) sqlite3_snprintf(256, error, "%s", message ? message : "");
  sqlite3_free(message);
  return rc;
}

sqlite3 *database_open(int *rc, char error[256]) {
  sqlite3 *db = NULL;
  *rc = sqlite3_open("file.db", &db);
  if (*rc == SQLITE_OK) *rc = database_load(db, error);
  if (*rc == SQLITE_OK) return db;
  sqlite3_close(db);
  return NULL;
}

/* Asking ----------------------------------------------------------------------------- */

/* The rows that a query gives, or its error. */
static void append_rows(sqlite3_str *out, sqlite3 *db, const char *sql) {
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
  while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
    for (int i = 0; i < sqlite3_column_count(s); i++) {
      const char *text = (const char *)sqlite3_column_text(s, i);
      sqlite3_str_appendf(out, "%s%s", i ? "|" : "", text ? text : "NULL");
    }
    sqlite3_str_appendchar(out, 1, '\n');
    rc = SQLITE_OK;
  }
  if (rc != SQLITE_DONE) sqlite3_str_appendf(out, "error: %s\n", sqlite3_errmsg(db));
  sqlite3_finalize(s);
}

/* The same for every name that a query gives; %w in `format` is the name. */
static void append_for_each(sqlite3_str *out, sqlite3 *db, const char *names,
                            const char *format, int times) {
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(db, names, -1, &s, NULL);
  while (rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
    const char *n = (const char *)sqlite3_column_text(s, 0);
    char *sql = times == 1 ? sqlite3_mprintf(format, n) : sqlite3_mprintf(format, n, n);
    append_rows(out, db, sql ? sql : "no memory");
    sqlite3_free(sql);
    rc = SQLITE_OK;
  }
  if (rc != SQLITE_DONE) sqlite3_str_appendf(out, "error: %s\n", sqlite3_errmsg(db));
  sqlite3_finalize(s);
}

static const char indexes[] = "SELECT name FROM sqlite_schema WHERE sql LIKE "
                              "'%USING biobert%' ORDER BY name";

char *database_state(sqlite3 *db) {
  static const char schema[] = "SELECT type, name, tbl_name, sql FROM sqlite_schema "
                               "ORDER BY type, name";
  static const char tables[] = "SELECT name FROM pragma_table_list WHERE schema = 'main' "
                               "AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY "
                               "name";
  static const char *const of_index[] = {
      "SELECT rowid, *, hex(vector) FROM \"%w\" ORDER BY rowid",
      "SELECT * FROM biobert_failures('%q') ORDER BY 1",
      ("SELECT rows, pending, stale, empty, failed, passages, dimension FROM "
       "biobert_status('%q')"),
  };
  static const char words[] =
      "WITH w(w) AS (VALUES('gene'), ('blood'), ('virus'), ('heart'), ('cell'), ('lung'),"
      "('insulin')) SELECT w, (SELECT group_concat(rowid) FROM (SELECT rowid FROM \"%w\" "
      "WHERE words MATCH w ORDER BY rowid)) FROM w";
  static const char search[] =
      "SELECT rowid, printf('%%.4f', distance) FROM \"%w\" WHERE \"%w\" MATCH 'gene'";
  sqlite3_str *out = sqlite3_str_new(NULL);
  append_rows(out, db, schema);
  append_for_each(out, db, tables, "SELECT * FROM \"%w\"", 1);
  for (size_t i = 0; i < sizeof of_index / sizeof *of_index; i++)
    append_for_each(out, db, indexes, of_index[i], 1);
  append_for_each(out, db, indexes, words, 1);
  append_for_each(out, db, indexes, search, 2);
  char *state = sqlite3_str_finish(out); /* NULL where there is nothing */
  return state ? state : sqlite3_mprintf("");
}

/* NULL if the text is what a sound database answers. */
static char *unless(char *text, const char *expected) {
  if (text && strcmp(text, expected) != 0) return text;
  sqlite3_free(text);
  return NULL;
}

char *database_problem(sqlite3 *db) {
  sqlite3_str *out = sqlite3_str_new(NULL);
  append_rows(out, db, "PRAGMA integrity_check");
  append_for_each(out, db, indexes,
                  "INSERT INTO \"%w\"(\"%w\") VALUES('integrity-check')", 2);
  return unless(sqlite3_str_finish(out), "ok\n");
}

char *database_sync_problem(sqlite3 *db) {
  /* A stored vector is rounded, to 8 bits at worst; another text's is farther away. */
  static const char vectors[] =
      "SELECT rowid, document, vector IS NULL FROM \"%w\" WHERE trim(document) <> '' AND "
      "rowid NOT IN (SELECT rowid FROM biobert_failures('%q')) AND (vector IS NULL OR "
      "biobert_distance(biobert_embed(document), vector) > 0.001)";
  static const char ready[] = "SELECT i.rowid FROM \"%w\" AS i JOIN t ON t.id = i.rowid "
                              "WHERE biobert_distance(t.v, i.vector) > 0.001";
  /* A row whose ready vector is NULL stays pending. */
  static const char counts[] =
      "SELECT pending, stale FROM biobert_status('%q') WHERE stale OR pending";
  static const char made[] = "SELECT name FROM sqlite_schema WHERE sql LIKE "
                             "'%USING biobert%' AND sql NOT LIKE '%vectors=%'";
  static const char given[] = "SELECT name FROM sqlite_schema WHERE sql LIKE "
                              "'%USING biobert%vectors=%'";
  sqlite3_str *out = sqlite3_str_new(NULL);
  append_for_each(out, db, indexes, "INSERT INTO \"%w\"(\"%w\") VALUES('sync')", 2);
  append_for_each(out, db, made, vectors, 2);
  append_for_each(out, db, given, ready, 1);
  append_for_each(out, db, made, counts, 1);
  append_rows(out, db, "PRAGMA integrity_check");
  append_for_each(out, db, indexes,
                  "INSERT INTO \"%w\"(\"%w\") VALUES('integrity-check')", 2);
  return unless(sqlite3_str_finish(out), "ok\n");
}

/* Of FTS5's own ones nothing is known: it keeps a row open between statements. */
const char *database_busy_statement(sqlite3 *db) {
  for (sqlite3_stmt *s = sqlite3_next_stmt(db, NULL); s; s = sqlite3_next_stmt(db, s)) {
    const char *sql = sqlite3_sql(s);
    if (sqlite3_stmt_busy(s) && sql && !strstr(sql, "_fts_")) return sql;
  }
  return NULL;
}
