/* tables.c - see tables.h. */
#include "cli/tables.h"

#include <string.h>

#include "sql/index_sql.h"
#include "cli/terminal.h"

const char *const role_names[ROLES] = {
    [ROLE_TITLE] = "title",     [ROLE_ABSTRACT] = "abstract", [ROLE_AUTHORS] = "authors",
    [ROLE_JOURNAL] = "journal", [ROLE_YEAR] = "year",         [ROLE_DOI] = "doi",
    [ROLE_PMID] = "pmid",       [ROLE_PMCID] = "pmcid",       [ROLE_URL] = "url",
};

enum { MAX_NAMES = 12 };

/* What a column of each role is called, the likeliest first. */
static const char *const likely[ROLES][MAX_NAMES] = {
    [ROLE_TITLE] = {"title",          "article_title", "paper_title", "articletitle", "name",
                    "subject", "headline"},
    [ROLE_ABSTRACT] = {"abstract",  "abstract_text",           "abstracttext", "summary", "text",
                    "body", "comments", "content", "description"},
    [ROLE_AUTHORS] = {"authors",      "author",                     "first_author", "author_list", "author_names",
                    "creators"},
    [ROLE_JOURNAL] = {"journal","journal_title","publication", "source_title", "venue",
                    "publication_title", "booktitle", "container_title"},
    [ROLE_YEAR] = {"year",          "publication_year",                            "pub_year", "pubyear", "publication_date",
                    "pub_date", "published", "date"},
    [ROLE_DOI] = {"doi"      },
    [ROLE_PMID] = {"pmid",        "pubmed_id",         "pubmedid"},
    [ROLE_PMCID] = {"pmcid",   "pmc"         },
    [ROLE_URL] = {"url",                "link"   },
};

void paper_table_free(paper_table *t) {
  sqlite3_free(t->name);
  sqlite3_free(t->key);
  for (size_t i = 0; i < ROLES; i++) sqlite3_free(t->columns[i]);
  *t = (paper_table){0};
}

void paper_index_free(paper_index *i) {
  sqlite3_free(i->name);
  paper_table_free(&i->papers);
  *i = (paper_index){0};
}

/* Columns ---------------------------------------------------------------------------- */

/* How likely a name is for a role: 0: not at all. */
static int likelihood(column_role role, const char *name) {
  for (int i = 0; i < MAX_NAMES && likely[role][i]; i++)
    if (sqlite3_stricmp(likely[role][i], name) == 0) return MAX_NAMES - i;
  return 0;
}

static bool take(char **text, const char *value) {
  sqlite3_free(*text);
  *text = sqlite3_mprintf("%s", value);
  return *text != NULL;
}

static bool take_column(paper_table *t, int best[ROLES], const char *name) {
  for (column_role role = 0; role < ROLES; role++) {
    int here = likelihood(role, name);
    if (here <= best[role]) continue;
    best[role] = here;
    if (!take(&t->columns[role], name)) return false;
  }
  return true;
}

/* Ends a statement whose rows were read; false, and said: not all of them were. */
static bool end_rows(database *d, sqlite3_stmt *s) {
  const int rc = sqlite3_finalize(s);
  if (rc != SQLITE_OK) database_complain(d, rc);
  return rc == SQLITE_OK;
}

/* Fills the columns by their names, and the key: the INTEGER PRIMARY KEY, or rowid. */
static bool read_columns(database *d, paper_table *t) {
  sqlite3_stmt *s;
  int best[ROLES] = {0}, keys = 0;
  bool ok = true;
  if (!database_prepare(d, &s,
                        "SELECT name, type, pk FROM pragma_table_xinfo(%Q) "
                        "WHERE hidden <> 1",
                        t->name))
    return false;
  t->key_is_rowid = true;
  while (ok && sqlite3_step(s) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(s, 0);
    const char *type = (const char *)sqlite3_column_text(s, 1);
    ok = name && take_column(t, best, name);
    if (!ok || sqlite3_column_int(s, 2) == 0) continue;
    t->key_is_rowid = keys++ > 0 || !type || sqlite3_stricmp(type, "INTEGER") != 0;
    ok = take(&t->key, name);
  }
  ok = end_rows(d, s) && ok;
  return ok && (!t->key_is_rowid || take(&t->key, "rowid"));
}

/* Tables ----------------------------------------------------------------------------- */

/* How much a table looks like literature: a title and an abstract at least. */
static int resemblance(const paper_table *t) {
  int found = 0;
  for (column_role i = 0; i < ROLES; i++) found += t->columns[i] != NULL;
  if (!t->columns[ROLE_TITLE] && !t->columns[ROLE_ABSTRACT]) return 0;
  return found + (t->columns[ROLE_TITLE] && t->columns[ROLE_ABSTRACT] ? ROLES : 0);
}

/* Tables that people make: none of SQLite's, of virtual tables, or of what belongs to
 * these. */
static const char *const people_tables =
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND "
    "name NOT LIKE 'sqlite\\_%%' ESCAPE '\\' ORDER BY name";

static bool choose_table(database *d, paper_table *best, int *tables) {
  sqlite3_stmt *s;
  int most = 0;
  *tables = 0;
  if (!database_prepare(d, &s, people_tables)) return false;
  while (sqlite3_step(s) == SQLITE_ROW) {
    paper_table t = {.name = sqlite3_mprintf("%s", sqlite3_column_text(s, 0))};
    int here = t.name && read_columns(d, &t) ? resemblance(&t) : 0;
    *tables += 1;
    if (here > most) {
      paper_table_free(best);
      *best = t;
      most = here;
    } else
      paper_table_free(&t);
  }
  return end_rows(d, s);
}

static bool name_is_there(database *d, const char *name) {
  return database_integer(d, 0, "SELECT count(*) FROM pragma_table_xinfo(%Q)", name) > 0;
}

static bool find_table(database *d, const char *name, bool quiet, paper_table *out) {
  int tables;
  if (name) {
    if (!name_is_there(d, name)) {
      complain("%s has no table '%s'; 'biobert doctor %z' lists what it has", d->path,
               name, text_shell_word(d->path));
      return false;
    }
    return take(&out->name, name) && read_columns(d, out);
  }
  if (!choose_table(d, out, &tables)) return false;
  if (out->name) {
    remark(quiet, "the table '%s' looks like the literature (another one: --table)",
           out->name);
    return true;
  }
  if (tables)
    complain("none of the %d tables of %s looks like literature: say which one, and its "
             "columns of text: biobert index %z --table TABLE --text TITLE,ABSTRACT",
             tables, d->path, text_shell_word(d->path));
  else
    complain("%s is empty: 'biobert import %z FILE...' fills it", d->path,
             text_shell_word(d->path));
  return false;
}

bool tables_find(database *d, const char *name, bool quiet, paper_table *out) {
  *out = (paper_table){0};
  const bool found = find_table(d, name, quiet, out);
  if (!found) paper_table_free(out);
  return found;
}

static char *column_list(database *d, const paper_table *t) {
  sqlite3_stmt *s;
  sqlite3_str *list = sqlite3_str_new(NULL);
  if (!database_prepare(d, &s, "SELECT name FROM pragma_table_info(%Q)", t->name))
    return sqlite3_str_finish(list);
  while (sqlite3_step(s) == SQLITE_ROW)
    sqlite3_str_appendf(list, "%s%s", sqlite3_str_length(list) ? ", " : "",
                        sqlite3_column_text(s, 0));
  sqlite3_finalize(s);
  return sqlite3_str_finish(list);
}

bool tables_check_where(database *d, const paper_table *t, const char *where) {
  sqlite3_stmt *s = NULL;
  if (!where) return true;
  char *sql = sqlite3_mprintf("SELECT 1 FROM \"%w\" WHERE (%s\n)", t->name, where);
  int rc = sql ? sqlite3_prepare_v2(d->db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  sqlite3_finalize(s);
  sqlite3_free(sql);
  if (rc == SQLITE_OK) return true;
  char *why = sqlite3_mprintf("%s", sqlite3_errmsg(d->db));
  if (rc == SQLITE_ERROR)
    complain("--where '%s': %s; the columns of '%s' are: %z", where, why, t->name,
             column_list(d, t));
  else
    database_complain(d, rc);
  sqlite3_free(why);
  return false;
}

/* Indexes ---------------------------------------------------------------------------- */

/* sqlite_schema has the text of every virtual table; the module is found in it. */
static const char *const virtual_tables =
    "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND "
    "sql LIKE 'CREATE VIRTUAL TABLE%%' ORDER BY name";

bool indexes_list(database *d, sqlite3_stmt **out) {
  return database_prepare(d, out, virtual_tables);
}

static char *content_of(const char *sql) {
  char *content = NULL, *schema = NULL;
  index_sql_option(sql, "content", &content);
  char *table = content ? index_sql_table(content, &schema) : NULL;
  sqlite3_free(content);
  sqlite3_free(schema);
  return table;
}

bool index_of_table(database *d, const char *table, char **out) {
  sqlite3_stmt *s;
  bool ok = true;
  *out = NULL;
  if (!indexes_list(d, &s)) return false;
  while (ok && !*out && sqlite3_step(s) == SQLITE_ROW) {
    const char *sql = (const char *)sqlite3_column_text(s, 1);
    ok = sql != NULL;
    if (!ok || !index_sql_is_one(sql)) continue;
    char *content = content_of(sql);
    if (content && sqlite3_stricmp(content, table) == 0)
      ok = take(out, (const char *)sqlite3_column_text(s, 0));
    sqlite3_free(content);
  }
  return end_rows(d, s) && ok;
}

/* The table that an index reads; without content= the index is its own. */
static bool read_index(database *d, const char *sql, paper_index *out) {
  char *key = NULL;
  index_sql_option(sql, "content_rowid", &key);
  out->papers.name = content_of(sql);
  if (!out->papers.name) out->papers.name = sqlite3_mprintf("%s", out->name);
  bool ok = out->papers.name && read_columns(d, &out->papers);
  if (ok && !out->papers.key) ok = take(&out->papers.key, "rowid");
  if (ok && key) ok = take(&out->papers.key, key);
  sqlite3_free(key);
  return ok;
}

/* The index of the name, or the first one; *count: how many there are. */
static bool choose_index(database *d, const char *name, paper_index *out, int *count) {
  sqlite3_stmt *s;
  bool ok = true;
  *count = 0;
  if (!indexes_list(d, &s)) return false;
  while (ok && sqlite3_step(s) == SQLITE_ROW) {
    const char *here = (const char *)sqlite3_column_text(s, 0);
    const char *sql = (const char *)sqlite3_column_text(s, 1);
    if (!here || !index_sql_is_one(sql)) continue;
    *count += 1;
    if (out->name || (name && sqlite3_stricmp(here, name) != 0)) continue;
    ok = take(&out->name, here) && read_index(d, sql, out);
  }
  return end_rows(d, s) && ok;
}

bool indexes_find(database *d, const char *name, bool quiet, paper_index *out) {
  int count;
  *out = (paper_index){0};
  if (!choose_index(d, name, out, &count)) return false;
  if (out->name) {
    if (!name && count > 1)
      remark(quiet, "using the index '%s', the first of %d (another one: --index)",
             out->name, count);
    return true;
  }
  if (name && count)
    complain("%s has no index '%s'; 'biobert doctor %z' lists what it has", d->path, name,
             text_shell_word(d->path));
  else
    complain("%s has no index to search: type: biobert index %z", d->path,
             text_shell_word(d->path));
  return false;
}
