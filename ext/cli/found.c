/* found.c - see found.h. */
#include "cli/found.h"

#include <string.h>

#include "cli/answer.h"
#include "cli/default_model.h"
#include "cli/links.h"
#include "cli/terminal.h"

/* Columns of the search's result: these, then the papers' by their roles. */
enum { AT_KEY, AT_RANK, AT_PASSAGE, AT_ROLES };

/* The search --------------------------------------------------------------------------- */

/* The conditions, in which ?1 is the question, ?2 the words, ?3 a paper's key. The line
 * end keeps a comment in --where from swallowing what follows. */
static void append_conditions(sqlite3_str *sql, const paper_index *x, const question *q,
                              bool lexical) {
  sqlite3_str_appendall(sql, " WHERE ");
  if (q->text) sqlite3_str_appendf(sql, "\"%w\" MATCH ?1", x->name);
  if (q->text && lexical) sqlite3_str_appendall(sql, " AND mode = 'lexical'");
  if (q->by_like)
    sqlite3_str_appendf(sql,
                        "\"%w\" MATCH (SELECT vector FROM \"%w\" WHERE rowid = "
                        "?3) AND rowid <> ?3",
                        x->name, x->name);
  if (q->words)
    sqlite3_str_appendf(sql, "%swords MATCH ?2", q->text || q->by_like ? " AND " : "");
  if (q->where)
    sqlite3_str_appendf(sql, " AND rowid IN (SELECT \"%w\" FROM \"%w\" WHERE (%s\n))",
                        x->papers.key, x->papers.name, q->where);
}

static char *search_sql(const paper_index *x, const question *q, bool lexical) {
  sqlite3_str *sql = sqlite3_str_new(NULL);
  sqlite3_str_appendall(sql, "SELECT s.rowid, s.rank, s.passage");
  for (column_role role = 0; role < ROLES; role++) {
    const char *column = x->papers.columns[role];
    if (column)
      sqlite3_str_appendf(sql, ", p.\"%w\"", column);
    else
      sqlite3_str_appendall(sql, ", NULL");
  }
  sqlite3_str_appendf(sql, " FROM (SELECT rowid, rank, passage FROM \"%w\"", x->name);
  append_conditions(sql, x, q, lexical);
  sqlite3_str_appendf(sql,
                      " ORDER BY rank LIMIT %lld) s JOIN \"%w\" p ON p.\"%w\" = s.rowid "
                      "ORDER BY s.rank, s.rowid",
                      (long long)q->limit, x->papers.name, x->papers.key);
  return sqlite3_str_finish(sql);
}

static int bind_text(sqlite3_stmt *s, int parameter, const char *text) {
  return text ? sqlite3_bind_text(s, parameter, text, -1, SQLITE_STATIC) : SQLITE_OK;
}

static bool prepare_search(database *d, const paper_index *x, const question *q,
                           bool lexical, sqlite3_stmt **out) {
  char *sql = search_sql(x, q, lexical);
  bool ok = sql && database_prepare(d, out, "%s", sql);
  sqlite3_free(sql);
  if (!ok) return false;
  int rc = bind_text(*out, 1, q->text);
  if (rc == SQLITE_OK) rc = bind_text(*out, 2, q->words);
  if (rc == SQLITE_OK && q->by_like) rc = sqlite3_bind_int64(*out, 3, q->like);
  if (rc == SQLITE_OK) return true;
  database_complain(d, rc);
  sqlite3_finalize(*out);
  return false;
}

/* What the sentences are compared with. */
static bool begin_answers(database *d, const paper_index *x, const question *q,
                          answer_finder *f) {
  sqlite3_stmt *vector = NULL;
  bool ok = true;
  *f = (answer_finder){.question = q->text, .words = q->words};
  if (q->text || !q->by_like)
    return q->text || q->words ? answer_begin(f, d, q->text ? q->text : q->words, NULL)
                               : true;
  ok = database_prepare(d, &vector, "SELECT vector FROM \"%w\" WHERE rowid = %lld",
                        x->name, (long long)q->like);
  if (ok && sqlite3_step(vector) == SQLITE_ROW &&
      sqlite3_column_type(vector, 0) == SQLITE_BLOB)
    ok = answer_begin(f, d, NULL, vector);
  sqlite3_finalize(vector);
  return ok;
}

/* A paper -------------------------------------------------------------------------------- */

static const char *text_of(sqlite3_stmt *s, column_role role) {
  return (const char *)sqlite3_column_text(s, AT_ROLES + (int)role);
}

/* The passage without the title in front, which joins the text's first sentence. */
static const char *text_to_quote(sqlite3_stmt *s) {
  const char *passage = (const char *)sqlite3_column_text(s, AT_PASSAGE);
  const char *title = text_of(s, ROLE_TITLE);
  size_t bytes = title ? strlen(title) : 0;
  if (!passage) return text_of(s, ROLE_ABSTRACT) ? text_of(s, ROLE_ABSTRACT) : "";
  if (bytes && strncmp(passage, title, bytes) == 0) passage += bytes;
  return passage + strspn(passage, " .\n");
}

/* Text ----------------------------------------------------------------------------------- */

/* "Lee, J.; Kim, S." is "Lee, J. et al.". */
static void append_first_author(sqlite3_str *line, const char *authors) {
  size_t first = strcspn(authors, ";");
  text_append_clean(line, authors, first);
  if (authors[first]) sqlite3_str_appendall(line, " et al.");
}

static void append_part(sqlite3_str *line, const char *before, const char *text,
                        size_t bytes) {
  if (!text || !*text || !bytes) return;
  if (sqlite3_str_length(line)) sqlite3_str_appendall(line, " \u00B7 ");
  sqlite3_str_appendall(line, before);
  text_append_clean(line, text, bytes);
}

static char *line_of(sqlite3_stmt *s) {
  sqlite3_str *line = sqlite3_str_new(NULL);
  const char *authors = text_of(s, ROLE_AUTHORS), *journal = text_of(s, ROLE_JOURNAL);
  const char *year = text_of(s, ROLE_YEAR), *pmid = text_of(s, ROLE_PMID);
  if (authors && *authors) append_first_author(line, authors);
  append_part(line, "", journal, journal ? strlen(journal) : 0);
  append_part(line, "", year, year ? strnlen(year, 4) : 0);
  append_part(line, "PMID ", pmid, pmid ? strlen(pmid) : 0);
  const char *key = (const char *)sqlite3_column_text(s, AT_KEY);
  if (key && (!pmid || strcmp(pmid, key) != 0))
    append_part(line, "id ", key, strlen(key));
  return sqlite3_str_finish(line);
}

static void show_text(cli *c, sqlite3_stmt *s, const question *q, answer_finder *f,
                      int64_t position) {
  output *o = &c->out;
  const char *title = text_of(s, ROLE_TITLE), *text = text_to_quote(s);
  char number[32], *link = q->links ? paper_link(s, AT_ROLES) : NULL, *line = line_of(s);
  char *context = answer_in_context(f, text, answer_find(f, text));
  sqlite3_str *styled = sqlite3_str_new(NULL);
  sqlite3_snprintf(sizeof number, number, "%3lld  ", (long long)position);
  sqlite3_str_appendall(styled, MARK_TITLE);
  text_append_clean(styled, title ? title : "(no title)", title ? strlen(title) : 10);
  sqlite3_str_appendall(styled, MARK_END);
  char *heading = sqlite3_str_finish(styled);
  if (heading) output_wrapped(o, number, heading);
  if (line) output_wrapped(o, "     ", line);
  if (context && *context) output_wrapped(o, "     ", context);
  if (link) output_wrapped(o, "     ", link);
  output_line(o, "");
  sqlite3_free(heading);
  sqlite3_free(line);
  sqlite3_free(context);
  sqlite3_free(link);
}

/* Rows ----------------------------------------------------------------------------------- */

static void show_row(cli *c, sqlite3_stmt *s, answer_finder *f, int64_t position) {
  output *o = &c->out;
  const char *text = text_to_quote(s);
  answer a = answer_find(f, text);
  char *link = paper_link(s, AT_ROLES);
  char *sentence =
      a.end ? sqlite3_mprintf("%.*s", (int)(a.end - a.start), text + a.start) : NULL;
  output_integer(o, "position", position);
  output_column(o, "id", s, AT_KEY);
  output_column(o, "rank", s, AT_RANK);
  for (column_role role = 0; role < ROLES; role++)
    if (role != ROLE_ABSTRACT && role != ROLE_URL)
      output_column(o, role_names[role], s, AT_ROLES + (int)role);
  output_text(o, "sentence", sentence);
  output_text(o, "passage", text);
  output_text(o, "link", link);
  output_end_row(o);
  sqlite3_free(link);
  sqlite3_free(sentence);
}

/* An index that was never filled gets the command that fills it. */
static int fail(database *d, const char *index, int code) {
  char *message = sqlite3_mprintf("%s", sqlite3_errmsg(d->db));
  if (code == SQLITE_ERROR &&
      database_integer(d, -1, "SELECT passages FROM biobert_status(%Q)", index) == 0)
    complain("nothing is embedded yet: type: biobert index %z", text_shell_word(d->path));
  else if (code == SQLITE_ERROR)
    complain("%s: %s", d->path, message);
  else
    database_complain(d, code);
  sqlite3_free(message);
  return FAILED;
}

static int show_rows(cli *c, database *d, const char *index, sqlite3_stmt *s,
                     const question *q, answer_finder *f) {
  int64_t count = 0;
  int rc;
  while ((rc = database_step(d, s)) == SQLITE_ROW && !output_is_broken(&c->out)) {
    count++;
    if (c->out.form == OUTPUT_TEXT)
      show_text(c, s, q, f, count);
    else
      show_row(c, s, f, count);
  }
  if (rc != SQLITE_DONE && rc != SQLITE_ROW) return fail(d, index, rc);
  if (count) return FOUND;
  remark(c->quiet, "nothing was found");
  return NOTHING_FOUND;
}

int found_show(cli *c, database *d, const paper_index *index, const question *q) {
  sqlite3_stmt *s = NULL;
  answer_finder f = {0};
  int status = FAILED;
  model_state model = q->by_like ? MODEL_FOUND : model_look(d);
  const bool lexical = model == MODEL_ABSENT;
  if (model == MODEL_BROKEN || !tables_check_where(d, &index->papers, q->where))
    return FAILED;
  if (lexical) remark(c->quiet, "words only: %s", no_model_advice);
  bool ok = lexical || begin_answers(d, index, q, &f);
  if (lexical) f = (answer_finder){.question = q->text, .words = q->words};
  if (ok && prepare_search(d, index, q, lexical, &s))
    status = show_rows(c, d, index->name, s, q, &f);
  sqlite3_finalize(s);
  answer_end(&f);
  return status;
}
