/* review_decisions.c - the reviewer's own table:
 *
 *     paper       the paper's key in its table
 *     included    1, 0, or NULL: passed over
 *     decided_at  UTC
 *     position    the order in which the decisions were made
 *
 * The first two columns are what biobert_screen() reads; each decision is a transaction of
 * its own. */
#include <string.h>

#include "cli/review.h"
#include "cli/terminal.h"

static const char create_sql[] =
    "CREATE TABLE \"%w\"(paper INTEGER NOT NULL UNIQUE, included INTEGER "
    "CHECK (included IN (0, 1)), decided_at TEXT NOT NULL, position INTEGER PRIMARY KEY)";

/* Whether the first two columns are ours. */
static bool is_ours(review *r) {
  return database_integer(
             r->d, 0,
             "SELECT group_concat(name) = 'paper,included,decided_at,position' "
             "FROM pragma_table_xinfo(%Q)",
             r->table) == 1;
}

bool decisions_exist(review *r, bool *exist) {
  *exist = database_integer(r->d, 0, "SELECT count(*) FROM pragma_table_xinfo(%Q)",
                            r->table) > 0;
  if (!*exist || is_ours(r)) return true;
  complain("the table '%s' of %s holds something else: --labels NAME puts the decisions "
           "into another",
           r->table, r->d->path);
  return false;
}

bool decisions_open(review *r) {
  bool exist;
  if (!decisions_exist(r, &exist)) return false;
  return exist || database_run(r->d, create_sql, r->table);
}

bool decisions_put(review *r, int64_t key, int decision) {
  static const char *const values[] = {"NULL", "0", "1"};
  return database_run(r->d,
                      "REPLACE INTO \"%w\"(paper, included, decided_at) VALUES(%lld, %s, "
                      "strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', 'now'))",
                      r->table, (long long)key, values[decision + 1]);
}

bool decisions_undo(review *r, int64_t *key, bool *found) {
  *key = database_integer(r->d, INT64_MIN,
                          "SELECT paper FROM \"%w\" ORDER BY position DESC LIMIT 1",
                          r->table);
  *found = *key != INT64_MIN;
  return !*found || database_run(r->d, "DELETE FROM \"%w\" WHERE paper = %lld", r->table,
                                 (long long)*key);
}

/* The next ones ---------------------------------------------------------------------- */

static int read_papers(review *r, sqlite3_stmt *s, review_paper *papers, int room) {
  int count = 0, rc = SQLITE_ROW;
  while (count < room && (rc = database_step(r->d, s)) == SQLITE_ROW) {
    const bool known = sqlite3_column_type(s, 1) != SQLITE_NULL;
    papers[count++] = (review_paper){sqlite3_column_int64(s, 0),
                                     known ? sqlite3_column_double(s, 1) : -1};
  }
  if (rc == SQLITE_ROW || rc == SQLITE_DONE) return count;
  database_complain(r->d, rc);
  return -1;
}

/* passed_over: those, or all others. */
static int select_papers(review *r, bool passed_over, review_paper *papers, int room) {
  sqlite3_stmt *s = NULL;
  if (!database_prepare(r->d, &s,
                        "SELECT rowid, probability FROM biobert_screen(%Q, %Q, %Q) WHERE "
                        "rowid %s (SELECT paper FROM \"%w\" WHERE included IS NULL) AND "
                        "rowid IN (SELECT \"%w\" FROM \"%w\") LIMIT %d",
                        r->index.name, r->table, r->options,
                        passed_over ? "IN" : "NOT IN", r->table, r->index.papers.key,
                        r->index.papers.name, room))
    return -1;
  const int count = read_papers(r, s, papers, room);
  sqlite3_finalize(s);
  return count;
}

int decisions_next(review *r, review_paper *papers, int room) {
  const int count = select_papers(r, false, papers, room);
  if (count != 0) return count;
  const int again = select_papers(r, true, papers, room);
  if (again > 0)
    remark(r->c->quiet, "all others are judged: what was passed over comes once more");
  return again;
}

/* Status ----------------------------------------------------------------------------- */

static void append_status(sqlite3_str *line, sqlite3_stmt *s) {
  sqlite3_str_appendf(line, "%lld of %lld papers read, %lld included",
                      sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 0),
                      sqlite3_column_int64(s, 2));
  if (sqlite3_column_type(s, 3) != SQLITE_NULL)
    sqlite3_str_appendf(line, "; recall about %.0f %%",
                        100 * sqlite3_column_double(s, 3));
  sqlite3_str_appendf(line, "; p = %.3g: %s", sqlite3_column_double(s, 4),
                      (const char *)sqlite3_column_text(s, 5));
}

bool decisions_status(review *r) {
  sqlite3_stmt *s = NULL;
  if (!database_prepare(r->d, &s,
                        "SELECT papers, labelled, included, recall, p_value, advice FROM "
                        "biobert_screen_status(%Q, %Q)",
                        r->index.name, r->table))
    return false;
  const int rc = database_step(r->d, s);
  if (rc == SQLITE_ROW) {
    sqlite3_str *line = sqlite3_str_new(NULL);
    append_status(line, s);
    char *text = sqlite3_str_finish(line);
    if (text) remark(r->c->quiet, "%s", text);
    sqlite3_free(text);
  } else {
    database_complain(r->d, rc);
  }
  sqlite3_finalize(s);
  return rc == SQLITE_ROW;
}

bool review_prepare_paper(review *r, sqlite3_stmt **out) {
  const paper_table *t = &r->index.papers;
  sqlite3_str *list = sqlite3_str_new(NULL);
  for (column_role role = 0; role < ROLES; role++)
    if (t->columns[role])
      sqlite3_str_appendf(list, "%s\"%w\"", role ? ", " : "", t->columns[role]);
    else
      sqlite3_str_appendall(list, role ? ", NULL" : "NULL");
  char *columns = sqlite3_str_finish(list);
  bool ok =
      columns && database_prepare(r->d, out, "SELECT %s FROM \"%w\" WHERE \"%w\" = ?1",
                                  columns, t->name, t->key);
  sqlite3_free(columns);
  return ok;
}
