/* cmd_duplicates.c - `biobert duplicates`: papers that are in the library more than once. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tables.h"
#include "cli/terminal.h"

static const char *const default_threshold = "0.95";

/* Columns of the result: these, then what is shown of the paper. */
enum { AT_GROUP, AT_KEEP, AT_ID, AT_SIMILARITY, AT_OTHER, AT_REASON, AT_ROLES };

static const column_role shown[] = {ROLE_TITLE, ROLE_AUTHORS, ROLE_JOURNAL,
                                    ROLE_YEAR,  ROLE_DOI,     ROLE_PMID};
enum { SHOWN = sizeof shown / sizeof shown[0] };

/* `best` has the nearest other paper of each: max() takes the columns beside it from its
 * row. */
static char *duplicates_sql(const paper_index *x, const char *threshold) {
  sqlite3_str *sql = sqlite3_str_new(NULL);
  sqlite3_str_appendf(
      sql,
      "WITH pairs AS MATERIALIZED (SELECT rowid AS a, duplicate AS b, similarity, reason "
      "FROM biobert_duplicates(%Q, %s)), "
      "best AS (SELECT id, other, max(similarity) AS similarity, reason FROM (SELECT a "
      "AS "
      "id, b AS other, similarity, reason FROM pairs UNION ALL SELECT b, a, similarity, "
      "reason FROM pairs) GROUP BY id) "
      "SELECT g.\"group\", g.keep, g.rowid, best.similarity, best.other, best.reason",
      x->name, threshold);
  for (size_t i = 0; i < SHOWN; i++) {
    const char *column = x->papers.columns[shown[i]];
    if (column)
      sqlite3_str_appendf(sql, ", p.\"%w\"", column);
    else
      sqlite3_str_appendall(sql, ", NULL");
  }
  sqlite3_str_appendf(sql,
                      " FROM biobert_duplicate_groups(%Q, %s) g JOIN best ON best.id = "
                      "g.rowid LEFT JOIN \"%w\" p ON p.\"%w\" = g.rowid "
                      "ORDER BY g.\"group\", g.keep DESC, g.rowid",
                      x->name, threshold, x->papers.name, x->papers.key);
  return sqlite3_str_finish(sql);
}

/* The text of a column of a paper, NULL for none. */
static const char *text_at(sqlite3_stmt *s, column_role role) {
  for (size_t i = 0; i < SHOWN; i++)
    if (shown[i] == role) {
      const char *text = (const char *)sqlite3_column_text(s, AT_ROLES + (int)i);
      return text && *text ? text : NULL;
    }
  return NULL;
}

static void append_part(sqlite3_str *line, const char *before, const char *text) {
  if (!text) return;
  if (sqlite3_str_length(line)) sqlite3_str_appendall(line, " \u00B7 ");
  sqlite3_str_appendall(line, before);
  text_append_clean(line, text, strlen(text));
}

/* "Stroke · 2001 · id 12 · PMID 123 · 0.98 like 7 (doi, title)" */
static char *line_of(sqlite3_stmt *s) {
  sqlite3_str *line = sqlite3_str_new(NULL);
  append_part(line, "", text_at(s, ROLE_JOURNAL));
  append_part(line, "", text_at(s, ROLE_YEAR));
  append_part(line, "id ", (const char *)sqlite3_column_text(s, AT_ID));
  append_part(line, "PMID ", text_at(s, ROLE_PMID));
  append_part(line, "DOI ", text_at(s, ROLE_DOI));
  if (sqlite3_column_int(s, AT_KEEP)) return sqlite3_str_finish(line);
  const char *reason = (const char *)sqlite3_column_text(s, AT_REASON);
  sqlite3_str_appendf(line, " \u00B7 %.3f like %lld",
                      sqlite3_column_double(s, AT_SIMILARITY),
                      sqlite3_column_int64(s, AT_OTHER));
  if (reason) sqlite3_str_appendf(line, " (same %s)", reason);
  return sqlite3_str_finish(line);
}

static void show_text(cli *c, sqlite3_stmt *s, int64_t *group) {
  output *o = &c->out;
  const char *title = text_at(s, ROLE_TITLE);
  if (*group && *group != sqlite3_column_int64(s, AT_GROUP)) output_line(o, "");
  *group = sqlite3_column_int64(s, AT_GROUP);
  sqlite3_str *styled = sqlite3_str_new(NULL);
  sqlite3_str_appendall(styled, MARK_TITLE);
  text_append_clean(styled, title ? title : "(no title)", title ? strlen(title) : 10);
  sqlite3_str_appendall(styled, MARK_END);
  char *heading = sqlite3_str_finish(styled), *line = line_of(s);
  if (heading)
    output_wrapped(o, sqlite3_column_int(s, AT_KEEP) ? "keep   " : "       ", heading);
  if (line) output_wrapped(o, "         ", line);
  sqlite3_free(heading);
  sqlite3_free(line);
}

static void show_row(cli *c, sqlite3_stmt *s) {
  static const char *const names[AT_ROLES] = {"group",      "keep",  "id",
                                              "similarity", "other", "reason"};
  output *o = &c->out;
  for (int i = 0; i < AT_ROLES; i++) output_column(o, names[i], s, i);
  for (int i = 0; i < SHOWN; i++) output_column(o, role_names[shown[i]], s, AT_ROLES + i);
  output_end_row(o);
}

static int show_rows(cli *c, database *d, sqlite3_stmt *s) {
  int64_t group = 0, count = 0, kept = 0;
  int rc;
  while ((rc = database_step(d, s)) == SQLITE_ROW && !output_is_broken(&c->out)) {
    count++;
    kept += sqlite3_column_int(s, AT_KEEP);
    if (c->out.form == OUTPUT_TEXT)
      show_text(c, s, &group);
    else
      show_row(c, s);
  }
  if (rc != SQLITE_DONE && rc != SQLITE_ROW) {
    database_complain(d, rc);
    return FAILED;
  }
  if (count == 0) remark(c->quiet, "no two papers are that near each other");
  if (count == 0) return NOTHING_FOUND;
  remark(c->quiet, "%lld papers are %lld; nothing was changed", (long long)count,
         (long long)kept);
  return FOUND;
}

/* The number as it was typed, in SQL too. */
static bool read_threshold(const cli *c, const char **out) {
  const char *text = option_value(&c->arguments, "threshold");
  *out = text ? text : default_threshold;
  char *end;
  const double value = strtod(*out, &end);
  const bool plain = (*out)[strspn(*out, "0123456789.")] == '\0';
  if (plain && end != *out && *end == '\0' && value <= 1) return true;
  complain("--threshold is a similarity from 0 to 1, not '%s'", text);
  return false;
}

static int run_duplicates(cli *c) {
  database d;
  paper_index index;
  const char *threshold;
  int status = FAILED;
  if (!read_threshold(c, &threshold)) return USED_WRONGLY;
  if (!database_open(&d, c, c->arguments.texts[0], DATABASE_READ)) return FAILED;
  if (indexes_find(&d, option_value(&c->arguments, "index"), c->quiet, &index)) {
    sqlite3_stmt *s = NULL;
    char *sql = duplicates_sql(&index, threshold);
    if (sql && database_prepare(&d, &s, "%s", sql)) status = show_rows(c, &d, s);
    sqlite3_finalize(s);
    sqlite3_free(sql);
  }
  paper_index_free(&index);
  database_close(&d);
  return status;
}

static const option options[] = {
    {"threshold", 't', "T",    "how similar: from 0 to 1 (default: 0.95)"      },
    {"index",     'i', "NAME", "the index to look into (default: the only one)"},
    {NULL,        0,   NULL,   NULL                                            },
};

const subcommand command_duplicates = {
    .name = "duplicates",
    .texts = "LIBRARY.db",
    .least = 1,
    .most = 1,
    .what = "show papers that are there more than once",
    .more =
        "Papers whose texts say nearly the same, in groups; the first of each has the "
        "most filled columns and is the one to keep. What else they agree in is said: "
        "DOI, PMID, title, year. Nothing is changed.\n\n"
        "    biobert duplicates library.db\n"
        "    biobert duplicates library.db --threshold 0.9 --csv >duplicates.csv",
    .options = options,
    .run = run_duplicates,
};
