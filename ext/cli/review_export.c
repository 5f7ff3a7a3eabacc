/* review_export.c - `biobert screen --export`: the records with the reviewer's decisions,
 * as ASReview and reference managers read them. */
#include <string.h>

#include "cli/export_file.h"
#include "cli/review.h"
#include "cli/terminal.h"

/* The columns that ASReview knows, of those that there are. */
static char *asreview_columns(const export_job *j) {
  sqlite3_str *list = sqlite3_str_new(NULL);
  for (column_role role = 0; role < ROLES; role++)
    if (j->papers.columns[role])
      sqlite3_str_appendf(list, "\"%w\" AS %s, ", j->papers.columns[role],
                          role_names[role]);
  sqlite3_str_appendf(list, "(%s) AS included", j->included);
  return sqlite3_str_finish(list);
}

static void append_row(sqlite3_str *out, sqlite3_stmt *s, bool header) {
  for (int i = 0; i < sqlite3_column_count(s); i++) {
    const char *text =
        header ? sqlite3_column_name(s, i) : (const char *)sqlite3_column_text(s, i);
    if (i) sqlite3_str_appendchar(out, 1, ',');
    if (text) text_append_csv(out, text, strlen(text));
  }
  sqlite3_str_appendall(out, "\r\n");
}

/* title, abstract, ..., included: 1, 0 or nothing. */
static bool export_asreview(export_job *j) {
  sqlite3_stmt *s = NULL;
  char *columns = asreview_columns(j);
  bool ok = columns && export_prepare(j, &s, columns);
  sqlite3_free(columns);
  if (!ok) return false;
  sqlite3_str *out = sqlite3_str_new(NULL);
  append_row(out, s, true);
  export_write(j, out);
  while (ok && export_step(j, s, &ok)) {
    out = sqlite3_str_new(NULL);
    append_row(out, s, false);
    export_write(j, out);
    j->count++;
  }
  sqlite3_finalize(s);
  return ok;
}

static const struct {
  const char *name;
  export_function *write;
} formats[] = {
    {"ris",          export_ris     },
    {"asreview-csv", export_asreview},
};

/* SQL of a paper's decision. */
static char *included_sql(review *r, bool exist) {
  const paper_table *t = &r->index.papers;
  if (!exist) return sqlite3_mprintf("NULL");
  return sqlite3_mprintf("SELECT included FROM \"%w\" WHERE paper = \"%w\".\"%w\"",
                         r->table, t->name, t->key);
}

static int write_as(review *r, export_function *write, const char *path) {
  export_job j = {.d = r->d, .papers = r->index.papers, .path = path};
  bool exist;
  if (!decisions_exist(r, &exist)) return FAILED;
  j.included = included_sql(r, exist);
  const bool ok = j.included && export_to(&j, write);
  if (ok && path) remark(r->c->quiet, "%lld papers are in %s", (long long)j.count, path);
  sqlite3_free(j.included);
  return !ok ? FAILED : j.count ? FOUND : NOTHING_FOUND;
}

int review_export(review *r, const char *format, const char *path) {
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
    if (strcmp(formats[i].name, format) == 0) return write_as(r, formats[i].write, path);
  complain("there is no format '%s'; there are: ris, asreview-csv", format);
  return USED_WRONGLY;
}
