/* make_index.c - see make_index.h. */
#include "cli/make_index.h"

#include <string.h>

#include "cli/terminal.h"

static bool has_column(database *d, const char *table, const char *column) {
  return database_integer(d, 0,
                          "SELECT count(*) FROM pragma_table_xinfo(%Q) WHERE name = %Q "
                          "COLLATE NOCASE",
                          table, column) > 0;
}

/* Appends the columns of a list with commas; false, and said: one is not there. */
static bool append_list(database *d, sqlite3_str *sql, const char *table,
                        const char *list) {
  bool ok = true;
  for (const char *at = list; ok; at++) {
    at += strspn(at, " ");
    size_t bytes = strcspn(at, ",");
    char *column = sqlite3_mprintf("%.*s", (int)bytes, at);
    while (column && *column && column[strlen(column) - 1] == ' ')
      column[strlen(column) - 1] = '\0';
    ok = column && has_column(d, table, column);
    if (column && !ok) complain("the table '%s' has no column '%s'", table, column);
    if (ok) sqlite3_str_appendf(sql, "\"%w\", ", column);
    sqlite3_free(column);
    at += bytes;
    if (!*at) break;
  }
  return ok;
}

static bool append_guess(cli *c, sqlite3_str *sql, const paper_table *t) {
  const char *title = t->columns[ROLE_TITLE], *abstract = t->columns[ROLE_ABSTRACT];
  if (!title && !abstract) {
    complain("the table '%s' has no column of a title or an abstract by its name: say "
             "which columns have text: --text COLUMN,COLUMN",
             t->name);
    return false;
  }
  if (title) sqlite3_str_appendf(sql, "\"%w\", ", title);
  if (abstract) sqlite3_str_appendf(sql, "\"%w\", ", abstract);
  if (option_known(&c->arguments, "text"))
    remark(c->quiet, "the text to search is %s%s%s (other columns: --text)",
           title ? title : "", title && abstract ? " and " : "",
           abstract ? abstract : "");
  return true;
}

static bool is_listed(const char *list, const char *column) {
  const size_t length = strlen(column);
  for (const char *at = list; at; at = strchr(at, ',')) {
    at += strspn(at, ", ");
    size_t bytes = strcspn(at, ",");
    while (bytes && at[bytes - 1] == ' ') bytes--;
    if (bytes == length && sqlite3_strnicmp(at, column, (int)length) == 0) return true;
  }
  return false;
}

/* For filters in SQL: what is no text but often asked for. */
static void append_filters(sqlite3_str *sql, const paper_table *t, const char *text) {
  static const column_role roles[] = {ROLE_YEAR, ROLE_JOURNAL};
  for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
    const char *column = t->columns[roles[i]];
    if (column && !is_listed(text, column))
      sqlite3_str_appendf(sql, "\"%w\" UNINDEXED, ", column);
  }
}

/* content='table', with the quotes of its name where it needs them. False: no memory. */
static bool append_content(sqlite3_str *sql, const paper_table *t, const char *key) {
  char *table = sqlite3_mprintf("\"%w\"", t->name);
  if (!table) return false;
  sqlite3_str_appendf(sql, "content=%Q", table);
  sqlite3_free(table);
  if (key || !t->key_is_rowid)
    sqlite3_str_appendf(sql, ", content_rowid=%Q", key ? key : t->key);
  return true;
}

/* TABLE_search, or with a number behind it where that is taken. */
static char *free_name(database *d, const char *table) {
  char *name = sqlite3_mprintf("%s_search", table);
  for (int i = 2; name && database_integer(d, 0,
                                           "SELECT count(*) FROM sqlite_schema "
                                           "WHERE name = %Q COLLATE NOCASE",
                                           name);
       i++) {
    sqlite3_free(name);
    name = sqlite3_mprintf("%s_search%d", table, i);
  }
  return name;
}

/* What the index is made of; NULL, and said: a column is not there. */
static char *index_arguments(cli *c, database *d, const paper_table *papers,
                             const char *text, const char *key) {
  sqlite3_str *columns = sqlite3_str_new(NULL);
  bool ok = text ? append_list(d, columns, papers->name, text)
                 : append_guess(c, columns, papers);
  if (ok && key && !has_column(d, papers->name, key) && sqlite3_stricmp(key, "rowid")) {
    complain("the table '%s' has no column '%s'", papers->name, key);
    ok = false;
  }
  append_filters(columns, papers, text);
  ok = append_content(columns, papers, key) && ok;
  char *list = sqlite3_str_finish(columns);
  if (ok) return list;
  sqlite3_free(list);
  return NULL;
}

static const char make_sql[] = "CREATE VIRTUAL TABLE \"%w\" USING biobert(%s)";

char *make_index(cli *c, database *d, const paper_table *papers, const char *text,
                 const char *key) {
  char *list = index_arguments(c, d, papers, text, key);
  char *name = list ? free_name(d, papers->name) : NULL;
  const bool ok = name && database_run(d, make_sql, name, list);
  sqlite3_free(list);
  if (ok) return name;
  sqlite3_free(name);
  return NULL;
}

bool index_was_made_so(cli *c, database *d, const char *index, const paper_table *papers,
                       const char *text, const char *key) {
  char *list = index_arguments(c, d, papers, text, key);
  char *sql = list ? sqlite3_mprintf(make_sql, index, list) : NULL;
  const bool same =
      sql && database_integer(
                 d, 0, "SELECT count(*) FROM sqlite_schema WHERE name = %Q AND sql = %Q",
                 index, sql) > 0;
  sqlite3_free(list);
  sqlite3_free(sql);
  return same;
}
