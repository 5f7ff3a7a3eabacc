/* review_simulation.c - `biobert screen --simulate`: how much reading the order would have
 * saved on papers that were judged. */
#include <math.h>
#include <string.h>

#include "biobert_classifier.h"
#include "cli/review.h"
#include "cli/terminal.h"

/* Work saved over sampling (Cohen et al. 2006) is taken at this recall. */
static const double saved_at = 0.95, early = 0.10;
enum { CURVE_STEPS = 20, BAR_COLUMNS = 40 };

typedef struct simulation {
  review *r;
  biobert_screening *screening;
  size_t papers, included;
  bool *found;                   /* [papers], of one start */
  double wss, recall;            /* sums over the starts */
  double curve[CURVE_STEPS + 1]; /* sums: recall when so many twentieths were read */
} simulation;

/* Labels --------------------------------------------------------------------------------- */

/* SQL of (paper, label): of a table by its first two columns, or of a column of the
 * papers. NULL, and said: it is neither. */
static char *labels_sql(review *r, const char *name) {
  const paper_table *t = &r->index.papers;
  sqlite3_stmt *s = NULL;
  char *sql = NULL;
  if (!database_prepare(
          r->d, &s,
          "SELECT (SELECT name FROM pragma_table_xinfo(%Q) WHERE cid = 0), "
          "(SELECT name FROM pragma_table_xinfo(%Q) WHERE cid = 1), (SELECT "
          "count(*) FROM pragma_table_xinfo(%Q) WHERE name = %Q)",
          name, name, t->name, name))
    return NULL;
  if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_type(s, 1) != SQLITE_NULL)
    sql = sqlite3_mprintf("SELECT \"%w\" AS paper, \"%w\" AS label FROM \"%w\"",
                          sqlite3_column_text(s, 0), sqlite3_column_text(s, 1), name);
  else if (sqlite3_column_int(s, 2) > 0)
    sql = sqlite3_mprintf("SELECT \"%w\" AS paper, \"%w\" AS label FROM \"%w\"", t->key,
                          name, t->name);
  else
    complain("'%s' is no table of labels (paper, 1 or 0) and no column of '%s'", name,
             t->name);
  sqlite3_finalize(s);
  return sql;
}

static bool add_paper(simulation *m, sqlite3_stmt *s, biobert_error *err) {
  const char *text = (const char *)sqlite3_column_text(s, 1);
  const int label = sqlite3_column_int(s, 3);
  if ((label != 0 && label != 1) || sqlite3_column_type(s, 3) == SQLITE_TEXT) {
    complain("the label of paper %lld is not 1 or 0", sqlite3_column_int64(s, 0));
    return false;
  }
  if (biobert_screening_add(
          m->screening, sqlite3_column_int64(s, 0),
          (biobert_str){text ? text : "", (size_t)sqlite3_column_bytes(s, 1)},
          sqlite3_column_blob(s, 2), (size_t)sqlite3_column_bytes(s, 2) / sizeof(float),
          label ? BIOBERT_INCLUDED : BIOBERT_EXCLUDED, err)) {
    complain("%s", err->message);
    return false;
  }
  m->papers++;
  m->included += (size_t)label;
  return true;
}

static bool read_papers(simulation *m, const char *labels, biobert_error *err) {
  sqlite3_stmt *s = NULL;
  int rc = SQLITE_ROW;
  bool ok =
      database_prepare(m->r->d, &s,
                       "SELECT s.rowid, s.document, s.vector, l.label FROM \"%w\" s "
                       "JOIN (%s) l ON l.paper = s.rowid WHERE l.label IS NOT NULL "
                       "ORDER BY s.rowid",
                       m->r->index.name, labels);
  while (ok && (rc = database_step(m->r->d, s)) == SQLITE_ROW) ok = add_paper(m, s, err);
  if (ok && rc != SQLITE_DONE) {
    database_complain(m->r->d, rc);
    ok = false;
  }
  sqlite3_finalize(s);
  return ok;
}

/* Runs ----------------------------------------------------------------------------------- */

/* Included papers among the first `read`; all were found after the last of `known`. */
static size_t found_in(const simulation *m, size_t read, size_t known) {
  size_t count = 0;
  for (size_t i = 0; i < read && i < known; i++) count += m->found[i];
  return count;
}

static size_t read_for(const simulation *m, double recall) {
  const size_t wanted = (size_t)ceil(recall * (double)m->included - 1e-9);
  size_t count = 0, i = 0;
  while (count < wanted) count += m->found[i++];
  return i;
}

static double recall_of(const simulation *m, double share, size_t known) {
  const size_t read = (size_t)(share * (double)m->papers);
  return (double)found_in(m, read, known) / (double)m->included;
}

static void add_run(simulation *m, int64_t start, size_t known) {
  output *o = &m->r->c->out;
  const size_t read = read_for(m, saved_at);
  const double wss = saved_at - (double)read / (double)m->papers;
  const double recall = recall_of(m, early, known);
  m->wss += wss;
  m->recall += recall;
  for (int i = 0; i <= CURVE_STEPS; i++)
    m->curve[i] += recall_of(m, (double)i / CURVE_STEPS, known);
  if (o->form == OUTPUT_TEXT) return;
  output_integer(o, "start", start);
  output_integer(o, "papers", (int64_t)m->papers);
  output_integer(o, "included", (int64_t)m->included);
  output_integer(o, "read_for_95", (int64_t)read);
  output_real(o, "wss_95", wss);
  output_real(o, "recall_10", recall);
  output_end_row(o);
}

static bool run_start(simulation *m, int64_t start, biobert_error *err) {
  size_t known = 0;
  if (biobert_screening_simulate(m->screening, (size_t)m->r->batch, (uint64_t)start,
                                 m->found, &known, err)) {
    if (err->status == BIOBERT_INTERRUPTED)
      complain("stopped");
    else
      complain("%s", err->message);
    return false;
  }
  add_run(m, start, known);
  return true;
}

/* What was found ------------------------------------------------------------------------- */

static void show_curve(const simulation *m, double starts) {
  output *o = &m->r->c->out;
  output_line(o, "  read  found");
  for (int i = 1; i <= CURVE_STEPS; i++) {
    const double recall = m->curve[i] / starts;
    char bar[BAR_COLUMNS + 1];
    const int columns = (int)(recall * BAR_COLUMNS + 0.5);
    memset(bar, '#', (size_t)columns);
    bar[columns] = '\0';
    output_line(o, "  %3d %%  %3.0f %%  %s", 100 * i / CURVE_STEPS, 100 * recall, bar);
    if (recall >= 1) break;
  }
}

static void show_result(const simulation *m, int64_t starts) {
  output *o = &m->r->c->out;
  const double n = (double)starts;
  output_line(o, "%lld papers, %lld included; mean of %lld starts", (long long)m->papers,
              (long long)m->included, (long long)starts);
  output_line(o,
              "  WSS@95          %6.3f   of the papers need not be read for 95 %% recall",
              m->wss / n);
  output_line(o, "  recall at 10 %%  %6.3f   of the included are in the first tenth",
              m->recall / n);
  output_line(o, "");
  show_curve(m, n);
}

static bool was_interrupted(void *ctx) {
  (void)ctx;
  return database_was_interrupted();
}

static int run_all(simulation *m, const char *sql, int64_t starts, biobert_error *err) {
  if (!read_papers(m, sql, err)) return FAILED;
  if (!m->papers) {
    complain("no paper of '%s' has a label there", m->r->index.name);
    return NOTHING_FOUND;
  }
  m->found = sqlite3_malloc64(m->papers);
  if (!m->found) return FAILED;
  for (int64_t i = 0; i < starts; i++)
    if (!run_start(m, i, err)) return FAILED;
  if (m->r->c->out.form == OUTPUT_TEXT) show_result(m, starts);
  return FOUND;
}

int review_simulate(review *r, const char *labels, int64_t starts) {
  simulation m = {.r = r};
  const biobert_analysis_options how = {.cancel = was_interrupted};
  biobert_error err;
  int status = FAILED;
  char *sql = labels_sql(r, labels);
  const biobert_str options = {r->options, strlen(r->options)};
  if (sql && biobert_screening_new(options, &how, &m.screening, &err))
    complain("%s", err.message);
  else if (sql)
    status = run_all(&m, sql, starts, &err);
  biobert_screening_free(m.screening);
  sqlite3_free(m.found);
  sqlite3_free(sql);
  return status;
}
