/* review_list.c - `biobert screen --json` and `--csv`: the papers to read next, for
 * programs. */
#include "cli/review.h"

static int show_rows(review *r, sqlite3_stmt *s) {
  output *o = &r->c->out;
  int64_t count = 0;
  int rc;
  while ((rc = database_step(r->d, s)) == SQLITE_ROW && !output_is_broken(o)) {
    output_column(o, "id", s, 0);
    output_column(o, "position", s, 1);
    output_column(o, "score", s, 2);
    output_column(o, "probability", s, 3);
    output_column(o, "title", s, 4);
    output_end_row(o);
    count++;
  }
  if (rc == SQLITE_DONE || rc == SQLITE_ROW) return count ? FOUND : NOTHING_FOUND;
  database_complain(r->d, rc);
  return FAILED;
}

/* Without a table of decisions nothing has been judged. */
int review_list(review *r, int64_t limit) {
  const paper_table *t = &r->index.papers;
  sqlite3_stmt *s = NULL;
  bool exist;
  int status = FAILED;
  if (!decisions_exist(r, &exist)) return FAILED;
  /* The file is opened for reading alone; a temporary table is not in it. */
  if (!exist &&
      (!database_run(r->d, "PRAGMA query_only = OFF") ||
       !database_run(r->d, "CREATE TEMP TABLE \"%w\"(paper, included)", r->table)))
    return FAILED;
  const char *title = t->columns[ROLE_TITLE];
  char *column = title ? sqlite3_mprintf("p.\"%w\"", title) : sqlite3_mprintf("NULL");
  if (column &&
      database_prepare(
          r->d, &s,
          "SELECT s.rowid, s.position, s.score, s.probability, %s FROM (SELECT * "
          "FROM biobert_screen(%Q, %Q, %Q) LIMIT %lld) s JOIN \"%w\" p ON "
          "p.\"%w\" = s.rowid ORDER BY s.position",
          column, r->index.name, r->table, r->options, (long long)limit, t->name, t->key))
    status = show_rows(r, s);
  sqlite3_finalize(s);
  sqlite3_free(column);
  return status;
}
